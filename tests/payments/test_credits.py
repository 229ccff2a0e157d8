"""Credits: what is owed is paid from what stands to the payer's good, oldest first and to the cent."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.attempts import OPEN
from assets.payments.credits import CREDITS, credit_uses

CENTS = st.integers(1, 5000)
PAYERS = st.lists(st.tuples(st.integers(0, 3), CENTS), max_size=12)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(PAYERS, PAYERS)
def test_credit_uses_are_exact(debts: list[tuple[int, int]], means: list[tuple[int, int]]) -> None:
    """Payers 2 and 3 are two groups of the company itself."""

    def whose(payer: int) -> tuple[int, str]:
        return (payer, "") if payer < 2 else (0, f"G{payer}")

    owing = pl.DataFrame(
        [(1, 1 + i, *whose(payer), cents) for i, (payer, cents) in enumerate(debts)],
        schema={c: t for c, t in OPEN.items() if c not in {"kind", "due_date"}},
        orient="row",
    )
    credit = pl.DataFrame(
        [(1, 100 + i, *whose(payer), cents) for i, (payer, cents) in enumerate(means)], schema=CREDITS, orient="row"
    )
    uses = credit_uses(owing, credit)
    assert (uses["amount_cents"] > 0).all()
    assert uses.select("from_invoice", "to_invoice").is_unique().all()
    for payer in range(4):
        owed = [(1 + i, c) for i, (p, c) in enumerate(debts) if p == payer]
        held = sum(c for p, c in means if p == payer)
        used = uses.filter(pl.col("to_invoice").is_in([number for number, _ in owed]))
        paid = dict(used.group_by("to_invoice").agg(pl.col("amount_cents").sum()).iter_rows())
        assert sum(paid.values()) == min(held, sum(c for _, c in owed))
        # Oldest first: an invoice gets a cent only when all older ones are covered.
        for number, cents in owed:
            got = min(cents, held)
            assert paid.get(number, 0) == got
            held -= got
