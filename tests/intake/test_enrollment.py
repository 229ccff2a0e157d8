"""A group's 834 becomes people, coverage and terminations: against a real database, by intake's own rules."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from resources.record import Record
from resources.sealed import SSN
from resources.vault import Vault
from tests.intake.told import COVERED, NUMBER, SUBSCRIPTIONS, file, look, person, plan, take
from tests.support.seed import seed


@pytest.fixture
def world(record: Record) -> None:
    seed(record, master__book=[{}], master__company=[{}], master__vendor=[{}], master__product=[{}])


def test_a_family_comes_changes_and_goes(record: Record, vault: Vault, world: None) -> None:
    told = [person("E1", "021", ssn=NUMBER), person("E1-K", "021", head="E1")]
    first = file(told, [plan("E1", "021", tier="ECH"), plan("E1-K", "021", tier=None)])
    assert take(record, vault, first) == {"members": 2, "loaded": 4, "refused": 0}
    begin = dt.date(2026, 11, 1)
    assert look(record, SUBSCRIPTIONS) == [("E1-MED", "E1", "ECH", begin, None, "list_bill")]
    held = ("E1-MED", "E1-19-20190304")
    assert look(record, COVERED) == [(*held, None)]
    sealed = look(record, "SELECT ssn_sealed FROM master.person WHERE code = 'E1'")[0][0]
    assert vault.open(pl.Series([1]), pl.Series([sealed]), SSN).to_list() == [NUMBER]
    # The same once more, whoever asks: nothing.
    assert take(record, vault, first)["loaded"] == 0
    # A move, without the SSN: it stays.
    moved = file([person("E1", "001", city="BATH")], [])
    assert take(record, vault, moved) == {"members": 1, "loaded": 1, "refused": 0}
    kept = look(record, "SELECT city, ssn_sealed IS NOT NULL FROM master.person WHERE code = 'E1'")
    assert kept == [("BATH", True)]
    # The child leaves, then the whole family.
    left = dt.date(2026, 12, 1)
    ended = file([person("E1-K", "024", head="E1", eligibility_end=left), person("E1", "001")],
                 [plan("E1-K", "024", tier=None, end=left), plan("E1", "001")])  # fmt: skip
    take(record, vault, ended)
    assert look(record, COVERED) == [(*held, left)]  # covered until then, and not only until the file came
    gone = file([person("E1", "024", eligibility_end=left)], [])
    take(record, vault, gone)
    assert look(record, SUBSCRIPTIONS) == [("E1-MED", "E1", "EMP", begin, left, "list_bill")]


def test_a_dependent_ends_on_the_day_that_the_file_says(record: Record, vault: Vault, world: None) -> None:
    told = [person("E1", "021"), *(person(f"E1-{k}", "021", head="E1", member_id=f"K{k}") for k in (1, 2, 3, 4))]
    born = [dt.date(2010 + n, 3, 4) for n in range(5)]
    told = [row | {"birth_date": day} if n else row for n, (row, day) in enumerate(zip(told, born, strict=True))]
    plans = [plan(row["member_key"], "021", tier=None if n else "ECH") for n, row in enumerate(told)]
    take(record, vault, file(told, plans))
    codes = [code for _, code, _ in look(record, COVERED)]
    ends = [dt.date(2026, 11, 20), dt.date(2027, 2, 1), None]  # behind us when it ends, ahead, and no day at all
    gone = [row | {"maintenance_type": "024", "eligibility_end": end} for row, end in zip(told[1:4], ends, strict=True)]
    lost = [plan(row["member_key"], "024", tier=None, end=row["eligibility_end"]) for row in gone]
    take(record, vault, file([person("E1", "001"), *gone], [plan("E1", "001", tier="ECH"), *lost]))
    assert [(c, e) for _, c, e in look(record, COVERED)] == [(codes[0], ends[0]), (codes[1], ends[1]), (codes[3], None)]
    # The second stays after all; nobody speaks of the first, whose day stands.
    back = told[2] | {"maintenance_type": "025"}
    take(
        record,
        vault,
        file([person("E1", "001"), back], [plan("E1", "001", tier="ECH"), plan("E1-2", "025", tier=None)]),
    )
    assert [(c, e) for _, c, e in look(record, COVERED)] == [(codes[0], ends[0]), (codes[1], None), (codes[3], None)]


def test_a_plan_of_several_products_is_refused_with_their_names_and_the_others_are_taken(
    record: Record, vault: Vault
) -> None:
    dental = {"line": "DEN", "plan_code": "D1"}
    products = [{"product_id": 2, "code": "DEN1"} | dental, {"product_id": 3, "code": "DEN2"} | dental]
    seed(record, master__book=[{}], master__company=[{}], master__vendor=[{}], master__product=[{}, *products])
    both = [plan("E1", "021"), plan("E1", "021", **dental), plan("E2", "021")]
    assert take(record, vault, file([person("E1", "021"), person("E2", "021")], both))["refused"] == 1
    ((position, kind, detail),) = look(record, "SELECT position, kind, detail FROM exchange.exception")
    assert (position > 0, kind) == (True, "intake_reject")
    assert detail.startswith("subscriptions (product_code): the products DEN1, DEN2 all have line DEN and plan D1, ")
    assert [row[0] for row in look(record, SUBSCRIPTIONS)] == ["E1-MED", "E2-MED"]
    # An end of what can't be told apart ends nothing else of the member.
    over = person("E1", "024", eligibility_end=dt.date(2026, 12, 1))
    take(record, vault, file([over], [plan("E1", "024", end=dt.date(2026, 12, 1), **dental)]))
    assert [row[4] for row in look(record, SUBSCRIPTIONS)] == [None, None]


def test_what_intake_refuses_is_named_at_its_segment(record: Record, vault: Vault, world: None) -> None:
    told = [person("E1", "021"), person("E2", "021", policy_number="NOBODY"), person("E3", "021", state=None)]
    plans = [plan("E1", "021", plan_code="EG999"), plan("E2", "021"), plan("E3", "021"), plan("E4", "021")]
    data = file([*told, person("E4", "021")], plans)
    assert take(record, vault, data)["refused"] == 5  # member and coverage of E2 lack their company, and the member
    found = look(record, "SELECT position, detail FROM exchange.exception ORDER BY position")
    assert all(position > 0 for position, _ in found)
    words = " | ".join(detail for _, detail in found)
    assert "there is no product EG999" in words
    assert "there is no company NOBODY" in words
    assert "NEWMAN" not in words
    assert look(record, "SELECT code FROM master.person ORDER BY code") == [("E1",), ("E4",)]
    assert [row[0] for row in look(record, SUBSCRIPTIONS)] == ["E4-MED"]
    assert look(record, "SELECT count(*) FROM exchange.processed") == [(1,)]


def test_no_ssn_becomes_a_code(record: Record, vault: Vault, world: None) -> None:
    data = file([person("E1", "021", ssn=NUMBER, subscriber_id=NUMBER)], [plan("E1", "021")])
    take(record, vault, data)
    ((code,),) = look(record, "SELECT code FROM master.person")
    assert code.startswith("S")
    assert NUMBER not in code
    take(record, vault, data.replace(b"NE1", b"NEW"))  # the same person, known by the blind index
    assert look(record, "SELECT code, first_name FROM master.person") == [(code, "NEW")]
