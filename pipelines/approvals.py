"""Approving and deciding from the command line: finds the files, then does what `assets.delivery.approval` allows."""

from __future__ import annotations

import datetime as dt
from typing import Any

from assets.delivery.approval import approve
from assets.delivery.approval import decide as decide_file
from formats.errors import SettingsError
from pipelines.nights import house, listed_files
from resources.desk import Desk
from resources.record import Record


def approve_checked(
    desk: Desk, business_date: dt.date, approver: str, *, reason: str = "", company: str | None = None
) -> list[dict[str, Any]]:
    """Approve every file of a business date that is checked and waits; returns them as `listed_files` does.

    Raises:
        SettingsError: there is no login for the releaser, or no such company.
        GuardError: the approver made one of the files.
    """
    releaser = _releaser(desk)
    ids = _company_ids(desk)
    if company is not None:
        _known(company, ids)
    waiting = [
        f
        for f in listed_files(desk, business_date)
        if f["state"] == "checked" and (company is None or f["company"] == company)
    ]
    for file in waiting:
        sha256 = bytes.fromhex(file["sha256"])
        approve(releaser, ids[file["company"]], file["file_id"], sha256, approver, reason=reason)
    return waiting


def decide(desk: Desk, company: str, file_id: int, state: str, *, actor: str, reason: str) -> None:
    """Record what a person found out about one file.

    Raises:
        SettingsError: no such company.
        GuardError: this can't be said of a file in its state.
    """
    ids = _company_ids(desk)
    _known(company, ids)
    decide_file(_releaser(desk), ids[company], file_id, state, actor=actor, reason=reason)


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
