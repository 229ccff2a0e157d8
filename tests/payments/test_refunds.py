"""Refunds: what is left of a credit and never more, to the account its payer pays from; then the books."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.payments.refunds import refund
from formats.errors import GuardError, RecordError
from resources.database import Logins
from resources.vault import Vault
from tests.support.desk import COMMISSION_PART, PRICE, VENDOR_PART, Desk, opened

CREDITED = dt.date(2026, 10, 12)
LEFT = "SELECT invoice_id, left_cents FROM payments.credit_left"


def ask(desk: Desk, invoice: int, cents: int | None = None) -> dict[str, Any]:
    with desk.transaction() as tx:
        return refund(tx, invoice, cents, actor="rita", reason="left the plan").row(0, named=True)


@pytest.fixture
def credited(logins: Logins, vault: Vault) -> Desk:
    """Member 1 has paid October and turns out not to have been covered: a credit of all of it."""
    desk = opened(logins, vault, count=1)
    desk.night()
    desk.send()
    desk.night(dt.date(2026, 10, 9))
    with desk.transaction() as tx:
        tx.select("UPDATE master.subscription SET end_date = start_date RETURNING 1")
    credited = desk.night(CREDITED)
    # What the draft had earned goes back by the credit, not by its refund.
    assert (credited["payable_cents"], credited["commission_cents"]) == (-VENDOR_PART, -COMMISSION_PART)
    assert desk.balance()[1100] == -PRICE
    desk.prove()
    return desk


def test_a_refund_pays_the_credit_out_and_no_more(credited: Desk) -> None:
    desk, credit = credited, 2
    for cents in (PRICE + 1, 0, -5):
        with pytest.raises(GuardError, match=f"has {PRICE} cents of credit left"):
            ask(desk, credit, cents)
    made = ask(desk, credit, 10_000)
    assert (made["subject"], made["account_code"], made["sec"]) == ("2/1", "B1", "PPD")
    assert desk.look(LEFT).rows() == [(2, PRICE - 10_000)]
    with pytest.raises(GuardError, match="27240 cents of credit left"):
        ask(desk, credit, PRICE)
    assert ask(desk, credit)["amount_cents"] == PRICE - 10_000
    assert desk.look(LEFT).is_empty()
    with pytest.raises(GuardError, match="has 0 cents of credit left"):
        ask(desk, credit)
    assert desk.originate().totals["ach_credit_cents"] == PRICE
    one, two = desk.entries("refund")
    assert [(e["transaction_code"], e["description"], e["individual_id"]) for e in (one, two)] == [
        (22, "REFUND", "2/1"), (22, "REFUND", "2/2"),
    ]  # fmt: skip
    assert desk.balance().get(1100, 0) == 0
    desk.send()
    settled = desk.night(dt.date(2026, 10, 21))
    assert settled["settled_cents"] == -PRICE
    assert (settled["payable_cents"], settled["commission_cents"]) == (0, 0)
    assert desk.balance() == {}  # all of it has gone back to where it came from
    desk.prove()


def test_a_refund_that_comes_back_is_credit_again(credited: Desk) -> None:
    desk = credited
    ask(desk, 2)
    desk.originate()
    desk.send()
    (entry,) = desk.entries("refund")
    desk.come_back(entry, "R03")
    assert desk.look(LEFT).rows() == [(2, PRICE)]
    assert desk.balance()[1100] == -PRICE
    desk.prove()
    assert ask(desk, 2)["subject"] == "2/2"


def test_the_record_refuses_what_the_rule_does_not_see(credited: Desk) -> None:
    desk = credited
    ask(desk, 2, PRICE - 1)
    row = desk.look("SELECT * FROM payments.instruction").drop("run_no", "booked_at")
    second = row.with_columns(instruction_id=pl.lit(9), subject=pl.lit("2/9"))
    refused = pytest.raises(RecordError, match="invoice 2 of company 1 has not 37239 cents of credit left")
    with refused, desk.transaction() as tx:
        tx.append("payments.instruction", second)
    with pytest.raises(RecordError, match="duplicate key"), desk.transaction() as tx:
        tx.append("payments.instruction", row.with_columns(instruction_id=pl.lit(9), amount_cents=pl.lit(1)))


def test_two_at_once_pay_out_once(credited: Desk) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(_: int) -> int:
        mine = Desk(credited.logins, credited.vault, credited.partners, day=CREDITED)
        try:
            return int(ask(mine, 2, 30_000)["amount_cents"])
        except (GuardError, RecordError):
            return 0

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(one, range(4))) == [0, 0, 0, 30_000]


def test_what_is_no_credit_is_not_refunded(credited: Desk) -> None:
    with pytest.raises(GuardError, match="invoice 1 is no credit"):
        ask(credited, 1)
    with pytest.raises(RecordError, match="no invoice 77"):
        ask(credited, 77)
