"""How much of a period is charged: the reference's worked tables, holds and trials."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from assets.billing.holds import merged
from assets.billing.proration import ONE, cents, ratio
from tests.support.billing import amounts, book, compute, rows, shown, world

D = dt.date


@pytest.mark.parametrize(
    ("proration", "expected"),
    [
        ("actual", [26428, 37240, 37240, 16137]),
        ("fixed30", [26068, 37240, 37240, 16137]),
        ("whole", [37240, 37240, 37240, 37240]),
        ("fixed28", [25270, 37240, 37240, 17290]),  # 19 and 13 days of 28
        ("fifteenth", [37240, 37240, 37240]),  # begun by the 15th; ended before the 16th
        ("none", [37240, 37240]),
    ],
)
def test_worked_table_of_the_policies(proration: str, expected: list[int]) -> None:
    now = world(products={"proration": proration}, subscriptions={"end_date": D(2027, 6, 14)})
    assert amounts(compute(now, D(2027, 6, 1))) == expected


@pytest.mark.parametrize(
    ("start", "end", "cents_"),
    [
        (D(2027, 3, 15), None, 37240),
        (D(2027, 3, 16), None, 0),
        (D(2027, 2, 10), D(2027, 3, 15), 0),
        (D(2027, 2, 10), D(2027, 3, 16), 37240),
        (D(2027, 3, 10), D(2027, 3, 20), 37240),  # begun by the 15th and there on it
        (D(2027, 3, 10), D(2027, 3, 14), 0),
        (D(2027, 3, 16), D(2027, 3, 30), 0),
    ],
)
def test_the_fifteenth_charges_march_or_not(start: dt.date, end: dt.date | None, cents_: int) -> None:
    now = world(products={"proration": "fifteenth"}, subscriptions={"start_date": start, "end_date": end})
    made = compute(now, D(2027, 3, 31)).lines
    assert made.filter(pl.col("coverage_start") >= D(2027, 3, 1))["amount_cents"].sum() == cents_


def test_a_change_of_plan_in_a_month_is_charged_by_one_plan_under_the_fifteenth() -> None:
    for day in range(2, 31):
        change = D(2027, 3, day)
        plans = [
            {"subscription_id": 1, "start_date": D(2027, 2, 1), "end_date": change},
            {"subscription_id": 2, "code": "S2", "product_id": 2, "start_date": change},
        ]
        now = world(
            products=[{"proration": "fifteenth"}, {"product_id": 2, "proration": "fifteenth"}],
            fees=[{}, {"fee_id": 2, "product_id": 2}],
            prices=[{}, {"price_id": 2, "fee_id": 2}],
            subscriptions=plans,
        )
        march = compute(now, D(2027, 3, 31)).lines.filter(pl.col("coverage_start") >= D(2027, 3, 1))
        assert march["amount_cents"].sum() == 37240, change


@pytest.mark.parametrize(
    ("proration", "start", "end", "days"),
    [
        ("fixed30", D(2027, 2, 28), D(2027, 3, 1), 3),  # February counts 30 days
        ("fixed30", D(2027, 5, 31), D(2027, 6, 1), 0),  # May counts 30 days
        ("fixed30", D(2028, 2, 28), D(2028, 3, 1), 3),
        ("fixed28", D(2027, 2, 27), D(2027, 3, 1), 2),
        ("fixed28", D(2027, 5, 30), D(2027, 6, 1), 0),  # not below none
    ],
)
def test_fixed_months_give_and_take_days_at_their_end(proration: str, start: dt.date, end: dt.date, days: int) -> None:
    price = {"amount_cents": 30_000 if proration == "fixed30" else 28_000}
    now = world(products={"proration": proration}, prices=price, subscriptions={"start_date": start})
    made = compute(now, end - dt.timedelta(days=1)).lines
    assert made["amount_cents"].sum() == days * 1_000


def test_worked_quarter() -> None:
    now = world(
        fees={"recurrence": "quarterly"},
        prices={"amount_cents": 110_400, "vendor_cents": 0},
        subscriptions={"start_date": D(2027, 2, 20), "end_date": D(2027, 9, 1), "bill_day": 15},
    )
    nights = []
    for day in (D(2027, 2, 20), D(2027, 5, 15), D(2027, 8, 15)):
        now, made = book(now, day)
        nights += shown(made)
    assert [(start, amount) for start, _, _, amount in nights] == [
        ("2027-02-20", 104_198),
        ("2027-05-15", 110_400),
        ("2027-08-15", 20_400),
    ]


@pytest.mark.parametrize(
    ("recurrence", "proration", "start", "end", "expected"),
    [
        # A week's day is a seventh under every policy that counts days.
        ("weekly", "actual", D(2027, 3, 1), D(2027, 3, 18), [37240, 37240, 15960]),
        ("weekly", "fixed30", D(2027, 3, 1), D(2027, 3, 18), [37240, 37240, 15960]),
        ("weekly", "fifteenth", D(2027, 3, 1), D(2027, 3, 18), [37240, 37240, 37240]),  # the third day is the half
        ("semimonthly", "actual", D(2027, 3, 5), D(2027, 3, 24), [27309, 18620]),  # 11 of 15 days, 8 of 16
        ("semimonthly", "fixed30", D(2027, 3, 5), D(2027, 3, 24), [27309, 19861]),  # 11 and 8 of 15 days
        ("yearly", "actual", D(2028, 1, 1), D(2028, 3, 1), [6105]),  # 60 of 366 days
        ("yearly", "fixed30", D(2028, 1, 1), D(2028, 3, 1), [6207]),  # two of twelve months
        ("quarterly", "fixed28", D(2027, 1, 1), D(2027, 2, 15), [18620]),  # 42 of 84 days
    ],
)
def test_worked_stubs_of_other_recurrences(
    recurrence: str, proration: str, start: dt.date, end: dt.date, expected: list[int]
) -> None:
    now = world(
        products={"proration": proration},
        fees={"recurrence": recurrence},
        subscriptions={"start_date": start, "end_date": end},
    )
    assert amounts(compute(now, end)) == expected


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
        (1, 2, 37241, 500_000_000, 18621),  # exactly half a cent goes up
        (1, 2, 1, 500_000_000, 1),
        (1, 3, 1, 333333333, 0),
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


def test_a_daily_rate_is_never_rounded_first() -> None:
    assert amounts(compute(world(), D(2027, 3, 10))) == [26428]  # and not 22 x 12.01


def test_a_hold_across_periods_takes_its_days_off_each() -> None:
    held = {"from_date": D(2027, 3, 20), "to_date": D(2027, 6, 11)}
    now = world(subscriptions={"start_date": D(2027, 3, 1)}, holds=held)
    assert shown(compute(now, D(2027, 6, 1))) == [
        ("2027-03-01", "retro_add", "learned after its coverage ended, less hold 2027-03-20..2027-06-11", 22825),
        ("2027-06-01", "charge", "due, less hold 2027-03-20..2027-06-11", 24827),
    ]
