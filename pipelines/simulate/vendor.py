"""Simulation: invented vendors that answer each delivered 834 with a TA1 and a 999, and one that sends a list back.

Same seed, same file, same answer. A ZIP that no place has is refused by everybody who looks; some refuse other files
too, for an element that really stands there. The vendor whose own layout is a CSV sends a list of its members once, in
which one is missing, one is too many and one is different.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from formats.edi834 import AckStamp, Route, acknowledge, write_999
from formats.edi834.segments import SEPARATOR, split
from pipelines.sample.changes import NO_ZIP
from pipelines.simulate.invented import INVENTED, LISTING
from pipelines.simulate.mailbox import opened
from resources.home import Home

# What this vendor finds fault with: segment -> (element, its data element number, IK403 code).
_FAULTS = {"N4": (3, "116", "7"), "DMG": (2, "1251", "8"), "NM1": (3, "1035", "6")}
_HAS_ELEMENT_ERRORS, _OPENS_AT = "8", dt.time(9, 30)
_RATES = {who.code: who.refuses for who in INVENTED}
# The list that a vendor sends of whom it holds, and the one in it of whom nobody here has heard.
_LIST_NAME, _FEWEST = "members_held.csv", 2
_STRANGER = {"MemberId": "X000001", "SubscriberId": "X000001", "FirstName": "NOBODY", "LastName": "INVENTED",
             "BirthDate": "1970-01-01"}  # fmt: skip


def answer(home: Home, code: str, seed: int, date: dt.date, reject_rate: float | None = None) -> list[dict[str, Any]]:
    """Answer every delivered file that has no answer yet, signed and encrypted, into the vendor's outbox.

    Args:
        home: the installation whose counterparties are played.
        code: the vendor.
        seed: what decides which files are rejected, and for what.
        date: the date the answers bear.
        reject_rate: the share of files of which one set is rejected at random; None: as this vendor is made.

    Returns:
        Per answer: partner, name (as put out), answers (the file), verdict (A, P or R; `roster` of a list).

    Raises:
        ExchangeError: a delivered file can't be opened, or is not signed by us.
        SettingsError: gpg is missing.
    """
    done = []
    rate = _RATES.get(code, 0.0) if reject_rate is None else reject_rate
    with opened(home, code) as box:
        for name in box.delivered():
            reply = f"{PurePosixPath(name).stem}_ta1_999.x12"
            if box.has_sent(reply):
                continue
            data = box.open(name)
            if code == LISTING and not box.has_sent(_LIST_NAME) and (own := listed(data)):
                box.send(_LIST_NAME, own)
                done.append({"partner": code, "name": _LIST_NAME, "answers": name, "verdict": "roster"})
            if not data.startswith(b"ISA"):
                continue  # a layout of the vendor's own knows no acknowledgement
            written, verdict = _reply(data, f"{seed}|{code}|{name}", date, rate)
            box.send(reply, written)
            done.append({"partner": code, "name": reply, "answers": name, "verdict": verdict})
    return done


def _reply(data: bytes, chance: str, date: dt.date, reject_rate: float) -> tuple[bytes, str]:
    """The clear bytes of the TA1 and 999, and the verdict on the group."""
    segments = split(data).segments
    head = [e.strip() for e in segments["text"][0].split(SEPARATOR)]
    faults = _no_place(segments)
    if faults is None and _part(chance, "reject") < reject_rate:
        faults = _at_random(segments, chance)
    acks = acknowledge(data, faults)
    number = int(head[13])
    stamp = AckStamp(number, dt.datetime.combine(date, _OPENS_AT), group_control=number)
    back = Route(head[8], head[6], head[7], head[5], usage=head[15])
    return write_999(acks, back, stamp, with_ta1=True), str(acks.groups["verdict"][0])


def _no_place(segments: pl.DataFrame) -> pl.DataFrame | None:
    """The ZIPs of the file that no place has, as ACK_ERRORS; None when there is none."""
    zips = pl.col("text").str.split(SEPARATOR).list.get(3, null_on_oob=True)
    wrong = _placed(segments).filter((pl.col("id") == "N4") & (zips == NO_ZIP))
    return None if wrong.is_empty() else _errors(wrong)


def _at_random(segments: pl.DataFrame, chance: str) -> pl.DataFrame | None:
    """One element error at a member's segment of the file, as ACK_ERRORS; None when there is none to choose from."""
    placed = _placed(segments).filter(pl.col("id").is_in(list(_FAULTS)))
    return None if placed.is_empty() else _errors(placed[int(_part(chance, "place") * placed.height)])


def _placed(segments: pl.DataFrame) -> pl.DataFrame:
    """Segments with the control number and the first position of their set."""
    at_set = pl.col("id") == "ST"
    return segments.with_columns(
        pl.when(at_set).then(pl.col("text").str.split(SEPARATOR).list.get(2)).forward_fill().alias("set_control"),
        pl.when(at_set).then("position").forward_fill().alias("start"),
    )


def _errors(wrong: pl.DataFrame) -> pl.DataFrame:
    def of(place: int, dtype: type[pl.DataType]) -> pl.Expr:
        return pl.col("id").replace_strict({s: f[place] for s, f in _FAULTS.items()}, return_dtype=dtype)

    return wrong.select(
        "set_control",
        segment="id",
        segment_position=pl.col("position") - pl.col("start") + 1,
        loop=pl.lit("2100A"),
        segment_code=pl.lit(_HAS_ELEMENT_ERRORS),
        element=of(0, pl.Int64),
        data_element=of(1, pl.String),
        element_code=of(2, pl.String),
    )


def listed(data: bytes) -> bytes | None:
    """A vendor's own list of members: what it was sent, less its first member, another city for the second, one more.

    Args:
        data: a file in the layout `clearview.toml`, a line per person and plan.

    Returns:
        The list in the same layout; None when the file holds too few for that.
    """
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"))))
    heads = list(dict.fromkeys(row["MemberId"] for row in rows if row["Relationship"] == "SELF" and not row["End"]))
    if len(heads) < _FEWEST:
        return None
    away, other, *_ = heads
    like = next(row for row in rows if row["MemberId"] == away)
    rows = [row for row in rows if row["MemberId"] != away]
    for row in rows:
        if row["MemberId"] == other:
            row["City"] = "ELSEWHERE"
    rows.append({**like, **_STRANGER})
    text = io.StringIO()
    writer = csv.DictWriter(text, list(like), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _part(chance: str, what: str) -> float:
    """A number in [0, 1) that follows from the seed and the file alone."""
    return int.from_bytes(hashlib.sha256(f"{chance}|{what}".encode()).digest()[:6]) / 2**48
