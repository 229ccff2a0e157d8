"""Attempts: what each payer is asked for, from credits, first drafts and returns."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.payments import attempts as rules
from assets.payments import reading
from assets.payments.credits import CREDITS
from formats.errors import RecordError
from resources.database import Logins
from resources.record import Record, Tx
from tests.payments.invoiced import (
    OTHER,
    QUARANTINE,
    RETRY,
    STOPPED,
    ask,
    asked,
    attempt,
    came_back,
    invoice,
    line,
    look,
    put,
    returned,
)
from tests.support.seed import DAY, seed


def test_a_first_draft_waits_for_its_due_date_and_a_rerun_adds_none(record: Record) -> None:
    later = DAY + dt.timedelta(days=9)
    put(record, billing__invoice=[invoice(1, 37240, due_date=later), invoice(2, 100, due_date=dt.date(2026, 9, 1))])
    out = ask(record)
    assert asked(record) == [(1, 1, "B1", 37240, "PPD", later), (2, 1, "B1", 100, "PPD", DAY)]
    assert (out.totals["attempts"], out.totals["attempt_cents"], out.totals["retries"]) == (2, 37340, 0)
    assert ask(record).rows == {}
    assert look(record, "SELECT count(*) FROM ledger.journal") == [(0,)]


def test_many_runs_at_once_make_one_set(record: Record) -> None:
    put(record, billing__invoice=[invoice(1, 37240), invoice(2, -40)])
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: ask(record), range(6)))
    assert [bool(o.rows) for o in outcomes].count(True) == 1
    assert asked(record) == [(1, 1, "B1", 37200, "PPD", DAY)]


def test_a_list_bill_is_drafted_from_the_companys_own_account(record: Record) -> None:
    own = {"account_id": 2, "code": "HQ", "person_id": None}
    put(
        record,
        master__bank_account=[{}, own],
        billing__invoice=[invoice(1, 5000, person_id=None, kind="list_bill")],
    )
    ask(record)
    assert asked(record) == [(1, 1, "HQ", 5000, "CCD", DAY)]


def test_the_lowest_subscription_that_names_an_account_decides(record: Record) -> None:
    put(
        record,
        master__bank_account=[{}, {"account_id": 2, "code": "B2"}],
        master__subscription=[
            {"subscription_id": 1, "code": "S3", "account_code": "B1"},
            {"subscription_id": 2, "code": "S1", "account_code": ""},
            {"subscription_id": 3, "code": "S2", "account_code": "B2"},
        ],
        billing__invoice=[invoice(1, 5000)],
        billing__line=[line(n, subscription=n, invoice_id=1) for n in (1, 2, 3)],
    )
    ask(record)
    assert asked(record)[0][2] == "B2"


def test_credits_are_used_first_and_only_once(record: Record) -> None:
    companys = invoice(4, -1000, person_id=None, kind="list_bill")  # another payer's credit
    put(record, billing__invoice=[invoice(1, -30000), invoice(2, 10000), invoice(3, 25000), companys])
    out = ask(record)
    assert look(record, "SELECT from_invoice, to_invoice, amount_cents FROM payments.credit_use ORDER BY 1, 2") == [
        (1, 2, 10000),
        (1, 3, 20000),
    ]
    assert asked(record) == [(3, 1, "B1", 5000, "PPD", DAY)]
    assert (out.totals["credit_uses"], out.totals["credit_used_cents"]) == (2, 30000)
    assert ask(record).rows == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"master__subscription": [{"account_code": ""}]}, "no_account"),
        ({"master__subscription": [{"account_code": "GONE"}]}, "no_account"),
        (
            {
                "returns__account_stop": [
                    {"company_id": 1, "account_id": 1, "code": "R02", "stop": "yes", "business_date": DAY}
                ]
            },
            "account_stopped",
        ),
    ],
)
def test_no_draft_without_a_usable_account(record: Record, change: dict[str, Any], rule: str) -> None:
    put(record, billing__invoice=[invoice(1, 5000)], **change)
    assert ask(record).totals["quarantined"] == 1
    assert asked(record) == []
    assert look(record, QUARANTINE) == [("invoice 1", rule)]


def test_a_new_version_of_a_stopped_account_is_free(record: Record) -> None:
    put(
        record,
        master__bank_account=[{}, {"account_id": 2, "version": 2, "account_blind": b"other"}],
        returns__account_stop=[STOPPED],
        billing__invoice=[invoice(1, 5000)],
    )
    ask(record)
    assert len(asked(record)) == 1


def test_a_divided_invoice_is_asked_for_part_by_part_or_not_at_all(record: Record) -> None:
    parts = [
        {"company_id": 1, "person_id": 1, "part": 1, "account_code": "B2", "percent": None, "amount_cents": 2_000},
        {"company_id": 1, "person_id": 1, "part": 2, "account_code": "B1", "percent": "100", "amount_cents": None},
    ]
    put(
        record,
        master__bank_account=[
            {"authorised": "written"},
            {"account_id": 2, "code": "B2", "account_blind": b"b2", "authorised": "phone"},
        ],
        master__pay_method=parts,
        billing__invoice=[invoice(1, 5_000), invoice(2, 2_000)],
    )
    ask(record)
    assert look(record, "SELECT invoice_id, payer_part, account_code, amount_cents, sec FROM payments.attempt") == [
        (1, 1, "B2", 2_000, "TEL"),
        (1, 2, "B1", 3_000, "PPD"),
        (2, 1, "B2", 2_000, "TEL"),
    ]
    assert ask(record).rows == {}


def test_no_part_is_asked_for_while_another_has_no_account(record: Record) -> None:
    parts = [
        {"company_id": 1, "person_id": 1, "part": 1, "account_code": "GONE", "percent": "50", "amount_cents": None},
        {"company_id": 1, "person_id": 1, "part": 2, "account_code": "B1", "percent": "50", "amount_cents": None},
    ]
    put(record, master__pay_method=parts, billing__invoice=[invoice(1, 5_000)])
    ask(record)
    assert (asked(record), look(record, QUARANTINE)) == ([], [("invoice 1", "no_account")])


def test_a_payees_account_is_not_a_companys_own(record: Record) -> None:
    agents = {"account_id": 2, "code": "A", "person_id": None, "owner": "agent", "owner_code": "A1"}
    put(
        record,
        master__bank_account=[{"owner": "payer", "owner_code": ""}, agents],
        billing__invoice=[invoice(1, 5000, person_id=None, kind="list_bill")],
    )
    ask(record)
    assert look(record, QUARANTINE) == [("invoice 1", "no_account")]


def test_what_came_back_wrong_is_drafted_anew_by_itself_and_only_once(record: Record) -> None:
    came_back(
        record,
        retry_on=None,
        returns__account_stop=[STOPPED],
        returns__returned=[returned(1, 5_000, None, code="R02")],
        master__bank_account=[{}, OTHER | {"account_id": 2}],
    )
    out = ask(record, RETRY)
    assert out.totals["new_series"] == 1
    rows = "SELECT series, attempt_no, cures, amount_cents FROM payments.attempt WHERE attempt_id > 1"
    assert look(record, rows) == [(2, 1, 1, 5_000)]
    assert ask(record, RETRY).rows == {}
    with pytest.raises(RecordError, match="cured_once"):
        seed(record, payments__attempt=[attempt(9, 1, 5_000, series=3, cures=1)])


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ({"attempt_no": 4}, "attempt_no_check"),  # a third reinitiation
        ({"attempt_no": 3}, "attempt_no_key"),  # the last of them again
        ({"attempt_no": 1, "series": 2}, "check"),  # a new series that answers nothing
        ({"attempt_no": 2, "cures": 1}, "check"),  # a retry that claims to
        ({"attempt_no": 2, "sec": "POP"}, "sec_check"),
    ],
)
def test_the_database_refuses_one_try_too_many(record: Record, row: dict[str, Any], refused: str) -> None:
    came_back(record, attempt_no=3)
    with pytest.raises(RecordError, match=refused):
        seed(record, payments__attempt=[attempt(9, 1, 5_000, **row)])


def marks(record: Record) -> list[tuple[Any, ...]]:
    return look(record, "SELECT company_id, upto, waiting FROM payments.asked ORDER BY company_id")


def test_a_night_looks_at_new_invoices_and_at_those_that_waited(record: Record) -> None:
    """Waiting are: one without account, one of a later date. What is asked for or paid by credit is not looked at."""
    later = DAY + dt.timedelta(days=3)
    put(
        record,
        master__subscription=[{}, {"subscription_id": 2, "code": "S2", "account_code": ""}],
        billing__invoice=[
            invoice(1, 5_000),
            invoice(2, 700),
            invoice(3, 900, bill_date=later),
            invoice(4, 300),
            invoice(5, -300),
        ],
        billing__line=[line(n, subscription=2 if n == 2 else 1) for n in range(1, 6)],
    )
    ask(record)
    assert asked(record) == [(1, 1, "B1", 4_700, "PPD", DAY), (4, 1, "B1", 300, "PPD", DAY)]
    assert marks(record) == [(1, 5, [2, 3])]
    with record.step("seed", run_no=1, companies=[1], business_date=DAY) as tx:
        tx.append("billing.invoice", pl.DataFrame([invoice(6, 800)]))
        tx.append("billing.line", pl.DataFrame([line(6)]))
    ask(record, later)
    assert [row[0] for row in asked(record, later)] == [3, 6]
    assert marks(record) == [(1, 6, [2])]


def test_emptied_marks_cost_a_full_look_and_change_nothing(record: Record, logins: Logins) -> None:
    put(record, billing__invoice=[invoice(1, 5_000), invoice(2, 700)])
    ask(record)
    with psycopg.connect(logins.owner) as session:
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("DELETE FROM payments.asked")
    assert ask(record).rows == {}
    assert marks(record) == [(1, 2, [])]


def test_many_invoices_are_read_as_tables_and_planned_the_same(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        record,
        master__bank_account=[{}, {"account_id": 2, "code": "HQ", "person_id": None}],
        billing__invoice=[invoice(1, 5_000), invoice(2, 700, person_id=None, kind="list_bill"), invoice(3, 40)],
    )
    with record.step("payments.attempts", run_no=1, companies=[1], business_date=DAY) as tx:
        few = plan_of(tx)
        monkeypatch.setattr(reading, "_FEW", 0)
        many = plan_of(tx)
    assert few.attempts.height == 3
    assert few.attempts.equals(many.attempts)


def plan_of(tx: Tx) -> rules.Plan:
    seen = reading.asking(tx)
    nothing = {"credit": pl.DataFrame(schema=CREDITS), "held": pl.DataFrame(schema=rules.HELD)}
    return rules.plan(DAY, opened=seen.opened, returned=seen.returned, sources=reading.sources(tx, seen), **nothing)
