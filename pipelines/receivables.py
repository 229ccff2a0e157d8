"""A person's acts upon what payers owe, and looks at it: memos, consents, accounts, previews, reasons.

The next night acts on memos and consents.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from assets.billing.accounts import account
from assets.billing.consents import consent
from assets.billing.memos import request, take_back
from assets.billing.previews import Preview, preview_night
from assets.billing.why import why
from assets.steps import HOUSE, open_run
from formats.errors import SettingsError
from pipelines.nights import house
from resources.desk import Desk


def write_memo(
    desk: Desk,
    company: str,
    *,
    line: int | None,
    invoice: int | None,
    kind: str,
    amount_cents: int,
    actor: str,
    reason: str,
    business_date: dt.date | None = None,
) -> list[dict[str, Any]]:
    """Write down a memo of a line or an invoice; a row per line: memo_id, line_id, amount_cents, needs_approval.

    Raises:
        GuardError: more than is left, or name or reason are missing.
        RecordError: no such line or invoice.
        SettingsError: no such company.
    """
    number, day = _of(desk, company), business_date or _latest_day(desk)
    run = open_run(desk.record, job="memo", book=HOUSE, business_date=day, actor=actor)
    with desk.record.step(
        "billing.memo", run_no=run.run_no, companies=[number], business_date=day, exclusive=True
    ) as tx:
        made = request(tx, line=line, invoice=invoice, kind=kind, cents=amount_cents, actor=actor, reason=reason)
        about = f"line {line}" if line is not None else f"invoice {invoice}"
        what = f"{company}: {about}, {amount_cents} cents"
        tx.execute("audit/add_action", actor=actor.strip(), action=f"{kind} memo", object=what, reason=reason.strip())
    return list(made.iter_rows(named=True))


def reverse_memo(
    desk: Desk, company: str, memo: int, *, actor: str, reason: str, business_date: dt.date | None = None
) -> list[dict[str, Any]]:
    """Take a posted memo back by its mirror; columns as `write_memo`.

    Raises:
        GuardError: it is not posted, or taken back already.
        RecordError: no such memo.
        SettingsError: no such company.
    """
    number, day = _of(desk, company), business_date or _latest_day(desk)
    run = open_run(desk.record, job="memo", book=HOUSE, business_date=day, actor=actor)
    with desk.record.step(
        "billing.memo", run_no=run.run_no, companies=[number], business_date=day, exclusive=True
    ) as tx:
        made = take_back(tx, memo, actor=actor, reason=reason)
        what = f"{company}: memo {memo}"
        tx.execute("audit/add_action", actor=actor.strip(), action="reverse memo", object=what, reason=reason.strip())
    return list(made.iter_rows(named=True))


def agree(
    desk: Desk,
    company: str,
    kind: str,
    subject: int,
    *,
    granted: bool,
    actor: str,
    reason: str,
    business_date: dt.date | None = None,
) -> None:
    """Record what a second person decided (`assets.billing.consents.consent`).

    Raises:
        GuardError: see there.
        SettingsError: no such company, or no login that may consent.
    """
    number = _of(desk, company)
    if not desk.logins.releaser:
        raise SettingsError(
            "there is no login that may approve",
            hint="set DAYBOOK_RELEASER_URL to a login that is a member of daybook_releaser",
        )
    day = business_date or _latest_day(desk)
    consent(desk.releaser, number, kind, subject, granted=granted, actor=actor, reason=reason, business_date=day)


def decisions(desk: Desk) -> list[dict[str, Any]]:
    """What asks or asked for a second person (columns of `billing/decisions`), by company."""
    return list(desk.record.read("billing/decisions", companies=house(desk)).iter_rows(named=True))


def preview_of(desk: Desk, business_date: dt.date, book: str) -> Preview:
    """What a book's night would bill now. A night that runs is waited for and not seen half done."""
    companies = desk.record.read("audit/companies_of_book", book=book)["company_id"].to_list()
    return preview_night(desk.record, companies, business_date, book)


def why_of(desk: Desk, subscription: str, business_date: dt.date, company: str = "") -> dict[str, Any]:
    """What was billed of a subscription and why, or why not (`assets.billing.why.why`).

    Raises:
        SettingsError: no such subscription, or several companies have one of this code.
    """
    with desk.record.step("explain", run_no=0, companies=house(desk), business_date=business_date) as tx:
        tx.read("audit/read_only")
        return why(tx, subscription, company)


def account_of(desk: Desk, company: str, member: str | None, business_date: dt.date | None = None) -> dict[str, Any]:
    """A payer's account as a business date begins (`assets.billing.accounts.account`); no member: the company itself.

    Raises:
        RecordError: no such member.
        SettingsError: no such company.
    """
    number, day = _of(desk, company), business_date or _latest_day(desk)
    with desk.record.step("billing.account", run_no=0, companies=[number], business_date=day) as tx:
        return account(tx, member)


def _of(desk: Desk, company: str) -> int:
    rows = desk.record.read("audit/companies", companies=house(desk))
    ids: dict[str, int] = dict(zip(rows["code"], rows["company_id"], strict=True))
    if company not in ids:
        there = f"companies: {', '.join(sorted(ids))}" if ids else "there is none yet: daybook load DIR"
        raise SettingsError(f"no company is called {company}", hint=there)
    return ids[company]


def _latest_day(desk: Desk) -> dt.date:
    found: dt.date | None = desk.record.read("audit/last_night").item()
    if found is None:
        raise SettingsError("there is no business date on record yet", hint="name one: --date")
    return found
