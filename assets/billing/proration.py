"""How much of a period is charged, and what that is in cents. Integers only; one rounding, at the end.

Source: billing reference, section 4. Policies: actual, fixed30, fixed28, whole, fifteenth, none (of the product).
"""

from __future__ import annotations

import polars as pl

from assets.billing.holds import fixed_days, month_length

ONE = 1_000_000_000  # a fraction of 9 decimals
# price x fraction must fit 64 bits
HIGHEST_PRICE = 9_000_000_000


def fraction() -> pl.Expr:
    """The charged fraction of a period in billionths, Int64 in 0..`ONE`, half up.

    Reads the columns proration, those of `calendar.periods`, held_days and held_fixed.
    """
    start, end, held = pl.col("coverage_start"), pl.col("coverage_end"), pl.col("held_days")
    policy = pl.col("proration")
    days = (end - start).dt.total_days()
    actual = by_days()
    all_ = pl.lit(ONE, pl.Int64)
    exact = (
        pl.when(policy == "actual")
        .then(actual)
        .when(policy.is_in(["fixed30", "fixed28"]))
        .then(pl.when(pl.col("halves") == 0).then(actual).otherwise(_fixed(start, end)))
        .when(policy == "whole")
        .then(all_)
        .when(policy == "fifteenth")
        .then(pl.when(_from_the_cut_off(days)).then(all_).otherwise(0))
        .when(pl.col("full") & (held == 0))
        .then(all_)
        .otherwise(0)
    )
    # The usual case first, and a period without one covered day is free under every policy.
    charged = pl.when(held >= days).then(0).otherwise(exact.clip(0, ONE))
    return pl.when(pl.col("full") & (held == 0)).then(all_).otherwise(charged).cast(pl.Int64)


def by_days() -> pl.Expr:
    """Covered days over the days of the surrounding period, in billionths; may be over one (see `fraction`)."""
    days = (pl.col("coverage_end") - pl.col("coverage_start")).dt.total_days()
    return ratio(days - pl.col("held_days"), pl.col("surrounding_days"))


def _fixed(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days of months of fixed length over those of a whole period; weeks have none and go by real days."""
    basis = month_length(pl.col("proration")) * pl.col("halves").cast(pl.Int64) // 2
    used = pl.when("full").then(basis).otherwise(fixed_days(start, end)) - pl.col("held_fixed")
    return ratio(used, pl.max_horizontal(basis, pl.lit(1, pl.Int64)))


def _from_the_cut_off(days: pl.Expr) -> pl.Expr:
    """The 15th rule: begun by day 15 of the period and not ended by then. Longer and shorter periods in proportion."""
    before = pl.col("before_days")
    cut_off = (
        pl.when(pl.col("halves") == 0)
        .then(pl.col("surrounding_days") // 2)
        .otherwise(pl.col("halves").cast(pl.Int64) * 15 // 2)
    )
    in_time = pl.col("coverage_end") >= pl.col("natural_end")
    return (before < cut_off) & (in_time | (before + days >= cut_off))


def ratio(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part / whole in billionths, half up, Int64; part may be negative (then the result is too)."""
    return (part.cast(pl.Int64) * (2 * ONE) + whole) // (2 * whole.cast(pl.Int64))


def cents(price: pl.Expr, part: pl.Expr) -> pl.Expr:
    """A price in cents times a fraction in billionths, half up to the cent, Int64. Prices up to `HIGHEST_PRICE`."""
    return (price * part + ONE // 2) // ONE
