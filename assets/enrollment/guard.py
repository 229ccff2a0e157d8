"""The blocking check before an enrollment file is registered: its own bytes, read back, and a second opinion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from formats.edi834 import Enrollment, Profile, Stamp, check, read
from formats.edi834.prepare import prepare
from formats.edi834.referee import Effort, referee
from formats.errors import GuardError
from formats.problems import ERROR

_QUICK = 2  # so few sets are judged faster here than in processes that must start first


@dataclass(frozen=True)
class SecondOpinion:
    """How much of a file the slow outside referee (pyx12, some 900 members a second) is shown; our checks read all."""

    whole_up_to: int | None = None  # transaction sets: up to so many, all of them; None: always all
    seconds: float = 10.0  # for a larger file: all sets that are begun in that time, spread over the file, at least one
    processes: int = 1

    def whole(self, sets: int) -> bool:
        """Whether a file of so many sets is judged whole, however long that takes."""
        return self.whole_up_to is None or sets <= self.whole_up_to

    def shared(self, files: Iterable[int]) -> SecondOpinion:
        """The same for each of several files, given as numbers of sets: the larger ones share the time."""
        larger = sum(not self.whole(sets) for sets in files)
        return replace(self, seconds=self.seconds / max(larger, 1))


def prove(
    data: bytes, meant: Enrollment, profile: Profile, stamp: Stamp, opinion: SecondOpinion
) -> tuple[str, Enrollment]:
    """Hold the bytes against what went in, the checker's rules and pyx12.

    Counts of members, subscribers and coverages; control numbers; SE, GE and IEA; QTY; semantic rules; the outside
    referee. Returns what was done in words, with how many sets the referee read of how many, and what was read.

    Raises:
        GuardError: names the first thing that is wrong, by segment and rule, never by value.
    """
    again = read(data, end_date=profile.end_date)
    _equal("members", meant.members.height, again.members.height)
    _equal("subscribers", int(meant.members["is_subscriber"].sum()), int(again.members["is_subscriber"].sum()))
    _equal("coverages", meant.coverages.height, again.coverages.height)
    first, sets = again.interchange.row(0, named=True), again.interchange.height
    _equal("ISA13", f"{stamp.interchange_control:09d}", first["isa_control"])
    _equal("GS06", str(stamp.group_control), first["gs_control"])
    _equal("ST02", [f"{stamp.set_control + n:04d}" for n in range(sets)], again.interchange["set_control"].to_list())
    _refuse(pl.concat([again.problems, check(again, profile.of_sent())]))
    # Character set E for every partner: under B pyx12 refuses the ^ that ISA11 must hold. The basic set is our check.
    processes = opinion.processes if sets > _QUICK else 1
    effort = Effort(seconds=None if opinion.whole(sets) else opinion.seconds, processes=processes)
    verdict = referee(data, "E", effort, profile.deviations)
    _refuse(verdict.problems)
    if not verdict.valid:
        raise GuardError("the 834 is refused by pyx12", hint="build it again after the source is corrected")
    read_by = f"{verdict.sets_checked} of {verdict.sets_total} transaction sets"
    return f"read back, held against its members, {read_by} judged by pyx12", again


def set_numbers(meant: Enrollment, profile: Profile, again: Enrollment, stamp: Stamp) -> pl.DataFrame:
    """In which set each member stands: member_key, set_control (ST02).

    Args:
        meant: what was written.
        profile: the partner's terms; by them the members have the order of the file.
        again: the same file, read: the n-th member here is the n-th there.
        stamp: the file's numbers.
    """
    keys = prepare(meant, profile).members["member_key"]
    numbers = stamp.set_control - 1 + again.members["set_no"]
    return pl.DataFrame({"member_key": keys, "set_control": numbers.cast(pl.Int64)})


def _equal(what: str, meant: object, found: object) -> None:
    if meant != found:
        raise GuardError(
            f"the 834 does not say what it was made of: {what} {meant} went in, {found} are in the bytes",
            hint="nothing was registered; report this with the profile of the partner",
        )


def _refuse(found: pl.DataFrame) -> None:
    wrong = found.filter(pl.col("severity") == ERROR)
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        raise GuardError(
            f"the 834 was refused: {row['message']}",
            where=f"rule {row['rule']}, segment {row['line']}, {wrong.height} findings in all",
            hint=row["hint"] or "",
        )
