"""Prenotes: who is asked, once, and as which entry."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from assets.payments.instructions import add
from assets.payments.prenotes import prenotes_due
from resources.database import Logins
from resources.record import Record
from resources.vault import Vault
from tests.support.bank import accounts, bank
from tests.support.desk import Desk, members
from tests.support.seed import DAY, ONE_MEMBER, night, seed

GIVEN = {"given_on": DAY, "authorised": "written", "owner": "payer", "owner_code": ""}
AGENT = {"person_id": None, "owner": "agent", "owner_code": "A1", "account_blind": b"a"}


def put(record: Record, *accounts: dict[str, Any], **tables: list[dict[str, Any]]) -> None:
    rows = [{"account_id": n, "code": f"B{n}", **GIVEN, **more} for n, more in enumerate(accounts, 1)]
    seed(record, **{**ONE_MEMBER, "master__bank_account": rows, **tables})


def due(record: Record, prenote: str = "new", day: dt.date = DAY, *, write: bool = False) -> list[tuple[Any, ...]]:
    run = night(record, business_date=day)
    with record.step("payments.instruct", run_no=run.run_no, companies=[1], business_date=day) as tx:
        rows = prenotes_due(tx, bank(prenote=prenote))
        if write:
            add(tx, rows)
    return rows.select("subject", "account_code", "direction", "sec", "description", "individual_id").rows()


def test_accounts_in_use_that_must_be_proved_are_asked_about_once(record: Record) -> None:
    vendor = {"person_id": None, "owner": "vendor", "owner_code": "evergreen"}
    unused = {"account_blind": b"unused"}
    put(record, {}, AGENT, vendor, unused, {"person_id": None})
    expected = [
        ("1", "B1", "debit", "PPD", "PRENOTE", "A1"),
        ("2", "B2", "credit", "PPD", "PRENOTE", "A2"),
        ("3", "B3", "credit", "CCD", "PRENOTE", "A3"),
    ]
    assert due(record, write=True) == expected
    assert due(record) == []
    assert due(record, "never") == []


def test_the_account_of_whoever_pays_a_share_is_in_use(record: Record) -> None:
    """The first of the sponsor's own, and the company's own; of a subscription that is over nobody's."""
    sponsor = {"person_id": 2, "code": "M2"}
    accounts_ = ({"person_id": 2}, {"person_id": 2}, {"person_id": None}, {"person_id": 3})
    given = [{**a, "account_blind": bytes([n])} for n, a in enumerate(accounts_)]
    running, over = {"account_code": ""}, {"subscription_id": 2, "code": "S2", "account_code": "", "end_date": DAY}
    shares = [
        {"part": 2, "payer": "person", "person_id": 2, "percent": "40"},
        {"part": 3, "payer": "company", "percent": "10"},
        {"subscription_id": 2, "part": 2, "payer": "person", "person_id": 3, "percent": "40"},
    ]
    people = [{}, sponsor, {"person_id": 3, "code": "M3"}]
    put(record, *given, master__person=people, master__subscription=[running, over], master__payer_share=shares)
    assert [row[1:4] for row in due(record)] == [("B1", "debit", "PPD"), ("B3", "debit", "CCD")]


@pytest.mark.parametrize(
    ("account", "prenote", "asked"),
    [
        ({"authorised": "web"}, "never", "WEB"),  # first use online, whatever the bank wants
        ({"authorised": "phone"}, "new", "TEL"),
        ({"authorised": "phone"}, "never", None),
        ({"given_on": None}, "new", None),
        ({"given_on": None}, "always", "PPD"),
        ({"validated_on": DAY}, "always", None),
        ({"closed_on": DAY}, "always", None),
    ],
)
def test_who_is_asked(record: Record, account: dict[str, Any], prenote: str, asked: str | None) -> None:
    put(record, account)
    assert [row[3] for row in due(record, prenote)] == ([asked] if asked else [])


def test_nothing_is_drafted_before_its_prenote_has_waited(logins: Logins, vault: Vault) -> None:
    desk = Desk(logins, vault, bank(prenote="new"))
    world = members(vault, 2)
    payer, old, agent, vendor = world["master__bank_account"]
    given = {"given_on": DAY, "authorised": "written"}
    world["master__bank_account"] = [payer | given, old | given | {"given_on": None}, agent | given, vendor | given]
    seed(desk.record, **world)
    first = desk.night()
    assert (first["prenotes"], first["ach_held"], first["ach_entries"]) == (3, 1, 4)
    codes = {e["account_code"]: e["transaction_code"] for e in desk.entries("prenote")}
    assert codes == {"B1": 28, "AG": 23, "VN": 23}
    assert [e["account_code"] for e in desk.entries("premium")] == ["B2"]
    assert {e["amount_cents"] for e in desk.entries("prenote")} == {0}
    assert (desk.night()["prenotes"], len(desk.entries())) == (0, 4)
    desk.send()
    settles = {e["effective_date"] for e in desk.entries("prenote")}
    assert settles == {dt.date(2026, 10, 2)}
    for day in (2, 5, 6):
        assert desk.night(dt.date(2026, 10, day))["ach_held"] == 1
    assert desk.night(dt.date(2026, 10, 7))["ach_held"] == 0
    assert sorted(e["account_code"] for e in desk.entries("premium")) == ["B1", "B2"]
    assert desk.look("SELECT * FROM ledger.posting WHERE amount_cents = 0").is_empty()


def test_who_gave_a_new_account_and_left_is_still_asked_about_while_his_draft_waits(
    logins: Logins, vault: Vault
) -> None:
    desk = Desk(logins, vault, bank(prenote="new"))
    world = members(vault, 2)
    first, *others = [row | {"given_on": DAY, "authorised": "written"} for row in world["master__bank_account"]]
    world["master__bank_account"] = [first, *(row | {"given_on": None} for row in others)]
    seed(desk.record, **world)
    assert desk.night()["ach_held"] == 1  # the first waits for its proof
    day = DAY + dt.timedelta(days=3)
    (newer,) = accounts(vault, "770001", given_on=day, authorised="web")
    newer |= {"code": "B1", "version": 2, "account_id": 90, "person_id": 1}
    seed(desk.record, master__bank_account=[newer])
    leave(desk, "S1", day)
    leave(desk, "S2", day)
    assert desk.night(day + dt.timedelta(days=3))["prenotes"] == 1
    assert [(e["account_id"], e["sec"]) for e in desk.entries("prenote")][-1] == (90, "WEB")
    desk.send()
    desk.night(day + dt.timedelta(days=11))
    assert sorted((e["account_code"], e["account_id"]) for e in desk.entries("premium")) == [("B1", 90), ("B2", 2)]


def leave(desk: Desk, code: str, day: dt.date) -> None:
    """The subscription ends; nothing is credited for what was covered."""
    owner = Record(desk.logins.owner)
    with (
        owner.step("leave", run_no=1, companies=[1], business_date=day) as tx,
        tx.connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE master.subscription SET end_date = '{day}' WHERE code = '{code}'")


def test_a_prenote_that_comes_back_stops_its_account_until_it_is_corrected(logins: Logins, vault: Vault) -> None:
    desk = Desk(logins, vault, bank(prenote="new"))
    world = members(vault, 1)
    world["master__bank_account"][0] |= {"given_on": DAY, "authorised": "written"}
    world["master__bank_account"] = world["master__bank_account"][:1]
    seed(desk.record, **world)
    desk.night()
    desk.send()
    desk.day = dt.date(2026, 10, 5)
    desk.come_back(desk.entries("prenote")[0], "R03")
    late = desk.night(dt.date(2026, 10, 7))
    assert (late["ach_entries"], late["quarantined"]) == (0, 1)
    told = desk.look("SELECT rule, reason FROM audit.quarantine").rows()
    assert told[0][0] == "account_stopped"
    number = accounts(vault, "4400009")[0]
    again = number | {"account_id": 9, "version": 2, "person_id": 1, "given_on": dt.date(2026, 10, 8)}
    seed(desk.record, master__bank_account=[again])
    assert desk.night(dt.date(2026, 10, 8))["prenotes"] == 1  # another number is another account
    desk.send()
    assert desk.night(dt.date(2026, 10, 14))["ach_held"] == 1  # 12 October is a holiday
    assert desk.night(dt.date(2026, 10, 15))["ach_debit_cents"] == 37_240
