"""How figures are written for people, and text for spreadsheets that would obey it."""

from __future__ import annotations

import datetime as dt

import polars as pl

# A spreadsheet takes a cell that starts so for a formula, whatever file it came in.
_OBEYED = r"^[=+\-@\t\r\n\x00]"
_CENTS = "_cents"


def money(cents: int) -> str:
    """Cents as dollars: $1,234.56, with a true minus sign in front."""
    sign = "\N{MINUS SIGN}" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def short_money(cents: int) -> str:
    """Cents as an axis says it: $0, $250, $12.5k, $3M."""
    for size, unit in ((100_000_000, "M"), (100_000, "k")):
        if abs(cents) >= size:
            return f"${cents / size:.4g}{unit}"
    return f"${cents / 100:.4g}"


def count(number: int) -> str:
    """A count with separators."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """`3 files`, `1 file`, `no files`."""
    noun = one if number == 1 else many or one + "s"
    return f"{number:,} {noun}" if number else f"no {noun}"


def long_date(day: dt.date) -> str:
    """Thursday, October 1, 2026: written out here because strftime follows the locale of the machine."""
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date(day: dt.date | None) -> str:
    """Oct 1, or a dash where there is none."""
    return f"{_MONTHS[day.month - 1][:3]} {day.day}" if day else "\N{EN DASH}"


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with a quote before each text that a spreadsheet would take for a formula."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_OBEYED)).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


def csv_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as CSV (RFC 4180, UTF-8): texts guarded, cents as dollars with two decimals, ISO dates."""
    plain = guarded(frame)
    amounts = [name for name in plain.columns if name.endswith(_CENTS)]
    written = plain.with_columns(_dollars(name) for name in amounts).rename(
        {name: name.removesuffix(_CENTS) for name in amounts}
    )
    return written.write_csv(line_terminator="\r\n").encode()


def _dollars(name: str) -> pl.Expr:
    size = pl.col(name).cast(pl.Int64).abs()
    sign = pl.when(pl.col(name) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    cents = (size % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, (size // 100).cast(pl.String), pl.lit("."), cents).alias(name)


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
