"""Coverage periods: from which day to which day each charge runs. Pure, columnar, no clock.

Source: docs/rooms/billing.md and the billing reference, sections 2 and 3. Periods begin on the days of a lattice: a
numbered row of dates that follows from the bill day alone, so that 31 comes back after a short month and no date is
computed from the date before.

- weekly, biweekly: every 7 or 14 days from the phase's first day, whatever the bill day; by the company's calendar from
  Monday to Monday.
- semimonthly: the bill day and 15 days from it in each month, as two halves: bill day 5 means 5 and 20, and so does 20;
  31 means 16 and 31.
- monthly: the bill day.
- quarterly, halfyearly, yearly: the bill day every 3, 6 or 12 months from the phase's first month; by the company's
  calendar the company's bill day in the first month of the calendar quarter, half-year or year.

A day that a month lacks is its last day.
"""

from __future__ import annotations

import polars as pl

# Recurrence -> unit of its lattice and how many slots a period takes.
CYCLES = {
    "weekly": ("day", 7),
    "biweekly": ("day", 14),
    "semimonthly": ("half", 1),
    "monthly": ("month", 1),
    "quarterly": ("month", 3),
    "halfyearly": ("month", 6),
    "yearly": ("month", 12),
}
_MONDAY = 4  # 1970-01-05, in days since 1970
# The first day of every month from year 1 on, in days since 1970: looking it up costs a tenth of computing it.
_FIRSTS = pl.select(
    pl.date_range(pl.date(1, 1, 1), pl.date(9998, 12, 1), interval="1mo").to_physical().alias("first")
).to_series()


def month_of(date: pl.Expr) -> pl.Expr:
    """Months since year 0 of a date, Int32."""
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def bill_date(month: pl.Expr, bill_day: pl.Expr) -> pl.Expr:
    """The bill day in a month (as `month_of`), or the month's last day when the month is shorter."""
    at = (month - 12).clip(0, _FIRSTS.len() - 2)
    first, following = pl.lit(_FIRSTS).gather(at), pl.lit(_FIRSTS).gather(at + 1)
    return (first + pl.min_horizontal(bill_day.cast(pl.Int32), following - first) - 1).cast(pl.Date)


def months_later(date: pl.Expr, months: pl.Expr | int) -> pl.Expr:
    """The same day some months later, or that month's last day."""
    return bill_date(month_of(date) + months, date.dt.day())


def months_of(recurrence: pl.Expr) -> pl.Expr:
    """Whole months a period of this recurrence takes, Int32; 0 when it is shorter than a month."""
    return recurrence.replace_strict({r: n if u == "month" else 0 for r, (u, n) in CYCLES.items()}, default=0).cast(
        pl.Int32
    )


def may_begin(first: pl.Expr, last: pl.Expr) -> pl.Expr:
    """Whether a period of the row's recurrence and bill_day can begin from `first` to `last`, both included.

    Never false when one does; where the phase decides (weeks, months of a quarter) it is true for any phase.
    """
    recurrence = pl.col("recurrence")
    on_lattice = {
        unit: pl.any_horizontal(
            _date(unit, _slot(unit, month) + n).is_between(first, last) for month in (first, last) for n in range(slots)
        )
        for unit, slots in (("month", 1), ("half", 2))
    }
    return (
        pl.when(last < first)
        .then(pl.lit(value=False))
        .when((last - first).dt.total_days() >= 27)
        .then(pl.lit(value=True))
        .when(recurrence.is_in(["weekly", "biweekly"]))
        .then(pl.lit(value=True))
        .when(recurrence == "semimonthly")
        .then(on_lattice["half"])
        .otherwise(on_lattice["month"])
    )


def periods(terms: pl.DataFrame) -> pl.DataFrame:
    """The coverage periods of each term that start within its scope.

    Args:
        terms: phase_start (first day of the recurring phase), end_date (first day not covered, null: open), recurrence
            (of `CYCLES`), bill_day (1..31), calendar (aligned to the company's calendar), scope_from and scope_to
            (first and last coverage start wanted: years of history cost nothing); further columns are kept.

    Returns:
        The terms, a row per period in date order, with coverage_start, coverage_end (half-open), number (Int32, 1 for
        the first period of the phase, a stub counts), has_stub (the phase begins before its first bill date), full (a
        whole period, not a stub) and what proration measures by: surrounding_days (Int64, of the plain period around
        it), before_days (Int64, of its lattice period before coverage_start), natural_end (of its lattice period; after
        coverage_end when the term ends within it), halves (Int32, half months a whole period takes; 0: weeks).
    """
    laid = []
    for unit in ("month", "half", "day"):
        strides = {r: n for r, (u, n) in CYCLES.items() if u == unit}
        part = terms.filter(pl.col("recurrence").is_in(list(strides)))
        if not part.is_empty() or unit == "month":
            stride = pl.col("recurrence").replace_strict(strides, return_dtype=pl.Int32)
            laid.append(_laid_out(part.with_columns(_stride=stride), unit))
    return pl.concat(laid)


def _slot(unit: str, date: pl.Expr) -> pl.Expr:
    """The first slot of the month a date lies in; of days, the day itself."""
    if unit == "day":
        return date.to_physical()
    return month_of(date) * (2 if unit == "half" else 1)


def _date(unit: str, slot: pl.Expr) -> pl.Expr:
    """The date of a slot, by the column bill_day."""
    day = pl.col("bill_day").cast(pl.Int32)
    if unit == "day":
        return slot.cast(pl.Int32).cast(pl.Date)
    if unit == "half":
        lower = pl.when(day > 15).then(day - 15).otherwise(day)
        return bill_date(slot // 2, lower + 15 * (slot % 2))
    return bill_date(slot, day)


def _laid_out(terms: pl.DataFrame, unit: str) -> pl.DataFrame:
    """`periods` of terms whose lattice is of one unit."""
    stride, phase = pl.col("_stride"), pl.col("phase_start")
    at = _slot(unit, phase)
    onto = (at - (_MONDAY if unit == "day" else 0)) % stride if unit != "half" else pl.lit(0, pl.Int32)
    base = pl.when("calendar").then(at - onto).otherwise(at)
    # The first bill date: the lattice's first day that is not before the phase. A month holds up to two half months.
    behind = sum(
        ((_date(unit, base + stride * n) < phase).cast(pl.Int32) for n in range(2 if unit == "half" else 1)),
        start=pl.lit(0, pl.Int32),
    )
    anchored = terms.with_columns(_anchor=base + stride * behind).with_columns(
        has_stub=_date(unit, pl.col("_anchor")) > phase
    )
    stub = pl.col("has_stub").cast(pl.Int32)
    last = pl.min_horizontal("scope_to", "end_date")
    begin = (_slot(unit, pl.col("scope_from")) - pl.col("_anchor")) // stride - 1
    until = (_slot(unit, last) + int(unit == "half") - pl.col("_anchor")) // stride
    ranged = anchored.with_columns(_from=pl.max_horizontal(begin, -stub), _to=until).filter(
        (pl.col("_from") <= pl.col("_to")) & (phase <= last)
    )
    steps = ranged.with_columns(_step=pl.int_ranges("_from", pl.col("_to") + 1, dtype=pl.Int32)).explode("_step")
    return _measured(_dated(steps, unit), unit)


def _dated(steps: pl.DataFrame, unit: str) -> pl.DataFrame:
    """A row per lattice step becomes a period with its dates; those outside the term or the scope go."""
    slot = pl.col("_anchor") + pl.col("_step") * pl.col("_stride")
    leading = pl.col("_step") < 0
    return (
        steps.with_columns(
            coverage_start=pl.when(leading).then(pl.col("phase_start")).otherwise(_date(unit, slot)),
            _slot=slot,
            _next=_date(unit, slot + pl.col("_stride")),
        )
        .filter(
            pl.col("coverage_start").is_between("scope_from", "scope_to")
            & (pl.col("end_date").is_null() | (pl.col("coverage_start") < pl.col("end_date")))
        )
        .with_columns(
            coverage_end=pl.min_horizontal("_next", "end_date"),
            number=(pl.col("_step") + pl.col("has_stub").cast(pl.Int32) + 1).cast(pl.Int32),
        )
    )


def _measured(dated: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Add what proration measures by (reference section 4): the plain calendar period a stub is a part of."""
    start, end, stride, upto = pl.col("coverage_start"), pl.col("coverage_end"), pl.col("_stride"), pl.col("_next")
    leading, cut = pl.col("_step") < 0, end < upto
    if unit == "month":
        begun = months_later(upto, -stride)
        plain = (
            # Ends at the first bill date, or earlier when coverage does.
            pl.when(leading)
            .then(end - months_later(end, -stride))
            .when(cut)
            .then(months_later(start, stride) - start)
            .otherwise(end - start)
        )
    else:
        # Half months and weeks have no plain length besides their lattice's own.
        begun = _date(unit, pl.col("_slot"))
        plain = upto - begun
    return dated.with_columns(
        surrounding_days=plain.dt.total_days(),
        before_days=pl.when(leading).then((start - begun).dt.total_days()).otherwise(0),
        natural_end=upto,
        full=~leading & ~cut,
        halves={"month": stride * 2, "half": pl.lit(1, pl.Int32), "day": pl.lit(0, pl.Int32)}[unit],
    ).drop("_anchor", "_from", "_to", "_step", "_stride", "_slot", "_next")
