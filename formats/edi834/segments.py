"""Any X12 text as one frame of segments, whatever its delimiters, line ends and damage.

Elements are separated by SEPARATOR in the `text` column, so that readers need not know each interchange's own
delimiter. What was odd about the envelope becomes problem rows; nothing raises.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from formats.problems import ERROR, WARNING

SEPARATOR = "\x1f"
SEGMENTS: dict[str, pl.DataType] = {
    "position": pl.Int64(),  # 1-based number of the segment in the file
    "interchange": pl.Int64(),  # 1-based number of the interchange
    "id": pl.String(),  # INS, REF, ...
    "text": pl.String(),  # the whole segment, elements separated by SEPARATOR
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Split:
    """segments (SEGMENTS), the component separator of each interchange in order, problem rows."""

    segments: pl.DataFrame
    components: list[str]
    problems: list[Row]


@dataclass(frozen=True)
class Region:
    """One interchange: where its text lies, its delimiters, and what is odd about its ISA."""

    start: int
    stop: int
    element: str
    component: str
    repetition: str
    terminator: str
    problem: Row | None = None


def decoded(data: bytes) -> tuple[str, list[Row]]:
    """The bytes as text: UTF-8 with or without BOM, UTF-16 with BOM, else Latin-1; and what was odd."""
    text, found = _decoded(data)
    if "\x00" not in text:
        return text, found
    odd = _odd("nul", WARNING, None, "the file holds NUL characters", "They were left out; no record can hold them")
    return text.replace("\x00", ""), [*found, odd]


def _decoded(data: bytes) -> tuple[str, list[Row]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), [
            _odd("encoding", WARNING, 1, "the file is UTF-16", "Ask the sender for plain ASCII")
        ]
    found: list[Row] = []
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
        found.append(_odd("bom", WARNING, 1, "the file begins with a byte order mark", "It was skipped"))
    try:
        return data.decode("utf-8"), found
    except UnicodeDecodeError:
        note = _odd("encoding", WARNING, None, "the file is not UTF-8", "It was read as Latin-1")
        return data.decode("latin-1"), [*found, note]


def split(data: bytes) -> Split:
    """Split X12 bytes into segments. Never raises; an unreadable file gives no segments and an error row."""
    text, found = decoded(data)
    regions_found, odd = regions(text)
    frames: list[pl.DataFrame] = []
    offset = 0
    for number, region in enumerate(regions_found, start=1):
        if region.problem:
            odd.append({**region.problem, "line": offset + 1})
        frames.append(cut(text[region.start : region.stop], region, offset, number))
        offset += frames[-1].height
    components = [region.component for region in regions_found]
    return Split(pl.concat(frames) if frames else pl.DataFrame(schema=SEGMENTS), components, found + odd)


def regions(text: str) -> tuple[list[Region], list[Row]]:
    """The interchanges of a text, and what was odd; one region with guessed marks when there is no ISA."""
    start = _next_isa(text, 0)
    if start < 0:
        return _fragment(text)
    found: list[Row] = []
    if text[:start].strip():
        found.append(_odd("leading", WARNING, 1, "there is text before the first ISA", "It was skipped"))
    made: list[Region] = []
    while start >= 0:
        element, component, terminator, issue = _marks(text, start)
        stop = _region_end(text, start, terminator)
        parts = text[start : start + 400].split(element, 12)
        repetition = parts[11] if len(parts) > 11 and len(parts[11]) == 1 and not parts[11].isalnum() else "^"
        made.append(Region(start, stop, element, component, repetition, terminator, issue))
        start = _next_isa(text, stop) if stop < len(text) else -1
    return made, found


def chunks(text: str, region: Region, size: int) -> Iterator[str]:
    """The text of a region in pieces of about `size` characters, each but the first beginning with an INS."""
    opens = re.compile(re.escape(region.terminator) + r"\s*(?=INS" + re.escape(region.element) + ")")
    start = region.start
    while start < region.stop:
        found = opens.search(text, start + size, region.stop) if start + size < region.stop else None
        stop = found.end() if found else region.stop
        yield text[start:stop]
        start = stop


def elements(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """Add e1..eN: the first N elements as columns (empty is null), from `text`."""
    parts = pl.col("text").str.split_exact(SEPARATOR, count).struct.rename_fields([f"e{i}" for i in range(count + 1)])
    wide = frame.with_columns(parts.alias("_parts")).unnest("_parts").drop("e0")
    names = [f"e{i}" for i in range(1, count + 1)]
    return wide.with_columns(pl.when(pl.col(n) != "").then(pl.col(n)).alias(n) for n in names)


def _odd(rule: str, severity: str, line: int | None, message: str, hint: str) -> Row:
    return {
        "rule": f"x12.{rule}",
        "severity": severity,
        "line": line,
        "column": None,
        "message": message,
        "hint": hint,
    }


_ISA = re.compile(r"ISA([^\w\s])", re.ASCII)


def _next_isa(text: str, start: int) -> int:
    """The next place where a segment ISA begins (not VISA* or LISA* within data), or -1."""
    for match in _ISA.finditer(text, start):
        at = match.start()
        if at == 0 or not (text[at - 1].isalnum() or text[at - 1] == match.group(1)):
            return at
    return -1


_AFTER_ISA = re.compile(r"\s*(?:GS|TA1|IEA|ISA|ST)[^\w\s]", re.ASCII)


def _marks(text: str, start: int) -> tuple[str, str, str, Row | None]:
    """Element separator, component separator and terminator of the interchange that begins at `start`."""
    element = text[start + 3]
    at = start + 3
    for _ in range(15):
        following = text.find(element, at + 1, start + 400)
        if following < 0:
            break
        at = following
    else:
        tail = text[at + 1 : at + 3]
        exact = at - start == 103
        if tail[1:].isspace() and _ends_segments(tail[0], element, text, at + 2):
            return element, ":", tail[0], _isa_length(at + 1 - start)  # ISA16 is missing
        if len(tail) == 2 and (exact or _AFTER_ISA.match(text, at + 3)):
            return element, tail[0], tail[1], None if exact else _isa_length(at + 2 - start)
        if tail and _AFTER_ISA.match(text, at + 2):  # ISA16 is missing: one mark only, the terminator
            return element, ":", tail[0], _isa_length(at + 1 - start)
        if len(tail) == 2:
            return element, tail[0], tail[1], _isa_length(at + 2 - start)
    terminator = "~" if "~" in text[start:] else "\n"
    return element, ":", terminator, _isa_length(None)


def _ends_segments(mark: str, element: str, text: str, start: int) -> bool:
    """Whether the mark stands before the segment that follows the first GS or TA1, as a terminator does."""
    following = re.compile(re.escape(mark) + r"\s*(?:ST|GS|GE)" + re.escape(element))
    return following.search(text, start, start + 400) is not None


def _isa_length(length: int | None) -> Row:
    size = "is cut short" if length is None else f"has {length + 1} characters instead of 106"
    return _odd("isa.length", ERROR, None, f"the ISA {size}", "Delimiters were taken from what is there")


def _region_end(text: str, start: int, terminator: str) -> int:
    """Where the interchange ends: at the next ISA that follows a terminator, or at the end of the text."""
    following = re.compile(re.escape(terminator) + r"\s*(?=ISA[^\w\s])", re.ASCII)
    if text.find("ISA", start + 3) < 0:  # the usual case, without a regular expression over the whole file
        return len(text)
    match = following.search(text, start)
    return match.end() if match else len(text)


def cut(text: str, region: Region, offset: int, number: int) -> pl.DataFrame:
    """The segments of a piece of a region (SEGMENTS), counted on from `offset`."""
    text = text.replace(region.element, SEPARATOR) if region.element != SEPARATOR else text
    pieces = pl.select(pl.lit(text).str.split(region.terminator).explode().alias("text"))
    pieces = pieces.with_columns(pl.col("text").str.strip_chars(" \t\r\n")).filter(pl.col("text") != "")
    identified = pieces.with_columns(_named(pieces["text"].str.slice(0, 4)).alias("id"))
    return identified.select(
        pl.int_range(offset + 1, offset + 1 + pl.len(), dtype=pl.Int64).alias("position"),
        pl.lit(number, pl.Int64).alias("interchange"),
        "id",
        "text",
    )


def _named(heads: pl.Series) -> pl.Series:
    """The segment ids, from the first four characters: two letters, as N3, or three; worked out once for each kind."""
    kinds = pl.DataFrame({"head": heads.unique()})
    short = pl.col("head").str.slice(2, 1) == SEPARATOR
    long = pl.col("head").str.strip_chars_end(SEPARATOR)
    name = pl.when(short).then(pl.col("head").str.slice(0, 2)).otherwise(long).str.to_uppercase()
    return heads.replace_strict(kinds["head"], kinds.select(name).to_series(), return_dtype=pl.String)


_FIRST = re.compile(r"\s*(?:GS|ST|TA1|AK1|INS|BGN)([^\w\s])", re.ASCII)


def _fragment(text: str) -> tuple[list[Region], list[Row]]:
    """Text without an ISA: read with guessed delimiters when it begins like X12, else not at all."""
    match = _FIRST.match(text)
    if match is None:
        hint = "Check that the right file was taken, and that it is not compressed or encrypted"
        return [], [_odd("not_x12", ERROR, 1, "the file is empty or not X12", hint)]
    odd = _odd("no_isa", ERROR, 1, "the ISA is missing", "Delimiters were guessed; ask for a whole file")
    terminator = "~" if "~" in text else "\n"
    return [Region(0, len(text), match.group(1), ":", "^", terminator)], [odd]
