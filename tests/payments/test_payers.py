"""Who is drafted, and from where: payment holds, payers of other people's subscriptions, groups of a company."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from assets.payments.refunds import refund
from resources.record import Record
from tests.payments.invoiced import (
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
)
from tests.support.seed import DAY, night, seed

NEXT = DAY + dt.timedelta(days=1)
USES = "SELECT from_invoice, to_invoice, amount_cents FROM payments.credit_use ORDER BY 1, 2"
FROM = "SELECT invoice_id, account_code, amount_cents, sec FROM payments.attempt ORDER BY attempt_id"


def hold(record: Record, *subscriptions: int, event: str = "payment_hold", number: int = 1, day: dt.date = DAY) -> None:
    rows = [
        {"company_id": 1, "subscription_id": s, "event_no": number, "event": event, "effective_date": day,
         "invoice_id": 1, "business_date": day} for s in subscriptions
    ]  # fmt: skip
    seed(record, billing__standing=rows)


def account(number: int, code: str, person: int | None, **more: Any) -> dict[str, Any]:
    return {"account_id": number, "code": code, "person_id": person, "account_blind": code.encode(), **more}


def list_bill(number: int, cents: int, group: str = "", **more: Any) -> dict[str, Any]:
    return invoice(number, cents, person_id=None, kind="list_bill", group_code=group, **more)


# Payment holds.


def test_an_invoice_on_payment_hold_waits_counted_and_is_drafted_whole_when_the_hold_is_over(record: Record) -> None:
    put(record, billing__invoice=[invoice(1, 5_000)])
    hold(record, 1)
    out = ask(record)
    assert (out.totals["on_hold"], out.totals["attempts"], out.totals["quarantined"]) == (1, 0, 0)
    assert (out.rows, asked(record)) == ({}, [])
    hold(record, 1, event="payment_hold_over", number=2, day=NEXT)
    over = ask(record, NEXT)
    assert (over.totals["on_hold"], asked(record, NEXT)) == (0, [(1, 1, "B1", 5_000, "PPD", NEXT)])
    assert ask(record, NEXT).rows == {}


def test_an_invoice_of_which_one_subscription_is_free_is_drafted_whole(record: Record) -> None:
    put(
        record,
        master__subscription=[{}, {"subscription_id": 2, "code": "S2"}],
        billing__invoice=[invoice(1, 5_000), invoice(2, 700)],
        billing__line=[line(1), line(2, invoice_id=1, subscription=2), line(3, invoice_id=2, subscription=2)],
    )
    hold(record, 2)
    assert ask(record).totals["on_hold"] == 1
    assert [row[0] for row in asked(record)] == [1]


def test_credit_pays_what_is_on_hold_and_the_rest_is_drafted_later(record: Record) -> None:
    put(record, billing__invoice=[invoice(1, -700), invoice(2, 5_000)])
    hold(record, 1)
    ask(record)
    assert (look(record, USES), asked(record)) == ([(1, 2, 700)], [])
    hold(record, 1, event="payment_hold_over", number=2)
    ask(record, NEXT)
    assert asked(record, NEXT)[0][3] == 4_300


def test_a_retry_waits_for_the_end_of_the_hold(record: Record) -> None:
    came_back(record)
    hold(record, 1)
    assert ask(record, RETRY).totals["on_hold"] == 1
    hold(record, 1, event="payment_hold_over", number=2)
    later = RETRY + dt.timedelta(days=30)
    assert ask(record, later).totals["retries"] == 1
    assert asked(record, later) == [(1, 2, "B1", 5_000, "PPD", later)]


def test_an_earlier_night_knows_no_later_hold_and_no_later_end_of_one(record: Record) -> None:
    put(record, billing__invoice=[invoice(1, 5_000)])
    hold(record, 1, day=NEXT)
    hold(record, 1, event="payment_hold_over", number=2, day=NEXT + dt.timedelta(days=1))
    assert ask(record, NEXT).totals["on_hold"] == 1
    assert ask(record).totals["attempts"] == 1


def test_a_draft_that_was_asked_for_before_the_hold_leaves_on_its_day(record: Record) -> None:
    """The payer's invoice has named the day; kept back, it would leave after a lapse, for what is no longer owed."""
    put(record, billing__invoice=[invoice(1, 5_000, due_date=NEXT)])
    assert ask(record).totals["attempts"] == 1
    hold(record, 1, day=NEXT)
    again = ask(record, NEXT)
    assert (again.rows, again.totals["on_hold"]) == ({}, 0)
    with record.step("look", run_no=0, companies=[1], business_date=NEXT) as tx:
        left = tx.read("payments/to_send")
    assert left.select("purpose", "amount_cents", "wanted_date").rows() == [("premium", 5_000, NEXT)]


# Another person's part.

SPOUSE = {"person_id": 2, "code": "M2", "subscriber_id": 1, "relationship": "spouse"}


def test_who_pays_for_another_is_drafted_from_his_own_account(record: Record) -> None:
    """Never from the subscriber's, whose account stands on the subscription."""
    put(
        record,
        master__person=[{}, SPOUSE],
        master__bank_account=[account(1, "B1", 1), account(2, "C9", 2), account(3, "C2", 2), account(4, "A", None)],
        billing__invoice=[invoice(1, 3_000), invoice(2, 2_000, person_id=2)],
        billing__line=[line(1, part=1), line(2, part=2)],
    )
    ask(record)
    assert look(record, FROM) == [(1, "B1", 3_000, "PPD"), (2, "C2", 2_000, "PPD")]


def test_his_own_subscription_names_the_account_before_any_other(record: Record) -> None:
    put(
        record,
        master__person=[{}, SPOUSE],
        master__bank_account=[account(1, "B1", 1), account(2, "C1", 2), account(3, "C2", 2)],
        master__subscription=[{}, {"subscription_id": 2, "code": "S2", "person_id": 2, "account_code": "C2"}],
        billing__invoice=[invoice(1, 5_000, person_id=2)],
        billing__line=[line(1), line(2, invoice_id=1, subscription=2)],
    )
    ask(record)
    assert look(record, FROM) == [(1, "C2", 5_000, "PPD")]


def test_he_may_divide_what_he_pays_for_another(record: Record) -> None:
    key = {"company_id": 1, "person_id": 2}
    put(
        record,
        master__person=[{}, SPOUSE],
        master__bank_account=[account(1, "B1", 1), account(2, "C1", 2), account(3, "C2", 2)],
        master__pay_method=[
            {**key, "part": 1, "account_code": "C2", "percent": "25", "amount_cents": None},
            {**key, "part": 2, "account_code": "C1", "percent": "75", "amount_cents": None},
        ],
        billing__invoice=[invoice(1, 2_000, person_id=2)],
    )
    ask(record)
    assert look(record, FROM) == [(1, "C2", 500, "PPD"), (1, "C1", 1_500, "PPD")]


@pytest.mark.parametrize(
    ("theirs", "rule"),
    [([], "no_account"), ([account(2, "C1", 2)], "account_stopped")],
)
def test_another_persons_part_without_a_usable_account_is_named(
    record: Record, theirs: list[dict[str, Any]], rule: str
) -> None:
    put(
        record,
        master__person=[{}, SPOUSE],
        master__bank_account=[account(1, "B1", 1), *theirs],
        returns__account_stop=[STOPPED | {"account_id": 2}],
        billing__invoice=[invoice(1, 2_000, person_id=2)],
    )
    assert ask(record).totals["quarantined"] == 1
    assert (asked(record), look(record, QUARANTINE)) == ([], [("invoice 1", rule)])


def test_what_came_back_of_another_persons_part_is_drafted_anew_from_his_account(record: Record) -> None:
    came_back(
        record,
        retry_on=None,
        master__person=[{}, SPOUSE],
        master__bank_account=[account(1, "B1", 1), account(2, "C1", 2)],
        billing__invoice=[invoice(1, 5_000, person_id=2)],
        returns__account_stop=[STOPPED],
        returns__returned=[{**_returned(), "code": "R02"}],
    )
    assert ask(record, RETRY).totals["new_series"] == 1
    assert asked(record, RETRY) == [(1, 1, "C1", 5_000, "PPD", RETRY)]


def _returned() -> dict[str, Any]:
    return {
        "company_id": 1, "entry_id": 1, "sha256": b"r", "position": 1, "amount_cents": 5_000, "settlement_date": DAY,
        "after_settlement": False, "retry_on": None, "business_date": DAY, "journal_id": 1,
    }  # fmt: skip


# Groups.

GROUPS = [
    {"code": "EAST", "account_code": "A-EAST"},
    {"code": "WEST", "account_code": ""},
    {"code": "LOST", "account_code": "GONE"},
]
OF_COMPANY = [account(1, "B1", 1), account(2, "A-EAST", None), account(3, "HQ", None)]


def test_a_groups_bill_is_drafted_from_its_account_else_from_the_companys_own(record: Record) -> None:
    put(
        record,
        master__sub_group=GROUPS,
        master__bank_account=OF_COMPANY,
        billing__invoice=[list_bill(1, 100, "EAST"), list_bill(2, 200, "WEST"), list_bill(3, 300),
                          list_bill(4, 400, "LOST")],
    )  # fmt: skip
    ask(record)
    assert look(record, FROM) == [(1, "A-EAST", 100, "CCD"), (2, "HQ", 200, "CCD"), (3, "HQ", 300, "CCD")]
    assert look(record, QUARANTINE) == [("invoice 4", "no_account")]
    assert ask(record).rows == {}


def test_an_account_that_a_group_names_never_pays_the_companys_bill(record: Record) -> None:
    put(
        record,
        master__sub_group=GROUPS,
        master__bank_account=OF_COMPANY[:2],
        billing__invoice=[list_bill(1, 100), list_bill(2, 200, "EAST")],
    )
    ask(record)
    assert [row[:2] for row in look(record, FROM)] == [(2, "A-EAST")]
    assert look(record, QUARANTINE) == [("invoice 1", "no_account")]


def test_the_credit_of_a_group_pays_no_other_groups_bill(record: Record) -> None:
    put(
        record,
        master__sub_group=GROUPS,
        master__bank_account=OF_COMPANY,
        billing__invoice=[
            list_bill(1, -900, "EAST"), list_bill(2, -50), list_bill(3, 400, "WEST"), list_bill(4, 500),
            list_bill(5, 600, "EAST"),
        ],
    )  # fmt: skip
    out = ask(record)
    assert look(record, USES) == [(1, 5, 600), (2, 4, 50)]
    assert (out.totals["credit_uses"], out.totals["credit_used_cents"]) == (2, 650)
    assert [(row[0], row[2]) for row in look(record, FROM)] == [(3, 400), (4, 450)]
    assert look(record, "SELECT invoice_id, group_code, left_cents FROM payments.credit_left") == [(1, "EAST", 300)]
    ask(record, NEXT)
    assert len(look(record, USES)) == 2


def test_a_list_bill_waits_only_while_every_member_on_it_is_on_payment_hold(record: Record) -> None:
    put(
        record,
        master__subscription=[{}, {"subscription_id": 2, "code": "S2"}],
        master__bank_account=OF_COMPANY,
        billing__invoice=[list_bill(1, 900), list_bill(2, 100, "EAST")],
        billing__line=[line(1), line(2, invoice_id=1, subscription=2), line(3, invoice_id=2, subscription=2)],
    )
    hold(record, 2)
    assert ask(record).totals["on_hold"] == 1
    assert [row[:2] for row in look(record, FROM)] == [(1, "A-EAST")]


# Refunds go back the same way.


def refunded_to(record: Record, number: int) -> str:
    with record.step("payments.act", run_no=night(record).run_no, companies=[1], business_date=DAY) as tx:
        return str(refund(tx, number, 10, actor="rita", reason="left").row(0, named=True)["account_code"])


def test_a_refund_goes_to_the_group_or_person_whose_credit_it_is(record: Record) -> None:
    put(
        record,
        master__person=[{}, SPOUSE],
        master__sub_group=GROUPS,
        master__bank_account=[*OF_COMPANY, account(4, "C1", 2)],
        billing__invoice=[
            list_bill(1, 100), list_bill(2, -100, "EAST"), list_bill(3, -100),
            invoice(4, -100, person_id=2, group_code=""),
            list_bill(5, -100, "WEST"), invoice(6, -100, group_code=""),
        ],
        payments__attempt=[attempt(1, 1, 100, account_code="HQ", sec="CCD")],
    )  # fmt: skip
    assert [refunded_to(record, n) for n in (2, 3, 4, 5, 6)] == ["A-EAST", "HQ", "C1", "HQ", "B1"]
