"""Retries: what a returned draft is asked for again, when, and from which account; no more than three entries."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from resources.record import Record
from tests.payments.invoiced import OTHER, QUARANTINE, RETRY, STOPPED, ask, asked, came_back, invoice, line, look, put
from tests.support.seed import DAY


def test_a_return_is_retried_on_its_day_with_the_same_amount(record: Record) -> None:
    came_back(record)
    assert ask(record, RETRY - dt.timedelta(days=1)).rows == {}
    out = ask(record, RETRY)
    assert asked(record, RETRY) == [(1, 2, "B1", 5000, "PPD", RETRY)]
    assert out.totals["retries"] == 1
    assert ask(record, RETRY + dt.timedelta(days=1)).rows == {}


def test_a_credit_does_not_change_what_will_be_retried(record: Record) -> None:
    came_back(record, billing__invoice=[invoice(1, 5000), invoice(2, -700)])
    ask(record, RETRY)
    assert asked(record, RETRY) == [(1, 2, "B1", 5000, "PPD", RETRY)]
    assert look(record, "SELECT count(*) FROM payments.credit_use") == [(0,)]


def test_what_is_not_retried_stays_open_for_credits(record: Record) -> None:
    came_back(record, retry_on=None, billing__invoice=[invoice(1, 5000), invoice(2, -700)])
    ask(record, RETRY)
    assert asked(record, RETRY) == []
    assert look(record, "SELECT to_invoice, amount_cents FROM payments.credit_use") == [(1, 700)]


def test_three_entries_are_all(record: Record) -> None:
    came_back(record, attempt_no=3)
    assert ask(record, RETRY).rows == {}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (
            {
                "returns__account_stop": [
                    {"company_id": 1, "account_id": 1, "code": "R02", "stop": "hold", "business_date": DAY}
                ]
            },
            "account_stopped",
        ),
        ({"master__bank_account": [{}, {"account_id": 2, "version": 2, "account_blind": b"x"}]}, "account_changed"),
    ],
)
def test_no_retry_from_an_account_that_stopped_or_changed(record: Record, change: dict[str, Any], rule: str) -> None:
    came_back(record, **change)
    ask(record, RETRY)
    assert asked(record, RETRY) == []
    assert look(record, QUARANTINE) == [("invoice 1", rule)]


def test_a_return_of_a_later_day_is_not_known_to_an_earlier_night(record: Record) -> None:
    came_back(record, retry_on=DAY)
    assert ask(record, DAY + dt.timedelta(days=1)).rows == {}


def test_a_stop_or_a_new_version_of_a_later_day_is_not_known_to_an_earlier_night(record: Record) -> None:
    later = DAY + dt.timedelta(days=2)
    notice = {
        "company_id": 1, "entry_id": 9, "sha256": b"n", "position": 1, "code": "C01", "account_id": 3, "outcome": "x",
        "business_date": later,
    }  # fmt: skip
    put(
        record,
        master__bank_account=[{}, {"account_id": 2, "code": "B2"}, OTHER | {"account_id": 3, "code": "B2"}],
        master__subscription=[{}, {"subscription_id": 2, "code": "S2", "account_code": "B2"}],
        billing__invoice=[invoice(1, 5000), invoice(2, 700)],
        billing__line=[line(1), line(2, subscription=2)],
        returns__account_stop=[STOPPED | {"business_date": later}, STOPPED | {"account_id": 2}],
        returns__notice=[notice],
    )
    ask(record)
    assert [row[2] for row in asked(record)] == ["B1"]  # B2's version that may be drafted from came later
    ask(record, later)
    assert [row[2] for row in asked(record, later)] == ["B2"]
