"""Corrections: the reference's worked cases, the window, and the identities of difference posting."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from tests.support.billing import amounts, balance, book, changed, compute, rows, shown, world

D = dt.date
MEMBER = {"start_date": D(2027, 4, 1)}
AT_318 = {"amount_cents": 31800, "vendor_cents": 0, "commissionable_cents": 31800}


def booked(
    *, price: dict[str, int] = AT_318, nights: tuple[dt.date, ...] = (D(2027, 4, 1), D(2027, 5, 1), D(2027, 6, 1))
):
    now = world(subscriptions=MEMBER, prices=price)
    for day in nights:
        now, _ = book(now, day)
    return now


def test_retro_price() -> None:
    now = changed(
        booked(), prices=[AT_318, {"price_id": 2, "valid_from": D(2027, 4, 1), **AT_318, "amount_cents": 33150}]
    )
    _, made = book(now, D(2027, 6, 10))
    assert shown(made) == [(f"2027-0{m}-01", "reprice", "price 318.00 -> 331.50", 1350) for m in (4, 5, 6)]
    assert made.lines["revision"].to_list() == [1, 1, 1]
    assert made.lines["corrects"].to_list() == [1, 2, 3]


def test_a_price_row_edited_in_place_is_told_by_the_booked_amount() -> None:
    made = compute(changed(booked(), prices=AT_318 | {"amount_cents": 33150}), D(2027, 6, 10))
    assert {(kind, cause) for _, kind, cause, _ in shown(made)} == {("reprice", "price 318.00 -> 331.50")}


def test_retro_term_at_a_month_and_within_one() -> None:
    ended = changed(booked(), subscriptions=MEMBER | {"end_date": D(2027, 5, 1)})
    assert shown(compute(ended, D(2027, 6, 10))) == [
        ("2027-05-01", "retro_term", "ended 2027-05-01", -31800),
        ("2027-06-01", "retro_term", "ended 2027-05-01", -31800),
    ]
    within = changed(booked(), subscriptions=MEMBER | {"end_date": D(2027, 5, 12)})
    after, made = book(within, D(2027, 6, 10))
    assert [line[2:] for line in shown(made)] == [("ended 2027-05-12", -20516), ("ended 2027-05-12", -31800)]
    assert [b[3] for b in balance(after)] == [31800, 11284]


def test_retro_add() -> None:
    made = compute(world(subscriptions=MEMBER, prices=AT_318), D(2027, 5, 20))
    assert shown(made) == [
        ("2027-04-01", "retro_add", "learned after its coverage ended", 31800),
        ("2027-05-01", "charge", "due", 31800),
    ]


def test_a_hold_after_billing_is_credited_and_its_release_charged() -> None:
    now, _ = book(world(subscriptions=MEMBER), D(2027, 4, 1))
    held = {"from_date": D(2027, 4, 11), "to_date": D(2027, 4, 28)}
    now, made = book(changed(now, holds=held), D(2027, 4, 12))
    assert shown(made) == [("2027-04-01", "credit", "hold 2027-04-11..2027-04-28", -21103)]
    # A new price meanwhile keeps naming the hold, so that its end is still recognised.
    now, made = book(changed(now, prices=[{}, {"price_id": 2, "tier": "EMP", "amount_cents": 40000}]), D(2027, 4, 13))
    assert [line[1:3] for line in shown(made)] == [
        ("reprice", "price 372.40 -> 400.00; less hold 2027-04-11..2027-04-28")
    ]
    now, made = book(changed(now, holds=[]), D(2027, 4, 14))
    assert [line[1:3] for line in shown(made)] == [("retro_add", "hold lifted")]
    assert [b[3] for b in balance(now)] == [40000]


def test_a_later_start_credits_what_came_before() -> None:
    now = changed(booked(), subscriptions={"start_date": D(2027, 4, 20)})
    assert shown(compute(now, D(2027, 6, 10))) == [
        ("2027-04-01", "credit", "starts 2027-04-20", -31800),
        ("2027-04-20", "retro_add", "learned after its coverage ended", 11660),
    ]


def test_a_one_time_fee_stays_where_it_was_booked_when_the_start_moves() -> None:
    fees = {"kind": "enrollment", "recurrence": "one_time"}
    now, made = book(world(fees=fees, subscriptions=MEMBER), D(2027, 4, 1))
    assert amounts(made) == [37240]
    for start in (D(2027, 4, 20), D(2027, 3, 1), D(2026, 11, 1)):
        assert compute(changed(now, subscriptions={"start_date": start}), D(2027, 5, 1)).lines.is_empty()
    never = changed(now, subscriptions=MEMBER | {"end_date": D(2027, 4, 1)})
    assert shown(compute(never, D(2027, 5, 1))) == [("2027-04-01", "retro_term", "ended 2027-04-01", -37240)]


def test_an_earlier_night_after_a_later_one_takes_nothing_back() -> None:
    now, _ = book(world(subscriptions=MEMBER), D(2027, 6, 1))
    assert compute(now, D(2027, 5, 1)).lines.is_empty()


def test_the_lead_bills_before_coverage_and_the_due_date_is_its_start() -> None:
    now = world(companies={"bill_lead_days": 12}, subscriptions={"start_date": D(2027, 5, 1)})
    assert compute(now, D(2027, 4, 18)).lines.is_empty()
    made = compute(now, D(2027, 4, 19)).invoices.row(0, named=True)
    assert (made["bill_date"], made["due_date"]) == (D(2027, 4, 19), D(2027, 5, 1))
    late = compute(now, D(2027, 5, 9)).invoices.row(0, named=True)
    assert late["due_date"] == D(2027, 5, 9)


def test_coverage_before_the_go_live_was_billed_elsewhere() -> None:
    now = world(companies={"go_live": D(2027, 5, 1)}, subscriptions=MEMBER)
    assert [line[0] for line in shown(compute(now, D(2027, 6, 1)))] == ["2027-05-01", "2027-06-01"]


def test_what_reaches_beyond_the_window_goes_to_review() -> None:
    now = world(subscriptions={"start_date": D(2027, 1, 1)}, prices=AT_318)
    for month in range(1, 7):
        now, _ = book(now, D(2027, month, 1))
    ended = changed(now, subscriptions={"start_date": D(2027, 1, 1), "end_date": D(2027, 2, 1)})
    after, made = book(ended, D(2027, 6, 10))
    assert [line[0] for line in shown(made)] == ["2027-04-01", "2027-05-01", "2027-06-01"]
    assert made.quarantined.select("rule", "reason").rows() == [
        (
            "outside_retro_window",
            "2 charges for coverage from 2027-02-01 to before 2027-03-10 differ by -63600 cents in all: "
            "too old to be corrected without a person",
        )
    ]
    assert [b[3] for b in balance(after)] == [31800] * 3


def test_windows_by_product_and_direction() -> None:
    windows = {"retro_add_days": 45, "retro_term_days": 100}
    day = D(2027, 6, 10)  # adds from 26 April on, credits from 2 March on
    late = world(products=windows, subscriptions={"start_date": D(2027, 1, 1)}, prices=AT_318)
    made = compute(late, day)
    assert [line[0] for line in shown(made)] == ["2027-05-01", "2027-06-01"]
    assert made.quarantined.select("rule", "reason").rows() == [
        (
            "outside_retro_window",
            "4 charges for coverage from 2027-01-01 to before 2027-04-26 differ by 127200 cents in all: "
            "too old to be corrected without a person",
        )
    ]
    now = world(products=windows, subscriptions={"start_date": D(2027, 1, 1)}, prices=AT_318)
    for month in range(1, 7):
        now, _ = book(now, D(2027, month, 1))
    ended = changed(now, subscriptions={"start_date": D(2027, 1, 1), "end_date": D(2027, 2, 1)})
    made = compute(ended, day)
    assert [line[0] for line in shown(made)] == ["2027-04-01", "2027-05-01", "2027-06-01"]
    assert (
        "2 charges for coverage from 2027-02-01 to before 2027-03-02 differ by -63600" in made.quarantined["reason"][0]
    )
    dearer = changed(now, prices=AT_318 | {"amount_cents": 32000})
    assert [line[0] for line in shown(compute(dearer, day))] == ["2027-05-01", "2027-06-01"]


def test_a_year_paid_ahead_is_refunded_from_its_end_on() -> None:
    now = world(
        fees={"recurrence": "yearly"}, subscriptions={"start_date": D(2026, 9, 1)}, prices={"amount_cents": 36500}
    )
    now, _ = book(now, D(2026, 9, 1))
    ended = changed(now, subscriptions={"start_date": D(2026, 9, 1), "end_date": D(2027, 5, 1)})
    assert shown(compute(ended, D(2027, 6, 10))) == [
        ("2026-09-01", "retro_term", "ended 2027-05-01", -12300)
    ]  # 242 days stay
    # Its last month began before the window: by then a person decides.
    made = compute(ended, D(2027, 12, 10))
    assert made.lines.is_empty()


@pytest.mark.parametrize(
    ("price", "cause"),
    [
        ({"vendor_cents": 20_000}, "vendor part 268.40 -> 200.00"),
        ({"commissionable_cents": 30_000}, "commissionable part 372.40 -> 300.00"),
        (
            {"vendor_cents": 20_000, "commissionable_cents": 30_000},
            "vendor part 268.40 -> 200.00; commissionable part 372.40 -> 300.00",
        ),
    ],
)
def test_a_change_of_cost_alone_is_a_correction_of_nothing_owed(price: dict[str, int], cause: str) -> None:
    now, _ = book(world(subscriptions=MEMBER), D(2027, 4, 1))
    now, made = book(changed(now, prices=price), D(2027, 4, 10))
    assert shown(made) == [("2027-04-01", "reprice", cause, 0)]
    assert made.invoices["total_cents"].to_list() == [0]
    moved = made.lines.select("vendor_cents", "commissionable_cents").row(0)
    assert moved == (price.get("vendor_cents", 26840) - 26840, price.get("commissionable_cents", 37240) - 37240)
    assert compute(now, D(2027, 4, 11)).lines.is_empty()


def test_a_changed_tier_is_named() -> None:
    tiers = [{"price_id": 1, "tier": "EMP"}, {"price_id": 2, "tier": "ESP", "amount_cents": 70000}]
    now, _ = book(world(prices=tiers, subscriptions=MEMBER), D(2027, 4, 1))
    made = compute(changed(now, subscriptions=MEMBER | {"tier": "ESP"}), D(2027, 4, 10))
    assert shown(made) == [("2027-04-01", "reprice", "tier EMP -> ESP; price 372.40 -> 700.00", 32760)]


def test_a_moved_bill_day_does_not_charge_days_that_older_coverage_holds() -> None:
    now = world(subscriptions={"start_date": D(2027, 1, 15), "bill_day": 15}, prices=AT_318)
    for month in range(1, 7):
        now, _ = book(now, D(2027, month, 15))
    moved = changed(now, subscriptions={"start_date": D(2027, 1, 15), "bill_day": 1})
    _, made = book(moved, D(2027, 6, 20))
    # 15 March to 15 April is booked and too old; April from the 1st on would charge two weeks of it again.
    assert "2027-04-01" not in [line[0] for line in shown(made)]
    assert {"days_booked_before", "outside_retro_window"} <= set(made.quarantined["rule"])


def test_an_over_credited_line_parks_that_key_only() -> None:
    now, _ = book(world(subscriptions=MEMBER), D(2027, 4, 1))
    wrong = now.recorded.with_columns(amount_cents=pl.lit(-1, pl.Int64))
    made = compute(replace(now, recorded=wrong), D(2027, 5, 1))
    assert [line[0] for line in shown(made)] == ["2027-05-01"]
    assert made.quarantined["rule"].to_list() == ["over_credited"]


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({"product_id": 9}, "unknown_product"),
        ({"product_id": 2}, "no_fee"),
        ({"tier": "TWO"}, "unknown_tier"),
        ({"end_date": D(2027, 3, 1)}, "ends_before_start"),
        ({"bill_day": 0}, "unknown_bill_day"),
        ({"bill_day": 32}, "unknown_bill_day"),
        ({"method": "barter"}, "unknown_method"),
        ({"person_id": 1}, "overlapping_terms"),
    ],
)
def test_a_broken_subscription_is_named_and_untouched_and_others_are_billed(row: dict[str, object], rule: str) -> None:
    good = [{"subscription_id": 1, **MEMBER}, {"subscription_id": 2, "code": "S2", "person_id": 2, **MEMBER}]
    now, _ = book(world(products=[{}, {"product_id": 2}], subscriptions=good), D(2027, 4, 1))
    broken = changed(now, subscriptions=[good[0], good[1] | row])
    made = compute(broken, D(2027, 5, 1))
    assert made.lines["subscription_id"].to_list() == [1]
    assert made.quarantined.select("subject", "rule").rows() == [("subscription S2", rule)]
    assert all(made.quarantined["reason"].str.len_chars() > 20)


def test_one_invoice_per_payer_and_one_list_bill_for_the_company() -> None:
    members = [
        {"subscription_id": n, "code": f"S{n}", "person_id": person, "product_id": product, "method": method, **MEMBER}
        for n, person, product, method in (
            (1, 1, 1, "ach"),
            (2, 1, 2, "ach"),
            (3, 2, 1, "list_bill"),
            (4, 3, 1, "list_bill"),
        )
    ]
    now = world(
        products=[{}, {"product_id": 2}],
        fees=[{}, {"fee_id": 2, "product_id": 2}],
        prices=[{}, {"price_id": 2, "fee_id": 2, "amount_cents": 1000}],
        subscriptions=members,
    )
    made = compute(now, D(2027, 4, 1))
    assert made.invoices.select("person_id", "kind", "total_cents", "sequence").rows() == [
        (None, "list_bill", 74480, 1),
        (1, "individual", 38240, 1),
    ]
    again = compute(
        replace(now, sequences=rows("sequences", {"company_id": 1, "payer": 1, "sequence": 2})), D(2027, 4, 1)
    )
    assert again.invoices["sequence"].to_list() == [1, 3]


def test_an_empty_book_is_an_empty_bill() -> None:
    for now in (world(subscriptions=[]), world(companies=[], subscriptions=[], fees=[], prices=[], products=[])):
        made = compute(now, D(2027, 4, 1))
        assert (made.invoices.height, made.lines.height, made.quarantined.height) == (0, 0, 0)
