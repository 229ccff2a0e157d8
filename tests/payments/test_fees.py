"""Return fees: once per returned draft, where the payer was told, in time; then the books."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.payments.fees import fees
from resources.database import Logins
from resources.vault import Vault
from tests.support.bank import BANK
from tests.support.desk import PRICE, Desk, opened

BACK, NEXT = dt.date(2026, 10, 5), dt.date(2026, 10, 6)


def bounced(logins: Logins, vault: Vault, code: str, **terms: Any) -> Desk:
    """One draft that comes back on the 5th."""
    desk = opened(logins, vault, count=1, **terms)
    desk.night()
    desk.send()
    desk.day = BACK
    desk.come_back(desk.entries()[0], code)
    return desk


def test_a_fee_is_charged_once_and_never_on_a_fee(logins: Logins, vault: Vault) -> None:
    desk = bounced(logins, vault, "R01", return_fee_cents=2_500, return_fee_notice=True)
    night = desk.night(NEXT)
    assert (night["return_fees"], night["return_fee_cents"], night["ach_debit_cents"]) == (1, 2_500, 2_500)
    (fee,) = desk.entries("return_fee")
    shown = ("amount_cents", "description", "sec", "transaction_code", "contra", "individual_id")
    assert [fee[name] for name in shown] == [2_500, "RETURN FEE", "PPD", 27, 4000, "FEE 1"]
    assert desk.instruct().rows == {}
    assert desk.balance() == {1100: PRICE, 1200: 2_500, 2000: -PRICE, 4000: -2_500}
    desk.send()
    desk.day = dt.date(2026, 10, 8)
    desk.come_back(fee, "R01")
    assert desk.look("SELECT retry_on FROM returns.returned WHERE entry_id = 2").item() is None
    assert desk.balance() == {1100: PRICE, 2000: -PRICE}  # a returned fee opens nothing
    assert desk.instruct().totals["return_fees"] == 0
    desk.prove()
    # The retry is a draft of its own: coming back, it may cost a fee again.
    retried = desk.night(dt.date(2026, 10, 10))
    assert (retried["retries"], retried["return_fees"]) == (1, 0)
    desk.send()
    desk.day = dt.date(2026, 10, 14)
    desk.come_back(desk.entries("premium")[1], "R09")
    assert desk.night(dt.date(2026, 10, 15))["return_fees"] == 1
    assert desk.entries("return_fee")[1]["individual_id"] == "FEE 3"
    desk.prove()


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("R01", {"return_fee_cents": 2_500}),  # nobody was told of it
        ("R01", {"return_fee_notice": True}),
        ("R02", {"return_fee_cents": 2_500, "return_fee_notice": True}),
    ],
)
def test_no_fee(logins: Logins, vault: Vault, code: str, terms: dict[str, Any]) -> None:
    desk = bounced(logins, vault, code, **terms)
    desk.day = NEXT
    assert desk.instruct().totals == dict.fromkeys(
        ("prenotes", "return_fees", "return_fee_cents", "payouts", "payout_cents", "quarantined"), 0
    )


def test_the_last_day_and_the_consent() -> None:
    items = pl.DataFrame(
        {
            "company_id": 1, "entry_id": [1, 2, 3], "bank": BANK, "sec": ["PPD", "WEB", "CCD"], "account_code": "B1",
            "code": "R01", "about_invoice": 101,
            "settlement_date": [dt.date(2026, 8, 20), dt.date(2026, 8, 22), dt.date(2026, 10, 5)],
        }
    )  # fmt: skip
    terms = pl.DataFrame(
        {"bank": [BANK], "fee_cents": [900], "fee_days": [45], "earliest": [dt.date(2026, 10, 6)]},
    )
    due, late = fees(items, terms, BACK)
    # Forty-five days from August 20 end on October 4, from August 22 on the 6th.
    assert due.select("subject", "sec", "not_after", "amount_cents").rows() == [
        ("2", "PPD", dt.date(2026, 10, 6), 900), ("3", "CCD", dt.date(2026, 11, 19), 900),
    ]  # fmt: skip
    assert late["reason"].to_list() == [
        "a fee could settle on 2026-10-06 at the earliest, its last day was 2026-10-04: none is charged"
    ]
