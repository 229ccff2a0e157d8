"""Status dates, trials, plan changes, one-time fees, lapses and paid period numbers, as worked cases."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from assets.billing.holds import lapses
from tests.support.billing import amounts, balance, book, changed, compute, rows, shown, world

D = dt.date
START = D(2027, 1, 1)
TRIAL = {"fee_id": 2, "fee_code": "TRIAL", "kind": "trial", "recurrence": "one_time"}
JOIN = {"fee_id": 3, "fee_code": "JOIN", "kind": "enrollment", "recurrence": "one_time"}


def fee_prices(*cents: int) -> list[dict[str, int]]:
    """A price for each of the fees 1, 2, 3 ..."""
    return [{"price_id": n, "fee_id": n, "amount_cents": c, "vendor_cents": 0} for n, c in enumerate(cents, 1)]


def starts(made) -> list[str]:
    return [line[0] for line in shown(made)]


# --- status dates -----------------------------------------------------------------------------------------------------


def test_nothing_is_billed_before_the_day_it_was_entered() -> None:
    now = world(subscriptions={"start_date": START, "created_on": D(2027, 2, 20)})
    assert compute(now, D(2027, 2, 19)).lines.is_empty()
    late = compute(now, D(2027, 2, 20))
    assert starts(late) == ["2027-01-01", "2027-02-01"]
    # A night made up for later does not take back what a night that knew it has booked.
    after, _ = book(now, D(2027, 2, 20))
    assert compute(after, D(2027, 2, 10)).lines.is_empty()


def test_recurring_fees_begin_when_stated_and_one_time_fees_with_the_start() -> None:
    now = world(
        fees=[{}, JOIN | {"fee_id": 2}],
        prices=fee_prices(31_000, 2_500),
        subscriptions={"start_date": START, "recurring_from": D(2027, 2, 15)},
    )
    assert shown(compute(now, D(2027, 3, 1))) == [
        ("2027-02-15", "retro_add", "learned after its coverage ended", 15_500),  # 14 of 28 days
        ("2027-03-01", "charge", "due", 31_000),
        ("2027-01-01", "charge", "due", 2_500),
    ]


def test_recurring_before_the_start_is_named() -> None:
    now = world(subscriptions={"start_date": START, "recurring_from": D(2026, 12, 1)})
    made = compute(now, START)
    assert made.lines.is_empty()
    assert made.quarantined["rule"].to_list() == ["recurring_before_start"]


def test_what_somebody_else_bills_is_no_line_and_no_fault() -> None:
    now = world(products={"billed": False}, fees=[], subscriptions={"tier": "odd"})
    made = compute(now, D(2027, 4, 1))
    assert made.lines.is_empty()
    assert made.quarantined.is_empty()


def test_inside_active_and_inactive_less_holds_and_lapses() -> None:
    now = world(
        subscriptions={"start_date": D(2027, 1, 1), "end_date": D(2027, 7, 16)},
        holds={"from_date": D(2027, 2, 1), "to_date": D(2027, 3, 1)},
        standings=[
            {"event": "lapse", "effective_date": D(2027, 4, 1)},
            {"event_no": 2, "event": "reinstatement", "effective_date": D(2027, 5, 1)},
        ],
    )
    booked = {}
    for month in range(1, 9):
        now, made = book(now, D(2027, month, 1))
        booked |= {line[0]: line[3] for line in shown(made)}
    assert booked == {
        "2027-01-01": 37240,
        "2027-03-01": 37240,
        "2027-05-01": 37240,
        "2027-06-01": 37240,
        "2027-07-01": 18019,  # 15 of 31 days
    }


def test_days_before_coverage_by_the_product_else_by_the_company() -> None:
    members = [
        {"subscription_id": n, "code": f"S{n}", "person_id": n, "product_id": n, "start_date": D(2027, 5, 1)}
        for n in (1, 2)
    ]
    now = world(
        companies={"bill_lead_days": 5},
        products=[{}, {"product_id": 2, "bill_ahead_days": 12}],
        fees=[{}, {"fee_id": 2, "product_id": 2}],
        prices=[{}, {"price_id": 2, "fee_id": 2}],
        subscriptions=members,
    )
    first = dict.fromkeys((1, 2))
    for day in range(15, 31):
        for line in compute(now, D(2027, 4, day)).lines.iter_rows(named=True):
            first[line["subscription_id"]] = first[line["subscription_id"]] or D(2027, 4, day)
    assert first == {1: D(2027, 4, 26), 2: D(2027, 4, 19)}


def test_whose_bill_day() -> None:
    fees = [
        {"fee_id": n, "fee_code": a, "alignment": a} for n, a in enumerate(("subscription", "customer", "company"), 1)
    ]
    now = world(
        companies={"company_bill_day": 20},
        fees=fees,
        prices=fee_prices(31_000, 31_000, 31_000),
        subscriptions=[
            {"start_date": START, "bill_day": 5},
            {"subscription_id": 2, "code": "S2", "person_id": 2, "start_date": START, "bill_day": 5},
        ],
        customers={"person_id": 1, "customer_bill_day": 12},
    )
    made = compute(now, D(2027, 1, 31)).lines.filter(pl.col("coverage_start") > START)
    found = {(r["subscription_id"], r["fee_id"]): r["coverage_start"].day for r in made.iter_rows(named=True)}
    # The second customer has no day of his own.
    assert found == {(1, 1): 5, (1, 2): 12, (1, 3): 20, (2, 1): 5, (2, 2): 20, (2, 3): 20}


def test_each_fee_has_its_own_recurrence() -> None:
    fees = [
        {"fee_id": 1},
        {"fee_id": 2, "fee_code": "CARD", "kind": "admin", "recurrence": "yearly"},
        {"fee_id": 3, "fee_code": "APP", "kind": "admin", "recurrence": "weekly"},
        JOIN | {"fee_id": 4},
    ]
    now = world(fees=fees, prices=fee_prices(10_000, 2_400, 100, 500), subscriptions={"start_date": START})
    made = compute(now, D(2027, 2, 28)).lines
    per_fee = made.group_by("fee_id").agg(pl.len(), pl.col("amount_cents").sum()).sort("fee_id").rows()
    assert per_fee == [(1, 2, 20_000), (2, 1, 2_400), (3, 9, 900), (4, 1, 500)]


# --- trials and plan changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("billed", "day"), [("start", D(2027, 1, 20)), ("end", D(2027, 3, 6))])
def test_a_paid_trial_is_charged_at_its_start_or_its_end_and_never_at_both(billed: str, day: dt.date) -> None:
    now = world(
        products={"trial_days": 45, "trial_billed": billed},
        fees=[{}, TRIAL],
        prices=fee_prices(5_460, 900),
        subscriptions={"start_date": D(2027, 1, 20)},
    )
    seen = {}
    for night in (D(2027, 1, 20), D(2027, 2, 1), D(2027, 3, 1), D(2027, 3, 5), D(2027, 3, 6), D(2027, 4, 1)):
        now, made = book(now, night)
        seen[night] = [(line[0], line[3]) for line in shown(made)]
    trial = [(str(day), 900)]
    # 45 days across two month ends; the bill days in between bill nothing; then 26 of 31 days.
    assert seen == {
        D(2027, 1, 20): trial if billed == "start" else [],
        D(2027, 2, 1): [],
        D(2027, 3, 1): [],
        D(2027, 3, 5): [],
        D(2027, 3, 6): [("2027-03-06", 4_579)] + (trial if billed == "end" else []),
        D(2027, 4, 1): [("2027-04-01", 5_460)],
    }


def test_who_leaves_within_the_trial_does_not_pay_its_end() -> None:
    now = world(
        products={"trial_days": 30, "trial_billed": "end"},
        fees=[{}, TRIAL],
        prices=fee_prices(5_460, 900),
        subscriptions={"start_date": START, "end_date": D(2027, 1, 20)},
    )
    assert compute(now, D(2027, 3, 1)).lines.is_empty()


# --- lapses, reinstatement, paid periods ------------------------------------------------------------------------------

LAPSE = {"event": "lapse", "effective_date": D(2027, 3, 1)}


def back(day: dt.date, event_no: int = 2) -> dict[str, Any]:
    return {"event_no": event_no, "event": "reinstatement", "effective_date": day}


def lapsed_member(**product: Any) -> Any:
    """212.40 a month from January, booked to April."""
    now = world(
        products=product,
        fees=[{}, JOIN | {"fee_id": 2}],
        prices=fee_prices(21_240, 500),
        subscriptions={"start_date": START},
    )
    for month in range(1, 5):
        now, _ = book(now, D(2027, month, 1))
    return now


def test_a_lapse_reverses_what_was_booked_since() -> None:
    now = changed(lapsed_member(), standings=LAPSE)
    now, made = book(now, D(2027, 4, 2))
    assert shown(made) == [
        ("2027-03-01", "retro_term", "lapsed 2027-03-01", -21_240),
        ("2027-04-01", "retro_term", "lapsed 2027-03-01", -21_240),
    ]
    assert compute(now, D(2027, 5, 1)).lines.is_empty()


def test_a_reinstatement_without_a_gap_charges_the_months_again() -> None:
    now, _ = book(changed(lapsed_member(), standings=LAPSE), D(2027, 4, 2))
    now, made = book(changed(now, standings=[LAPSE, back(D(2027, 3, 1))]), D(2027, 4, 20))
    assert shown(made) == [
        ("2027-03-01", "retro_add", "reinstated", 21_240),
        ("2027-04-01", "retro_add", "reinstated", 21_240),
    ]
    assert made.lines["revision"].to_list() == [2, 2]
    assert starts(compute(now, D(2027, 5, 1))) == ["2027-05-01"]


def test_a_reinstatement_with_a_gap_leaves_the_days_between_unbilled() -> None:
    now, _ = book(changed(lapsed_member(), standings=LAPSE), D(2027, 4, 2))
    _, made = book(changed(now, standings=[LAPSE, back(D(2027, 4, 16))]), D(2027, 4, 20))
    assert shown(made) == [
        ("2027-04-01", "retro_add", "reinstated; lapse 2027-03-01..2027-04-16", 10_620),  # 15 of 30 days
    ]


@pytest.mark.parametrize("again", [False, True])
def test_a_one_time_fee_comes_again_on_reinstatement_where_the_product_says_so(again: bool) -> None:
    now, _ = book(changed(lapsed_member(enrollment_again=again), standings=LAPSE), D(2027, 4, 2))
    now = changed(now, standings=[LAPSE, back(D(2027, 4, 16))])
    now, made = book(now, D(2027, 4, 20))
    fees = made.lines.filter(pl.col("fee_id") == 2)
    assert fees.select("coverage_start", "amount_cents").rows() == ([(D(2027, 4, 16), 500)] if again else [])
    for day in (D(2027, 4, 21), D(2027, 5, 1), D(2027, 9, 1)):
        now, made = book(now, day)
        assert made.lines.filter(pl.col("fee_id") == 2).is_empty()
    assert sum(row[3] for row in balance(now) if row[1] == 2) == (1_000 if again else 500)


def test_lapse_events_fold_into_days() -> None:
    found = lapses(
        rows(
            "standings",
            {"event_no": 1, "event": "lapse", "effective_date": D(2027, 3, 1)},
            {"event_no": 2, "event": "reinstatement", "effective_date": D(2027, 3, 1)},  # no gap
            {"event_no": 3, "event": "lapse", "effective_date": D(2027, 6, 1)},
            {"event_no": 4, "event": "reinstatement", "effective_date": D(2027, 7, 10)},
            {"event_no": 5, "event": "lapse", "effective_date": D(2027, 9, 1)},
            {"subscription_id": 2, "event_no": 1, "event": "reinstatement", "effective_date": D(2027, 9, 1)},
        )
    )
    assert found.select("from_date", "to_date").rows() == [(D(2027, 6, 1), D(2027, 7, 10)), (D(2027, 9, 1), None)]


STEPS = [
    {"price_id": n, "step_from": s, "amount_cents": a, "vendor_cents": 0}
    for n, (s, a) in enumerate([(1, 8900), (4, 7450), (13, 6125)], 1)
]


def test_an_unpaid_month_that_lapsed_is_no_step() -> None:
    now = world(prices=STEPS, subscriptions={"start_date": START})
    for month in range(1, 4):
        now, _ = book(now, D(2027, month, 1))
    # February came back unpaid: lapsed, and taken up again in March, which now is the second paid month.
    lapse = {"event": "lapse", "effective_date": D(2027, 2, 1)}
    now = changed(now, standings=[lapse, back(D(2027, 3, 1))])
    now, made = book(now, D(2027, 3, 5))
    assert amounts(made) == [-8900]
    later = []
    for month in range(4, 7):
        now, made = book(now, D(2027, month, 1))
        later += amounts(made)
    # January, March and April at 89.00; May is the fourth.
    assert later == [8900, 7450, 7450]


def test_five_paid_months_of_a_step_down() -> None:
    now = world(prices=STEPS, subscriptions={"start_date": START})
    for month in range(1, 6):
        now, _ = book(now, D(2027, month, 1))
    assert sum(row[3] for row in balance(now)) == 41_600


@pytest.mark.parametrize(("counts", "expected"), [(True, [8900, 8900, 7450]), (False, [8900, 8900, 8900])])
def test_a_stub_counts_as_a_step_unless_the_product_says_otherwise(counts: bool, expected: list[int]) -> None:
    now = world(products={"stub_counts": counts}, prices=STEPS, subscriptions={"start_date": D(2027, 1, 20)})
    booked = []
    for month in range(1, 5):
        now, made = book(now, D(2027, month, 20))
        booked += amounts(made)
    assert booked[1:] == expected


# --- dates only -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("midnight", [dt.datetime(2027, 3, 14), dt.datetime(2027, 11, 7), dt.datetime(2027, 7, 1)])  # noqa: DTZ001
def test_the_local_business_date_decides_and_clock_changes_do_not(midnight: dt.datetime) -> None:
    """Days of 23, 25 and 24 hours in New York: every instant of a local day bills what that day bills."""
    zone = ZoneInfo("America/New_York")
    day = midnight.date()
    now = world(subscriptions={"start_date": day, "bill_day": day.day})
    begins = midnight.replace(tzinfo=zone).astimezone(dt.UTC)
    instants = [begins + dt.timedelta(minutes=30 * n) for n in range(-6, 60)]
    billed = {
        local: not compute(now, local).lines.is_empty()
        for local in {instant.astimezone(zone).date() for instant in instants}
    }
    assert billed == {d: d >= day for d in billed}
    for instant in instants:
        # In UTC it is already that day for hours before anything may be billed.
        assert billed[instant.astimezone(zone).date()] == (instant >= begins)
    after, _ = book(now, day)
    assert compute(after, day).lines.is_empty()
