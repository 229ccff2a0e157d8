"""A second person ends the hold on a payee's new or changed account: the guard against payee fraud, lifted by name."""

from __future__ import annotations

from typing import Any

import polars as pl

from formats.errors import GuardError, RecordError
from resources.record import Tx


def release_hold(tx: Tx, account_code: str, *, actor: str, reason: str) -> dict[str, Any]:
    """Record that money may go to the newest version of a payee's account at once.

    Args:
        tx: a transaction of one company.
        account_code: whose newest version it is about; a later version is held anew.
        actor: who says so; never the one who brought the account in.
        reason: how it was verified, in his words.

    Returns:
        account (code), version, owner, owner_code.

    Raises:
        GuardError: it is a payer's account, was let go before, or the actor brought it in himself.
        RecordError: there is no such account.
    """
    found = tx.read("payments/held_account", code=account_code)
    if found.is_empty():
        raise RecordError(f"the company has no account {account_code}")
    row = found.row(0, named=True)
    if row["owner"] == "payer":
        raise GuardError(f"account {account_code} is a payer's: only payees' accounts are held")
    if row["released_by"] is not None:
        raise GuardError(f"{row['released_by']} has let go version {row['version']} of account {account_code} already")
    if row["brought_by"].strip().lower() == actor.strip().lower():
        raise GuardError(
            f"{actor} brought in version {row['version']} of account {account_code}",
            hint="somebody else must let it go",
        )
    key = pl.DataFrame([{name: row[name] for name in ("company_id", "account_id")}])
    told = {"actor": pl.lit(actor), "reason": pl.lit(reason), "business_date": pl.lit(tx.business_date)}
    tx.append("payments.hold_release", key.with_columns(**told))
    return {"account": account_code, **{name: row[name] for name in ("version", "owner", "owner_code")}}
