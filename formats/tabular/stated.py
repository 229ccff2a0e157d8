"""What headers and trailers state of the lines between them, counted again when a file is read."""

import polars as pl

from formats.edi834.schema import Enrollment
from formats.tabular.cells import Cells
from formats.tabular.draft import columns
from formats.tabular.layout import Layout
from formats.tabular.parse import number_value
from formats.tabular.values import Value


def said(name: str, cell: Value) -> pl.Expr:
    """The total that the text in column `name` states: a number, or the hash in small letters."""
    hashed = cell.total is not None and cell.total.hash
    return pl.col(name).str.to_lowercase() if hashed else number_value(pl.col(name), cell)[0]


def count(names: tuple[str, ...], got: Enrollment, layout: Layout, cells: Cells) -> int:
    """How many lines or people there are of what a total counts."""
    heights = {
        "members": got.members.height,
        "families": got.members["subscriber_key"].n_unique(),
        "lines": sum(f.height for f in cells.frames.values()) + layout.header_line,
    }
    return sum(heights[n] if n in heights else cells.frames[n].height for n in names)


def counts_hold(got: Enrollment, layout: Layout, cells: Cells) -> None:
    """Report every stated count of lines that is not that of the lines: some were lost, or added.

    People and families are left alone: how many there are is not always said by a vendor's lines.
    """
    for record in (*layout.headers, *layout.trailers):
        texts = cells.frames[record.name]
        for name, cell in zip(columns(record), record.fields, strict=True):
            wanted = cell.total.count if cell.total else None
            if not wanted or {"members", "families"} & set(wanted) or texts.is_empty():
                continue
            if texts.select(said(name, cell)).item(0, 0) != count(wanted, got, layout, cells):
                words = f"{cell.name} of the {record.name} record is not the number of the file's lines"
                cells.report(f"{record.kind}.total", words, line=texts["line"].item(0), hint="Ask for the whole file")
