"""Columns taken from bytes as machine words are what slicing each record by hand gives, however they are blocked."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.nacha import bytesof, completed, read, write
from formats.nacha.bytesof import Page, columns, is_digits, numbers, only, routing_facts
from formats.nacha.fields import Field
from tests.formats.nacha.build import answered, entry, nacha

LETTERS = st.text("0123456789 AZaz-+.", min_size=94, max_size=94)
DIGITS = st.text("0123456789", min_size=94, max_size=94)
BLANKS = st.sampled_from([" " * 94, "6" + " " * 93, "0" * 94, "9" * 94, "260229" * 15 + "2602", "991231" * 15 + "0101"])
RECORDS = st.lists(LETTERS | DIGITS | BLANKS, min_size=1, max_size=12)


@st.composite
def fields(draw: st.DrawFn) -> Field:
    kind = draw(st.sampled_from(["text", "right", "digits", "int", "date"]))
    width = 6 if kind == "date" else draw(st.integers(1, 18 if kind == "int" else 94))
    start = draw(st.integers(1, 95 - width))
    return Field("x", start, start + width - 1, kind)


def by_hand(record: str, field: Field) -> str | int | date | None:
    text = record[field.start - 1 : field.end]
    match field.kind:
        case "int":
            return int(text) if text.isdigit() else None
        case "date":
            try:
                day = datetime.strptime(text, "%y%m%d").date() if text.isdigit() else None  # noqa: DTZ007 - a date
            except ValueError:
                return None
            # Python begins the last century's years at 69, ACH files do so at 70.
            return day.replace(year=2069) if day and day.year == 1969 else day
        case "right":
            return text.strip(" ")
        case _:
            return text.rstrip(" ")


@settings(max_examples=150, deadline=None, derandomize=True)
@given(RECORDS, fields(), st.sampled_from(["", "\n", "\r\n"]), st.data())
def test_columns_are_what_slicing_gives(records: list[str], field: Field, end: str, data: st.DataObject) -> None:
    page = Page.over("".join(record + end for record in records).encode(), 94 + len(end))
    rows = sorted(data.draw(st.sets(st.integers(0, len(records) - 1), min_size=1)))
    found = columns(page, np.array(rows), [field])[0]
    assert found.to_list() == [by_hand(records[row], field) for row in rows]


def test_numbers_of_twenty_digits_end_where_a_column_of_numbers_does() -> None:
    fits, too_large = "0" + "9" * 18, "9" * 20
    page = Page.over((fits.rjust(20, "0").ljust(94) + too_large.ljust(94)).encode(), 94)
    assert columns(page, np.array([0, 1]), [Field("x", 1, 20, "int")])[0].to_list() == [int(fits), None]


def test_blocks_threads_and_long_pages_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [answered(), nacha(entries=[entry(at, name="A NAME OF SOME LENGTH") for at in range(1, 40)])]
    whole = [(write(each), read(write(each))) for each in files]
    for block, large in ((3, 1000), (4, 5)):
        monkeypatch.setattr(bytesof, "_BLOCK", block)
        monkeypatch.setattr(bytesof, "_LARGE", large)
        monkeypatch.setattr(bytesof, "_SEGMENT", 100)
        for each, (data, found) in zip(files, whole, strict=True):
            assert write(each) == data
            again = read(data)
            assert again.entries.equals(found.entries)
            assert again.addenda.equals(found.addenda)
            assert again.entries.equals(completed(each).entries)


TEXTS = st.lists(
    st.none() | st.text("0123456789", min_size=0, max_size=16) | st.text("01 +-A", min_size=0, max_size=16),
    min_size=1,
    max_size=20,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(TEXTS, st.integers(0, 3))
def test_texts_are_judged_as_by_hand(texts: list[str | None], cut: int) -> None:
    """Also as a part of a longer column, as a filter leaves it."""
    column = pl.Series("x", [*["123456789012345"] * cut, *texts], dtype=pl.String).slice(cut)
    for width in (8, 15):
        expected = [text is not None and len(text) == width and text.isdigit() for text in texts]
        assert numbers(column, width)[1].to_list() == expected
        assert pl.DataFrame({"x": column}).select(is_digits(pl.col("x"), width)).to_series().to_list() == expected
    for letters in (" ", " 0"):
        assert only(column, letters).to_list() == [not (text or "").strip(letters) for text in texts]
    facts = routing_facts(column)
    good = [text is not None and len(text) == 8 and text.isdigit() for text in texts]
    assert facts["good_rdfi"].to_list() == good
    for text, fine, number, digit in zip(texts, good, facts["rdfi_number"], facts["expected_digit"], strict=True):
        if not fine:
            assert digit is None
            continue
        weighed = sum(int(each) * weight for each, weight in zip(str(text), (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
        assert (digit, number) == (str(-weighed % 10), int(str(text)))
