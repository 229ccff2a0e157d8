"""How much of a line is due at a given funding of its invoice, and what of it is not booked yet. Pure, whole cents."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

LINE = ["company_id", "line_id"]


def rounded(amount: pl.Expr, times: pl.Expr | int, by: pl.Expr | int) -> pl.Expr:
    """Amount times `times` over `by`, rounded half away from zero: a credit mirrors its charge. Integers throughout.

    `times` and `by` are not negative; where `by` is zero the result is null.
    """
    return amount.sign() * ((amount.abs() * times * 2 + by) // (pl.lit(2, pl.Int64) * by))


def to_date(amount: pl.Expr) -> pl.Expr:
    """What of an amount is due: in proportion to funded_cents of total_cents, all of it when the total is not positive.

    Cumulative, so that parts add up to the whole whatever the parts were (commissions reference, section 2).
    """
    part = rounded(amount, pl.col("funded_cents"), pl.col("total_cents"))
    return pl.when(pl.col("total_cents") <= 0).then(amount).otherwise(part)


def delta(expected: pl.DataFrame, recorded: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The difference to append: keys, amount_cents (never zero) and revision, sorted by the keys.

    A line of which a later night has recorded something is left to that night and the next: an earlier one that is made
    up for sees less of the line's money, and would take the rest back.

    Args:
        expected: keys and amount_cents; a key that is missing is due nothing.
        recorded: keys, recorded_cents, highest (revision so far) and later (a later night has recorded some of it).
        keys: the natural key without the revision; company_id and line_id among them.
    """
    decided = recorded.filter("later").select(LINE).unique()
    both = (
        expected.select(*keys, "amount_cents")
        .join(recorded, on=list(keys), how="full", coalesce=True)
        .join(decided, on=LINE, how="anti")
    )
    return (
        both.with_columns(
            amount_cents=pl.col("amount_cents").fill_null(0) - pl.col("recorded_cents").fill_null(0),
            revision=pl.col("highest").fill_null(-1) + 1,
        )
        .filter(pl.col("amount_cents") != 0)
        .select(*keys, "revision", "amount_cents")
        .sort(keys)
    )
