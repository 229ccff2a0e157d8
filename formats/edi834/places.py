"""Places of the guide as a profile names them, and the columns they are: `INS04`, `2300.HD04`, `REF*23`, `NM109`.

A place is `[loop.]segment[*qualifier][element]`; without an element the whole segment is meant. Without a loop the
first of these that has the segment: members (2000, 2100A), coverages (2300), then the frames of extras.
"""

import re
from dataclasses import dataclass

import polars as pl

from formats.edi834.layout import COVERAGE, EXTRA, LOOP_OF_ROLE, MEMBER, OLD_INSURER, Segment

MEMBERS, COVERAGES = "members", "coverages"
_FLAT = ("references", "dates", "amounts")  # any qualifier, on a member or a coverage
_PLACE = re.compile(r"(?:(\d{4}[A-H]?)\.)?(INS|REF|DTP|NM1|PER|N3|N4|N1|DMG|EC|ICM|AMT|HLH|LUI|DSB|HD|IDC|PLA|COB)"
                    r"(?:\*(\w{2,3}?))?(\d\d)?")  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where it is: the frame, the columns, and for a segment known by its qualifier which rows.

    `flat` is the qualifier of a row in references, dates or amounts; such a place can be required or constant as a
    whole although no row of it is there.
    """

    text: str
    frame: str
    columns: tuple[str, ...]
    rows: pl.Expr | None = None
    flat: str | None = None
    on_coverage: bool = False


def find(text: str) -> Place | None:
    """The place of that name, or None when the guide, as far as it is written here, has none."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return None
    loop, name, qualifier, element = match.groups()
    number = int(element) if element else None
    candidates: list[tuple[str, Segment]] = [(MEMBERS, s) for s in MEMBER.values()]
    candidates += [(COVERAGES, s) for s in COVERAGE.values()]
    candidates += [(frame, s) for frame, segments in EXTRA.items() for s in segments]
    candidates.append(("insurers", OLD_INSURER))
    for frame, segment in candidates:
        if segment.name != name or not _in_loop(frame, segment, loop):
            continue
        if frame in _FLAT:
            return _flat(match, frame, segment)
        if qualifier is not None and segment.qualifier != qualifier:
            continue
        if qualifier is None and segment.qualifier and name in ("REF", "DTP", "AMT") and frame in (MEMBERS, COVERAGES):
            continue  # REF02 without a qualifier is not the policy number's
        columns = _columns(segment, number)
        if columns:
            return Place(text, frame, _spelled_out(frame, columns), _rows(frame, loop))
    return None


def _spelled_out(frame: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """PER as the columns it is made of, and a tier with what it is made from."""
    if frame == MEMBERS:
        numbers: dict[str, tuple[str, ...]] = {
            "per": ("phone", "email", "phone_kind", "kind2", "number2", "kind3", "number3")
        }
    else:
        numbers = {
            name: tuple(c for n in range(start, start + 3) for c in (f"kind{n}", f"number{n}"))
            for name, start in (("per", 1), ("per2", 4))
        }
    more = numbers | {"sent_tier": ("tier", "sent_tier")}
    return tuple(c for column in columns for c in more.get(column, (column,)))


def _in_loop(frame: str, segment: Segment, loop: str | None) -> bool:
    if loop is None or segment.loop == loop:
        return True
    if frame == "names":
        return loop in ("2100B", "2100C", "2100D", "2100E", "2100F", "2100G", "2100H")
    return (frame in _FLAT and loop == "2300") or (frame == "reporting" and loop == "2750")


def _flat(place: re.Match[str], frame: str, segment: Segment) -> Place | None:
    loop, _, qualifier, element = place.groups()
    held = loop == "2300"
    rows = pl.col("coverage_key").is_not_null() == pl.lit(held)
    if qualifier is not None:
        rows = rows & (pl.col("qualifier") == qualifier)
    columns = _columns(segment, int(element) if element else None)
    return Place(place.group(), frame, columns, rows, qualifier, held) if columns else None


def _columns(segment: Segment, number: int | None) -> tuple[str, ...]:
    elements = [e for e in segment.elements if number in (None, e.number)]
    return tuple(dict.fromkeys(c for e in elements for c in e.columns))


def _rows(frame: str, loop: str | None) -> pl.Expr | None:
    if frame != "names" or loop is None:
        return None
    mine = [role for role, name in LOOP_OF_ROLE.items() if name == loop]
    return pl.col("role").is_in(mine) if mine else ~pl.col("role").is_in(list(LOOP_OF_ROLE))
