"""Payouts: what is owed above the minimum, one payment per payee and day; then statements and the books."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from assets.commissions.statements import stated
from assets.payments.instruct import pay_now
from assets.payments.payouts import is_pay_day, payouts
from assets.reports.figures import read_night
from assets.reports.page import page
from resources.database import Logins
from resources.vault import Vault
from tests.support.bank import BANK
from tests.support.desk import COMMISSION_PART, VENDOR_PART, Desk, opened

SETTLED = dt.date(2026, 10, 9)
AGENT, VENDOR = 3 * COMMISSION_PART, 3 * VENDOR_PART


@pytest.fixture
def earned(logins: Logins, vault: Vault) -> Desk:
    """Three drafts that settle on the 9th, a pay day."""
    desk = opened(logins, vault, payout_days=(9, 31))
    desk.night()
    desk.send()
    return desk


def test_a_pay_day_pays_agents_and_vendors_once(earned: Desk) -> None:
    desk = earned
    paid = desk.night(SETTLED)
    assert (paid["payouts"], paid["payout_cents"]) == (2, AGENT + VENDOR)
    (agent,), (vendor,) = desk.entries("commission"), desk.entries("remittance")
    shown = ("amount_cents", "transaction_code", "sec", "description", "individual_id", "account_code", "addenda")
    assert [agent[name] for name in shown] == [AGENT, 22, "PPD", "COMMISSION", "A1/261009", "AG", ""]
    assert [vendor[name] for name in shown] == [
        VENDOR, 22, "CCD", "REMITTANCE", "evergree/261009", "VN", "RMR*IV*HARBOR 20261009**805.20\\",
    ]  # fmt: skip
    assert {2100, 2200} & desk.balance().keys() == set()
    assert desk.instruct().rows == {}
    assert desk.originate().rows == {}
    desk.prove()
    lines = stated(desk.read("commissions/statements", book="north", report="none"))
    assert lines.select("agent", "accrued_cents", "paid_cents", "closing_cents").rows() == [("A1", AGENT, AGENT, 0)]
    assert desk.read("commissions/check_statements").is_empty()
    with desk.transaction() as tx:
        night = read_night(tx, "north")
    assert all(proof.passed for proof in night.proofs)
    assert (night.drafted_cents, night.entry_cents("credit")) == (0, AGENT + VENDOR)
    assert "Paid out by ACH" in page(night, []).decode()


def test_a_refused_payment_is_owed_again_and_paid_when_the_account_is_new(earned: Desk) -> None:
    desk = earned
    desk.night(SETTLED)
    desk.send()
    (agent,) = desk.entries("commission")
    assert desk.come_back(agent, "R23").totals["accounts_stopped"] == 1
    assert desk.balance()[2200] == -AGENT
    desk.prove()
    assert desk.night(dt.date(2026, 10, 20))["payouts"] == 0  # not a pay day
    with desk.transaction() as tx:
        made = pay_now(tx, desk.partners, "commission", actor="rita", reason="new account on file")
    assert made.select("subject", "amount_cents", "requested_by").row(0) == ("A1/2026-10-20", AGENT, "rita")
    out = desk.originate().totals
    assert (out["ach_entries"], out["quarantined"]) == (0, 1)  # refused once: the account is blocked
    desk.prove()


def test_a_clawback_waits_below_zero(earned: Desk) -> None:
    desk = earned
    desk.night(SETTLED)
    desk.send()
    desk.come_back(desk.entries("premium")[0], "R07")  # unauthorised, after all was settled and paid out
    late = desk.night(dt.date(2026, 10, 31))
    assert (late["commission_cents"], late["payable_cents"]) == (-COMMISSION_PART, -VENDOR_PART)
    assert late["payouts"] == 0
    assert desk.balance()[2200] == COMMISSION_PART  # the agent owes us
    desk.prove()


def test_a_payee_without_an_account_is_named(earned: Desk) -> None:
    desk = earned
    with desk.transaction() as tx:
        row = tx.select("SELECT * FROM master.bank_account WHERE code = 'AG'").drop("run_no", "booked_at")
        closed = row.with_columns(account_id=pl.lit(99), version=pl.lit(2), closed_on=pl.lit(SETTLED))
        tx.append("master.bank_account", closed)
    paid = desk.night(SETTLED)
    assert (paid["payouts"], paid["quarantined"]) == (1, 0)
    assert desk.look("SELECT subject, rule FROM audit.quarantine").rows() == [
        ("commission of A1", "payee_account_missing")
    ]


def owed(*cents: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "company_id": 1, "company_code": "HARBOR", "bank": BANK, "purpose": "remittance",
            "payee": [f"V{n}" for n in range(len(cents))], "owed_cents": cents, "paid_to": dt.date(2026, 9, 30),
            "account_code": [f"N{n}" for n in range(len(cents))], "minimum_cents": 500,
        }
    )  # fmt: skip


def test_the_minimum_and_the_period() -> None:
    due, missing = payouts(owed(499, 500, -1, 0), dt.date(2026, 10, 31), "night")
    assert due.select("subject", "amount_cents", "addenda").rows() == [
        ("V1/2026-10-31", 500, "RMR*IV*HARBOR 20261001-20261031**5.00\\")
    ]
    assert missing.is_empty()


@pytest.mark.parametrize(
    ("day", "days", "pays"),
    [
        (dt.date(2026, 10, 5), (5,), True),
        (dt.date(2026, 10, 6), (5,), False),
        (dt.date(2026, 10, 6), (), False),
        (dt.date(2027, 2, 28), (31,), True),  # a day past the month's end is its last
        (dt.date(2027, 2, 27), (30, 31), False),
        (dt.date(2026, 10, 30), (31,), False),
    ],
)
def test_pay_days(day: dt.date, days: tuple[int, ...], *, pays: bool) -> None:
    assert is_pay_day(day, days) is pays
