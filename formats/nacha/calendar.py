"""Banking days: every weekday on which the Federal Reserve is open.

The holidays are a table (`data/holidays.csv`); past its last year nothing is planned, because a guess there
would settle money on a wrong day. A Saturday holiday leaves Friday open, a Sunday holiday closes Monday.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from formats.errors import FormatError

HOLIDAYS: pl.DataFrame = pl.read_csv(
    Path(__file__).with_name("data") / "holidays.csv", schema={"date": pl.Date, "name": pl.String}
)
_CLOSED: list[date] = HOLIDAYS["date"].to_list()
FIRST = date(_CLOSED[0].year, 1, 1)
END = date(_CLOSED[-1].year + 1, 1, 1)  # half-open: the first day that can't be planned


def _beyond(day: date) -> FormatError:
    return FormatError(
        f"{day} is outside the banking calendar, which runs from {FIRST} to {END - timedelta(days=1)}",
        hint="add the later years' Federal Reserve holidays to data/holidays.csv",
    )


def is_banking_day(day: date) -> bool:
    """Whether banks settle on this day.

    Raises:
        FormatError: the day is outside the calendar.
    """
    if not FIRST <= day < END:
        raise _beyond(day)
    return bool(np.is_busday(np.datetime64(day, "D"), holidays=_closed()))


def add_banking_days(day: date, n: int) -> date:
    """Go `n` banking days on (back when negative); from a closed day, count starts at the next open one.

    With n = 0 a banking day stays, and a closed day moves to the next banking day. Going back from a closed
    day, the first step is the last open day before it.

    Raises:
        FormatError: the day or the result is outside the calendar.
    """
    return plus_banking_days(pl.Series([day], dtype=pl.Date), n)[0]  # type: ignore[no-any-return]


def are_banking_days(days: pl.Series) -> pl.Series:
    """Tell for a Date column which are banking days (Boolean; null stays null).

    Raises:
        FormatError: a day is outside the calendar.
    """
    _must_be_inside(days)
    filled = days.fill_null(FIRST)
    open_days = pl.Series(np.is_busday(filled.to_numpy().astype("datetime64[D]"), holidays=_closed()))
    return pl.select(pl.when(days.is_not_null()).then(open_days)).to_series().alias(days.name)


def plus_banking_days(days: pl.Series, n: int | pl.Series) -> pl.Series:
    """Go `n` banking days on from each day of a Date column, as `add_banking_days` does; null stays null.

    Raises:
        FormatError: a day or a result is outside the calendar.
    """
    _must_be_inside(days)
    steps = n.to_numpy() if isinstance(n, pl.Series) else n
    start = days.fill_null(FIRST).to_numpy().astype("datetime64[D]")
    # Rolling forward first makes a step back from a closed day land on the last open day before it.
    moved = np.busday_offset(start, steps, roll="forward", holidays=_closed())
    out = pl.Series(moved.astype("datetime64[D]")).cast(pl.Date)
    out = pl.select(pl.when(days.is_not_null()).then(out)).to_series()
    _must_be_inside(out)
    return out.alias(days.name)


def _closed() -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return np.array(_CLOSED, dtype="datetime64[D]")


def _must_be_inside(days: pl.Series) -> None:
    outside = days.filter((days < FIRST) | (days >= END))
    if not outside.is_empty():
        raise _beyond(outside[0])
