"""What a vendor and we agreed on about telling who is covered: the table [enrollment] of its profile.

Belongs here: when which file goes, what an end means for a file, what an answer is worth, when a file is held for a
person. How a file looks stands in [edi834], or in the layout that `format` names.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Files = Literal["full", "change", "change_and_audit"]
Purpose = Literal["full", "change", "audit"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=1100)]

EDI834 = "edi834"
_AUDITED: tuple[Weekday, ...] = ("sunday",)
_ANY_DAY = dt.date(2000, 1, 1)
_WEEK: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class VendorTerms(BaseModel):
    """How a vendor is told who is covered. Frozen; every key may be left out.

    `files`: full ones; or a change file when something changed; or change files and full ones to compare with
    (BGN08 4), before each of which goes a change file.
    `full_weekdays`, `full_days` (of the month, 31: its last): when a full file is due, whether it is loaded or compared
    with. Neither: every night, and on Sundays where it is compared with. `change_weekdays`: when a change file is due;
    none: every night. What changes on other days is told by the next file that is due.
    `termination`: what a full file says of ended coverage: `window` repeats it for `termination_days`; `once` says it
    until the vendor has taken it; `omission` never says it, absence ends. A change file says an end until it is taken.
    `starts_ahead_days`: a coverage that begins later is not told yet.
    `retro_days`: a change of what the vendor holds that takes effect more than so many days ago waits for a person;
    until then a full file says what the vendor holds; none: any may go.
    `answer_hours`: counted from the end of the day on which a file was sent; then a missing answer is an alarm. 0: this
    vendor never answers, so that what was sent counts as heard. Left out: 48 for an 834, 0 for a layout of its own.
    `unanswered`: what a change file does while an earlier one is open: `repeat` what is on its way, so that nothing
    waits for an answer; or `wait` until it is answered.
    `resubmission`: a file that tells again what a refused one held says so (BGN01 15 and BGN06).
    The guard holds a file for a person's reason when it ends more than `most_terminations_percent` of the people whom
    the vendor holds, or a full file has more than `most_shrinkage_percent` fewer of them; fewer than `guard_from`
    people are not worth asking.
    `roster`: the layout (TOML) of the lists that this vendor sends of whom it holds; none: they are 834s.
    `usage`: T in test, P in production; none: what [edi834] says. A partner in test gets invented people only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    files: Files = "full"
    format: str = EDI834  # or the path of a layout (TOML), counted from the profile's folder
    folder: Path | None = Field(default=None, exclude=True)  # of the profile; never written in it
    full_weekdays: tuple[Weekday, ...] = ()
    full_days: tuple[Annotated[int, Field(ge=1, le=31)], ...] = ()
    change_weekdays: tuple[Weekday, ...] = ()
    termination: Literal["once", "window", "omission"] = "window"
    termination_days: Days = 60
    starts_ahead_days: Days = 31
    retro_days: Days | None = None
    answer_hours: Annotated[int, Field(ge=0, le=24 * 60)] | None = None
    unanswered: Literal["repeat", "wait"] = "repeat"
    resubmission: bool = False
    most_terminations_percent: Percent = 10
    most_shrinkage_percent: Percent = 10
    guard_from: Annotated[int, Field(ge=1)] = 10
    roster: str | None = None
    usage: Literal["T", "P"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.files != "full" and self.termination == "omission":
            raise ValueError("termination: a change file can't end coverage by leaving it out; say once or window")
        if self.files == "change" and (self.full_weekdays or self.full_days):
            raise ValueError("full_weekdays, full_days: with files = change no full file ever goes")
        if self.files == "full" and self.change_weekdays:
            raise ValueError("change_weekdays: with files = full no change file ever goes")
        if self.termination == "window" and self.termination_days < (apart := self._days_apart()) - 1:
            raise ValueError(f"termination_days: files go {apart} days apart, so look back {apart - 1} days at least")
        if self.unanswered == "wait" and self.answered_within is None:
            raise ValueError("unanswered: there is no answer to wait for when answer_hours is 0")
        return self

    def purposes(self, day: dt.date) -> tuple[Purpose, ...]:
        """The files of this business date, in the order in which they are numbered; often none."""
        weekday, month_ends = _WEEK[day.weekday()], (day + dt.timedelta(days=1)).day == 1
        named = any(day.day == asked or (month_ends and asked > day.day) for asked in self.full_days)
        if self.files == "full":
            nightly = not self.full_weekdays and not self.full_days
            return ("full",) if nightly or named or weekday in self.full_weekdays else ()
        weekdays = self.full_weekdays or (() if self.full_days else _AUDITED)
        if self.files == "change_and_audit" and (named or weekday in weekdays):
            return ("change", "audit")
        return ("change",) if not self.change_weekdays or weekday in self.change_weekdays else ()

    def _days_apart(self) -> int:
        """The most days between two files, in years of any kind."""
        due = [n for n in range(400) if self.purposes(_ANY_DAY + dt.timedelta(days=n))]
        return max(after - before for before, after in pairwise(due))

    @property
    def answered_within(self) -> int | None:
        """Hours after which a missing answer is an alarm; None: none is ever sent."""
        hours = self.answer_hours if self.answer_hours is not None else 48 if self.layout is None else 0
        return hours or None

    @property
    def layout(self) -> Path | None:
        """The layout of this vendor's own files; None when it takes the 834."""
        return None if self.format == EDI834 else self.beside(self.format)

    def beside(self, path: str | None) -> Path | None:
        """A path that the terms name, counted from the profile's folder."""
        return None if path is None else (self.folder or Path()) / path
