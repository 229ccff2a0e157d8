"""Worked tables over many months: month and year ends, leap years, trials, holds, steps, dated prices, recurrences."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.billing.world import World
from tests.support.billing import amounts, book, compute, shown, world

D = dt.date


def months(first: dt.date, count: int) -> list[dt.date]:
    """The last days of so many months."""
    found = []
    for n in range(count):
        year, month = first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1
        found.append(D(year, month, calendar.monthrange(year, month)[1]))
    return found


def nights(now: World, days: list[dt.date]) -> pl.DataFrame:
    """Everything these nights book."""
    made = []
    for day in days:
        now, bill = book(now, day)
        assert bill.quarantined.is_empty()
        made.append(bill.lines)
    return pl.concat(made).sort("subscription_id", "fee_id", "coverage_start")


def test_bill_days_29_to_31_over_three_years_are_one_full_price_a_month() -> None:
    members = [
        {"subscription_id": day, "code": f"S{day}", "person_id": day, "start_date": D(2026, 1, day), "bill_day": day}
        for day in (29, 30, 31)
    ]
    made = nights(world(companies={"go_live": D(2026, 1, 1)}, subscriptions=members), months(D(2026, 1, 1), 36))
    ends = months(D(2026, 1, 1), 36)  # two Februaries of 28 days and one of 29 among them
    for day in (29, 30, 31):
        mine = made.filter(subscription_id=day)
        assert mine["coverage_start"].to_list() == [e.replace(day=min(day, e.day)) for e in ends]
        assert set(mine["amount_cents"]) == {37240}
        assert mine["coverage_end"].to_list()[:-1] == mine["coverage_start"].to_list()[1:]


@pytest.mark.parametrize(
    ("given", "day", "expected"),
    [
        # 22 of 31 days of December, January, 28 of 29 days of a February in a leap year.
        (
            {"subscriptions": {"start_date": D(2027, 12, 10), "end_date": D(2028, 2, 29)}},
            D(2028, 2, 29),
            [26428, 37240, 35956],
        ),
        # The same days in a common year are the whole February less one day.
        (
            {"subscriptions": {"start_date": D(2026, 12, 10), "end_date": D(2027, 2, 28)}},
            D(2027, 2, 28),
            [26428, 37240, 35910],
        ),
        # A hold over the new year: 12 days of December and 10 of January.
        (
            {
                "subscriptions": {"start_date": D(2027, 12, 1)},
                "holds": {"from_date": D(2027, 12, 20), "to_date": D(2028, 1, 11)},
            },
            D(2028, 1, 1),
            [22825, 25227],
        ),
        # A trial of 30 days over the month end and 29 February: recurring from 1 March on.
        (
            {"products": {"trial_days": 30}, "subscriptions": {"start_date": D(2028, 1, 31)}},
            D(2028, 3, 1),
            [37240],
        ),
        # In a common year it ends a day later in the calendar: 30 of 31 days.
        (
            {"products": {"trial_days": 30}, "subscriptions": {"start_date": D(2027, 1, 31)}},
            D(2027, 3, 2),
            [36039],
        ),
        # Entered in March with a start in December: the stub and every month since, at once.
        (
            {"subscriptions": {"start_date": D(2027, 12, 17), "created_on": D(2028, 3, 1)}},
            D(2028, 3, 1),
            [18019, 37240, 37240, 37240],
        ),
    ],
    ids=["leap", "common", "hold", "trial-leap", "trial-common", "back-dated"],
)
def test_year_ends_and_februaries(given: dict[str, Any], day: dt.date, expected: list[int]) -> None:
    now = world(companies={"go_live": D(2026, 1, 1)}, **given)
    assert compute(now, day - dt.timedelta(days=1)).lines.filter(pl.col("coverage_start") == day).is_empty()
    assert amounts(compute(now, day)) == expected


def test_a_back_dated_start_is_named_month_by_month() -> None:
    made = compute(world(subscriptions={"start_date": D(2027, 1, 1), "created_on": D(2027, 3, 5)}), D(2027, 3, 5))
    late = "learned after its coverage ended"
    assert [line[:3] for line in shown(made)] == [
        ("2027-01-01", "retro_add", late),
        ("2027-02-01", "retro_add", late),
        ("2027-03-01", "charge", "due"),
    ]


def test_a_step_up_by_paid_period() -> None:
    steps = [
        {"price_id": n, "step_from": first, "amount_cents": cents, "vendor_cents": 0}
        for n, (first, cents) in enumerate([(1, 1000), (3, 2000), (6, 3000)], 1)
    ]
    made = nights(world(prices=steps, subscriptions={"start_date": D(2027, 1, 1)}), months(D(2027, 1, 1), 7))
    assert made["amount_cents"].to_list() == [1000, 1000, 2000, 2000, 2000, 3000, 3000]


def test_a_dated_price_counts_from_the_first_coverage_that_starts_under_it() -> None:
    prices = [
        {"price_id": 1, "amount_cents": 10000},
        {"price_id": 2, "amount_cents": 11000, "valid_from": D(2027, 3, 15)},  # March has begun
        {"price_id": 3, "amount_cents": 12000, "valid_from": D(2027, 6, 1), "valid_to": D(2027, 7, 1)},
    ]
    made = nights(world(prices=prices, subscriptions={"start_date": D(2027, 1, 1)}), months(D(2027, 1, 1), 8))
    assert made["amount_cents"].to_list() == [10000, 10000, 10000, 11000, 11000, 12000, 11000, 11000]
    assert made["price_id"].to_list() == [1, 1, 1, 2, 2, 3, 2, 2]


@pytest.mark.parametrize(
    ("recurrence", "charges"),
    [
        ("weekly", 53),  # 1 January and 31 December 2027 are Fridays
        ("biweekly", 27),
        ("semimonthly", 24),
        ("monthly", 12),
        ("quarterly", 4),
        ("halfyearly", 2),
        ("yearly", 1),
    ],
)
def test_the_charges_of_a_year(recurrence: str, charges: int) -> None:
    now = world(fees={"recurrence": recurrence}, subscriptions={"start_date": D(2027, 1, 1)})
    made = nights(now, months(D(2027, 1, 1), 12))
    assert made["amount_cents"].to_list() == [37240] * charges
    assert made["coverage_end"].to_list()[:-1] == made["coverage_start"].to_list()[1:]
