"""The commission run: what each agent was owed before, earned, gave back, was paid, and is owed now."""

from __future__ import annotations

import polars as pl

from assets.reports.publish import Made, publish
from assets.reports.texts import csv_bytes
from resources.home import Home
from resources.record import Tx

STEP = "commissions.statements"
NAME = "commission_statements.csv"
_CENTS = ("opening_cents", "accrued_cents", "reversed_cents", "paid_cents", "closing_cents")


def statements(tx: Tx, home: Home, book: str) -> dict[str, int]:
    """One line per agent with any activity or balance: opening + accrued - reversed - paid = closing, in cents.

    The period begins after the book's last commission run and ends with the business date. Making it again gives the
    same bytes and registers nothing. Paid is what stands in files, less what came back.

    Returns:
        agents, accrued_cents, reversed_cents, paid_cents, closing_cents.
    """
    lines = stated(tx.read("commissions/statements", book=book, report=NAME))
    closing = int(lines["closing_cents"].sum())
    book_id = int(tx.read("commissions/book", book=book).item())
    publish(tx, home, book, book_id, [Made(NAME, csv_bytes(lines), lines.height, closing)])
    return {
        "agents": lines.height,
        "accrued_cents": int(lines["accrued_cents"].sum()),
        "reversed_cents": int(lines["reversed_cents"].sum()),
        "paid_cents": int(lines["paid_cents"].sum()),
        "closing_cents": closing,
    }


def stated(sums: pl.DataFrame) -> pl.DataFrame:
    """The statement lines of sums per agent: agent, name, since, opening, accrued, reversed and paid in cents.

    A line is left out only when all activity is zero, not when the net is.
    """
    active = pl.any_horizontal(pl.col(name) != 0 for name in _CENTS[:-1])
    closing = pl.col("opening_cents") + pl.col("accrued_cents") - pl.col("reversed_cents") - pl.col("paid_cents")
    return (
        sums.filter(active).with_columns(closing_cents=closing).sort("agent").select("agent", "name", "since", *_CENTS)
    )
