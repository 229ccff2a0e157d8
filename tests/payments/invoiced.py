"""Rows of invoices, lines, attempts, entries and returns, and what a night then asks for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from assets.payments.steps import plan_attempts
from assets.steps import Outcome, run_step
from resources.record import Record
from tests.support.seed import DAY, ONE_MEMBER, night, seed

RETRY = DAY + dt.timedelta(days=14)
OTHER = {"version": 2, "account_blind": b"other"}
STOPPED = {"company_id": 1, "account_id": 1, "code": "R02", "stop": "hold", "business_date": DAY}


def invoice(number: int, cents: int, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "invoice_id": number,
        "person_id": 1,
        "kind": "individual",
        "bill_date": DAY,
        "due_date": DAY,
        "total_cents": cents,
        "sequence": number,
    }
    return row | more


def line(number: int, subscription: int = 1, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "line_id": number,
        "invoice_id": number,
        "subscription_id": subscription,
        "fee_id": 1,
        "coverage_start": DAY - dt.timedelta(days=number),
        "coverage_end": DAY,
        "revision": 0,
        "kind": "charge",
        "amount_cents": 1,
        "vendor_cents": 0,
        "commissionable_cents": 0,
        "price_id": 1,
        "cause": "due",
        "journal_id": 1,
    }
    return row | more


def attempt(number: int, invoice_id: int, cents: int, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "attempt_id": number,
        "invoice_id": invoice_id,
        "attempt_no": 1,
        "account_code": "B1",
        "amount_cents": cents,
        "sec": "PPD",
        "wanted_date": DAY,
        "business_date": DAY,
    }
    return row | more


def entry(number: int, of_attempt: int, cents: int, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "entry_id": number,
        "file_id": 1,
        "batch_number": 1,
        "purpose": "premium",
        "source_id": of_attempt,
        "attempt_no": 1,
        "sec": "PPD",
        "description": "PREMIUM",
        "transaction_code": 27,
        "account_id": 1,
        "amount_cents": cents,
        "individual_id": "x",
        "trace_number": f"{number:015d}",
        "effective_date": DAY,
        "business_date": DAY,
        "journal_id": 1,
    }
    return row | more


def returned(of_entry: int, cents: int, retry_on: dt.date | None, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "entry_id": of_entry,
        "sha256": b"r",
        "position": of_entry,
        "code": "R01",
        "amount_cents": cents,
        "settlement_date": DAY,
        "after_settlement": False,
        "retry_on": retry_on,
        "business_date": DAY + dt.timedelta(days=2),
        "journal_id": 1,
    }
    return row | more


def put(record: Record, **tables: list[dict[str, Any]]) -> None:
    world = {"billing__line": [line(n["invoice_id"]) for n in tables.get("billing__invoice", [])], **tables}
    seed(record, **{**ONE_MEMBER, **world})


def ask(record: Record, day: dt.date = DAY) -> Outcome:
    return run_step(record, night(record, business_date=day), "payments.attempts", plan_attempts)


def look(record: Record, text: str) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=[1, 2], business_date=DAY) as tx:
        return tx.select(text).rows()


ATTEMPTS = """SELECT invoice_id, attempt_no, account_code, amount_cents, sec, wanted_date FROM payments.attempt
  WHERE business_date = '{day}' ORDER BY company_id, attempt_id"""
QUARANTINE = "SELECT subject, rule FROM audit.quarantine ORDER BY subject, rule"


def asked(record: Record, day: dt.date = DAY) -> list[tuple[Any, ...]]:
    return look(record, ATTEMPTS.replace("{day}", str(day)))


def came_back(
    record: Record, retry_on: dt.date | None = RETRY, attempt_no: int = 1, **more: list[dict[str, Any]]
) -> None:
    tries = range(1, attempt_no + 1)
    put(
        record,
        **{
            "billing__invoice": [invoice(1, 5000)],
            "payments__attempt": [attempt(n, 1, 5000, attempt_no=n) for n in tries],
            "payments__ach_entry": [entry(n, n, 5000, attempt_no=n) for n in tries],
            "returns__returned": [returned(n, 5000, retry_on) for n in tries],
            **more,
        },
    )
