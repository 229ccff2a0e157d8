"""Bytes to rows: which record stands on which line, and what makes a record or a file unreadable."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.intake.layouts import BY_NAME
from assets.intake.reading import parse

LAYOUT = BY_NAME["books.csv"]
HEADER = b"book_code,name,time_zone\n"


def lines(data: bytes) -> list[tuple[int, str | None]]:
    return parse(LAYOUT, data).rows.select("at", "name").rows()


def found(data: bytes) -> list[tuple[int | None, str]]:
    return parse(LAYOUT, data).found.select("at", "rule").rows()


def test_a_row_after_a_quoted_line_break_keeps_its_physical_line() -> None:
    data = HEADER + b'a,"one\ntwo\r\nthree",z\nb,plain,z\r\n\n   \nc,"say ""hi"", you",z'
    assert lines(data) == [(2, "one\ntwo\r\nthree"), (5, "plain"), (8, 'say "hi", you')]
    assert found(data) == []


def test_a_byte_order_mark_and_another_order_of_columns_are_fine() -> None:
    assert lines(b"\xef\xbb\xbftime_zone,book_code,name\r\nz,a,one\r\n") == [(2, "one")]


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        (b"x,too few", "intake.width"),
        (b"x,one,two,three", "intake.width"),
        (b'x,stray " mark,z', "intake.quotes"),
        (b'x,"closed" too early,z', "intake.quotes"),
        (b'x,"never closed,z', "intake.quotes"),
        (b"x,n\x00l,z", "intake.quotes"),
    ],
)
def test_a_broken_record_spoils_its_own_line_only(record: bytes, rule: str) -> None:
    arrival = parse(LAYOUT, HEADER + b"a,one,z\n" + record + b'\nb,"two\nlines",z\nc,three,z\n')
    assert arrival.rows["at"].to_list() == [2, 4, 6]
    assert arrival.rows["name"].to_list() == ["one", "two\nlines", "three"]
    assert arrival.found.select("at", "rule").rows() == [(3, rule)]
    assert arrival.total == 4
    assert not arrival.refused


@pytest.mark.parametrize(
    ("data", "line", "rule", "says"),
    [
        (b"", 1, "intake.header", "is not the header"),
        (b"a,North,America/New_York\n", 1, "intake.header", "is not the header"),
        (b"book_code,name\na,b\n", 1, "intake.header", "lacks time_zone"),
        (b"book_code,name,zone\na,b,c\n", 1, "intake.header", "lacks time_zone"),
        (b"book_code,name,time_zone,note\na,b,c,d\n", 1, "intake.header", "has 4 columns"),
        (HEADER + b"a,one,z\nb,Z\xfcrich,z\n", 3, "intake.encoding", "not UTF-8"),
        ("book_code,name,time_zone\n".encode("utf-16"), 1, "intake.encoding", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_told_apart_is_refused_as_a_whole(data: bytes, line: int, rule: str, says: str) -> None:
    arrival = parse(LAYOUT, data)
    assert arrival.refused
    assert arrival.rows.is_empty()
    (problem,) = arrival.found.rows()
    assert problem[:3] == (line, "", rule)
    assert says in problem[3]


def test_a_header_only_file_has_no_rows() -> None:
    arrival = parse(LAYOUT, HEADER)
    assert (arrival.refused, arrival.total, arrival.rows.height) == (False, 0, 0)


TEXT = st.text(alphabet=st.sampled_from('ab ",\n\r\té€'), max_size=8)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=12), crlf=st.booleans())
@example(rows=[('"', "\n", ","), ("", "", "")], crlf=True)
def test_reading_what_was_written_gives_it_back_with_its_lines(rows: list[tuple[str, ...]], *, crlf: bool) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n" if crlf else "\n", quoting=csv.QUOTE_ALL)
    writer.writerow(LAYOUT.header)
    expected = []
    for row in rows:
        expected.append((out.getvalue().count("\n") + 1, *row))
        writer.writerow(row)
    arrival = parse(LAYOUT, out.getvalue().encode())
    assert [(r[0], *(v or "" for v in r[1:])) for r in arrival.rows.rows()] == expected
    assert arrival.found.is_empty()


@settings(max_examples=150, deadline=None, derandomize=True)
@given(body=st.binary(max_size=200) | st.text(alphabet='a",\n\r', max_size=60).map(str.encode))
def test_no_content_raises_and_every_record_is_accounted_for(body: bytes) -> None:
    arrival = parse(LAYOUT, HEADER + body)
    assert arrival.refused or arrival.total == arrival.rows.height + arrival.found.height


def test_a_thousand_lines_with_an_open_quote_do_not_walk_the_file_a_thousand_times() -> None:
    body = b"".join(b'x,"open %d ""and,z\n' % n for n in range(20_000))
    arrival = parse(LAYOUT, HEADER + body)
    assert arrival.total == arrival.found.height + arrival.rows.height
