"""The same calendar run forward: the forecast is what the nights then bill. Unbilled periods: those nobody booked."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from assets.billing import forecast as module
from assets.billing.forecast import forecast, unbilled
from assets.billing.world import World
from tests.billing.test_any_order import OnFrames
from tests.support.billing import book, changed, world
from tests.support.scenario import NIGHTS, play, scenario

D = dt.date


def missing(now: World, day: dt.date) -> pl.DataFrame:
    return unbilled(now, day, lambda who: now.recorded.join(who, on=["company_id", "subscription_id"], how="semi"))


def test_a_plain_year_in_months() -> None:
    now, _ = book(world(subscriptions={"start_date": D(2027, 3, 10), "bill_day": 15}), D(2027, 3, 20))
    found = forecast(now, D(2027, 3, 20))
    assert found["month"].to_list() == [D(2027 + m // 12, m % 12 + 1, 1) for m in range(3, 15)]
    assert found["amount_cents"].to_list() == [37240] * 12


def test_an_end_a_hold_and_a_new_price_are_in_it() -> None:
    now = world(
        subscriptions={"start_date": D(2027, 3, 1), "end_date": D(2027, 7, 1)},
        holds={"from_date": D(2027, 5, 1), "to_date": D(2027, 5, 16)},
        prices=[{}, {"price_id": 2, "valid_from": D(2027, 6, 1), "amount_cents": 40000}],
    )
    now, _ = book(now, D(2027, 3, 1))
    found = forecast(now, D(2027, 3, 1))
    assert found.select("month", "amount_cents").rows() == [
        (D(2027, 4, 1), 37240),
        (D(2027, 5, 1), 19221),
        (D(2027, 6, 1), 40000),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_it_is_what_the_nights_then_bill(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = scenario(seed)
    player = OnFrames(made)
    play(player, made, [list(NIGHTS[:2]), list(NIGHTS[2:4]), list(NIGHTS[4:])])
    now = player.world
    told = forecast(now, NIGHTS[-1], months=4)
    # Also in parts of the book, as a large one is computed.
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    assert forecast(now, NIGHTS[-1], months=4).equals(told)
    billed: dict[tuple[int, dt.date], int] = {}
    product = dict(now.subscriptions.select("subscription_id", "product_id").iter_rows())
    # What falls due in a month is billed by its last night at the latest.
    for day in (D(2027, *m) for m in ((7, 11), (7, 31), (8, 9), (8, 31), (9, 30), (10, 1), (10, 31))):
        now, tonight = book(now, day)
        for subscription, cents in tonight.lines.select("subscription_id", "amount_cents").iter_rows():
            key = (product[subscription], day.replace(day=1))
            billed[key] = billed.get(key, 0) + cents
    assert {(p, m): c for p, m, c in told.select("product_id", "month", "amount_cents").iter_rows()} == billed


def test_after_a_night_nothing_is_unbilled_and_a_lost_line_is_found() -> None:
    now, day = world(subscriptions={"start_date": D(2027, 3, 10)}), D(2027, 4, 15)
    assert missing(now, day)["coverage_start"].to_list() == [D(2027, 3, 10), D(2027, 4, 1)]
    booked, _ = book(now, day)
    assert missing(booked, day).is_empty()
    lost = changed(booked)
    lost = World(**{**lost.__dict__, "recorded": booked.recorded.filter(pl.col("coverage_start") != D(2027, 4, 1))})
    assert missing(lost, day).select("code", "coverage_start", "amount_cents").rows() == [("S1", D(2027, 4, 1), 37240)]


def test_what_waits_for_a_person_is_not_called_unbilled() -> None:
    assert missing(world(prices={"valid_from": D(2030, 1, 1)}), D(2027, 4, 15)).is_empty()
    broken = world(subscriptions={"start_date": D(2027, 3, 10), "bill_day": 32})
    assert missing(broken, D(2027, 4, 15)).is_empty()
