"""Simulation: an invented vendor that answers each delivered 834 with a TA1 and a 999.

Same seed, same file, same answer: most are accepted, some are rejected for an element that really stands there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from formats.edi834 import AckStamp, Route, acknowledge, write_999
from formats.edi834.segments import SEPARATOR, split
from pipelines.simulate.mailbox import opened
from resources.home import Home

# What this vendor finds fault with: segment -> (element, its data element number, IK403 code).
_FAULTS = {"N4": (3, "116", "7"), "DMG": (2, "1251", "8"), "NM1": (3, "1035", "6")}
_HAS_ELEMENT_ERRORS, _OPENS_AT = "8", dt.time(9, 30)


def answer(home: Home, code: str, seed: int, date: dt.date, reject_rate: float = 0.1) -> list[dict[str, Any]]:
    """Answer every delivered file that has no answer yet, signed and encrypted, into the vendor's outbox.

    Args:
        home: the installation whose counterparties are played.
        code: the vendor.
        seed: what decides which files are rejected, and for what.
        date: the date the answers bear.
        reject_rate: the share of files of which one set is rejected.

    Returns:
        Per answer: partner, name (as put out), answers (the file), verdict (A, P or R).

    Raises:
        ExchangeError: a delivered file can't be opened, or is not signed by us.
        SettingsError: gpg is missing.
    """
    done = []
    with opened(home, code) as box:
        for name in box.delivered():
            reply = f"{PurePosixPath(name).stem}_ta1_999.x12"
            if box.has_sent(reply):
                continue
            data = box.open(name)
            if not data.startswith(b"ISA"):
                continue  # a layout of the vendor's own knows no acknowledgement
            written, verdict = _reply(data, f"{seed}|{code}|{name}", date, reject_rate)
            box.send(reply, written)
            done.append({"partner": code, "name": reply, "answers": name, "verdict": verdict})
    return done


def _reply(data: bytes, chance: str, date: dt.date, reject_rate: float) -> tuple[bytes, str]:
    """The clear bytes of the TA1 and 999, and the verdict on the group."""
    segments = split(data).segments
    head = [e.strip() for e in segments["text"][0].split(SEPARATOR)]
    faults = _fault(segments, chance) if _part(chance, "reject") < reject_rate else None
    acks = acknowledge(data, faults)
    number = int(head[13])
    stamp = AckStamp(number, dt.datetime.combine(date, _OPENS_AT), group_control=number)
    back = Route(head[8], head[6], head[7], head[5], usage=head[15])
    return write_999(acks, back, stamp, with_ta1=True), str(acks.groups["verdict"][0])


def _fault(segments: pl.DataFrame, chance: str) -> pl.DataFrame | None:
    """One element error at a member's segment of the file, as ACK_ERRORS; None when there is none to choose from."""
    at_set = pl.col("id") == "ST"
    placed = segments.with_columns(
        pl.when(at_set).then(pl.col("text").str.split(SEPARATOR).list.get(2)).forward_fill().alias("set_control"),
        pl.when(at_set).then("position").forward_fill().alias("start"),
    ).filter(pl.col("id").is_in(list(_FAULTS)))
    if placed.is_empty():
        return None
    row = placed.row(int(_part(chance, "place") * placed.height), named=True)
    element, number, code = _FAULTS[row["id"]]
    return pl.DataFrame(
        {
            "set_control": [row["set_control"]],
            "segment": [row["id"]],
            "segment_position": [row["position"] - row["start"] + 1],
            "loop": ["2100A"],
            "segment_code": [_HAS_ELEMENT_ERRORS],
            "element": [element],
            "data_element": [number],
            "element_code": [code],
        }
    )


def _part(chance: str, what: str) -> float:
    """A number in [0, 1) that follows from the seed and the file alone."""
    return int.from_bytes(hashlib.sha256(f"{chance}|{what}".encode()).digest()[:6]) / 2**48
