"""The payment steps of the night: read, compute, append."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from assets.payments.again import RETURNED
from assets.payments.attempts import ATTEMPT, GROUPS, HELD, OPEN, PAYS_FOR, Sources, plan
from assets.payments.credits import CREDITS
from assets.payments.originate import originate
from assets.payments.splits import METHODS
from assets.payments.standing import account_book
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

    def read(name: str, schema: Mapping[str, pl.DataType | type[pl.DataType]], **values: list[int]) -> pl.DataFrame:
        found = tx.read(f"payments/attempt_{name}", **values)
        return found.select(pl.col(c).cast(t) for c, t in schema.items())

    opened, returned = read("open", OPEN), read("returned", RETURNED)
    if opened.is_empty() and returned.is_empty():  # as on most of a year's nights: then nothing else need be read
        return dict.fromkeys(_TOTALS, 0)
    came_back = {f"{key}s": returned[key].to_list() for key in ("company_id", "invoice_id")}
    made = plan(
        tx.business_date,
        opened=opened,
        returned=returned,
        credit=read("credits", CREDITS),
        held=read("held", HELD),
        sources=Sources(
            pays_for=pl.concat([read("subscriptions", PAYS_FOR), read("subscriptions_again", PAYS_FOR, **came_back)]),
            methods=read("methods", METHODS),
            groups=read("groups", GROUPS),
            book=account_book(tx),
        ),
    )
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
