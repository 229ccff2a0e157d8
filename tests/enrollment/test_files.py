"""Files to vendors, against a real database: given a book, expect these segments and these rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from assets.enrollment.steps import build_files
from assets.steps import run_step
from formats.edi834 import read
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT, SSN
from resources.vault import Vault
from tests.enrollment.exchange import vendor_partner
from tests.support.seed import DAY, night, seed

World = Callable[..., dict[str, list[dict[str, Any]]]]


def build(
    record: Record, partners: dict[str, Partner], vault: Vault, day: dt.date = DAY
) -> tuple[dict[str, int], dict[str, int]]:
    run = night(record, business_date=day)
    outcome = run_step(record, run, "enrollment.files", lambda tx: build_files(tx, partners, vault))
    assert not outcome.set_aside
    rare = ("files_held", "changes_waiting", "vendors_waited_for")
    return {name: n for name, n in outcome.totals.items() if n or name not in rare}, outcome.rows


def look(record: Record, text: str, companies: tuple[int, ...] = (1,)) -> pl.DataFrame:
    with record.step("look", run_no=0, companies=companies, business_date=DAY) as tx:
        return tx.select(text)


def sent(record: Record, vault: Vault, file_id: int = 1, company: int = 1) -> bytes:
    found = look(record, "SELECT company_id, file_id, sealed FROM exchange.content", (company,))
    sealed = found.filter(pl.col("file_id") == file_id)["sealed"].item()
    return vault.open_bytes(company, FILE_OUT, sealed)


def change(record: Record, statement: str) -> None:
    import psycopg

    with psycopg.connect(record.uri) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
        connection.execute(statement)


def test_a_family_is_told_and_told_no_more(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    totals, rows = build(record, partners, vault)
    assert totals == {"files": 1, "members": 3, "coverage_changes": 3, "families_left_out": 0}
    assert rows["enrollment.member_state"] == 3
    file = look(record, "SELECT * FROM exchange.file")
    assert file.select("kind", "partner", "sequence", "name", "records", "created_by").row(0) == (
        "edi834", "evergreen", 1, "HARBOR_edi834_20261001_01.txt", 3, "night",
    )  # fmt: skip
    events = look(record, "SELECT event_no, state FROM exchange.event ORDER BY event_no")
    assert events["state"].to_list() == ["built", "checked"]
    again, nothing = build(record, partners, vault)
    assert nothing == {}
    assert again["files"] == 0


def test_the_bytes_say_who_is_covered(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    build(record, partners, vault)
    data = sent(record, vault)
    assert data.decode().splitlines()[3:] == [
        "BGN*00*HARBOR-EVERGREEN-20261001-1*20261001*0101****RX~",
        "QTY*TO*3~",
        "QTY*ET*1~",
        "QTY*DT*2~",
        "N1*P5*HARBOR PLANS*FI*123456789~",
        "N1*IN*EVERGREEN HEALTH*FI*987654321~",
        "INS*Y*18*030*XN*A~",
        "REF*0F*M1~",
        "REF*1L*HARBOR~",
        "DTP*356*D8*20260901~",
        "NM1*IL*1*SAMPLE*ANN~",
        "N3*2 HILL RD~",
        "N4*PORTLAND*ME*04101~",
        "DMG*D8*19800517*F~",
        "HD*030**HLT*EG100*FAM~",
        "DTP*348*D8*20260901~",
        "INS*N*01*030*XN*A~",
        "REF*0F*M1~",
        "REF*1L*HARBOR~",
        "DTP*356*D8*20260901~",
        "NM1*IL*1*SAMPLE*BO~",
        "N3*2 HILL RD~",
        "N4*PORTLAND*ME*04101~",
        "DMG*D8*19810203*M~",
        "HD*030**HLT*EG100*FAM~",
        "DTP*348*D8*20260901~",
        "INS*N*19*030*XN*A~",
        "REF*0F*M1~",
        "REF*1L*HARBOR~",
        "DTP*356*D8*20260901~",
        "NM1*IL*1*SAMPLE*CY~",
        "N3*2 HILL RD~",
        "N4*PORTLAND*ME*04101~",
        "DMG*D8*20150709*U~",
        "HD*030**HLT*EG100*FAM~",
        "DTP*348*D8*20260901~",
        "SE*38*0001~",
        "GE*1*1~",
        "IEA*1*000000001~",
    ]


def test_every_night_sends_the_full_file_and_records_only_what_changed(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    build(record, partners, vault)
    change(record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    totals, _ = build(record, partners, vault, DAY + dt.timedelta(days=1))
    assert totals == {"files": 1, "members": 3, "coverage_changes": 1, "families_left_out": 0}
    states = look(record, "SELECT person_id, version, file_id FROM enrollment.member_state WHERE version > 1")
    assert states.rows() == [(2, 2, 2)]
    numbers = look(record, "SELECT kind, value, file_id FROM exchange.control_number ORDER BY kind, value")
    assert numbers.rows() == [(k, n, n) for k in ("GS06", "ISA13", "ST02") for n in (1, 2)]


def test_a_dependent_who_left_is_ended_on_the_day_and_repeated_inside_the_look_back(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    build(record, partners, vault)
    change(record, "DELETE FROM master.covered; UPDATE master.subscription SET tier = 'EMP'")
    day = DAY + dt.timedelta(days=1)
    totals, _ = build(record, partners, vault, day)
    assert totals["coverage_changes"] == 3  # the tier of the head, the end of two
    again = read(sent(record, vault, 2))
    assert again.members["maintenance_type"].to_list() == ["030", "024", "024"]
    assert again.coverages["end"].to_list() == [None, day, day]
    totals, _ = build(record, partners, vault, DAY + dt.timedelta(days=61))
    assert (totals["members"], totals["coverage_changes"]) == (3, 0)
    totals, _ = build(record, partners, vault, DAY + dt.timedelta(days=62))
    assert (totals["members"], totals["coverage_changes"]) == (1, 0)


def test_a_change_in_a_rejected_file_is_told_again(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    seed(record, **family())
    build(record, partners, vault)
    change(
        record,
        "INSERT INTO exchange.event (company_id, file_id, event_no, state, actor, business_date, run_no) "
        "VALUES (1, 1, 3, 'rejected', 'evergreen', '2026-10-01', 1)",
    )
    totals, _ = build(record, partners, vault, DAY + dt.timedelta(days=1))
    assert totals["coverage_changes"] == 3
    assert look(record, "SELECT DISTINCT version FROM enrollment.member_state WHERE file_id = 2").rows() == [(2,)]


def test_a_bad_family_is_named_and_the_others_go(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    world = family()
    people = [*world["master__person"], {"person_id": 4, "code": "M4", "first_name": "Dee", "zip": "ABC"}]
    subscriptions = [*world["master__subscription"], {"subscription_id": 2, "code": "S2", "person_id": 4}]
    seed(record, **(world | {"master__person": people, "master__subscription": subscriptions}))
    totals, _ = build(record, partners, vault)
    assert totals == {"files": 1, "members": 3, "coverage_changes": 3, "families_left_out": 1}
    assert look(record, "SELECT subject, rule FROM audit.quarantine").rows() == [
        ("evergreen: member M4", "edi834.address.zip")
    ]
    change(record, "UPDATE master.person SET zip = '04102' WHERE person_id = 4")
    totals, _ = build(record, partners, vault, DAY + dt.timedelta(days=1))
    assert (totals["members"], totals["coverage_changes"]) == (4, 1)


def test_an_ssn_is_opened_only_for_a_partner_that_asks(record: Record, vault: Vault, family: World) -> None:
    number = pl.Series(["517223344"])
    sealed = {
        "ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(),
        "ssn_blind": vault.blind(pl.Series([1]), number, SSN).item(),
    }
    world = family()
    world["master__person"] = [{**world["master__person"][0], **sealed}]
    world["master__subscription"] = [{}]
    del world["master__covered"]
    seed(record, **world)
    build(record, {"evergreen": vendor_partner(member_identifier="none")}, vault)
    assert b"517223344" not in sent(record, vault)
    totals, _ = build(record, {"evergreen": vendor_partner()}, vault, DAY + dt.timedelta(days=1))
    assert b"*34*517223344~" in sent(record, vault, 2)
    assert totals["coverage_changes"] == 1  # the partner sees more than it did


def test_a_partner_takes_numbers_over_all_companies_without_gaps(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    world = family()
    other = {"company_id": 2, "code": "GUILD", "name": "Guild"}
    world["master__company"] = [{}, other]
    world["master__person"] = [*world["master__person"], {"company_id": 2}]
    world["master__subscription"] = [*world["master__subscription"], {"company_id": 2}]
    seed(record, **world)
    build(record, partners, vault)
    build(record, partners, vault, DAY + dt.timedelta(days=1))
    numbers = look(record, "SELECT value, company_id FROM exchange.control_number WHERE kind = 'ISA13' ORDER BY 1")
    assert numbers.rows() == [(1, 1), (2, 2), (3, 1), (4, 2)]


def test_a_vendor_without_terms_sets_its_companies_aside_and_no_other(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World
) -> None:
    world = family()
    world["master__company"] = [{}, {"company_id": 2, "code": "GUILD", "name": "Guild"}]
    world["master__vendor"] = [{}, {"vendor_id": 2, "code": "lumen"}]
    world["master__product"] = [{}, {"product_id": 2, "code": "VIS", "vendor_id": 2, "line": "VIS"}]
    world["master__person"] = [*world["master__person"], {"company_id": 2}]
    world["master__subscription"] = [*world["master__subscription"], {"company_id": 2, "product_id": 2}]
    seed(record, **world)
    outcome = run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, partners, vault))
    assert list(outcome.set_aside) == [2]
    assert "lumen" in outcome.set_aside[2]
    assert outcome.totals["files"] == 1


def test_a_file_that_pyx12_refuses_sets_the_company_aside(
    record: Record, partners: dict[str, Partner], vault: Vault, family: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.enrollment import register

    seed(record, **family())
    honest = register.write
    monkeypatch.setattr(register, "write", lambda *a: honest(*a).replace(b"DMG*D8*1980", b"DMG*D7*1980"))
    run = night(record)
    outcome = None
    with pytest.raises(Exception, match="failed for every company"):
        outcome = run_step(record, run, "enrollment.files", lambda tx: build_files(tx, partners, vault))
    assert outcome is None
    assert look(record, "SELECT reason FROM audit.set_aside")["reason"].item().startswith("the 834 was refused")
    assert look(record, "SELECT 1 FROM exchange.file").is_empty()
    assert look(record, "SELECT 1 FROM exchange.control_number").is_empty()
