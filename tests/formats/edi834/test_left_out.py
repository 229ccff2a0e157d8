"""What the reader does not keep it reports: a mark put anywhere into a file is in the frames, or its place is told."""

import random
from pathlib import Path

import polars as pl
import pytest

from formats.edi834 import Enrollment, read, write
from formats.problems import WARNING
from formats.rules import MOST
from tests.formats.edi834.book import STAMP, book, family, profile
from tests.formats.edi834.extras_book import loaded

PLAIN = write(family(policy_number="GRP-1", ssn="123456789"), profile(), STAMP)
WHOLE = write(loaded(), profile(), STAMP)
ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")
MARKS = 15


def samples(corpus: Path) -> list[bytes]:
    """Files of others with the ordinary delimiters, and one of ours with every segment there is."""
    found = [p.read_bytes() for p in sorted(corpus.rglob("*")) if p.is_file() and p.suffix != ".csv"]
    return [d for d in found if b"ST*834" in d and d[105:106] == b"~" and d[103:104] == b"*"] + [WHOLE] * 20


def damaged(lines: list[str], draw: random.Random) -> list[str]:
    """Some segments lost, doubled, or in another's place."""
    lines = list(lines)
    for _ in range(draw.randrange(4)):
        at, other = (draw.randrange(3, len(lines) - 3) for _ in range(2))
        match draw.randrange(3):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[at])
            case _:
                lines.insert(other, lines.pop(at))
    return lines


def marked(lines: list[str], draw: random.Random) -> tuple[list[str], dict[str, int]]:
    """The segments with marks for elements, behind them, beyond the last, or in a second segment; and their lines."""
    lines, marks = list(lines), list[str]()
    for number in range(MARKS):
        mark = f"QZ{number}Q"
        free = [i for i, s in enumerate(lines) if s.partition("*")[0] not in ENVELOPE and "QZ" not in s]
        if not free:
            break
        at = draw.choice(free)
        parts = lines[at].split("*")
        element = draw.randrange(1, len(parts)) if len(parts) > 1 else 0
        match draw.randrange(4):
            case 0:
                parts[element] = mark
            case 1:
                parts[element] += mark
            case 2:
                parts += [""] * draw.choice([0, 1, 2, 5, 40]) + [mark]
            case _:
                lines.insert(at, lines[at])
                parts[-1] = mark
        lines[at] = "*".join(parts)
        marks.append(mark)
    return lines, {mark: next(i for i, s in enumerate(lines, start=1) if mark in s) for mark in marks}


def texts(found: Enrollment) -> str:
    """All text in the frames of what was read."""
    frames = [found.members, found.coverages, found.interchange, *found.extras.values(), *found.header.values()]
    columns = [frame[c] for frame in frames for c in frame.columns if frame.schema[c] == pl.String]
    return "\n".join(text for column in columns for text in column.drop_nulls())


def nothing_is_lost(data: bytes, draw: random.Random) -> None:
    plain = [s.strip() for s in data.decode("latin-1").split("~") if s.strip()]
    lines, marks = marked(damaged(plain, draw), draw)
    found = read(("~\n".join(lines) + "~").encode("latin-1"))
    held, told = texts(found), set(found.problems["line"])
    lost = [lines[at - 1] for mark, at in marks.items() if mark not in held and at not in told]
    assert lost == []
    assert not any(mark in words for mark in marks for words in found.problems["message"])


def test_a_mark_anywhere_is_kept_or_told(corpus: Path) -> None:
    some, draw = samples(corpus), random.Random(834)  # noqa: S311 - not a secret
    for number in range(60):
        nothing_is_lost(some[-1 - number % len(some)], draw)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_many_marks_anywhere_are_kept_or_told(corpus: Path, seed: int) -> None:
    some, draw = samples(corpus), random.Random(seed)  # noqa: S311
    for _ in range(400):
        nothing_is_lost(draw.choice(some), draw)


def with_more(after: bytes, *more: bytes) -> Enrollment:
    """The family's file with segments put behind the first of a kind."""
    at = PLAIN.index(b"~\n", PLAIN.index(after)) + 2
    return read(PLAIN[:at] + b"".join(s + b"~\n" for s in more) + PLAIN[at:])


def said(found: Enrollment) -> list[tuple[str, str, str]]:
    odd = found.problems.filter(~pl.col("rule").is_in(["edi834.envelope.se_count"]))
    return odd.select("rule", "severity", "message").rows()


@pytest.mark.parametrize(
    ("after", "again", "frame", "row"),
    [
        (b"REF*1L", b"REF*1L*GRP-2", "references", {"qualifier": "1L", "value": "GRP-2"}),
        (b"REF*0F", b"REF*0F*OTHER", "references", {"qualifier": "0F", "value": "OTHER"}),
        (b"DTP*356", b"DTP*356*D8*20251201", "dates", {"qualifier": "356"}),
        (b"HD*", b"DTP*348*D8*20251201", "dates", {"qualifier": "348"}),
        (b"DTP*348", b"AMT*P3*1.00~\nAMT*P3*2.00", "amounts", {"qualifier": "P3", "cents": 200}),
        (b"DTP*348", b"REF*1L*A~\nREF*1L*B", "references", {"qualifier": "1L", "value": "B"}),
    ],
)  # fmt: skip
def test_what_stands_once_and_is_repeated_is_kept_beside(after: bytes, again: bytes, frame: str, row: dict) -> None:  # type: ignore[type-arg]
    found = with_more(after, again)
    assert found.extras[frame].height == 1
    assert row.items() <= found.extras[frame].row(0, named=True).items()
    assert (found.extras[frame]["coverage_key"][0] is not None) == (b"HD*" in after or b"348" in after)
    [(rule, severity, message)] = said(found)
    head = found.members["member_key"][0]
    kind = "*".join(again.decode().split("~")[0].split("*")[:2])
    assert (rule, severity) == ("edi834.read.repeated", WARNING)
    assert message == f"member {head}: {kind} stands here again; it is kept under {frame}"


@pytest.mark.parametrize(
    ("after", "more", "words"),
    [
        (b"NM1*IL", b"NM1*IL*1*Roe*Pat", "NM1 stands where it is not read, or once too often"),
        (b"N3*", b"N3*2 Main Street", "N3 stands where it is not read, or once too often"),
        (b"HD*", b"ZZZ*Roe", "a segment is not one that is read here"),
        (b"HD*", b"Roe", "a segment is not one that is read here"),
        (b"DTP*348", b"LX*1~\nNM1*P3*1*Poe~\nNM1*P3*1*Roe", "NM1 stands where it is not read, or once too often"),
        (b"DTP*348", b"COB*P**1~\nREF*EJ*Roe", "REF stands where it is not read, or once too often"),
    ],
)
def test_segments_that_are_left_out_are_told(after: bytes, more: bytes, words: str) -> None:
    found = with_more(after, more)
    assert said(found) == [("edi834.read.segment", WARNING, f"member {found.members['member_key'][0]}: {words}")]
    assert "Roe" not in texts(found)


@pytest.mark.parametrize(
    ("old", "new", "element"),
    [
        (b"INS*Y*18*030*XN*A", b"INS*Y*18*030*XN*A*********X", "INS14"),
        (b"INS*Y*18*030*XN*A", b"INS*Y*18*030*XN*A*A:0:1", "INS06"),
        (b"*34*123456789", b"*MI*123456789", "NM109"),
        (b"REF*1L*GRP-1", b"REF*1L*GRP-1*MORE", "REF03"),
        (b"DTP*348*D8*20260101", b"DTP*348*RD8*20260101-20261231", "DTP02"),
        (b"DTP*348*D8*20260101", b"DTP*348*D8*20260101-20261231", "DTP03"),
        (b"NM1*IL*1*", b"NM1*IL*2*", "NM102"),
        (b"HD*030**", b"HD*030*X*", "HD02"),
        (b"\nN3*", b"\nPER*IP**EX*1*FX*2*EX*3~\nN3*", "PER08"),
    ],
)
def test_elements_that_are_left_out_are_told(old: bytes, new: bytes, element: str) -> None:
    found = read(PLAIN.replace(old, new, 1))
    words = f"member {found.members['member_key'][0]}: {element} holds something that is not read"
    assert ("edi834.read.element", WARNING, words) in said(found)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (b"REF*38*A~\nREF*38*B", "REF stands where it is not read, or once too often"),
        (b"REF*ZZ*A", "REF stands where it is not read, or once too often"),
        (b"BGN*00*X*20260101*0130****4", "BGN stands where it is not read, or once too often"),
        (b"QTY*XX*4", "QTY stands where it is not read, or once too often"),
        (b"N3*9 Oak Street", "N3 stands where it is not read, or once too often"),
        (b"DTP*303*RD8*20260101", "DTP02 holds something that is not read"),
        (b"DTP*303*D8*20261301", "DTP03 is not a date of the form CCYYMMDD"),
        (b"ACT*7", "ACT stands where it is not read, or once too often"),
    ],
)
def test_what_a_header_has_too_much_is_told(more: bytes, words: str) -> None:
    assert words in with_more(b"BGN*", more).problems["message"].to_list()


def test_references_and_dates_after_the_name_are_the_member_s() -> None:
    lines = PLAIN.decode().split("\n")
    moved = [s for s in lines if s.startswith(("REF*1L", "DTP*356"))]
    at = next(i for i, s in enumerate(lines) if s.startswith("NM1*IL")) + 1
    first = lines[:at] + moved[:2] + lines[at:]
    for line in moved[:2]:
        first.remove(line)
    found, plain = read("\n".join(first).encode()), read(PLAIN)
    assert found.members.equals(plain.members)
    assert found.problems.is_empty()


def test_a_lost_st_loses_no_member() -> None:
    found = read(PLAIN.replace(b"ST*834", b"XT*834"))
    assert found.members.height == 4
    assert {"edi834.envelope.stray_se", "edi834.read.segment"} <= set(found.problems["rule"])
    assert read(PLAIN.replace(b"ST*834", b"ST*837")).members.is_empty()
    assert set(read(PLAIN.replace(b"ST*834", b"ST*837")).problems["rule"]) == {"edi834.envelope.other_set"}


def test_no_more_than_a_thousand_warnings_of_a_kind() -> None:
    data = write(book(MOST // 2 + 10), profile(), STAMP)
    found = read(data.replace(b"HD*030**HLT*GOLD*FAM", b"HD*030*X*HLT*GOLD*FAM").replace(b"*FAM", b"*FAM*X")).problems
    assert found.filter(pl.col("column") == 2).height == MOST // 2 + 10
    assert found.filter(pl.col("column") == 6).height == MOST + 1
    more = found.filter(pl.col("line").is_null())
    assert more.select("rule", "column", "message").rows() == [("edi834.read.element", 6, "and 20 more of these")]
