"""Doubles: what asks twice for the same money is named, what merely looks like it is put to the approver."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.duplicates import EARLIER, doubles, fingerprints, questions
from tests.support.seed import DAY

ROW: dict[str, Any] = {
    "company_id": 1, "purpose": "premium", "source_id": 50, "attempt_no": 1, "subject": "invoice 7 part 1 attempt 1",
    "direction": "debit", "routing": "011000015", "account_blind": b"a", "amount_cents": 10_000, "individual_id": "7",
    "wanted_date": DAY,
}  # fmt: skip
OLD: dict[str, Any] = {
    "company_id": 1, "entry_id": 3, "file_id": 2, "file": "old.txt", "purpose": "premium", "direction": "debit",
    "routing": "011000015", "account_blind": b"a", "amount_cents": 10_000, "individual_id": "7", "effective_date": DAY,
    "business_date": DAY - dt.timedelta(days=1),
}  # fmt: skip


def rows(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**ROW, **c} for c in changes])


def old(*changes: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**OLD, **c} for c in changes], schema=EARLIER)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({}, True),
        ({"business_date": DAY - dt.timedelta(days=90)}, True),
        ({"business_date": DAY - dt.timedelta(days=91)}, False),
        ({"purpose": "refund"}, True),  # whatever it was for: the same account, amount, id and direction
        ({"amount_cents": 10_001}, False),
        ({"individual_id": "8"}, False),
        ({"account_blind": b"b"}, False),
        ({"routing": "021000021"}, False),  # the same number at another bank is another account
        ({"direction": "credit"}, False),
        ({"company_id": 2}, False),
    ],
)
def test_an_entry_that_left_within_90_days_is_not_asked_for_again(change: dict[str, Any], *, named: bool) -> None:
    found = doubles(rows({}), old(change))
    assert found.height == named
    if named:
        assert found.item(0, "rule") == "double_entry"
        assert "entry 3 in old.txt" in found.item(0, "reason")


def test_two_rows_of_one_night_that_ask_for_the_same_money() -> None:
    found = doubles(rows({"source_id": 51, "subject": "later"}, {}, {"source_id": 52, "individual_id": "8"}), old())
    assert found.select("source_id", "subject").rows() == [(51, "later")]
    assert "by invoice 7 part 1 attempt 1 tonight" in found.item(0, "reason")
    # The first is a double of an old one: both are named, each once.
    found = doubles(rows({"source_id": 51}, {}), old({}))
    assert found["source_id"].to_list() == [50, 51]


def test_reversals_and_prenotes_double_nothing() -> None:
    assert doubles(rows({"purpose": "reversal"}, {"purpose": "reversal", "source_id": 51}), old({})).is_empty()
    assert doubles(rows({"amount_cents": 0}, {"amount_cents": 0, "source_id": 51}), old({"amount_cents": 0})).is_empty()
    assert doubles(rows({}).clear(), old()).is_empty()


NEW = {**OLD, "entry_id": 10, "file_id": 9, "file": "new.txt", "individual_id": "8", "business_date": DAY}


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, True),
        ({"effective_date": DAY + dt.timedelta(days=1)}, False),
        ({"purpose": "return_fee"}, False),
        ({"amount_cents": 9_999}, False),
        ({"account_blind": b"b"}, False),
        ({"individual_id": "8"}, False),  # the same invoice: that is a double and named before
    ],
)
def test_one_account_asked_twice_for_one_day_is_a_question(change: dict[str, Any], *, asked: bool) -> None:
    found = questions(pl.DataFrame([NEW], schema=EARLIER), old(change))
    assert found.height == asked
    if asked:
        words = "premium 8 and 7 (entry 3 in old.txt) both ask one account for 100.00 on 2026-10-01"
        assert found.rows() == [(1, 9, 1, words)]


def test_questions_within_one_file_are_counted_once_each() -> None:
    new = pl.DataFrame([{**NEW, "entry_id": n, "individual_id": str(n)} for n in range(10, 40)], schema=EARLIER)
    (found,) = questions(new, pl.concat([old(), new])).iter_rows(named=True)
    assert found["questions"] == 29  # each but the first
    assert found["words"].count("\n") == 20
    assert found["words"].endswith("and 9 more")


ENTRIES = pl.DataFrame(
    [
        {"company_id": 1, "file_id": f, "sec": "PPD", "transaction_code": 27, "routing": "011000015",
         "account_blind": bytes([n]), "amount_cents": 100 * n, "individual_id": str(n)}
        for f in (1, 2) for n in range(1, 6)
    ]
)  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.permutations(range(10)), st.integers(0, 9), st.sampled_from(["sec", "routing", "individual_id"]))
def test_a_fingerprint_is_of_what_is_paid_and_not_of_the_order(order: list[int], at: int, column: str) -> None:
    first, second = fingerprints(ENTRIES[order]).sort("file_id")["fingerprint"]
    assert first == second
    assert len(first) == 32
    changed = ENTRIES.with_columns(
        pl.when(pl.int_range(pl.len()) == at).then(pl.lit("XX")).otherwise(column).alias(column)
    )
    one, other = fingerprints(changed).sort("file_id")["fingerprint"]
    assert one != other
