"""Vendors that are not due a file each night, against a real database: none goes, and the next one tells everything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from formats.edi834 import read
from tests.enrollment.exchange import Vendor, change, many
from tests.support.seed import DAY, seed

FILES = "SELECT business_date FROM exchange.file ORDER BY file_id"
MONDAYS: tuple[dict[str, Any], ...] = (
    {"files": "full", "full_weekdays": ("monday",)},
    {"files": "full", "full_weekdays": ("monday",), "termination_days": 6},
    {"files": "full", "full_days": (5, 12), "termination": "once"},
    {"files": "change", "change_weekdays": ("monday",)},
    {"files": "change", "change_weekdays": ("monday",), "termination_days": 6, "unanswered": "wait"},
)


@pytest.mark.parametrize("terms", MONDAYS)
def test_what_changes_between_two_files_is_told_by_the_next(
    vendor: Callable[..., Vendor], terms: dict[str, Any]
) -> None:
    them = vendor(many(6), **terms)
    due = {dt.date(2026, 10, 5), dt.date(2026, 10, 12)}
    between = {
        6: "UPDATE master.subscription SET end_date = '2026-10-07' WHERE subscription_id = 1",
        7: "UPDATE master.person SET city = 'Bath' WHERE person_id = 2",
        8: "UPDATE master.subscription SET end_date = '2026-10-08' WHERE subscription_id = 3",
        9: "UPDATE master.subscription SET end_date = NULL WHERE subscription_id = 3",
    }
    for number in range(2, 13):
        day = dt.date(2026, 10, number)
        if number in between:
            change(them.record, between[number])
        if number == 6:
            began = {"start_date": day - dt.timedelta(days=1), "end_date": day}  # after the last file
            seed(
                them.record,
                master__person=[{"person_id": 7, "code": "M7", "last_name": "Sample7"}],
                master__subscription=[{"subscription_id": 7, "code": "S7", "person_id": 7, **began}],
            )
        assert them.run().totals["files"] == (1 if day in due else 0)
        if day in due:
            them.send()
            them.answer(them.last)
    assert [day for (day,) in them.look(FILES)] == sorted(due)
    told = "SELECT person_id, covered, coverage_end FROM enrollment.member_state WHERE file_id = 2 ORDER BY 1"
    assert them.look(told) == [
        (1, False, dt.date(2026, 10, 7)), (2, True, None), (7, False, dt.date(2026, 10, 6)),
    ]  # fmt: skip


def test_a_change_file_that_waits_for_approval_stands_until_the_next_one_is_due(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="change", change_weekdays=("friday",))
    states = "SELECT file_id, state FROM exchange.event ORDER BY file_id, event_no"
    assert them.run().totals["files"] == 1  # 2 October
    for _ in range(6):
        assert them.run().rows == {}
    assert them.look(states) == [(1, "built"), (1, "checked")]
    assert them.run().totals["files"] == 1
    assert them.look(states) == [(1, "built"), (1, "checked"), (1, "void"), (2, "built"), (2, "checked")]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"termination": "omission"}, ["M3"]),
        ({"termination": "window", "termination_days": 29}, ["M3"]),
        ({"termination": "window", "termination_days": 30}, ["M1", "M3"]),
        ({"termination": "window", "termination_days": 31}, ["M1", "M2", "M3"]),
        ({"termination": "once"}, ["M1", "M2", "M3"]),
    ],
)
def test_how_far_back_a_full_file_says_what_ended(
    vendor: Callable[..., Vendor], terms: dict[str, Any], told: list[str]
) -> None:
    world = many(3)
    for held, ago in zip(world["master__subscription"], (30, 31), strict=False):
        held["end_date"] = DAY + dt.timedelta(days=1 - ago)
        held["start_date"] = dt.date(2026, 1, 1)
    them = vendor(world, **terms)
    them.run()
    assert read(them.bytes_of(1)).members["subscriber_id"].to_list() == told


def test_the_oldest_change_that_needs_nobody_is_as_old_as_the_limit(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="change", retro_days=60)
    them.run()
    them.send()
    them.answer(1)
    today = DAY + dt.timedelta(days=2)
    for number, ago in ((1, 60), (2, 61)):
        day = today - dt.timedelta(days=ago)
        change(them.record, f"UPDATE master.subscription SET start_date = '{day}' WHERE subscription_id = {number}")
    assert them.run().totals["changes_waiting"] == 1
    assert them.look("SELECT person_id FROM enrollment.member_state WHERE file_id = 2") == [(1,)]
    assert them.look("SELECT subject FROM audit.quarantine")[0][0].startswith("evergreen: member M2, from")


@pytest.mark.parametrize("files", ["full", "change"])
def test_a_night_made_up_for_after_a_later_one_tells_nothing_of_the_past(
    vendor: Callable[..., Vendor], files: str
) -> None:
    them = vendor(many(6), files=files)
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET start_date = '2026-10-05' WHERE subscription_id = 1")
    them.run(4)
    later = them.last
    assert later == 2
    them.day -= 2
    assert them.again().rows == {}  # it would take back what the later one told
    them.tell(later, "void")
    assert them.again().totals["files"] == 1  # unless that one never left
