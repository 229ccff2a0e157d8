"""Texts laid into lines: padded to the byte in fixed records, quoted and disarmed between delimiters."""

import polars as pl

from formats.tabular.arrange import KEYS
from formats.tabular.draft import columns
from formats.tabular.layout import Cell, Delimited, Layout, Record
from formats.tabular.text import disarmed


def lines(texts: pl.DataFrame, record: Record, layout: Layout) -> pl.DataFrame:
    """The record's rows as KEYS and `line`, the line's text without its end."""
    cells = [padded(pl.col(n), c, layout) for n, c in zip(columns(record), record.fields, strict=True)]
    line = pl.concat_str(cells).str.pad_end(layout.fixed.length) if layout.fixed else _delimited(cells, layout)
    return texts.select(*KEYS, line.alias("line"))


def header_line(layout: Layout) -> str:
    """The line of column names, without its end."""
    names = pl.DataFrame({"line": [[f.name for f in layout.body[0].fields]]}, schema={"line": pl.List(pl.String)})
    cells = [pl.col("line").list.get(i) for i in range(len(layout.body[0].fields))]
    return str(names.select(_delimited(cells, layout)).item())


def in_order(parts: list[tuple[int, pl.DataFrame]], layout: Layout) -> pl.DataFrame:
    """Frames with KEYS, each with its record's place in the layout, as one frame in the order of the file.

    Adds `rank`, the record's place; rows of a frame keep their order.
    """
    keys = ["family", "row", "rank", "seq"] if layout.order == "nested" else ["rank", "family", "row", "seq"]
    ranked = [frame.with_columns(pl.lit(rank, pl.Int64).alias("rank")) for rank, frame in parts]
    return pl.concat(ranked, how="diagonal").sort(keys, maintain_order=True)


def padded(text: pl.Expr, cell: Cell, layout: Layout) -> pl.Expr:
    """The text at its width, and what stands for a blank. Only in fixed records is it worth filling with blanks."""
    given = text.fill_null(cell.empty)
    if cell.length is None or (cell.pad == " " and not layout.fixed):
        return given
    left = cell.justify == "left"
    filled = given.str.pad_end(cell.length, cell.pad) if left else given.str.pad_start(cell.length, cell.pad)
    blank = " " * cell.length if layout.fixed else ""
    return pl.when(given != "").then(filled).otherwise(pl.lit(blank)) if cell.pad != " " else filled


def _delimited(cells: list[pl.Expr], layout: Layout) -> pl.Expr:
    table = layout.delimited or Delimited()
    safe = [disarmed(c) if table.formulas == "escape" else c for c in cells]
    if table.quoting != "none":
        quoted = [pl.lit('"') + c.str.replace_all('"', '""', literal=True) + pl.lit('"') for c in safe]
        if table.quoting == "minimal":
            needed = [c.str.contains_any([table.delimiter, '"']) for c in safe]
            quoted = [pl.when(n).then(q).otherwise(c) for n, q, c in zip(needed, quoted, safe, strict=True)]
        safe = quoted
    return pl.concat_str(safe, separator=table.delimiter)
