"""Schedules: given this clock and these books, expect these nights."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl
import pytest

from assets.partitions import BOOKS, nights_until
from pipelines.schedules import (
    SCHEDULES,
    monthly_close,
    nightly,
    nightly_documents,
    nightly_receivables,
    releases,
    weekly_audit,
)
from resources.desk import Desk
from tests.support.seed import seed

ZONES = {"north": "America/New_York", "south": "America/Los_Angeles"}
TEXT = {"code": pl.String, "time_zone": pl.String}


Due = list[dg.RunRequest]


def desk_of(books: dict[str, str]) -> Any:
    """As much of a desk as a schedule looks at: the books (code: time zone)."""
    frame = pl.DataFrame({"code": list(books), "time_zone": list(books.values())}, schema_overrides=TEXT)
    return SimpleNamespace(record=SimpleNamespace(read={"audit/books": frame}.__getitem__))


@pytest.fixture
def books() -> Any:
    """Two books on two coasts."""
    return desk_of(ZONES)


def tick(schedule: Any, desk: Any, instance: dg.DagsterInstance, at: dt.datetime) -> Due | dg.SkipReason:
    resources = {"desk": desk}
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=at, resources=resources) as context:
        found: Due | dg.SkipReason = schedule(context)
        return found


def hours(first: dt.datetime, days: int) -> Iterator[dt.datetime]:
    return (first + n * dt.timedelta(hours=1) for n in range(24 * days))


def asked(
    schedule: Any, desk: Any, instance: dg.DagsterInstance, when: Iterable[dt.datetime]
) -> list[tuple[dt.datetime, str, str]]:
    """Everything asked for at these times: when, run key, partition."""
    ticks = [(at, tick(schedule, desk, instance, at)) for at in when]
    return [
        (at, str(request.run_key), str(request.partition_key))
        for at, due in ticks
        if not isinstance(due, dg.SkipReason)
        for request in due
    ]


@pytest.mark.parametrize(
    ("first", "days", "repeated"),
    [
        (dt.datetime(2026, 10, 31, 12, tzinfo=dt.UTC), 2, 2),  # clocks fall back on 1 November: 01:00 comes twice
        (dt.datetime(2027, 3, 13, 12, tzinfo=dt.UTC), 2, 0),  # they spring forward on 14 March: no 02:00
        (dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC), 1, 0),  # a bank holiday is a night like any other
    ],
)
def test_each_book_has_one_night_a_day_at_one_of_its_own_clock(
    books: Any, instance: dg.DagsterInstance, first: dt.datetime, days: int, repeated: int
) -> None:
    found = asked(nightly, books, instance, hours(first, days))
    nights = [f"{book}|{first.date() + dt.timedelta(days=n + 1)}" for book in ZONES for n in range(days)]
    keys = Counter(key for _, key, _ in found)
    # Dagster takes a run key once for ever: as many runs as keys.
    assert sorted({partition for _, _, partition in found}) == sorted(nights)
    assert len(keys) == len(nights)
    assert len(found) == len(nights) + repeated
    for at, key, partition in found:
        book = partition.partition("|")[0]
        local = at.astimezone(ZoneInfo(ZONES[book]))
        assert (local.hour, f"{book}|{local.date()}") == (1, partition)
        assert key == f"{local.date()}/01/{book}"
    assert set(instance.get_dynamic_partitions(str(BOOKS.name))) == set(ZONES)


def test_the_other_hours_say_why_nothing_starts(books: Any, instance: dg.DagsterInstance) -> None:
    noon = tick(nightly, books, instance, dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
    assert noon == dg.SkipReason("no book's local hour is 01:00")


def test_a_night_is_always_on_the_grid() -> None:
    # The grid counts from the date in UTC; the furthest inhabited places are 12 hours behind and 14 ahead of it.
    for offset in range(-12, 15):
        zone = dt.timezone(dt.timedelta(hours=offset))
        for utc in hours(dt.datetime(2026, 12, 31, tzinfo=dt.UTC), days=1):
            local = utc.astimezone(zone)
            assert local.hour != 1 or local.date() < utc.date() + dt.timedelta(days=nights_until(utc.date(), None))


def test_releases_leave_twice_a_banking_day_and_never_on_a_holiday(books: Any, instance: dg.DagsterInstance) -> None:
    # Friday 2026-07-03 is a banking day: the Federal Reserve keeps no substitute for a holiday on a Saturday.
    working_hours = [at for at in hours(dt.datetime(2026, 7, 2, tzinfo=dt.UTC), 5) if 12 <= at.hour < 22]
    found = asked(releases, books, instance, working_hours)
    days = Counter((p.partition("|")[0], p.partition("|")[2]) for _, _, p in found)
    # Saturday the 4th (a holiday besides) and Sunday are left out.
    assert days == {(b, f"2026-07-0{d}"): 2 for b in ZONES for d in (2, 3, 6)}
    assert {at.astimezone(ZoneInfo(ZONES[p.partition("|")[0]])).hour for at, _, p in found} == {9, 13}
    # Two a day are two runs.
    assert len({key for _, key, _ in found}) == len(found)


@pytest.mark.parametrize(("schedule", "hour"), [(nightly_documents, 5), (nightly_receivables, 4)], ids=["5", "4"])
def test_documents_and_receivables_follow_the_night_on_the_books_own_clock(
    books: Any, instance: dg.DagsterInstance, schedule: Any, hour: int
) -> None:
    found = asked(schedule, books, instance, hours(dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC), 2))
    assert len(found) == len({key for _, key, _ in found}) == 4
    for at, key, partition in found:
        book, _, date = partition.partition("|")
        local = at.astimezone(ZoneInfo(ZONES[book]))
        assert (local.hour, str(local.date())) == (hour, date)
        assert key == f"{date}/{hour:02d}/{book}"


@pytest.mark.parametrize("holiday", [dt.date(2026, 11, 11), dt.date(2026, 11, 26), dt.date(2026, 12, 25)])
def test_a_bank_holiday_says_so(books: Any, instance: dg.DagsterInstance, holiday: dt.date) -> None:
    nine_in_new_york = dt.datetime.combine(holiday, dt.time(14), dt.UTC)
    held = tick(releases, books, instance, nine_in_new_york)
    assert isinstance(held, dg.SkipReason)
    assert "not a banking day" in str(held.skip_message)


@pytest.mark.parametrize("schedule", [monthly_close, weekly_audit], ids=lambda s: s.name)
def test_every_book_is_closed_and_audited(desk: Desk, instance: dg.DagsterInstance, schedule: Any) -> None:
    rows = [{"book_id": n, "code": c, "time_zone": z} for n, (c, z) in enumerate(ZONES.items(), 1)]
    seed(desk.record, master__book=rows)
    noon = tick(schedule, desk, instance, dt.datetime(2026, 11, 2, 12, tzinfo=dt.UTC))
    assert not isinstance(noon, dg.SkipReason)
    assert [str(r.partition_key) for r in noon] == ["north|2026-11-02", "south|2026-11-02"]


@pytest.mark.parametrize("schedule", SCHEDULES[:-1], ids=lambda s: s.name)
def test_a_house_without_books_skips(instance: dg.DagsterInstance, schedule: Any) -> None:
    nothing = tick(schedule, desk_of({}), instance, dt.datetime(2026, 11, 2, 6, tzinfo=dt.UTC))
    assert isinstance(nothing, dg.SkipReason)
    assert nothing.skip_message
