"""What a person reads in Dagster of a step and of a check."""

from __future__ import annotations

import polars as pl
import pytest

from assets.nightly import _verdict, dollars, metadata
from assets.steps import Outcome


@pytest.mark.parametrize(
    ("cents", "read"),
    [(0, "$0.00"), (5, "$0.05"), (-5, "-$0.05"), (123_456_789, "$1,234,567.89"), (-100, "-$1.00")],
)
def test_cents_are_read_as_dollars(cents: int, read: str) -> None:
    assert dollars(cents) == read


def test_totals_stand_before_how_it_was_done() -> None:
    out = Outcome("ledger.prove", rows={"ledger.journal": 2}, totals={"debit_cents": 1250, "ach_files": 3}, seconds=0.1)
    out.preview = pl.DataFrame({"name": ["Trust cash", "Fees"], "balance_cents": [1250, None]})
    shown = metadata(out)
    assert list(shown) == [
        "debit", "ach files", "preview", "companies set aside", "rows appended", "tables", "seconds"
    ]  # fmt: skip
    assert (shown["debit"].value, shown["ach files"].value) == ("$12.50", 3)
    assert [dict(r.data) for r in shown["preview"].records] == [  # type: ignore[union-attr]
        {"name": "Trust cash", "balance": "$12.50"},
        {"name": "Fees", "balance": "None"},
    ]


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        ([], "holds for 2 companies"),
        (["company 1 is out of balance by 5 cents"], "company 1 is out of balance by 5 cents"),
        (["first", "second", "third"], "first (and 2 more)"),
    ],
)
def test_a_check_says_what_it_found_in_words(failures: list[str], said: str) -> None:
    assert _verdict(pl.DataFrame({"failure": failures}, schema={"failure": pl.String}), companies=2) == said
