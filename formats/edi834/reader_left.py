"""What the reader does not keep, told: segments that nobody took, elements that nobody reads. Never a value.

Segment names are told only when the guide has them: a damaged file may hold anything in their place.
"""

import polars as pl

from formats.edi834.extras import Schema
from formats.edi834.layout import COVERAGE, EXTRA, FUNCTION_OF_ROLE, MEMBER, Element, Segment
from formats.edi834.reader_body import MOST_ELEMENTS, Body, day, faults
from formats.edi834.segments import SEPARATOR, Region
from formats.problems import WARNING
from formats.rules import MOST

LEFT_OUT = "It was left out; ask the sender what it means"
KEPT_BESIDE = "The first one counts; ask the sender which is right"
_NAMES = sorted({s.name for s in (*MEMBER.values(), *COVERAGE.values(), *(s for some in EXTRA.values() for s in some))})
_ENCLOSING = ("LS", "LE")  # around loop 2700: they say its number and nothing else
_MADE = {"person": ["IL", "74"], "function": [*FUNCTION_OF_ROLE.values(), "RP"]}  # what made elements may hold


def unread(rows: pl.DataFrame, segment: Segment, schema: Schema, region: Region) -> list[pl.DataFrame]:
    """Problems of elements of these segments (e1, e2 ...) that the layout does not read, or reads in part only."""
    known = {element.number: element for element in segment.elements}
    starts = [e.number for e in segment.elements if e.kind == "made" and e.columns[0] in ("per", "per2")]
    pairs = {start + n for start in starts for n in range(6)}
    asked: dict[int, pl.Expr] = {}
    for name in rows.columns:
        number = int(name[1:]) if name[1:].isdecimal() else 0
        if number in {0, *pairs} or rows[name].null_count() == rows.height:
            continue
        lost = _lost(known[number], name, schema, region) if number in known else pl.col(name).is_not_null()
        if lost is not None:
            asked[number] = lost
    if (segment.name, segment.loop) == ("NM1", "2100A") and "e8" in rows.columns:
        given = [c for c in ("e8", "e9") if c in rows.columns]
        ours = pl.col("e8").is_in(["34", "ZZ"]).fill_null(value=False)
        asked[9] = pl.any_horizontal(pl.col(given).is_not_null()) & ~ours
    if not asked:
        return []
    hit = rows.select(lost.any().alias(str(number)) for number, lost in asked.items()).row(0)
    return [
        elements(rows.filter(lost), f"{segment.name}{number:02d}", number)
        for (number, lost), some in zip(asked.items(), hit, strict=True)
        if some
    ]


def _lost(element: Element, name: str, schema: Schema, region: Region) -> pl.Expr | None:
    """Whether some of the element's text is not kept; None when all of it always is."""
    column, lost = pl.col(name), None
    longer = (column.str.len_bytes() > 8) & day(name).is_not_null()
    match element.kind:
        case "blank":
            lost = column.is_not_null()
        case "literal" | "mark":
            lost = column != element.literal
        case "range_mark":
            lost = ~column.is_in(["D8", "RD8"])
        case "range":
            until = column.str.slice(9).str.to_date("%Y%m%d", strict=False)
            lost = longer & ((column.str.slice(8, 1) != "-") | until.is_null())
        case "value" if schema.get(element.columns[0]) == pl.Date:
            lost = longer
        case "composite":
            lost = column.str.count_matches(region.component, literal=True) >= len(element.columns)
        case "made" if element.columns[0] in _MADE:
            lost = ~column.is_in(_MADE[element.columns[0]])
        case "made" if element.columns[0] == "number":
            lost = ~column.str.contains(r"^\d+$")
    return lost


def elements(rows: pl.DataFrame, where: str, number: int) -> pl.DataFrame:
    """Problems of segments with an element that is not kept."""
    words = f"{where} holds something that is not read"
    return faults(rows, "edi834.read.element", number, message=words, hint=LEFT_OUT, severity=WARNING)


def repeated(rows: pl.DataFrame, name: str, kept_in: str) -> pl.DataFrame:
    """Problems of segments that a member or a coverage has once, and that stand here again: kept among extras."""
    words = pl.format(f"{name}*{{}} stands here again; it is kept under {kept_in}", "e1")
    return faults(rows, "edi834.read.repeated", 1, message=words, hint=KEPT_BESIDE, severity=WARNING)


def untaken(body: Body) -> list[pl.DataFrame]:
    """Problems of the segments of members that nobody took, and of those with more elements than are looked at."""
    left = body.left(body.inside)
    marks = pl.col("id").is_in(_ENCLOSING)
    odd = left.filter(~marks | (pl.col("text").str.slice(2) != f"{SEPARATOR}2700"))
    long = body.inside.filter(pl.col("text").str.count_matches(SEPARATOR, literal=True) > MOST_ELEMENTS)
    return [segments(odd), elements(long, "the segment", MOST_ELEMENTS + 1)]


def segments(rows: pl.DataFrame) -> pl.DataFrame:
    """Problems of segments (id, position, member) that were left out."""
    words = (
        pl.when(pl.col("id").is_in(_NAMES))
        .then(pl.format("{} stands where it is not read, or once too often", "id"))
        .otherwise(pl.lit("a segment is not one that is read here"))
    )
    return faults(rows, "edi834.read.segment", None, message=words, hint=LEFT_OUT, severity=WARNING)


def limited(found: pl.DataFrame) -> pl.DataFrame:
    """The problems, warnings of one kind no more than `MOST`, so that complaints cannot fill the memory."""
    if found.height <= MOST:
        return found
    kind = ["rule", "column", "hint"]
    over = (pl.col("severity") == WARNING) & (pl.int_range(pl.len()).over(kind) >= MOST)
    rest = found.filter(over).group_by(kind, maintain_order=True).len()
    more = rest.select(
        "rule",
        pl.lit(WARNING).alias("severity"),
        pl.lit(None, pl.Int64).alias("line"),
        "column",
        pl.format("and {} more of these", "len").alias("message"),
        "hint",
    )
    return pl.concat([found.filter(~over), more])
