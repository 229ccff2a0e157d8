import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.edi834 import COVERAGES, INTERCHANGE, MEMBERS, read, read_acks, write
from formats.problems import PROBLEMS
from tests.formats.edi834.book import RICH, STAMP, book, family, profile

PLAIN = write(family(), profile(**RICH), STAMP)


def rules(data: bytes) -> set[str]:
    return set(read(data).problems["rule"])


def test_every_sample_is_read_and_members_counted(corpus: Path) -> None:
    with (corpus / "manifest.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 40
    for row in rows:
        found = read((corpus / row["file"]).read_bytes())
        assert found.members.height == int(row["ins_count"]), row["file"]
        for frame, shape in ((found.members, MEMBERS), (found.coverages, COVERAGES), (found.interchange, INTERCHANGE)):
            assert frame.schema == pl.Schema(shape)
        assert found.problems.schema == pl.Schema(PROBLEMS)
        if row["kind"] == "834":
            assert not found.problems["rule"].is_in(["x12.not_x12", "x12.no_isa"]).any()
            types = {t for t in found.members["maintenance_type"] if t}
            assert types == set(row["ins03_values"].split()), row["file"]
            if row["pyx12_verdict"] == "valid":
                assert found.problems.is_empty(), row["file"]


def test_a_family_from_a_sample(corpus: Path) -> None:
    found = read((corpus / "pyx12" / "834_deident_family.txt").read_bytes())
    head = found.members.row(0, named=True)
    assert (head["last_name"], head["first_name"], head["state"]) == ("SMITH", "ROBERT", "CA")
    assert head["birth_date"] == dt.date(1975, 8, 20)
    assert head["eligibility_begin"] == dt.date(2026, 4, 1)
    assert found.coverages.select("line", "tier").rows() == [("PPO", "FAM")]
    assert found.interchange["action"].to_list() == ["2"]


def test_loops_that_are_not_the_member_s_do_not_leak_into_it(corpus: Path) -> None:
    found = read((corpus / "fastchickens-edi" / "member-with-mailing-address.834").read_bytes())
    other = read((corpus / "linuxforhealth-x12" / "enroll-employee-managed-care.834").read_bytes())
    assert found.members["last_name"].to_list() == ["DOE"]
    assert other.members["last_name"].to_list() == ["SMITH"]
    assert other.members["phone"].to_list() == ["7172343334"]


def test_end_dates_become_the_first_day_not_covered() -> None:
    text = PLAIN.replace(b"DTP*356*D8*20260101~", b"DTP*356*D8*20260101~\nDTP*357*D8*20260331~", 1)
    assert read(text).members["eligibility_end"].to_list()[0] == dt.date(2026, 4, 1)
    assert read(text, end_date="first_day_not_covered").members["eligibility_end"][0] == dt.date(2026, 3, 31)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d: b"\xef\xbb\xbf" + d, "x12.bom"),
        (lambda d: d.decode().encode("utf-16"), "x12.encoding"),
        (lambda d: d.replace(b"*Doe*", "*Doé*".encode("latin-1")), "x12.encoding"),
        (lambda d: b"From: carrier\r\n\r\n" + d, "x12.leading"),
        (lambda d: d.replace(b"DAYBOOK        ", b"DAYBOOK"), "x12.isa.length"),
        (lambda d: d.replace(b"*:~", b"*~"), "x12.isa.length"),
        (lambda d: d[d.index(b"GS*") :], "x12.no_isa"),
        (lambda d: d[d.index(b"ST*") :], "x12.no_isa"),
        (lambda d: d.replace(b"IEA*1", b"IEA*2"), "edi834.envelope.iea_count"),
        (lambda d: d.replace(b"IEA*1*000000041", b"IEA*1*000000042"), "edi834.envelope.iea_control"),
        (lambda d: d.replace(b"GE*1*7", b"GE*3*7"), "edi834.envelope.ge_count"),
        (lambda d: d.replace(b"GE*1*7", b"GE*1*8"), "edi834.envelope.ge_control"),
        (lambda d: d.replace(b"SE*", b"SE*9", 1), "edi834.envelope.se_count"),
        (lambda d: d.replace(b"*1001~\nGE", b"*1002~\nGE"), "edi834.envelope.se_control"),
        (lambda d: d[: d.index(b"GE*")], "edi834.envelope.missing_ge"),
        (lambda d: d.replace(b"*0130****4", b"*****4"), "edi834.envelope.bgn04"),
        (lambda d: d.replace(b"INS*Y", b"INS*X"), "edi834.read.ins01"),
        (lambda d: d.replace(b"D8*19800303", b"D8*19801303"), "edi834.read.date"),
        (lambda d: d.replace(b"X220A1", b"X999"), "edi834.envelope.version"),
    ],
)
def test_oddities_are_named_and_the_members_read(change, rule: str) -> None:  # type: ignore[no-untyped-def]
    data = change(PLAIN)
    assert rule in rules(data)
    assert read(data).members.height == 4
    assert rule not in rules(PLAIN)


@pytest.mark.parametrize("line", [b"\r\n", b"", b"\r\n\r\n", b"  \n"])
def test_any_line_end(line: bytes) -> None:
    data = PLAIN.replace(b"\n", line)
    assert rules(data) == set()
    assert read(data).members.equals(read(PLAIN).members)


@pytest.mark.parametrize("mark", [b"\n", b"\x1e", b"|"])
def test_any_terminator(mark: bytes) -> None:
    data = PLAIN.replace(b"\n", b"").replace(b"~", mark)
    assert rules(data) == set()
    assert read(data).members.equals(read(PLAIN).members)


def test_several_interchanges_with_their_own_delimiters() -> None:
    other = write(book(5), profile(element="|", terminator="#", component=">", repetition="!"), STAMP)
    found = read(PLAIN + b"\r\n" + other + PLAIN)
    assert found.problems.is_empty()
    assert found.interchange["members"].to_list() == [4, 5, 4]
    assert found.members["member_key"].n_unique() == 13


def test_names_that_look_like_an_interchange() -> None:
    data = PLAIN.replace(b"*Doe*", b"*VISA*").replace(b"1 Main Street", b"ISA")
    assert rules(data) == set()
    assert read(data).interchange.height == 1
    assert set(read(data).members["address1"]) == {"ISA"}


def test_ta1_between_isa_and_gs() -> None:
    data = PLAIN.replace(b"GS*BE", b"TA1*000000001*260101*0130*A*000~\nGS*BE")
    assert rules(data) == set()
    assert read(data).members.height == 4
    assert read_acks(data).ta1["verdict"].to_list() == ["A"]


def test_families_by_order_where_ref_0f_is_missing() -> None:
    data = b"\n".join(s for s in PLAIN.split(b"\n") if not s.startswith(b"REF*0F"))
    assert read(data).members["subscriber_key"].n_unique() == 1


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"%PDF-1.7", b"ISA", b"ISA*", b"ISA*00*~", b"PK\x03\x04", b"\xff\xfe", b"name,ssn\n"]
)
def test_what_is_not_x12_gives_a_problem(data: bytes) -> None:
    found = read(data)
    assert found.members.is_empty()
    assert not found.problems.is_empty()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_damaged_files_never_raise(data: st.DataObject) -> None:
    raw = bytearray(PLAIN)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(raw) - 1))
        action = data.draw(st.sampled_from(["cut", "set", "double"]))
        if action == "cut":
            del raw[at : at + data.draw(st.integers(1, 40))]
        elif action == "set":
            raw[at] = data.draw(st.integers(0, 255))
        else:
            raw[at:at] = raw[at : at + 30]
        if not raw:
            break
    read(bytes(raw))
    read_acks(bytes(raw))
