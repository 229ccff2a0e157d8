"""A vendor's roster held against ours: what each side lacks, what differs, and no name or number in it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from assets.delivery.inbound import kind_of
from assets.delivery.process import process
from assets.enrollment.discrepancies import Roster, compared, matched
from assets.steps import open_run
from formats.edi834 import Enrollment, Profile, Stamp, read, write
from formats.errors import SettingsError
from pipelines.vendors import discrepancy
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_IN, SSN
from resources.vault import HOUSE, Vault
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import TERMS, vendor_partner
from tests.support.seed import DAY, seed

World = Callable[..., dict[str, list[dict[str, Any]]]]
NUMBER = "517223344"
PARTIES = {"name": "x", "sponsor": {"name": "HARBOR", "id": "123456789"}, "payer": {"name": "EVER", "id": "987654321"}}


def member(code: str, **more: Any) -> dict[str, Any]:
    row = {
        "member_key": code, "subscriber_key": "M1", "subscriber_id": "M1", "is_subscriber": code == "M1",
        "relationship": {"M1": "18", "M2": "01"}.get(code, "19"), "last_name": "SAMPLE", "policy_number": "HARBOR",
        "first_name": {"M1": "ANN", "M2": "BO", "M3": "CY"}.get(code, "XI"), "eligibility_begin": dt.date(2026, 9, 1),
        "birth_date": {"M1": dt.date(1980, 5, 17), "M2": dt.date(1981, 2, 3)}.get(code, dt.date(2015, 7, 9)),
        "gender": "U", "maintenance_type": "030", "address1": "2 HILL RD", "city": "PORTLAND", "state": "ME",
        "zip": "04101",
    }  # fmt: skip
    return row | more


def held(code: str, **more: Any) -> dict[str, Any]:
    row = {"member_key": code, "line": "HLT", "plan_code": "EG100", "tier": "FAM", "begin": dt.date(2026, 9, 1)}
    return row | {"maintenance_type": "030"} | more


def roster(members: list[dict[str, Any]], coverages: list[dict[str, Any]], **terms: Any) -> bytes:
    from formats.edi834.schema import COVERAGES, MEMBERS, conform

    whole = Enrollment(
        conform(pl.DataFrame(members, infer_schema_length=None), MEMBERS),
        conform(pl.DataFrame(coverages, infer_schema_length=None), COVERAGES),
    )
    profile = Profile.model_validate(PARTIES | TERMS | {"action": "4"} | terms)
    return write(whole, profile, Stamp(1, 1, 1, "R1", dt.datetime(2026, 10, 1, 9)))  # noqa: DTZ001 - the vendor's own


@pytest.fixture
def world(vault: Vault, family: World) -> dict[str, list[dict[str, Any]]]:
    made, number = family(), pl.Series([NUMBER])
    sealed = {
        "ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(),
        "ssn_blind": vault.blind(pl.Series([1]), number, SSN).item(),
    }
    made["master__person"] = [sealed, *made["master__person"][1:]]
    return made


def take(record: Record, vault: Vault, data: bytes, partner: Partner) -> dict[str, int]:
    """The list arrives and is worked through like any received file."""
    sha256 = hashlib.sha256(data).digest()
    run = open_run(record, job="inbound", book="house", business_date=DAY)
    kind = kind_of(data) if partner.enrollment.roster is None else "roster"
    with record.step("received", run_no=run.run_no, companies=run.companies, business_date=DAY) as tx:
        row = {"sha256": sha256, "partner": partner.code, "name": "list", "size": len(data), "kind": kind}
        sealed = {"sealed": vault.seal_bytes(HOUSE, FILE_IN, data), "received_on": DAY}
        if tx.read("delivery/inbound_file", sha256=sha256).is_empty():
            tx.append("exchange.inbound", pl.DataFrame([row | sealed]))
    out = process(record, run, sha256.hex(), {partner.code: partner}, vault)
    assert not out.set_aside
    return out.totals | {"rows": out.rows.get("enrollment.discrepancy", 0)}


def rows(record: Record) -> list[tuple[Any, ...]]:
    text = "SELECT kind, member, line, columns FROM enrollment.discrepancy ORDER BY kind, member, line, columns"
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        return tx.select(text).rows()


def test_a_roster_that_agrees_says_nothing(record: Record, vault: Vault, world: dict[str, Any]) -> None:
    seed(record, **world)
    everybody = [member("M1", gender="F"), member("M2", gender="M"), member("M3")]
    data = roster(everybody, [held(c) for c in ("M1", "M2", "M3")], member_identifier="none")
    found = take(record, vault, data, vendor_partner())
    assert found == {"missing_there": 0, "missing_here": 0, "different": 0, "compared": 3, "rows": 0}


@pytest.mark.parametrize("identifier", ["none", "member_id", "ssn"])
def test_three_lists(record: Record, vault: Vault, world: dict[str, Any], identifier: str) -> None:
    seed(record, **world)
    told = [
        member("M1", gender="F", ssn=NUMBER, member_id="M1", city="BATH", birth_date=dt.date(1980, 5, 17)),
        member("M2", gender="M", member_id="M2", first_name="B-O"),  # spelled otherwise: the same
        member("M9", member_id="M9", birth_date=dt.date(2001, 1, 1)),
    ]
    covered = [held("M1", tier="EMP"), held("M2", end=dt.date(2026, 12, 1)), held("M1", line="DEN"), held("M9")]
    data = roster(told, covered, member_identifier=identifier, illegal_characters="replace")
    found = take(record, vault, data, vendor_partner())
    assert found == {"missing_there": 1, "missing_here": 2, "different": 3, "compared": 3, "rows": 6}
    kept = rows(record)
    assert [r for r in kept if r[0] != "missing_here"] == [
        ("different", "M1", "", "city"),
        ("different", "M1", "HLT", "tier"),
        ("different", "M2", "HLT", "end"),
        ("missing_there", "M3", "HLT", ""),
    ]
    strangers = [r for r in kept if r[0] == "missing_here"]
    assert strangers[0][1:3] == ("M1", "DEN")
    assert strangers[1][1].startswith("position ")
    assert not any(word in str(kept) for word in (NUMBER, "SAMPLE", "BATH", "M9"))
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        ((kind, detail),) = tx.select("SELECT kind, detail FROM exchange.exception").rows()
    assert (kind, detail) == (
        "discrepancy",
        "of 3 members: 1 missing there, 2 missing here, 3 different; daybook discrepancy lists them",
    )
    assert take(record, vault, data, vendor_partner())["rows"] == 0


def test_a_list_in_a_layout_of_the_vendors_own(record: Record, vault: Vault, world: dict[str, Any]) -> None:
    seed(record, **world)
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    partner = vendor_partner().model_copy(update={"enrollment": VendorTerms(roster=str(layout))})
    whole = (layout.parent / "evergreen_first.csv").read_text().replace(",A,", ",,")
    text = "".join(line for line in whole.splitlines(keepends=True) if ",Bo," not in line).replace("R,3", "R,2")
    found = take(record, vault, text.replace("Cy", "Cyd").encode(), partner)
    assert (found["missing_there"], found["missing_here"], found["different"]) == (1, 0, 1)
    assert rows(record) == [("different", "M3", "", "first_name"), ("missing_there", "M2", "HLT", "")]


def _first(text: str, lines: int) -> str:
    return "".join(text.splitlines(keepends=True)[:lines])


DAMAGED: dict[str, tuple[Callable[[str], str], str]] = {
    "an error page": (lambda _: "<html>502 Bad Gateway</html>", "The line of column names is missing, and 1 more"),
    "cut before its trailer": (lambda t: _first(t, 3), "The file does not end with its trailer record"),
    "only its column names": (lambda t: _first(t, 1), "The file does not end with its trailer record"),
    "a line lost, and the trailer still there": (
        lambda t: "".join(line for line in t.splitlines(keepends=True) if ",Bo," not in line),
        "lines of the trailer record is not the number of the file's lines",
    ),
    "lines of another list": (lambda t: t.replace("TRAILER,3", "TRAILER,3\r\nTOTAL,3"), "The file does not end with"),
    "empty": (lambda _: "", "The file does not end with its trailer record"),
}  # fmt: skip


def _looked_into(record: Record) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        return tx.select("SELECT kind, detail FROM exchange.exception").rows()


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_list_is_an_exception_and_no_discrepancy(
    record: Record, vault: Vault, world: dict[str, Any], damage: str
) -> None:
    seed(record, **world)
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    partner = vendor_partner().model_copy(update={"enrollment": VendorTerms(roster=str(layout))})
    change, words = DAMAGED[damage]
    text = change((layout.parent / "evergreen_first.csv").read_text().replace(",A,", ",,"))
    found = take(record, vault, text.encode(), partner)
    assert found == {"missing_there": 0, "missing_here": 0, "different": 0, "compared": 0, "rows": 0}
    assert rows(record) == []
    [(kind, detail)] = _looked_into(record)
    assert kind == "unreadable"
    assert detail.startswith(f"list not readable: {words}")
    assert detail.endswith("; nothing was compared, ask for the whole list")


def test_a_list_whose_lines_end_in_cr_alone_is_read(record: Record, vault: Vault, world: dict[str, Any]) -> None:
    seed(record, **world)
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    partner = vendor_partner().model_copy(update={"enrollment": VendorTerms(roster=str(layout))})
    text = (layout.parent / "evergreen_first.csv").read_text().replace(",A,", ",,")
    found = take(record, vault, text.replace("\n", "\r").encode(), partner)
    assert found == {"missing_there": 0, "missing_here": 0, "different": 0, "compared": 3, "rows": 0}


def test_one_bad_line_does_not_refuse_the_list(record: Record, vault: Vault, world: dict[str, Any]) -> None:
    seed(record, **world)
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    partner = vendor_partner().model_copy(update={"enrollment": VendorTerms(roster=str(layout))})
    text = (layout.parent / "evergreen_first.csv").read_text().replace(",A,", ",,").replace("2015-07-09", "2015-77-09")
    found = take(record, vault, text.encode(), partner)
    assert (found["compared"], found["missing_there"], found["missing_here"]) == (3, 0, 0)


@pytest.mark.parametrize("ends", [b"SE*", b"GE*", b"IEA*"])
def test_a_cut_834_is_an_exception_and_no_discrepancy(
    record: Record, vault: Vault, world: dict[str, Any], tmp_path: Path, ends: bytes
) -> None:
    seed(record, **world)
    data = roster([member("M1", gender="F")], [held("M1")], member_identifier="none")
    cut = data[: data.index(b"\n" + ends) + 1]
    assert take(record, vault, cut, vendor_partner())["rows"] == 0
    [(kind, detail)] = _looked_into(record)
    assert (kind, detail.split(":")[0]) == ("unreadable", "list not readable")
    (tmp_path / "list.834").write_bytes(cut)
    desk: Any = SimpleNamespace(record=record, vault=vault, partners={"evergreen": vendor_partner()})
    with pytest.raises(SettingsError, match="list not readable"):
        discrepancy(desk, "evergreen", file=tmp_path / "list.834", date=DAY)


def test_a_list_of_last_week_is_held_against_who_was_covered_then(
    record: Record, vault: Vault, world: dict[str, Any]
) -> None:
    begun, ended, both = dt.date(2026, 9, 28), dt.date(2026, 9, 29), dt.date(2026, 9, 24)
    people = [("M4", "Dee"), ("M5", "Eve"), ("M6", "Flo")]
    born = dt.date(1990, 1, 1)
    world["master__person"] = [
        *world["master__person"],
        *({"person_id": n, "code": c, "first_name": name, "birth_date": born} for n, (c, name) in enumerate(people, 4)),
    ]
    terms = {4: {"start_date": begun}, 5: {"end_date": ended}, 6: {"end_date": both}}
    world["master__subscription"] = [
        *world["master__subscription"],
        *({"subscription_id": n, "code": f"S{n}", "person_id": n} | more for n, more in terms.items()),
    ]
    # The spouse leaves the family between the list and today.
    world["master__covered"] = [
        c | {"end_date": begun if c["person_id"] == 2 else None} for c in world["master__covered"]
    ]
    seed(record, **world)
    week_ago = DAY - dt.timedelta(7)  # 24 September: M4 is yet to come, M5 still there, M6 has gone on that very day
    told = [member(c, gender=g) for c, g in (("M1", "F"), ("M2", "M"), ("M3", "U"))]
    alone = {"subscriber_key": "M5", "subscriber_id": "M5", "is_subscriber": True, "relationship": "18"}
    told += [member("M5", first_name="EVE", birth_date=born, gender="F") | alone]
    covered = [*(held(c) for c in ("M1", "M2", "M3")), held("M5", tier="EMP")]
    data = roster(told, covered, member_identifier="none")
    old = data.replace(b"*20261001*", b"*20260924*").replace(b"*261001*", b"*260924*")
    assert old != data
    found = take(record, vault, old, vendor_partner())
    assert rows(record) == [("different", "M2", "HLT", "end"), ("different", "M5", "HLT", "end")]  # it could not know
    assert (found["missing_there"], found["missing_here"]) == (0, 0)
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        assert tx.select("SELECT DISTINCT as_of FROM enrollment.discrepancy").item() == week_ago
    take(record, vault, data, vendor_partner())  # the same list, of today
    assert [r for r in rows(record) if r[0] != "different"] == [
        ("missing_here", "M2", "HLT", ""), ("missing_here", "M5", "HLT", ""), ("missing_there", "M4", "HLT", ""),
    ]  # fmt: skip


def test_whoever_fits_twice_fits_nobody() -> None:
    ours = pl.DataFrame(
        {"company_id": [1, 1], "person_id": [2, 3], "code": ["A", "B"], "head_code": ["H", "H"],
         "relationship": ["child", "child"], "birth_date": [DAY, DAY], "ssn_blind": [None, None]},
        schema_overrides={"company_id": pl.Int32, "person_id": pl.Int32, "ssn_blind": pl.Binary},
    )  # fmt: skip
    theirs = read(roster([member("M1"), member("T", subscriber_id="M1", relationship="19", birth_date=DAY)],
                         [held("M1"), held("T")], member_identifier="none"))  # fmt: skip
    companies = pl.DataFrame({"company_id": [1], "company": ["HARBOR"]}, schema_overrides={"company_id": pl.Int32})
    people = theirs.members.with_columns(subscriber_id=pl.lit("H"))
    assert matched(people, ours, companies)["person_id"].to_list() == [None, None]
    nobody = pl.DataFrame(schema={"company_id": pl.Int32, "person_id": pl.Int32, "line": pl.String, "tier": pl.String,
                                  "plan_code": pl.String, "begin": pl.Date, "end": pl.Date})  # fmt: skip
    known = ours.with_columns(pl.lit("").alias(c) for c in ("first_name", "last_name", "address", "city", "state",
                                                             "zip", "gender"))  # fmt: skip
    told = Roster(matched(people, ours, companies), theirs.coverages, DAY)
    assert compared(told, known, nobody, {})["kind"].to_list() == ["missing_here", "missing_here"]


def test_the_command_compares_a_file_and_writes_the_lists(
    record: Record, vault: Vault, world: dict[str, Any], tmp_path: Path
) -> None:
    seed(record, **world)
    told = roster(
        [member("M1", gender="F"), member("M2", gender="M")], [held("M1"), held("M2")], member_identifier="none"
    )
    (tmp_path / "list.834").write_bytes(told)
    desk: Any = SimpleNamespace(record=record, vault=vault, partners={"evergreen": vendor_partner()})
    made = discrepancy(desk, "evergreen", file=tmp_path / "list.834", date=DAY, out=tmp_path / "out.csv")
    assert (made["missing_there"], made["missing_here"], made["different"]) == (1, 0, 0)
    assert (tmp_path / "out.csv").read_text() == (
        "company,kind,member,line,plan_code,columns,as_of\nHARBOR,missing_there,M3,HLT,EG100,,2026-10-01\n"
    )
    last = discrepancy(desk, "evergreen")  # the last list that came
    assert (last["sha256"], last["rows"]) == (made["sha256"], made["rows"])
    with pytest.raises(SettingsError, match="no vendor profile"):
        discrepancy(desk, "nobody")
    with pytest.raises(SettingsError, match="can't be read"):
        discrepancy(desk, "evergreen", file=tmp_path / "none")
