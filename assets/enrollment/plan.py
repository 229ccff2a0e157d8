"""Which files the vendors are due on a business date, by their terms; and who must not get any."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.enrollment.coverage import Windows
from resources.partners import Partner
from resources.vendor_terms import Purpose, VendorTerms

TEST_RULE = "enrollment.test_partner"
# From which number on a purpose's files of a night count: there are 36, and a layout may split one into several.
SEQUENCES: dict[Purpose, int] = {"full": 1, "change": 1, "audit": 19}
_MILLISECONDS = 60_000  # in a minute
_UNKNOWN = VendorTerms()  # of a vendor without a profile: `profile_for` says so as soon as it has somebody to tell of


@dataclass(frozen=True)
class Task:
    """One company's file to one vendor: `due` is the row of sql/enrollment/due."""

    due: Mapping[str, Any]
    purpose: Purpose
    terms: VendorTerms

    @property
    def company_id(self) -> int:
        """Whose members."""
        return int(self.due["company_id"])

    @property
    def partner(self) -> str:
        """To whom."""
        return str(self.due["partner"])

    @property
    def windows(self) -> Windows:
        """How far this file looks around its day."""
        behind = self.terms.termination_days if self.terms.termination == "window" else Windows.behind
        return Windows(self.terms.starts_ahead_days, behind, for_ever=self.purpose == "change")


def moment(day: dt.date, company_id: int, sequence: int) -> dt.datetime:
    """When a file counts as made: no clock's time, but the business date's, another for each company and sequence.

    One o'clock, a minute for the sequence and a millisecond for the company, an hour more for every 60,000 of them.
    """
    hours, milliseconds = divmod(company_id, _MILLISECONDS)
    return dt.datetime.combine(day, dt.time(1, sequence)) + dt.timedelta(hours=hours, milliseconds=milliseconds)


def tasks(due: pl.DataFrame, partners: Mapping[str, Partner], day: dt.date) -> list[Task]:
    """The files of the day that are not made yet, by partner, company and purpose: the order of control numbers."""
    found = []
    for row in due.sort("partner", "company_id").iter_rows(named=True):
        terms = terms_of(partners, row["partner"])
        made = set(row["made"])
        found += [Task(row, purpose, terms) for purpose in terms.purposes(day) if purpose not in made]
    return found


def terms_of(partners: Mapping[str, Partner], code: str) -> VendorTerms:
    """What was agreed on with this vendor."""
    partner = partners.get(code)
    return _UNKNOWN if partner is None else partner.enrollment


def mismatched(task: Task, partners: Mapping[str, Partner]) -> str | None:
    """Why this company's members must not go to this vendor, in plain words; None: they may.

    A vendor in test (usage T) gets invented people, of companies marked `test`, and one in production real ones.
    """
    partner = partners.get(task.partner)
    if partner is None or (partner.usage == "T") == bool(task.due["test"]):
        return None
    if task.due["test"]:
        return "the company is marked as a test, but the vendor's profile says usage P: invented people never go there"
    return (
        "the vendor's profile says usage T, which gets the members of test companies only: "
        'say usage = "P" when the vendor has taken its tests'
    )
