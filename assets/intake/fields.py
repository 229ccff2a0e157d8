"""Text to typed columns, and what is wrong with a field by itself. Pure and columnar."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.intake.layouts import FIRST_DAY, LAST_DAY, Column, Layout
from assets.intake.reading import FOUND


@dataclass(frozen=True)
class Reading:
    """How one column is read: the value, and each way in which it can be wrong as (rule, condition, reason)."""

    value: pl.Expr
    faults: tuple[tuple[str, pl.Expr, str], ...]


def typed(layout: Layout, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Typed rows and findings of a file's text rows.

    Returns:
        rows: at and the layout's columns: String, Date, Int64 (money in cents), Decimal(7, 4) or Boolean; an empty
            field is its default or null, a wrong one null or the default.
        found: columns of `FOUND`.
    """
    text = rows.select("at", *(_clean(column) for column in layout.columns))
    readings = {column.name: _read(column) for column in layout.columns}
    faults = [(name, *fault) for name, reading in readings.items() for fault in reading.faults]
    hits = text.select(bad.fill_null(value=False).alias(str(at)) for at, (_, _, bad, _) in enumerate(faults))
    found = [pl.DataFrame(schema=FOUND)]
    for at, (name, rule, _, reason) in enumerate(faults):
        if hits[str(at)].any():
            lines = text.filter(hits[str(at)]).select("at")
            found.append(lines.with_columns(column=pl.lit(name), rule=pl.lit(rule), reason=pl.lit(reason)))
    return text.select("at", *(r.value.alias(name) for name, r in readings.items())), pl.concat(found)


def _clean(column: Column) -> pl.Expr:
    """Without outer blanks; a line break or tab inside a text is a blank; empty is null."""
    value = pl.col(column.name)
    if column.kind == "text":
        value = value.str.replace_all(r"[\x00-\x1f\x7f]+", " ")
    for character in column.drop:
        value = value.str.replace_all(character, "", literal=True)
    value = value.str.strip_chars()
    return pl.when(value != "").then(value).alias(column.name)


def _read(column: Column) -> Reading:
    reading = _KINDS[column.kind](column)
    value, faults = reading.value, reading.faults
    if column.default is not None:
        value = value.fill_null(column.default)
    if column.required:
        faults = (("intake.required", pl.col(column.name).is_null(), f"{column.name} is empty"), *faults)
    return Reading(value, faults)


def _text(column: Column) -> Reading:
    value = pl.col(column.name)
    long = value.str.len_chars() > column.high
    return Reading(value, (("intake.length", long, f"{column.name} is longer than {column.high} characters"),))


def _pattern(column: Column) -> Reading:
    value = pl.col(column.name)
    fits = value.str.contains(column.pattern)
    return Reading(pl.when(fits).then(value), (("intake.shape", ~fits, f"{column.name} is not {column.says}"),))


def _choice(column: Column) -> Reading:
    value = pl.col(column.name)
    fits = value.is_in(list(column.choices))
    says = f"{column.name} is not one of {', '.join(column.choices)}"
    return Reading(pl.when(fits).then(value), (("intake.choice", ~fits, says),))


def _date(column: Column) -> Reading:
    value = pl.col(column.name)
    shaped = value.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    day = pl.when(shaped).then(value).str.to_date("%Y-%m-%d", strict=False)
    fits = day.is_between(FIRST_DAY, LAST_DAY)
    wrong = value.is_not_null() & ~fits.fill_null(value=False)
    says = f"{column.name} is not a day written as YYYY-MM-DD"
    return Reading(pl.when(fits).then(day), (("intake.date", wrong, says),))


def _money(column: Column) -> Reading:
    value = pl.col(column.name)
    fits = value.str.contains(r"^[0-9]{1,10}(\.[0-9]{1,2})?$")
    negative = value.str.contains(r"^-[0-9.]+$")
    dollars = pl.when(fits).then(value).cast(pl.Decimal(14, 2))
    return Reading(
        (dollars * 100).cast(pl.Int64),
        (
            ("intake.negative", negative, f"{column.name} is below zero"),
            ("intake.money", ~fits & ~negative, f"{column.name} is not an amount of dollars written as 372.40"),
        ),
    )


def _whole(column: Column) -> Reading:
    value = pl.col(column.name)
    number = pl.when(value.str.contains(r"^[0-9]{1,9}$")).then(value).cast(pl.Int64)
    fits = number.is_between(column.low, column.high)
    wrong = value.is_not_null() & ~fits.fill_null(value=False)
    says = f"{column.name} is not a whole number from {column.low} to {column.high}"
    return Reading(pl.when(fits).then(number), (("intake.number", wrong, says),))


def _percent(column: Column) -> Reading:
    value = pl.col(column.name)
    number = pl.when(value.str.contains(r"^[0-9]{1,3}(\.[0-9]{1,4})?$")).then(value).cast(pl.Decimal(7, 4))
    fits = number <= 100
    wrong = value.is_not_null() & ~fits.fill_null(value=False)
    says = f"{column.name} is not a percentage from 0 to 100 with at most four decimals"
    return Reading(pl.when(fits).then(number), (("intake.percent", wrong, says),))


def _flag(column: Column) -> Reading:
    value = pl.col(column.name)
    wrong = ~value.is_in(["yes", "no"])
    says = f"{column.name} is neither yes nor no"
    return Reading(pl.when(~wrong).then(value == "yes"), (("intake.choice", wrong, says),))


_KINDS = {
    "text": _text,
    "pattern": _pattern,
    "choice": _choice,
    "date": _date,
    "money": _money,
    "whole": _whole,
    "percent": _percent,
    "flag": _flag,
}
