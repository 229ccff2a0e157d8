"""Columns into a page of bytes: each field of many records is laid at its place at once.

Records are put together in blocks that stay in the processor's cache and then go to their lines; so the page,
which is as large as the file, is written once and not once per field.
"""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from formats.nacha.bytesof import BLANK, Bytes, Numbers, Words, in_blocks, in_turn
from formats.nacha.fields import Field, Layout

_NINES = b"9" * 94


class Sheet:
    """The page of a file to be written: every line must be laid once, by `nines` or by `lay`."""

    def __init__(self, lines: int, line_end: str) -> None:
        """Make room for so many lines of 94 columns; nothing is laid yet."""
        self._end = line_end.encode()
        self._stride = 94 + len(self._end)
        # The buffer of a stream becomes bytes without a copy of the whole file.
        self._stream = io.BytesIO(bytes(lines * self._stride))
        self._view = self._stream.getbuffer()
        self._page = np.frombuffer(self._view, np.uint8).reshape(lines, self._stride)

    def nines(self, first: int, last: int) -> None:
        """Lay rows of nines from line `first` to the one before `last` (0-based)."""
        self._page[first:last] = np.frombuffer(_NINES + self._end, np.uint8)

    def lay(self, frame: pl.DataFrame, layout: Layout) -> bool:
        """Lay records at their `line`; false when a value is missing, too long or not plain ASCII.

        What is laid then is of no use: the caller finds the field and refuses the file.
        """
        record = bytearray(b" " * 94 + self._end)
        for field in layout:
            if field.kind == "fixed":
                record[field.start - 1 : field.end] = field.value.encode()
        filled = [field for field in layout if field.kind != "fixed"]
        fields = in_turn(filled, lambda field: _filling(field, frame[field.name]), frame.height)
        if not all(field.fits for field in fields):
            return False
        lines, bare = frame["line"].to_numpy() - 1, []

        def work(part: slice) -> None:
            rows = lines[part]
            first, last = int(rows[0]), int(rows[-1])
            run = last - first + 1 == len(rows)
            room = self._page[first : last + 1] if run else np.empty((len(rows), self._stride), np.uint8)
            room[:] = np.frombuffer(record, np.uint8)
            for field in fields:
                field.fill(part, room)
            bare.append(room[:, :94].min() >= BLANK and room.max() <= 0x7E)
            if not run:
                self._page[rows] = room

        in_blocks(len(lines), work)
        return all(bare)

    def bytes(self) -> bytes:
        """Give the whole file; nothing can be laid after that."""
        del self._page
        self._view.release()
        return self._stream.getvalue()


def _filling(field: Field, values: pl.Series) -> "_Text | _Number":
    match field.kind:
        case "int":
            return _Number(field, values)
        case "date":
            return _Text(field, values.dt.strftime("%y%m%d").fill_null(""))
        case "right":
            return _Text(field, values.str.pad_start(field.width))
        case _:
            return _Text(field, values)


class _Text:
    """A text column on its way: its bytes in one piece, and where each value starts in them."""

    def __init__(self, field: Field, values: pl.Series) -> None:
        self.at, self.width = field.start - 1, field.width
        arrow = values.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        _, offsets, data = arrow.buffers()
        self.starts: Numbers = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
        self.data = np.frombuffer(data if data is not None else b"", np.uint8)
        self.fits = not values.null_count() and bool(np.diff(self.starts).max() <= self.width)

    def fill(self, part: slice, room: Bytes) -> None:
        starts = self.starts[part.start : part.stop + 1]
        lengths = np.diff(starts)
        if starts[0] < starts[-1]:
            _column(room, self.at, self.width)[:] = self._cut(starts, lengths)

    def _cut(self, starts: Numbers, lengths: Numbers) -> npt.NDArray[np.void]:
        """Take every value with what follows it, up to the width of the field, and blank what follows."""
        whole, data = np.dtype(f"V{self.width}"), self.data
        if lengths.min() == self.width:
            return data[starts[0] : starts[-1]].view(whole)
        if starts[-1] + self.width > len(data):
            data = np.concatenate([data[starts[0] : starts[-1]], np.full(self.width, BLANK, np.uint8)])
            starts = starts - starts[0]
        anywhere = np.ndarray((len(data) - self.width + 1,), whole, data, strides=(1,))
        values = anywhere[starts[:-1]].view(np.uint8)
        # A blank and a zero byte differ in one bit: turned, cut off by zeros, and turned back.
        values ^= BLANK
        values &= _kept(self.width).take(lengths, axis=0).reshape(-1)
        values ^= BLANK
        return values.view(whole)


class _Number:
    """A number column on its way; its digits are looked up four at a time."""

    def __init__(self, field: Field, values: pl.Series) -> None:
        self.at, self.width = field.start - 1, field.width
        self.fits = not values.null_count() and bool(values.is_between(0, 10 ** min(field.width, 18) - 1).all())
        self.values: Numbers = values.to_numpy() if self.fits else np.zeros(0, np.int64)

    def fill(self, part: slice, room: Bytes) -> None:
        rest: Words = self.values[part].astype(np.uint64)
        groups = -(-self.width // 4)
        fours = np.empty((len(rest), groups), np.uint32)
        for group in range(groups - 1, -1, -1):
            left = rest // np.uint64(10_000)
            fours[:, group] = _fours().take((rest - left * np.uint64(10_000)).view(np.int64))
            rest = left
        spare = groups * 4 - self.width
        _column(room, self.at, self.width)[:] = _column(fours.view(np.uint8), spare, self.width)


def _column(rows: Bytes, at: int, width: int) -> npt.NDArray[np.void]:
    """See `width` bytes of every row as one value: copied as a whole, not byte by byte."""
    return np.ndarray((len(rows),), f"V{width}", rows, at, (rows.strides[0],))


@lru_cache
def _kept(width: int) -> Bytes:
    """Make masks that keep the first 0 .. `width` bytes."""
    return np.where(np.arange(width) < np.arange(width + 1)[:, None], 0xFF, 0).astype(np.uint8)


@lru_cache(1)
def _fours() -> npt.NDArray[np.uint32]:
    """Make the texts 0000 to 9999 as words of four characters."""
    return np.array([f"{number:04d}" for number in range(10_000)], "S4").view("<u4")
