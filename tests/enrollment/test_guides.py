"""A vendor whose profile names a guide, through the real step: the guide's schedule, codes and names of files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.enrollment.steps import build_files
from assets.steps import run_step
from formats.edi834 import read
from resources.database import Logins
from resources.guides import guide
from resources.partners import Partner
from resources.record import Record
from resources.sealed import SSN
from resources.vault import Vault
from tests.enrollment.exchange import Vendor, World, actions, change, vendor_partner
from tests.support.evergreen import evergreen
from tests.support.seed import DAY, night, seed

FILES = "SELECT purpose, business_date, name FROM exchange.file ORDER BY file_id"


@dataclass
class Guided(Vendor):
    """A vendor whose terms are read from its profile."""

    partner: Partner | None = None

    @property
    def partners(self) -> dict[str, Partner]:
        assert self.partner is not None
        return {"evergreen": self.partner}

    def nights(self, count: int) -> list[tuple[str, dt.date, str]]:
        """The files of so many nights, each sent and taken when it is made."""
        before = len(self.look(FILES))
        for _ in range(count):
            known = len(self.look(FILES))
            self.run()
            for file_id in range(known + 1, len(self.look(FILES)) + 1):
                self.send(file_id)
                self.answer(file_id)
        return [(str(p), d, str(n)) for p, d, n in self.look(FILES)[before:]]


@pytest.fixture
def guided(record: Record, logins: Logins, vault: Vault, tmp_path: Path) -> Callable[..., Guided]:
    def make(world: dict[str, Any], guide: str, constants: str) -> Guided:
        seed(record, **world)
        partner = evergreen(tmp_path, guide, "[edi834.constant]\n" + constants)
        return Guided(record, Record(logins.releaser), vault, partner.enrollment, {}, partner=partner)

    return make


def test_the_exchange_gets_changes_each_day_and_a_full_file_to_compare_with_each_month(
    guided: Callable[..., Guided], family: World, vault: Vault
) -> None:
    world = family()
    given = [(pl.Series([1]), pl.Series([number]), SSN) for number in ("517223344", "517223345", "517223346")]
    world["master__person"] = [
        person | {"ssn_sealed": vault.seal(*ssn).item(), "ssn_blind": vault.blind(*ssn).item()}
        for person, ssn in zip(world["master__person"], given, strict=True)
    ]
    them = guided(world, "exchange", '"REF*17" = "SOURCE-1"\n"2300.REF*CE" = "CLASS-1"\n')
    assert them.nights(1) == [("change", dt.date(2026, 10, 2), "DAYBOOK.I834.D261002.T010100001.P")]
    change(them.record, "UPDATE master.person SET city = 'Bath'")
    assert [row[0] for row in them.nights(29)] == ["change"]  # nothing else changed all October
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")
    assert them.nights(2) == [
        ("change", dt.date(2026, 11, 1), "DAYBOOK.I834.D261101.T010100001.P"),
        ("audit", dt.date(2026, 11, 1), "DAYBOOK.I834.D261101.T011900001.P"),
    ]
    first, audit = them.bytes_of(1), them.bytes_of(4)
    assert first.startswith(b"ISA*00*")
    assert b"\n" not in first
    assert first.count(b"REF*17*SOURCE-1~") == first.count(b"REF*CE*CLASS-1~") == 3
    assert b"NM1*IL*1*Sample*Ann****34*517223344~" in first
    assert b"*20261002*0101****2~" in first
    assert b"*20261101*0119****4~" in audit
    assert audit.count(b"DTP*349*D8*20261031~") == 1  # the last day covered, as this exchange means it
    assert read(audit, end_date="last_day_covered").coverages["end"].drop_nulls().to_list() == [dt.date(2026, 11, 1)]
    assert [row[:3] for row in actions(them.bytes_of(3))] == [("Cy", "024", "07")]


def test_the_carrier_gets_a_full_file_each_monday_in_its_own_codes(
    guided: Callable[..., Guided], family: World
) -> None:
    them = guided(family(), "carrier", '"REF*23" = "C-100"\n')
    assert them.nights(3) == []  # Friday to Sunday
    assert them.nights(7) == [("full", dt.date(2026, 10, 5), "EVERGREEN_full_HARBOR_20261005_001.P.TXT")]
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")
    assert them.nights(7) == [("full", dt.date(2026, 10, 12), "EVERGREEN_full_HARBOR_20261012_001.P.TXT")]
    first, second = them.bytes_of(1), them.bytes_of(2)
    assert first.startswith(b"ISA|00|")
    assert b"|20261005|0101||||RX~\r\n" in first
    assert first.count(b"HD|021||PPO|EG100|FAM~\r\n") == first.count(b"REF|23|C-100~\r\n") == 3
    assert first.count(b"REF|ZX|STATE~\r\n") == 3
    assert [read(data).members.height for data in (first, second)] == [3, 2]
    assert b"CY" not in second
    told = "SELECT person_id, covered, file_id FROM enrollment.member_state WHERE version = 2"
    assert them.look(told) == [(3, False, 2)]


def test_two_companies_of_a_day_never_share_a_name_without_their_codes_in_it(
    record: Record, vault: Vault, family: World
) -> None:
    world = family(master__company=[{}, {"company_id": 2, "code": "GUILD", "name": "Guild"}])
    world["master__person"] = [*world["master__person"], {"company_id": 2}]
    world["master__subscription"] = [*world["master__subscription"], {"company_id": 2}]
    seed(record, **world)
    named = vendor_partner().model_copy(update={"file_name": guide("exchange")["file_name"]})
    run = night(record)
    out = run_step(record, run, "enrollment.files", lambda tx: build_files(tx, {"evergreen": named}, vault))
    assert not out.set_aside
    with record.step("look", run_no=0, companies=(1, 2), business_date=DAY) as tx:
        names = tx.select("SELECT company_id, name FROM exchange.file ORDER BY 1").rows()
    assert names == [(1, "DAYBOOK.I834.D261001.T010100001.P"), (2, "DAYBOOK.I834.D261001.T010100002.P")]
