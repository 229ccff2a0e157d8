"""The figures of a night are those of the facts it was made from."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from assets.reports.summary import COUNTED, night_summary
from resources.record import Record
from tests.reports.world import BOOKS, World
from tests.support.seed import DAY, night, seed


@pytest.mark.parametrize("book", ["north", "south"])
def test_every_figure_is_the_sum_of_its_facts(record: Record, world: World, book: str) -> None:
    found = night_summary(record, BOOKS[book], DAY, book)
    made = {"business_date": DAY}
    assert found == {
        "date": "2026-10-01",
        "book": book,
        "companies": len(BOOKS[book]),
        "invoices": len(world.of("billing.invoice", book, bill_date=DAY)),
        "billed_cents": world.total("billing.invoice", "total_cents", book, bill_date=DAY),
        "attempts": len(world.of("payments.attempt", book, **made)),
        "ach_files": len(world.of("exchange.file", book, kind="nacha", **made)),
        "ach_entries": len(world.of("payments.ach_entry", book, **made)),
        "ach_debit_cents": world.total("payments.ach_entry", "amount_cents", book, **made),
        "ach_credit_cents": 0,
        "returns": len(world.of("returns.returned", book, **made)),
        "notices": 0,
        "settled_cents": world.total("banking.settlement", "amount_cents", book, **made),
        "vendor_files": len(world.of("exchange.file", book, kind="edi834", **made)),
        "acknowledged": len(BOOKS[book]) * 2 - (book == "north"),  # two vendors each; one of HARBOR's said no
        "commission_cents": world.total("commissions.accrual", "amount_cents", book, **made),
        "payable_cents": world.total("payables.accrual", "amount_cents", book, **made),
        "set_aside": 0,
        "quarantined": len(world.of("audit.quarantine", book, **made)),
        "rows_appended": 0,
        "ledger_balanced": True,
        "proofs_failed": 0,
    }
    assert list(found) == ["date", "book", "companies", *COUNTED, "ledger_balanced", "proofs_failed"]
    assert found["billed_cents"]
    assert found["settled_cents"]
    assert found["quarantined"]


def test_what_came_in_since_the_last_night_is_this_nights(record: Record, world: World) -> None:
    later = DAY + dt.timedelta(days=3)
    run = night(record, "north", later)
    entry = next(e for e in world.of("payments.ach_entry") if e["entry_id"] % 5 == 4)
    with record.step("returns.post", run_no=run.run_no, companies=(1, 2, 3), business_date=later) as tx:
        tx.append("returns.returned", pl.DataFrame([_returned(entry, DAY + dt.timedelta(days=1))]))
        tx.append(
            "returns.notice",
            pl.DataFrame(
                [
                    {
                        "company_id": 1,
                        "entry_id": 2,
                        "sha256": b"n",
                        "position": 1,
                        "code": "C01",
                        "outcome": "applied",
                        "business_date": later,
                    }
                ]
            ),
        )
    found = night_summary(record, BOOKS["north"], later, "north")
    assert (found["returns"], found["notices"], found["invoices"]) == (1, 1, 0)
    assert found["ledger_balanced"] is False  # that return was not posted: the clearing account says so
    # The earlier night does not change for it.
    assert night_summary(record, BOOKS["north"], DAY, "north")["notices"] == 0
    # And a night between, had there been one, takes its share.
    night(record, "north", DAY + dt.timedelta(days=2))
    assert night_summary(record, BOOKS["north"], later, "north")["returns"] == 0


def test_rows_appended_and_set_aside_are_of_the_run(record: Record) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    first, second = night(record), night(record)
    with record.step("payments.attempts", run_no=first.run_no, companies=(1,), business_date=DAY) as tx:
        rows = {
            "company_id": [1, 1],
            "subject": ["a", "b"],
            "step": ["s", "s"],
            "rule": ["r", "r"],
            "reason": ["x", "x"],
        }
        tx.append("audit.quarantine", pl.DataFrame(rows).with_columns(business_date=pl.lit(DAY)))
    with record.step("audit.set_aside", run_no=first.run_no, companies=(1,), business_date=DAY) as tx:
        aside = {"company_id": [1, 1], "step": ["a", "b"], "reason": ["x", "y"]}
        tx.append("audit.set_aside", pl.DataFrame(aside).with_columns(business_date=pl.lit(DAY)))
    by_run = {n: night_summary(record, (1,), DAY, "north", n) for n in (first.run_no, second.run_no, None)}
    assert [(s["rows_appended"], s["set_aside"]) for s in by_run.values()] == [(4, 1), (0, 0), (0, 0)]


def _returned(entry: dict[str, object], day: dt.date) -> dict[str, object]:
    return {
        "company_id": entry["company_id"],
        "entry_id": entry["entry_id"],
        "sha256": b"r",
        "position": 1,
        "code": "R01",
        "amount_cents": entry["amount_cents"],
        "settlement_date": day,
        "after_settlement": False,
        "business_date": day,
        "journal_id": 0,
    }
