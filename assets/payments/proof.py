"""The proof of a built file: read back from its own bytes, it must be the record, what was meant, and sound.

Three roads that share nothing with the writer or with one another: the byte totals against the sums that the database
makes over the recorded entries, every field read back against the one that was meant, and the rules of the standard.
Afterwards the sha256 stands for the proved bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from formats import nacha
from formats.errors import GuardError
from formats.problems import ERROR

SUMS = ("entries", "debit_cents", "credit_cents", "entry_hash")


def prove(
    data: bytes, meant: nacha.Nacha, recorded: dict[str, int], profile: nacha.Profile = nacha.STRICT, where: str = ""
) -> None:
    """Refuse a built file that is not the record's.

    Args:
        data: the file's bytes.
        meant: the frames it was written from.
        recorded: `SUMS` over the recorded entries and the offset entries that level them.
        profile: how it was written.
        where: the file's name, for the message.

    Raises:
        GuardError: says which of it failed.
        FormatError: the bytes can't even be counted.
    """
    adds_up(data, recorded, where)
    whole = nacha.read(data)
    problems = pl.concat([whole.problems, nacha.check(whole, profile)]).filter(pl.col("severity") == ERROR)
    if not problems.is_empty():
        raise GuardError(f"the file breaks the standard: {problems.item(0, 'message')}", where=where)
    if told := differences(whole, nacha.completed(meant, profile)):
        raise GuardError(f"the file does not say what was meant: {told}", where=where)


def adds_up(data: bytes, recorded: Mapping[str, int], where: str) -> None:
    """Refuse a file whose controls, counted anew from its own bytes, are not the record's (`SUMS`).

    Raises:
        GuardError: says which figure differs.
        FormatError: the bytes can't even be counted.
    """
    found = nacha.totals(data)
    counted = {name: int(getattr(found, name)) for name in SUMS}
    told = [f"{name} {counted[name]} in the file, {recorded[name]} in the record" for name in SUMS]
    differing = [text for name, text in zip(SUMS, told, strict=True) if counted[name] != recorded[name]]
    if differing or not found.agrees:
        words = "; ".join([*differing, *found.mismatches])
        raise GuardError(f"the file's own bytes do not add up to the record: {words}", where=where)


def differences(found: nacha.Nacha, meant: nacha.Nacha) -> str:
    """Name the first field that two files differ in, never its values; '' when there is none."""
    pairs = [(name, getattr(found, name), getattr(meant, name)) for name in ("file", "batches", "entries", "addenda")]
    for record, mine, theirs in pairs:
        if mine.height != theirs.height:
            return f"{mine.height} {record} instead of {theirs.height}"
    for record, mine, theirs in pairs:
        for column in mine.columns:
            other = mine[column].ne_missing(theirs[column])
            if other.any():
                return f"{column} of {record}, line {mine.filter(other).item(0, 'line')}"
    return ""
