"""Plan changes: one enrolment goes on, and no period or trial is charged by both plans."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from tests.support.billing import changed, compute, shown, world

D = dt.date
START = D(2027, 1, 1)


def change_of_plan(on: dt.date, *, first: dict[str, Any], second: dict[str, Any], family: str = "MED") -> Any:
    """A person who goes from product 1 to product 2 on a day; each has a premium, a paid trial and a joining fee."""
    fees = [
        {"fee_id": 10 * p + n, "product_id": p, "fee_code": code, "kind": kind, "recurrence": recurrence}
        for p in (1, 2)
        for n, (code, kind, recurrence) in enumerate(
            (("PREMIUM", "premium", "monthly"), (f"TRIAL{p}", "trial", "one_time"), ("JOIN", "enrollment", "one_time"))
        )
    ]
    cents = {0: 31_000, 1: 900, 2: 2_500}
    return world(
        products=[{"family": family, **first}, {"product_id": 2, "family": family, **second}],
        fees=fees,
        prices=[
            {"price_id": f["fee_id"], "fee_id": f["fee_id"], "amount_cents": cents[f["fee_id"] % 10], "vendor_cents": 0}
            for f in fees
        ],
        subscriptions=[
            {"start_date": START, "end_date": on},
            {"subscription_id": 2, "code": "S2", "product_id": 2, "start_date": on},
        ],
    )


def test_a_plan_change_within_the_trial_keeps_its_start_and_charges_nothing_twice() -> None:
    now = change_of_plan(D(2027, 1, 11), first={"trial_days": 30}, second={"trial_days": 45})
    assert shown(compute(now, D(2027, 3, 1))) == [
        ("2027-01-01", "charge", "due", 900),  # the first plan's trial
        ("2027-01-01", "charge", "due", 2_500),  # its joining fee, for both
        ("2027-02-15", "retro_add", "learned after its coverage ended", 15_500),  # 45 days after the first start
        ("2027-03-01", "charge", "due", 31_000),
    ]


def test_a_plan_change_moves_a_trial_billed_at_its_end_to_the_new_plan() -> None:
    at_end = {"trial_days": 30, "trial_billed": "end"}
    now = change_of_plan(D(2027, 1, 11), first=at_end, second=at_end)
    assert [(r[0], r[3]) for r in shown(compute(now, D(2027, 1, 31)))] == [
        ("2027-01-01", 2_500),
        ("2027-01-31", 1_000),  # one of 31 days
        ("2027-01-31", 900),
    ]


def test_products_without_a_family_are_enrolments_of_their_own() -> None:
    now = change_of_plan(D(2027, 1, 11), first={"trial_days": 30}, second={"trial_days": 30}, family="")
    made = compute(now, D(2027, 1, 31)).lines
    assert made.filter(pl.col("coverage_end") == pl.col("coverage_start"))["amount_cents"].to_list() == [
        900,
        2_500,
        900,
        2_500,
    ]
    assert compute(now, D(2027, 2, 9)).lines.filter(pl.col("fee_id") == 20).is_empty()
    assert shown(compute(now, D(2027, 2, 10)))[-3][0] == "2027-02-10"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("whole", "whole", [31_000]),  # the old plan has charged the month
        ("whole", "actual", [31_000]),
        ("actual", "actual", [10_000, 21_000]),
        ("actual", "whole", [10_000, 21_000]),  # the old plan's days are not charged again
        ("fifteenth", "actual", [21_000]),  # ended by the 15th: nothing charged yet
        ("none", "whole", [31_000]),
    ],
)
def test_a_period_is_not_charged_twice_by_two_plans(first: str, second: str, expected: list[int]) -> None:
    now = change_of_plan(D(2027, 1, 11), first={"proration": first}, second={"proration": second})
    made = compute(now, D(2027, 1, 31)).lines
    premiums = made.filter(pl.col("fee_id").is_in([10, 20]))
    assert premiums["amount_cents"].to_list() == expected


def test_two_changes_within_a_period_that_the_first_plan_charged_whole() -> None:
    now = change_of_plan(D(2027, 1, 11), first={"proration": "whole"}, second={"proration": "whole"})
    third = {"subscription_id": 3, "code": "S3", "product_id": 1, "start_date": D(2027, 1, 21)}
    rows_ = [
        {"start_date": START, "end_date": D(2027, 1, 11)},
        {"subscription_id": 2, "code": "S2", "product_id": 2, "start_date": D(2027, 1, 11), "end_date": D(2027, 1, 21)},
        third,
    ]
    now = changed(now, subscriptions=rows_)
    made = compute(now, D(2027, 2, 1)).lines.filter(pl.col("fee_id").is_in([10, 20]))
    assert made.select("subscription_id", "coverage_start").rows() == [(1, START), (3, D(2027, 2, 1))]
