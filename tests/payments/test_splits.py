"""Split payments: what each account of a payer pays of an invoice."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.splits import METHODS, split

DUE = {"company_id": pl.Int32, "invoice_id": pl.Int64, "payer": pl.Int32, "amount_cents": pl.Int64}
Part = tuple[str | None, int | None]


def divided(amounts: list[int], parts: list[Part]) -> pl.DataFrame:
    due = pl.DataFrame([(1, 10 + i, 1, cents) for i, cents in enumerate(amounts)], schema=DUE, orient="row")
    methods = pl.DataFrame(
        [(1, 1, n, f"B{n}", Decimal(p) if p else None, cents) for n, (p, cents) in enumerate(parts, 1)],
        schema=METHODS,
        orient="row",
    )
    return split(due, methods)


@pytest.mark.parametrize(
    ("amount", "parts", "paid"),
    [
        (10_000, [("100", None)], {1: 10_000}),
        (10_000, [("60", None), ("40", None)], {1: 6_000, 2: 4_000}),
        (10_000, [(None, 2_500), ("100", None)], {1: 2_500, 2: 7_500}),
        (10_000, [("100", None), (None, 2_500)], {1: 7_500, 2: 2_500}),
        (2_000, [(None, 2_500), ("100", None)], {1: 2_000}),  # the fixed part takes all there is
        (4_000, [(None, 2_500), (None, 2_500), ("100", None)], {1: 2_500, 2: 1_500}),
        (100, [("33.3333", None), ("33.3333", None), ("33.3334", None)], {1: 33, 2: 33, 3: 34}),
        (101, [("50", None), ("50", None)], {1: 51, 2: 50}),  # equal remainders: the lower part
        (1, [("12.5", None), ("87.5", None)], {2: 1}),
        (1, [("50", None), (None, 1)], {2: 1}),
    ],
)
def test_what_each_part_pays(amount: int, parts: list[Part], paid: dict[int, int]) -> None:
    found = divided([amount], parts)
    assert dict(found.select("payer_part", "amount_cents").iter_rows()) == paid
    assert found["account_code"].to_list() == [f"B{n}" for n in paid]


def test_who_has_no_parts_is_not_divided() -> None:
    due = pl.DataFrame([(1, 10, 2, 5_000), (2, 10, 1, 5_000)], schema=DUE, orient="row")
    methods = pl.DataFrame([(1, 1, 1, "B1", Decimal(100), None)], schema=METHODS, orient="row")
    assert split(due, methods).is_empty()


@st.composite
def some_parts(draw: st.DrawFn) -> list[Part]:
    cuts = sorted(draw(st.lists(st.integers(1, 999_999), max_size=4, unique=True)))
    shares = [b - a for a, b in zip([0, *cuts], [*cuts, 1_000_000], strict=True)]
    percents: list[Part] = [(str(Decimal(share) / 10_000), None) for share in shares]
    fixed: list[Part] = [(None, cents) for cents in draw(st.lists(st.integers(1, 40_000), max_size=4))]
    return list(draw(st.permutations([*percents, *fixed])))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=4), some_parts())
def test_parts_sum_to_the_cent_and_none_is_negative(amounts: list[int], parts: list[Part]) -> None:
    found = divided(amounts, parts)
    assert (found["amount_cents"] > 0).all()
    sums = dict(found.group_by("invoice_id").agg(pl.col("amount_cents").sum()).iter_rows())
    assert sums == {10 + i: cents for i, cents in enumerate(amounts)}
    for i, cents in enumerate(amounts):
        paid = dict(found.filter(invoice_id=10 + i).select("payer_part", "amount_cents").iter_rows())
        left = cents
        for n, (_, fixed) in enumerate(parts, 1):
            if fixed is not None:
                assert paid.get(n, 0) == min(fixed, left)
                left -= min(fixed, left)
        for n, (percent, _) in enumerate(parts, 1):
            if percent is not None:
                assert abs(Decimal(paid.get(n, 0)) - left * Decimal(percent) / 100) < 1
    assert divided(amounts, parts).equals(found)
