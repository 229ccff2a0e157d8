"""What a vendor agreed on, against a real database: which files, what an end means, layouts of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from formats.edi834 import read
from formats.errors import DaybookError, GuardError
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import Vendor, actions, change, many
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
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 2
    assert them.look("SELECT person_id, covered FROM enrollment.member_state WHERE version = 2") == [(1, False)]


@pytest.mark.parametrize("form", ["edi834", str(Path(__file__).parent / "layouts" / "evergreen.toml")])
def test_the_last_ones_are_ended_in_words_because_no_file_is_empty(vendor: Callable[..., Vendor], form: str) -> None:
    them = vendor(many(2), files="full", termination="omission", format=form)
    them.run()
    them.send()
    if form == "edi834":
        them.answer(1)
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02'")
    assert them.run().totals["members"] == 2
    ended = them.send()
    assert ended.count(b"*024*") == 4 if form == "edi834" else ended.count(b",T,EG100,") == 2
    assert them.look("SELECT person_id, covered FROM enrollment.member_state WHERE file_id = 2") == [
        (1, False), (2, False),
    ]  # fmt: skip
    if form == "edi834":
        assert them.run().totals["members"] == 2  # until it was taken
        them.answer(2)
    assert them.run().totals["files"] == 0


@pytest.mark.parametrize("files", ["full", "change"])
def test_a_file_nobody_approved_leaves_no_more_when_the_next_is_there(
    vendor: Callable[..., Vendor], files: str
) -> None:
    them = vendor(files="full")
    them.run()
    them.terms = VendorTerms(files=files)
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 1")
    them.run()
    with pytest.raises(GuardError, match="the file is void"):
        them.send(1)
    assert b"N4*BATH*ME" in them.send(2)
    them.answer(2)
    assert them.look("SELECT DISTINCT file_id FROM enrollment.member_state WHERE version = 2") == [(2,)]


def test_a_vendor_goes_from_full_files_to_changes(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="full")
    for _ in range(2):
        them.run()
        them.send()
    them.answer(2)  # on the first one it says nothing yet
    them.terms = VendorTerms(files="change")
    assert them.run().rows == {}
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    them.run()
    assert actions(them.send()) == [("BO", "001", "25", None)]
    them.answer(3)
    fault = {"set_control": "0001", "segment_position": 14, "segment": "N4", "segment_code": "8", "position": 1}
    them.answer(1, pl.DataFrame([fault]))  # a refusal comes late, of what it has taken since
    assert them.run().rows == {}


def test_a_full_file_after_a_refused_change_tells_what_that_one_told(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")
    them.run()
    them.send()
    fault = {"set_control": "0002", "segment_position": 9, "segment": "DTP", "segment_code": "8", "position": 1}
    assert them.answer(2, pl.DataFrame([fault]))["rejected"] == 1
    them.terms = VendorTerms(files="full")
    them.run()
    left = DAY + dt.timedelta(2)  # on the day it was noticed, whatever was refused since
    assert actions(them.send()) == [
        ("ANN", "030", "XN", ["030 EG100 -"]), ("BO", "030", "XN", ["030 EG100 -"]),
        ("CY", "024", "07", [f"024 EG100 {left}"]),
    ]  # fmt: skip
    assert them.look("SELECT person_id FROM enrollment.member_state WHERE file_id = 3") == [(3,)]
    them.answer(3)
    them.terms = VendorTerms(files="change")
    assert them.run().rows == {}


def test_an_end_told_once_is_left_out_when_it_was_taken(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="full", termination="once")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 3
    them.send()
    assert them.run().totals["members"] == 3  # not answered yet
    them.send()
    them.answer(3)  # and the second never will be
    assert them.run().totals["members"] == 2


def test_what_is_agreed_on_stands_in_one_place(vendor: Callable[..., Vendor]) -> None:
    them = vendor(None, {"retro": {"days": 60}})
    with pytest.raises(DaybookError, match=r"failed for every company.*retro"):
        them.run()


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


def test_a_layout_that_asks_for_subscribers_is_none_for_change_files(
    vendor: Callable[..., Vendor], tmp_path: Path
) -> None:
    ours = Path(__file__).parent / "layouts" / "evergreen.toml"
    strict = tmp_path / "strict.toml"
    text = ours.read_text()
    assert 'subscriber = "optional"' in text
    strict.write_text(text.replace('subscriber = "optional"', 'subscriber = "required"'))
    them = vendor(files="change", format=str(strict))
    with pytest.raises(DaybookError, match="takes no dependent without its subscriber"):
        them.run()
    them.terms = VendorTerms(files="full", format=str(strict))
    assert them.run().totals["files"] == 1
