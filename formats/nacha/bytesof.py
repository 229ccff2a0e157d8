"""Columns out of a page of bytes: what is quickest done on bytes, eight digits or a whole field at a time.

A page is a matrix with a row per record and a column per byte. Columns are taken from it in blocks of records
that stay in the processor's cache, so that a page is read from memory once and not once per field.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from formats.nacha.fields import Field

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

Part = TypeVar("Part")
Done = TypeVar("Done")

BLANK = 0x20
_BLOCK = 16_384  # records; some 1.5 MB of a page
_LARGE = 4 * _BLOCK  # records from which a second thread pays; NumPy lets go of the interpreter as it works
_INLINE = 12  # bytes of a text that Arrow keeps inside its 16-byte view
_SEGMENT = 1 << 30  # a view's offset has 31 bits: a longer page is given to Arrow as several buffers


@dataclass(frozen=True)
class Page:
    """Records of 94 columns over their bytes; `wide` is their text when it has letters beyond ASCII."""

    data: bytes
    lines: Bytes
    wide: pl.Series | None = None

    @classmethod
    def over(cls, data: bytes, stride: int, wide: pl.Series | None = None) -> "Page":
        """Lay a page over bytes; `stride` is 94 and the length of the line end."""
        return cls(data, np.frombuffer(data, np.uint8).reshape(-1, stride), wide)

    @property
    def cells(self) -> Bytes:
        """The 94 columns of every record."""
        return self.lines[:, :94]


def in_blocks(count: int, work: Callable[[slice], None]) -> None:
    """Do `work` for every block of `count` rows, on two threads when there are many."""
    in_turn([slice(at, min(at + _BLOCK, count)) for at in range(0, count, _BLOCK)], work, count)


def in_turn(parts: Sequence[Part], work: Callable[[Part], Done], count: int) -> list[Done]:
    """Do `work` for every part, on two threads when it concerns many rows (`count`)."""
    if count < _LARGE:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, parts))


# --- Reading ------------------------------------------------------------------------------------------


def columns(page: Page, rows: Numbers, fields: Sequence[Field]) -> list[pl.Series]:
    """Read fields of the given rows: `int` as Int64, `date` as Date (null where not all digits), others as text.

    Text loses the blanks at its end, and of kind `right` also those at its start.
    """
    made = [_Number(field, len(rows)) if field.kind in ("int", "date") else _Text(field, len(rows)) for field in fields]

    def work(part: slice) -> None:
        block = _Block.of(page, rows[part])
        for column in made:
            column.fill(part, block)

    in_blocks(len(rows), work)
    return [column.series(page, rows) for column in made]


def text_of(page: Page, rows: Numbers, start: int = 1, end: int = 94) -> pl.Series:
    """Read columns `start` to `end` (1-based, inclusive) of the given rows as text without blanks at its end."""
    return columns(page, rows, [Field("text", start, end)])[0]


@dataclass(frozen=True)
class _Block:
    """Some records, whose columns are loaded as machine words wherever they stand; some bytes follow the last."""

    flat: Bytes
    stride: int
    rows: Numbers

    @classmethod
    def of(cls, page: Page, rows: Numbers) -> "_Block":
        lines = page.lines
        first, count, stride = int(rows[0]), len(rows), lines.shape[1]
        run = int(rows[-1]) - first + 1 == count
        if run and first + count < len(lines):
            return cls(lines.reshape(-1)[first * stride :], stride, rows)
        room = np.zeros(count * stride + 16, np.uint8)
        np.take(lines, rows, axis=0, out=room[: count * stride].reshape(count, stride), mode="clip")
        return cls(room, stride, rows)

    def load(self, at: int, kind: str) -> npt.NDArray[Any]:
        """Load what stands at this 0-based column of every record."""
        return np.ndarray((len(self.rows),), kind, self.flat, at, (self.stride,)).copy()


class _Text:
    """A text column in the making: Arrow's views of 16 bytes.

    A view holds the length in 4 bytes and the text in 12; of a longer text its first 4 bytes, the number of the
    buffer and the place in it, so that the text itself is never copied.
    """

    def __init__(self, field: Field, count: int) -> None:
        self.field, self.views = field, np.zeros((count, 2), np.uint64)

    def fill(self, part: slice, block: _Block) -> None:
        first, width = self.field.start - 1, self.field.width
        lengths = _lengths(block, first, width)
        if lengths is None:
            return
        views = self.views[part]
        views[:, 0] = block.load(first, "<u4")
        views[:, 0] <<= np.uint64(32)
        views[:, 1] = block.load(first + 4, "<u8")
        views &= _kept().take(lengths, axis=0, mode="clip")
        views[:, 0] |= lengths.view(np.uint64)
        if width > _INLINE:
            long = np.flatnonzero(lengths > _INLINE)
            place = block.rows[long] * block.stride + first
            views[long, 1] = ((place % _SEGMENT) << 32) + place // _SEGMENT

    def series(self, page: Page, rows: Numbers) -> pl.Series:
        name, kind = self.field.name, self.field.kind
        if page.wide is not None:
            # Columns are counted in letters, which only the text knows.
            out = page.wide.gather(rows).str.slice(self.field.start - 1, self.field.width)
            out = out.str.strip_chars_end(" ").alias(name)
        else:
            whole = pa.py_buffer(page.data)
            places = [whole[at:] for at in range(0, whole.size, _SEGMENT)] if self.field.width > _INLINE else []
            views = [None, pa.py_buffer(self.views), *places]
            out = pl.Series(name, pa.Array.from_buffers(pa.string_view(), len(rows), views), dtype=pl.String)
        return out.str.strip_chars(" ") if kind == "right" else out


class _Number:
    """A number column in the making."""

    def __init__(self, field: Field, count: int) -> None:
        self.field, self.values, self.good = field, np.empty(count, np.int64), np.empty(count, np.bool_)

    def fill(self, part: slice, block: _Block) -> None:
        """Take eight digits as one machine word, that is tested and valued whole and not digit by digit."""
        first, width = self.field.start - 1, self.field.width
        lead = width % 8 or 8
        value, good = _eight(block.load(first, "<u8"), lead)
        if width > 16:
            good &= value < 922  # what is more may not fit 63 bits
        for at in range(first + lead, first + width, 8):
            more, fine = _eight(block.load(at, "<u8"), 8)
            value *= np.uint64(100_000_000)
            value += more
            good &= fine
        self.values[part], self.good[part] = value, good

    def series(self, page: Page, rows: Numbers) -> pl.Series:  # noqa: ARG002 - made as `_Text` is
        values, good = self.values, self.good
        if self.field.kind == "date":
            values, good = _days(values, good)
        out = pl.Series(self.field.name, values)
        if not good.all():
            out = out.set(pl.Series(~good), None)
        return out.cast(pl.Int32).cast(pl.Date) if self.field.kind == "date" else out


def _lengths(block: _Block, first: int, width: int) -> Numbers | None:
    """Count the bytes of each text up to its last that is no blank; None when all are blank."""
    if (block.load(first + width - 1, "u1") != BLANK).all():
        return np.full(len(block.rows), width)
    raw = block.load(first, f"V{width}").view(np.uint8)
    raw ^= BLANK
    # With blanks turned into zero bytes these are the lengths of zero-ended texts.
    return np.strings.str_len(raw.view(f"S{width}")) if raw.any() else None


@lru_cache(1)
def _kept() -> Words:
    """Make masks that keep the first 0 .. 12 bytes of the text in a view; a longer text keeps its 4 and place."""
    kept = np.where(np.arange(-4, _INLINE) < np.arange(_INLINE + 1)[:, None], 0xFF, 0).astype(np.uint8)
    return kept.view("<u8")


def _eight(words: Words, count: int = 8) -> tuple[Words, Flags]:
    """Value the first `count` digits of words of eight characters, and tell where all of these are digits."""
    if count < 8:
        # The first character is the lowest byte: make room for zeros in front.
        words <<= np.uint64(64 - 8 * count)
        words |= np.uint64(0x3030303030303030 >> 8 * count)
    # The high half of each byte must be 3, and stay so when 6 is added.
    high = np.uint64(0xF0F0F0F0F0F0F0F0)
    over = ((words + np.uint64(0x0606060606060606)) & high) >> np.uint64(4)
    good = ((words & high) | over) == np.uint64(0x3333333333333333)
    # Join neighbours to pairs, pairs to fours, fours to the value.
    pairs = words - np.uint64(0x3030303030303030)
    pairs = pairs * np.uint64(10) + (pairs >> np.uint64(8))
    low = np.uint64(0x000000FF000000FF)
    left = (pairs & low) * np.uint64(0x000F424000000064)
    right = ((pairs >> np.uint64(16)) & low) * np.uint64(0x0000271000000001)
    return (left + right) >> np.uint64(32), good


def _days(number: Numbers, good: Flags) -> tuple[Numbers, Flags]:
    """Read YYMMDD as days since 1970; the years 70 to 99 are those of the last century."""
    year, month, day = number // 10_000, number // 100 % 100, number % 100
    good = good & (month >= 1) & (month <= 12) & (day >= 1)
    months = (np.where(year < 70, year + 100, year) - 70) * 12 + np.where(good, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return first + day - 1, good & (day <= after - first)


# --- Text columns -------------------------------------------------------------------------------------


def matrix(text: pl.Series, width: int) -> Bytes:
    """Lay a text column, all of whose values have `width` bytes, out as rows of bytes."""
    values = text.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    first = values.offset
    start, end = np.frombuffer(values.buffers()[1], np.int64)[[first, first + len(values)]]
    return np.frombuffer(values.buffers()[2], np.uint8)[start:end].reshape(-1, width)


def is_digits(text: pl.Expr, width: int) -> pl.Expr:
    """Whether each value is exactly `width` digits (at most 18); null counts as not."""
    number = text.cast(pl.Int64, strict=False)
    # A sign is no digit, though a cast takes it.
    signed = text.str.starts_with("-") | text.str.starts_with("+")
    return (number.is_not_null() & ~signed & (text.str.len_bytes() == width)).fill_null(value=False)


def check_digits(routing: pl.Series) -> pl.Series:
    """Compute the ninth digit of each routing number from its first eight; null where they are no digits.

    Weights 3 7 1 3 7 1 3 7; the digit brings the weighted sum to a multiple of ten.
    """
    return routing_facts(routing)["expected_digit"]


def routing_facts(routing: pl.Series) -> pl.DataFrame:
    """Tell of each routing number `good_rdfi` (eight digits), its value `rdfi_number` and `expected_digit`.

    The value is also given of other whole numbers, because controls are summed from whatever stands there.
    """
    views = _views(routing)
    value, good, digit = np.empty(len(views), np.int64), np.empty(len(views), np.bool_), np.empty(len(views), np.int64)

    def work(part: slice) -> None:
        head, tail = views[part, 0], views[part, 1]
        words = (head >> np.uint64(32)) | (tail << np.uint64(32))
        digit[part] = _check_digit_of(words)
        value[part], good[part] = _eight(words)
        good[part] &= (head & np.uint64(0xFFFFFFFF)) == 8

    in_blocks(len(views), work)
    number, expected = pl.Series(value), _TEN.gather(pl.Series(digit))
    if not good.all():
        fits = pl.Series(good)
        number = number.zip_with(fits, routing.cast(pl.Int64, strict=False))
        expected = expected.set(~fits, None)
    return pl.DataFrame({"good_rdfi": good, "rdfi_number": number, "expected_digit": expected})


_TEN = pl.Series([str(digit) for digit in range(10)])


def _check_digit_of(words: Words) -> Numbers:
    """Weigh digits 1 3 5 7 by 3 1 7 3 and 2 4 6 8 by 7 3 1 7: each four are one multiplication of 16-bit lanes."""
    lanes, top = np.uint64(0x000F000F000F000F), np.uint64(48)
    odd = ((words & lanes) * np.uint64(0x0003000100070003)) >> top
    even = (((words >> np.uint64(8)) & lanes) * np.uint64(0x0007000300010007)) >> top
    return ((10 - (odd + even) % np.uint64(10)) % np.uint64(10)).view(np.int64)


def numbers(text: pl.Series, width: int) -> tuple[pl.Series, pl.Series]:
    """Give the value of each text that is a whole number, and tell which are exactly `width` digits (at most 18)."""
    value = text.cast(pl.Int64, strict=False)
    head = _views(text)[:, 0]
    first = (head >> np.uint64(32)) & np.uint64(0xFF)
    full = (head & np.uint64(0xFFFFFFFF)) == width
    # A sign is no digit, though a cast takes it.
    full &= (first >= ord("0")) & (first <= ord("9"))
    good = pl.Series(full)
    return value, good & value.is_not_null() if value.null_count() else good


def only(text: pl.Series, letters: str) -> pl.Series:
    """Whether each value is null, empty or made of these letters alone."""
    first = _views(text)[:, 0] >> np.uint64(32) & np.uint64(0xFF)
    # Few values start with such a letter; only these are looked at whole. An empty one starts with a zero byte.
    maybe = np.isin(first, [0, *letters.encode()])
    if maybe.any():
        at = np.flatnonzero(maybe)
        maybe[at] = (text.gather(at).fill_null("").str.strip_chars(letters) == "").to_numpy()
    return pl.Series(maybe)


def _views(text: pl.Series) -> Words:
    """See a text column as Arrow's 16-byte views (null as empty): length, first four bytes, the next eight."""
    filled = text.fill_null("") if text.null_count() else text
    arrow = filled.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    return np.frombuffer(arrow.buffers()[1], "<u8").reshape(-1, 2)[arrow.offset : arrow.offset + len(arrow)]
