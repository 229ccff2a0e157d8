"""Who pays which part: largest remainder, fixed amounts, changed shares as corrections; parts sum to the whole."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.billing.proration import HIGHEST_PRICE, ONE
from assets.billing.shares import COMPANY, MEMBER, OWN, WHOLE, apportioned, divided
from assets.billing.world import CHARGE, KEY, MONEY
from tests.support.billing import balance, book, changed, compute, shown, world

D = dt.date
APRIL = {"start_date": D(2027, 4, 1)}
PERSON = 7


def percent(value: float) -> int:
    return round(value * 10_000)


def split(total: int, weights: list[int]) -> list[int]:
    frame = pl.DataFrame({"of": [1] * len(weights), "total": [total] * len(weights), "weight": weights})
    return apportioned(frame, pl.col("total"), pl.col("weight"), "of").to_list()


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (14827, [45, 35, 20], [6672, 5190, 2965]),
        (10001, [1, 1, 1], [3334, 3334, 3333]),
        (51735, [625, 250, 125], [32334, 12934, 6467]),
        (-6103, [45, 35, 20], [-2746, -2136, -1221]),
        (173172, [1] * 26, [6661] * 12 + [6660] * 14),
        (5, [0, 0], [0, 0]),
        (0, [1, 2], [0, 0]),
        (9_000_000_000, [8_999_999_999, 1], [8_999_999_999, 1]),
    ],
)
def test_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert split(total, weights) == parts


@given(st.integers(-9_000_000_000, 9_000_000_000), st.lists(st.integers(0, 9_000_000_000), min_size=1, max_size=9))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_portions_sum_to_the_whole_and_are_within_a_cent_of_their_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    if any(weights):
        assert sum(parts) == total
        assert all(abs(p * sum(weights) - total * w) < sum(weights) for p, w in zip(parts, weights, strict=True))
    assert split(-total, weights) == [-p for p in parts]


def shares(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"part": n} | row for n, row in enumerate(rows, 1)]


def parts(now: Any, day: dt.date = APRIL["start_date"]) -> list[tuple[int, int, int, int]]:
    made = compute(now, day).lines.sort("fee_id", "part", "debtor")
    return made.select("fee_id", "part", "debtor", "amount_cents").rows()


def test_percents_with_the_vendors_and_the_commissionable_part() -> None:
    now = world(
        subscriptions=APRIL,
        prices={"amount_cents": 14827, "vendor_cents": 10001, "commissionable_cents": 14827},
        shares=shares(
            {"debtor": COMPANY, "rate": percent(45)},
            {"debtor": MEMBER, "rate": percent(35)},
            {"debtor": PERSON, "rate": percent(20)},
        ),
    )
    lines = compute(now, D(2027, 4, 1)).lines.sort("part")
    assert lines.select("part", "debtor", "amount_cents").rows() == [(1, -1, 6672), (2, -2, 5190), (3, 7, 2965)]
    assert lines["vendor_cents"].sum() == 10001
    assert lines["commissionable_cents"].to_list() == [6672, 5190, 2965]


def test_what_nobody_else_pays_is_the_own_payers() -> None:
    now = world(subscriptions=APRIL, shares=shares({"debtor": COMPANY, "rate": percent(62.5)}))
    assert parts(now) == [(1, 1, COMPANY, 23275), (1, 1, OWN, 13965)]


@pytest.mark.parametrize(
    ("price", "amounts"),
    [
        (37240, [30000, 4344, 2896]),  # 300.00, then 60 and 40 percent of 72.40
        (30000, [30000, 0, 0]),
        (20000, [20000, 0, 0]),
    ],
)
def test_fixed_amounts_come_first_and_never_take_more_than_there_is(price: int, amounts: list[int]) -> None:
    now = world(
        subscriptions=APRIL,
        prices={"amount_cents": price, "vendor_cents": 0, "commissionable_cents": 0},
        shares=shares(
            {"debtor": COMPANY, "amount_cents": 30000},
            {"debtor": MEMBER, "rate": percent(60)},
            {"debtor": PERSON, "rate": percent(40)},
        ),
    )
    assert [p[3] for p in parts(now)] == [a for a in amounts if a]


def test_a_fixed_amount_is_of_a_whole_period() -> None:
    now = world(shares=shares({"debtor": COMPANY, "amount_cents": 30000}))
    # 22 of 31 days: 212.90 of 264.28.
    assert parts(now, D(2027, 3, 10)) == [(1, 1, COMPANY, 21290), (1, 1, OWN, 5138)]


def test_a_share_of_one_fee_speaks_for_that_fee_alone() -> None:
    now = world(
        subscriptions=APRIL,
        fees=[
            {},
            {"fee_id": 2, "fee_code": "ADMIN", "kind": "admin"},
            {"fee_id": 3, "fee_code": "CARE", "kind": "admin"},
        ],
        prices=[
            {"amount_cents": 10000, "vendor_cents": 0, "commissionable_cents": 0},
            {"price_id": 2, "fee_id": 2, "amount_cents": 1000, "vendor_cents": 0, "commissionable_cents": 0},
            {"price_id": 3, "fee_id": 3, "amount_cents": 500, "vendor_cents": 0, "commissionable_cents": 0},
        ],
        shares=shares(
            {"debtor": COMPANY, "rate": percent(50)},
            {"debtor": PERSON, "amount_cents": 2000},  # of the premium
            {"debtor": COMPANY, "rate": percent(100), "fee_id": 2},
        ),
    )
    assert parts(now) == [
        (1, 1, COMPANY, 4000),
        (1, 1, OWN, 4000),
        (1, 2, PERSON, 2000),
        (2, 3, COMPANY, 1000),
        (3, 1, COMPANY, 250),
        (3, 1, OWN, 250),
    ]


def test_the_parts_of_every_kind_of_fee_sum_to_the_undivided_whole() -> None:
    terms: dict[str, Any] = {
        "subscriptions": {"start_date": D(2027, 4, 11)},
        "fees": [{}, {"fee_id": 2, "kind": "tax"}, {"fee_id": 3, "kind": "enrollment", "recurrence": "one_time"}],
        "prices": [
            {"amount_cents": 14827, "vendor_cents": 10001, "commissionable_cents": 7777},
            {
                "price_id": 2,
                "fee_id": 2,
                "amount_cents": 0,
                "vendor_cents": 0,
                "commissionable_cents": 0,
                "rate": 24_750,
            },
            {"price_id": 3, "fee_id": 3, "amount_cents": 4999, "vendor_cents": 4999},
        ],
    }
    rows_ = shares({"debtor": COMPANY, "amount_cents": 3333}, {"debtor": MEMBER, "rate": percent(33.3333)})
    whole = compute(world(**terms), D(2027, 5, 1)).lines
    made = compute(world(**terms, shares=rows_), D(2027, 5, 1)).lines
    key = ["fee_id", "coverage_start"]
    sums = made.group_by(key).agg(pl.col(MONEY).sum()).sort(key)
    assert sums.equals(whole.select(*key, *MONEY).sort(key))
    assert (made.height, whole.height) == (12, 5)


@st.composite
def charge_and_shares(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    price = draw(st.integers(0, HIGHEST_PRICE))
    vendor = draw(st.integers(0, price))
    left, rows_ = WHOLE, []
    for part in range(1, draw(st.integers(1, 9)) + 1):
        row: dict[str, Any] = {"part": part, "debtor": draw(st.sampled_from([COMPANY, MEMBER, PERSON, 8]))}
        if left and draw(st.booleans()):
            row["rate"] = draw(st.integers(1, left))
            left -= row["rate"]
        else:
            row["amount_cents"] = draw(st.integers(1, price + 1))
        rows_.append(row)
    return {
        "amount_cents": price,
        "vendor_cents": vendor,
        "commissionable_cents": draw(st.integers(0, price)),
        "fraction": draw(st.integers(1, ONE)),
    }, rows_


@given(st.lists(charge_and_shares(), min_size=1, max_size=20))
@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
def test_whatever_the_shares_the_parts_sum_to_the_whole(
    cases: list[tuple[dict[str, Any], list[dict[str, Any]]]],
) -> None:
    charges = pl.DataFrame([c | {"subscription_id": n} for n, (c, _) in enumerate(cases)]).with_columns(
        pl.col("subscription_id").cast(pl.Int32),
        company_id=pl.lit(1, pl.Int32),
        fee_id=pl.lit(1, pl.Int32),
        coverage_start=D(2027, 4, 1),
        whole=pl.lit(value=True),
        rate=pl.lit(None, pl.Int64),
    )
    now = world(shares=[row | {"subscription_id": n} for n, (_, given_) in enumerate(cases) for row in given_])
    made = divided(charges, now)
    assert made.group_by(CHARGE).agg(pl.col(MONEY).sum()).sort(CHARGE).equals(charges.select(*CHARGE, *MONEY))
    assert (made.select(MONEY).min_horizontal() >= 0).all()
    assert (made.select(MONEY[1:]).max_horizontal() <= made["amount_cents"]).all()
    assert made.select(KEY).is_duplicated().sum() == 0


HALVES = shares({"debtor": COMPANY, "rate": percent(50)}, {"debtor": MEMBER, "rate": percent(50)})


def booked(**frames: Any) -> Any:
    now = world(subscriptions=APRIL, **frames)
    for day in (D(2027, 4, 1), D(2027, 5, 1), D(2027, 6, 1)):
        now, _ = book(now, day)
    return now


def test_a_changed_share_moves_money_between_the_payers_and_credits_whoever_was_billed() -> None:
    newer = [
        s | {"valid_from": D(2027, 5, 1)}
        for s in shares({"debtor": COMPANY, "rate": percent(70)}, {"debtor": MEMBER, "rate": percent(30)})
    ]
    now, made = book(changed(booked(shares=HALVES), shares=HALVES + newer), D(2027, 6, 2))
    told = made.lines.select("coverage_start", "debtor", "amount_cents", "kind", "cause", "revision")
    assert told.sort("coverage_start", "amount_cents", descending=[False, True]).rows() == [
        (start, debtor, cents, "reprice", "shares of the payers changed", 1)
        for start in (D(2027, 5, 1), D(2027, 6, 1))
        for debtor, cents in ((COMPANY, 7448), (MEMBER, -7448))
    ]
    assert compute(now, D(2027, 6, 2)).lines.is_empty()
    # Each gets his own invoice: the company is billed, the member credited.
    assert made.invoices.select("person_id", "total_cents").rows() == [(None, 14896), (1, -14896)]


@pytest.mark.parametrize(
    "edited",
    [
        shares({"debtor": PERSON, "rate": percent(50)}, {"debtor": MEMBER, "rate": percent(50)}),
        shares({"debtor": MEMBER, "rate": percent(50)}, {"debtor": COMPANY, "rate": percent(50)}),
        shares({"debtor": PERSON, "rate": percent(100)}),
        shares({"debtor": COMPANY, "amount_cents": 1}),
        [],
    ],
)
def test_whatever_becomes_of_the_shares_nobody_pays_twice_and_back_is_zero(edited: list[dict[str, Any]]) -> None:
    first = booked(shares=HALVES)
    per_month = {b[2]: b[3] for b in balance(first)}
    now, made = book(changed(first, shares=edited), D(2027, 6, 2))
    assert {b[2]: b[3] for b in balance(now)} == per_month
    assert made.lines["amount_cents"].sum() == 0
    assert set(made.lines["cause"]) == {"shares of the payers changed"}
    assert made.lines["coverage_start"].n_unique() == 3

    # What every payer owes now is what he would owe had it always been so.
    def owed(of: Any) -> list[tuple[Any, ...]]:
        sums = of.recorded.group_by("coverage_start", "part", "debtor").agg(pl.col("amount_cents").sum())
        return sums.filter(pl.col("amount_cents") != 0).sort(pl.all()).rows()

    assert owed(now) == owed(booked(shares=edited))
    back, _ = book(changed(now, shares=HALVES), D(2027, 6, 3))
    assert owed(back) == owed(first)
    assert compute(back, D(2027, 6, 4)).lines.is_empty()


def test_an_undivided_charge_is_credited_to_its_payer_when_it_is_divided_later() -> None:
    _, made = book(changed(booked(), shares=[HALVES[0] | {"valid_from": D(2027, 6, 1)}]), D(2027, 6, 2))
    assert made.lines.select("debtor", "part", "amount_cents", "revision", "cause").rows() == [
        (COMPANY, 1, 18620, 0, "shares of the payers changed"),
        (OWN, 1, -18620, 1, "shares of the payers changed"),
    ]
    assert made.invoices.select("person_id", "total_cents").rows() == [(None, 18620), (1, -18620)]


def test_a_retro_termination_credits_every_part() -> None:
    ended = changed(booked(shares=HALVES), subscriptions=APRIL | {"end_date": D(2027, 6, 1)})
    now, made = book(ended, D(2027, 6, 10))
    assert shown(made) == [("2027-06-01", "retro_term", "ended 2027-06-01", -18620)] * 2
    assert [b[2] for b in balance(now)] == [D(2027, 4, 1), D(2027, 5, 1)]


def test_parts_of_a_charge_that_lost_its_price_stay_untouched() -> None:
    lost = changed(booked(shares=HALVES), prices=[], shares=[])
    made = compute(lost, D(2027, 6, 2))
    assert made.lines.is_empty()
    assert set(made.quarantined["rule"]) == {"no_price"}


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (
            shares({"debtor": COMPANY, "rate": percent(60)}, {"debtor": MEMBER, "rate": percent(40.0001)}),
            "shares_over_100",
        ),
        (shares({"debtor": 99, "rate": percent(10), "known": False}), "unknown_payer"),
        (shares({"debtor": COMPANY, "rate": percent(10), "fee_id": 5}), "unknown_fee"),
    ],
)
def test_shares_that_cannot_be_are_named_and_the_others_billed(rows: list[dict[str, Any]], rule: str) -> None:
    two = [APRIL, APRIL | {"subscription_id": 2, "code": "S2", "person_id": 2}]
    made = compute(world(subscriptions=two, shares=rows), D(2027, 4, 1))
    assert made.quarantined.select("subject", "rule").rows() == [("subscription S1", rule)]
    assert made.lines.select("subscription_id", "amount_cents").rows() == [(2, 37240)]
