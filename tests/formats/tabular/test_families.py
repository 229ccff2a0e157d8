"""A family goes whole or not at all, and a file never splits one."""

from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.edi834 import Enrollment
from formats.tabular import check, read, write
from formats.tabular.layout import Layout
from tests.formats.edi834.book import book as many
from tests.formats.tabular.people import LAYOUTS, STAMP, book, coverage, enrollment, layout, member

EASY = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
NAME = {"name": "last", "source": "last_name", "length": 20, "required": True}
KEY = {"name": "key", "source": "member_key"}
BORN = {"name": "born", "source": "birth_date", "required": True}
KIN = {"name": "kin", "source": "relationship", "map": {"18": "E", "01": "S", "19": "C"}}
PLAIN = layout(KEY, NAME, BORN, KIN)
BREAKS: list[tuple[str, Any, str]] = [
    ("last_name", "x" * 21, "too_long"),
    ("last_name", None, "missing"),
    ("last_name", "a\tb", "character"),
    ("birth_date", None, "missing"),
    ("relationship", "G8", "unmapped"),
]


@st.composite
def _broken(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Families of one to four people, and of those broken the rule they break by member key."""
    people, broken = [], {}
    for family, size in enumerate(draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))):
        people += [member(f"m{family}.{place}", f"m{family}.0" if place else "") for place in range(size)]
        if draw(st.booleans()):
            column, value, rule = draw(st.sampled_from(BREAKS))
            victim = people[-draw(st.integers(1, size))]
            victim[column] = value
            broken[victim["member_key"]] = rule
    return draw(st.permutations(people)), broken


@EASY
@given(_broken())
def test_a_broken_value_drops_exactly_its_family(drawn: tuple[list[dict[str, Any]], dict[str, str]]) -> None:
    people, broken = drawn
    written = write(enrollment(people, []), PLAIN, STAMP)
    [file] = written.files
    gone = {key.split(".")[0] for key in broken}
    expected = sorted(p["member_key"] for p in people if p["member_key"].split(".")[0] not in gone)
    assert sorted(line.split(",")[0] for line in file.data.decode().split()) == expected
    told = dict(written.left_out.select("member_key", pl.col("rule").str.split(".").list.last()).iter_rows())
    assert told == broken
    assert set(written.left_out["subscriber_key"]) == {f"{family}.0" for family in gone}
    assert check(file.data, PLAIN, file.meant).is_empty()


def test_problems_name_member_record_and_field_and_never_a_value() -> None:
    secret = "Featherstonehaugh-Cholmondeley"
    made = enrollment([member("k1", last_name=secret, ssn="123456789")], [])
    written = write(made, layout(NAME, {"name": "id", "source": "ssn", "pattern": "X.*"}), STAMP)
    assert written.problems["message"].to_list() == [
        "Member k1: last (member record) is longer than 20 characters",
        "Member k1: id (member record) does not have the form the layout asks for",
    ]
    assert written.problems["severity"].to_list() == ["error", "error"]
    assert all(written.problems["hint"].to_list())
    shown = repr(written) + repr(written.problems.to_dicts())
    assert secret not in shown
    assert "123456789" not in shown


STRUCTURES = {
    "family.no_subscriber": [member("c", "h")],
    "family.subscribers": [member("h"), member("g", "h", is_subscriber=True)],
    "member.twice": [member("h"), member("c", "h"), member("c", "h")],
}


@pytest.mark.parametrize("rule", STRUCTURES)
def test_what_is_no_family_is_left_out(rule: str) -> None:
    written = write(enrollment([*STRUCTURES[rule], member("z")], []), PLAIN, STAMP)
    assert [line.split(",")[0] for line in written.files[0].data.decode().split()] == ["z"]
    assert written.left_out["rule"].to_list() == [f"tabular.{rule}"]


def test_a_member_who_comes_in_two_families_takes_both_out() -> None:
    written = write(enrollment([member("h"), member("c", "h"), member("g"), member("c", "g")], []), PLAIN, STAMP)
    assert written.files[0].rows == 0
    assert set(written.left_out["subscriber_key"]) == {"h", "g"}


def test_a_dependent_alone_where_the_layout_lets_it() -> None:
    alone = layout(KEY, {"name": "s", "source": "subscriber.last_name"}, subscriber="optional")
    assert write(enrollment([member("c", "h")], []), alone, STAMP).files[0].data == b"c,\n"


def test_a_coverage_of_nobody_and_two_where_one_has_room() -> None:
    wide = layout(KEY, {"name": "plan", "source": "coverage.DEN.plan_code"})
    held = [
        coverage("h", line="DEN"),
        coverage("h", line="DEN", plan_code="B"),
        coverage("nobody"),
        coverage("z", line="DEN"),
    ]
    written = write(enrollment([member("h"), member("z")], held), wide, STAMP)
    assert written.files[0].data == b"z,GOLD\n"
    assert set(written.left_out["rule"]) == {"tabular.coverage.twice", "tabular.coverage.orphan"}


def _lines_of(gender: str, **more: Any) -> dict[str, Any]:
    when = {"source": "gender", "in": [gender]}
    return {"kind": "member", "name": gender, "when": when, "fields": [{"name": "t", "const": gender}, KEY]} | more


def test_a_member_for_whom_no_record_applies_takes_the_family_out_and_is_named() -> None:
    terms = layout(before=[_lines_of("F"), _lines_of("M")])
    people = [member("h"), member("x", "h", gender="U"), member("z", gender="M")]
    made = enrollment(people, [coverage("h"), coverage("x"), coverage("z")])
    written = write(made, terms, STAMP)
    assert written.files[0].data == b"M,z\n"
    assert written.left_out.select("subscriber_key", "member_key", "rule").rows() == [
        ("h", "x", "tabular.member.no_record")
    ]
    assert written.problems["message"].to_list() == [
        "Member x: when (person record) holds in no record of the layout: there is no line for this member"
    ]
    assert check(written.files[0].data, terms, written.files[0].meant).is_empty()


def test_whom_the_layout_has_no_kind_of_line_for_is_not_asked_for() -> None:
    terms = layout(before=[{"kind": "subscriber", "fields": [KEY]}])
    written = write(enrollment([member("h"), member("c", "h")], []), terms, STAMP)
    assert (written.files[0].data, written.left_out.height) == (b"h\n", 0)
    again = layout(before=[_lines_of("F"), _lines_of("M"), _lines_of("U", again=True)])
    missed = write(enrollment([member("h", gender="U")], []), again, STAMP)  # a second line is no line of its own
    assert missed.left_out["rule"].to_list() == ["tabular.member.no_record"]


def _split(most: int, size: int) -> tuple[Layout, Enrollment]:
    fields = [
        KEY,
        {"name": "s", "source": "subscriber_key"},
        {"name": "n", "source": "row.number"},
        {"name": "f", "source": "family.number"},
        {"name": "p", "source": "file.part"},
        {"name": "of", "source": "file.parts"},
    ]
    return layout(*fields, max_rows=most), many(size)


@EASY
@given(most=st.integers(3, 12), size=st.integers(0, 40))
def test_files_split_between_families_only(most: int, size: int) -> None:
    terms, made = _split(most, size)
    written = write(made, terms, STAMP)
    rows = [[line.split(",") for line in file.data.decode().split()] for file in written.files]
    assert sum(map(len, rows)) == size
    assert all(len(lines) <= most for lines in rows)
    families = [{line[1] for line in lines} for lines in rows]
    assert sum(map(len, families)) == len(set.union(*families))
    for number, lines in enumerate(rows, start=1):
        assert [line[2] for line in lines] == [str(i) for i in range(1, len(lines) + 1)]
        assert {line[4:][0] for line in lines} <= {str(number)}
        assert {line[5] for line in lines} <= {str(len(rows))}
        assert sorted({int(line[3]) for line in lines}) == list(range(1, len(families[number - 1]) + 1))
    assert [file.part for file in written.files] == list(range(1, len(rows) + 1))
    assert all(check(file.data, terms, file.meant).is_empty() for file in written.files)


def test_a_family_larger_than_a_file_is_left_out() -> None:
    terms, made = _split(2, 7)  # families of three, three and one
    written = write(made, terms, STAMP)
    assert [file.rows for file in written.files] == [1]
    assert written.left_out["rule"].to_list() == ["tabular.family.too_large"] * 2


def test_numbers_are_closed_up_when_a_family_is_left_out() -> None:
    narrow = layout(KEY, NAME, {"name": "n", "source": "row.number", "number": "9(1)"}, max_rows=9)
    made = many(30)
    late = pl.when(pl.col("member_key") == "m4").then(pl.lit("x" * 21)).otherwise("last_name")
    written = write(Enrollment(made.members.with_columns(last_name=late), made.coverages), narrow, STAMP)
    assert [file.rows for file in written.files] == [9, 9, 9]
    assert [line.split(",")[2] for line in written.files[0].data.decode().split()] == [str(n) for n in range(1, 10)]
    assert written.left_out["member_key"].to_list() == ["m4"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_nobody_is_a_file_too(name: str) -> None:
    nobody = Enrollment(book().members.clear(), book().coverages.clear())
    [file] = write(nobody, LAYOUTS[name], STAMP).files
    assert (file.rows, file.families) == (0, 0)
    assert check(file.data, LAYOUTS[name], nobody).is_empty()
    if name != "card_template":
        assert read(file.data, LAYOUTS[name]).members.is_empty()
