"""A layout's values as Polars expressions: each gives a text, and says which rows it cannot be right for."""

from dataclasses import dataclass

import polars as pl

from formats.tabular.arrange import holds
from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.sources import dtype, is_end, is_money
from formats.tabular.values import Picture, Value, picture, strftime


@dataclass(frozen=True)
class Fault:
    """Rows of which a field cannot be written: where `bad` holds, by `rule`, in `words` that follow the field's name."""

    field: str
    bad: pl.Expr
    rule: str
    words: str
    hint: str


def cell_text(cell: Cell, record: Record, layout: Layout) -> tuple[pl.Expr, list[Fault]]:
    """The text of a field before spelling, null where blank, and the faults of its map and number forms."""
    faults: list[Fault] = []
    return _text(cell, cell.name, record, layout, faults, pl.lit(value=True)), faults


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


def _text(value: Value, name: str, record: Record, layout: Layout, faults: list[Fault], where: pl.Expr) -> pl.Expr:
    """The value's text; its faults count only where `where` and its own conditions hold."""
    if value.when:
        where = where & holds(value.when)
    text = _origin(value, name, record, layout, faults, where)
    if value.part:
        text = text.str.slice(value.part.start - (value.part.start > 0), value.part.length)
    if value.keep:
        text = text.str.replace_all(r"[^0-9]" if value.keep == "digits" else r"[^0-9A-Za-z]", "")
    if value.part or value.keep:
        text = pl.when(text != "").then(text)
    if value.map is not None:
        text = _mapped(text, value, name, faults, where)
    if value.case:
        text = text.str.to_uppercase() if value.case == "upper" else text.str.to_lowercase()
    return pl.when(where).then(text) if value.when else text


def _origin(value: Value, name: str, record: Record, layout: Layout, faults: list[Fault], where: pl.Expr) -> pl.Expr:
    parts = [_text(v, name, record, layout, faults, where) for v in value.operands]
    if value.first_of is not None:
        return pl.coalesce(parts)
    if value.concat is not None:
        joined = pl.concat_str(parts, separator=value.separator, ignore_nulls=True)
        return pl.when(joined != "").then(joined)
    if value.total is not None:
        column = pl.col(value.total.column)
        return column if value.total.hash else _number(column, value, name, faults, where)
    if value.source is None:
        return pl.lit(value.const or None, pl.String)
    kind = dtype(value.source, record.kind)
    column = pl.col(value.source)
    if kind is not None and kind.is_temporal():
        day = column.dt.offset_by("-1d") if is_end(value.source) and layout.end_date == "last_day_covered" else column
        return day.dt.strftime(strftime(value.date or layout.dates))
    if kind is not None and kind.is_integer():
        return _number(column, value, name, faults, where)
    return column.cast(pl.String)


def _mapped(text: pl.Expr, value: Value, name: str, faults: list[Fault], where: pl.Expr) -> pl.Expr:
    table = {k: v for k, v in (value.map or {}).items() if k}
    blank = pl.lit((value.map or {}).get("") or None, pl.String)
    if not table:
        return pl.when(text.is_null()).then(blank).otherwise(text if value.otherwise is None else value.otherwise)
    if value.otherwise is None:
        faults.append(
            Fault(name, where & text.is_not_null() & ~text.is_in(list(table)), "tabular.field.unmapped",
                  "holds a code that the layout's map does not have", "Add the code to the map, or correct the value")
        )  # fmt: skip
    put = text.replace_strict(
        list(table), [v or None for v in table.values()], default=value.otherwise, return_dtype=pl.String
    )
    return pl.when(text.is_null()).then(blank).otherwise(put)


def _number(column: pl.Expr, value: Value, name: str, faults: list[Fault], where: pl.Expr) -> pl.Expr:
    form, shift = number_form(value), number_form(value).decimals - number_scale(value)
    if shift < 0:
        lost = column % 10**-shift != 0
        faults.append(
            Fault(name, where & lost, "tabular.field.cents", "has cents that the field has no room for",
                  "Correct the amount, or give the field decimals")
        )  # fmt: skip
    units = column * 10**shift if shift >= 0 else column // 10**-shift
    if form.implied and form.width is not None:
        size = form.width + form.decimals
        faults.append(
            Fault(name, where & ((units < 0) | (units >= 10**size)), "tabular.field.number",
                  f"is negative or has more than {form.width} whole digits", "Correct it, or widen the field")
        )  # fmt: skip
        return units.cast(pl.String).str.zfill(size)
    if form.implied or form.decimals == 0:
        return units.cast(pl.String)
    sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = units.abs() // 10**form.decimals, units.abs() % 10**form.decimals
    return pl.concat_str(sign, whole.cast(pl.String), pl.lit("."), rest.cast(pl.String).str.zfill(form.decimals))
