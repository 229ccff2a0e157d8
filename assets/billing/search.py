"""Which subscriptions a night has to look at. Pure.

What is booked follows from the terms and the business date. If an earlier night found everything booked, then tonight
only those can differ whose rows were changed since, or for whom a day has come since: the first of a period, of the
phase, of a trial's end. So a night looks at these, and at everything where it can't tell: the first night, a night made
up for, changed prices or settings. Looking at too many costs time and never changes the result.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import CYCLES, may_begin
from assets.billing.terms import FOLLOWS, ONE_TIME
from assets.billing.world import Schema

# Part of every digest: changed together with a rule of this room, the next night looks at everything.
RULES = "1"
_PAIR = ["company_id", "product_id"]
# Of `sql/billing/settled.sql`.
SETTLED: Schema = {
    "company_id": pl.Int32,
    "product_id": pl.Int32,
    "digest": pl.String,
    "settled_on": pl.Date,
    "latest": pl.Date,
}


def asked(
    settled: pl.DataFrame, companies: pl.DataFrame, products: pl.DataFrame, fees: pl.DataFrame, day: dt.date
) -> pl.DataFrame:
    """What to look at per company and product.

    Args:
        settled: `SETTLED`.
        companies: `world.COMPANIES`.
        products: `world.PRODUCTS`.
        fees: `world.FEES`.
        day: the business date.

    Returns:
        company_id, product_id, settled_on and settled_to (the first coverage start no earlier night has compared; null:
        compare everything), until (the last one that is due), trial_days, in_family and, a bit for each bill day on
        which a period may begin between the two, own_days and customer_days (bit 0: customers without a bill day).
    """
    past = pl.when(pl.col("settled_on") <= day).then("settled_on")
    ahead = pl.duration(days=pl.coalesce("bill_ahead_days", "bill_lead_days"))
    pairs = (
        settled.join(companies, on="company_id", how="inner", maintain_order="left")
        .join(products, on="product_id", how="inner", maintain_order="left")
        .with_columns(
            settled_on=past,
            settled_to=past + ahead + pl.duration(days=1),
            until=pl.lit(day) + ahead,
            in_family=pl.col("family") != "",
        )
    )
    days = _days(pairs, fees)
    return (
        pairs.select(*_PAIR, "settled_on", "settled_to", "until", "trial_days", "in_family")
        .join(days, on=_PAIR, how="left", maintain_order="left")
        .with_columns(pl.col("own_days", "customer_days").fill_null(0))
    )


def _days(pairs: pl.DataFrame, fees: pl.DataFrame) -> pl.DataFrame:
    """company_id, product_id, own_days, customer_days: see `asked`."""
    recurring = fees.filter(~ONE_TIME & ~FOLLOWS & pl.col("recurrence").is_in(list(CYCLES)))
    rows = pairs.filter(pl.col("settled_to").is_not_null()).join(
        recurring.select("product_id", "recurrence", "alignment").unique(), on="product_id", how="inner"
    )
    each = rows.join(pl.DataFrame({"bit": range(32)}, schema={"bit": pl.Int64}), how="cross")
    # A fee aligned to the company begins on the same day whatever the bit; so it does for a customer without a day.
    own = (pl.col("alignment") != "company") & (pl.col("bit") > 0)
    hit = each.with_columns(bill_day=pl.when(own).then("bit").otherwise("company_bill_day")).filter(
        may_begin(pl.col("settled_to"), pl.col("until"))
    )
    value = pl.lit(2, pl.Int64).pow(pl.col("bit"))
    customers = pl.col("alignment") == "customer"
    return (
        hit.with_columns(_value=value.cast(pl.Int64))
        .unique([*_PAIR, "alignment", "bit"])
        .group_by(_PAIR)
        .agg(
            own_days=pl.col("_value").filter(~customers & (pl.col("bit") > 0)).unique().sum(),
            customer_days=pl.col("_value").filter(customers).sum(),
        )
    )


def latest_night(settled: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The pairs of companies for which no later night has settled anything: only their state may be written down."""
    return settled.filter(pl.col("latest").is_null() | (pl.col("latest") <= day))
