"""Who is covered, day by day, against the plain reading of the terms."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.enrollment.coverage import Windows, in_view, no_longer, pieces

D = dt.date(2026, 10, 1)


def days(n: int) -> dt.date:
    return D + dt.timedelta(days=n)


def subscriptions(*rows: tuple[int, dt.date, dt.date | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(1, *row) for row in rows],
        schema={"company_id": pl.Int32, "subscription_id": pl.Int32, "start_date": pl.Date, "end_date": pl.Date},
        orient="row",
    )


def holds(*rows: tuple[int, dt.date, dt.date]) -> pl.DataFrame:
    return pl.DataFrame(
        [(1, *row) for row in rows],
        schema={"company_id": pl.Int32, "subscription_id": pl.Int32, "from_date": pl.Date, "to_date": pl.Date},
        orient="row",
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    start=st.integers(-40, 20),
    length=st.none() | st.integers(0, 60),
    held=st.lists(st.tuples(st.integers(-60, 40), st.integers(1, 30)), max_size=4, unique_by=lambda h: h[0]),
)
def test_a_day_is_covered_when_the_subscription_says_so_and_no_hold_does(
    start: int, length: int | None, held: list[tuple[int, int]]
) -> None:
    end = None if length is None else days(start + length)
    spans = [(days(a), days(a + n)) for a, n in held]
    found = pieces(subscriptions((1, days(start), end)), holds(*((1, a, b) for a, b in spans)))
    periods = list(found.select("begin", "end").iter_rows())
    for n in range(-70, 90):
        day = days(n)
        meant = day >= days(start) and (end is None or day < end) and not any(a <= day < b for a, b in spans)
        assert meant == any(b <= day and (e is None or day < e) for b, e in periods), day
    for (_, before), (after, _) in pairwise(periods):
        assert before is not None
        assert before < after


@pytest.mark.parametrize(
    ("start", "end", "hold", "seen"),
    [
        (-30, None, None, (-30, None)),
        (31, None, None, (31, None)),
        (32, None, None, None),
        (-90, -60, None, (-90, -60)),
        (-90, -61, None, None),
        (5, 5, None, None),  # cancelled before it began
        (-30, None, (10, 20), (-30, 10)),  # in force, its end is known
        (-30, None, (-10, 20), (20, None)),  # the next start says more than the last end
        (-30, None, (-10, 50), (-30, -10)),
    ],
)
def test_a_vendor_sees_one_period(
    start: int, end: int | None, hold: tuple[int, int] | None, seen: tuple[int, int | None] | None
) -> None:
    book = subscriptions((1, days(start), None if end is None else days(end)))
    held = holds((1, days(hold[0]), days(hold[1]))) if hold else holds()
    found = list(in_view(pieces(book, held), D, Windows()).select("begin", "end").iter_rows())
    assert found == ([] if seen is None else [(days(seen[0]), None if seen[1] is None else days(seen[1]))])


def told(end: int | None, noticed: int | None, sub_end: int | None) -> pl.DataFrame:
    ends = [None if n is None else days(n) for n in (end, noticed, sub_end)]
    names = ["company_id", "person_id", "subscription_id", "coverage_start", "coverage_end", "noticed_end", "sub_end"]
    types = [pl.Int32, pl.Int32, pl.Int32, pl.Date, pl.Date, pl.Date, pl.Date]
    row = (1, 7, 1, days(-200), *ends)
    return pl.DataFrame([row], schema=dict(zip(names, types, strict=True)), orient="row")


@pytest.mark.parametrize(
    ("end", "noticed", "sub_end", "said"),
    [
        (None, None, None, 0),  # left the subscription: noticed today
        (None, None, -100, -100),  # ended long ago, and nobody had said so
        (None, None, 40, 0),
        (-20, -20, None, -20),  # said before, and still in the look-back
        (-61, -61, None, None),  # said, and out of it
        (30, 30, None, 0),
        (None, -20, None, -20),  # said and refused: the day stays
        (None, -61, None, -61),  # and the vendor never took it, however long ago
    ],
)
def test_who_is_gone_is_told_once_and_inside_the_look_back(
    end: int | None, noticed: int | None, sub_end: int | None, said: int | None
) -> None:
    nobody = pl.DataFrame(schema={"company_id": pl.Int32, "person_id": pl.Int32, "subscription_id": pl.Int32})
    gone = told(end, noticed, sub_end)
    found = no_longer(gone, nobody, pieces(subscriptions(), holds()), D, Windows())
    assert found["end"].to_list() == ([] if said is None else [days(said)])
