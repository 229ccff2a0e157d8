"""The step over a real record: once only, in balance, the same in preview, under concurrency and by company."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.billing.night import fingerprint
from assets.billing.steps import charge, posted, preview
from assets.steps import Outcome, Run, run_step
from resources.database import Logins, connect
from resources.record import Record
from tests.support.seed import DAY, ONE_MEMBER, night, seed

FEW: dict[str, list[dict[str, Any]]] = {
    **ONE_MEMBER,
    "master__company": [
        {"bill_lead_days": 12},
        {"company_id": 2, "code": "GUILD", "kind": "employer", "bill_lead_days": 0},
    ],
    "master__person": [
        {"person_id": 1},
        {"person_id": 2, "code": "M2"},
        {"company_id": 2, "person_id": 1},
        {"company_id": 2, "person_id": 2, "code": "M2"},
    ],
    "master__subscription": [
        {"subscription_id": 1},
        {"subscription_id": 2, "code": "S2", "person_id": 2, "bill_day": 15, "start_date": dt.date(2026, 8, 20)},
        {"company_id": 2, "subscription_id": 1, "method": "list_bill"},
        {"company_id": 2, "subscription_id": 2, "code": "S2", "person_id": 2, "method": "list_bill"},
    ],
    "master__hold": [
        {
            "company_id": 2,
            "subscription_id": 1,
            "from_date": dt.date(2026, 9, 11),
            "to_date": dt.date(2026, 9, 21),
            "reason": "leave",
        }
    ],
}


def look(record: Record, text: str) -> pl.DataFrame:
    with record.step("look", run_no=0, companies=[1, 2], business_date=DAY) as tx:
        return tx.select(text)


def bill(record: Record, day: dt.date = DAY, run: Run | None = None) -> Outcome:
    return run_step(record, run or night(record, business_date=day), "billing.charges", charge)


def end(logins: Logins, subscription: int, day: str | None) -> None:
    """What intake does when a subscription's end changes in company 1."""
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.subscription SET end_date = %s WHERE subscription_id = %s", (day, subscription))


LINES = """SELECT company_id, line_id, invoice_id, subscription_id, coverage_start, coverage_end, revision, kind,
  amount_cents, vendor_cents, commissionable_cents, price_id, corrects, cause, journal_id
  FROM billing.line ORDER BY company_id, line_id"""
INVOICES = """SELECT company_id, invoice_id, person_id, kind, bill_date, due_date, total_cents, sequence
  FROM billing.invoice ORDER BY company_id, invoice_id"""


def test_a_night_books_invoices_lines_and_the_receivable(record: Record) -> None:
    seed(record, **FEW)
    out = bill(record)
    assert out.set_aside == {}
    invoices = look(record, INVOICES)
    assert invoices.drop("bill_date").rows() == [
        (1, 1, 1, "individual", DAY, 2 * 37240, 1),
        (1, 2, 2, "individual", DAY, 31234 + 37240, 1),
        (2, 1, None, "list_bill", DAY, 24827 + 3 * 37240, 1),
    ]
    totals = look(
        record, "SELECT company_id, invoice_id, sum(amount_cents)::bigint FROM billing.line GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert totals.rows() == invoices.select("company_id", "invoice_id", "total_cents").rows()
    receivable = look(
        record,
        "SELECT company_id, sum(amount_cents)::bigint FROM ledger.posting WHERE account = 1100 GROUP BY 1 ORDER BY 1",
    )
    assert receivable.rows() == [(1, 142954), (2, 136547)]
    assert out.totals == {
        "invoices": 3,
        "lines": look(record, LINES).height,
        "billed_cents": 142954 + 136547,
        "credited_cents": 0,
        "quarantined": 0,
    }


def test_the_same_night_again_appends_nothing(record: Record) -> None:
    seed(record, **FEW)
    bill(record)
    before = look(record, LINES)
    out = bill(record)
    assert out.rows == {}
    assert look(record, LINES).equals(before)


def test_the_preview_is_what_is_then_posted(record: Record) -> None:
    seed(record, **FEW)
    with record.step("billing.charges", run_no=0, companies=[1, 2], business_date=DAY) as tx:
        shown = preview(tx)
        assert tx.appended == {}
    bill(record)
    with record.step("billing.charges", run_no=0, companies=[1, 2], business_date=DAY) as tx:
        assert posted(tx) == fingerprint(shown.invoices, shown.lines)
        assert preview(tx).lines.is_empty()
    other = shown.lines.with_columns(pl.col("amount_cents") + 1)
    assert fingerprint(shown.invoices, other) != fingerprint(shown.invoices, shown.lines)


def test_nights_run_again_in_any_order_add_nothing(record: Record) -> None:
    seed(record, **FEW)
    days = [DAY + dt.timedelta(days=n) for n in range(5)]
    for day in days:
        bill(record, day)
    booked = (look(record, LINES), look(record, INVOICES))
    # The lead of 12 days brings 15 October on the third night.
    assert booked[1]["bill_date"].unique().sort().to_list() == [DAY, DAY + dt.timedelta(days=2)]
    for day in reversed(days):
        assert bill(record, day).rows == {}
    assert look(record, LINES).equals(booked[0])
    assert look(record, INVOICES).equals(booked[1])


def test_many_runs_at_once_make_one_set(record: Record) -> None:
    seed(record, **FEW)
    runs = [night(record) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda run: bill(record, run=run), runs))
    assert [bool(o.rows) for o in outcomes].count(True) == 1
    assert all(not o.set_aside for o in outcomes)
    lines = look(record, LINES)
    assert lines.select("company_id", "subscription_id", "coverage_start", "revision").is_unique().all()
    assert look(record, INVOICES)["invoice_id"].to_list() == [1, 2, 1]


def test_late_data_of_the_same_night_goes_on_the_next_sequence_with_its_cause(record: Record, logins: Logins) -> None:
    seed(record, **FEW)
    bill(record)
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
        session.execute(
            "UPDATE master.subscription SET end_date = '2026-09-12' WHERE company_id = 1 AND subscription_id = 1"
        )
    out = bill(record)
    assert out.totals["credited_cents"] == -23585 - 37240
    late = look(record, INVOICES).filter(pl.col("sequence") == 2)
    assert late.select("company_id", "invoice_id", "person_id", "total_cents").rows() == [(1, 3, 1, -23585 - 37240)]
    corrections = look(record, LINES).filter(pl.col("revision") > 0)
    assert corrections.select("kind", "amount_cents", "corrects", "cause").rows() == [
        ("retro_term", -23585, 1, "ended 2026-09-12"),
        ("retro_term", -37240, 2, "ended 2026-09-12"),
    ]
    assert corrections["vendor_cents"].sum() == -16999 - 26840
    assert bill(record).rows == {}


def test_a_broken_subscription_is_quarantined_once_and_billed_when_repaired(record: Record, logins: Logins) -> None:
    first, second, *others = FEW["master__subscription"]
    world = {**FEW, "master__subscription": [first, second | {"end_date": dt.date(2026, 1, 1)}, *others]}
    seed(record, **world)
    for _ in range(2):
        out = bill(record)
        assert out.totals["quarantined"] == 1
    found = look(record, "SELECT subject, rule, reason FROM audit.quarantine")
    assert found.rows() == [
        ("subscription S2", "ends_before_start", "it ends 2026-01-01 before it starts 2026-08-20"),
    ]
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
        session.execute("UPDATE master.subscription SET end_date = NULL WHERE subscription_id = 2")
    assert bill(record).totals == {
        "invoices": 1,
        "lines": 2,
        "billed_cents": 68474,
        "credited_cents": 0,
        "quarantined": 0,
    }


@pytest.mark.parametrize(
    "change",
    [
        "subscription SET end_date = 'infinity'",
        "subscription SET start_date = '-infinity'",
        "hold SET to_date = 'infinity'",
    ],
)
def test_a_day_that_is_on_no_calendar_is_refused_at_the_door(record: Record, logins: Logins, change: str) -> None:
    """It would stop the whole night: frames know no such day."""
    hold = {"from_date": DAY, "to_date": DAY + dt.timedelta(days=5), "reason": "leave"}
    seed(record, **ONE_MEMBER, master__hold=[{"company_id": 1, "subscription_id": 1, **hold}])
    with connect(logins.runtime) as session:
        session.execute("SELECT set_config('daybook.companies', '{1}', false)")
        with pytest.raises(psycopg.errors.CheckViolation):
            session.execute(f"UPDATE master.{change}")
