"""Periods of coverage: every recurrence and alignment, by worked dates and against a plain count of days."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.billing.calendar import CYCLES, may_begin, periods

D = dt.date


def laid_out(
    start: dt.date,
    end: dt.date | None,
    bill_day: int,
    through: dt.date,
    *,
    scope: dt.date | None = None,
    recurrence: str = "monthly",
    calendar: bool = False,
):
    row = {
        "phase_start": start,
        "end_date": end,
        "recurrence": recurrence,
        "bill_day": bill_day,
        "calendar": calendar,
        "scope_from": scope or start,
        "scope_to": through,
    }
    dates = dict.fromkeys(("phase_start", "end_date", "scope_from", "scope_to"), pl.Date)
    return periods(pl.DataFrame([row], schema_overrides={**dates, "bill_day": pl.Int32}))


@pytest.mark.parametrize(
    ("start", "bill_day", "expected"),
    [
        (D(2027, 1, 31), 31, ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]),
        (D(2027, 11, 30), 30, ["11-30", "12-30", "01-30", "02-29", "03-30", "04-30"]),
        (D(2028, 1, 29), 29, ["01-29", "02-29", "03-29", "04-29"]),
        (D(2027, 2, 12), 31, ["02-12", "02-28", "03-31"]),
        (D(2027, 11, 20), 15, ["11-20", "12-15", "01-15"]),
    ],
)
def test_the_bill_day_is_an_anchor(start: dt.date, bill_day: int, expected: list[str]) -> None:
    starts = laid_out(start, None, bill_day, D(2028, 12, 31))["coverage_start"].dt.strftime("%m-%d").to_list()
    assert starts[: len(expected)] == expected


@pytest.mark.parametrize(
    ("recurrence", "calendar", "start", "bill_day", "expected"),
    [
        ("weekly", False, D(2027, 3, 10), 1, ["03-10", "03-17", "03-24"]),  # from the start, whatever the bill day
        ("weekly", True, D(2027, 3, 10), 1, ["03-10", "03-15", "03-22"]),  # a Wednesday; then Mondays
        ("biweekly", False, D(2027, 12, 24), 1, ["12-24", "01-07", "01-21"]),
        ("biweekly", True, D(2027, 3, 8), 1, ["03-08", "03-15", "03-29"]),  # every other Monday since 1970
        ("semimonthly", False, D(2027, 1, 5), 5, ["01-05", "01-20", "02-05", "02-20"]),
        ("semimonthly", False, D(2027, 1, 5), 20, ["01-05", "01-20", "02-05", "02-20"]),
        ("semimonthly", False, D(2027, 1, 10), 31, ["01-10", "01-16", "01-31", "02-16", "02-28", "03-16"]),
        ("semimonthly", False, D(2028, 2, 1), 14, ["02-01", "02-14", "02-29", "03-14", "03-29"]),
        ("quarterly", False, D(2027, 2, 20), 15, ["02-20", "05-15", "08-15"]),  # not 03-15
        ("quarterly", True, D(2027, 2, 20), 1, ["02-20", "04-01", "07-01", "10-01", "01-01"]),
        ("halfyearly", False, D(2027, 8, 31), 31, ["08-31", "02-29", "08-31"]),
        ("halfyearly", True, D(2027, 2, 20), 1, ["02-20", "07-01", "01-01"]),
        ("yearly", False, D(2028, 2, 29), 29, ["02-29", "02-28", "02-28", "02-28", "02-29"]),
        ("yearly", True, D(2027, 2, 20), 1, ["02-20", "01-01", "01-01"]),
        ("monthly", True, D(2027, 2, 20), 31, ["02-20", "02-28", "03-31"]),
    ],
)
def test_each_recurrence_begins_on_its_days(
    recurrence: str, calendar: bool, start: dt.date, bill_day: int, expected: list[str]
) -> None:
    found = laid_out(start, None, bill_day, D(2033, 1, 1), recurrence=recurrence, calendar=calendar)
    assert found["coverage_start"].dt.strftime("%m-%d").to_list()[: len(expected)] == expected


ALIGNED = [(r, c) for r in CYCLES for c in (False, True)]
TERMS = st.tuples(st.dates(D(2023, 1, 1), D(2028, 3, 31)), st.integers(1, 800), st.integers(1, 31))


def lattice(recurrence: str, calendar: bool, bill_day: int, start: dt.date, end: dt.date) -> list[dt.date]:
    """Every day from start to before end on which a period must begin, found by asking each day: slow and plain."""
    unit, size = CYCLES[recurrence]

    def begins(day: dt.date) -> bool:
        month_end = (day + dt.timedelta(days=1)).day == 1
        if unit == "day":
            zero = D(1970, 1, 5) if calendar else start
            return (day - zero).days % size == 0
        if unit == "half":
            low = bill_day - 15 if bill_day > 15 else bill_day
            return day.day in {low, low + 15} or (month_end and day.day < low + 15)
        if not (day.day == bill_day or (month_end and day.day < bill_day)):
            return False
        months = day.year * 12 + day.month - 1
        return (months if calendar else months - (start.year * 12 + start.month - 1)) % size == 0

    days = (start + dt.timedelta(days=n) for n in range((end - start).days))
    return [day for day in days if begins(day)]


@settings(max_examples=150, derandomize=True, deadline=None)
@given(TERMS, st.sampled_from(ALIGNED))
def test_periods_tile_the_term_without_gap_or_overlap(
    term: tuple[dt.date, int, int], aligned: tuple[str, bool]
) -> None:
    start, length, bill_day = term
    end = start + dt.timedelta(days=length)
    found = laid_out(start, end, bill_day, end, recurrence=aligned[0], calendar=aligned[1])
    starts = found["coverage_start"].to_list()
    assert starts[0] == start
    assert found["coverage_end"][-1] == end
    assert starts[1:] == found["coverage_end"].to_list()[:-1]
    assert found["number"].to_list() == list(range(1, found.height + 1))
    assert (found["coverage_end"] > found["coverage_start"]).all()
    days = lattice(*aligned, bill_day, start, end)
    assert [d for d in starts if d != start] == [d for d in days if d != start]
    assert found["has_stub"][0] == (start not in days)
    assert (found["surrounding_days"] > 0).all()


@settings(max_examples=150, derandomize=True, deadline=None)
@given(TERMS, st.sampled_from(ALIGNED), st.integers(0, 800), st.integers(0, 800))
def test_a_window_shows_the_same_periods_as_the_whole_term(
    term: tuple[dt.date, int, int], aligned: tuple[str, bool], skip: int, span: int
) -> None:
    start, length, bill_day = term
    end = start + dt.timedelta(days=length)
    scope = start + dt.timedelta(days=skip)
    through = scope + dt.timedelta(days=span)
    how = {"recurrence": aligned[0], "calendar": aligned[1]}
    whole = laid_out(start, end, bill_day, D(2040, 1, 1), **how).drop("scope_from", "scope_to")
    part = laid_out(start, end, bill_day, through, scope=scope, **how).drop("scope_from", "scope_to")
    assert part.equals(whole.filter(pl.col("coverage_start").is_between(scope, through)))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(TERMS, st.sampled_from(ALIGNED), st.integers(0, 40))
def test_no_period_begins_on_a_day_of_which_may_begin_says_no(
    term: tuple[dt.date, int, int], aligned: tuple[str, bool], span: int
) -> None:
    start, skip, bill_day = term
    first = start + dt.timedelta(days=skip)
    last = first + dt.timedelta(days=span)
    found = laid_out(start, None, bill_day, last, scope=first, recurrence=aligned[0], calendar=aligned[1])
    asked = pl.DataFrame({"recurrence": [aligned[0]], "bill_day": [bill_day], "first": [first], "last": [last]})
    possible = asked.select(may_begin(pl.col("first"), pl.col("last"))).item()
    # The first day of the phase is asked for by itself.
    assert possible or found.filter(pl.col("coverage_start") > start).is_empty()
