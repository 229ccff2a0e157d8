"""The change file against a real database: the difference from what the vendor has taken, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from formats.edi834 import read
from resources.sealed import SSN
from resources.vault import Vault
from tests.enrollment.exchange import Vendor, World, actions, change, many
from tests.support.seed import DAY


def test_a_change_file_tells_the_difference_and_nothing_else(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    assert them.run().totals["files"] == 1
    assert read(them.bytes_of(1)).interchange["action"].to_list() == ["2"]
    assert actions(them.send()) == [(name, "021", "28", ["021 EG100 -"]) for name in ("ANN", "BO", "CY")]
    them.answer(1)
    assert them.run().rows == {}  # nothing changed, no file
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")
    them.run()
    assert actions(them.send()) == [
        ("BO", "001", "25", None),
        ("CY", "024", "07", [f"024 EG100 {DAY + dt.timedelta(3)}"]),
    ]
    them.answer(2)
    change(them.record, "INSERT INTO master.covered VALUES (1, 1, 3)")
    change(them.record, "UPDATE master.subscription SET tier = 'ECH'")
    them.run()
    assert actions(them.send()) == [
        ("ANN", "001", "29", ["001 EG100 -"]),
        ("BO", "001", "29", ["001 EG100 -"]),
        ("CY", "025", "41", ["025 EG100 -"]),
    ]
    assert them.again().rows == {}


def test_a_dependent_is_told_with_the_subscriber_where_the_subscribers_ssn_ties_the_family(
    vendor: Callable[..., Vendor], family: World, vault: Vault
) -> None:
    world, number = family(), pl.Series(["517223344"])
    sealed = {
        "ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(),
        "ssn_blind": vault.blind(pl.Series([1]), number, SSN).item(),
    }
    world["master__person"] = [sealed, *world["master__person"][1:]]
    them = vendor(world, {"subscriber_reference": "ssn"}, files="change")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    them.run()
    assert actions(them.send()) == [("ANN", "001", "25", None), ("BO", "001", "25", None)]
    assert them.look("SELECT person_id FROM enrollment.member_state WHERE file_id = 2") == [(2,)]


@pytest.mark.parametrize(("unanswered", "files"), [("repeat", 1), ("wait", 0)])
def test_before_the_answer_a_file_repeats_or_waits(vendor: Callable[..., Vendor], unanswered: str, files: int) -> None:
    them = vendor(files="change", unanswered=unanswered)
    them.run()
    them.send()
    out = them.run()
    assert (out.totals["files"], out.totals["vendors_waited_for"]) == (files, 1 - files)
    them.answer(1)
    them.run()
    assert [row[1] for row in them.look("SELECT file_id, purpose FROM exchange.file")] == ["change"] * (1 + files)


def test_a_vendor_that_never_answers_has_heard_what_was_sent(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change", answer_hours=0)
    them.run()
    them.send()
    assert them.run().rows == {}
    assert them.look("SELECT answer_hours FROM exchange.file") == [(None,)]


def test_a_change_file_nobody_approved_is_overtaken_by_the_next(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    assert them.run().totals == them.run(0).totals | {"files": 1, "members": 3, "coverage_changes": 3}
    states = them.look(
        "SELECT file_id, state FROM exchange.event WHERE state IN ('void', 'checked') ORDER BY 1, event_no"
    )
    assert states == [(1, "checked"), (1, "void"), (2, "checked")]


def test_who_moves_from_one_family_to_another_ends_in_one_and_begins_in_the_other(
    vendor: Callable[..., Vendor], family: World
) -> None:
    world = family()
    world["master__person"] = [*world["master__person"], {"person_id": 4, "code": "M4", "first_name": "Dee"}]
    other = {"subscription_id": 2, "code": "S2", "person_id": 4, "tier": "ECH"}
    world["master__subscription"] = [*world["master__subscription"], other]
    them = vendor(world, files="change_and_audit")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.covered SET subscription_id = 2 WHERE person_id = 3")
    them.run()
    told = read(them.send()).members
    assert told.select("first_name", "subscriber_id", "maintenance_type").rows() == [
        ("CY", "M1", "024"), ("CY", "M4", "021"),
    ]  # fmt: skip
    them.answer(2)
    assert them.run().totals["files"] == 1  # Sunday: everybody as the vendor must hold them
    audit = read(them.bytes_of(them.last))
    told = audit.members.join(audit.coverages, on="member_key", suffix="_held").filter(pl.col("first_name") == "CY")
    # A file to compare with ends nobody as a whole: INS03 is 030 throughout, only HD01 says what is over.
    assert told.select("subscriber_id", "maintenance_type", "maintenance_type_held").rows() == [
        ("M1", "030", "024"), ("M4", "030", "030"),
    ]  # fmt: skip


def test_a_subscription_that_follows_another_is_told_with_the_end_of_the_first(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(1), files="change")
    them.run()
    them.send()
    them.answer(1)
    change(
        them.record,
        "INSERT INTO master.product (product_id, code, name, vendor_id, line, plan_code, proration, trial_days) "
        "VALUES (2, 'MED2', 'Medical 2', 1, 'HLT', 'EG200', 'actual', 0); "
        "UPDATE master.subscription SET end_date = '2026-11-01'; "
        "INSERT INTO master.subscription (company_id, subscription_id, code, person_id, product_id, tier, start_date, "
        "bill_day, method) VALUES (1, 2, 'S2', 1, 2, 'EMP', '2026-11-01', 1, 'list_bill')",
    )
    them.run()
    assert actions(them.send()) == [("ANN", "001", "29", ["024 EG100 2026-11-01", "021 EG200 -"])]
    them.answer(2)
    assert them.run().rows == {}


def test_a_dependent_with_a_day_of_its_own_is_ended_on_it_and_told_ahead(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.covered SET end_date = '2026-12-01' WHERE person_id = 2")
    change(them.record, "UPDATE master.covered SET end_date = '2026-09-20' WHERE person_id = 3")
    them.run()
    assert actions(them.send()) == [
        ("BO", "024", "07", ["024 EG100 2026-12-01"]),
        ("CY", "024", "07", ["024 EG100 2026-09-20"]),  # which was known late, and is not the day it was noticed on
    ]
    them.answer(2)
    assert them.run().rows == {}
    change(them.record, "UPDATE master.covered SET end_date = '2026-08-01' WHERE person_id = 3")  # it never began
    change(them.record, "UPDATE master.covered SET end_date = NULL WHERE person_id = 2")
    them.run()
    assert actions(them.send()) == [
        ("BO", "025", "41", ["025 EG100 -"]),
        ("CY", "024", "07", ["024 EG100 2026-09-01"]),
    ]
    them.answer(3)
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")  # a later list has forgotten it
    assert them.run().rows == {}


def test_another_plan_ends_the_old_one_also_when_that_has_an_end_to_come(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    product = "INSERT INTO master.product SELECT 2, 'MED2', name, vendor_id, line, 'EG200', proration, trial_days FROM "
    change(them.record, product + "master.product")
    change(them.record, "UPDATE master.subscription SET end_date = '2026-11-20'")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET product_id = 2, start_date = '2026-10-05', end_date = NULL")
    them.run()
    assert actions(them.send())[0][3] == ["024 EG100 2026-10-05", "021 EG200 -"]
