"""Why: each decision is what the night's own functions decided, with its rule, price row and dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.billing.explain import explained, specificity
from assets.billing.world import World
from tests.billing.test_any_order import OnFrames, frames
from tests.support.billing import book, changed, compute, world
from tests.support.scenario import NIGHTS, play, scenario

D = dt.date
DAY = D(2027, 4, 15)
WHO = ["company_id", "subscription_id"]


def why(now: World, day: dt.date = DAY, subscription: int = 1) -> pl.DataFrame:
    who = now.subscriptions.filter(pl.col("subscription_id") == subscription).select(WHO)
    return explained(
        now, day, who, lambda edge: now.recorded.join(edge, on=["company_id", "subscription_id"], how="semi")
    )


def state(now: World, day: dt.date = DAY) -> list[tuple[str, str, str]]:
    return why(now, day).filter(pl.col("fee_id").is_null()).select("outcome", "rule", "reason").rows()


def periods(now: World, day: dt.date = DAY) -> dict[str, tuple[str, str, str]]:
    found = why(now, day).filter(pl.col("fee_id").is_not_null())
    return {str(r[0]): r[1:] for r in found.select("coverage_start", "outcome", "rule", "reason").rows()}


MARCH = {"start_date": D(2027, 3, 10)}
STATES: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    ({}, ("covered", "active", "covered since 2027-03-10")),
    (
        {"products": {"billed": False}},
        ("not_billed", "billed_by_others", "product MED is billed by somebody else"),
    ),
    (
        {"subscriptions": MARCH | {"created_on": D(2027, 4, 16)}},
        ("not_billed", "not_entered", "it is entered on 2027-04-16 only"),
    ),
    ({"subscriptions": {"start_date": D(2027, 5, 1)}}, ("not_covered", "not_started", "coverage starts 2027-05-01")),
    ({"subscriptions": MARCH | {"end_date": DAY}}, ("not_covered", "ended", "coverage ended 2027-04-15")),
    ({"products": {"trial_days": 60}}, ("covered", "trial", "trial until 2027-05-09: recurring fees begin then")),
    (
        {"subscriptions": MARCH | {"recurring_from": D(2027, 5, 1)}},
        ("covered", "recurring_from", "recurring fees begin 2027-05-01"),
    ),
    (
        {"holds": {"from_date": D(2027, 4, 10), "to_date": D(2027, 4, 27)}},
        ("not_covered", "held", "hold 2027-04-10..2027-04-27"),
    ),
    (
        {"standings": {"event": "lapse", "effective_date": D(2027, 4, 1)}},
        ("not_covered", "lapsed", "it lapsed for non-payment: coverage ended 2027-04-01"),
    ),
]


@pytest.mark.parametrize(("given", "told"), STATES)
def test_where_a_subscription_stands(given: dict[str, Any], told: tuple[str, str, str]) -> None:
    assert state(world(**given)) == [told]


def test_a_quarantined_subscription_says_so_with_the_reason() -> None:
    told = state(world(subscriptions=MARCH | {"bill_day": 32}))
    assert ("quarantined", "unknown_bill_day", "bill day 32 is not a day of a month") in told


def test_periods_around_the_day_before_and_after_they_are_booked() -> None:
    now = world(subscriptions=MARCH)
    assert periods(now) == {
        "2027-03-10": ("tonight", "retro_add", "learned after its coverage ended"),
        "2027-04-01": ("tonight", "charge", "due"),
        "2027-05-01": ("not_due", "bill_date", "not due until 2027-05-01, when its coverage starts"),
        "2027-06-01": ("not_due", "bill_date", "not due until 2027-06-01, when its coverage starts"),
    }
    now, _ = book(now, DAY)
    assert periods(now)["2027-03-10"] == ("billed", "charge", "booked as it should be, prorated by actual")
    assert periods(now)["2027-04-01"] == ("billed", "charge", "booked as it should be")


def test_held_days_of_a_period_are_counted() -> None:
    now = world(
        subscriptions={"start_date": D(2027, 4, 1)}, holds={"from_date": D(2027, 4, 10), "to_date": D(2027, 4, 27)}
    )
    now, _ = book(now, D(2027, 4, 1))
    told = why(now).filter(pl.col("coverage_start") == D(2027, 4, 1))
    assert told["reason"].item() == "booked as it should be, held 17 of 30 days, prorated by actual"
    assert told["fraction"].item() == 433_333_333
    whole = changed(now, holds={"from_date": D(2027, 5, 1), "to_date": D(2027, 6, 1)})
    assert periods(whole, D(2027, 5, 3))["2027-05-01"] == ("free", "held", "held 31 of 31 days: nothing is charged")


def test_before_the_go_live_somebody_else_billed() -> None:
    now = world(companies={"go_live": D(2027, 4, 1)}, subscriptions={"start_date": D(2027, 1, 1)})
    reason = "coverage that starts before the go-live of 2027-04-01 was billed elsewhere"
    assert periods(now)["2027-03-01"] == ("elsewhere", "go_live", reason)


def test_no_price_and_a_change_outside_the_window_are_named() -> None:
    none = world(subscriptions={"start_date": D(2027, 4, 1)}, prices={"valid_from": D(2030, 1, 1)})
    assert periods(none)["2027-04-01"] == ("quarantined", "no_price", "fee 1 has no price for tier EMP on 2027-04-01")
    now = world(subscriptions={"start_date": D(2026, 9, 1)})
    for month in range(9, 13):
        now, _ = book(now, D(2026, month, 1))
    ended = changed(now, subscriptions={"start_date": D(2026, 9, 1), "end_date": D(2026, 9, 1)})
    assert {v[:2] for v in periods(ended, D(2026, 12, 20)).values()} == {
        ("tonight", "retro_term"),
        ("review", "outside_retro_window"),
    }


def test_the_price_row_that_decided_is_named_with_what_it_asks_for() -> None:
    prices = [{}, {"price_id": 2, "company_code": "HARBOR", "tier": "EMP", "step_from": 2, "valid_from": D(2027, 1, 1)}]
    now = world(subscriptions=MARCH, prices=prices)
    found = why(now).filter(pl.col("fee_id").is_not_null()).join(specificity(now.prices), on="price_id")
    assert found.sort("coverage_start").select("number", "price_id", "because").rows()[:2] == [
        (1, 1, "valid from 2020-01-01"),
        (2, 2, "company HARBOR, tier EMP, from paid period 2 on, valid from 2027-01-01"),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_decisions_are_the_nights_own(seed: int) -> None:
    """Over whole books: what is told for tonight is what the night books, and afterwards nothing is left to tell."""
    made = scenario(seed)
    player = OnFrames(made)
    play(player, made, [list(NIGHTS[:2]), [NIGHTS[2]]])
    now, day = changed(player.world, **frames(player.tables)), NIGHTS[3]
    who = now.subscriptions.select(WHO)

    def told(w: World) -> pl.DataFrame:
        return explained(
            w, day, who, lambda edge: w.recorded.join(edge, on=["company_id", "subscription_id"], how="semi")
        )

    bill = compute(now, day)
    assert not bill.lines.is_empty()
    assert told(now)["tonight_cents"].sum() == bill.lines["amount_cents"].sum()
    after = told(book(now, day)[0])
    assert after["tonight_cents"].drop_nulls().is_empty()
    billed = after.filter(pl.col("outcome") == "billed")
    assert (billed["amount_cents"] == billed["booked_cents"]).all()
