"""Texts as an XLSX worksheet, and a worksheet's cells as texts; the same texts give the same bytes."""

import datetime as dt
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any
from xml.parsers import expat

import polars as pl
import xlsxwriter

_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]+)?$"
_LARGEST = 512 * 1024 * 1024  # of one part when unpacked: more is not an enrollment
_LAST_ROW = 1_048_576  # of any worksheet
_BROKEN = "The file is not a readable XLSX workbook"
# What the library raises on a file that somebody else made, or broke.
_UNREADABLE = (
    zipfile.BadZipFile,  # no archive, or a part whose checksum is wrong
    EOFError,  # a part that is cut
    zlib.error,  # a part that does not unpack
    lzma.LZMAError,
    OSError,  # the same, packed with bzip2
    RuntimeError,  # an encrypted part; one packed in a way nobody knows (NotImplementedError)
    expat.ExpatError,  # a part that is not XML
    LookupError,  # a part or shared text that is named and not there
    ValueError,  # a number that is none, text that is not UTF-8, and what is refused below
)


def workbook(cells: pl.DataFrame, numbers: Sequence[bool], *, body: range, sheet: str, created: dt.datetime) -> bytes:
    """One worksheet of the frame's rows.

    Args:
        cells: text columns; null is an empty cell.
        numbers: for each column, whether a text that is a number becomes a number cell in the body.
        body: the rows that are neither headers nor trailers, 0-based.
        sheet: the worksheet's name.
        created: put into the workbook as its moment of creation, which would otherwise be the clock's.
    """
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"created": created.replace(tzinfo=None)})
        page, cents = book.add_worksheet(sheet), book.add_format({"num_format": "0.00"})
        for at, column in enumerate(cells.get_columns()):
            given = pl.DataFrame({"row": pl.int_range(cells.height, eager=True), "text": column}).drop_nulls()
            inside = pl.col("row").is_between(body.start, body.stop, closed="left")
            numeric = pl.col("text").str.contains(_NUMBER) & inside & numbers[at]
            for row, text in given.filter(~numeric).iter_rows():
                page.write_string(row, at, text)
            for row, text in given.filter(numeric).iter_rows():
                page.write_number(row, at, float(text), cents if "." in text else None)
    return held.getvalue()


def sheet_cells(data: bytes, width: int) -> tuple[pl.DataFrame, str | None]:
    """The first worksheet's rows that hold anything: `line` (the row's number) and texts c0 ...; and what is wrong.

    Numbers come as Excel keeps them (a date is a count of days); formulas by their last result. Columns beyond
    `width` are not read. A hostile or broken workbook gives no rows and a sentence.
    """
    schema: dict[str, Any] = {"line": pl.Int64, "column": pl.Int64, "text": pl.String}
    wide = pl.DataFrame(schema={"line": pl.Int64} | {f"c{i}": pl.String for i in range(width)})
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            shared: list[str] = []
            if "xl/sharedStrings.xml" in parts.namelist():
                _parsed(parts, "xl/sharedStrings.xml", _Texts(shared))
            found = _Sheet(shared, width)
            _parsed(parts, _first_sheet(parts), found)
    except _UNREADABLE:
        return wide, _BROKEN  # the reasons a zip or its XML gives would repeat what is in them
    cells = pl.DataFrame(found.cells, schema=schema, orient="row").unique(["line", "column"], keep="last")
    if cells.is_empty():
        return wide, None
    rows = cells.with_columns(pl.format("c{}", "column").alias("column")).pivot("column", index="line", values="text")
    return pl.concat([wide, rows], how="diagonal").select(wide.columns).sort("line"), None


def _parsed(parts: zipfile.ZipFile, name: str, handler: Any) -> None:
    _sized(parts, name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = handler.text, _refused
    with parts.open(name) as part:
        parser.ParseFile(part)


def _sized(parts: zipfile.ZipFile, name: str) -> str:
    """The part's name, if it is not too large to unpack; no more than it says is ever unpacked."""
    if parts.getinfo(name).file_size > _LARGEST:
        raise ValueError("a part of the workbook is too large")
    return name


def _refused(*_declaration: object) -> None:
    raise ValueError("a workbook has no document type")


def _first_sheet(parts: zipfile.ZipFile) -> str:
    """The part of the first sheet in the workbook's own order."""
    book, links = (
        parts.read(_sized(parts, f"xl/{name}")).decode() for name in ("workbook.xml", "_rels/workbook.xml.rels")
    )
    first = re.search(r"<(?:\w+:)?sheet\s[^>]*?\w+:id=\"([^\"]+)\"", book)
    for link in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", links):
        if first and f'Id="{first.group(1)}"' in link and (target := re.search(r'Target="([^"]+)"', link)):
            path = target.group(1)
            return path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    raise KeyError("the workbook names no sheet")


class _Texts:
    """Shared strings: the runs of each item joined, phonetic hints left out."""

    def __init__(self, shared: list[str]) -> None:
        self.shared, self.parts, self.inside, self.hint = shared, [""], False, False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "si":
            self.parts = []
        self.hint = self.hint or name == "rPh"
        self.inside = name == "t" and not self.hint

    def end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        self.inside = False
        if name == "rPh":
            self.hint = False
        elif name == "si":
            self.shared.append("".join(self.parts))

    def text(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)


class _Sheet:
    """Cells of a worksheet as (row, column, text), 1-based and 0-based."""

    def __init__(self, shared: list[str], width: int) -> None:
        self.shared, self.width = shared, width
        self.cells: list[tuple[int, int, str]] = []
        self.row = self.column = 0
        self.kind, self.parts, self.inside = "n", [""], False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
            if self.row > _LAST_ROW:
                raise ValueError("a worksheet has no such row")
        elif name == "c":
            self.column = _column(attributes["r"]) if "r" in attributes else self.column
            self.kind, self.parts = attributes.get("t", "n"), []
        self.inside = name in ("v", "t")

    def end(self, tag: str) -> None:
        self.inside = False
        if tag.rpartition(" ")[2] == "c":
            text = "".join(self.parts)
            if self.kind == "s" and text:
                text = self.shared[int(text)]
            elif self.kind == "n" and "." in text:
                text = f"{float(text):.15g}"  # Excel counts to 15 digits and writes 0.94 as 0.9399999999999999
            elif self.kind == "b":
                text = {"1": "true", "0": "false"}.get(text, text)
            if text.strip() and self.column < self.width and self.kind != "e":
                self.cells.append((self.row, self.column, text))
            self.column += 1

    def text(self, data: str) -> None:
        if self.inside:
            self.parts.append(data)


def _column(reference: str) -> int:
    """AB12 as 27: the 0-based column of a cell's reference."""
    at = 0
    for letter in reference.rstrip("0123456789"):
        at = at * 26 + ord(letter.upper()) - 64
    return at - 1
