"""XML and worksheets: escaped, sandboxed, hostile ones refused, foreign ones read."""

import io
import random
import re
import struct
import zipfile
from typing import Any

import polars as pl
import pytest

from formats.errors import FormatError, SettingsError
from formats.tabular import check, read, write
from formats.tabular.layout import Layout
from formats.tabular.workbook import sheet_cells
from tests.formats.tabular.people import LAYOUTS, STAMP, book, coverage, enrollment, layout, member

KEY = {"name": "key", "source": "member_key"}
MARKS = "<b> & \"c\" 'd' ]]>"


def test_elements_and_attributes_are_escaped() -> None:
    terms = layout({"name": "@a", "source": "last_name"}, {"name": "b/c", "source": "last_name"}, xml={"root": "R"})
    made = enrollment([member("k", last_name=MARKS)], [])
    [file] = write(made, terms, STAMP).files
    escaped = "&lt;b&gt; &amp; &quot;c&quot; 'd' ]]&gt;"
    assert f'<member a="{escaped}"><b><c>{escaped}</c></b></member>' in file.data.decode()
    assert read(file.data, terms).members["last_name"].to_list() == [MARKS]
    assert check(file.data, terms, made).is_empty()


def template(text: str) -> Layout:
    return layout({"name": "key", "source": "last_name"}, xml={"template": text})


def test_a_template_escapes_what_it_is_given() -> None:
    terms = template(
        "<r>{% for f in families %}{% for p in f %}<member>{{ p.key }}</member>{% endfor %}{% endfor %}</r>"
    )
    made = enrollment([member("k", last_name=MARKS)], [])
    [file] = write(made, terms, STAMP).files
    assert b"&lt;b&gt; &amp; " in file.data
    assert check(file.data, terms, made).is_empty()


@pytest.mark.parametrize(
    "text",
    [
        "<r>{{ nothing }}</r>",
        "<r>{{ families[0][0].missing }}</r>",
        "<r>{{ families.__class__.__mro__ }}</r>",
        "<r>{{ families.append(1) }}</r>",
        "<r>{{ families[0][0].key + 1 }}</r>",
        "<r>{{ families[9] }}</r>",
        "<r>{% for f in families %}<x>{% endfor %}</r>",
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>',
    ],
)
def test_a_template_reaches_for_nothing_else_and_makes_xml(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        write(enrollment([member("k", last_name="Secretname")], []), template(text), STAMP)
    assert "Secretname" not in str(caught.value)


@pytest.mark.parametrize("macro", ["{{ m(m) }}", "{{ m(x) }}"])
def test_a_template_that_calls_itself_without_end_is_a_setting_to_correct(macro: str) -> None:
    terms = template("{% macro m(x) %}" + macro + "{% endmacro %}<r>{{ m(1) }}</r>")
    with pytest.raises(SettingsError, match="calls itself without end"):
        write(enrollment([member("k")], []), terms, STAMP)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<EnrollmentExport>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><EnrollmentExport/>',
        b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><EnrollmentExport>&d;</EnrollmentExport>',
    ],
)
def test_hostile_xml_gives_problems_and_no_rows(data: bytes) -> None:
    got = read(data, LAYOUTS["hr_xml"])
    assert got.members.is_empty()
    assert got.problems["rule"].to_list() == ["tabular.file.unreadable"]


def test_every_number_cell_is_a_number_and_no_text_is_a_formula() -> None:
    made = enrollment([member("=1+1", last_name="=HYPERLINK(1)")], [])
    [file] = write(made, LAYOUTS["discount_xlsx"], STAMP).files
    with zipfile.ZipFile(io.BytesIO(file.data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        core = parts.read("docProps/core.xml").decode()
    assert "<f>" not in sheet
    assert "2026-01-02T03:04:05Z" in core  # the stamp's moment, and no clock's
    assert read(file.data, LAYOUTS["discount_xlsx"]).members["last_name"].to_list() == ["=HYPERLINK(1)"]


def foreign(rows: str, strings: str = "", **more: str | bytes) -> bytes:
    """A workbook as other programs make them: prefixes, the second sheet first in the archive, inline strings."""
    place = "http://schemas.openxmlformats.org"
    main, rel = f"{place}/spreadsheetml/2006/main", f"{place}/officeDocument/2006/relationships"
    sheets = '<x:sheet name="S" sheetId="4" r:id="rId7"/><x:sheet name="T" sheetId="1" r:id="rId1"/>'
    parts = {
        "xl/worksheets/aaa.xml": f'<worksheet xmlns="{main}"><sheetData><row><c t="str"><v>no</v></c></row>'
        "</sheetData></worksheet>",
        "xl/workbook.xml": f'<x:workbook xmlns:x="{main}" xmlns:r="{rel}"><x:sheets>{sheets}</x:sheets></x:workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Target="worksheets/aaa.xml" Id="rId1"/>'
        '<Relationship Id="rId7" Target="/xl/worksheets/zzz.xml"/></Relationships>',
        "xl/worksheets/zzz.xml": f'<x:worksheet xmlns:x="{main}"><x:sheetData>{rows}</x:sheetData></x:worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
    } | more
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return held.getvalue()


ROSTER = layout(
    {"name": "Id", "source": "member_id"},
    {"name": "Born", "source": "birth_date", "date": "MM/DD/YYYY"},
    {"name": "Fee", "source": "coverage.premium_cents"},
    record="detail",
    xlsx={},
)


def test_a_foreign_workbook_is_read() -> None:
    strings = "<si><t>Id</t></si><si><r><t>M</t></r><r><t>-1</t></r><rPh><t>zz</t></rPh></si>"
    rows = (
        '<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c><x:c r="B1" t="inlineStr"><x:is><x:t>BORN</x:t></x:is></x:c>'
        '<x:c r="D1" t="str"><x:v>fee</x:v></x:c></x:row>'
        '<x:row r="3"><x:c r="A3" t="s"><x:v>1</x:v></x:c><x:c r="B3"><x:v>29283</x:v></x:c>'
        '<x:c r="D3"><x:v>0.9399999999999999</x:v></x:c></x:row>'
        '<x:row><x:c><x:v>17</x:v></x:c><x:c t="str"><x:v>03/04/1980</x:v></x:c>'
        "<x:c/><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>"
        '<x:row><x:c t="e"><x:v>#REF!</x:v></x:c></x:row>'
    )
    got = read(foreign(rows, strings), ROSTER)
    assert got.problems.is_empty()
    assert got.members["member_id"].to_list() == ["M-1", "17"]
    assert [str(d) for d in got.members["birth_date"]] == ["1980-03-03", "1980-03-04"]
    assert got.members["position"].to_list() == [3, 4]
    assert got.coverages["premium_cents"].to_list() == [94, 200]


def test_dates_of_long_ago_in_date_cells() -> None:
    days = ["9194", "9999", "10000", "9194.0", "1980", "194"]  # the last two are a year, and nobody's birth
    rows = "<x:row>" + "".join(f'<x:c t="str"><x:v>{n}</x:v></x:c>' for n in ("Id", "Born")) + "</x:row>"
    rows += "".join(f"<x:row><x:c><x:v>{i}</x:v></x:c><x:c><x:v>{d}</x:v></x:c></x:row>" for i, d in enumerate(days))
    got = read(foreign(rows), ROSTER)
    born = ["1925-03-03", "1927-05-17", "1927-05-18", "1925-03-03"]
    assert [str(d) for d in got.members["birth_date"]] == [*born, "None", "None"]
    assert got.problems.filter(rule="tabular.field.unreadable")["line"].to_list() == [6, 7]


PART = "xl/worksheets/zzz.xml"


def headers(data: bytearray) -> list[int]:
    """Where the flags of the part stand in both its headers; behind them the method, and 14 further on two sizes."""
    heads = [m.start() for m in re.finditer(rb"PK\x03\x04|PK\x01\x02", data)]
    mine = [at for at in heads if data[at : at + 100].find(PART.encode()) in (30, 46)]
    return [at + (6 if data[at + 2] == 3 else 8) for at in mine]


def marked(*, flags: int = 0, method: int = 0, garbage: bytes = b"<x:w", more: int = 0) -> bytes:
    """A workbook with a part that is marked as encrypted, packed otherwise or too long, or that holds rubbish."""
    data = bytearray(foreign("").replace(b"<x:worksheet", garbage + b"orksheet", 1))
    for at in headers(data):
        struct.pack_into("<HH", data, at, flags, method)
        packed, whole = struct.unpack_from("<II", data, at + 12)
        struct.pack_into("<II", data, at + 12, packed + more, whole + more)
    return bytes(data)


BAD: dict[str, bytes] = {
    "encrypted": marked(flags=1),
    "packed in an unknown way": marked(method=99),
    "not packed as it says": marked(method=zipfile.ZIP_DEFLATED, garbage=b"\xff\xff\xff\xff"),
    "not packed by bzip2": marked(method=zipfile.ZIP_BZIP2),
    "not packed by lzma": marked(method=zipfile.ZIP_LZMA, garbage=b"\x09\x04\x05\x00"),
    "longer than the file": marked(more=5000),
    "wrong checksum": marked(garbage=b"<y:w"),
    "cut": foreign("").replace(b"PK\x01\x02", b"PK\x01\x03", 1),
    "no part of that name": foreign("", **{"xl/_rels/workbook.xml.rels": '<Relationship Id="rId7" Target="x.xml"/>'}),
    "no text of UTF-8": foreign("", **{"xl/workbook.xml": b"\xff"}),
    "no such row": foreign('<x:row r="99999999999999999999"><x:c><x:v>5</x:v></x:c></x:row>'),
    "no number": foreign('<x:row r="x"/>'),
    "empty": b"",
    "no zip": b"PK\x03\x04 and then nothing",
    "no sheet": foreign("", **{"xl/workbook.xml": "<workbook/>"}),
    "no such string": foreign('<x:row r="1"><x:c r="A1" t="s"><x:v>5</x:v></x:c></x:row>'),
    "not xml": foreign("<x:row>"),
    "entities": foreign("", **{"xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst>&b;</sst>'}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_broken_workbook_gives_a_problem_and_no_rows(name: str) -> None:
    got = read(BAD[name], ROSTER)
    assert got.members.is_empty()
    assert "tabular.file.unreadable" in got.problems["rule"].to_list()


def test_no_broken_byte_of_a_workbook_raises() -> None:
    whole, seeded = write(book(), LAYOUTS["discount_xlsx"], STAMP).files[0].data, random.Random(3)  # noqa: S311
    told = set()
    for _ in range(400):
        broken = bytearray(whole)
        for _ in range(seeded.choice([1, 1, 3])):
            broken[seeded.randrange(len(broken))] = seeded.randrange(256)
        told |= set(
            read(bytes(broken[: seeded.choice([None, seeded.randrange(9000)])]), LAYOUTS["discount_xlsx"]).problems[
                "rule"
            ]
        )
    assert "tabular.file.unreadable" in told


def test_a_worksheet_of_too_many_bytes_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formats.tabular.workbook._LARGEST", 100)
    [file] = write(book(), LAYOUTS["discount_xlsx"], STAMP).files
    assert read(file.data, LAYOUTS["discount_xlsx"]).problems["rule"].to_list()[0] == "tabular.file.unreadable"


def test_header_and_trailer_records_of_a_worksheet() -> None:
    extra: dict[str, Any] = {
        "before": [
            {"kind": "header", "fields": [{"name": "h", "const": "HEAD"}, {"name": "r", "source": "file.reference"}]}
        ],
        "after": [
            {"kind": "trailer", "fields": [{"name": "t", "const": "END"}, {"name": "n", "total": {"count": ["lines"]}}]}
        ],
    }
    terms = layout(KEY, {"name": "last", "source": "last_name"}, xlsx={}, **extra)
    [file] = write(book(), terms, STAMP).files
    assert check(file.data, terms, book()).is_empty()
    assert read(file.data, terms).members.height == 5
    fewer = book().members.filter(pl.col("member_key") != "cleo")
    assert not check(file.data, terms, enrollment(fewer.to_dicts(), [])).is_empty()


PADDED: list[dict[str, Any]] = [
    KEY,
    {"name": "id", "source": "member_id", "length": 5, "justify": "right", "pad": "0"},
    {"name": "sex", "source": "gender", "length": 3, "pad": "*"},
    {"name": "none", "source": "email", "length": 4, "pad": "0"},
    {"name": "size", "source": "family.size", "number": "9(4)"},
    {"name": "due", "source": "coverage.HLT.premium_cents", "number": "9(5)V99"},
    {"name": "paid", "source": "coverage.HLT.premium_cents"},
    {"name": "wide", "source": "family.size", "length": 6, "justify": "right", "pad": "0"},
    {"name": "blank", "source": "coverage.DEN.premium_cents", "empty": "00"},
]
ENDS: dict[str, Any] = {
    "before": [
        {
            "kind": "header",
            "fields": [
                {"name": "type", "const": "01", "length": 3, "justify": "right", "pad": "0"},
                {"name": "file", "source": "file.sequence", "number": "9(5)"},
                {"name": "also", "source": "file.sequence"},
            ],
        }
    ],
    "after": [
        {
            "kind": "trailer",
            "fields": [
                {"name": "type", "const": "09"},
                {"name": "lines", "total": {"count": ["member"]}, "number": "9(8)"},
                {"name": "filler", "empty": "000"},
            ],
        }
    ],
}


def test_pads_and_zeros_stand_in_trees_and_worksheets_too() -> None:
    made = enrollment([member("k", member_id="7")], [coverage("k", premium_cents=4_550)])
    written = {"size": "0001", "due": "0004550", "paid": "45.50", "wide": "000001", "blank": "00"}
    plain = {"key": "k", "id": "00007", "sex": "F**", **written}
    terms = layout(*PADDED, xml={"root": "R"}, **ENDS)
    [file] = write(made, terms, STAMP).files
    text = file.data.decode()
    assert "<member>" + "".join(f"<{n}>{t}</{n}>" for n, t in plain.items()) + "</member>" in text
    assert "<type>001</type><file>00007</file>" in text
    assert check(file.data, terms, made).is_empty()
    assert read(file.data, terms).members["member_id"].to_list() == ["7"]
    people = "{% for f in families %}{% for p in f %}<member>{{ p.id }}{{ p.sex }}</member>{% endfor %}{% endfor %}"
    [file] = write(made, layout(*PADDED, xml={"template": f"<r>{people}</r>"}, **ENDS), STAMP).files
    assert b"<member>00007F**</member>" in file.data


def test_a_worksheet_keeps_every_zero_that_the_layout_writes() -> None:
    made = enrollment([member("k", member_id="7")], [coverage("k", premium_cents=4_550)])
    terms = layout(*PADDED, xlsx={"header_line": False}, **ENDS)
    [file] = write(made, terms, STAMP).files
    with zipfile.ZipFile(io.BytesIO(file.data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r'<c r="(\w+)"(?: s="\d+")?><v>([^<]*)</v>', sheet) == [("G2", "45.5")]  # the numbers
    cells, _ = sheet_cells(file.data, 9)
    assert cells.rows() == [
        (1, "001", "00007", "7", *[None] * 6),
        (2, "k", "00007", "F**", None, "0001", "0004550", "45.5", "000001", "00"),
        (3, "09", "00000001", "000", *[None] * 6),
    ]
    assert check(file.data, terms, made).is_empty()
    assert read(file.data, terms).members["member_id"].to_list() == ["7"]
