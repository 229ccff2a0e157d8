"""When a vendor is due which file, and terms that can't be kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from resources.vendor_terms import VendorTerms

SUNDAY = dt.date(2026, 2, 1)
WEEK = "SMTWTFS"


def week(**terms: Any) -> str:
    """What is due from Sunday, 1 February 2026 on: full, change, audit (which a change file goes before), nothing."""
    marks = {(): ".", ("full",): "f", ("change",): "c", ("change", "audit"): "A"}
    found = VendorTerms(**terms)
    return "".join(marks[found.purposes(SUNDAY + dt.timedelta(days=n))] for n in range(len(WEEK)))


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        ({}, "fffffff"),
        ({"full_weekdays": ("monday", "friday")}, ".f...f."),
        ({"full_days": (3,), "termination": "omission"}, "..f...."),
        ({"full_days": (3,), "full_weekdays": ("monday",)}, ".ff...."),
        ({"files": "change"}, "ccccccc"),
        ({"files": "change", "change_weekdays": ("tuesday", "wednesday")}, "..cc..."),
        ({"files": "change_and_audit"}, "Acccccc"),
        ({"files": "change_and_audit", "full_days": (4,)}, "cccAccc"),
        ({"files": "change_and_audit", "full_weekdays": ("friday",), "full_days": (1,)}, "AccccAc"),
        ({"files": "change_and_audit", "full_days": (4,), "change_weekdays": ("friday",)}, "...A.c."),
    ],
)
def test_what_is_due_on_which_day(terms: dict[str, Any], due: str) -> None:
    assert week(**terms) == due


@pytest.mark.parametrize(("asked", "due"), [(31, [31, 28, 31, 30]), (30, [30, 28, 30, 30]), (1, [1, 1, 1, 1])])
def test_a_day_that_a_month_has_not_is_its_last(asked: int, due: list[int]) -> None:
    terms = VendorTerms(full_days=(asked,))
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(120)]
    assert [day.day for day in days if terms.purposes(day)] == due


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"files": "change", "termination": "omission"}, "can't end coverage by leaving it out"),
        ({"unanswered": "wait", "answer_hours": 0}, "no answer to wait for"),
        ({"fils": "full"}, "fils"),
        ({"full_weekdays": ("mondays",)}, "full_weekdays"),
        ({"full_days": (0,)}, "full_days"),
        ({"files": "change", "full_days": (1,)}, "no full file ever goes"),
        ({"files": "change", "full_weekdays": ("monday",)}, "no full file ever goes"),
        ({"files": "full", "change_weekdays": ("monday",)}, "no change file ever goes"),
        ({"full_weekdays": ("monday",), "termination_days": 5}, "files go 7 days apart, so look back 6 days at least"),
        ({"full_days": (31,), "termination_days": 29}, "files go 31 days apart, so look back 30 days at least"),
    ],
)
def test_terms_that_contradict_each_other_are_refused(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        VendorTerms(**terms)


def test_looking_back_from_file_to_file_is_enough() -> None:
    assert VendorTerms(termination_days=0).termination_days == 0
    assert VendorTerms(full_weekdays=("monday",), termination_days=6).termination_days == 6
    assert VendorTerms(full_weekdays=("monday",), termination_days=0, termination="once").termination == "once"
