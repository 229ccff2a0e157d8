"""Reading what a partner answers: TA1, 999, 997 and 824, from whatever shape it comes in.

An acknowledgement has few segments, so they are walked in order. Codes are kept raw; copies of bad data values
(IK404, TED07, the business part of CTX) are not kept, since they may be personal.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from formats.edi834.extras import Schema
from formats.edi834.schema_acks import ACK_ERRORS, APPLICATIONS, GROUPS, SETS, TA1, Acks
from formats.edi834.segments import SEPARATOR, split
from formats.problems import ERROR, INFO, WARNING, problems

Row = dict[str, Any]
VERDICTS = ("A", "E", "P", "R", "M", "W", "X")
REFUSED = ("R", "M", "W", "X")  # verdicts after which a set or group must be sent again
# Qualifiers of a group's or a plan's number, which tells no member.
_OF_GROUPS = ("1L", "38", "CE", "IG", "6P")
# Segments an acknowledgement may hold beside those that are read.
_SILENT = frozenset({
    "ISA", "GS", "GE", "IEA", "N1", "PER", "DTM", "AMT", "QTY", "N3", "N4",
    "LM", "LQ", "TRN", "PID", "MEA", "PWK",
})  # fmt: skip


def read_acks(data: bytes) -> Acks:
    """Read acknowledgements. Never raises on content.

    Accepts TA1 anywhere, several interchanges, AK3/AK4/AK5 for IK3/IK4/IK5, AK1/AK9 without AK2, a missing
    AK9 (the verdict stays null), and sets without ISA. Returns TA1, GROUPS, SETS, ACK_ERRORS, APPLICATIONS.
    """
    parts = split(data)
    walk = _AckWalk(parts.components)
    for position, interchange, name, text in parts.segments.iter_rows():
        walk.take(position, interchange, name, [e.strip() for e in text.split(SEPARATOR)])
    walk.finish(parts.segments.height)
    return Acks(
        ta1=_frame(walk.ta1, TA1),
        groups=_frame(walk.groups, GROUPS),
        sets=_frame(walk.sets, SETS),
        errors=_frame(walk.errors, ACK_ERRORS),
        applications=_frame(walk.applications, APPLICATIONS),
        problems=problems(parts.problems + walk.problems),
    )


def _frame(rows: list[Row], schema: Schema) -> pl.DataFrame:
    return pl.DataFrame([{k: row.get(k) for k in schema} for row in rows], schema=schema)


def _at(parts: list[str], index: int) -> str | None:
    return (parts[index] or None) if index < len(parts) else None


def _upper(parts: list[str], index: int) -> str | None:
    value = _at(parts, index)
    return value.upper() if value else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _codes(parts: list[str], start: int) -> str | None:
    return " ".join(p for p in parts[start:] if p) or None


class _AckWalk:
    """Gathers rows; `group`, `set_row`, `segment` and `oti` are what the next segments speak of."""

    def __init__(self, components: list[str]) -> None:
        self.components = components
        self.component = ":"
        self.ta1: list[Row] = []
        self.groups: list[Row] = []
        self.sets: list[Row] = []
        self.errors: list[Row] = []
        self.applications: list[Row] = []
        self.problems: list[Row] = []
        self.sender: str | None = None
        self.kind: str | None = None
        self.bgn: list[str] = []
        self.ack_no = 0
        self.group: Row | None = None
        self.set_row: Row | None = None
        self.segment: Row | None = None
        self.oti: Row | None = None
        self.takers: dict[str, Callable[[int, list[str]], None]] = {
            "TA1": self._ta1, "ST": self._st, "SE": self._se, "AK1": self._ak1, "AK2": self._ak2,
            "IK3": self._ik3, "AK3": self._ik3, "IK4": self._ik4, "AK4": self._ik4, "IK5": self._ik5,
            "AK5": self._ik5, "AK9": self._ak9, "CTX": self._nothing, "BGN": self._bgn, "OTI": self._oti,
            "REF": self._ref, "NM1": self._nm1, "TED": self._ted, "RED": self._red,
        }  # fmt: skip

    def say(self, rule: str, severity: str, line: int, message: str) -> None:
        hint = "What could be read was kept; look at the file when the verdict matters"
        self.problems.append(
            {"rule": f"edi834.ack.{rule}", "severity": severity, "line": line, "message": message, "hint": hint}
        )

    def take(self, position: int, interchange: int, name: str, parts: list[str]) -> None:
        self.component = self.components[interchange - 1]
        if name == "ISA":
            self.sender = _at(parts, 6)
        if taker := self.takers.get(name):
            taker(position, parts)
        elif name not in _SILENT:
            self.say("segment", INFO, position, "a segment that acknowledgements do not have was skipped")

    def finish(self, last: int) -> None:
        self._close(last)
        if not (self.ta1 or self.groups or self.applications):
            self.say("nothing", ERROR, max(last, 1), "the file acknowledges nothing: no TA1, AK1 or OTI in it")

    def _close(self, position: int) -> None:
        if self.set_row is not None and self.set_row["verdict"] is None:
            self.say("no_set_verdict", WARNING, position, "a set has no IK5 or AK5: its verdict is open")
        if self.group is not None and self.group["verdict"] is None:
            self.say("no_group_verdict", WARNING, position, "a group has no AK9: its verdict is open")
        self.group = self.set_row = self.segment = self.oti = None

    def _nothing(self, _position: int, _parts: list[str]) -> None:
        """CTX says which business item an error belongs to: personal, and the position says as much."""

    def _ta1(self, position: int, parts: list[str]) -> None:
        names = ("interchange_control", "date", "time", "verdict", "note")
        row: Row = {n: _upper(parts, i) for i, n in enumerate(names, start=1)}
        self.ta1.append(row | {"sender_id": self.sender, "position": position})
        if row["verdict"] not in ("A", "E", "R"):
            self.say("verdict", ERROR, position, "TA104 is none of A, E and R")

    def _st(self, position: int, parts: list[str]) -> None:
        self._close(position)
        self.kind = _at(parts, 1)
        self.bgn = []
        self.ack_no += 1
        if self.kind not in ("997", "999", "824"):
            self.say("other_set", INFO, position, "this set is not an acknowledgement")

    def _se(self, position: int, _parts: list[str]) -> None:
        self._close(position)

    def _ak1(self, position: int, parts: list[str]) -> None:
        self._close(position)
        self.ack_no = max(self.ack_no, 1)
        self.group = {
            "ack_no": self.ack_no,
            "kind": self.kind,
            "sender_id": self.sender,
            "functional_id": _upper(parts, 1),
            "group_control": _at(parts, 2),
            "version": _at(parts, 3),
            "verdict": None,
            "position": position,
        }
        self.groups.append(self.group)

    def _ak2(self, position: int, parts: list[str]) -> None:
        if self.set_row is not None and self.set_row["verdict"] is None:
            self.say("no_set_verdict", WARNING, position, "a set has no IK5 or AK5: its verdict is open")
        self.segment = None
        self.set_row = {
            "ack_no": self.ack_no,
            "group_control": self.group["group_control"] if self.group else None,
            "set_id": _at(parts, 1),
            "set_control": _at(parts, 2),
            "version": _at(parts, 3),
            "verdict": None,
            "position": position,
        }
        self.sets.append(self.set_row)

    def _ik3(self, position: int, parts: list[str]) -> None:
        held = self.set_row or {}
        self.segment = {
            "ack_no": self.ack_no,
            "group_control": held.get("group_control"),
            "set_control": held.get("set_control"),
            "segment": _upper(parts, 1),
            "segment_position": _number(_at(parts, 2)),
            "loop": _at(parts, 3),
            "segment_code": _upper(parts, 4),
            "position": position,
        }
        self.errors.append(self.segment)

    def _ik4(self, position: int, parts: list[str]) -> None:
        if self.segment is None:
            self.say("stray_element", WARNING, position, "an element error without its segment was skipped")
            return
        where = (_at(parts, 1) or "").split(self.component)
        found = {
            "element": _number(where[0]),
            "component": _number(_at(where, 1)),
            "data_element": _at(parts, 2),
            "element_code": _upper(parts, 3),
            "position": position,
        }
        if "element_code" in self.segment:
            self.segment = {**self.segment, **found}
            self.errors.append(self.segment)
        else:
            self.segment.update(found)

    def _ik5(self, position: int, parts: list[str]) -> None:
        if self.set_row is None:
            self.say("stray_verdict", WARNING, position, "a set verdict without its set was skipped")
            return
        self.set_row |= {"verdict": self._verdict(position, parts), "codes": _codes(parts, 2)}
        self.segment = None

    def _ak9(self, position: int, parts: list[str]) -> None:
        if self.group is None:
            self.say("stray_verdict", WARNING, position, "a group verdict without its group was skipped")
            return
        self.group |= {
            "verdict": self._verdict(position, parts),
            "sets_included": _number(_at(parts, 2)),
            "sets_received": _number(_at(parts, 3)),
            "sets_accepted": _number(_at(parts, 4)),
            "codes": _codes(parts, 5),
        }

    def _verdict(self, position: int, parts: list[str]) -> str | None:
        value = _upper(parts, 1)
        if value not in VERDICTS:
            self.say("verdict", ERROR, position, "the verdict is none of A, E, P, R, M, W and X")
        return value

    def _bgn(self, _position: int, parts: list[str]) -> None:
        self.bgn = parts

    def _oti(self, position: int, parts: list[str]) -> None:
        mark = _upper(parts, 1) or ""
        self.oti = {
            "reference": _at(self.bgn, 2),
            "original_reference": _at(self.bgn, 6),
            "scope": mark[:1] or None,
            "verdict": mark[1:2] or None,
            "group_control": _at(parts, 8),
            "set_control": _at(parts, 9),
            "set_id": _at(parts, 10),
            "position": position,
        }
        self.applications.append(self.oti)
        self._named(_upper(parts, 2), _at(parts, 3))
        if mark[1:2] not in ("A", "E", "P", "R"):
            self.say("verdict", ERROR, position, "OTI01 does not say accepted, with errors, partly or rejected")

    def _ref(self, _position: int, parts: list[str]) -> None:
        self._named(_upper(parts, 1), _at(parts, 2))

    def _nm1(self, _position: int, parts: list[str]) -> None:
        if _upper(parts, 1) in ("IL", "74", "70"):
            self._named(_upper(parts, 8), _at(parts, 9))

    def _named(self, qualifier: str | None, value: str | None) -> None:
        """Whom an item is about: of several the first that may tell a member, and the subscriber apart from it."""
        if self.oti is None or not value or (qualifier in (None, "NA") and value == "NA"):
            return
        place = {"TN": "file_reference", "0F": "subscriber"}.get(qualifier or "", "value")
        if qualifier in _OF_GROUPS or self.oti.get(place) is not None:
            return
        self.oti[place] = value
        if place == "value":
            self.oti["qualifier"] = qualifier

    def _ted(self, _position: int, parts: list[str]) -> None:
        self._note(_at(parts, 1))

    def _red(self, _position: int, parts: list[str]) -> None:
        self._note(_at(parts, 6))

    def _note(self, code: str | None) -> None:
        if self.oti is not None and code:
            self.oti["codes"] = f"{self.oti['codes']} {code}" if self.oti.get("codes") else code
