"""From bytes to records: 94-column lines with their numbers, whatever the line ends and the encoding.

The usual file (plain ASCII, every line 94 columns with the same line end, or none) is laid over its bytes
without a copy per row. Anything else takes the slower way, on which every repair is reported.
"""

import re

import numpy as np
import polars as pl

from formats.nacha.bytesof import Page, in_blocks, matrix
from formats.problems import INFO, WARNING
from formats.rules import NONE, Rule, broken, one, together

_BOMS = (b"\xef\xbb\xbf",)
_RECORD_TYPES = "156789"
_NOTHING = Page.over(b"", 94)


def records(data: bytes) -> tuple[Page, pl.DataFrame]:
    """Split a file into records, in the order of its lines, and tell the problems found on the way."""
    if not data or data.isspace():
        note = one("nacha.file.empty", "the file is empty", "an empty delivery: ask the sender if in doubt", WARNING)
        return _NOTHING, note
    uniform = _uniform(data)
    if uniform is not None:
        return uniform, NONE
    return _irregular(data)


def _uniform(data: bytes) -> Page | None:
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
    page = Page.over(data, stride)
    return page if _is_plain(page, end) else None


def _is_plain(page: Page, end: bytes) -> bool:
    """Whether all columns are printable ASCII and all line ends alike."""
    plain = []

    def look(part: slice) -> None:
        lines = page.lines[part]
        ended = all((lines[:, 94 + at] == byte).all() for at, byte in enumerate(end))
        # Bytes below a blank are the line ends alone when there are as many as these make.
        low = int(np.count_nonzero(lines < 0x20))
        plain.append(ended and low == len(lines) * len(end) and lines.max() <= 0x7E)

    in_blocks(len(page.lines), look)
    return all(plain)


def _irregular(data: bytes) -> tuple[Page, pl.DataFrame]:
    text, problems = _decoded(data)
    if not _looks_like_ach(text):
        note = one(
            "nacha.file.not_ach",
            "this is not an ACH file: no record starts with a record type",
            "check that the right file was taken",
        )
        return _NOTHING, note
    pieces, more = _split(text)
    lines = pl.DataFrame({"text": pl.Series(pieces, dtype=pl.String), "line": np.arange(1, len(pieces) + 1)})
    problems += [*more, broken(lines, _LINE_RULES)]
    lines = lines.with_columns(text=pl.col("text").str.slice(0, 94).str.pad_end(94))
    found = together([*problems, broken(lines, _CHARACTER_RULES)])
    if text.isascii():
        return Page.over(matrix(lines["text"], 94).tobytes(), 94), found
    # In the page a letter beyond ASCII is one byte, that is no digit; the text itself has it as it is.
    plain = lines["text"].str.replace_all(r"[^\x00-\x7F]", "?")
    return Page.over(matrix(plain, 94).tobytes(), 94, lines["text"]), found


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
    return re.search(r"(?m)^1.{33}094", text) is not None


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


_TEXT = pl.col("text")
_LENGTH = _TEXT.str.len_chars()
_IS_BLANK = _TEXT.str.strip_chars(" \t") == ""
_OVERFLOW = _TEXT.str.slice(94).str.strip_chars() != ""
_LINE_RULES = [
    Rule("nacha.line.blank", _IS_BLANK, None, "a blank line", "skipped", INFO),
    Rule(
        "nacha.line.short",
        (_LENGTH < 94) & ~_IS_BLANK,
        None,
        pl.format("the record has {} columns, not 94", _LENGTH),
        "read as if filled up with blanks",
        WARNING,
    ),
    Rule(
        "nacha.line.long",
        (_LENGTH > 94) & ~_OVERFLOW & ~_IS_BLANK,
        95,
        pl.format("the record has {} columns, not 94", _LENGTH),
        "the blanks at its end were left out",
        WARNING,
    ),
    Rule(
        "nacha.line.overflow",
        _OVERFLOW,
        95,
        "there is text after column 94",
        "it was left out; the record may be shifted",
        WARNING,
    ),
]
# Characters that the operator refuses, at the first place (2013: ASCII above hex 1F).
_CHARACTER_RULES = [
    Rule(
        "nacha.text.charset",
        _TEXT.str.contains(r"[^\x20-\x7E]"),
        None,
        pl.format(
            "column {} holds a character that is not allowed",
            _TEXT.str.extract(r"^([\x20-\x7E]*)").str.len_chars() + 1,
        ),
        "only plain ASCII may be sent",
    )
]
