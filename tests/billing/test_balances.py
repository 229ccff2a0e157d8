"""What money pays first, and through which day coverage is paid: worked figures and identities."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.billing.balances import applied, paid_to

D = dt.date
_CHARGE = {
    "company_id": pl.Int32,
    "payer": pl.Int32,
    "group_code": pl.String,
    "invoice_id": pl.Int64,
    "line_id": pl.Int64,
    "subscription_id": pl.Int32,
    "fee_kind": pl.String,
    "coverage_start": pl.Date,
    "coverage_end": pl.Date,
    "amount_cents": pl.Int64,
}
_MONEY = {c: _CHARGE[c] for c in ("company_id", "payer", "group_code", "invoice_id", "amount_cents")}
_WHOSE = {"company_id": 1, "payer": 1, "group_code": ""}


def month(
    number: int, cents: int, kind: str = "premium", invoice: int | None = None, line: int | None = None
) -> dict[str, Any]:
    return {
        **_WHOSE,
        "invoice_id": invoice or number,
        "line_id": line or number,
        "subscription_id": 1,
        "fee_kind": kind,
        "coverage_start": D(2027, number, 1),
        "coverage_end": D(2027, number + 1, 1),
        "amount_cents": cents,
    }


def charges(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_CHARGE, orient="row")


def money(*rows: tuple[int | None, int]) -> pl.DataFrame:
    full = [{**_WHOSE, "invoice_id": invoice, "amount_cents": cents} for invoice, cents in rows]
    return pl.DataFrame(full, schema=_MONEY, orient="row")


QUARTER = charges(month(1, 5000), month(2, 21240), month(3, 21240))


def test_a_receipt_of_300_pays_january_february_and_a_part_of_march() -> None:
    paid, left = applied(QUARTER, money((None, 30000)))
    assert paid["paid_cents"].to_list() == [5000, 21240, 3760]
    assert paid["open_cents"].to_list() == [0, 0, 17480]
    assert left["unapplied_cents"].to_list() == [0]
    assert paid_to(paid).rows() == [(1, 1, D(2027, 3, 1), False)]


def test_a_later_month_paid_before_an_earlier_one_does_not_move_paid_to() -> None:
    paid, _ = applied(QUARTER, money((3, 21240), (1, 5000)))
    assert paid["open_cents"].to_list() == [0, 21240, 0]
    assert paid_to(paid)["paid_to"].to_list() == [D(2027, 2, 1)]


def test_what_is_too_much_for_its_invoice_pays_the_oldest_and_the_rest_waits() -> None:
    paid, left = applied(QUARTER, money((3, 21240 + 6000), (2, 21240)))
    assert paid["open_cents"].to_list() == [0, 0, 0]
    assert left["unapplied_cents"].to_list() == [1000]
    assert paid_to(paid)["paid_to"].to_list() == [D(2027, 4, 1)]


def test_within_a_month_taxes_then_fees_then_premium_then_the_line_s_number() -> None:
    rows = charges(
        month(1, 100, "premium", 1, 1),
        month(1, 100, "admin", 1, 4),
        month(1, 100, "tax", 1, 3),
        month(1, 100, "admin", 1, 2),
    )
    paid, _ = applied(rows, money((None, 250)))
    assert paid.select("line_id", "paid_cents").rows() == [(3, 100), (2, 100), (4, 50), (1, 0)]


def test_money_that_came_back_pays_nothing_and_nothing_paid_is_a_binder() -> None:
    paid, left = applied(QUARTER, money((1, 5000), (1, -5000)))
    assert paid["paid_cents"].sum() == 0
    assert left["unapplied_cents"].to_list() == [0]
    assert paid_to(paid).rows() == [(1, 1, D(2027, 1, 1), True)]


def test_a_credited_month_frees_its_money_for_the_oldest_open_one() -> None:
    paid, _ = applied(charges(month(1, 5000), month(2, 0), month(3, 21240)), money((2, 21240)))
    assert paid["open_cents"].to_list() == [0, 0, 5000]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    owed=st.lists(st.tuples(st.integers(1, 11), st.integers(0, 500), st.integers(1, 4)), min_size=1, max_size=8),
    received=st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 5)), st.integers(0, 700)), max_size=5),
)
def test_every_cent_is_paid_or_unapplied_and_nothing_waits_while_something_is_open(
    owed: list[tuple[int, int, int]], received: list[tuple[int | None, int]]
) -> None:
    rows = charges(*(month(m, c, "premium", i, n) for n, (m, c, i) in enumerate(owed, 1)))
    paid, left = applied(rows, money(*received))
    unapplied = int(left["unapplied_cents"].sum())
    assert int(paid["paid_cents"].sum()) + unapplied == sum(c for _, c in received)
    assert (paid["open_cents"] >= 0).all()
    assert (paid["paid_cents"] >= 0).all()
    assert unapplied == 0 or paid["open_cents"].sum() == 0
