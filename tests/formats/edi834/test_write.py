import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.edi834 import (
    COVERAGES,
    MEMBERS,
    Broker,
    Enrollment,
    Stamp,
    check,
    read,
    sets_needed,
    write,
    write_parts,
    write_with_positions,
)
from formats.edi834.codes import TIERS
from formats.edi834.referee import referee
from formats.errors import FormatError
from formats.problems import ERROR
from tests.formats.edi834.book import DAY, RICH, STAMP, book, coverage, enrollment, enrollments, family, member, profile

GOLDEN = Path(__file__).parent / "golden" / "family.834"
COVERED = [c for c in MEMBERS if c not in ("set_no", "position", "member_id")]
HELD = [c for c in COVERAGES if c not in ("position", "coverage_key")]
EASY = settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def segments(data: bytes) -> list[str]:
    return [s.strip() for s in data.decode("ascii").split("~") if s.strip()]


def test_golden_bytes() -> None:
    subscriber = {
        "ssn": "123-45-6789", "phone": "(217) 555-0100", "email": "head@example.com", "employment_status": "FT",
        "policy_number": "GRP-1", "last_name": "Doe", "first_name": "José", "middle_name": "Q",
        "eligibility_end": dt.date(2027, 1, 1),
    }  # fmt: skip
    made = family(**subscriber)
    priced = pl.when((pl.col("member_key") == "head") & (pl.col("line") == "HLT")).then(45_05)
    made = Enrollment(made.members, made.coverages.with_columns(premium_cents=priced))
    assert write(made, profile(**RICH), STAMP) == GOLDEN.read_bytes()


def test_subscriber_then_spouse_then_children_oldest_first() -> None:
    names = [s.split("*")[4] for s in segments(write(family(), profile(), STAMP)) if s.startswith("NM1*IL")]
    assert names == ["Head", "Mate", "Old", "Young"]


def test_coverages_medical_first_and_row_order_does_not_matter() -> None:
    made = family()
    turned = Enrollment(made.members.reverse(), made.coverages.reverse())
    data = write(made, profile(), STAMP)
    assert write(turned, profile(), STAMP) == data
    lines = [s.split("*")[3] for s in segments(data) if s.startswith("HD*")]
    assert lines == ["HLT", "DEN"] * 4


@pytest.mark.parametrize(
    ("limit", "sizes"), [(100, [20]), (7, [6, 6, 6, 2]), (3, [3, 3, 3, 3, 3, 3, 2]), (1, [3] * 6 + [2])]
)
def test_splits_sets_without_breaking_a_family(limit: int, sizes: list[int]) -> None:
    terms = profile(max_members_per_set=limit)
    data = write(book(20), terms, STAMP)
    back = read(data)
    assert back.problems.is_empty()
    assert back.interchange["members"].to_list() == sizes
    assert back.interchange["total_stated"].to_list() == sizes
    assert back.interchange["set_control"].to_list() == [str(1001 + i) for i in range(len(sizes))]
    assert sets_needed(book(20), terms) == len(sizes)
    families = back.members.group_by("subscriber_id").agg(pl.col("set_no").n_unique())
    assert families["set_no"].unique().to_list() == [1]


def test_slices_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = write_with_positions(book(60), profile(max_members_per_set=6), STAMP)
    monkeypatch.setattr("formats.edi834.writer._SLICE", 12)
    data, places = write_with_positions(book(60), profile(max_members_per_set=6), STAMP)
    assert data == whole[0]
    assert places.equals(whole[1])


@EASY
@given(enrollments(), st.integers(1, 12), st.sampled_from(["last_day_covered", "first_day_not_covered"]))
def test_read_gives_back_what_was_written(made: Enrollment, limit: int, meaning: str) -> None:
    terms = profile(max_members_per_set=limit, end_date=meaning)
    data, places = write_with_positions(made, terms, STAMP)
    back = read(data, end_date=terms.end_date)
    assert back.problems.is_empty()
    assert check(back, terms).filter(pl.col("severity") == ERROR).is_empty()
    # Keys are not in the file: the writer's positions say which member each INS is.
    starts = dict(back.interchange.select("set_control", "set_no").iter_rows())
    offsets = back.members.group_by("set_no").agg(pl.col("position").min())
    assert offsets.height == len(starts)
    ins = places.filter(pl.col("segment") == "INS").sort("set_control", "position")["member_key"]
    keys = pl.DataFrame({"read": back.members.sort("position")["member_key"], "ours": ins})
    rename = dict(keys.iter_rows())
    members = back.members.with_columns(pl.col("member_key", "subscriber_key").replace_strict(rename))
    coverages = back.coverages.with_columns(pl.col("member_key").replace_strict(rename))
    assert _same(members, made.members, COVERED, ["member_key"])
    assert _same(coverages, made.coverages, HELD, ["member_key", "line"])


def _same(one: pl.DataFrame, other: pl.DataFrame, columns: list[str], by: list[str]) -> bool:
    return one.select(columns).sort(by).equals(other.select(columns).sort(by))


def test_nulls_take_the_profile_s_full_file_values() -> None:
    data = write(family(), profile(member_maintenance="030", coverage_maintenance="021", reason="28"), STAMP)
    assert "INS*Y*18*030*28*A" in segments(data)
    assert "HD*021**HLT*GOLD*FAM" in segments(data)


@pytest.mark.parametrize(
    ("meaning", "written"), [("last_day_covered", "20261231"), ("first_day_not_covered", "20270101")]
)
def test_end_date_as_the_partner_means_it(meaning: str, written: str) -> None:
    made = enrollment(
        [member("a", maintenance_type="024", eligibility_end=dt.date(2027, 1, 1))],
        [coverage("a", maintenance_type="024", end=dt.date(2027, 1, 1))],
    )
    data = segments(write(made, profile(end_date=meaning), STAMP))
    assert f"DTP*357*D8*{written}" in data
    assert f"DTP*349*D8*{written}" in data


def test_delimiters_line_ends_and_capitals_by_profile() -> None:
    marks = {"element": "|", "repetition": "!", "component": ">", "terminator": "'"}
    made = family(last_name="O'Brien-Müller", email="x@example.com", address1="5 Rue d\u2019Été | rear")
    data = write(made, profile(charset="basic", line_end="crlf", **marks), STAMP)
    assert data[105:108] == b"'\r\n"
    assert data.count(b"'") == data.count(b"'\r\n")
    assert b"NM1|IL|1|O BRIEN-MULLER|HEAD'" in data
    assert b"N3|5 RUE D ETE REAR'" in data
    assert b"@" not in data
    assert data == data.upper()
    assert read(data).members.height == 4
    assert b"\n" not in write(made, profile(line_end="none"), STAMP)


def test_identifiers_by_profile() -> None:
    made = family(ssn="123456789", member_id="M-1")
    as_ssn = segments(write(made, profile(subscriber_reference="ssn"), STAMP))
    assert as_ssn.count("REF*0F*123456789") == 4
    assert "NM1*IL*1*Doe*Head****34*123456789" in as_ssn
    assert "NM1*IL*1*Doe*Head****ZZ*M-1" in segments(write(made, profile(member_identifier="member_id"), STAMP))
    assert b"123456789" not in write(made, profile(member_identifier="none", sponsor=profile().payer), STAMP)


def test_tiers_by_profile() -> None:
    mapped = {t: t for t in TIERS} | {"FAM": "E1D"}
    assert b"*GOLD*E1D~" in write(family(), profile(tiers=mapped), STAMP)
    with pytest.raises(FormatError, match=r"code\.tier"):
        write(family(), profile(tiers={"EMP": "EMP"}), STAMP)


def test_resubmission_names_the_original() -> None:
    again = Stamp(42, 8, 1, "FILE-2", STAMP.created, original_reference="FILE-1")
    assert "BGN*15*FILE-2*20260101*0130**FILE-1**4" in segments(write(family(), profile(), again))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"relationship": "99"}, "edi834.code.relationship"),
        ({"maintenance_type": "026"}, "edi834.code.maintenance_type"),
        ({"last_name": "  "}, "edi834.missing.last_name"),
        ({"last_name": "x" * 61}, "edi834.length.last_name"),
        ({"first_name": "x" * 36}, "edi834.length.first_name"),
        ({"subscriber_id": None}, "edi834.missing.subscriber_id"),
        ({"city": None}, "edi834.missing.city"),
        ({"state": "ZZ"}, "edi834.code.state"),
        ({"gender": "Q"}, "edi834.code.gender"),
        ({"is_subscriber": None}, "edi834.missing.is_subscriber"),
    ],
)
def test_refuses_what_the_guide_forbids_without_telling_values(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(FormatError) as refused:
        write(family(ssn="123456789", **changes), profile(), STAMP)
    words = str(refused.value)
    assert rule in words
    assert "head" in words
    assert "123456789" not in words
    assert "x" * 30 not in words


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"line": "XXX"}, "edi834.code.line"),
        ({"begin": None}, "edi834.missing.coverage_date"),
        ({"premium_cents": -1}, "edi834.amount.premium"),
        ({"plan_code": "p" * 51}, "edi834.length.plan_code"),
        ({"member_key": "nobody"}, "edi834.coverage.no_member"),
    ],
)
def test_refuses_coverages(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(FormatError, match=rule.replace(".", r"\.")):
        write(enrollment([member("a")], [coverage("a") | changes]), profile(), STAMP)


def test_refuses_delimiters_when_the_profile_says_so() -> None:
    with pytest.raises(FormatError, match=r"characters\.refused"):
        write(family(last_name="A*B"), profile(illegal_characters="refuse"), STAMP)
    assert b"*A B*" in write(family(last_name="A*B"), profile(), STAMP)


def test_refuses_nothing_and_numbers_that_do_not_fit() -> None:
    with pytest.raises(FormatError, match="no member"):
        write(enrollment([], []), profile(), STAMP)
    late = Stamp(1, 1, 999_999_999, "R", STAMP.created)
    with pytest.raises(FormatError, match="nine digits"):
        write(book(20), profile(max_members_per_set=3), late)
    with pytest.raises(FormatError, match="reference"):
        write(family(), profile(), Stamp(1, 1, 1, "a*b", STAMP.created))


def test_positions_name_the_segment_they_point_at() -> None:
    made = family(phone="2175550100", eligibility_end=dt.date(2027, 1, 1))
    data, places = write_with_positions(made, profile(max_members_per_set=1, **RICH), STAMP)
    assert data == write(made, profile(max_members_per_set=1, **RICH), STAMP)
    lines = segments(data)[2:]
    assert lines[0].startswith("ST*")
    for row in places.iter_rows(named=True):
        assert lines[row["position"] - 1].split("*")[0] == row["segment"]
    body = [
        i
        for i, s in enumerate(lines, start=1)
        if i >= lines.index("INS*Y*18*030*XN*A") + 1 and s[:2] not in ("SE", "GE")
    ]
    assert places["position"].to_list() == body[: places.height]
    assert places.filter(pl.col("member_key") == "old", pl.col("field") == "line")["line"].to_list() == ["HLT", "DEN"]


def test_coverage_begin_is_kept_for_each_day_of_a_year() -> None:
    days = pl.date_range(DAY, dt.date(2028, 12, 31), eager=True).alias("begin")
    rows = days.to_frame().with_columns(
        member_key=pl.lit("a"), line=pl.lit("HLT"), end=pl.col("begin").dt.offset_by("1d")
    )
    for part in rows.iter_slices(99):
        made = Enrollment(enrollment([member("a")], []).members, part)
        back = read(write(made, profile(), STAMP)).coverages
        assert back.select("begin", "end").equals(part.select("begin", "end"))


def test_header_with_brokers_accounts_and_dates_comes_back() -> None:
    administrator = Broker(name="THE TPA", id="77", qualifier="94", role="TV", account="B-1", account2="B-2")
    dates: Any = (("303", dt.date(2026, 1, 2)), ("090", dt.date(2026, 1, 1)), ("091", dt.date(2026, 1, 31)))
    stamp = Stamp(41, 7, 1001, "FILE", STAMP.created, DAY, original_reference="OLD", copy=True, dates=dates)
    data = write(family(), profile(administrator=administrator, **RICH), stamp)
    back = read(data)
    assert referee(data).valid
    assert back.interchange.select("purpose", "original_reference", "master_policy").rows() == [("22", "OLD", "MP-100")]
    assert back.header["dates"].select("qualifier", "day").rows() == [("007", DAY), *dates]
    assert back.header["parties"].drop("set_no").rows() == [
        ("P5", "ACME BENEFITS", "FI", "123456789", None, None),
        ("IN", "CARRIER HEALTH", "FI", "987654321", None, None),
        ("BO", "BEST BROKERS", "FI", "55-1234567", "A-77", None),
        ("TV", "THE TPA", "94", "77", "B-1", "B-2"),
    ]


def test_parts_are_the_file_and_a_repeated_member_is_refused_before_the_first() -> None:
    made = book(30)
    assert b"".join(write_parts(made, profile(), STAMP)) == write(made, profile(), STAMP)
    twice = Enrollment(pl.concat([made.members, made.members.tail(1)]), made.coverages)
    with pytest.raises(FormatError, match=r"duplicate\.member_key"):
        next(write_parts(twice, profile(), STAMP))
