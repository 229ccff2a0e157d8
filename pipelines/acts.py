"""A person's acts that the next ACH files carry out: reversals, refunds, payouts out of turn, a payee let go.

Each is written under a run with the person's name and stands in the chain of actions. No file is touched here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl

from assets.payments.holds import release_hold
from assets.payments.instruct import pay_now
from assets.payments.refunds import refund
from assets.payments.reversals import reverse
from assets.returns.rates import return_rates
from assets.steps import HOUSE, open_run
from formats.errors import GuardError, SettingsError
from pipelines.nights import house
from resources.desk import Desk
from resources.record import Tx


@contextmanager
def acting(
    desk: Desk, step: str, actor: str, business_date: dt.date | None, company: str | None
) -> Iterator[tuple[Tx, str]]:
    """One exclusive transaction for a person's act, over one company (its code) or all; with the person's name.

    Args:
        desk: of this installation.
        step: what the act is, `payments.reverse`.
        actor: who acts; not blank.
        business_date: of the act; None: the latest on record.
        company: whose books; None: every company's.

    Raises:
        GuardError: nobody is named.
        SettingsError: no such company.
    """
    name = actor.strip()
    if not name:
        raise GuardError("an act needs the name of who does it", hint="--as NAME")
    ids = company_ids(desk)
    if company is not None and company not in ids:
        there = f"companies: {', '.join(sorted(ids))}" if ids else "there is none yet: daybook load DIR"
        raise SettingsError(f"no company is called {company}", hint=there)
    day = business_date or latest_day(desk)
    run = open_run(desk.record, job=step.partition(".")[2], book=HOUSE, business_date=day, actor=name)
    companies = list(ids.values()) if company is None else [ids[company]]
    with desk.record.step(step, run_no=run.run_no, companies=companies, business_date=day, exclusive=True) as tx:
        yield tx, name


def company_ids(desk: Desk) -> dict[str, int]:
    """Company ids by code."""
    rows = desk.record.read("audit/companies", companies=house(desk))
    return dict(zip(rows["code"], rows["company_id"], strict=True))


def latest_day(desk: Desk) -> dt.date:
    """The latest business date on record.

    Raises:
        SettingsError: nothing has run yet.
    """
    found: dt.date | None = desk.record.read("audit/last_night").item()
    if found is None:
        raise SettingsError("there is no business date on record yet", hint="name one: --date")
    return found


def _said(tx: Tx, actor: str, action: str, about: str, reason: str) -> None:
    tx.execute("audit/add_action", actor=actor, action=action, object=about, reason=reason)


def reverse_entries(
    desk: Desk,
    company: str,
    *,
    entry: int | None,
    file: int | None,
    grounds: str,
    actor: str,
    reason: str,
    same_day: bool = False,
    business_date: dt.date | None = None,
) -> list[dict[str, Any]]:
    """Ask for the reversal of one entry or of a file's live entries; a row per entry, `refusal` says which can't be.

    Raises:
        GuardError: none of it can be reversed, or reason or name are missing.
        RecordError: there is no such entry or file.
        SettingsError: no such company or bank profile.
    """
    if (entry is None) == (file is None):
        raise GuardError("name one entry or one file", hint="--entry N or --file N")
    words = _reason(reason)
    with acting(desk, "payments.reverse", actor, business_date, company) as (tx, name):
        told = reverse(
            tx, desk.partners, entry=entry, file=file, grounds=grounds, actor=name, reason=words, same_day=same_day
        )
        asked = told.filter(pl.col("refusal").is_null())["entry_id"].to_list()
        about = f"{company}: entries {', '.join(map(str, asked))}"
        _said(tx, name, "reverse", about, f"{grounds}: {words}")
    return list(told.iter_rows(named=True))


def refund_invoice(
    desk: Desk,
    company: str,
    invoice: int,
    amount_cents: int | None,
    *,
    actor: str,
    reason: str,
    business_date: dt.date | None = None,
) -> dict[str, Any]:
    """Ask for the refund of a credit invoice: subject, amount_cents, wanted_date.

    Raises:
        GuardError: it is no credit, too little is left of it, or the payer has no account.
        RecordError: there is no such invoice.
        SettingsError: no such company.
    """
    words = _reason(reason)
    with acting(desk, "payments.refund", actor, business_date, company) as (tx, name):
        made = refund(tx, invoice, amount_cents, actor=name, reason=words).row(0, named=True)
        _said(tx, name, "refund", f"{company}: invoice {invoice}, {made['amount_cents']} cents", words)
    return {name: made[name] for name in ("subject", "amount_cents", "account_code", "wanted_date")}


def pay_payees(
    desk: Desk, kind: str, *, actor: str, reason: str, business_date: dt.date, company: str | None = None
) -> list[dict[str, Any]]:
    """Pay agents or vendors now what they are owed; a row per payment asked for: payee, amount_cents.

    Raises:
        GuardError: nobody is named, or without a reason.
        SettingsError: no such company or bank profile.
    """
    words = _reason(reason)
    with acting(desk, "payments.payout", actor, business_date, company) as (tx, name):
        made = pay_now(tx, desk.partners, kind, actor=name, reason=words)
        _said(tx, name, "payout", f"{company or 'every company'}: {made.height} of {kind}", words)
    codes = {number: code for code, number in company_ids(desk).items()}
    return [
        {"company": codes[row["company_id"]], "subject": row["subject"], "amount_cents": row["amount_cents"]}
        for row in made.iter_rows(named=True)
    ]


def let_go(
    desk: Desk, company: str, account: str, *, actor: str, reason: str, business_date: dt.date | None = None
) -> dict[str, Any]:
    """End the hold on a payee's new or changed account before its time.

    Raises:
        GuardError: it is no payee's account, is free already, or the person brought it in.
        RecordError: there is no such account.
        SettingsError: no such company.
    """
    words = _reason(reason)
    with acting(desk, "payments.release_hold", actor, business_date, company) as (tx, name):
        told = release_hold(tx, account, actor=name, reason=words)
        _said(tx, name, "release hold", f"{company}: account {account} version {told['version']}", words)
    return told


def rates(desk: Desk, business_date: dt.date | None = None) -> list[dict[str, Any]]:
    """The return rates per company as of a business date (`assets.returns.rates`)."""
    day = business_date or latest_day(desk)
    found = desk.record.read("returns/rate_counts", companies=house(desk), business_date=day)
    return list(return_rates(found).iter_rows(named=True))


def _reason(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise GuardError("an act needs a reason in words", hint="--reason TEXT")
    return words
