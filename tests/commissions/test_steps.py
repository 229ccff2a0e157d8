"""Accruals against a real database: given settled money, expect these cents, once, and in balance."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from assets.commissions.steps import accrue as accrue_commissions
from assets.payables.steps import accrue as accrue_payables
from assets.steps import run_step
from resources.record import Record
from tests.support.seed import DAY, ONE_MEMBER, night, seed

TOTAL, VENDOR, BASE = 38900, 26840, 37700  # the split of a price of the commissions reference, section 12
TREE: dict[str, list[dict[str, Any]]] = {
    "master__agent": [
        {"parent_code": "A2"},
        {"agent_id": 2, "code": "A2", "level": 2},
        {"agent_id": 3, "code": "A3"},
    ],
    "master__commission_rate": [{"percent": "15.5"}, {"rate_id": 2, "level": 2, "percent": "19.5"}],
}


def later(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def invoice(number: int = 1, total: int = TOTAL, vendor: int = VENDOR, base: int = BASE) -> dict[str, Any]:
    """One invoice with one line, as the billing room books it (journal 1000 times its number)."""
    key = {"company_id": 1, "invoice_id": number}
    bill = key | {"person_id": 1, "kind": "individual", "bill_date": DAY, "due_date": DAY, "total_cents": total}
    bill["sequence"] = number
    line = key | {
        "line_id": number, "subscription_id": 1, "fee_id": 1, "coverage_start": later(number),
        "coverage_end": later(number + 30), "revision": 0, "kind": "charge", "amount_cents": total,
        "vendor_cents": vendor, "commissionable_cents": base, "price_id": 1, "cause": "test",
        "journal_id": 1000 * number,
    }  # fmt: skip
    journal = {"company_id": 1, "journal_id": 1000 * number, "source_kind": "billing.charges", "event": "charged"}
    journal |= {"source_id": f"test/{number}", "business_date": DAY}
    postings = [
        {"company_id": 1, "journal_id": 1000 * number, "account": account, "amount_cents": cents}
        for account, cents in ((1100, total), (2000, -total))
    ]
    return {
        "billing__invoice": [bill],
        "billing__line": [line],
        "ledger__journal": [journal],
        "ledger__posting": postings,
    }


def paid(number: int, cents: int, *, on: int, of: int = 1) -> dict[str, Any]:
    """The number-th settled entry, for part `number` of an invoice."""
    row = {"company_id": 1, "amount_cents": cents, "business_date": later(on)}
    attempt = row | {
        "attempt_id": number, "invoice_id": of, "payer_part": number, "attempt_no": 1, "account_code": "B1",
        "sec": "PPD", "wanted_date": DAY,
    }  # fmt: skip
    entry = row | {
        "entry_id": number, "file_id": 1, "batch_number": 1, "purpose": "premium", "source_id": number, "attempt_no": 1,
        "sec": "PPD", "description": "PREMIUM", "transaction_code": 27, "account_id": 1, "individual_id": "M1",
        "trace_number": f"{number:015d}", "effective_date": later(on), "journal_id": 1,
    }  # fmt: skip
    return {
        "payments__attempt": [attempt],
        "payments__ach_entry": [entry],
        "banking__settlement": [row | {"entry_id": number, "journal_id": 1}],
    }


def returned(number: int, cents: int, *, on: int) -> dict[str, Any]:
    row = {
        "company_id": 1, "entry_id": number, "sha256": b"x", "position": number, "code": "R10", "amount_cents": cents,
        "settlement_date": later(on), "after_settlement": True, "business_date": later(on), "journal_id": 1,
    }  # fmt: skip
    return {"returns__returned": [row]}


def accrue(record: Record, on: int = 1) -> tuple[dict[str, int], dict[str, int]]:
    """Both steps of a night; their totals and what they appended."""
    run = night(record, business_date=later(on))
    payables = run_step(record, run, "payables.accrue", accrue_payables)
    commissions = run_step(record, run, "commissions.accrue", accrue_commissions)
    assert not payables.set_aside
    assert not commissions.set_aside
    rows = dict(payables.rows)
    for table, count in commissions.rows.items():
        rows[table] = rows.get(table, 0) + count
    return payables.totals | commissions.totals, rows


def look(record: Record, text: str) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        return tx.select(text).rows()


def balance(record: Record) -> dict[int, int]:
    return dict(look(record, "SELECT account, sum(amount_cents)::bigint FROM ledger.posting GROUP BY account"))  # type: ignore[arg-type]


AGENTS = "SELECT agent_id, sum(amount_cents)::bigint FROM commissions.accrual GROUP BY 1 ORDER BY 1"


def test_a_settled_premium_is_divided_to_the_cent_and_once(record: Record) -> None:
    seed(record, **(ONE_MEMBER | TREE | invoice()))
    assert accrue(record)[1] == {}  # billed is not earned
    seed(record, **paid(1, TOTAL, on=1))
    totals, _ = accrue(record)
    assert totals["payable_cents"] == VENDOR
    assert look(record, AGENTS) == [(1, 5844), (2, 1508)]
    assert totals["margin_cents"] == TOTAL - VENDOR - 5844 - 1508  # fee 12.00 and margin 35.08
    assert balance(record) == {1100: TOTAL, 2000: 0, 2100: -VENDOR, 2200: -5844 - 1508, 4000: -4708}
    assert accrue(record)[1] == {}
    assert accrue(record, on=2)[1] == {}


def test_part_payments_and_a_late_return(record: Record) -> None:
    seed(record, **(ONE_MEMBER | TREE | invoice()))
    seed(record, **paid(1, 20000, on=1))
    totals, _ = accrue(record)
    assert (totals["payable_cents"], totals["commission_cents"]) == (13799, 3780)
    assert balance(record)[2000] == -(TOTAL - 20000)  # the part that is not funded
    seed(record, **paid(2, TOTAL - 20000, on=2))
    totals, _ = accrue(record, on=2)
    assert totals["payable_cents"] == VENDOR - 13799
    assert balance(record)[2000] == 0
    seed(record, **returned(1, 20000, on=3))
    accrue(record, on=3)
    seed(record, **returned(2, TOTAL - 20000, on=4))
    accrue(record, on=4)
    assert balance(record) == {1100: TOTAL, 2000: -TOTAL, 2100: 0, 2200: 0, 4000: 0}
    assert look(record, AGENTS) == [(1, 0), (2, 0)]
    assert look(record, "SELECT max(revision) FROM payables.accrual") == [(3,)]


def test_a_credit_takes_back_at_once_and_funds_where_it_is_used(record: Record) -> None:
    seed(record, **(ONE_MEMBER | TREE | invoice() | {}))
    seed(record, **paid(1, TOTAL, on=1))
    accrue(record)
    seed(record, **invoice(2, -TOTAL, -VENDOR, -BASE))
    accrue(record, on=2)
    assert balance(record) == {1100: 0, 2000: 0, 2100: 0, 2200: 0, 4000: 0}
    seed(record, **invoice(3))
    use = {"company_id": 1, "from_invoice": 2, "to_invoice": 3, "amount_cents": TOTAL, "business_date": later(3)}
    seed(record, payments__credit_use=[use])
    accrue(record, on=4)
    assert balance(record)[2100] == -VENDOR
    assert balance(record)[2000] == 0


def test_a_night_run_again_does_not_see_the_credits_it_booked_itself(record: Record) -> None:
    """A night accrues before it bills and drafts: credits and their use are the next night's."""
    seed(record, **(ONE_MEMBER | TREE | invoice() | invoice(2)))
    seed(record, **paid(1, TOTAL, on=1))
    accrue(record)
    credit = invoice(3, -TOTAL, -VENDOR, -BASE)
    credit["billing__invoice"][0] |= {"bill_date": later(2), "due_date": later(2)}
    seed(record, **credit)
    use = {"company_id": 1, "from_invoice": 3, "to_invoice": 2, "amount_cents": TOTAL, "business_date": later(2)}
    seed(record, payments__credit_use=[use])
    assert accrue(record, on=2)[1] == {}
    assert accrue(record, on=3)[1]["payables.accrual"] == 2
    assert accrue(record, on=3)[1] == {}


def test_a_path_is_frozen_at_the_first_accrual(record: Record) -> None:
    seed(record, **(ONE_MEMBER | TREE | invoice()))
    seed(record, **paid(1, TOTAL, on=1))
    accrue(record)
    change(record, "UPDATE master.subscription SET agent_code = 'A3'; UPDATE master.commission_rate SET percent = 1")
    seed(record, **invoice(2))
    seed(record, **paid(2, TOTAL, on=2, of=2))
    accrue(record, on=2)
    assert look(record, AGENTS) == [(1, 2 * 5844), (2, 2 * 1508)]


def test_a_quarantined_subscription_accrues_what_it_missed_when_it_is_corrected(record: Record) -> None:
    tree = TREE | {"master__agent": [{"parent_code": "A2"}, {"agent_id": 2, "code": "A2", "parent_code": "A1"}]}
    seed(record, **(ONE_MEMBER | tree | invoice()))
    seed(record, **paid(1, TOTAL, on=1))
    totals, _ = accrue(record)
    assert (totals["payable_cents"], totals["commission_cents"], totals["quarantined"]) == (VENDOR, 0, 1)
    assert look(record, "SELECT subject, rule FROM audit.quarantine") == [("subscription S1", "agent_path")]
    assert accrue(record, on=2)[1] == {}
    change(record, "UPDATE master.agent SET parent_code = '', level = 2 WHERE code = 'A2'")
    totals, _ = accrue(record, on=3)
    assert (totals["commission_cents"], totals["margin_cents"]) == (5844 + 1508, -5844 - 1508)


@pytest.mark.parametrize(("order", "first_night"), [((1, 2), 13799), ((2, 1), None)])
def test_a_night_that_was_missed_is_made_up_for(
    record: Record, order: tuple[int, int], first_night: int | None
) -> None:
    """In order it is as if it had run on time; after a later night, that night has decided already."""
    seed(record, **(ONE_MEMBER | TREE | invoice()))
    seed(record, **paid(1, 20000, on=1))
    seed(record, **paid(2, TOTAL - 20000, on=2))
    for on in order:
        accrue(record, on=on)
    whole = "SELECT sum(amount_cents)::bigint FROM payables.accrual"
    assert look(record, whole) == [(VENDOR,)]
    assert look(record, f"{whole} WHERE business_date = '2026-10-02'") == [(first_night,)]
    assert balance(record) == {1100: TOTAL, 2000: 0, 2100: -VENDOR, 2200: -5844 - 1508, 4000: -4708}


def test_a_night_made_up_for_leaves_later_money_to_the_next_however_long_ago_it_was_booked(record: Record) -> None:
    seed(record, **(ONE_MEMBER | TREE | invoice()))
    days_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    second = paid(2, TOTAL, on=2, of=2)
    second["banking__settlement"][0]["booked_at"] = days_ago
    seed(record, **invoice(2))
    seed(record, **second)
    seed(record, **paid(1, 20000, on=1))
    assert accrue(record, on=1)[0]["payable_cents"] == 13799
    totals, _ = accrue(record, on=2)
    assert (totals["payable_cents"], totals["commission_cents"]) == (VENDOR, 5844 + 1508)


def change(record: Record, statement: str) -> None:
    import psycopg

    with psycopg.connect(record.uri) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1}', true)")
        connection.execute(statement)
