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
    "company_bill_day": pl.Int32,
}
PRODUCTS: Schema = {
    "product_id": pl.Int32,
    "product_code": pl.String,
    "proration": pl.String,
    "trial_days": pl.Int32,
    "billed": pl.Boolean,
    "family": pl.String,
    "bill_ahead_days": pl.Int32,
    "trial_billed": pl.String,
    "stub_counts": pl.Boolean,
    "enrollment_again": pl.Boolean,
    "retro_add_days": pl.Int32,
    "retro_term_days": pl.Int32,
    "age_on": pl.String,
}
FEES: Schema = {
    "fee_id": pl.Int32,
    "product_id": pl.Int32,
    "fee_code": pl.String,
    "kind": pl.String,
    "recurrence": pl.String,
    "alignment": pl.String,
}
PRICES: Schema = {
    "price_id": pl.Int32,
    "fee_id": pl.Int32,
    "company_code": pl.String,
    "member_code": pl.String,
    "group_code": pl.String,
    "agent_code": pl.String,
    "tier": pl.String,
    "age_from": pl.Int32,
    "age_to": pl.Int32,
    "step_from": pl.Int32,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    **dict.fromkeys(MONEY, pl.Int64),
    "rate": pl.Int64,  # of the premium, in millionths; null: the amounts decide
}
# settled_to: coverage that starts before this day was compared by an earlier night and nothing has changed since; null:
# nothing is known.
SUBSCRIPTIONS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "code": pl.String,
    "person_id": pl.Int32,
    "product_id": pl.Int32,
    "tier": pl.String,
    "created_on": pl.Date,
    "start_date": pl.Date,
    "recurring_from": pl.Date,
    "end_date": pl.Date,
    "bill_day": pl.Int32,
    "method": pl.String,
    "settled_to": pl.Date,
    "agent_code": pl.String,
    "group_code": pl.String,
}
HOLDS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "from_date": pl.Date,
    "to_date": pl.Date,
}
# Bill days of customers who have one of their own, for fees aligned to the customer.
CUSTOMERS: Schema = {"company_id": pl.Int32, "person_id": pl.Int32, "customer_bill_day": pl.Int32}
# Lapses for non-payment and reinstatements, all of them as they stand (billing.standing).
STANDINGS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "event_no": pl.Int32,
    "event": pl.String,
    "effective_date": pl.Date,
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
# What memos and write-offs, posted or about to be, did to a charge in sum: money below zero took from it.
MEMOS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "fee_id": pl.Int32,
    "coverage_start": pl.Date,
    "part": pl.Int32,
    "debtor": pl.Int32,
    **dict.fromkeys(MONEY, pl.Int64),
}
# Subscribers by what a price may ask of them; read only when a price does.
MEMBERS: Schema = {
    "company_id": pl.Int32,
    "person_id": pl.Int32,
    "member_code": pl.String,
    "birth_date": pl.Date,
}
SUB_GROUPS: Schema = {
    "company_id": pl.Int32,
    "group_code": pl.String,
    "parent_code": pl.String,
    "billed": pl.Boolean,
}
# Who pays which part: `debtor` as in a line, `rate` in millionths of what the fixed amounts leave, `known` says that
# the person exists. All rows of a subscription with the latest valid_from are in force together.
SHARES: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "part": pl.Int32,
    "debtor": pl.Int32,
    "fee_id": pl.Int32,
    "rate": pl.Int64,
    "amount_cents": pl.Int64,
    "valid_from": pl.Date,
    "known": pl.Boolean,
}
# Subscriptions of more than the member whose covered dependents are not those of their tier.
MISFITS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "spouses": pl.Int64,
    "children": pl.Int64,
}
# Invoices of this business date that are booked already: payer 0 is the company itself.
SEQUENCES: Schema = {"company_id": pl.Int32, "payer": pl.Int32, "group_code": pl.String, "sequence": pl.Int32}
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
    standings: pl.DataFrame
    customers: pl.DataFrame
    recorded: pl.DataFrame  # lines whose coverage starts inside the retro window or later, and their one-time fees
    sequences: pl.DataFrame
    members: pl.DataFrame
    sub_groups: pl.DataFrame
    shares: pl.DataFrame
    misfits: pl.DataFrame
    memos: pl.DataFrame


@dataclass(frozen=True)
class Bill:
    """A night's result.

    invoices: company_id, invoice (0-based position in the night), payer, person_id (null: the company), group_code,
    kind, bill_date, due_date, total_cents, sequence; in the order of their numbers.
    lines: `KEY`, invoice, coverage_end, revision, line kind, `MONEY` in cents, price_id, corrects, cause; in the order
    of their numbers.
    quarantined: `QUARANTINED`, what could not be billed and why.
    """

    invoices: pl.DataFrame
    lines: pl.DataFrame
    quarantined: pl.DataFrame
