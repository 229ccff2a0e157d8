"""How much of a period is charged, and what that is in cents. Integers only; one rounding, at the end.

Source: billing reference, section 4. Policies: actual, fixed30, whole, none (dated setting of the product).
"""

from __future__ import annotations

import polars as pl

from assets.billing.calendar import days30

ONE = 1_000_000_000  # a fraction of 9 decimals
# price x fraction must fit 64 bits
HIGHEST_PRICE = 9_000_000_000


def fraction() -> pl.Expr:
    """The charged fraction of a period in billionths, Int64 in 0..`ONE`, half up.

    Reads the columns proration, coverage_start, coverage_end, surrounding_days, full, held_days, held_days30.
    """
    start, end, held = pl.col("coverage_start"), pl.col("coverage_end"), pl.col("held_days")
    days = (end - start).dt.total_days()
    covered = days - held
    thirtieths = pl.when("full").then(30).otherwise(days30(start, end)) - pl.col("held_days30")
    policy = pl.col("proration")
    exact = (
        pl.when(policy == "actual")
        .then(ratio(covered, pl.col("surrounding_days")))
        .when(policy == "fixed30")
        .then(ratio(thirtieths, pl.lit(30, pl.Int64)))
        .when(policy == "whole")
        .then(pl.lit(ONE, pl.Int64))
        .when(pl.col("full") & (held == 0))
        .then(pl.lit(ONE, pl.Int64))
        .otherwise(0)
    )
    # A period without one covered day is free under every policy.
    return pl.when(covered <= 0).then(0).otherwise(exact.clip(0, ONE)).cast(pl.Int64)


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part / whole in billionths, half up, Int64; part may be negative (then the result is too)."""
    return (part.cast(pl.Int64) * (2 * ONE) + whole) // (2 * whole.cast(pl.Int64))


def cents(price: pl.Expr, part: pl.Expr) -> pl.Expr:
    """A price in cents times a fraction in billionths, half up to the cent, Int64. Prices up to `HIGHEST_PRICE`."""
    return (price * part + ONE // 2) // ONE
