"""Reading gives back what a layout carries, takes vendors' own habits, and never raises."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.edi834 import COVERAGES, MEMBERS, Enrollment
from formats.tabular import check, read, surviving, write
from formats.tabular.layout import Layout
from tests.formats.edi834.book import enrollments
from tests.formats.tabular.people import DAY, LAYOUTS, STAMP, book, coverage, enrollment, layout, member

EASY = settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
MEMBER = [c for c in MEMBERS if c not in ("set_no", "position")]
COVERAGE = [c for c in COVERAGES if c not in ("member_key", "position")]


def cells(columns: list[str], prefix: str = "") -> list[dict[str, Any]]:
    return [{"name": prefix + c, "source": prefix + c, "length": 30} for c in columns]


def everything(**keys: Any) -> Layout:
    """A layout that carries every column: person lines, and coverage lines below or beside them."""
    people = {"kind": "member", "fields": [{"name": "t", "const": "M", "length": 1}, *cells(MEMBER)]}
    held = {
        "kind": "coverage",
        "fields": [
            {"name": "t", "const": "C", "length": 1},
            {"name": "of", "source": "member_key", "length": 30},
            *cells(COVERAGE, "coverage."),
        ],
    }
    return layout(after=[people, held], **keys)


KINDS: dict[str, Layout] = {
    "csv": everything(),
    "quoted": everything(delimited={"quoting": "all", "delimiter": ";"}),
    "pipe": everything(delimited={"quoting": "none", "delimiter": "|"}, line_end="crlf"),
    "fixed": everything(fixed={"length": 900}),
    "unbroken": everything(fixed={"length": 901}, line_end="none", charset="latin-1"),
    "by_record": everything(order="by_record"),
    "xlsx": everything(xlsx={"header_line": False}),
    "detail": layout(*cells(MEMBER), *cells(COVERAGE, "coverage."), record="detail", delimited={"header_line": True}),
    "subscriber_dependent": layout(
        before=[
            {"kind": k, "fields": [{"name": "t", "const": k[0], "length": 1}, *cells(MEMBER)]}
            for k in ("subscriber", "dependent")
        ]
    ),
}


def same(got: pl.DataFrame, meant: pl.DataFrame, columns: list[str]) -> bool:
    return got.select(columns).equals(meant.select(columns))


@pytest.mark.parametrize("kind", KINDS)
@EASY
@given(made=enrollments())
def test_read_gives_back_what_was_written(kind: str, made: Enrollment) -> None:
    terms = KINDS[kind]
    written = write(made, terms, STAMP)
    assert written.problems.is_empty()
    [file] = written.files
    got, (people, held) = read(file.data, terms), surviving(terms)
    assert got.problems.is_empty()
    assert people == sorted(MEMBER)
    assert same(got.members, file.meant.members, people)
    if kind != "subscriber_dependent":
        assert held == sorted(COVERAGE)
        assert same(got.coverages, file.meant.coverages, ["member_key", *held])
    assert same(file.meant.members.sort("member_key"), made.members.sort("member_key"), MEMBER)
    assert check(file.data, terms, made).is_empty()


@pytest.mark.parametrize("name", [n for n in LAYOUTS if n != "card_template"])
@EASY
@given(made=enrollments())
def test_example_layouts_prove_random_books(name: str, made: Enrollment) -> None:
    for file in write(made, LAYOUTS[name], STAMP).files:
        assert check(file.data, LAYOUTS[name], file.meant).is_empty()


@EASY
@given(st.text("=+-@'\"|,;\t 0.1a", min_size=1, max_size=8))
def test_no_text_cell_begins_a_formula(text: str) -> None:
    terms = layout({"name": "k", "source": "member_key"}, {"name": "x", "source": "last_name"}, unfit="replace")
    [file] = write(enrollment([member("k", last_name=text)], []), terms, STAMP).files
    cell = file.data.decode().strip("\n").removeprefix("k,").removeprefix('"')
    number = cell.replace("-", "", 1).replace(".", "", 1).isdigit()
    assert number or not cell.startswith(("=", "+", "-", "@"))
    want = " ".join(text.replace("\t", " ").split()) if "\t" in text.strip() else text.strip()
    assert (read(file.data, terms).members["last_name"].item() or "") == want


ROSTER = layout(
    {"name": "Member ID", "source": "member_id"},
    {"name": "Subscriber ID", "source": "subscriber_id"},
    {"name": "Relation", "source": "relationship", "map": {"18": "Self", "01": "Spouse", "19": "Child", "17": "Child"}},
    {"name": "DOB", "source": "birth_date", "date": "MM/DD/YYYY"},
    {"name": "Plan", "source": "coverage.plan_code"},
    {"name": "Term", "source": "coverage.end", "date": "MM/DD/YYYY"},
    {"name": "Premium", "source": "coverage.premium_cents"},
    record="detail",
    delimited={"header_line": True},
)


def test_a_vendors_roster_with_its_own_habits() -> None:
    data = (
        "\ufeffSUBSCRIBER ID,dob,Relation,Member ID,Plan,Status,Term,Premium\r\n\r\n"
        'S1,03/03/1980,Self,"M,1",GOLD,active,12/31/2026,450.5\r\n'
        'S1,03/03/1980,Self,"M,1",D1,active,,31\r\n'
        "S1,07/09/2014,Child,M2,GOLD,active\r\n"
        "S2,31/12/1999,Cousin,M3,,active,,x\r\n"
    ).encode()
    got = read(data, ROSTER)
    assert got.members["member_id"].to_list() == ["M,1", "M2", "M3"]
    assert got.members["subscriber_key"].to_list() == ["line3", "line3", "line6"]
    assert got.members["is_subscriber"].to_list() == [True, False, None]
    assert got.members["relationship"].to_list() == ["18", "19", None]
    assert got.coverages["premium_cents"].to_list() == [45_050, 3_100, None]
    assert got.coverages["end"].to_list() == [dt.date(2027, 1, 1), None, None]
    told = got.problems.select("rule", "line", "column").rows()
    assert ("tabular.header.column_unknown", 1, 6) in told
    assert [t for t in told if t[0] == "tabular.field.unreadable"] == [
        ("tabular.field.unreadable", 6, n) for n in (3, 4, 7)
    ]
    assert not any(v in repr(got.problems.to_dicts()) for v in ("Cousin", "31/12", "M3"))


def test_a_missing_column_is_said_and_the_rest_is_read() -> None:
    got = read(b"Member ID\nM1\n", ROSTER)
    assert got.members["member_id"].to_list() == ["M1"]
    assert got.problems.filter(rule="tabular.header.column_missing").height == 6


def test_quotes_out_of_order_are_read_as_far_as_they_go() -> None:
    terms = layout({"name": "a", "source": "last_name"}, {"name": "b", "source": "first_name"})
    got = read(b'x,y\n"un"closed,z\nlast,one\n', terms)
    assert got.members["first_name"].to_list() == ["y", "z", "one"]
    assert got.problems.select("rule", "severity", "line").rows() == [("tabular.line.quotes", "error", 2)]


PLAIN = layout(*({"name": n, "source": n} for n in ("member_id", "last_name", "first_name")))
STRAY: list[tuple[str, bytes, list[str | None], list[int]]] = [
    ("one", b'1,x,y\n2,"z,w\n3,a,b\n4,c,d\n', ["y", "w", "b", "d"], [2]),
    ("two", b'1,x,y\n2,"z,w\n3,a,b\n4,"c,d\n5,e,f\n', ["y", "w", "b", "d", "f"], [2, 4]),
    ("inside a cell", b'1,x,y\n2,5" z,w\n3,a,b\n', ["y", "w", "b"], []),
    ("beside good ones", b'1,"x, x",y\n2,"z,w\n3,"a, ""a""",b\n', ["y", "w", "b"], [2]),
    ("before more than a reader takes", b'1,"un"closed,y\n2,"a,b\n' + b"3,cccccc,d\n" * 20_000,
     ["y", "b", *["d"] * 20_000], [1, 2]),
    ("of a cell over two lines", b'1,"x\nx",y\n2,z,w\n', ["y", "w"], []),
    ("a cell too large for any reader", b'1,x,y\n2,"' + b"z" * 140_000 + b"\n3,a,b\n", ["y", None, "b"], [2]),
]  # fmt: skip


@pytest.mark.parametrize(("data", "names", "lines"), [s[1:] for s in STRAY], ids=[s[0] for s in STRAY])
def test_a_stray_quote_takes_no_other_line_with_it(data: bytes, names: list[str | None], lines: list[int]) -> None:
    got = read(data, PLAIN)
    assert got.members["first_name"].to_list() == names
    told = got.problems.select("rule", "severity", "line").rows()
    assert told == [("tabular.line.quotes", "error", line) for line in lines]


@pytest.mark.parametrize(
    ("data", "last"),
    [
        (b"1,x,y\r2,z,w\r3,a,b\r", ["x", "z", "a"]),
        (b"1,x,y\r2,z,w\r3,a,b", ["x", "z", "a"]),
        (b"1,x,y\n2,z,w\r3,a,b\r\n", ["x", "z", "a"]),
        (b'1,"x\rx",y\r2,z,w\r\r\n3,a,b\r', ["x\rx", "z", "a"]),
    ],
)
def test_a_cr_alone_ends_a_line(data: bytes, last: list[str]) -> None:
    got = read(data, PLAIN)
    assert got.members["last_name"].to_list() == last
    assert got.problems.is_empty()


def test_a_cr_alone_ends_a_fixed_line() -> None:
    for name in ("fixed", "unbroken"):
        [file] = write(book(), KINDS[name], STAMP).files
        size = 900 if name == "fixed" else 901
        body = file.data.replace(b"\n", b"")
        lines = [body[i : i + size] for i in range(0, len(body), size)]
        assert read(b"\r".join(lines), KINDS[name]).members.equals(read(file.data, KINDS[name]).members)


def test_a_quoted_line_end_and_foreign_letters() -> None:
    got = read('Member ID,Plan\n"M\n1",Größe\nM2,X\n'.encode("latin-1"), ROSTER)
    assert got.members["member_id"].to_list() == ["M\n1", "M2"]
    assert got.coverages["plan_code"].to_list() == ["Größe", "X"]
    assert "tabular.file.charset" in got.problems["rule"].to_list()


def test_short_and_odd_fixed_lines() -> None:
    terms = LAYOUTS["state_fixed"]
    [file] = write(book(), terms, STAMP).files
    loose = b"\n".join(line.rstrip() for line in file.data.split(b"\r\n"))
    got = read(loose.replace(b"\nCV", b"\nXX", 1), terms)
    assert got.members.height == 5
    assert got.coverages.height == 10
    assert set(got.problems["rule"]) == {"tabular.line.length", "tabular.record.unknown", "tabular.trailer.total"}


@pytest.mark.parametrize("name", LAYOUTS)
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_reading_never_raises(name: str, data: st.DataObject) -> None:
    [file, *_] = write(book(), LAYOUTS[name], STAMP).files
    at = data.draw(st.integers(0, len(file.data)))
    junk = data.draw(st.binary(max_size=12))
    cut = data.draw(st.integers(0, 40))
    # check takes the bytes apart and assembles them as read does, and then judges them
    for hostile in (file.data[:at] + junk + file.data[at + cut :], junk, file.data[:at]):
        check(hostile, LAYOUTS[name], file.meant)


TAMPERED = [
    ("blue_400", b"19800303", b"19800304", {"check.value", "check.total"}),
    ("blue_400", b"000045005", b"000045006", {"check.value", "check.total"}),
    ("blue_400", b"900000002", b"900000003", {"check.total"}),
    ("blue_400", b"OMAR", b"OSKA", {"check.value", "check.total"}),
    ("vision_pipe", b"99|5|2|7|", b"99|5|3|7|", {"check.total"}),
    ("vision_pipe", b"01012026|\n", b"01022026|\n", {"check.value", "check.total"}),
    ("state_fixed", b"HD0000422026010200", b"XX0000422026010200", {"header.missing", "record.unknown"}),
    ("cobra_csv", b"[QBDEPENDENT],bert", b"[QBDEPENDANT],bert", {"record.unknown", "check.count"}),
    ("hr_xml", b"<Premium>781.05", b"<Premium>781.06", {"check.total"}),
    ("hr_xml", b"Omar", b"Oskar", {"check.value"}),
    ("card_template", b"<plan>D1 from 2026-02-01</plan>", b"", {"check.count"}),
    ("ichra_csv", b"1980-03-03", b"1980-13-03", {"field.unreadable", "check.count"}),
]


@pytest.mark.parametrize(("name", "was", "now", "rules"), TAMPERED)
def test_check_sees_what_was_tampered_with(name: str, was: bytes, now: bytes, rules: set[str]) -> None:
    [file, *_] = write(book(), LAYOUTS[name], STAMP).files
    assert was in file.data
    found = check(file.data.replace(was, now, 1), LAYOUTS[name], file.meant)
    assert {r.removeprefix("tabular.") for r in found.filter(severity="error")["rule"]} == rules


def test_check_sees_a_lost_line_and_a_cut_file() -> None:
    [file] = write(book(), LAYOUTS["vision_pipe"], STAMP).files
    lines = file.data.split(b"\n")
    lost = b"\n".join(lines[:3] + lines[4:])
    rules = check(lost, LAYOUTS["vision_pipe"], file.meant)["rule"].to_list()
    assert rules.count("tabular.check.count") == 2  # members and coverages
    assert rules.count("tabular.check.total") == 3  # people, lines and hash
    assert "tabular.trailer.missing" in check(file.data[:300], LAYOUTS["vision_pipe"], file.meant)["rule"].to_list()


def test_check_sees_another_book() -> None:
    [file] = write(book(), LAYOUTS["ichra_csv"].model_copy(update={"max_rows": None}), STAMP).files
    later = book().coverages.with_columns(begin=pl.lit(DAY + dt.timedelta(days=1)))
    found = check(file.data, LAYOUTS["ichra_csv"], Enrollment(book().members, later))
    assert found["rule"].unique().to_list() == ["tabular.check.value"]


KEY = {"name": "key", "source": "member_key"}
NOT_WHOLE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"source": "birth_date"}, {"birth_date": dt.date(1960, 3, 3)}, {"dates": "MMDDYY"}),
    ({"source": "birth_date", "date": "MMDDYY"}, {"birth_date": dt.date(1960, 3, 3)}, {}),
    ({"source": "gender", "map": {"": "U"}}, {"gender": "U"}, {}),
    ({"source": "middle_name", "map": {"": "none"}}, {"middle_name": "none"}, {"case": "upper"}),
]


@pytest.mark.parametrize(("field", "person", "keys"), NOT_WHOLE)
def test_what_has_two_meanings_is_not_held_to_one(
    field: dict[str, Any], person: dict[str, Any], keys: dict[str, Any]
) -> None:
    terms, made = layout(KEY, {"name": "x"} | field, **keys), enrollment([member("k", **person)], [])
    assert field["source"] not in surviving(terms)[0]
    assert check(write(made, terms, STAMP).files[0].data, terms, made).is_empty()


def coded(kind: str, code: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "fields": [{"name": "t", "const": code, "length": 1}, *fields]} | more


HELD = [{"name": n, "source": f"coverage.{n}"} for n in ("line", "plan_code")]


@pytest.mark.parametrize("order", ["by_record", "nested"])
def test_check_holds_people_and_coverages_in_the_order_of_the_file(order: str) -> None:
    dental, medical = (
        coded("coverage", line[0], KEY, *HELD, name=line, when={"source": "coverage.line", "in": [line]})
        for line in ("DEN", "HLT")
    )
    terms = layout(before=[coded("subscriber", "S", KEY), coded("dependent", "K", KEY), dental, medical], order=order)
    people = [member("a"), member("b", "a"), member("c"), member("d", "c")]
    made = enrollment(people, [coverage(k, line=line) for k in "abcd" for line in ("DEN", "HLT")])
    [file] = write(made, terms, STAMP).files
    assert check(file.data, terms, made).is_empty()
    keys = ["a", "c", "b", "d"] if order == "by_record" else ["a", "b", "c", "d"]
    assert file.meant.members["member_key"].to_list() == keys
    assert read(file.data, terms).members["member_key"].to_list() == keys


def test_a_suffix_with_zeros_before_it_still_says_who_is_the_subscriber() -> None:
    suffix = {"name": "s", "source": "member.suffix", "length": 3, "justify": "right", "pad": "0"}
    terms, made = layout(KEY, suffix), enrollment([member("a"), member("b", "a")], [])
    [file] = write(made, terms, STAMP).files
    assert file.data == b"a,001\nb,003\n"
    assert read(file.data, terms).members["is_subscriber"].to_list() == [True, False]
    assert check(file.data, terms, made).is_empty()


def test_check_sees_a_coverage_that_stands_with_another_member() -> None:
    terms = layout(before=[coded("member", "M", KEY), coded("coverage", "C", *HELD)])
    made = enrollment([member("a"), member("b", "a")], [coverage("a"), coverage("b")])
    assert check(b"M,a\nC,HLT,GOLD\nM,b\nC,HLT,GOLD\n", terms, made).is_empty()
    moved = check(b"M,a\nC,HLT,GOLD\nC,HLT,GOLD\nM,b\n", terms, made)
    assert moved.select("rule", "severity").rows() == [("tabular.check.owner", "error")]


@pytest.mark.parametrize(
    ("keys", "data"),
    [
        ({"fixed": {"length": 9}}, b"a    JUNK\n"),
        ({"fixed": {"length": 9}}, b"a        JUNK\n"),
        ({}, b"a,JUNK\n"),
        ({"delimited": {"header_line": True}}, b"key\na,JUNK\n"),
    ],
)
def test_check_sees_what_stands_past_the_last_field(keys: dict[str, Any], data: bytes) -> None:
    terms, made = layout(KEY | {"length": 5}, **keys), enrollment([member("a")], [])
    assert read(data, terms).problems.filter(severity="error").is_empty()
    assert "tabular.check.beyond" in check(data, terms, made).filter(severity="error")["rule"].to_list()


DEN = "coverage.DEN.plan_code"
FLAGS: list[tuple[list[dict[str, Any]], list[tuple[bytes, bytes]]]] = [
    ([{"name": "den", "source": DEN, "map": {"": "N"}, "otherwise": "Y"}], []),
    ([{"name": "den", "const": "Y", "when": {"source": DEN, "present": True}}], []),
    ([{"name": "den", "concat": [DEN, "coverage.DEN.tier"]}], []),
    ([{"name": "fee", "source": "coverage.DEN.premium_cents"}], []),
    (
        [
            {"name": "den", "source": DEN, "map": {"": "N"}, "otherwise": "Y"},
            {"name": "med", "source": "coverage.HLT.plan_code"},
        ],
        [(b"GOLD", b"SILV"), (b"GOLD", b"")],
    ),
]


@pytest.mark.parametrize(("fields", "changes"), FLAGS)
def test_coverages_told_by_a_flag_alone_are_not_counted_and_others_are(
    fields: list[dict[str, Any]], changes: list[tuple[bytes, bytes]]
) -> None:
    terms = layout(KEY, *fields)
    held = [coverage("a"), coverage("a", line="DEN", plan_code="D1"), coverage("b", plan_code="GOLD")]
    made = enrollment([member("a"), member("b", "a")], held)
    [file] = write(made, terms, STAMP).files
    assert check(file.data, terms, made).is_empty()
    for was, now in changes:
        assert not check(file.data.replace(was, now, 1), terms, made).is_empty()


@pytest.mark.parametrize("when", [{}, {"when": {"source": "coverage.line", "in": ["DEN"]}}])
@pytest.mark.parametrize("order", ["by_record", "nested"])
def test_a_coverage_in_two_places_is_one(order: str, when: dict[str, Any]) -> None:
    wide = [{"name": n, "source": f"coverage.HLT.{n}"} for n in ("plan_code", "begin")]
    terms = layout(before=[coded("member", "M", KEY, *wide), coded("coverage", "C", KEY, *HELD, **when)], order=order)
    held = [coverage(k, line=line) for k in "ab" for line in ("HLT", "DEN")]
    made = enrollment([member("a"), member("b", "a")], held)
    [file] = write(made, terms, STAMP).files
    assert check(file.data, terms, made).is_empty()
    assert read(file.data, terms).coverages.height == 4
    assert not check(file.data.replace(b"DEN,GOLD", b"DEN,SILV", 1), terms, made).is_empty()
    fewer = layout(before=[coded("member", "M", KEY, wide[1]), coded("coverage", "C", KEY, *HELD, **when)], order=order)
    assert check(write(made, fewer, STAMP).files[0].data, fewer, made).is_empty()
