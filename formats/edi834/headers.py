"""The envelope and header of each set: one INTERCHANGE row per 834 set, and what does not add up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from formats.edi834.reader_left import LEFT_OUT
from formats.edi834.schema import HEADER, INTERCHANGE
from formats.edi834.segments import SEPARATOR
from formats.problems import ERROR, INFO, PROBLEMS, WARNING, problems

# The segments that are read, and their elements: kept, looked at, or (of ISA and GS) the routing's own.
_READ = {
    "ISA": range(1, 17), "GS": range(1, 9), "ST": range(1, 4), "SE": (1, 2), "GE": (1, 2), "IEA": (1, 2),
    "BGN": (1, 2, 3, 4, 5, 6, 8), "REF": (1, 2), "DTP": (1, 2, 3), "QTY": (1, 2), "N1": (1, 2, 3, 4), "ACT": (1, 6),
}  # fmt: skip
_ENVELOPE = ("ISA", "GS", "ST", "SE", "GE", "IEA")
_VERSIONS = ("005010X220A1", "005010X220", "004010X095A1", "005010X307", "005010X307A1", "005010X318")

Row = dict[str, Any]


@dataclass(frozen=True)
class Headers:
    """INTERCHANGE rows (`members` still null), HEADER frames by name, and the problems of envelopes and headers."""

    interchange: pl.DataFrame
    header: dict[str, pl.DataFrame]
    problems: pl.DataFrame


def of_headers(placed: pl.DataFrame) -> pl.DataFrame:
    """The segments that `headers` wants, of segments that are placed."""
    wanted = pl.col("member").is_null() & pl.col("id").is_in(list(_READ)) & (pl.col("in_834") | (pl.col("id") == "ST"))
    return placed.filter(wanted).select("position", "id", "text")


def outside(placed: pl.DataFrame) -> pl.DataFrame:
    """The segments before and between members that neither `headers` nor the reader of acknowledgements reads."""
    known = [*_READ, "TA1"]
    return placed.filter(pl.col("member").is_null() & pl.col("in_834") & ~pl.col("id").is_in(known))


def headers(wanted: pl.DataFrame, last: int) -> Headers:
    """Read the envelopes and headers: few segments, so they are walked in order. `last`: the file's last position."""
    walk = _Walk()
    for position, name, text in wanted.iter_rows():
        walk.take(position, name, [e.strip() for e in text.split(SEPARATOR)])
    walk.close(last)
    found = {"parties": pl.DataFrame(walk.parties, schema=HEADER["parties"])}
    found["dates"] = pl.DataFrame(walk.dates, schema=HEADER["dates"])
    return Headers(pl.DataFrame(walk.rows, schema=INTERCHANGE), found, problems(walk.problems))


def _at(parts: list[str], index: int) -> str | None:
    return (parts[index] or None) if index < len(parts) else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


class _Walk:
    """Follows ISA/GS/ST down and SE/GE/IEA up, noting what is missing or does not match."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.problems: list[Row] = []
        self.parties: list[Row] = []
        self.dates: list[Row] = []
        self.isa: list[str] | None = None
        self.gs: list[str] | None = None
        self.st: list[str] | None = None
        self.st_at = 0
        self.groups = self.sets = self.set_no = 0
        self.row: Row | None = None

        self.takers: dict[str, Callable[[int, list[str]], None]] = {
            "ISA": self._isa, "GS": self._gs, "ST": self._st, "SE": self._se, "GE": self._ge, "IEA": self._iea,
            "BGN": self._bgn, "REF": self._ref, "DTP": self._dtp, "QTY": self._qty, "N1": self._n1, "ACT": self._act,
        }  # fmt: skip

    def say(self, rule: str, line: int | None, column: int | None, message: str, severity: str = ERROR) -> None:
        hint = "The content was read all the same; ask the sender for a corrected file"
        self._note(f"edi834.envelope.{rule}", severity, line, column, message, hint)

    def left_out(self, line: int, message: str, column: int | None = None) -> None:
        rule = "edi834.read.segment" if column is None else "edi834.read.element"
        self._note(rule, WARNING, line, column, message, LEFT_OUT)

    def _note(self, *values: object) -> None:
        self.problems.append(dict(zip(PROBLEMS, values, strict=True)))

    def take(self, position: int, name: str, parts: list[str]) -> None:
        if name not in _ENVELOPE and self.row is None:
            self.left_out(position, f"{name} stands in no set")
            return
        self.takers[name](position, parts)
        for index, text in enumerate(parts):
            if index and text and index not in _READ[name]:
                self.left_out(position, f"{name}{index:02d} holds something that is not read", index)

    def day(self, position: int, name: str, parts: list[str], index: int) -> Any:
        """The date of an element; null, and told, when it is none."""
        text = _at(parts, index)
        day = pl.Series([text], dtype=pl.String).str.to_date("%Y%m%d", strict=False).item()
        if text and day is None:
            words = f"{name}{index:02d} is not a date of the form CCYYMMDD"
            self._note("edi834.read.date", ERROR, position, index, words, LEFT_OUT)
        return day

    def first(self, position: int, column: str, value: Any, name: str) -> None:
        """Keep a value in the set's row; a second one is told."""
        if self.row is not None and self.row[column] is None:
            self.row[column] = value
        else:
            self.left_out(position, f"{name} stands where it is not read, or once too often")

    def close(self, last: int) -> None:
        for open_part, trailer in ((self.st, "SE"), (self.gs, "GE"), (self.isa, "IEA")):
            if open_part is not None:
                self.say(f"missing_{trailer.lower()}", last, None, f"the file ends without {trailer}")

    def _isa(self, position: int, parts: list[str]) -> None:
        self.close_within(position, "IEA", self.isa)
        self.isa, self.gs, self.st, self.row, self.groups = parts, None, None, None, 0

    def close_within(self, position: int, trailer: str, open_part: list[str] | None) -> None:
        if open_part is not None:
            self.say(f"missing_{trailer.lower()}", position, None, f"{trailer} is missing before this segment")

    def _gs(self, position: int, parts: list[str]) -> None:
        self.close_within(position, "GE", self.gs)
        self.gs, self.sets, self.groups = parts, 0, self.groups + 1

    def _st(self, position: int, parts: list[str]) -> None:
        self.close_within(position, "SE", self.st)
        self.st, self.st_at = parts, position
        self.sets += 1
        self.set_no += 1
        self.row, self.begun = None, False
        if _at(parts, 1) != "834":
            self.say("other_set", position, 1, "this set is not an 834 and was not read as one", INFO)
            return
        isa, gs = self.isa or [], self.gs or []
        version = _at(gs, 8) or _at(parts, 3)
        self.row = dict.fromkeys(INTERCHANGE) | {
            "set_no": self.set_no,
            "isa_control": _at(isa, 13),
            "sender_id": _at(isa, 6),
            "receiver_id": _at(isa, 8),
            "usage": _at(isa, 15),
            "gs_control": _at(gs, 6),
            "version": version,
            "set_control": _at(parts, 2),
        }
        self.rows.append(self.row)
        if version not in _VERSIONS:
            self.say("version", position, 3, "the guide version is missing or not an 834 we know", WARNING)

    def _bgn(self, position: int, parts: list[str]) -> None:
        if self.row is None or self.begun:
            self.left_out(position, "BGN stands where it is not read, or once too often")
            return
        self.begun = True
        self.row |= {
            "purpose": _at(parts, 1),
            "reference": _at(parts, 2),
            "created_date": self.day(position, "BGN", parts, 3),
            "created_time": _at(parts, 4),
            "time_zone": _at(parts, 5),
            "original_reference": _at(parts, 6),
            "action": _at(parts, 8),
        }
        for index, word in ((2, "file reference"), (3, "date"), (4, "time"), (8, "action code")):
            if _at(parts, index) is None:
                self.say(f"bgn{index:02d}", position, index, f"BGN{index:02d}, the {word}, is missing")

    def _qty(self, position: int, parts: list[str]) -> None:
        column = {"TO": "total_stated", "ET": "subscribers_stated", "DT": "dependents_stated"}.get(_at(parts, 1) or "")
        if column is None:
            self.left_out(position, "QTY stands where it is not read, or once too often")
            return
        self.first(position, column, _number(_at(parts, 2)), "QTY")
        if _number(_at(parts, 2)) is None:
            self.say("quantity", position, 2, "QTY02 is not a whole number")

    def _ref(self, position: int, parts: list[str]) -> None:
        if _at(parts, 1) == "38":
            self.first(position, "master_policy", _at(parts, 2), "REF")
        else:
            self.left_out(position, "REF stands where it is not read, or once too often")

    def _dtp(self, position: int, parts: list[str]) -> None:
        day = self.day(position, "DTP", parts, 3)
        self.dates.append({"set_no": self.set_no, "qualifier": _at(parts, 1), "day": day})
        if _at(parts, 2) not in ("D8", None):
            self.left_out(position, "DTP02 holds something that is not read", 2)
        if _at(parts, 1) == "007" and self.row is not None:
            self.row["effective_date"] = self.row["effective_date"] or day

    def _n1(self, _position: int, parts: list[str]) -> None:
        role = _at(parts, 1)
        names = ("role", "name", "qualifier", "id")
        party: Row = {"set_no": self.set_no, "account": None, "account2": None}
        self.parties.append(party | {name: _at(parts, i) for i, name in enumerate(names, start=1)})
        column = {"P5": "sponsor_id", "IN": "payer_id"}.get(role or "")
        if column and self.row is not None:
            self.row[column] = self.row[column] or _at(parts, 4)

    def _act(self, position: int, parts: list[str]) -> None:
        party = self.parties[-1] if self.parties else {}
        if party.get("set_no") != self.set_no or party["account"] or party["account2"]:
            self.left_out(position, "ACT stands where it is not read, or once too often")
        else:
            party |= {"account": _at(parts, 1), "account2": _at(parts, 6)}

    def _se(self, position: int, parts: list[str]) -> None:
        if self.st is None:
            self.say("stray_se", position, None, "SE without ST")
            return
        count = position - self.st_at + 1
        if _number(_at(parts, 1)) != count:
            self.say("se_count", position, 1, f"SE01 does not say {count}, the segments counted")
        self._same("se", position, _at(parts, 2), _at(self.st, 2))
        self.st = self.row = None

    def _ge(self, position: int, parts: list[str]) -> None:
        if self.gs is None:
            self.say("stray_ge", position, None, "GE without GS")
            return
        self.close_within(position, "SE", self.st)
        if _number(_at(parts, 1)) != self.sets:
            self.say("ge_count", position, 1, f"GE01 does not say {self.sets}, the sets counted")
        self._same("ge", position, _at(parts, 2), _at(self.gs, 6))
        self.gs = self.st = self.row = None

    def _iea(self, position: int, parts: list[str]) -> None:
        if self.isa is None:
            self.say("stray_iea", position, None, "IEA without ISA")
            return
        self.close_within(position, "GE", self.gs)
        if _number(_at(parts, 1)) != self.groups:
            self.say("iea_count", position, 1, f"IEA01 does not say {self.groups}, the groups counted")
        self._same("iea", position, _at(parts, 2), _at(self.isa, 13))
        self.isa = self.gs = self.st = self.row = None

    def _same(self, rule: str, line: int, ends: str | None, began: str | None) -> None:
        if ends != began:
            self.say(f"{rule}_control", line, 2, f"{rule.upper()}02 is not the control number this part began with")
