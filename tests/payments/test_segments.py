"""Segments: given these entries and this bank's wishes, expect these files and batches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.segments import BATCH_OF, Measure, arranged, coded, cuts
from tests.support.bank import terms

FRIDAY = dt.date(2026, 10, 2)


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {
        "company_id": 1,
        "bank": "b",
        "sec": "PPD",
        "description": "PREMIUM",
        "direction": "debit",
        "effective_date": FRIDAY,
        "purpose": "premium",
        "source_id": number,
        "attempt_no": 1,
        "goes_same_day": False,
        "addenda": "",
        "amount_cents": 100,
        **more,
    }


def files(rows: list[dict[str, Any]], **changes: Any) -> list[tuple[str, list[list[int]]]]:
    """Per file its segment and the source ids of each batch."""
    out = arranged(pl.DataFrame(rows), {"b": terms(**changes)})
    found = out.group_by("file", "segment", "batch_number", maintain_order=True).agg("source_id")
    assert found["file"].to_list() == sorted(found["file"])
    told: dict[tuple[int, str], list[list[int]]] = {}
    for file, segment, number, ids in found.iter_rows():
        batches = told.setdefault((file, segment), [])
        batches.append(ids)
        assert number == len(batches)
    return [(segment, batches) for (_, segment), batches in told.items()]


MIXED = [
    entry(1),
    entry(2, description="RETRY PYMT", attempt_no=2),
    entry(3, sec="CCD"),
    entry(4, direction="credit", description="REFUND", purpose="refund"),
    entry(5, direction="credit", description="COMMISSION", purpose="commission", sec="CCD"),
    entry(6, description="RETURN FEE", purpose="return_fee"),
    entry(7, direction="credit", description="REVERSAL", purpose="reversal"),
    entry(8, purpose="prenote", amount_cents=0),
    entry(9, effective_date=dt.date(2026, 10, 5)),
    entry(10, goes_same_day=True, effective_date=dt.date(2026, 10, 1)),
    entry(11),
]


def test_all_in_one_file_but_for_what_goes_the_same_day() -> None:
    assert files(MIXED) == [
        ("", [[5], [3], [1, 11], [8], [9], [4], [2], [6], [7]]),
        ("same-day", [[10]]),
    ]


def test_credits_and_debits_apart() -> None:
    assert files(MIXED, credits_apart=True) == [
        ("credits", [[5], [4], [7]]),
        ("debits", [[3], [1, 11], [8], [9], [2], [6]]),
        ("same-day debits", [[10]]),
    ]


def test_a_file_per_sec_code() -> None:
    assert [segment for segment, _ in files(MIXED, per_sec=True)] == ["CCD", "PPD", "same-day PPD"]
    both = files(MIXED, per_sec=True, credits_apart=True)
    assert [segment for segment, _ in both] == [
        "credits CCD", "credits PPD", "debits CCD", "debits PPD", "same-day debits PPD",
    ]  # fmt: skip


def test_a_direction_of_its_own_for_each_batch_even_of_one_description() -> None:
    both = [entry(1, description="REVERSAL", purpose="reversal"), entry(2, direction="credit", description="REVERSAL",
            purpose="reversal")]  # fmt: skip
    assert files(both) == [("", [[2], [1]])]


def test_a_file_is_split_at_its_limit_and_a_batch_at_its_own() -> None:
    ten = [entry(n) for n in range(1, 11)]
    assert files(ten, entry_limit_cents=100, file_limit_cents=400) == [
        ("", [[1, 2, 3, 4]]),
        ("", [[5, 6, 7, 8]]),
        ("", [[9, 10]]),
    ]
    assert files(ten, entry_limit_cents=100, batch_limit_cents=350, file_limit_cents=650) == [
        ("", [[1, 2, 3], [4, 5, 6]]),
        ("", [[7, 8, 9], [10]]),
    ]


def test_credits_are_split_at_their_own_limit() -> None:
    rows = [entry(n, direction="credit", purpose="refund") for n in range(1, 5)] + [entry(n) for n in range(5, 9)]
    less = {"entry_limit_cents": 100, "file_limit_cents": 200, "day_limit_cents": 900}
    assert files(rows, credits=less) == [("", [[1, 2]]), ("", [[3, 4], [5, 6, 7, 8]])]


@pytest.mark.parametrize("balanced", ["none", "batch", "file"])
@pytest.mark.parametrize("blocking", [True, False])
@pytest.mark.parametrize("most", [20, 30, 47])
def test_no_file_has_more_lines_than_the_bank_takes(most: int, blocking: bool, balanced: str) -> None:
    rows = [
        entry(n, sec="CCD" if n % 7 == 0 else "PPD", addenda="x" if n % 3 == 0 else "",
              effective_date=FRIDAY if n % 2 else dt.date(2026, 10, 5))
        for n in range(1, 120)
    ]  # fmt: skip
    code = "" if balanced == "none" else "OPER"
    bank = terms(max_lines=most, blocking=blocking, balanced=balanced, offset_account=code)
    out = arranged(pl.DataFrame(rows), {"b": bank})
    assert sorted(out["source_id"]) == list(range(1, 120))
    per_file = out.group_by("file", maintain_order=True).agg(
        entries=pl.len(),
        addenda=(pl.col("addenda") != "").sum(),
        batches=pl.col("batch_number").max(),
        days=pl.col("effective_date").n_unique(),
    )
    offsets = {"none": 0, "batch": pl.col("batches"), "file": 3 * pl.col("days")}[balanced]
    lines = per_file.select(2 + pl.col("entries") + pl.col("addenda") + 2 * pl.col("batches") + offsets).to_series()
    written = (lines + 9) // 10 * 10 if blocking else lines
    assert written.max() <= most
    if balanced != "file":  # there the days of all files are reserved in each
        assert written.head(-1).min() >= most // 10 * 10 - 10  # and not many more files than needed


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(1, 25),
    st.integers(3, 25),
)
def test_pieces_hold_what_they_may_and_no_piece_could_begin_later(
    rows: list[tuple[int, int, int]], most: int, lines: int
) -> None:
    cents, each, opening = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    begins = cuts([Measure(cents, most), Measure(each, lines, opening)])
    assert begins[0] == 0
    assert begins == sorted(set(begins))
    for begin, end in zip(begins, [*begins[1:], len(rows)], strict=True):

        def fits(until: int, begin: int = begin) -> bool:
            return cents[begin:until].sum() <= most and each[begin:until].sum() + opening[begin] <= lines

        assert fits(end) or end == begin + 1
        assert end == len(rows) or not fits(end + 1)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(
        st.builds(
            entry,
            st.integers(1, 10_000),
            company_id=st.integers(1, 3),
            sec=st.sampled_from(["PPD", "CCD"]),
            direction=st.sampled_from(["debit", "credit"]),
            amount_cents=st.integers(0, 100),
            purpose=st.sampled_from(["premium", "reversal"]),
            goes_same_day=st.booleans(),
        ),
        min_size=1,
        max_size=60,
        unique_by=lambda row: row["source_id"],
    ),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_every_entry_once_batches_pure_and_the_order_of_asking_is_nothing(
    rows: list[dict[str, Any]], apart: bool, dice: Any
) -> None:
    bank = {"b": terms(credits_apart=apart, entry_limit_cents=100, batch_limit_cents=150, file_limit_cents=400)}
    out = arranged(pl.DataFrame(rows), bank)
    assert sorted(out["source_id"]) == sorted(row["source_id"] for row in rows)
    pure = out.group_by("file", "batch_number").agg(pl.struct(*BATCH_OF, "company_id", "segment").n_unique())
    assert pure.to_series(2).max() == 1
    sums = out.group_by("file", "batch_number", "direction").agg(pl.col("amount_cents").sum())
    assert (sums["amount_cents"].max() or 0) <= 150
    mixed = list(rows)
    dice.shuffle(mixed)
    assert arranged(pl.DataFrame(mixed), bank).equals(out)


def test_codes_by_account_direction_and_whether_money_moves() -> None:
    rows = [
        (account, side, purpose) for account in ("checking", "savings") for side in ("credit", "debit")
        for purpose in ("premium", "prenote")
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["account_type", "direction", "purpose"], orient="row")
    assert coded(frame)["transaction_code"].to_list() == [22, 23, 27, 28, 32, 33, 37, 38]
