"""A small book whose reports can be written down by hand: register, aging, sales, forecast, unbilled periods."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest

from assets.billing.steps import charge
from assets.reports.receivables import Receivables, build_receivables, read_receivables
from assets.reports.steps import build_reports
from assets.steps import open_run, run_step, run_whole
from resources.database import Logins, connect
from resources.home import Home
from resources.record import Record
from tests.billing.test_dunning import pay
from tests.support.seed import ONE_MEMBER, seed

D = dt.date
DAY = D(2026, 10, 2)
PRICE = {"vendor_cents": 7000, "commissionable_cents": 9000}

# Billed twenty days ahead. Ann and Bo have medical through agent A1 from July on, Cy has dental from 15 October on and
# bought it himself. Medical gets dearer in March. Bo pays July to September; his October is taken back the next night.
BOOK: dict[str, list[dict[str, Any]]] = {
    **ONE_MEMBER,
    "master__company": [{"bill_lead_days": 20, "go_live": D(2026, 7, 1)}],
    "master__product": [{}, {"product_id": 2, "code": "DEN", "name": "Dental", "line": "DEN"}],
    "master__fee": [{}, {"fee_id": 2, "product_id": 2}],
    "master__price": [
        {"amount_cents": 10000, **PRICE},
        {"price_id": 2, "amount_cents": 11000, "valid_from": D(2027, 3, 1), **PRICE},
        {"price_id": 3, "fee_id": 2, "amount_cents": 3000, "vendor_cents": 2000, "commissionable_cents": 3000},
    ],
    "master__person": [{"person_id": n, "code": code} for n, code in enumerate(("ANN", "BO", "CY"), 1)],
    "master__subscription": [
        {"start_date": D(2026, 7, 1)},
        {"subscription_id": 2, "code": "S2", "person_id": 2, "start_date": D(2026, 7, 1)},
        {"subscription_id": 3, "code": "S3", "person_id": 3, "product_id": 2, "agent_code": ""}
        | {"start_date": D(2026, 10, 15), "bill_day": 15},
    ],
}


@pytest.fixture
def billed(record: Record, logins: Logins) -> Record:
    """The book after its nights of the first of July to October, and of 2 October."""
    seed(record, **BOOK)
    for month in (7, 8, 9, 10):
        bill(record, D(2026, month, 1))
    for invoice in (2, 4, 6):
        pay(record, invoice, 10000, D(2026, 9, 20))
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.subscription SET end_date = '2026-10-01' WHERE subscription_id = 2")
    bill(record, DAY)
    return record


def bill(record: Record, day: dt.date) -> None:
    run = open_run(record, job="night", book="north", business_date=day)
    assert run_step(record, run, "billing.charges", charge).totals["quarantined"] == 0


def seen(record: Record, day: dt.date = DAY) -> Receivables:
    with record.step("look", run_no=0, companies=[1], business_date=day) as tx:
        return read_receivables(tx)


def test_aging_by_payer(billed: Record) -> None:
    buckets = ["not_due_cents", "to_30_cents", "to_60_cents", "to_90_cents", "over_90_cents", "credits_cents"]
    found = seen(billed).aging
    assert found.select("payer", "invoices", *buckets, "open_cents").rows() == [
        ("ANN", 4, 0, 10000, 10000, 10000, 10000, 0, 40000),  # due 1, 31, 62 and 93 days ago
        ("BO", 2, 0, 10000, 0, 0, 0, -10000, 0),
        ("CY", 1, 3000, 0, 0, 0, 0, 0, 3000),
    ]


def test_sales_by_product_agent_and_month(billed: Record) -> None:
    columns = ["subscriptions", "lines", "amount_cents", "vendor_cost_cents", "commissionable_cents"]
    found = seen(billed).sales.select("month", "company", "product", "agent", *columns)
    assert found.rows() == [
        *((D(2026, month, 1), "HARBOR", "MED", "A1", 2, 2, 20000, 14000, 18000) for month in (7, 8, 9)),
        (D(2026, 10, 1), "HARBOR", "DEN", "", 1, 1, 3000, 2000, 3000),
        (D(2026, 10, 1), "HARBOR", "MED", "A1", 2, 3, 10000, 7000, 9000),
    ]


def test_the_rest_of_the_month_and_twelve_more(billed: Record) -> None:
    """Ann's November and Cy's second month are billed in October, and so on; March is dearer."""
    found = seen(billed).forecast.select("month", "product", "charges", "amount_cents").rows()
    months = [D(2026 + m // 12, m % 12 + 1, 1) for m in range(9, 22)]
    assert [row for row in found if row[1] == "MED"] == [
        (month, "MED", 1, 11000 if month >= D(2027, 2, 1) else 10000) for month in months
    ]
    assert [row for row in found if row[1] == "DEN"] == [(month, "DEN", 1, 3000) for month in months]


def test_nothing_is_unbilled_after_a_night_and_a_missed_one_is_told_period_by_period(billed: Record) -> None:
    assert seen(billed).unbilled.is_empty()
    assert seen(billed, D(2026, 10, 26)).unbilled.rows() == [
        ("HARBOR", "S1", "PREMIUM", D(2026, 11, 1), D(2026, 12, 1), 10000),
        ("HARBOR", "S3", "PREMIUM", D(2026, 11, 15), D(2026, 12, 15), 3000),
    ]


@pytest.mark.parametrize(
    ("day", "lines"),
    [
        (
            D(2026, 10, 1),
            [
                ("S1", "MED", "2026-10-01", "charge", "100.00"),
                ("S2", "MED", "2026-10-01", "charge", "100.00"),
                ("S3", "DEN", "2026-10-15", "charge", "30.00"),
            ],
        ),
        (DAY, [("S2", "MED", "2026-10-01", "retro_term", "-100.00")]),
    ],
    ids=str,
)
def test_the_register_of_a_night_line_by_line(
    billed: Record, home: Home, day: dt.date, lines: list[tuple[str, ...]]
) -> None:
    run = open_run(billed, job="night", book="north", business_date=day)
    run_whole(billed, run, "reports.nightly", lambda tx: build_reports(tx, home, "north"))
    text = (home.reports / "north" / str(day) / "register.csv").read_text()
    columns = ("subscription", "product", "coverage_start", "kind", "amount")
    assert [tuple(row[c] for c in columns) for row in csv.DictReader(io.StringIO(text))] == lines


def test_the_files_hold_the_same_rows(billed: Record, home: Home) -> None:
    run = open_run(billed, job="billing_reports", book="north", business_date=DAY)
    run_whole(billed, run, "reports.billing", lambda tx: build_receivables(tx, home, "north"))
    folder = home.reports / "north" / "2026-10-02"
    assert [line.split(",")[1] for line in (folder / "aging.csv").read_text().splitlines()] == [
        "payer", "ANN", "BO", "CY",
    ]  # fmt: skip
    assert (folder / "sales.csv").read_text().splitlines()[-1] == "2026-10-01,HARBOR,MED,A1,2,3,100.00,70.00,90.00"
    assert len((folder / "forecast.csv").read_text().splitlines()) == 1 + 2 * 13
    assert len((folder / "unbilled.csv").read_text().splitlines()) == 1
