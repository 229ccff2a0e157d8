"""Puts small worlds straight into the record, so that a room's test reads as: given this book, expect these rows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from assets.steps import Run, open_run
from resources.record import Record

DAY = dt.date(2026, 10, 1)

_DEFAULTS: dict[str, dict[str, Any]] = {
    "master.book": {"book_id": 1, "code": "north", "name": "North", "time_zone": "America/New_York"},
    "master.company": {
        "company_id": 1,
        "book_id": 1,
        "code": "HARBOR",
        "name": "Harbor Plans",
        "kind": "individual",
        "tax_id": "123456789",
        "address": "1 Pier St",
        "city": "Portland",
        "state": "ME",
        "zip": "04101",
        "bank": "first-harbor",
        "ach_company_id": "1123456789",
        "ach_company_name": "HARBOR PLANS",
        "go_live": dt.date(2026, 1, 1),
    },
    "master.vendor": {"vendor_id": 1, "code": "evergreen", "name": "Evergreen Health", "tax_id": "987654321"},
    "master.product": {
        "product_id": 1,
        "code": "MED",
        "name": "Medical",
        "vendor_id": 1,
        "line": "HLT",
        "plan_code": "EG100",
        "proration": "actual",
        "trial_days": 0,
    },
    "master.fee": {"fee_id": 1, "product_id": 1, "code": "PREMIUM", "kind": "premium", "recurrence": "monthly"},
    "master.price": {
        "price_id": 1,
        "fee_id": 1,
        "company_code": "",
        "tier": "",
        "step_from": 1,
        "valid_from": dt.date(2026, 1, 1),
        "valid_to": None,
        "percent": None,
        "amount_cents": 37240,
        "vendor_cents": 26840,
        "commissionable_cents": 37240,
    },
    "master.agent": {"agent_id": 1, "code": "A1", "name": "Ada Agent", "parent_code": "", "level": 1},
    "master.commission_rate": {
        "rate_id": 1,
        "product_code": "",
        "level": 1,
        "percent": "10",
        "valid_from": dt.date(2026, 1, 1),
    },
    "master.person": {
        "company_id": 1,
        "person_id": 1,
        "code": "M1",
        "subscriber_id": None,
        "relationship": "self",
        "first_name": "Ann",
        "last_name": "Sample",
        "birth_date": dt.date(1980, 5, 17),
        "gender": "F",
        "address": "2 Hill Rd",
        "city": "Portland",
        "state": "ME",
        "zip": "04101",
        "ssn_sealed": None,
        "ssn_blind": None,
    },
    "master.bank_account": {
        "company_id": 1,
        "account_id": 1,
        "code": "B1",
        "version": 1,
        "person_id": 1,
        "routing": "011000015",
        "account_type": "checking",
        "account_sealed": b"sealed",
        "account_blind": b"blind",
        "account_last4": "6789",
        "holder_name": "Ann Sample",
    },
    "master.subscription": {
        "company_id": 1,
        "subscription_id": 1,
        "code": "S1",
        "person_id": 1,
        "product_id": 1,
        "tier": "EMP",
        "start_date": dt.date(2026, 9, 1),
        "end_date": None,
        "bill_day": 1,
        "method": "ach",
        "account_code": "B1",
        "agent_code": "A1",
        "group_code": "",
    },
    "master.sub_group": {"company_id": 1, "code": "G1", "name": "Group", "parent_code": "", "pays_per_year": 12},
    "master.payer_share": {"company_id": 1, "subscription_id": 1, "part": 1, "payer": "company", "percent": None},
}
_ORDER = [*_DEFAULTS, "master.covered", "master.hold", "master.split"]
_SCHEMA = {
    "subscriber_id": pl.Int32,
    "ssn_sealed": pl.Binary,
    "ssn_blind": pl.Binary,
    "person_id": pl.Int32,
    "end_date": pl.Date,
    "valid_to": pl.Date,
    "percent": pl.String,
}


def seed(record: Record, **tables: list[dict[str, Any]]) -> Run:
    """Write rows (table name with `__` for the dot; missing columns take defaults; a table not named gets none).

    `seed(record, master__book=[{}], master__company=[{}, {"company_id": 2, "code": "GUILD"}])`
    """
    rows = {name.replace("__", "."): value for name, value in tables.items()}
    opened = open_run(record, job="seed", book="house", business_date=DAY)
    companies = sorted({r.get("company_id", 1) for r in rows.get("master.company", [{}])})
    with record.step("seed", run_no=opened.run_no, companies=companies, business_date=DAY) as tx:
        for table in [t for t in _ORDER if t in rows] + [t for t in rows if t not in _ORDER]:
            full = [{**_DEFAULTS.get(table, {}), **r} for r in rows[table]]
            frame = pl.DataFrame(full, infer_schema_length=None)
            frame = frame.with_columns(pl.col(c).cast(t) for c, t in _SCHEMA.items() if c in frame.columns)
            tx.append(table, frame)
    return opened


def night(record: Record, book: str = "north", business_date: dt.date = DAY) -> Run:
    """Open a run of this book's night."""
    return open_run(record, job="night", book=book, business_date=business_date)


ONE_MEMBER: dict[str, list[dict[str, Any]]] = {
    "master__book": [{}],
    "master__company": [{}],
    "master__vendor": [{}],
    "master__product": [{}],
    "master__fee": [{}],
    "master__price": [{}],
    "master__agent": [{}],
    "master__commission_rate": [{}],
    "master__person": [{}],
    "master__bank_account": [{}],
    "master__subscription": [{}],
}
