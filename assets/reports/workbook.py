"""Writes frames as an XLSX workbook with typed cells; the same frames give the same bytes."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import xlsxwriter

from assets.reports.texts import count, guarded

MOST_ROWS = 25_000  # a sheet of more takes longer than the rest of the night's report; its rows lie in a CSV then


@dataclass(frozen=True)
class Sheet:
    """One worksheet: columns that end in _cents are shown as dollars and summed below."""

    title: str
    frame: pl.DataFrame
    csv: str  # the file that holds it when it is too long

    @property
    def too_long(self) -> bool:
        """Whether the sheet only names its CSV."""
        return self.frame.height > MOST_ROWS


def workbook(sheets: Sequence[Sheet], *, title: str, business_date: dt.date) -> bytes:
    """The workbook's bytes.

    Args:
        sheets: in order.
        title: shown in the file's properties.
        business_date: taken for the moment of creation, which would otherwise change the bytes each time.
    """
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        midnight = dt.datetime.combine(business_date, dt.time())
        book.set_properties({"title": title, "author": "Daybook", "created": midnight})
        styles = _styles(book)
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            if sheet.too_long:
                note = f"{count(sheet.frame.height)} rows are too many for a worksheet: they are in {sheet.csv}"
                page.write_string(0, 0, note, styles["note"])
            else:
                _fill(page, sheet, styles)
    return held.getvalue()


def _styles(book: Any) -> dict[str, Any]:
    money = "#,##0.00;[Red]-#,##0.00"
    return {
        "head": book.add_format({"bold": True, "bg_color": "#12304F", "font_color": "#FFFFFF", "valign": "vcenter"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "money": book.add_format({"num_format": money}),
        "count": book.add_format({"num_format": "0"}),
        "total": book.add_format({"bold": True, "top": 1}),
        "total_money": book.add_format({"bold": True, "top": 1, "num_format": money}),
        "note": book.add_format({"italic": True}),
    }


def _fill(page: Any, sheet: Sheet, styles: dict[str, Any]) -> None:
    frame = guarded(sheet.frame)
    last = max(frame.width - 1, 0)
    for at, (name, kind) in enumerate(frame.schema.items()):
        head = name.removesuffix("_cents").replace("_", " ")
        page.write_string(0, at, head[:1].upper() + head[1:], styles["head"])
        page.set_column(at, at, _width(frame[name], kind), None)
        _column(page, at, frame[name], styles)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(frame.height, 1), last)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    if frame.height:
        _totals(page, frame, styles)


def _column(page: Any, at: int, values: pl.Series, styles: dict[str, Any]) -> None:
    if values.name.endswith("_cents"):
        for row, cents in enumerate(values, start=1):
            if cents is not None:
                page.write_number(row, at, cents / 100, styles["money"])
    elif values.dtype == pl.Date:
        for row, day in enumerate(values, start=1):
            if day is not None:
                page.write_datetime(row, at, day, styles["date"])
    elif values.dtype.is_integer():
        for row, number in enumerate(values, start=1):
            if number is not None:
                page.write_number(row, at, number, styles["count"])
    else:
        for row, text in enumerate(values, start=1):
            if text is not None:
                page.write_string(row, at, text)


def _totals(page: Any, frame: pl.DataFrame, styles: dict[str, Any]) -> None:
    """A last row with the sums; they follow the filter somebody sets."""
    below = frame.height + 1
    for at, name in enumerate(frame.columns):
        if name.endswith("_cents"):
            letter = xlsxwriter.utility.xl_col_to_name(at)
            formula = f"=SUBTOTAL(109,{letter}2:{letter}{below})"
            page.write_formula(below, at, formula, styles["total_money"], int(frame[name].sum()) / 100)
        else:
            page.write_string(below, at, "Total" if at == 0 else "", styles["total"])


def _width(values: pl.Series, kind: pl.DataType) -> float:
    if kind != pl.String:
        return 13.0
    longest = max(values.str.len_chars().drop_nulls(), default=0)
    return float(min(max(longest, len(values.name)) + 2, 48))
