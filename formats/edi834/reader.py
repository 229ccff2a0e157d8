"""Reading an 834 of any maker: what is there becomes frames, what is odd becomes problems.

Works on whole columns of segments, a piece of the file at a time: each segment is placed by the loops before it
(placing.py), its elements become the columns the layout gives them, and its row is the number of its owner.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from formats.edi834.extras import EXTRAS, no_extras
from formats.edi834.headers import headers, of_headers, outside
from formats.edi834.placing import placed
from formats.edi834.prepare import our_end
from formats.edi834.profile import EndDate
from formats.edi834.reader_body import Body
from formats.edi834.reader_core import coverages_of, details_of, members_of
from formats.edi834.reader_extras import extras_of
from formats.edi834.reader_left import limited, segments, untaken
from formats.edi834.schema import COVERAGES, INTERCHANGE, MEMBERS, Enrollment, conform, empty
from formats.edi834.segments import chunks, cut, decoded, regions
from formats.problems import problems

_PIECE = 8_000_000  # characters read at once: some 30,000 members


def read(data: bytes, *, end_date: EndDate = "last_day_covered") -> Enrollment:
    """Read every 834 set of the file. Never raises on content; problems name file segment and element.

    Returns INTERCHANGE (a row per set), MEMBERS, COVERAGES, EXTRAS and HEADER. Keys are made from the segment number
    of the INS (`seg8`) or HD, so they are stable for the same bytes and not personal; families are tied by REF*0F, or
    by order where it is missing. `end_date` says what the sender means by an end date; frames hold the first day not
    covered. Reads 5010 X220A1, X307 and 4010 alike.
    """
    text, odd = decoded(data)
    pieces: list[_Piece] = []
    wanted: list[pl.DataFrame] = []
    last = 0
    for piece in _pieces(text, odd, end_date):
        pieces.append(piece)
        wanted.append(piece.headers)
        last = piece.last
    del text  # as large as the file, and not needed where the most is held
    if not pieces:
        return Enrollment(empty(MEMBERS), empty(COVERAGES), empty(INTERCHANGE), problems(odd))
    head = headers(pl.concat(wanted), last)
    members = conform(_families(pl.concat([p.members for p in pieces])), MEMBERS)
    counted = members.group_by("set_no").len("members")
    interchange = head.interchange.drop("members").join(counted, on="set_no", how="left", maintain_order="left")
    interchange = interchange.with_columns(pl.col("members").fill_null(0).cast(pl.Int64)).sort("set_no")
    found = pl.concat([problems(odd), head.problems, *(p.problems for p in pieces)])
    extras = {
        name: pl.concat([p.extras[name] for p in pieces if name in p.extras] or [frame])
        for name, frame in no_extras().items()
    }
    coverages = pl.concat([p.coverages for p in pieces])
    found = limited(found).sort("line", maintain_order=True, nulls_last=False)
    return Enrollment(members, coverages, interchange, found, extras, head.header)


@dataclass
class _Piece:
    """What a piece of the file gave, and the position of its last segment."""

    members: pl.DataFrame
    coverages: pl.DataFrame
    extras: dict[str, pl.DataFrame]
    headers: pl.DataFrame
    problems: pl.DataFrame
    last: int


def _pieces(text: str, odd: list[dict[str, object]], end_date: EndDate) -> Iterator[_Piece]:
    """Read region by region, piece by piece; what is odd about envelopes goes to `odd`."""
    found, strange = regions(text)
    odd += strange
    position, set_no, in_834 = 0, 0, True
    for number, region in enumerate(found, start=1):
        if region.problem:
            odd.append({**region.problem, "line": position + 1})
        for piece in chunks(text, region, _PIECE):
            pieces = cut(piece, region, position, number)
            if pieces.is_empty():
                continue
            located = placed(pieces, set_no, in_834=in_834)
            position += pieces.height
            set_no, in_834 = located["set_no"][-1], located["in_834"][-1]
            yield _read_piece(Body(located, region), located, position, end_date)


def _read_piece(body: Body, located: pl.DataFrame, last: int, end_date: EndDate) -> _Piece:
    faults = [problems()]
    members, coverages, extras = members_of(body, faults), coverages_of(body, faults), extras_of(body, faults)
    faults += [*untaken(body), segments(outside(located))]
    details = details_of(members)
    if not details.is_empty():
        extras["details"] = conform(details, EXTRAS["details"])
    for name, frame in extras.items():
        if "end" in frame.columns:
            extras[name] = frame.with_columns(our_end("end", end_date))
    members = members.select(list(MEMBERS)).with_columns(our_end("eligibility_end", end_date))
    coverages = conform(coverages, COVERAGES).with_columns(our_end("end", end_date))
    return _Piece(members, coverages, extras, of_headers(located), pl.concat(faults), last)


def _families(frame: pl.DataFrame) -> pl.DataFrame:
    """Add subscriber_key: by REF*0F to its first subscriber, else the first member; by order without REF*0F."""
    frame = frame.drop("subscriber_key", strict=False)
    by_id = (
        frame.filter(pl.col("subscriber_id").is_not_null())
        .select("subscriber_id", "is_subscriber", "member_key")
        .sort(~pl.col("is_subscriber").fill_null(value=False), maintain_order=True)
        .unique("subscriber_id", keep="first", maintain_order=True)
        .select("subscriber_id", pl.col("member_key").alias("_by_id"))
    )
    ahead = pl.when("is_subscriber").then(pl.col("member_key")).forward_fill().over("set_no")
    return frame.join(by_id, on="subscriber_id", how="left", maintain_order="left").with_columns(
        pl.coalesce("_by_id", ahead, "member_key").alias("subscriber_key")
    )
