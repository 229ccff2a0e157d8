"""Text as a vendor's file may carry it: spelling, capitals, character sets, and what no field may hold."""

import re
from typing import TYPE_CHECKING

import polars as pl

from formats.edi834.text import accented, plain_ascii

if TYPE_CHECKING:
    from formats.tabular.layout import Layout

_OUTSIDE = {"ascii": r"[^\x20-\x7e]", "latin-1": r"[^\x20-\x7e\u00a0-\u00ff]", "utf-8": r"[\p{C}\p{Zl}\p{Zp}]"}
# A spreadsheet runs a cell that begins so; the wide forms count as the plain ones in some of them.
_RUNS = r"^'*[=+\-@\uff1d\uff0b\uff0d\uff20]"
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"


def misfit(layout: "Layout") -> str:
    """A pattern of what no field's text may hold: outside the character set, or a delimiter nothing can quote."""
    outside = _OUTSIDE[layout.charset]
    if layout.delimited and layout.delimited.quoting == "none":
        return outside + "|" + re.escape(layout.delimited.delimiter)
    return outside


def spelled(frame: pl.DataFrame, columns: list[str], layout: "Layout") -> pl.DataFrame:
    """The columns trimmed (empty is null), accents spelled and capitals made as the layout asks."""
    done = frame.with_columns(pl.col(columns).str.strip_chars())
    if layout.accents == "spell" and columns:
        foreign = done.select(accented(pl.col(columns)).any()).row(0, named=True)
        done = done.with_columns(plain_ascii(pl.col(c)) for c in columns if foreign[c])
    if layout.case == "upper":
        done = done.with_columns(pl.col(columns).str.to_uppercase())
    return done.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in columns)


def replaced(column: pl.Expr, layout: "Layout") -> pl.Expr:
    """The text with every misfit turned into a blank, blanks closed up, empty as null."""
    text = column.str.replace_all(misfit(layout), " ").str.replace_all(" {2,}", " ").str.strip_chars()
    return pl.when(text != "").then(text)


def runs(column: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet would take the cell for a formula; a plain number is none, whatever its sign."""
    return column.str.contains(_RUNS) & ~column.str.contains(_NUMBER)


def disarmed(column: pl.Expr) -> pl.Expr:
    """The cell with an apostrophe before what a spreadsheet would run; `armed` takes it away again."""
    return pl.when(runs(column)).then(pl.lit("'") + column).otherwise(column)


def armed(column: pl.Expr) -> pl.Expr:
    """The cell without the apostrophe of `disarmed`."""
    return pl.when(column.str.starts_with("'") & runs(column)).then(column.str.slice(1)).otherwise(column)
