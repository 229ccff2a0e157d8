"""Reads payers' accounts as of the beginning of a business date: charges, money, what is open, what is paid through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.billing.balances import ACCOUNT, applied, paid_to
from formats.errors import RecordError
from resources.record import Tx


@dataclass(frozen=True)
class Accounts:
    """The accounts of some payers.

    charges: of `sql/billing/charges_of.sql` with paid_cents and open_cents, in the stated order.
    unapplied: `ACCOUNT`, unapplied_cents.
    paid_to: company_id, subscription_id, paid_to, binder.
    """

    charges: pl.DataFrame
    unapplied: pl.DataFrame
    paid_to: pl.DataFrame


def accounts(tx: Tx, payers: pl.DataFrame) -> Accounts:
    """The accounts of these payers (`ACCOUNT`): everything billed and moved before the business date."""
    of = {f"of_{c}": payers[c].to_list() for c in ACCOUNT}
    types = {"company_id": pl.Int32, "payer": pl.Int32, "invoice_id": pl.Int64, "amount_cents": pl.Int64}
    charges = tx.read("billing/charges_of", **of).cast({c: types[c] for c in types})
    money = tx.read("billing/money_of", **of).cast({c: types[c] for c in types})
    paid, left = applied(charges, money)
    return Accounts(paid, left, paid_to(paid))


def account(tx: Tx, member: str | None) -> dict[str, Any]:
    """One payer's account.

    Args:
        tx: a transaction of one company.
        member: the payer's code; None: the company itself, all its groups.

    Returns:
        charged_cents, paid_cents, unapplied_cents, balance_cents (what is open less what is unapplied); charges, a row
        each in the stated order; paid_to, a row per subscription.

    Raises:
        RecordError: no such member.
    """
    payers = tx.read("billing/payer", member=member)
    if payers.is_empty():
        raise RecordError(f"the company has no member {member}" if member else "the company was never billed itself")
    found = accounts(tx, payers)
    owed, unapplied = found.charges, int(found.unapplied["unapplied_cents"].sum())
    who = ["company_id", "subscription_id"]
    names = owed.select(*who, "subscription").unique()
    return {
        "charged_cents": int(owed["amount_cents"].sum()),
        "paid_cents": int(owed["paid_cents"].sum()),
        "unapplied_cents": unapplied,
        "balance_cents": int(owed["open_cents"].sum()) - unapplied,
        "charges": owed.select(_SHOWN).to_dicts(),
        "paid_to": found.paid_to.join(names, on=who).sort("subscription").select("subscription", "paid_to").to_dicts(),
    }


_SHOWN = [
    *("subscription", "coverage_start", "coverage_end", "fee", "invoice_id", "line_id"),
    *("amount_cents", "paid_cents", "open_cents"),
]
