import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from formats.edi834 import (
    ACK_ERRORS,
    REFUSED,
    Acks,
    AckStamp,
    Marks,
    Route,
    acknowledge,
    locate,
    read_acks,
    write_999,
    write_ta1,
    write_with_positions,
)
from formats.edi834.referee import referee
from formats.edi834.schema import conform
from formats.errors import FormatError
from formats.problems import ERROR, has_errors
from tests.formats.edi834.book import STAMP, book, family, profile

BACK = Route.of(profile()).back()
NUMBERS = AckStamp(900, dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC), 17, 1)
TERMS = profile(max_members_per_set=3)
SENT, PLACES = write_with_positions(book(9), TERMS, STAMP)


def fault(**values: object) -> pl.DataFrame:
    return conform(pl.DataFrame([values]), ACK_ERRORS)


def without(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    return frame.drop("position", *columns)


@pytest.mark.parametrize(
    ("file", "kind", "groups", "sets"),
    [
        ("imsweb-x12-parser/x12_999_accepted.txt", "999", ["A"], ["A"]),
        ("imsweb-x12-parser/x12_999_rejected.txt", "999", ["R"], ["R"]),
        ("pyx12/834_ls_le_ls_5010.999.txt", "999", ["A"], ["A"]),
        ("pyx12/834_lui_id_5010.999.txt", "999", ["A"] * 4, ["A"] * 4),
        ("stupidedi/1.edi", "997", ["A"], ["A"]),
        ("stupidedi/response-to-functional-group-containing-3-837s.edi", "999", ["P"], ["A", "R", "R"]),
        ("stupidedi/response-to-functional-group-containing-837s.edi", "997", ["P"], ["A", "R"]),
    ],
)
def test_samples_say_what_they_say(corpus: Path, file: str, kind: str, groups: list[str], sets: list[str]) -> None:
    found = read_acks((corpus / file).read_bytes())
    assert found.groups["verdict"].to_list() == groups
    assert found.sets["verdict"].to_list() == sets
    assert set(found.groups["kind"]) == {kind}


def test_errors_of_a_sample_without_the_bad_values(corpus: Path) -> None:
    found = read_acks((corpus / "stupidedi/response-to-functional-group-containing-3-837s.edi").read_bytes())
    columns = ["set_control", "segment", "segment_position", "segment_code", "element", "element_code"]
    assert found.errors.select(columns).rows() == [
        ("0002", "CLM", 22, "8", 2, "1"),
        ("0003", "REF", 57, "3", None, None),
    ]
    assert not any("123456789" in str(v) for v in found.errors.row(0))


@pytest.mark.parametrize(
    ("file", "verdicts"),
    [
        ("positive-acknowledgment", ["A"]),
        ("complete-transaction-set-reject-reporting", ["R"]),
        ("partial-transaction-set-reject-reporting", ["A", "P", "A", "E", "R", "A", "E"]),
    ],
)
def test_824_samples(corpus: Path, file: str, verdicts: list[str]) -> None:
    found = read_acks((corpus / "stupidedi" / f"{file}.edi").read_bytes())
    assert found.applications["verdict"].to_list() == verdicts
    assert not has_errors(found.problems)


def test_an_834_acknowledges_nothing(corpus: Path) -> None:
    found = read_acks((corpus / "pyx12" / "834_deident_term.txt").read_bytes())
    assert "edi834.ack.nothing" in set(found.problems["rule"])


FAULTS = pl.concat(
    [
        fault(set_control="1002", segment="NM1", segment_position=20, loop="2100A", segment_code="8", element=9,
              data_element="67", element_code="5"),
        fault(set_control="1002", segment="NM1", segment_position=20, loop="2100A", segment_code="8", element=3,
              component=2, data_element="1035", element_code="1"),
        fault(set_control="1002", segment="DMG", segment_position=24, segment_code="3"),
    ]
)  # fmt: skip


@pytest.mark.parametrize("marks", [Marks(), Marks("|", "!", ">", "'")])
def test_999_and_ta1_come_back_as_written(marks: Marks) -> None:
    acks = acknowledge(SENT, FAULTS)
    assert acks.groups["verdict"].to_list() == ["P"]
    assert acks.sets["verdict"].to_list() == ["A", "R", "A"]
    back = read_acks(write_999(acks, BACK, NUMBERS, marks, with_ta1=True))
    assert back.problems.is_empty()
    assert without(back.ta1, "sender_id").equals(without(acks.ta1, "sender_id"))
    assert without(back.groups, "sender_id").equals(without(acks.groups, "sender_id"))
    assert without(back.sets).equals(without(acks.sets))
    assert without(back.errors).equals(without(acks.errors))
    assert back.groups["sender_id"].to_list() == ["CARRIER"]


def test_every_set_refused_and_none() -> None:
    every = pl.concat(
        [fault(set_control=c, segment="BGN", segment_position=2, segment_code="8") for c in ("1001", "1002", "1003")]
    )
    refused = acknowledge(SENT, every)
    assert refused.groups.select("verdict", "sets_received", "sets_accepted").rows() == [("R", 3, 0)]
    assert set(refused.sets["verdict"]) <= set(REFUSED)
    assert acknowledge(SENT).groups.select("verdict", "sets_accepted").rows() == [("A", 3)]


def test_what_we_answer_is_valid_to_pyx12() -> None:
    for acks in (acknowledge(SENT), acknowledge(SENT, FAULTS.filter(pl.col("component").is_null()))):
        verdict = referee(write_999(acks, BACK, NUMBERS))
        wrong = verdict.problems.filter(pl.col("severity") == ERROR)
        assert verdict.valid, wrong["message"].to_list()


@pytest.mark.parametrize("verdict", ["A", "E", "R"])
def test_ta1_alone(verdict: str) -> None:
    acks = acknowledge(SENT, ta1_verdict=verdict, note="006" if verdict == "R" else "000")
    assert acks.groups.is_empty() == (verdict == "R")
    back = read_acks(write_ta1(acks, BACK, NUMBERS))
    row = back.ta1.row(0, named=True)
    assert (row["interchange_control"], row["verdict"], row["date"], row["time"]) == (
        "000000041",
        verdict,
        "260101",
        "0130",
    )
    assert back.problems.is_empty()
    assert back.groups.is_empty()


def test_nothing_to_write_is_refused() -> None:
    for writer in (write_999, write_ta1):
        with pytest.raises(FormatError):
            writer(Acks(), BACK, NUMBERS)
    assert acknowledge(b"").groups.is_empty()


ISA = "ISA*00*          *00*          *ZZ*CARRIER        *ZZ*DAYBOOK        *260102*0304*^*00501*000000900*0*T*:~"
GS = "GS*FA*CARRIER*DAYBOOK*20260102*0304*17*X*005010X231A1~"
END = "GE*1*17~IEA*1*000000900~"


def answer(body: str) -> Acks:
    return read_acks(f"{ISA}{GS}ST*999*0001*005010X231A1~{body}SE*9*0001~{END}".encode())


def test_bare_ak1_ak9_speaks_for_the_group() -> None:
    found = answer("AK1*BE*7~AK9*R*3*3*0*1~")
    assert found.groups.select("group_control", "verdict", "sets_accepted", "codes").rows() == [("7", "R", 0, "1")]
    assert found.sets.is_empty()
    assert found.problems.is_empty()


def test_ak5_where_ik5_belongs_and_lower_case() -> None:
    found = answer("AK1*BE*7~AK2*834*1001~AK3*nm1*9**8~AK4*9*67*5~AK5*r*5~AK2*834*1002~IK5*e~AK9*p*2*2*1~")
    assert found.sets.select("set_control", "verdict", "codes").rows() == [("1001", "R", "5"), ("1002", "E", None)]
    assert found.groups["verdict"].to_list() == ["P"]
    assert found.errors.select("segment", "segment_position", "element").rows() == [("NM1", 9, 9)]


@pytest.mark.parametrize("place", ["before", "after", "apart"])
def test_ta1_and_999_in_one_file(place: str) -> None:
    ta1 = "TA1*000000041*260101*0130*A*000~"
    body = "ST*999*0001~AK1*BE*7~AK2*834*1001~IK5*A~AK9*A*1*1*1~SE*6*0001~GE*1*17~"
    texts = {
        "before": f"{ISA}{ta1}{GS}{body}IEA*1*000000900~",
        "after": f"{ISA}{GS}{body}{ta1}IEA*1*000000900~",
        "apart": f"{ISA}{ta1}IEA*0*000000900~\r\n{ISA}{GS}{body}IEA*1*000000901~",
    }
    found = read_acks(b"\xef\xbb\xbf" + texts[place].encode())
    assert found.ta1.select("interchange_control", "verdict", "sender_id").rows() == [("000000041", "A", "CARRIER")]
    assert found.groups["verdict"].to_list() == ["A"]
    assert found.sets["verdict"].to_list() == ["A"]


def test_open_verdicts_and_strays_are_named() -> None:
    found = answer("IK5*A~AK9*A*1*1*1~IK4*1**1~AK1*BE*7~AK2*834*1001~AK2*834*1002~IK5*Q~")
    assert found.sets["verdict"].to_list() == [None, "Q"]
    assert {r.removeprefix("edi834.ack.") for r in found.problems["rule"]} == {
        "stray_verdict", "stray_element", "no_set_verdict", "no_group_verdict", "verdict",
    }  # fmt: skip


def test_errors_lead_back_to_member_and_column() -> None:
    data, places = write_with_positions(family(ssn="123456789"), profile(), STAMP)
    lines = [s for s in data.decode().split("\n") if s][2:]
    at = {
        name: 1 + next(i for i, s in enumerate(lines) if s.startswith(name)) for name in ("NM1*IL", "N4", "HD", "BGN")
    }
    faults = pl.concat(
        [
            fault(set_control="1001", segment="NM1", segment_position=at["NM1*IL"], segment_code="8", element=9),
            fault(set_control="1001", segment="N4", segment_position=at["N4"], segment_code="8", element=3),
            fault(set_control="1001", segment="HD", segment_position=at["HD"], segment_code="8", element=5),
            fault(set_control="1001", segment="BGN", segment_position=at["BGN"], segment_code="8", element=8),
        ]
    )
    errors = read_acks(write_999(acknowledge(data, faults), BACK, NUMBERS)).errors
    found = locate(errors, places, profile().member_identifier)
    assert found.select("member_key", "field", "line").rows() == [
        ("head", "ssn", None),
        ("head", "zip", None),
        ("head", "tier", "HLT"),
        (None, None, None),
    ]
