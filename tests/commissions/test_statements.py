"""Agents' statements: the identity of each line, and the period between two runs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from assets.commissions.statements import NAME, STEP, stated, statements
from assets.steps import run_whole
from resources.home import Home
from resources.record import Record
from tests.support.seed import ONE_MEMBER, night, seed

FIRST, SECOND = dt.date(2026, 10, 9), dt.date(2026, 10, 16)


def accrued(record: Record, *rows: tuple[int, int, dt.date]) -> None:
    """Accrue (line, cents, date) for agent 1, with journals so that the ledger agrees."""
    for line, cents, day in rows:
        one = {"company_id": 1, "line_id": line, "agent_id": 1, "level": 1, "revision": line, "amount_cents": cents,
               "business_date": day, "journal_id": 1}  # fmt: skip
        run = night(record, business_date=day)
        with record.step("test", run_no=run.run_no, companies=[1], business_date=day) as tx:
            tx.append("commissions.accrual", pl.DataFrame([one]))


def run(record: Record, home: Home, day: dt.date) -> dict[str, int]:
    return run_whole(record, night(record, business_date=day), STEP, lambda tx: statements(tx, home, "north")).totals


def test_opening_accrued_reversed_closing(record: Record, tmp_path: Path) -> None:
    seed(record, **ONE_MEMBER)
    home = Home(tmp_path).make()
    accrued(record, (1, 41_266, dt.date(2026, 10, 5)))
    assert run(record, home, FIRST) == {
        "agents": 1, "accrued_cents": 41_266, "reversed_cents": 0, "paid_cents": 0, "closing_cents": 41_266,
    }  # fmt: skip
    accrued(record, (2, 190_824, dt.date(2026, 10, 14)), (3, -7_726, dt.date(2026, 10, 15)))
    assert run(record, home, SECOND) == {
        "agents": 1, "accrued_cents": 190_824, "reversed_cents": 7_726, "paid_cents": 0,
        "closing_cents": 224_364,
    }  # fmt: skip
    paper = pl.read_csv(home.reports / "north" / SECOND.isoformat() / NAME)
    assert paper.height == 1
    assert paper["since"].to_list() == [FIRST.isoformat()]


def test_the_same_run_again_registers_nothing_and_late_facts_fall_into_the_next(record: Record, tmp_path: Path) -> None:
    seed(record, **ONE_MEMBER)
    home = Home(tmp_path).make()
    accrued(record, (1, 500, dt.date(2026, 10, 5)))
    run(record, home, FIRST)
    before = (home.reports / "north" / FIRST.isoformat() / NAME).read_bytes()
    again = run_whole(record, night(record, business_date=FIRST), STEP, lambda tx: statements(tx, home, "north"))
    assert again.rows == {}
    assert (home.reports / "north" / FIRST.isoformat() / NAME).read_bytes() == before


def test_a_line_with_activity_that_nets_to_zero_is_stated() -> None:
    sums = pl.DataFrame(
        {"agent": ["A", "B"], "name": ["a", "b"], "since": [None, None], "opening_cents": [0, 0],
         "accrued_cents": [100, 0], "reversed_cents": [100, 0], "paid_cents": [0, 0]}
    )  # fmt: skip
    lines = stated(sums)
    assert lines["agent"].to_list() == ["A"]
    assert lines["closing_cents"].to_list() == [0]
