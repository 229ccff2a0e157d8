"""A layout's values as Polars expressions: each gives a text, and says which rows it cannot be right for."""

from dataclasses import dataclass

import polars as pl

from formats.tabular.arrange import holds
from formats.tabular.findings import Reason
from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.sources import dtype, is_end, is_money
from formats.tabular.values import Picture, Value, picture, strftime

UNMAPPED = Reason(
    "tabular.field.unmapped", "holds a code that the layout's map does not have",
    "Add the code to the map, or correct the value",
)  # fmt: skip
CENTS = Reason(
    "tabular.field.cents", "has cents that the field has no room for", "Correct the amount, or give the field decimals"
)


@dataclass(frozen=True)
class Fault:
    """Rows of which a field cannot be written: where `bad` holds, for this reason."""

    field: str
    bad: pl.Expr
    reason: Reason


@dataclass(frozen=True)
class _Place:
    """The field whose value is being made; `faults` are gathered on the way."""

    name: str
    record: Record
    layout: Layout
    faults: list[Fault]


def cell_text(cell: Cell, record: Record, layout: Layout) -> tuple[pl.Expr, list[Fault]]:
    """The text of a field before spelling, null where blank, and the faults of its map and number forms."""
    place = _Place(cell.name, record, layout, [])
    return _text(cell, place, pl.lit(value=True)), place.faults


def carries_text(value: Value, kind: str) -> bool:
    """Whether people's own text can come through: not for dates, numbers, constants and what a map put there."""
    if value.map is not None and (any(value.map) or value.otherwise is not None):
        return False
    own = value.source is not None and dtype(value.source, kind) == pl.String()
    return own or any(carries_text(v, kind) for v in value.operands)


def is_number(value: Value, record: Record) -> bool:
    """Whether the value is a number throughout: a whole number or an amount as it is."""
    kind = None if value.source is None else dtype(value.source, record.kind)
    return kind is not None and kind.is_integer() and value.map is None and value.part is None


def number_form(value: Value) -> Picture:
    """The number form of a value: what it says, else dollars and cents for money and whole digits for counts."""
    source = value.source or (value.total.sum if value.total else None) or ""
    return picture(value.number or ("0.00" if is_money(source) else "0"))


def number_scale(value: Value) -> int:
    """Decimals that the source's integer already has: 2 for cents."""
    return 2 if is_money(value.source or (value.total.sum if value.total else None) or "") else 0


def _text(value: Value, place: _Place, where: pl.Expr) -> pl.Expr:
    """The value's text; its faults count only where `where` and its own conditions hold."""
    if value.when:
        where = where & holds(value.when)
    text = _origin(value, place, where)
    if value.part:
        text = text.str.slice(value.part.start - (value.part.start > 0), value.part.length)
    if value.keep:
        text = text.str.replace_all(r"[^0-9]" if value.keep == "digits" else r"[^0-9A-Za-z]", "")
    if value.part or value.keep:
        text = pl.when(text != "").then(text)
    if value.map is not None:
        text = _mapped(text, value, place, where)
    if value.case:
        text = text.str.to_uppercase() if value.case == "upper" else text.str.to_lowercase()
    return pl.when(where).then(text) if value.when else text


def _origin(value: Value, place: _Place, where: pl.Expr) -> pl.Expr:
    parts = [_text(v, place, where) for v in value.operands]
    if value.first_of is not None:
        return pl.coalesce(parts)
    if value.concat is not None:
        joined = pl.concat_str(parts, separator=value.separator, ignore_nulls=True)
        return pl.when(joined != "").then(joined)
    if value.total is not None:
        stated = pl.col(value.total.column)
        return stated if value.total.hash else _number(stated, value, place, where)
    return pl.lit(value.const or None, pl.String) if value.source is None else _sourced(value, place, where)


def _sourced(value: Value, place: _Place, where: pl.Expr) -> pl.Expr:
    source = value.source or ""
    kind, column, layout = dtype(source, place.record.kind), pl.col(source), place.layout
    if kind is not None and kind.is_temporal():
        day = column.dt.offset_by("-1d") if is_end(source) and layout.end_date == "last_day_covered" else column
        return day.dt.strftime(strftime(value.date or layout.dates))
    if kind is not None and kind.is_integer():
        return _number(column, value, place, where)
    return column.cast(pl.String)


def _mapped(text: pl.Expr, value: Value, place: _Place, where: pl.Expr) -> pl.Expr:
    table = {k: v for k, v in (value.map or {}).items() if k}
    blank = pl.lit((value.map or {}).get("") or None, pl.String)
    if not table:
        given = text if value.otherwise is None else pl.lit(value.otherwise)
        return pl.when(text.is_null()).then(blank).otherwise(given)
    if value.otherwise is None:
        bad = where & text.is_not_null() & ~text.is_in(list(table))
        place.faults.append(Fault(place.name, bad, UNMAPPED))
    put = text.replace_strict(
        list(table), [v or None for v in table.values()], default=value.otherwise, return_dtype=pl.String
    )
    return pl.when(text.is_null()).then(blank).otherwise(put)


def _number(column: pl.Expr, value: Value, place: _Place, where: pl.Expr) -> pl.Expr:
    form, shift = number_form(value), number_form(value).decimals - number_scale(value)
    more, fewer = int(10 ** max(shift, 0)), int(10 ** max(-shift, 0))
    if fewer > 1:
        place.faults.append(Fault(place.name, where & (column % fewer != 0), CENTS))
    units = column * more // fewer
    if form.implied and form.width is not None:
        size = form.width + form.decimals
        words = f"is negative or has more than {form.width} whole digits"
        reason = Reason("tabular.field.number", words, "Correct it, or widen the field")
        place.faults.append(Fault(place.name, where & ((units < 0) | (units >= 10**size)), reason))
        return units.cast(pl.String).str.zfill(size)
    if form.implied or form.decimals == 0:
        return units.cast(pl.String)
    unit = int(10**form.decimals)
    sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = units.abs() // unit, units.abs() % unit
    return pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(form.decimals))
