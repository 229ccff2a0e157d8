"""Periods of coverage and their fractions: the reference's worked tables."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.billing.calendar import periods
from assets.billing.holds import merged
from assets.billing.proration import ONE, cents, ratio
from tests.support.billing import amounts, compute, rows, shown, world

D = dt.date


def laid_out(
    start: dt.date,
    end: dt.date | None,
    bill_day: int,
    through: dt.date,
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
    ("proration", "expected"),
    [
        ("actual", [26428, 37240, 37240, 16137]),
        ("fixed30", [26068, 37240, 37240, 16137]),
        ("whole", [37240, 37240, 37240, 37240]),
        ("none", [37240, 37240]),
    ],
)
def test_worked_table_of_the_four_policies(proration: str, expected: list[int]) -> None:
    now = world(products={"proration": proration}, subscriptions={"end_date": D(2027, 6, 14)})
    assert amounts(compute(now, D(2027, 6, 1))) == expected


@pytest.mark.parametrize(
    ("start", "end", "bill_day", "expected"),
    [
        (D(2027, 2, 12), D(2027, 2, 28), 31, [19221]),  # 16 of 28 Jan..28 Feb
        (D(2027, 1, 18), D(2027, 4, 20), 31, [15617, 37240, 37240, 24827]),
        (D(2027, 7, 5), D(2027, 7, 19), 25, [17379]),  # ends before its first bill date
        (D(2027, 2, 28), D(2027, 3, 30), 31, [37240]),  # 30 days measured by a plain month of 28: never more than one
        (D(2027, 3, 10), D(2027, 3, 10), 1, []),  # an empty term
    ],
)
def test_worked_stubs(start: dt.date, end: dt.date, bill_day: int, expected: list[int]) -> None:
    now = world(subscriptions={"start_date": start, "end_date": end, "bill_day": bill_day})
    assert amounts(compute(now, D(2027, 4, 5) if start.month < 4 else end)) == expected


@pytest.mark.parametrize(
    ("part", "whole", "price", "fraction", "amount"),
    [
        (22, 31, 37240, 709677419, 26428),
        (16, 31, 37240, 516129032, 19221),
        (84, 89, 110400, 943820225, 104198),  # the quarterly stub
        (17, 92, 110400, 184782609, 20400),
        (19, 28, 37240, 678571429, 25270),
        (1, 1, 37240, ONE, 37240),
    ],
)
def test_fractions_have_nine_decimals_and_one_rounding(
    part: int, whole: int, price: int, fraction: int, amount: int
) -> None:
    found = pl.DataFrame({"p": [part], "w": [whole], "price": [price]}).select(
        f=ratio(pl.col("p"), pl.col("w")), a=cents(pl.col("price"), ratio(pl.col("p"), pl.col("w")))
    )
    assert found.row(0) == (fraction, amount)


@pytest.mark.parametrize(
    ("start", "days", "phase", "amount"),
    [
        (D(2027, 2, 20), 21, D(2027, 3, 13), 3346),
        (D(2027, 1, 20), 45, D(2027, 3, 6), 4579),  # longer than a period
    ],
)
def test_a_free_trial_is_followed_by_a_stub(start: dt.date, days: int, phase: dt.date, amount: int) -> None:
    now = world(
        products={"trial_days": days},
        prices={"amount_cents": 5460, "vendor_cents": 0, "commissionable_cents": 0},
        subscriptions={"start_date": start},
    )
    assert compute(now, phase - dt.timedelta(days=1)).lines.is_empty()
    assert shown(compute(now, phase)) == [(str(phase), "charge", "due", amount)]


def test_a_paid_trial_and_a_one_time_fee_are_charged_once_at_the_start() -> None:
    now = world(
        products={"trial_days": 30},
        fees=[
            {},
            {"fee_id": 2, "fee_code": "TRIAL", "kind": "trial", "recurrence": "one_time"},
            {"fee_id": 3, "fee_code": "JOIN", "kind": "enrollment", "recurrence": "one_time"},
        ],
        prices=[
            {},
            {"price_id": 2, "fee_id": 2, "amount_cents": 100},
            {"price_id": 3, "fee_id": 3, "amount_cents": 500},
        ],
    )
    made = compute(now, D(2027, 3, 10)).lines
    assert made.select("fee_id", "coverage_start", "coverage_end", "amount_cents").rows() == [
        (2, D(2027, 3, 10), D(2027, 3, 10), 100),
        (3, D(2027, 3, 10), D(2027, 3, 10), 500),
    ]
    assert amounts(compute(now, D(2027, 4, 9))) == [27309, 100, 500]  # 22 of 30 days from the trial's end on


@pytest.mark.parametrize(
    ("proration", "expected"), [("actual", 16137), ("fixed30", 16137), ("whole", 37240), ("none", 0)]
)
def test_a_hold_takes_its_days_off(proration: str, expected: int) -> None:
    held = {"from_date": D(2027, 4, 11), "to_date": D(2027, 4, 28)}
    now = world(products={"proration": proration}, subscriptions={"start_date": D(2027, 4, 1)}, holds=held)
    assert sum(amounts(compute(now, D(2027, 4, 1)))) == expected


@pytest.mark.parametrize("bill_day", [1, 31])
@pytest.mark.parametrize("proration", ["actual", "fixed30", "whole", "none"])
def test_a_wholly_held_period_is_free_under_every_policy(proration: str, bill_day: int) -> None:
    now = world(
        products={"proration": proration},
        subscriptions={"start_date": D(2027, 1, 31 if bill_day == 31 else 1), "bill_day": bill_day},
        holds=[
            {"from_date": D(2027, 1, 15), "to_date": D(2027, 2, 10)},
            {"from_date": D(2027, 2, 5), "to_date": D(2027, 3, 31)},
        ],
    )
    starts = compute(now, D(2027, 4, 5)).lines["coverage_start"].to_list()
    assert not [d for d in starts if D(2027, 1, 31) <= d < D(2027, 3, 1)]


def test_overlapping_holds_count_once() -> None:
    found = merged(
        rows(
            "holds",
            {"from_date": D(2027, 4, 20), "to_date": D(2027, 4, 25)},
            {"from_date": D(2027, 4, 1), "to_date": D(2027, 4, 10)},
            {"from_date": D(2027, 4, 5), "to_date": D(2027, 4, 8)},
            {"from_date": D(2027, 4, 10), "to_date": D(2027, 4, 12)},
        ).with_columns(what=pl.lit("hold"))
    )
    assert found.select("from_date", "to_date").rows() == [
        (D(2027, 4, 1), D(2027, 4, 12)),
        (D(2027, 4, 20), D(2027, 4, 25)),
    ]


TERMS = st.tuples(st.dates(D(2023, 1, 1), D(2028, 3, 31)), st.integers(1, 800), st.integers(1, 31))


@settings(max_examples=150, derandomize=True, deadline=None)
@given(TERMS)
def test_periods_tile_the_term_without_gap_or_overlap(term: tuple[dt.date, int, int]) -> None:
    start, length, bill_day = term
    end = start + dt.timedelta(days=length)
    found = laid_out(start, end, bill_day, end)
    assert found["coverage_start"][0] == start
    assert found["coverage_end"][-1] == end
    assert found["coverage_start"].to_list()[1:] == found["coverage_end"].to_list()[:-1]
    assert found["number"].to_list() == list(range(1, found.height + 1))
    assert (found["coverage_end"] > found["coverage_start"]).all()
    # Every inner boundary is the bill day or its month's end.
    assert all(
        d.day
        == min(
            bill_day,
            (d.replace(day=28) + dt.timedelta(days=4)).replace(day=1).toordinal() - d.replace(day=1).toordinal(),
        )
        for d in found["coverage_start"].to_list()[1:]
    )


@settings(max_examples=100, derandomize=True, deadline=None)
@given(TERMS, st.integers(0, 800), st.integers(0, 800))
def test_a_window_shows_the_same_periods_as_the_whole_term(
    term: tuple[dt.date, int, int], skip: int, span: int
) -> None:
    start, length, bill_day = term
    end = start + dt.timedelta(days=length)
    scope = start + dt.timedelta(days=skip)
    through = scope + dt.timedelta(days=span)
    whole = laid_out(start, end, bill_day, D(2040, 1, 1)).drop("scope_from", "scope_to")
    part = laid_out(start, end, bill_day, through, scope).drop("scope_from", "scope_to")
    assert part.equals(whole.filter(pl.col("coverage_start").is_between(scope, through)))
