"""Identities of difference posting, each tried on books of many odd subscriptions at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.billing.calendar import CYCLES
from assets.billing.world import World
from tests.support.billing import balance, book, changed, compute, world

D = dt.date
POLICIES = ["actual", "fixed30", "fixed28", "whole", "fifteenth", "none"]
ALIGNED = [(r, a) for r in CYCLES for a in ("subscription", "customer", "company")]
# Every recurrence and alignment, each beside a monthly fee and one that comes once, under changing policies and trials.
PRODUCTS = [
    {"product_id": 1 + n, "proration": POLICIES[n % 6], "trial_days": (0, 21, 45)[n // 2 % 3]}
    for n in range(len(ALIGNED))
]
FEES: list[dict[str, Any]] = [
    {
        "fee_id": 10 * p["product_id"] + n,
        "product_id": p["product_id"],
        "fee_code": f"F{n}",
        "kind": kind,
        "recurrence": recurrence,
        "alignment": alignment,
    }
    for p in PRODUCTS
    for n, (kind, recurrence, alignment) in enumerate(
        (
            ("premium", "monthly", "subscription"),
            ("enrollment", "one_time", "subscription"),
            ("admin", *ALIGNED[p["product_id"] - 1]),
        )
    )
]
# A step down in the third paid period.
PRICES = [{"price_id": 100 + f["fee_id"], "fee_id": f["fee_id"]} for f in FEES] + [
    {"price_id": 500 + f["fee_id"], "fee_id": f["fee_id"], "step_from": 3, "amount_cents": 30001}
    for f in FEES
    if f["recurrence"] == "monthly"
]
# A go-live inside the window of every night below: what the last night can correct is all there is.
RECENT = {"go_live": D(2027, 4, 1), "bill_lead_days": 5, "company_bill_day": 10}

TERM = st.tuples(
    st.sampled_from([p["product_id"] for p in PRODUCTS]),
    st.dates(D(2026, 11, 1), D(2027, 6, 1)),
    st.none() | st.integers(0, 200),
    st.integers(1, 31),
    st.lists(st.tuples(st.dates(D(2027, 1, 1), D(2027, 6, 1)), st.integers(1, 60)), max_size=2),
)
LAST = D(2027, 6, 3)
# A failing book is small enough to read as it is; making it smaller takes minutes.
QUICK: dict[str, Any] = {"derandomize": True, "deadline": None, "phases": [Phase.explicit, Phase.generate]}
BOOK = st.lists(TERM, min_size=20, max_size=30)


def terms(drawn: list[Any]) -> dict[str, list[dict[str, Any]]]:
    """The subscriptions and holds of a drawn book, one person each."""
    subscriptions = [
        {
            "subscription_id": n,
            "code": f"S{n}",
            "person_id": n,
            "product_id": product,
            "start_date": start,
            "end_date": None if length is None else start + dt.timedelta(days=length),
            "bill_day": bill_day,
        }
        for n, (product, start, length, bill_day, _) in enumerate(drawn, 1)
    ]
    holds = [
        {"subscription_id": n, "from_date": day, "to_date": day + dt.timedelta(days=span)}
        for n, row in enumerate(drawn, 1)
        for day, span in row[4]
    ]
    return {"subscriptions": subscriptions, "holds": holds}


def large(drawn: list[Any]) -> World:
    customers = [{"person_id": n, "customer_bill_day": 1 + n % 31} for n in range(1, len(drawn), 2)]
    return world(companies=RECENT, products=PRODUCTS, fees=FEES, prices=PRICES, customers=customers, **terms(drawn))


@settings(max_examples=15, **QUICK)
@given(BOOK, st.dates(D(2027, 3, 1), D(2027, 6, 30)))
def test_the_delta_of_a_booked_night_is_empty(drawn: list[Any], day: dt.date) -> None:
    after, made = book(large(drawn), day)
    assert compute(after, day).lines.is_empty()
    totals = made.lines.group_by("invoice").agg(pl.col("amount_cents").sum()).sort("invoice")
    assert totals["amount_cents"].to_list() == made.invoices["total_cents"].to_list()
    assert (made.lines["amount_cents"] > 0).all()


@settings(max_examples=8, **QUICK)
@given(BOOK, st.permutations([D(2027, 4, 3), D(2027, 5, 20), D(2027, 6, 30)]))
def test_any_order_of_nights_and_any_reruns_book_the_same(drawn: list[Any], order: list[dt.date]) -> None:
    start = large(drawn)
    now = start
    for day in [*order, *order[:2]]:
        now, _ = book(now, day)
    straight = start
    for day in sorted(order):
        straight, _ = book(straight, day)
    assert balance(now)
    assert balance(now) == balance(straight) == balance(book(start, max(order))[0])


@settings(max_examples=10, **QUICK)
@given(BOOK, st.data())
def test_there_and_back_nets_to_zero_and_never_below_it(drawn: list[Any], data: st.DataObject) -> None:
    now, _ = book(large(drawn), LAST)
    before = balance(now)
    elsewhere = data.draw(st.lists(TERM, min_size=len(drawn), max_size=len(drawn)))
    # A product doesn't change within a subscription here; everything else does, and so do the prices.
    moved = [(old[0], *new[1:]) for old, new in zip(drawn, elsewhere, strict=True)]
    dearer = [p | {"amount_cents": 41999} for p in PRICES]
    now, there = book(changed(now, **terms(moved), prices=dearer), LAST)
    assert not there.lines.is_empty()
    assert min(row[3] for row in balance(now)) > 0
    now, _ = book(changed(now, **terms(drawn), prices=PRICES), LAST)
    # A one-time fee keeps the day it was first booked on.
    assert [(s, f, a) for s, f, _, a in balance(now)] == [(s, f, a) for s, f, _, a in before]


@settings(max_examples=10, **QUICK)
@given(BOOK)
def test_no_correction_leaves_a_cause_or_its_origin_unsaid(drawn: list[Any]) -> None:
    now, _ = book(large(drawn), D(2027, 6, 1))
    shorter = [(*row[:2], 20, *row[3:]) for row in drawn]
    now, made = book(changed(now, **terms(shorter)), D(2027, 6, 2))
    corrections = made.lines.filter(pl.col("revision") > 0)
    assert (corrections["cause"].str.len_chars() > 0).all()
    first = now.recorded.filter(pl.col("revision") == 0)["line_id"]
    assert corrections["corrects"].is_in(first.implode()).all()
    assert made.lines.filter(pl.col("revision") == 0)["corrects"].is_null().all()
