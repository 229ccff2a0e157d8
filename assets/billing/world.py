"""The frames a billing night is computed from and the frames it makes, with their columns.

Belongs here: shapes. Not here: rules (the modules beside), reading (steps.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from formats.errors import RecordError

Schema = dict[str, type[pl.DataType]]

TIERS = ("EMP", "ESP", "ECH", "FAM")
# What is charged: every part of it has the same days and price.
CHARGE = ["company_id", "subscription_id", "fee_id", "coverage_start"]
# A line's natural key without its revision: one payer's part of a charge (see shares.py).
KEY = [*CHARGE, "part", "debtor"]
MONEY = ["amount_cents", "vendor_cents", "commissionable_cents"]

COMPANIES: Schema = {
    "company_id": pl.Int32,
    "company_code": pl.String,
    "bill_lead_days": pl.Int32,
    "go_live": pl.Date,
}
PRODUCTS: Schema = {
    "product_id": pl.Int32,
    "product_code": pl.String,
    "proration": pl.String,
    "trial_days": pl.Int32,
}
FEES: Schema = {
    "fee_id": pl.Int32,
    "product_id": pl.Int32,
    "fee_code": pl.String,
    "kind": pl.String,
    "recurrence": pl.String,
}
PRICES: Schema = {
    "price_id": pl.Int32,
    "fee_id": pl.Int32,
    "company_code": pl.String,
    "tier": pl.String,
    "step_from": pl.Int32,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    **dict.fromkeys(MONEY, pl.Int64),
}
SUBSCRIPTIONS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "code": pl.String,
    "person_id": pl.Int32,
    "product_id": pl.Int32,
    "tier": pl.String,
    "start_date": pl.Date,
    "end_date": pl.Date,
    "bill_day": pl.Int32,
    "method": pl.String,
}
HOLDS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "from_date": pl.Date,
    "to_date": pl.Date,
}
# Booked lines: `less_hold` says that the line's cause names a hold.
RECORDED: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "fee_id": pl.Int32,
    "coverage_start": pl.Date,
    "part": pl.Int32,
    "debtor": pl.Int32,
    "coverage_end": pl.Date,
    "revision": pl.Int32,
    "line_id": pl.Int64,
    "price_id": pl.Int32,
    "less_hold": pl.Boolean,
    **dict.fromkeys(MONEY, pl.Int64),
}
# Invoices of this business date that are booked already: payer 0 is the company itself.
SEQUENCES: Schema = {"company_id": pl.Int32, "payer": pl.Int32, "sequence": pl.Int32}
QUARANTINED: Schema = {"company_id": pl.Int32, "subject": pl.String, "rule": pl.String, "reason": pl.String}


def conform(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    """The frame with exactly the schema's columns, cast; the room's door.

    Raises:
        RecordError: a column is missing.
    """
    if missing := [c for c in schema if c not in frame.columns]:
        raise RecordError(f"billing misses the columns {', '.join(missing)}", where="sql/billing")
    return frame.select(pl.col(c).cast(t) for c, t in schema.items())


def quarantined(rows: pl.DataFrame, rule: str, reason: pl.Expr) -> pl.DataFrame:
    """Rows with company_id and `code` (of a subscription) as quarantine rows (columns of `QUARANTINED`)."""
    return rows.select(
        "company_id",
        subject=pl.lit("subscription ") + pl.col("code"),
        rule=pl.lit(rule),
        reason=reason,
    )


@dataclass(frozen=True)
class World:
    """Everything a night's billing follows from, besides the business date."""

    companies: pl.DataFrame
    products: pl.DataFrame
    fees: pl.DataFrame
    prices: pl.DataFrame
    subscriptions: pl.DataFrame
    holds: pl.DataFrame
    recorded: pl.DataFrame  # lines whose coverage starts inside the retro window or later, and their one-time fees
    sequences: pl.DataFrame


@dataclass(frozen=True)
class Bill:
    """A night's result.

    invoices: company_id, invoice (0-based position in the night), payer, person_id (null: the company), kind,
    bill_date, due_date, total_cents, sequence; in the order of their numbers.
    lines: `KEY`, invoice, coverage_end, revision, line kind, `MONEY` in cents, price_id, corrects, cause; in the order
    of their numbers.
    quarantined: `QUARANTINED`, what could not be billed and why.
    """

    invoices: pl.DataFrame
    lines: pl.DataFrame
    quarantined: pl.DataFrame
