"""The payment steps of the night: read, compute, append."""

from __future__ import annotations

import polars as pl

from assets.payments.attempts import (
    ACCOUNTS,
    ATTEMPT,
    CREDITS,
    OPEN,
    PAYS_FOR,
    RETURNED,
    Schema,
    plan,
)
from assets.payments.originate import originate
from assets.steps import quarantine
from resources.record import Tx

__all__ = ["originate", "plan_attempts"]


def plan_attempts(tx: Tx) -> dict[str, int]:
    """Plan who is asked for money at the transaction's business date (step `payments.attempts`).

    Returns:
        attempts and retries (of them) as counts, attempt_cents, credit_uses, credit_used_cents, quarantined (invoices
        that wait for their cause to go).
    """

    def read(name: str, schema: Schema) -> pl.DataFrame:
        found = tx.read(f"payments/attempt_{name}")
        return found.select(pl.col(c).cast(t) for c, t in schema.items())

    opened, returned = read("open", OPEN), read("returned", RETURNED)
    # Most of a year's nights find nothing new: then the accounts need not be read.
    quiet = opened.is_empty() and returned.is_empty()
    made = plan(
        tx.business_date,
        opened=opened,
        returned=returned,
        credit=read("credits", CREDITS),
        pays_for=pl.DataFrame(schema=PAYS_FOR) if opened.is_empty() else read("subscriptions", PAYS_FOR),
        accounts=pl.DataFrame(schema=ACCOUNTS) if quiet else read("accounts", ACCOUNTS),
    )
    quarantine(tx, made.quarantined)
    tx.append("payments.credit_use", made.uses.with_columns(business_date=pl.lit(tx.business_date)))
    numbered = tx.number(made.attempts.select(ATTEMPT), "payments.attempt", "attempt_id")
    tx.append("payments.attempt", numbered.with_columns(business_date=pl.lit(tx.business_date)))
    tx.preview = (
        numbered.group_by("company_id", "sec", "attempt_no", "wanted_date")
        .agg(attempts=pl.len(), amount_cents=pl.col("amount_cents").sum())
        .sort("company_id", "sec", "attempt_no", "wanted_date")
    )
    return {
        "attempts": numbered.height,
        "attempt_cents": int(numbered["amount_cents"].sum()),
        "retries": numbered.filter(pl.col("attempt_no") > 1).height,
        "credit_uses": made.uses.height,
        "credit_used_cents": int(made.uses["amount_cents"].sum()),
        "quarantined": made.quarantined.height,
    }
