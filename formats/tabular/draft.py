"""The texts of a record's fields, spelled and held against the layout, before they are laid into a line."""

import polars as pl

from formats.tabular.arrange import KEYS, holds
from formats.tabular.express import Fault, carries_text, cell_text
from formats.tabular.findings import FINDINGS, Reason, found
from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.text import disarmed, misfit, replaced, runs, spelled

CHARACTER = Reason(
    "tabular.field.character", "holds a character or delimiter that the file may not carry",
    "Correct the value, or let the layout replace it",
)  # fmt: skip
FORMULA = Reason(
    "tabular.field.formula", "begins like a spreadsheet formula", "Correct the value, or let the layout escape it"
)
MISSING = Reason("tabular.field.missing", "is blank, and must not be", "Complete the record")
FORBIDDEN = Reason("tabular.field.forbidden", "is given, and must be blank", "Remove the value, or change the layout")
PATTERN = Reason("tabular.field.pattern", "does not have the form the layout asks for", "Correct the value")


def columns(record: Record) -> list[str]:
    """Names of the columns that hold the record's texts: f0, f1 and so on, in the order of its fields."""
    return [f"f{i}" for i in range(len(record.fields))]


def draft(rows: pl.DataFrame, record: Record, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The texts of the record's rows and what is wrong with them.

    Returns a frame of KEYS and f0 ... (null where blank, not yet padded or quoted), and FINDINGS.
    """
    made = [cell_text(cell, record, layout) for cell in record.fields]
    named = list(zip(columns(record), record.fields, strict=True))
    frame = rows.with_columns(expr.alias(name) for name, (expr, _) in zip(columns(record), made, strict=True))
    findings = [_findings(frame, record, [fault for _, faults in made for fault in faults])]
    people = [name for name, cell in named if carries_text(cell, record.kind)]
    frame = spelled(frame, people, layout)
    if layout.unfit == "replace":
        frame = frame.with_columns(replaced(pl.col(name), layout).alias(name) for name in people)
    findings.append(_findings(frame, record, [f for n, c in named if n in people for f in _characters(n, c, layout)]))
    frame = frame.with_columns(
        pl.col(name).str.slice(0, cell.length).str.strip_chars_end() for name, cell in named if cell.too_long == "cut"
    )
    findings.append(_findings(frame, record, [f for n, c in named for f in _demands(n, c, layout)]))
    blank = [pl.lit(None, pl.String).alias(name) for name, cell in named if cell.forbidden]
    return frame.with_columns(blank).select(*KEYS, *columns(record)), pl.concat(findings)


def _characters(name: str, cell: Cell, layout: Layout) -> list[Fault]:
    faults = [Fault(cell.name, pl.col(name).str.contains(misfit(layout)), CHARACTER)]
    if layout.delimited and layout.delimited.formulas == "refuse":
        faults.append(Fault(cell.name, runs(pl.col(name)), FORMULA))
    return faults


def _demands(name: str, cell: Cell, layout: Layout) -> list[Fault]:
    """What the layout asks of a finished text: there or not, its length and its pattern."""
    text, asked = pl.col(name), []
    if cell.required:
        asked.append(Fault(cell.name, text.is_null() & holds(cell.when), MISSING))
    if cell.forbidden:
        asked.append(Fault(cell.name, text.is_not_null(), FORBIDDEN))
    if cell.length:
        # The apostrophe before a formula takes room as well, even in what was cut to fit.
        shown = disarmed(text) if layout.delimited and layout.delimited.formulas == "escape" else text
        words = f"is longer than {cell.length} characters"
        reason = Reason("tabular.field.too_long", words, "Shorten the value, or let the layout cut it")
        asked.append(Fault(cell.name, shown.str.len_chars() > cell.length, reason))
    if cell.pattern:
        asked.append(Fault(cell.name, ~text.str.contains(f"^(?:{cell.pattern})$"), PATTERN))
    return asked


def _findings(frame: pl.DataFrame, record: Record, faults: list[Fault]) -> pl.DataFrame:
    if not faults or frame.is_empty():
        return pl.DataFrame(schema=FINDINGS)
    hit = frame.select(f.bad.any().alias(str(i)) for i, f in enumerate(faults)).row(0)
    rows = [
        found(frame.filter(f.bad), record.name, f.field, f.reason)
        for f, there in zip(faults, hit, strict=True)
        if there
    ]
    return pl.concat(rows) if rows else pl.DataFrame(schema=FINDINGS)
