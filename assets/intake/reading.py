"""Bytes of a CSV file (RFC 4180, UTF-8) to rows of text, each with the physical line on which it starts.

Belongs here: what makes a file or a record unreadable. Not here: what a field means.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl

from assets.intake.layouts import Layout

# What was found wrong: at (physical line, null when the file is meant), column (name or ""), rule, reason.
FOUND: dict[str, pl.DataType] = {
    "at": pl.Int64(),
    "column": pl.String(),
    "rule": pl.String(),
    "reason": pl.String(),
}
_BOM = b"\xef\xbb\xbf"
# Bounded, so that a quotation mark that is never closed can't make every later line be walked to the end.
_FIELD = rb'(?:"[^"\x00]{0,4000}+(?:""[^"\x00]{0,4000}+){0,50}+"|[^",\r\n\x00]*+)'


@dataclass(frozen=True)
class Arrival:
    """One file as it came.

    `rows` are `at`, the physical line each starts on, and its columns as text; `total` counts unreadable ones too;
    `absent` are the optional columns it came without: empty in `rows`.
    """

    name: str
    sha256: bytes
    rows: pl.DataFrame
    found: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FOUND))
    refused: bool = False
    total: int = 0
    absent: tuple[str, ...] = ()


def found(line: int | None, column: str, rule: str, reason: str) -> pl.DataFrame:
    """One finding as a frame of `FOUND`."""
    return pl.DataFrame({"at": [line], "column": [column], "rule": [rule], "reason": [reason]}, schema=FOUND)


def fetch(path: Path) -> bytes | None:
    """The bytes of a file, or None when it can't be read."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def unreadable(name: str) -> Arrival:
    """What is said of a file that gave no bytes."""
    mark = hashlib.sha256(f"unreadable {name}".encode()).digest()
    return _refuse(name, mark, None, "intake.unreadable", "the file can't be read: check that it is a plain file "
                   "and that we may read it")  # fmt: skip


def parse(layout: Layout, data: bytes) -> Arrival:
    """Rows of a file, and what is wrong with its records; a file that can't be told apart is refused as a whole."""
    mark = hashlib.sha256(data).digest()
    data = data.removeprefix(_BOM)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _refuse(layout.name, mark, line, "intake.encoding", "the file is not UTF-8: save it as CSV UTF-8")
    first, _, _ = data.partition(b"\n")
    header = [name.strip() for name in next(csv.reader([first.decode("utf-8").rstrip("\r")]), [])]
    if reason := _header_fault(layout, header):
        return _refuse(layout.name, mark, 1, "intake.header", reason)
    absent = tuple(name for name in layout.header if name not in header)
    starts, ends, verdicts = _records(data, len(first) + 1, len(header))
    sound = verdicts == 0
    text = _table(data, starts[sound], ends[sound], header)
    if text is None or text.height != int(sound.sum()):
        return _refuse(layout.name, mark, None, "intake.records", "its rows can't be told apart: check its quotes")
    breaks = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    lines = np.searchsorted(breaks, starts) + 1
    return Arrival(
        layout.name,
        mark,
        text.with_columns(pl.lit(None, pl.String).alias(name) for name in absent).select(
            pl.Series("at", lines[sound], pl.Int64), *layout.header
        ),
        pl.concat(
            [
                _unsound(lines[verdicts == 1], "intake.width", f"the row does not have {len(header)} fields"),
                _unsound(lines[verdicts == 2], "intake.quotes", "a quotation mark or NUL stands where none may"),
            ]
        ),
        total=len(starts),
        absent=absent,
    )


def _refuse(name: str, mark: bytes, line: int | None, rule: str, reason: str) -> Arrival:
    return Arrival(name, mark, pl.DataFrame(), found(line, "", rule, f"nothing was loaded: {reason}"), refused=True)


def _header_fault(layout: Layout, header: list[str]) -> str:
    """What is wrong with the header; what it holds is not quoted: without a header it is somebody's data."""
    missing = [name for name in layout.must if name not in header]
    if len(missing) == len(layout.must):
        return "the first line is not the header: it must name the columns " + ", ".join(layout.must)
    if missing:
        return "the header lacks " + ", ".join(missing)
    ours = len(set(layout.header) & set(header))
    if len(header) > ours:
        return f"the header has {len(header)} columns, but only {ours} that this file may hold, once each"
    return ""


@lru_cache
def _record(width: int) -> re.Pattern[bytes]:
    """A record of this width (1), one of another width (2), or the rest of a line that is neither (3)."""
    end = rb"(?:\r?\n|\Z)"
    right = rb"(%b(?:,%b){%d})%b" % (_FIELD, _FIELD, width - 1, end)
    other = rb"(%b(?:,%b)*+)%b" % (_FIELD, _FIELD, end)
    return re.compile(rb"%b|%b|([^\n]*+)(?:\n|\Z)" % (right, other))


def _records(data: bytes, begin: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each record starts and ends (with its line break), and 0 sound, 1 other width, 2 broken."""
    spans = [
        (m.start(), m.end(), (m.lastindex or 3) - 1)
        for m in _record(width).finditer(data, min(begin, len(data)))
        if m.lastindex == 1 or m.group().strip()
    ]
    table = np.array(spans, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _table(data: bytes, starts: np.ndarray, ends: np.ndarray, header: list[str]) -> pl.DataFrame | None:
    """The sound records as text columns; None when Polars refuses them."""
    schema = dict.fromkeys(header, pl.String())
    if not len(starts):
        return pl.DataFrame(schema=schema)
    gapless = bool((starts[1:] == ends[:-1]).all())
    body = data[starts[0] : ends[-1]] if gapless else b"".join(
        data[s:e] if data[e - 1] == 10 else data[s:e] + b"\n" for s, e in zip(starts, ends, strict=True)
    )  # fmt: skip
    try:
        return pl.read_csv(body, has_header=False, schema=schema)
    except pl.exceptions.PolarsError:
        return None


def _unsound(lines: np.ndarray, rule: str, reason: str) -> pl.DataFrame:
    return pl.DataFrame({"at": pl.Series(lines, dtype=pl.Int64)}).select(
        "at", column=pl.lit(""), rule=pl.lit(rule), reason=pl.lit(reason)
    )
