"""A vendor's bytes taken apart into the texts of each record's fields; liberal in what it accepts."""

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from formats.problems import ERROR, INFO, problems
from formats.tabular.consistency import constants
from formats.tabular.draft import columns
from formats.tabular.elements import elements
from formats.tabular.express import is_number
from formats.tabular.grids import Grid, delimited, fixed, worksheet
from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.text import armed

NOT_TOLD = "Compare the file with the vendor's layout"


@dataclass
class Cells:
    """The texts of a file: by record, `line` (1-based) and f0 ... (null where blank), and what could not be read.

    `body` is the bytes between headers and trailers, of delimited and fixed files. `beyond` are the lines that hold
    something after their record's last field: read leaves it, check does not.
    """

    frames: dict[str, pl.DataFrame]
    body: bytes = b""
    found: list[dict[str, Any]] = field(default_factory=list)
    beyond: list[int] = field(default_factory=list)

    @property
    def problems(self) -> pl.DataFrame:
        """Columns PROBLEMS."""
        return problems(self.found)

    def report(self, rule: str, message: str, *, line: int | None = None, column: int | None = None,
               severity: str = ERROR, hint: str = NOT_TOLD) -> None:  # fmt: skip
        """Add a problem; the message never repeats a value of the file."""
        self.found.append({"rule": f"tabular.{rule}", "severity": severity, "line": line, "column": column,
                           "message": message, "hint": hint})  # fmt: skip


def take_apart(data: bytes, layout: Layout) -> Cells:
    """The texts of every record in the bytes. Never raises on bad content: what cannot be read is a problem."""
    cells = Cells({})
    if layout.xml:
        raw, fault = elements(data, layout)
        if fault:
            cells.report("file.unreadable", fault)
        for record in layout.records:
            cells.frames[record.name] = _blanked(raw[record.name], record, layout)
        return cells
    grid = {"delimited": delimited, "fixed": fixed, "xlsx": worksheet}[layout.kind](data, layout)
    for severity, rule, message, line in grid.notes:
        cells.report(rule, message, severity=severity, line=line)
    _place(grid, layout, cells)
    return cells


def _place(grid: Grid, layout: Layout, cells: Cells) -> None:
    """Tell headers, column names, body and trailers apart and put each line into its record's frame."""
    rows, first, last = grid.rows, 0, grid.rows.height
    spots = {r.name: _spots(r, layout) for r in layout.records}
    for record in layout.headers:
        if first < last and _is(rows[first], record, spots, layout):
            cells.frames[record.name] = _taken(rows[first], record, spots, layout)
            cells.beyond += _beyond(rows[first], record, layout)
            first += 1
        else:
            cells.report("header.missing", f"The file does not begin with its {record.name} record")
    if layout.header_line and first < last:
        first += _named(rows[first], layout, spots, cells)
    for record in reversed(layout.trailers):
        if first < last and _is(rows[last - 1], record, spots, layout):
            last -= 1
            cells.frames[record.name] = _taken(rows[last], record, spots, layout)
            cells.beyond += _beyond(rows[last], record, layout)
        else:
            cells.report("trailer.missing", f"The file does not end with its {record.name} record",
                         hint="Ask for the whole file: it may have been cut off")  # fmt: skip
    body = rows[first:last]
    cells.body = grid.between(first, last)
    known = pl.lit(value=False)
    for record in layout.body:
        mine = _match(record, spots, layout)
        cells.frames[record.name] = _taken(body.filter(mine), record, spots, layout)
        cells.beyond += _beyond(body.filter(mine), record, layout)
        known |= mine
    for line in body.filter(~known)["line"].to_list():
        cells.report("record.unknown", "The line is of no record of the layout", line=line)
    for record in layout.records:
        cells.frames.setdefault(record.name, _taken(rows.clear(), record, spots, layout))


def _beyond(rows: pl.DataFrame, record: Record, layout: Layout) -> list[int]:
    """The lines that hold anything after the record's last field."""
    if layout.fixed:
        rest = [pl.col("c0").str.slice(sum(c.length or 0 for c in record.fields))]
    else:
        rest = [pl.col(c) for c in rows.columns if c != "line" and int(c[1:]) >= len(record.fields)]
    full = pl.any_horizontal(pl.lit(value=False), *(text.str.strip_chars().fill_null("") != "" for text in rest))
    return rows.filter(full)["line"].to_list()


def _spots(record: Record, layout: Layout) -> list[pl.Expr]:
    """Where each field's text stands in a line, blanks around it taken off."""
    if layout.fixed is None:
        return [_cell(pl.col(f"c{i}"), layout) for i in range(len(record.fields))]
    spots, begins = [], 0
    for cell in record.fields:
        spots.append(pl.col("c0").str.slice(begins, cell.length or 0).str.strip_chars())
        begins += cell.length or 0
    return spots


def _cell(column: pl.Expr, layout: Layout) -> pl.Expr:
    text = column.str.strip_chars()
    return armed(text) if layout.delimited and layout.delimited.formulas == "escape" else text


def _match(record: Record, spots: dict[str, list[pl.Expr]], layout: Layout) -> pl.Expr:
    """Whether a line holds the constants of the record."""
    begins, at = {}, 0
    for number, cell in enumerate(record.fields):
        begins[at if layout.fixed else number] = number
        at += cell.length or 0
    match = pl.lit(value=True)
    for (place, _), text in constants(record, layout).items():
        cell, own = record.fields[begins[place]], spots[record.name][begins[place]]
        match &= _unpadded(own, cell, record).fill_null("") == (text.strip(cell.pad) if cell.pad != " " else text)
    return match


def _is(row: pl.DataFrame, record: Record, spots: dict[str, list[pl.Expr]], layout: Layout) -> bool:
    return bool(row.select(_match(record, spots, layout)).item())


def _unpadded(text: pl.Expr, cell: Cell, record: Record) -> pl.Expr:
    if cell.pad == " " or is_number(cell, record) or cell.total is not None:
        return text
    return text.str.strip_chars_end(cell.pad) if cell.justify == "left" else text.str.strip_chars_start(cell.pad)


def _taken(rows: pl.DataFrame, record: Record, spots: dict[str, list[pl.Expr]], layout: Layout) -> pl.DataFrame:
    texts = [own.alias(name) for name, own in zip(columns(record), spots[record.name], strict=True)]
    return _blanked(rows.select("line", *texts), record, layout)


def _blanked(texts: pl.DataFrame, record: Record, layout: Layout) -> pl.DataFrame:
    """Padding taken off; what the layout writes for a blank value, and nothing at all, as null."""
    made = []
    for name, cell in zip(columns(record), record.fields, strict=True):
        text = pl.col(name).str.strip_chars() if layout.xml else pl.col(name)
        given = pl.when(text != cell.empty).then(_unpadded(text, cell, record))
        made.append(pl.when(given != "").then(given).alias(name))
    return texts.with_columns(made)


def _named(row: pl.DataFrame, layout: Layout, spots: dict[str, list[pl.Expr]], cells: Cells) -> int:
    """Find the body's fields by their column names; gives how many lines the names take: one, or none if missing."""
    given = [str(v or "").strip().casefold() for v in row.drop("line").row(0)]
    wanted = [c.name.casefold() for c in layout.body[0].fields]
    if not set(given) & set(wanted):
        cells.report("header.names_missing", "The line of column names is missing", line=row["line"].item(),
                     hint="The columns were taken in the layout's order")  # fmt: skip
        return 0
    places = []
    for cell, name in zip(layout.body[0].fields, wanted, strict=True):
        if name not in given:
            cells.report("header.column_missing", f"There is no column {cell.name}", line=row["line"].item())
        places.append(_cell(pl.col(f"c{given.index(name)}"), layout) if name in given else pl.lit(None, pl.String))
    for at, name in enumerate(given, start=1):
        if name and name not in wanted:
            cells.report("header.column_unknown", f"Column {at} is not in the layout, and was not read",
                         line=row["line"].item(), column=at, severity=INFO)  # fmt: skip
    for record in layout.body:
        spots[record.name] = places
    return 1
