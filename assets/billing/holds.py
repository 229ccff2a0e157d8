"""What of a period is not billed: holds, and lapses that were made good later. Pure.

Source: billing reference section 7 (holds) and 13 (lapse, reinstatement). A hold is a dated status; it moves no bill
day. A lapse ends coverage; a reinstatement without a gap takes it back, one with a gap leaves the days between it and
the lapse uncovered.
"""

from __future__ import annotations

import polars as pl

_WHO = ["company_id", "subscription_id"]


def lapses(standings: pl.DataFrame) -> pl.DataFrame:
    """The days that lapses took away, by the events in their order.

    Args:
        standings: columns of `world.STANDINGS`.

    Returns:
        company_id, subscription_id, from_date, to_date (null: not reinstated), sorted. A lapse lasts until the next
        reinstatement; one that takes effect on the lapse's own day or before leaves no gap.
    """
    until = pl.when(pl.col("event") == "reinstatement").then(pl.col("effective_date"))
    return (
        standings.sort(*_WHO, "event_no")
        .with_columns(to_date=until.backward_fill().over(_WHO))
        .filter((pl.col("event") == "lapse") & ~(pl.col("to_date") <= pl.col("effective_date")).fill_null(value=False))
        .select(*_WHO, "to_date", from_date="effective_date")
        .select(*_WHO, "from_date", "to_date")
        .sort(*_WHO, "from_date")
    )


def merged(holds: pl.DataFrame) -> pl.DataFrame:
    """Uncovered days of a subscription joined where they touch or overlap.

    Args:
        holds: company_id, subscription_id, from_date, to_date, what ("hold" or "lapse").

    Returns:
        The same columns; `what` names both when both are joined.
    """
    ordered = holds.sort(*_WHO, "from_date", "to_date")
    reached = pl.col("to_date").cum_max().shift(1).over(_WHO)
    return (
        ordered.with_columns(_group=(pl.col("from_date") > reached).fill_null(value=True).cum_sum().over(_WHO))
        .group_by(*_WHO, "_group", maintain_order=True)
        .agg(pl.col("from_date").min(), pl.col("to_date").max(), pl.col("what").unique().sort().str.join(" and "))
        .drop("_group")
    )


def less_holds(coverage: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """Add to each period what of it is held.

    Args:
        coverage: company_id, subscription_id, coverage_start, coverage_end, proration.
        holds: of `merged`.

    Returns:
        The periods in their order with held_days, held_fixed (Int64, by `fixed_days`) and hold
        ("hold 2026-10-03..2026-10-20", or "").
    """
    start = pl.max_horizontal("coverage_start", "from_date")
    end = pl.min_horizontal("coverage_end", "to_date")
    numbered = coverage.with_row_index("_row")
    pieces = (
        numbered.select("_row", *_WHO, "coverage_start", "coverage_end", "proration")
        .join(holds, on=_WHO, how="inner", maintain_order="left_right")
        .filter(start < end)
        .with_columns(
            held_days=(end - start).dt.total_days(),
            held_fixed=fixed_days(start, end),
            hold=pl.format("{} {}..{}", "what", pl.col("from_date").cast(pl.String), pl.col("to_date").cast(pl.String)),
        )
        .group_by("_row", maintain_order=True)
        .agg(pl.col("held_days", "held_fixed").sum(), pl.col("hold").str.join(", "))
    )
    return (
        numbered.join(pieces, on="_row", how="left", maintain_order="left")
        .drop("_row")
        .with_columns(pl.col("held_days", "held_fixed").fill_null(0), pl.col("hold").fill_null(""))
    )


def month_length(proration: pl.Expr) -> pl.Expr:
    """Days a month is taken to have under a fixed policy, Int64: 28 or 30."""
    return pl.when(proration == "fixed28").then(28).otherwise(30).cast(pl.Int64)


def fixed_days(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days between two dates as if every month begun had the fixed length, Int64; reads `proration`.

    Reference section 4: between two months the start month counts 30 (28) days, whatever it has. Over more months each
    one does, so that the days of two pieces are the days of the whole.
    """

    def laid(date: pl.Expr) -> pl.Expr:
        month = date.dt.year().cast(pl.Int64) * 12 + date.dt.month().cast(pl.Int64)
        return month * month_length(pl.col("proration")) + date.dt.day().cast(pl.Int64)

    return laid(end) - laid(start)
