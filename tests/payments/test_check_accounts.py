"""The check that stands behind the rule: no live entry of the night is on an account that may not be drawn on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from resources.database import Logins
from resources.record import Record
from resources.vault import Vault
from tests.support.bank import bank
from tests.support.desk import Desk, members
from tests.support.seed import DAY, seed

STOP = {"company_id": 1, "account_id": 1, "code": "R02", "stop": "hold", "business_date": DAY}
PRENOTE = {
    "company_id": 1, "instruction_id": 1, "purpose": "prenote", "subject": "1", "direction": "debit",
    "account_code": "B1", "account_id": 1, "amount_cents": 0, "sec": "PPD", "description": "PRENOTE",
    "individual_id": "A1", "wanted_date": DAY, "requested_by": "test", "business_date": DAY,
}  # fmt: skip
PROOF = {
    "company_id": 1, "account_id": 1, "method": "bank_letter", "proof": "letter 7", "actor": "ann",
    "business_date": DAY,
}  # fmt: skip


def drawn(logins: Logins, vault: Vault, **account: Any) -> Desk:
    """A night that drafts one account; what makes it forbidden is put behind the rule's back afterwards."""
    desk = Desk(logins, vault, bank())
    world = members(vault, 1)
    world["master__bank_account"] = [world["master__bank_account"][0] | {"authorised": "written"} | account]
    seed(desk.record, **world)
    desk.night()
    assert len(desk.entries("premium")) == 1
    return desk


def bend(logins: Logins, table: str, change: str) -> None:
    """Change what nobody may change."""
    with Record(logins.owner).step("bend", run_no=1, companies=[1], business_date=DAY) as tx:
        for text in (f"ALTER TABLE {table} DISABLE TRIGGER USER", f"UPDATE {table} SET {change}"):
            with tx.connection.cursor() as cursor:
                cursor.execute(text)


def failures(record: Record, day: dt.date = DAY) -> list[str]:
    found = record.read("payments/check_accounts", companies=[1], business_date=day)
    return list(found["failure"])


@pytest.mark.parametrize(
    ("behind", "says"),
    [
        ({"returns__account_stop": [STOP]}, "was stopped by R02"),
        ({"payments__instruction": [PRENOTE]}, "has not been proved yet"),
        ({"returns__account_stop": [STOP], "payments__validation": [PROOF]}, None),
        ({"payments__instruction": [PRENOTE], "payments__validation": [PROOF]}, None),
        ({}, None),
    ],
)
def test_what_the_rule_should_have_held_back_is_found(
    logins: Logins, vault: Vault, behind: dict[str, list[dict[str, Any]]], says: str | None
) -> None:
    desk = drawn(logins, vault)
    seed(desk.record, **behind)
    bend(logins, "returns.account_stop", "run_no = 1")  # known before the night, which did not heed it
    found = failures(desk.record)
    assert len(found) == (says is not None)
    assert all(f"entry 1 (premium) of company 1 is on account B1 version 1, which {says}" == text for text in found)


def test_an_account_that_is_closed_or_online_is_found(logins: Logins, vault: Vault) -> None:
    closing = {"closed_on": DAY + dt.timedelta(days=1), "authorised": "web", "validated_on": DAY}
    desk = drawn(logins, vault, **closing)
    assert failures(desk.record) == []
    assert failures(desk.record, DAY + dt.timedelta(days=1)) == []  # the entry is of the day before
    bend(logins, "master.bank_account", f"closed_on = '{DAY}', validated_on = NULL")
    assert [text.partition("which ")[2] for text in failures(desk.record)] == [
        "is closed",
        "was given online and never proved",
    ]


@pytest.mark.parametrize("code", ["R02", "R07", "R10"])
def test_what_came_back_the_same_day_could_not_hold_the_night_that_drafted_it(
    logins: Logins, vault: Vault, code: str
) -> None:
    desk = drawn(logins, vault)
    desk.send()
    (entry,) = desk.entries("premium")
    desk.come_back(entry, code)
    assert desk.look("SELECT code, business_date FROM returns.account_stop").rows() == [(code, DAY)]
    assert failures(desk.record) == []
