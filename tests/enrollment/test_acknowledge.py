"""A vendor's answers, against a real database: verdict, state, exceptions, and the member an error stands at."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.steps import build_files
from assets.steps import open_run, run_step
from formats.edi834 import Acks, AckStamp, Route, read_acks, write_999, write_ta1
from formats.edi834 import acknowledge as answered
from resources.database import Logins
from resources.partners import Partner
from resources.record import Record
from resources.sealed import SSN
from resources.vault import Vault
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import Vendor, vendor_partner
from tests.support.seed import DAY, night, seed

World = Callable[..., dict[str, list[dict[str, Any]]]]
BACK = Route("EVERGREEN", "DAYBOOK")
STAMP = AckStamp(1, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
HEAD_ZIP = 14  # ST BGN QTY QTY QTY N1 N1, then INS REF REF DTP NM1 N3 N4


def hear(
    record: Record, vault: Vault, data: bytes, partner: str = "evergreen"
) -> tuple[dict[str, int], dict[str, int]]:
    sha256 = hashlib.sha256(data).digest()
    run = open_run(record, job="inbound", book="house", business_date=DAY)
    with record.step("received", run_no=run.run_no, companies=run.companies, business_date=DAY) as tx:
        if tx.read("enrollment/partner_of_inbound", sha256=sha256).is_empty():
            row = {"sha256": sha256, "partner": partner, "name": "ack", "size": len(data), "kind": "x12_ack"}
            tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": b"x", "received_on": DAY}]))
    outcome = run_step(record, run, "enrollment.acknowledge", lambda tx: acknowledge(tx, sha256, data, vault))
    assert not outcome.set_aside
    return outcome.totals, outcome.rows


def look(record: Record, text: str) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        return tx.select(text).rows()


def sent(record: Record, logins: Logins, vault: Vault) -> bytes:
    return Vendor(record, Record(logins.releaser), vault, VendorTerms(), {}).send(1)


@pytest.fixture
def file(record: Record, logins: Logins, partners: dict[str, Partner], vault: Vault, family: World) -> bytes:
    seed(record, **family())
    run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, partners, vault))
    return sent(record, logins, vault)


def fault(position: int, **more: Any) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"set_control": "0001", "segment_position": position, "segment": "N4", "segment_code": "8", "position": 1}
            | more
        ]
    )


STATES = "SELECT state, detail, actor FROM exchange.event WHERE event_no > 5 ORDER BY event_no"
EXCEPTIONS = "SELECT position, kind, detail FROM exchange.exception ORDER BY position, kind"


def test_an_accepted_file_is_acknowledged_once(record: Record, vault: Vault, file: bytes) -> None:
    answer = write_999(answered(file), BACK, STAMP, with_ta1=True)
    totals, _ = hear(record, vault, answer)
    assert totals == {"acknowledged": 1, "rejected": 0, "exceptions": 0}
    assert look(record, STATES) == [("acknowledged", "interchange 1: A, group 1: A", "evergreen")]
    rows = look(record, "SELECT level, control_number, verdict, errors FROM enrollment.acknowledgement ORDER BY level")
    assert rows == [("group", 1, "A", 0), ("interchange", 1, "A", 0), ("set", 1, "A", 0)]
    totals, appended = hear(record, vault, answer)
    assert appended == {}
    assert totals["acknowledged"] == 0


def test_a_rejected_set_names_the_member_and_the_place_but_no_value(record: Record, vault: Vault, file: bytes) -> None:
    faults = pl.concat([fault(HEAD_ZIP, element=3, element_code="7"), fault(HEAD_ZIP + 10)], how="diagonal_relaxed")
    answer = write_999(answered(file, faults), BACK, STAMP, with_ta1=True)
    totals, _ = hear(record, vault, answer)
    assert totals == {"acknowledged": 0, "rejected": 1, "exceptions": 2}
    ((state, detail, _),) = look(record, STATES)
    assert state == "rejected"
    assert detail == (
        "interchange 1: A, group 1: R, set 1: R, codes 5; "
        "set 0001 segment 14 N4 of member M1, column zip: element 3: a code it does not know (8, 7); "
        "set 0001 segment 24 N4 of member M2: wrong elements (8)"
    )
    assert [r[1:] for r in look(record, EXCEPTIONS)] == [
        ("set_error", "set 0001 segment 14 N4 of member M1, column zip: element 3: a code it does not know (8, 7)"),
        ("set_error", "set 0001 segment 24 N4 of member M2: wrong elements (8)"),
    ]
    assert hear(record, vault, answer)[1] == {}


def test_an_accepting_ta1_alone_moves_nothing_and_a_rejecting_one_kills(
    record: Record, vault: Vault, file: bytes
) -> None:
    assert hear(record, vault, write_ta1(answered(file), BACK, STAMP))[0]["acknowledged"] == 0
    assert look(record, STATES) == []
    hear(record, vault, write_ta1(answered(file, ta1_verdict="R", note="006"), BACK, STAMP))
    assert look(record, STATES) == [("rejected", "interchange 1: R, codes 006", "evergreen")]


def test_severity_only_goes_up(record: Record, vault: Vault, file: bytes) -> None:
    good = write_999(answered(file), BACK, STAMP)
    bad = write_999(answered(file, fault(HEAD_ZIP)), BACK, STAMP)
    for answer in (good, bad, write_999(answered(file), BACK, AckStamp(2, STAMP.created))):
        hear(record, vault, answer)
    assert [row[0] for row in look(record, STATES)] == ["acknowledged", "rejected"]


@pytest.mark.parametrize(
    "case",
    [("E", 1, "acknowledged"), ("P", 1, "rejected"), ("A", 0, "rejected"), ("M", 0, "rejected"), (None, 1, None)],
)
def test_group_verdicts(record: Record, vault: Vault, file: bytes, case: tuple[str | None, int, str | None]) -> None:
    verdict, accepted, state = case
    said = answered(file)
    groups = said.groups.with_columns(verdict=pl.lit(verdict, pl.String), sets_accepted=pl.lit(accepted, pl.Int64))
    quiet = Acks(said.ta1, groups, said.sets.clear(), said.errors, said.applications)
    hear(record, vault, write_999(quiet, BACK, STAMP))
    assert [row[0] for row in look(record, STATES)] == ([] if state is None else [state])


def test_what_was_never_sent_is_an_exception_and_not_dropped(record: Record, vault: Vault, file: bytes) -> None:
    stranger = write_999(answered(file.replace(b"GS*BE", b"GS*BE").replace(b"*1*X*", b"*77*X*")), BACK, STAMP)
    totals, _ = hear(record, vault, stranger)
    assert totals["acknowledged"] == 0
    kinds = [(kind, detail) for _, kind, detail in look(record, EXCEPTIONS)]
    assert kinds == [
        ("unmatched_ack", "verdict A on group 77, which this partner was not sent"),
        ("unmatched_ack", "verdict A on set 1, which this partner was not sent"),
    ]
    other_partner = write_999(answered(file), BACK, AckStamp(3, STAMP.created))
    assert hear(record, vault, other_partner, partner="lumen")[0] == {"acknowledged": 0, "rejected": 0, "exceptions": 2}


def test_a_file_that_says_nothing_is_named_unreadable(record: Record, vault: Vault, file: bytes) -> None:
    assert hear(record, vault, b"hello")[0]["exceptions"] >= 1
    assert {row[1] for row in look(record, EXCEPTIONS)} == {"unreadable"}


def at(data: bytes, beginning: str, nth: int = 1) -> int:
    """Where the nth segment that begins so stands in the first set, as IK302 counts."""
    body = [line.strip() for line in data.decode().split("~")]
    body = body[next(i for i, line in enumerate(body) if line.startswith("ST*")) :]
    return [i for i, line in enumerate(body, 1) if line.startswith(beginning)][nth - 1]


PLACES: list[tuple[str, int, dict[str, Any], str]] = [
    ("NM1", 1, {"element": 3, "element_code": "1"},
     "NM1 of member M1, column last_name: element 3: a required value is missing (8, 1)"),
    ("N3", 1, {"element": 1, "element_code": "5"}, "N3 of member M1, column address: element 1: too long (8, 5)"),
    ("DMG", 3, {"element": 2, "element_code": "8"}, "DMG of member M3, column birth_date: element 2: no date (8, 8)"),
    ("INS", 2, {"element": 2, "element_code": "7"},
     "INS of member M2, column relationship: element 2: a code it does not know (8, 7)"),
    ("REF*1L", 2, {}, "REF of member M2, column company_code: wrong elements (8)"),
    ("DTP*356", 1, {}, "DTP of member M1, column start_date: wrong elements (8)"),
    ("DTP*348", 2, {"element": 3, "element_code": "8"},
     "DTP of member M2, column start_date of HLT: element 3: no date (8, 8)"),
    ("HD", 1, {"element": 5, "element_code": "7"},
     "HD of member M1, column tier of HLT: element 5: a code it does not know (8, 7)"),
    ("HD", 2, {"element": 4, "element_code": "7"},
     "HD of member M2, column plan_code of HLT: element 4: a code it does not know (8, 7)"),
    ("N4", 1, {}, "N4 of member M1: wrong elements (8)"),  # which of its columns is not said
    # What is missed can't be pointed at.
    ("DMG", 1, {"segment": "N4", "segment_code": "3"},
     "N4 of member M1: a required segment is missing (3)"),
    ("QTY", 1, {"element": 2, "element_code": "7"},
     "QTY in the header or trailer: element 2: a code it does not know (8, 7)"),
    ("SE", 1, {"element": 1, "element_code": "7"},
     "SE in the header or trailer: element 1: a code it does not know (8, 7)"),
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=[p[3] for p in PLACES])
def test_an_error_leads_back_to_the_member_and_the_column_of_the_record(
    record: Record, vault: Vault, file: bytes, place: tuple[str, int, dict[str, Any], str]
) -> None:
    segment, nth, more, words = place
    position = at(file, segment, nth)
    wrong = fault(position, **{"segment": segment.split("*")[0]} | more)
    answer = write_999(answered(file, wrong), BACK, STAMP)
    assert b"AK2*834*0001*" in answer
    hear(record, vault, answer.replace(b"AK2*834*0001*", b"AK2*834*1*"))  # some vendors leave out leading zeros
    assert [r[2] for r in look(record, EXCEPTIONS)] == [f"set 0001 segment {position} {words}"]


def test_twins_are_told_apart_by_name(record: Record, logins: Logins, vault: Vault, family: World) -> None:
    world = family()
    twin = {"subscriber_id": 1, "relationship": "child", "birth_date": dt.date(2015, 7, 9), "gender": "U"}
    people = [("M3", "Zoé"), ("M4", "Ann-Lou")]
    world["master__person"] = [
        *world["master__person"][:2],
        *({"person_id": n, "code": code, "first_name": name} | twin for n, (code, name) in enumerate(people, 3)),
    ]
    world["master__covered"] = [{"company_id": 1, "subscription_id": 1, "person_id": n} for n in range(2, 5)]
    seed(record, **world)
    terms = {"evergreen": vendor_partner(member_identifier="none")}
    run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, terms, vault))
    data = sent(record, logins, vault)
    spots = [at(data, f"NM1*IL*1*SAMPLE*{name}") for name in ("ZOE", "ANN-LOU")]
    wrong = pl.concat([fault(n, segment="NM1", element=4, element_code="1") for n in spots])
    hear(record, vault, write_999(answered(data, wrong), BACK, STAMP))
    said = {r[2].split(" NM1 ")[1].split(",")[0] for r in look(record, EXCEPTIONS)}
    assert said == {"of member M3", "of member M4"}


@pytest.mark.parametrize("known", [True, False])
def test_a_subscriber_reference_that_is_an_ssn_is_not_shown(
    record: Record, logins: Logins, vault: Vault, family: World, known: bool
) -> None:
    world, number = family(), pl.Series(["517223344"])
    blind = vault.blind(pl.Series([1]), number, SSN).item() if known else b"another"
    sealed = vault.seal(pl.Series([1]), number, SSN).item()
    world["master__person"] = [{"ssn_sealed": sealed, "ssn_blind": blind}, *world["master__person"][1:]]
    seed(record, **world)
    terms = {"evergreen": vendor_partner(subscriber_reference="ssn")}
    run_step(record, night(record), "enrollment.files", lambda tx: build_files(tx, terms, vault))
    data = sent(record, logins, vault)
    assert b"REF*0F*517223344~" in data
    wrong = fault(at(data, "NM1*IL", 1), segment="NM1", element=9, element_code="7")
    hear(record, vault, write_999(answered(data, wrong), BACK, STAMP))
    whose = "of member M1" if known else "of a member"
    assert [r[2].split(" NM1 ")[1] for r in look(record, EXCEPTIONS)] == [
        f"{whose}, column ssn: element 9: a code it does not know (8, 7)"
    ]


def test_every_sample_answer_is_read_without_a_crash(record: Record, vault: Vault, file: bytes, corpus: Any) -> None:
    samples = [p for p in sorted(corpus.rglob("*")) if p.is_file() and p.stat().st_size < 100_000]
    answers = [
        d for d in (p.read_bytes() for p in samples) if not (a := read_acks(d)).groups.is_empty() or a.ta1.height
    ]
    assert answers
    for data in answers[:12]:
        totals, _ = hear(record, vault, data, partner="lumen")
        assert totals["acknowledged"] == 0
