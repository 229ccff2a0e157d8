"""The payment steps of the night: read, compute, append."""

from __future__ import annotations

import polars as pl

from assets.payments.attempts import ATTEMPT, HELD, plan
from assets.payments.credits import CREDITS
from assets.payments.originate import originate
from assets.payments.reading import asking, read, sources, write_down
from assets.steps import quarantine
from resources.record import Tx

__all__ = ["originate", "plan_attempts"]

_TOTALS = (
    "attempts",
    "retries",
    "new_series",
    "attempt_cents",
    "credit_uses",
    "credit_used_cents",
    "on_hold",
    "quarantined",
)


def plan_attempts(tx: Tx) -> dict[str, int]:
    """Plan who is asked for money at the transaction's business date (step `payments.attempts`).

    Returns:
        attempts, of them retries and new_series (of returns that are cured), as counts, attempt_cents, credit_uses,
        credit_used_cents, on_hold (invoices that wait for the payment hold of all their subscriptions to be over),
        quarantined (invoices that wait for their cause to go).
    """
    seen = asking(tx)
    if seen.opened.is_empty() and seen.returned.is_empty():  # as on most of a year's nights: then nothing else is read
        write_down(tx, seen, None)
        return dict.fromkeys(_TOTALS, 0)
    made = plan(
        tx.business_date,
        opened=seen.opened,
        returned=seen.returned,
        credit=read(tx, "credits", CREDITS),
        held=read(tx, "held", HELD),
        sources=sources(tx, seen),
    )
    write_down(tx, seen, made)
    quarantine(tx, made.quarantined)
    tx.append("payments.credit_use", made.uses.with_columns(business_date=pl.lit(tx.business_date)))
    numbered = tx.number(made.attempts.select(ATTEMPT), "payments.attempt", "attempt_id")
    tx.append("payments.attempt", numbered.with_columns(business_date=pl.lit(tx.business_date)))
    tx.preview = (
        numbered.group_by("company_id", "sec", "series", "attempt_no", "wanted_date")
        .agg(attempts=pl.len(), amount_cents=pl.col("amount_cents").sum())
        .sort("company_id", "sec", "series", "attempt_no", "wanted_date")
    )
    counts = (
        numbered.height,
        numbered.filter(pl.col("attempt_no") > 1).height,
        numbered["cures"].count(),
        int(numbered["amount_cents"].sum()),
        made.uses.height,
        int(made.uses["amount_cents"].sum()),
        made.held.height,
        made.quarantined.height,
    )
    return dict(zip(_TOTALS, counts, strict=True))
