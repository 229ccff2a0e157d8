"""Approving, deciding and cutting again from the command line: finds the files, then does what the rooms allow."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from assets.delivery.approval import approve
from assets.delivery.approval import decide as decide_file
from assets.payments.originate import originate
from assets.steps import Run, open_run, run_step
from formats.errors import DaybookError, GuardError, SettingsError
from pipelines.nights import house, listed_files
from resources.desk import Desk
from resources.partners import bank_terms
from resources.record import Record


def approve_checked(
    desk: Desk,
    business_date: dt.date,
    approver: str,
    *,
    reason: str = "",
    company: str | None = None,
    file_id: int | None = None,
) -> list[dict[str, Any]]:
    """Approve the files of a business date that wait for it and that this person has not approved yet.

    Args:
        desk: of this installation.
        business_date: the files were made for.
        approver: who; never the maker of a file.
        reason: kept with each approval; files that are held with questions can't do without.
        company: only this company's files (its code).
        file_id: only this file of the company; it must wait for approval.

    Returns:
        What was approved, as `listed_files` shows it afterwards: still `checked` where others must approve too.

    Raises:
        SettingsError: there is no login for the releaser, no such company, or no such file on that date.
        GuardError: the approver made one of the files, or one is held with questions and no reason is given; of
            several files the earlier ones are then approved.
    """
    releaser = _releaser(desk)
    ids = _company_ids(desk)
    if company is not None:
        _known(company, ids)
    if file_id is not None and company is None:
        raise SettingsError("file numbers count per company", hint="say whose file it is: --company CODE --file N")
    asked = [f for f in listed_files(desk, business_date) if company is None or f["company"] == company]
    if file_id is not None:
        waiting = [f for f in asked if f["file_id"] == file_id]
        if not waiting:
            raise SettingsError(
                f"{company} has no file {file_id} of {business_date}", hint="daybook files --date D shows their numbers"
            )
    else:
        names = approver.strip().lower()
        waiting = [
            f for f in asked if f["state"] == "checked" and names not in [name.lower() for name in f["approvers"]]
        ]
    if not reason.strip() and (doubtful := [f for f in waiting if f["questions"]]):
        words = "; ".join(f"{f['name']}: {', '.join(f['doubles'])}" for f in doubtful)
        raise GuardError(
            f"what must be asked about needs a reason to be approved: {words}",
            hint="--reason says why it is right; --company and --file approve the others alone",
        )
    for file in waiting:
        sha256 = bytes.fromhex(file["sha256"])
        approve(releaser, ids[file["company"]], file["file_id"], sha256, approver, reason=reason)
    done = {(f["company"], f["file_id"]) for f in waiting}
    return [f for f in listed_files(desk, business_date) if (f["company"], f["file_id"]) in done]


def decide(desk: Desk, company: str, file_id: int, state: str, *, actor: str, reason: str) -> None:
    """Record what a person found out about one file.

    Raises:
        SettingsError: no such company.
        GuardError: this can't be said of a file in its state.
    """
    ids = _company_ids(desk)
    _known(company, ids)
    decide_file(_releaser(desk), ids[company], file_id, state, actor=actor, reason=reason)


def recut(
    desk: Desk, company: str, file_id: int, *, actor: str, reason: str, as_of: dt.datetime | None = None
) -> dict[str, Any]:
    """Make an ACH file void and cut its entries anew at once; the new files have this person as their maker.

    A file that is void already is only cut again: so a recut that broke off is finished by asking once more.

    Args:
        desk: of this installation.
        company: whose file (its code).
        file_id: which.
        actor: who; somebody else approves the new files.
        reason: kept with the void.
        as_of: the moment the new dates are planned for; None: now. Its day, where the bank is, is the business date of
            the new files, unless the old one's is later.

    Returns:
        company, void (the old file's name), business_date, voided (entries taken out of the books), entries (cut
        again), quarantined, files (the new ones, as `listed_files` shows them).

    Raises:
        SettingsError: no such company, or its bank has no profile.
        GuardError: no ACH file, or one that has left and can't be void.
        DaybookError: the file is void, but nothing could be cut; the next originate tries again.
    """
    ids = _company_ids(desk)
    _known(company, ids)
    mine = desk.record.read("delivery/file_to_recut", companies=[ids[company]], company=ids[company], file_id=file_id)
    if mine.is_empty():
        raise GuardError(
            f"{company} has no ACH file {file_id}", hint="daybook files --date D --json shows their numbers"
        )
    old = mine.row(0, named=True)
    moment = as_of or desk.now()
    there = moment.astimezone(ZoneInfo(bank_terms(desk.partners, old["partner"]).time_zone)).date()
    business_date = max(old["business_date"], there)
    if old["state"] != "void":
        decide_file(_releaser(desk), ids[company], file_id, "void", actor=actor, reason=reason)
    run = open_run(desk.record, job="recut", book=old["book"], business_date=business_date, actor=actor.strip())
    only = Run(run.run_no, run.book, business_date, (ids[company],), run.actor)
    known = {f["file_id"] for f in listed_files(desk, business_date) if f["company"] == company}
    try:
        out = run_step(
            desk.record, only, "payments.originate", lambda tx: originate(tx, desk.partners, desk.vault, moment)
        )
    except DaybookError as error:
        raise DaybookError(
            f"the file is void, but its entries could not be cut again: {error}",
            where=old["name"],
            hint="mend the cause; the next night, daybook originate or this command again cuts them",
        ) from error
    files = [f for f in listed_files(desk, business_date) if f["company"] == company and f["file_id"] not in known]
    return {
        "company": company,
        "void": old["name"],
        "business_date": business_date.isoformat(),
        "voided": out.totals["voided"],
        "entries": out.totals["ach_entries"],
        "quarantined": out.totals["quarantined"],
        "files": files,
    }


def _known(company: str, ids: dict[str, int]) -> None:
    if company not in ids:
        there = f"companies: {', '.join(sorted(ids))}" if ids else "there is none yet: daybook load DIR"
        raise SettingsError(f"no company is called {company}", hint=there)


def _releaser(desk: Desk) -> Record:
    if not desk.logins.releaser:
        raise SettingsError(
            "there is no login that may approve",
            hint="set DAYBOOK_RELEASER_URL to a login that is a member of daybook_releaser",
        )
    return desk.releaser


def _company_ids(desk: Desk) -> dict[str, int]:
    rows = desk.record.read("audit/companies", companies=house(desk))
    return dict(zip(rows["code"], rows["company_id"], strict=True))
