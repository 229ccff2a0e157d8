"""Worked tables: how one field is made, and why a value does not fit one."""

import datetime as dt
from typing import Any

import pytest

from formats.tabular import write
from tests.formats.tabular.people import STAMP, coverage, enrollment, layout, member


def line(field: dict[str, Any], person: dict[str, Any], **keys: Any) -> tuple[str | None, list[str]]:
    """The one field's text (None: the family was left out), and the rules that were broken."""
    held = [coverage("k", **person.pop("coverage"))] if "coverage" in person else []
    written = write(enrollment([member("k", **person)], held), layout({"name": "x"} | field, **keys), STAMP)
    [file] = written.files
    return (file.data.decode("utf-8")[:-1] if file.rows else None), written.left_out["rule"].to_list()


BORN = dt.date(1980, 3, 9)
TEXTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"const": "ABC"}, {}, "ABC"),
    ({}, {}, ""),
    ({"source": "last_name"}, {"last_name": "  Doe "}, "Doe"),
    ({"source": "last_name"}, {"last_name": "Łukasz Ñandú"}, "Lukasz Nandu"),
    ({"source": "last_name", "case": "upper"}, {"last_name": "Doe"}, "DOE"),
    ({"source": "email", "case": "lower"}, {"email": "A@B.C"}, "a@b.c"),
    ({"source": "ssn"}, {"ssn": "123-45-6789"}, "123456789"),
    ({"source": "ssn", "part": {"start": -4}}, {"ssn": "123456789"}, "6789"),
    ({"source": "zip", "part": {"start": 6, "length": 4}}, {"zip": "62701-1234"}, "1234"),
    ({"source": "zip", "part": {"start": 6, "length": 4}}, {"zip": "62701"}, ""),
    ({"source": "member_id", "keep": "digits"}, {"member_id": "A-12/3"}, "123"),
    ({"source": "member_id", "keep": "letters_digits"}, {"member_id": "A-12/3"}, "A123"),
    ({"source": "gender", "map": {"F": "2", "M": "1"}}, {"gender": "F"}, "2"),
    ({"source": "gender", "map": {"": "9", "M": "1"}}, {"gender": None}, "9"),
    ({"source": "gender", "map": {"M": "1"}, "otherwise": "?"}, {"gender": "F"}, "?"),
    ({"source": "gender", "map": {"": "U"}}, {"gender": "F"}, "F"),
    ({"source": "is_subscriber", "map": {"true": "Y", "false": "N"}}, {}, "Y"),
    ({"first_of": ["email", "phone", {"const": "none"}]}, {"phone": "(217) 555-0100"}, "2175550100"),
    ({"first_of": ["email", "phone", {"const": "none"}]}, {}, "none"),
    ({"concat": ["last_name", "first_name"], "separator": ", "}, {"first_name": "Al"}, '"Doe, Al"'),
    ({"concat": ["last_name", "middle_name"], "separator": " "}, {"middle_name": None}, "Doe"),
    ({"source": "birth_date"}, {"birth_date": BORN}, "1980-03-09"),
    ({"source": "birth_date", "date": "MMDDYYYY"}, {"birth_date": BORN}, "03091980"),
    ({"source": "birth_date", "date": "DD.MM.YY"}, {"birth_date": BORN}, "09.03.80"),
    ({"source": "birth_date", "empty": "00000000"}, {"birth_date": None}, "00000000"),
    ({"source": "eligibility_end"}, {"eligibility_end": dt.date(2026, 3, 1)}, "2026-02-28"),
    ({"source": "file.created", "date": "YYYYMMDDHHMISS"}, {}, "20260102030405"),
    ({"source": "file.sequence", "number": "9(5)"}, {}, "00007"),
    ({"source": "member.suffix"}, {}, "01"),
    ({"source": "family.size"}, {}, "1"),
    ({"source": "last_name", "length": 2, "too_long": "cut"}, {}, "Do"),
    ({"source": "member_id", "length": 6, "justify": "right", "pad": "0"}, {"member_id": "12"}, "000012"),
    ({"source": "email", "when": {"source": "state", "in": ["IL"]}}, {"email": "a@b"}, "a@b"),
    ({"source": "email", "when": {"source": "state", "not_in": ["IL"]}}, {"email": "a@b"}, ""),
    ({"source": "email", "when": [{"source": "phone", "present": False}]}, {"email": "a@b"}, "a@b"),
    ({"source": "email", "required": True, "when": {"source": "phone", "present": True}}, {}, ""),
    ({"source": "last_name"}, {"last_name": "=1+1"}, "'=1+1"),
    ({"source": "last_name"}, {"last_name": "@here"}, "'@here"),
    ({"source": "last_name"}, {"last_name": "-cmd|x"}, "'-cmd|x"),
    ({"source": "last_name"}, {"last_name": "'=x"}, "''=x"),
    ({"source": "last_name"}, {"last_name": 'say "hi"'}, '"say ""hi"""'),
]
AMOUNTS: list[tuple[dict[str, Any], int, str]] = [
    ({"number": "9(3)V99"}, 12_345, "12345"),
    ({"number": "9(3)V99"}, 5, "00005"),
    ({"number": "9(5)V9(4)"}, 12_345, "001234500"),
    ({"number": "9(3)"}, 12_300, "123"),
    ({"number": "0.00"}, 123_456_789, "1234567.89"),
    ({"number": "0.00"}, -5, "-0.05"),
    ({"number": "0"}, 400, "4"),
    ({"number": "cents"}, 400, "400"),
    ({}, 40_050, "400.50"),
]
FAULTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"source": "email", "required": True}, {}, "missing"),
    ({"source": "ssn", "forbidden": True}, {"ssn": "123456789"}, "forbidden"),
    ({"source": "last_name", "length": 2}, {}, "too_long"),
    ({"source": "last_name", "length": 3}, {"last_name": "=ab"}, "too_long"),
    ({"source": "gender", "map": {"M": "1"}}, {}, "unmapped"),
    ({"source": "zip", "pattern": "[0-9]{9}"}, {"zip": "62701"}, "pattern"),
    ({"source": "last_name"}, {"last_name": "日本"}, "character"),
    ({"source": "last_name"}, {"last_name": "a\nb"}, "character"),
    ({"source": "coverage.HLT.premium_cents", "number": "9(3)V99"}, {"coverage": {"premium_cents": 100_000}}, "number"),
    ({"source": "coverage.HLT.premium_cents", "number": "9(3)V99"}, {"coverage": {"premium_cents": -1}}, "number"),
    ({"source": "coverage.HLT.premium_cents", "number": "0"}, {"coverage": {"premium_cents": 150}}, "cents"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "person", "text"), TEXTS)
def test_texts(field: dict[str, Any], person: dict[str, Any], text: str) -> None:
    assert line(field, dict(person)) == (text, [])


@pytest.mark.parametrize(("form", "cents", "text"), AMOUNTS)
def test_amounts(form: dict[str, Any], cents: int, text: str) -> None:
    field = {"source": "coverage.HLT.premium_cents"} | form
    assert line(field, {"coverage": {"premium_cents": cents}}) == (text, [])


@pytest.mark.parametrize(("field", "person", "rule"), FAULTS)
def test_faults_leave_the_family_out(field: dict[str, Any], person: dict[str, Any], rule: str) -> None:
    assert line(field, dict(person)) == (None, [f"tabular.field.{rule}"])


def test_delimiter_in_data_where_nothing_quotes() -> None:
    table = {"delimiter": "|", "quoting": "none"}
    assert line({"source": "last_name"}, {"last_name": "a|b"}, delimited=table) == (None, ["tabular.field.character"])
    assert line({"source": "last_name"}, {"last_name": "a|b"}, delimited=table, unfit="replace") == ("a b", [])


def test_formula_refused_where_the_layout_says_so() -> None:
    table = {"formulas": "refuse"}
    assert line({"source": "last_name"}, {"last_name": "+x"}, delimited=table) == (None, ["tabular.field.formula"])


def test_quotes_everywhere_and_tabs() -> None:
    field = {"concat": ["first_name", "last_name"], "separator": " "}
    assert line(field, {}, delimited={"quoting": "all"}) == ('"K Doe"', [])
    assert line(field, {}, delimited={"delimiter": "\t"}, before=[]) == ("K Doe", [])


def test_fixed_pads_blanks_and_zeros() -> None:
    made = layout(
        {"name": "a", "source": "last_name", "length": 5},
        {"name": "b", "source": "first_name", "length": 4, "justify": "right"},
        {"name": "c", "source": "member_id", "length": 4, "justify": "right", "pad": "0"},
        {"name": "d", "source": "email", "length": 3, "justify": "right", "pad": "0"},
        {"name": "e", "source": "gender", "length": 2, "pad": "*"},
        fixed={"length": 20},
    )
    [file] = write(enrollment([member("k", member_id="7")], []), made, STAMP).files
    assert file.data == b"Doe     K0007   F*  \n"


def test_suffixes_number_the_family() -> None:
    kin = [("w", "01"), ("a", "19"), ("b", "17"), ("p", "53")]
    born = {"a": dt.date(2010, 1, 1), "b": dt.date(2005, 1, 1), "w": dt.date(1981, 1, 1), "p": dt.date(1982, 1, 1)}
    people = [member("h"), *(member(k, "h", relationship=r, birth_date=born[k]) for k, r in kin)]
    fields = [{"name": n, "source": n} for n in ("member.suffix", "family.sequence", "member_key")]
    [file] = write(enrollment(people, []), layout(*fields), STAMP).files
    assert file.data.decode().split() == ["01,1,h", "02,2,w", "03,3,p", "04,4,b", "05,5,a"]


def test_without_a_spouse_children_begin_at_03() -> None:
    people = [member("h"), member("c", "h")]
    [file] = write(enrollment(people, []), layout({"name": "s", "source": "member.suffix"}), STAMP).files
    assert file.data.decode().split() == ["01", "03"]
