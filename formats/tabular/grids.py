"""Bytes as a grid of texts, one row per line: delimited and fixed text, and the first sheet of a workbook."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from formats.problems import ERROR, WARNING
from formats.tabular.layout import Delimited, Layout
from formats.tabular.workbook import sheet_cells

Note = tuple[str, str, str, int | None]  # severity, rule, message, line
_LONE_CR = re.compile(r"\r(?!\n)")
_QUOTES = "The quotes of the line are not in order; some of its cells may be wrong"


@dataclass(frozen=True)
class Grid:
    """The rows of a file: `line` (1-based) and texts c0 ... cN, null where a line is short; and the notes of reading.

    `lines` are the lines as bytes with their ends, where the file has lines; blank ones stand in neither.
    """

    rows: pl.DataFrame
    lines: Sequence[bytes] = ()
    notes: list[Note] = field(default_factory=list)

    def between(self, first: int, last: int) -> bytes:
        """The bytes of these rows."""
        return b"".join(self.lines[first:last])


def fixed(data: bytes, layout: Layout) -> Grid:
    """Lines of a fixed file: c0 is the whole line. Without line ends, every `length` bytes are one."""
    text, notes = _decoded(data, layout)
    size = layout.fixed.length if layout.fixed else 0
    broken = _lines(text, quoted=False)
    whole = layout.line_end == "none" and len(broken) == 1
    kept = [text[i : i + size] for i in range(0, len(text), size)] if whole else broken
    lines = pl.DataFrame({"c0": pl.Series(kept, dtype=pl.String)}).with_row_index("line", 1)
    lines = lines.filter(pl.col("c0").str.strip_chars() != "").with_columns(pl.col("line").cast(pl.Int64))
    rows = lines.with_columns(pl.col("c0").str.strip_chars_end("\r\n\x1a"))
    odd = rows.filter(pl.col("c0").str.len_chars() != size)
    if odd.height:
        words = f"{odd.height} lines are not {size} bytes long, first line {odd['line'].item(0)}"
        notes.append((WARNING, "line.length", words, None))
    return Grid(rows, [t.encode(layout.charset, "replace") for t in lines["c0"].to_list()], notes)


def delimited(data: bytes, layout: Layout) -> Grid:
    """Lines of a delimited file; where its quotes are not in order they are read one by one, and those are named."""
    table = layout.delimited or Delimited()
    text, notes = _decoded(data, layout)
    width = max(len(r.fields) for r in layout.records) + (8 if layout.header_line else 1)
    quoted = table.quoting != "none"
    every = _lines(text, quoted=quoted)
    there = [(i, line) for i, line in enumerate(every, start=1) if line.strip()]
    kept, numbers = [line for _, line in there], [i for i, _ in there]
    ended = [line.rstrip("\r\n") + "\n" for line in kept]
    rows = _whole(ended, width, table.delimiter, quoted=quoted)
    if rows is None:
        given, odd = _line_by_line(ended, table.delimiter, quoted=quoted)
        rows = _grid(given, width)
        notes += [(ERROR, "line.quotes", _QUOTES, numbers[at]) for at in odd]
    if rows.height != len(numbers):  # a quoted line end: lines are then counted as rows
        numbers, kept = list(range(1, rows.height + 1)), [""] * rows.height
    rows = rows.insert_column(0, pl.Series("line", numbers, dtype=pl.Int64))
    return Grid(rows, [line.encode(layout.charset, "replace") for line in kept], notes)


def _whole(lines: list[str], width: int, delimiter: str, *, quoted: bool) -> pl.DataFrame | None:
    """The lines read together, so that a quoted cell may go over several; None where the quotes are not in order."""
    if quoted and any(line.count('"') % 2 for line in lines):
        # Either a quoted line end, or a quote too many, which would swallow what follows: the strict reader knows.
        try:
            return _grid(list(csv.reader(lines, delimiter=delimiter, strict=True)), width)
        except csv.Error:
            return None
    first = delimiter * (width - 1) + "\n"  # so that the reader expects no fewer columns than there may be
    try:
        return pl.read_csv(
            io.BytesIO((first + "".join(lines)).encode()), has_header=False, infer_schema=False, separator=delimiter,
            quote_char='"' if quoted else None, truncate_ragged_lines=True,
            new_columns=[f"c{i}" for i in range(width)],
        )[1:]  # fmt: skip
    except pl.exceptions.PolarsError:
        return None


def _line_by_line(lines: list[str], delimiter: str, *, quoted: bool) -> tuple[list[list[str]], list[int]]:
    """The cells of each line by itself, and which lines (0-based) have quotes that are not in order."""
    given: list[list[str]] = []
    odd = []
    for at, line in enumerate(lines):
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True)) if quoted else None
        except csv.Error:
            odd.append(at)
            cells = None
        given.append([c.strip('"') for c in line[:-1].split(delimiter)] if cells is None else cells)
    return given, odd


def _grid(given: Sequence[Sequence[str]], width: int) -> pl.DataFrame:
    rows = [(*cells[:width], *[None] * (width - len(cells))) for cells in given]
    return pl.DataFrame(rows, schema={f"c{i}": pl.String for i in range(width)}, orient="row")


def worksheet(data: bytes, layout: Layout) -> Grid:
    """Rows of the first worksheet."""
    width = max(len(r.fields) for r in layout.records) + 8
    rows, fault = sheet_cells(data, width)
    return Grid(rows, (), [(ERROR, "file.unreadable", fault, None)] if fault else [])


def _lines(text: str, *, quoted: bool) -> list[str]:
    """Lines with their ends: LF, CRLF, or CR alone, which inside quotes is a character like any other."""
    if not _LONE_CR.search(text):
        return _split(text, text)
    parts = text.split('"') if quoted else [text]
    parts[::2] = [_LONE_CR.sub("\n", part) for part in parts[::2]]
    return _split('"'.join(parts), text)


def _split(ended: str, text: str) -> list[str]:
    """The text cut after each LF of `ended`, which is as long."""
    lines, at = [], 0
    for line in ended.split("\n"):
        lines.append(text[at : at + len(line) + 1])
        at += len(line) + 1
    return lines


def _decoded(data: bytes, layout: Layout) -> tuple[str, list[Note]]:
    """The text of the bytes: a byte order mark off, in the layout's character set or else read as Latin-1."""
    try:
        return data.decode("utf-8-sig" if layout.charset != "latin-1" else "latin-1"), []
    except UnicodeDecodeError:
        words = f"The file is not {layout.charset}; other characters were read as Latin-1"
        return data.decode("latin-1"), [(WARNING, "file.charset", words, None)]
