"""Looks into any file of the field: what it is, what is in it (masked), what is wrong with it and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from formats import bai2, edi834, nacha
from formats.problems import ERROR, has_errors, problems
from pipelines.inspection_ach import ach_view

KINDS = ("nacha", "edi834", "x12_ack", "bai2", "unknown")


@dataclass(frozen=True)
class Inspection:
    """A file's kind, counts, problems (columns of formats.problems.PROBLEMS) and tables to show, all masked."""

    kind: str
    counts: dict[str, int]
    problems: pl.DataFrame
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether no problem is an error."""
        return not has_errors(self.problems)


def kind_of(data: bytes) -> str:
    """What a file is, by its content alone: one of `KINDS`."""
    head = data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    text = head.decode("latin-1")
    if text[:3].upper() == "ISA":
        whole = data.decode("latin-1").upper()
        return "x12_ack" if _holds(whole, ("ST", "999"), ("ST", "997"), ("ST", "824"), ("TA1", "")) else "edi834"
    if text.startswith("01,"):
        return "bai2"
    if text[:2] in ("10", "1 ") or (text[:1] in "5678" and len(text.split("\n")[0].rstrip("\r")) in range(80, 97)):
        return "nacha"
    return "unknown"


def _holds(text: str, *segments: tuple[str, str]) -> bool:
    separator = text[text.find("ISA") + 3]
    if f"ST{separator}834" in text:
        return False
    return any(f"{name}{separator}{value}" in text for name, value in segments)


def inspect(data: bytes) -> Inspection:
    """Read and check a file of any kind. Never raises on content."""
    readers: dict[str, Callable[[bytes], Inspection]] = {
        "nacha": _nacha,
        "edi834": _edi834,
        "x12_ack": _acks,
        "bai2": _bai2,
    }
    kind = kind_of(data)
    if kind in readers:
        return readers[kind](data)
    what = "this is none of the files Daybook knows: ACH, 834, 999/997/824/TA1 or BAI2"
    nothing = problems(
        [
            {
                "rule": "file.kind",
                "severity": ERROR,
                "line": 1,
                "column": 1,
                "message": what if data.strip() else "the file is empty",
                "hint": "an ACH file starts with 101, X12 with ISA, BAI2 with 01; decrypt .pgp files first",
            }
        ]
    )
    return Inspection("unknown", {"bytes": len(data)}, nothing)


def _nacha(data: bytes) -> Inspection:
    found = nacha.read(data)
    counts, tables = ach_view(found)
    return Inspection("nacha", counts, _together(found.problems, nacha.check(found)), tables)


def _edi834(data: bytes) -> Inspection:
    found = edi834.read(data)
    counts = {
        "sets": found.interchange.height,
        "members": found.members.height,
        "subscribers": int(found.members["is_subscriber"].fill_null(value=False).sum()),
        "coverages": found.coverages.height,
    }
    tables = {
        "Sets": found.interchange.select(
            "set_no", "isa_control", "sender_id", "receiver_id", "usage", "set_control", "action", "members"
        ),
        "Coverages by line": found.coverages.group_by("line", "plan_code", "tier")
        .len("members")
        .sort("line", "plan_code", "tier"),
    }
    return Inspection("edi834", counts, found.problems, tables)


def _acks(data: bytes) -> Inspection:
    found = edi834.read_acks(data)
    counts = {"ta1": found.ta1.height, "groups": found.groups.height, "sets": found.sets.height,
              "errors": found.errors.height}  # fmt: skip
    tables = {"Interchanges": found.ta1, "Groups": found.groups, "Sets": found.sets, "Errors": found.errors}
    return Inspection("x12_ack", counts, found.problems, tables)


def _bai2(data: bytes) -> Inspection:
    found = bai2.read(data)
    counts = {"accounts": found.accounts.height, "transactions": found.transactions.height}
    tables = {
        "Transactions": found.transactions.select(
            pl.exclude("account", "text")  # the account is the administrator's own; still not shown whole
        )
    }
    return Inspection("bai2", counts, _together(found.problems, bai2.check(found)), tables)


def _together(*found: pl.DataFrame) -> pl.DataFrame:
    """All problems once, in the order in which they stand in the file; what is about all of it first."""
    every = pl.concat(found).unique(["rule", "line", "column", "message"], maintain_order=True)
    return every.sort("line", "column", nulls_last=False, maintain_order=True)
