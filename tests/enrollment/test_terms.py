"""What a vendor agreed on, against a real database: which files, what an end means, layouts of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from formats.edi834 import read
from formats.errors import SettingsError
from tests.enrollment.exchange import Vendor, change, many
from tests.support.seed import DAY


def test_audits_come_on_their_days_and_move_nothing(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change_and_audit", full_weekdays=("monday",), full_days=(31,))
    days = [DAY + dt.timedelta(n) for n in range(32)]
    audited = [d for d in days if "audit" in them.terms.purposes(d)]
    assert audited == [d for d in days if d.weekday() == 0 or d.day == 31]
    them.run(4)  # Monday, 5 October
    assert them.look("SELECT purpose, sequence, name FROM exchange.file ORDER BY file_id") == [
        ("change", 1, "HARBOR_edi834_20261005_01.txt"), ("audit", 19, "HARBOR_edi834_20261005_19.txt"),
    ]  # fmt: skip
    audit = read(them.bytes_of(2))
    assert audit.interchange["action"].to_list() == ["4"]
    assert audit.members["maintenance_type"].unique().to_list() == ["030"]
    assert them.look("SELECT DISTINCT file_id FROM enrollment.member_state") == [(1,)]
    assert them.again().rows == {}


def test_a_full_file_that_ends_by_omission_leaves_the_ended_out(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="full", termination="omission")
    them.run()
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 2
    assert them.look("SELECT person_id, covered FROM enrollment.member_state WHERE version = 2") == [(1, False)]


def test_an_end_told_once_is_left_out_when_it_was_taken(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="full", termination="once")
    them.run()
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 3
    assert them.run().totals["members"] == 3  # not answered yet
    for file_id in (1, 2):
        them.send(file_id)
        them.answer(file_id)
    assert them.run().totals["members"] == 2


def test_what_is_agreed_on_stands_in_one_place(vendor: Callable[..., Vendor]) -> None:
    them = vendor(None, {"retro": {"days": 60}})
    with pytest.raises((SettingsError, Exception), match="failed for every company") as told:
        them.run()
    assert "retro" in str(told.value)


def test_a_vendor_may_take_a_layout_of_its_own(vendor: Callable[..., Vendor]) -> None:
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    them = vendor(files="change", format=str(layout))
    out = them.run()
    assert (out.totals["files"], out.totals["members"]) == (1, 3)
    data = them.send()
    assert data == (layout.parent / "evergreen_first.csv").read_bytes()
    kind, name, hours = them.look("SELECT kind, name, answer_hours FROM exchange.file")[0]
    assert (kind, name, hours) == ("tabular", "HARBOR_tabular_20261002_01.txt", None)
    assert them.look("SELECT count(*) FROM exchange.control_number") == [(0,)]
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-04'")
    them.run()
    assert them.send() == (layout.parent / "evergreen_ends.csv").read_bytes()
    assert them.run().rows == {}


def test_a_full_file_in_a_layout_without_dates_goes_each_night_though_its_bytes_are_the_same(
    vendor: Callable[..., Vendor],
) -> None:
    them = vendor(format=str(Path(__file__).parent / "layouts" / "evergreen.toml"))
    them.run()
    first = them.send()
    assert them.run().totals["files"] == 1
    assert them.send() == first
    assert them.again().rows == {}
    names = [name for (name,) in them.look("SELECT name FROM exchange.file ORDER BY file_id")]
    assert names == ["HARBOR_tabular_20261002_01.txt", "HARBOR_tabular_20261003_01.txt"]
