"""The texts of a file's fields as the values they were made from, as far as a field's form can be turned back."""

from dataclasses import dataclass

import polars as pl

from formats.tabular.draft import columns
from formats.tabular.express import number_form, number_scale
from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.sources import PLANS, dtype, is_end, line_of
from formats.tabular.values import Value, strftime

_KEPT_APART = r"[-\s]"
_YEARS = (1900, 2100)  # somebody typed a year: as a date cell these would be days of 1905


@dataclass(frozen=True)
class Parsed:
    """One source read from a record: its value, and where the text could not be turned into one."""

    source: str
    value: pl.Expr
    bad: pl.Expr
    column: int  # 1-based number of the field
    field: str


def parsed(record: Record, layout: Layout) -> list[Parsed]:
    """What can be read from a record: one entry per source, from the first field that carries it."""
    made: dict[str, Parsed] = {}
    for number, (name, cell) in enumerate(zip(columns(record), record.fields, strict=True), start=1):
        source = cell.source
        if source is None or not cell.is_plain or source in made or source.startswith(("file.", "row.")):
            continue
        if cell.part is None:
            value, bad = _value(pl.col(name), cell, record, layout)
            made[source] = Parsed(source, value, bad, number, cell.name)
        elif cell.part.start == 1 and (whole := _pieces(source, record)) is not None:
            made[source] = Parsed(source, whole, pl.lit(value=False), number, cell.name)
    return list(made.values())


def surviving(layout: Layout) -> tuple[list[str], list[str]]:
    """Columns of members and of coverages that every line of theirs carries whole: read(write(x)) has them as in x.

    As the layout spells them: without accents or in capitals where it asks for that.
    """
    whole = {r.name: {c.source for c in r.fields if c.source and _survives(c, r, layout)} for r in layout.body}
    people = [whole[r.name] for r in layout.body if r.kind != "coverage" and not r.again]
    held = [whole[r.name] for r in layout.body if r.kind in PLANS]
    kinds = {r.kind for r in layout.body}
    members = set.intersection(*people) | ({"is_subscriber"} if "subscriber" in kinds else set())
    wide = [{s for s in set.intersection(*people) if line_of(s) == line} for line in layout.wide_lines]
    columns_of = [{f"coverage.{s.split('.')[2]}" for s in own} for own in wide]
    alone = (set.intersection(*columns_of) | {"coverage.line"}) if wide else set()
    coverages = alone
    if held:
        coverages = {s for s in set.intersection(*held) if line_of(s) is None} - {"coverage.sequence"}
        if wide and any(r.when for r in layout.body if r.kind in PLANS):
            coverages &= alone  # some stand in the person's line, the others in their own
    own = sorted(s for s in members if "." not in s)
    return own, sorted(s.removeprefix("coverage.") for s in coverages if s.startswith("coverage."))


def wide_surviving(layout: Layout) -> dict[bool, dict[str, list[str]]] | None:
    """For subscribers and the others, the columns of each line's coverage that their own line carries whole.

    A coverage of which every such column is blank leaves no trace that can be read. None where coverages have lines of
    their own.
    """
    if not layout.wide_lines or any(r.kind in PLANS for r in layout.body):
        return None
    kept: dict[bool, dict[str, list[str]]] = {}
    for head, kind in ((True, "subscriber"), (False, "dependent")):
        own = [r for r in layout.body if r.kind in (kind, "member") and not r.again]
        whole = [{c.source for c in r.fields if c.source and _survives(c, r, layout)} for r in own]
        shared = sorted(set.intersection(*whole)) if whole else []
        kept[head] = {n: [s.split(".")[2] for s in shared if line_of(s) == n] for n in layout.wide_lines}
    return kept


def _survives(cell: Cell, record: Record, layout: Layout) -> bool:
    """Whether every value of the field's source comes back from its text."""
    if not cell.is_plain or cell.when or cell.part or cell.case or cell.forbidden or cell.too_long == "cut":
        return False
    kind = None if cell.source is None else dtype(cell.source, record.kind)
    form = cell.date or layout.dates  # without its century a date of birth may come back a hundred years late
    if kind is None or (kind == pl.Date() and not all(t in form for t in ("YYYY", "MM", "DD"))):
        return False
    if cell.empty and kind != pl.Date():  # a blank and a value may have one text; no date is all zeros or nines
        return False
    if kind == pl.String() and cell.pad != " ":
        return False
    if kind.is_integer() and number_form(cell).decimals < number_scale(cell):
        return False
    texts = list((cell.map or {}).values())
    told_apart = cell.otherwise is None and len(set(texts)) == len(texts) and "" not in texts
    return told_apart and (cell.map is None or any(cell.map))  # what stands for a blank alone may be a value as well


def number_value(text: pl.Expr, value: Value) -> tuple[pl.Expr, pl.Expr]:
    """The whole number (cents) that a text in the value's number form says, and where it says none."""
    form, scale = number_form(value), number_scale(value)
    # A workbook gives a number as Excel keeps it, so a point is understood even where the picture implies one.
    implied = text.str.contains(r"^-?[0-9]{1,18}$") & form.implied
    pointed = text.str.contains(r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$") & (not form.implied)
    units = text.str.to_integer(strict=False)
    shift = scale - form.decimals
    exact = units * 10**shift if shift >= 0 else units // 10**-shift
    whole = text.str.extract(r"^-?([0-9]+)").cast(pl.Int64, strict=False)
    rest = text.str.extract(r"\.([0-9]+)$").fill_null("").str.pad_end(6, "0").cast(pl.Int64, strict=False)
    size = whole * 10**scale + rest // 10 ** (6 - scale)
    signed = pl.when(text.str.starts_with("-")).then(-size).otherwise(size)
    number = pl.when(implied).then(exact).when(pointed).then(signed)
    lost = (implied & (units % 10 ** max(-shift, 0) != 0)) | (pointed & (rest % 10 ** (6 - scale) != 0))
    return number, text.is_not_null() & (number.is_null() | lost.fill_null(value=False))


def _value(text: pl.Expr, cell: Cell, record: Record, layout: Layout) -> tuple[pl.Expr, pl.Expr]:
    source = cell.source or ""
    kind = dtype(source, record.kind)
    never = pl.lit(value=False)
    if cell.map is not None:
        text, never = _unmapped(text, cell)
    if kind == pl.Date():
        form = strftime(cell.date or layout.dates)
        day = text.str.strptime(pl.Date, form, strict=False)
        if layout.xlsx:  # a date cell is a count of days since the eve of 1900, as Excel counts them
            serial = text.str.extract(r"^([0-9]{4,5})(?:\.0*)?$").cast(pl.Int64, strict=False)
            serial = pl.when(~serial.is_between(*_YEARS)).then(serial)
            day = pl.coalesce(day, pl.date(1899, 12, 30) + pl.duration(days=serial))
        ours = day.dt.offset_by("1d") if is_end(source) and layout.end_date == "last_day_covered" else day
        return ours, never | (text.is_not_null() & day.is_null())
    if kind == pl.Boolean():
        truth = text.str.to_lowercase()
        said = pl.when(truth == "true").then(statement=True).when(truth == "false").then(statement=False)
        return said, never | (text.is_not_null() & said.is_null())
    if kind is not None and kind.is_integer():
        number, bad = number_value(text, cell)
        return number, never | bad
    return text.str.replace_all(_KEPT_APART, "") if source.endswith(("ssn", "zip")) else text, never


def _unmapped(text: pl.Expr, cell: Cell) -> tuple[pl.Expr, pl.Expr]:
    """The text before its map; where two codes have one text, the first in the layout."""
    back: dict[str, str | None] = {}
    for ours, theirs in (cell.map or {}).items():
        shown = getattr(theirs, cell.case)() if cell.case else theirs
        if shown:
            back.setdefault(shown, ours or None)
    codes = [c for c in cell.map or {} if c]
    if not codes and cell.otherwise is None:  # only the blank was mapped: all else is as it was
        return pl.when(~text.is_in(list(back))).then(text), pl.lit(value=False)
    known = text.is_in(list(back))
    ours_of = text.replace_strict(list(back), list(back.values()), default=None, return_dtype=pl.String)
    unknown = pl.lit(value=False) if cell.otherwise is not None else text.is_not_null() & ~known
    return ours_of, unknown


def _pieces(source: str, record: Record) -> pl.Expr | None:
    """A source put together again from fields that hold it piece by piece from its first character, or None."""
    names = zip(columns(record), record.fields, strict=True)
    parts = sorted(
        (c.part.start, c.part.length, n) for n, c in names if c.source == source and c.part and not (c.map or c.case)
    ) if all(c.part.length for c in record.fields if c.source == source and c.part) else []  # fmt: skip
    after = 1
    for start, length, _ in parts:
        if start != after or length is None:
            return None
        after = start + length
    return pl.concat_str([n for _, _, n in parts], ignore_nulls=True).replace("", None) if parts else None
