"""Bytes as a grid of texts, one row per line: delimited and fixed text, and the first sheet of a workbook."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from formats.problems import ERROR, WARNING
from formats.tabular.layout import Delimited, Layout
from formats.tabular.workbook import sheet_cells

Note = tuple[str, str, str]  # severity, rule, message


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
    whole = layout.line_end == "none" and "\n" not in text
    kept = [text[i : i + size] for i in range(0, len(text), size)] if whole else _lines(text)
    lines = pl.DataFrame({"c0": pl.Series(kept, dtype=pl.String)}).with_row_index("line", 1)
    lines = lines.filter(pl.col("c0").str.strip_chars() != "").with_columns(pl.col("line").cast(pl.Int64))
    rows = lines.with_columns(pl.col("c0").str.strip_chars_end("\r\n\x1a"))
    odd = rows.filter(pl.col("c0").str.len_chars() != size)
    if odd.height:
        first = odd["line"].item(0)
        notes.append((WARNING, "line.length", f"{odd.height} lines are not {size} bytes long, first line {first}"))
    return Grid(rows, [t.encode(layout.charset, "replace") for t in lines["c0"].to_list()], notes)


def delimited(data: bytes, layout: Layout) -> Grid:
    """Lines of a delimited file; where its quotes are not in order they are read one by one, as far as they go."""
    table = layout.delimited or Delimited()
    text, notes = _decoded(data, layout)
    width = max(len(r.fields) for r in layout.records) + (8 if layout.header_line else 1)
    every = _lines(text)
    kept = [line for line in every if line.strip()]
    first = table.delimiter * (width - 1) + "\n"  # so that the reader expects no fewer columns than there may be
    quote = None if table.quoting == "none" else '"'
    try:
        rows = pl.read_csv(
            io.BytesIO((first + "".join(kept)).encode()), has_header=False, infer_schema=False,
            separator=table.delimiter,
            quote_char=quote, truncate_ragged_lines=True, new_columns=[f"c{i}" for i in range(width)],
        )[1:]  # fmt: skip
    except pl.exceptions.PolarsError:
        notes.append((WARNING, "file.quotes", "The quotes of the file are not in order; some cells may be wrong"))
        given = [(r + [None] * width)[:width] for r in csv.reader(kept, delimiter=table.delimiter)]
        rows = pl.DataFrame(given, schema={f"c{i}": pl.String for i in range(width)}, orient="row")
    numbers = [i for i, line in enumerate(every, start=1) if line.strip()]
    if rows.height != len(numbers):  # a quoted line end: lines are then counted as rows
        numbers, kept = list(range(1, rows.height + 1)), [""] * rows.height
    rows = rows.insert_column(0, pl.Series("line", numbers, dtype=pl.Int64))
    return Grid(rows, [line.encode(layout.charset, "replace") for line in kept], notes)


def worksheet(data: bytes, layout: Layout) -> Grid:
    """Rows of the first worksheet."""
    width = max(len(r.fields) for r in layout.records) + 8
    rows, fault = sheet_cells(data, width)
    return Grid(rows, (), [(ERROR, "file.unreadable", fault)] if fault else [])


def _lines(text: str) -> list[str]:
    """Lines with their ends: LF or CRLF, or CR alone where there is nothing else."""
    end = "\r" if "\r" in text and "\n" not in text else "\n"
    lines = [line + end for line in text.split(end)]
    lines[-1] = lines[-1].removesuffix(end)
    return lines


def _decoded(data: bytes, layout: Layout) -> tuple[str, list[Note]]:
    """The text of the bytes: a byte order mark off, in the layout's character set or else read as Latin-1."""
    try:
        return data.decode("utf-8-sig" if layout.charset != "latin-1" else "latin-1"), []
    except UnicodeDecodeError:
        note = (WARNING, "file.charset", f"The file is not {layout.charset}; other characters were read as Latin-1")
        return data.decode("latin-1"), [note]
