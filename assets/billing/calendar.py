"""Coverage periods: from which day to which day each fee month runs. Pure, columnar, no clock.

Source: docs/rooms/billing.md and the billing reference, sections 2, 3, 5 and 7. The bill day is an anchor: every date
is computed from it and never from the date before, so 31 comes back after a short month.
"""

from __future__ import annotations

import datetime as dt

import polars as pl


def month_of(date: pl.Expr) -> pl.Expr:
    """Months since year 0 of a date, Int32."""
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def bill_date(month: pl.Expr, bill_day: pl.Expr) -> pl.Expr:
    """The bill day in a month (as `month_of`), or the month's last day when the month is shorter."""
    first = pl.date(month // 12, month % 12 + 1, 1)
    day = pl.min_horizontal(bill_day.cast(pl.Int32), first.dt.month_end().dt.day().cast(pl.Int32))
    return first + pl.duration(days=day - 1)


def periods(terms: pl.DataFrame, through: dt.date) -> pl.DataFrame:
    """The monthly coverage periods of each term that start on or after its `scope_from` and on or before `through`.

    Args:
        terms: phase_start (first day of the recurring phase), end_date (first day not covered, null: open), bill_day
            (1..31), scope_from (no period that starts earlier is made, so that years of history cost nothing); further
            columns are kept.
        through: the last coverage start wanted.

    Returns:
        The terms, a row per period in date order, with coverage_start, coverage_end (half-open), number (Int32, 1 for
        the first period of the phase, a stub counts), surrounding_days (Int64, of the period proration measures by),
        full (a whole period, not a stub), has_stub (the phase begins before its first bill date).
    """
    begins_in = month_of(pl.col("phase_start"))
    # The first bill date's month: the phase's own when its bill day is not over.
    anchored = terms.with_columns(
        _anchor=begins_in + (bill_date(begins_in, pl.col("bill_day")) < pl.col("phase_start")).cast(pl.Int32)
    )
    anchored = anchored.with_columns(
        has_stub=bill_date(pl.col("_anchor"), pl.col("bill_day")) > pl.col("phase_start"),
    )
    last = pl.min_horizontal(pl.lit(through), pl.col("end_date"))
    lowest = pl.max_horizontal(
        pl.col("_anchor") - pl.col("has_stub").cast(pl.Int32), month_of(pl.col("scope_from")) - 1
    )
    ranged = anchored.with_columns(_from=lowest, _to=month_of(last)).filter(pl.col("_from") <= pl.col("_to"))
    months = ranged.with_columns(_month=pl.int_ranges("_from", pl.col("_to") + 1, dtype=pl.Int32)).explode("_month")
    return _measured(_dated(months, through))


def _dated(months: pl.DataFrame, through: dt.date) -> pl.DataFrame:
    """A row per month becomes a period with its dates; those outside the term or the scope go."""
    leading = pl.col("_month") < pl.col("_anchor")
    month, day = pl.col("_month"), pl.col("bill_day")
    return (
        months.with_columns(
            coverage_start=pl.when(leading).then(pl.col("phase_start")).otherwise(bill_date(month, day)),
            _next=bill_date(month + 1, day),
        )
        .filter(
            pl.col("coverage_start").is_between(pl.col("scope_from"), through)
            & (pl.col("end_date").is_null() | (pl.col("coverage_start") < pl.col("end_date")))
        )
        .with_columns(
            coverage_end=pl.min_horizontal("_next", "end_date"),
            number=(month - pl.col("_anchor") + pl.col("has_stub").cast(pl.Int32) + 1).cast(pl.Int32),
        )
    )


def _measured(dated: pl.DataFrame) -> pl.DataFrame:
    """Add what proration measures by: reference section 4, `actual`."""
    start, end = pl.col("coverage_start"), pl.col("coverage_end")
    leading = pl.col("_month") < pl.col("_anchor")
    trailing = end < pl.col("_next")
    surrounding = (
        # Ends at the first bill date, or earlier: the plain calendar month before that end.
        pl.when(leading)
        .then(end - end.dt.offset_by("-1mo"))
        .when(trailing)
        .then(start.dt.offset_by("1mo") - start)
        .otherwise(end - start)
    )
    return dated.with_columns(
        surrounding_days=surrounding.dt.total_days(),
        full=~leading & ~trailing,
    ).drop("_anchor", "_from", "_to", "_month", "_next")


def merged(holds: pl.DataFrame) -> pl.DataFrame:
    """Holds of a subscription joined where they touch or overlap: company_id, subscription_id, from_date, to_date."""
    who = ["company_id", "subscription_id"]
    ordered = holds.sort(*who, "from_date", "to_date")
    reached = pl.col("to_date").cum_max().shift(1).over(who)
    return (
        ordered.with_columns(_group=(pl.col("from_date") > reached).fill_null(value=True).cum_sum().over(who))
        .group_by(*who, "_group", maintain_order=True)
        .agg(pl.col("from_date").min(), pl.col("to_date").max())
        .drop("_group")
    )


def less_holds(coverage: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """Add to each period what of it is held: held_days, held_days30 (Int64) and hold ("2026-10-03..2026-10-20", or "").

    Args:
        coverage: company_id, subscription_id, coverage_start, coverage_end.
        holds: `merged` holds.
    """
    who = ["company_id", "subscription_id"]
    period = [*who, "coverage_start"]
    start = pl.max_horizontal("coverage_start", "from_date")
    end = pl.min_horizontal("coverage_end", "to_date")
    pieces = (
        coverage.select(*period, "coverage_end")
        .join(holds, on=who, how="inner", maintain_order="left_right")
        .filter(start < end)
        .with_columns(
            held_days=(end - start).dt.total_days(),
            held_days30=days30(start, end),
            hold=pl.col("from_date").cast(pl.String) + ".." + pl.col("to_date").cast(pl.String),
        )
        .group_by(period, maintain_order=True)
        .agg(pl.col("held_days", "held_days30").sum(), pl.col("hold").str.join(", "))
    )
    return coverage.join(pieces, on=period, how="left", maintain_order="left").with_columns(
        pl.col("held_days", "held_days30").fill_null(0), pl.col("hold").fill_null("")
    )


def days30(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Days between two dates with every start month counted as 30 days long, Int64 (reference section 4, fixed30)."""
    real = (end - start).dt.total_days()
    over = start.dt.month_end().dt.day().cast(pl.Int64) - 30
    return pl.when(month_of(start) == month_of(end)).then(real).otherwise(real - over)
