"""From bytes to records: 94-column lines with their numbers, whatever the line ends and the encoding.

The usual file (plain ASCII, every line 94 columns with the same line end, or none) is laid over its bytes
without a copy per row. Anything else takes the slower way, on which every repair is reported.
"""

import re
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from formats.problems import INFO, WARNING
from formats.rules import NONE, Rule, broken, one, together

LINES: dict[str, pl.DataType] = {"text": pl.String(), "line": pl.Int64()}
_BOMS = (b"\xef\xbb\xbf",)
_RECORD_TYPES = "156789"


def records(data: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split a file into records: (`text` at least 94 columns long, `line` 1-based) and the problems found."""
    if not data.strip():
        note = one("nacha.file.empty", "the file is empty", "an empty delivery: ask the sender if in doubt", WARNING)
        return pl.DataFrame(schema=LINES), note
    uniform = _uniform(data)
    if uniform is not None:
        return uniform, NONE
    return _irregular(data)


def _uniform(data: bytes) -> pl.DataFrame | None:
    """Lay records over the bytes when all are 94 printable ASCII columns with one kind of line end."""
    if data[94:96] == b"\r\n":
        end = b"\r\n"
    elif data[94:95] == b"\n":
        end = b"\n"
    elif b"\n" in data or b"\r" in data:
        return None
    else:
        end = b""
    stride = 94 + len(end)
    if end and len(data) % stride == 94:
        data += end
    if len(data) % stride or data[:1] not in (b"1", b"5", b"6"):
        return None
    page = np.frombuffer(data, np.uint8).reshape(-1, stride)
    body, ends = page[:, :94], page[:, 94:]
    if page.max() > 0x7E or body.min() < 0x20 or (ends != np.frombuffer(end, np.uint8)).any():
        return None
    rows = len(page)
    starts = np.arange(0, len(data) + 1, stride, dtype=np.int64)
    text = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(starts), pa.py_buffer(data))
    lines = cast("pl.Series", pl.from_arrow(text))
    return pl.DataFrame({"text": lines, "line": np.arange(1, rows + 1)}, schema=LINES)


def _irregular(data: bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    text, problems = _decoded(data)
    if not _looks_like_ach(text):
        note = one(
            "nacha.file.not_ach",
            "this is not an ACH file: no record starts with a record type",
            "check that the right file was taken",
        )
        return pl.DataFrame(schema=LINES), note
    pieces, more = _split(text)
    lines = pl.DataFrame({"text": pieces, "line": np.arange(1, len(pieces) + 1)}, schema=LINES)
    problems += [*more, broken(lines, _line_rules())]
    lines = lines.with_columns(text=pl.col("text").str.slice(0, 94).str.pad_end(94))
    return lines, together([*problems, broken(lines, _character_rules())])


def _decoded(data: bytes) -> tuple[str, list[pl.DataFrame]]:
    """Decode before slicing: a two-byte letter would shift every column after it."""
    problems = []
    for mark in _BOMS:
        if data.startswith(mark):
            data = data[len(mark) :]
            problems.append(one("nacha.text.bom", "the file starts with a byte order mark", "skipped", WARNING, line=1))
    try:
        text = data.decode("utf-8")
        encoding = "UTF-8"
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        encoding = "CP1252"
    if not text.isascii():
        problems.append(
            one(
                "nacha.text.encoding",
                f"the file is not plain ASCII; it was read as {encoding}",
                "columns were counted in letters, not bytes",
                WARNING,
            )
        )
    return text, problems


def _looks_like_ach(text: str) -> bool:
    start = text.lstrip()[:1]
    if start in _RECORD_TYPES:
        return True
    return re.search(r"(?m)^1.{33}.094", text) is not None


def _split(text: str) -> tuple[list[str], list[pl.DataFrame]]:
    problems = []
    if "\r" in text:
        plain = text.replace("\r\n", "\n")
        if "\r" in plain:
            problems.append(one("nacha.text.line_ends", "lines end with a lone carriage return", "accepted", WARNING))
            plain = plain.replace("\r", "\n")
        text = plain
    pieces = text.split("\n")
    if pieces[-1] == "":
        pieces.pop()
    if any(len(piece) >= 188 for piece in pieces):
        problems.append(one("nacha.text.no_line_ends", "records follow each other without line ends", "accepted", INFO))
        pieces = [part for piece in pieces for part in _chunks(piece)]
    return pieces, problems


def _chunks(piece: str) -> list[str]:
    """Cut a run of records into 94s; an ordinary line (with some text after column 94) stays whole."""
    if len(piece) < 188:
        return [piece]
    return [piece[at : at + 94] for at in range(0, len(piece), 94)]


def _line_rules() -> list[Rule]:
    text = pl.col("text")
    length = text.str.len_chars()
    blank = text.str.strip_chars(" \t") == ""
    return [
        Rule("nacha.line.blank", blank, None, "a blank line", "skipped", INFO),
        Rule(
            "nacha.line.short",
            (length < 94) & ~blank,
            None,
            pl.format("the record has {} columns, not 94", length),
            "read as if filled up with blanks",
            WARNING,
        ),
        Rule(
            "nacha.line.long",
            (length > 94) & (text.str.slice(94).str.strip_chars() == "") & ~blank,
            95,
            pl.format("the record has {} columns, not 94", length),
            "the blanks at its end were left out",
            WARNING,
        ),
        Rule(
            "nacha.line.overflow",
            text.str.slice(94).str.strip_chars() != "",
            95,
            "there is text after column 94",
            "it was left out; the record may be shifted",
            WARNING,
        ),
    ]


def _character_rules() -> list[Rule]:
    """Report characters that the operator refuses, at the first place (2013: ASCII above hex 1F)."""
    foreign = pl.col("text").str.contains(r"[^\x20-\x7E]")
    place = pl.col("text").str.extract(r"^([\x20-\x7E]*)").str.len_chars() + 1
    return [
        Rule(
            "nacha.text.charset",
            foreign,
            None,
            pl.format("column {} holds a character that is not allowed", place),
            "only plain ASCII may be sent",
        )
    ]
