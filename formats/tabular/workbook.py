"""Texts as an XLSX worksheet, and a worksheet's cells as texts; the same texts give the same bytes."""

import datetime as dt
import io
from collections.abc import Sequence

import polars as pl
import xlsxwriter

_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]+)?$"


def workbook(cells: pl.DataFrame, numbers: Sequence[bool], *, sheet: str, created: dt.datetime) -> bytes:
    """One worksheet of the frame's rows.

    Args:
        cells: text columns; null is an empty cell.
        numbers: for each column, whether a text that is a number becomes a number cell.
        sheet: the worksheet's name.
        created: put into the workbook as its moment of creation, which would otherwise be the clock's.
    """
    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, options) as book:
        book.set_properties({"created": created.replace(tzinfo=None)})
        page = book.add_worksheet(sheet)
        for at, column in enumerate(cells.get_columns()):
            given = pl.DataFrame({"row": pl.int_range(cells.height, eager=True), "text": column}).drop_nulls()
            numeric = pl.col("text").str.contains(_NUMBER) & numbers[at]
            for row, text in given.filter(~numeric).iter_rows():
                page.write_string(row, at, text)
            for row, text in given.filter(numeric).iter_rows():
                page.write_number(row, at, float(text))
    return held.getvalue()
