"""What a file is held for, and who must never be in it, against a real database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from formats.edi834 import read
from formats.errors import GuardError
from pipelines.vendors import allow_retro
from tests.enrollment.exchange import Vendor, World, actions, change, many
from tests.support.seed import DAY

EVERGREEN = Path(__file__).parent / "layouts" / "evergreen.toml"


@pytest.mark.parametrize(
    ("files", "ended", "asked"),
    [("change", 3, 3), ("change", 2, 0), ("full", 3, 3), ("full", 2, 0)],
)
def test_too_many_ends_need_a_reason(vendor: Callable[..., Vendor], files: str, ended: int, asked: int) -> None:
    them = vendor(many(20), files=files, most_terminations_percent=10, most_shrinkage_percent=10, guard_from=2)
    them.run()
    them.send()
    them.answer(1)
    change(them.record, f"UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id <= {ended}")
    assert them.run().totals["files_held"] == (1 if asked else 0)
    assert them.look("SELECT questions FROM exchange.file WHERE file_id = 2") == [(asked,)]
    if asked:
        words = them.look("SELECT detail FROM exchange.event WHERE file_id = 2 AND state = 'checked'")[0][0]
        assert words.startswith("ends 3 of the 20 people the vendor holds, more than 10 percent")
        with pytest.raises(GuardError, match=r"3 .* be asked about"):
            them.send()
    them.send(reason="the group moved to another vendor" if asked else "")


@pytest.mark.parametrize(("bad", "asked"), [(3, 3), (2, 0)])
@pytest.mark.parametrize("form", ["edi834", str(EVERGREEN)])
def test_families_left_out_of_a_full_file_are_missing_in_it(
    vendor: Callable[..., Vendor], form: str, bad: int, asked: int
) -> None:
    them = vendor(many(20), files="full", format=form, termination="omission", answer_hours=24, guard_from=2)
    them.run()
    them.send()
    them.tell(1, "acknowledged") if form != "edi834" else them.answer(1)
    spoiled = "last_name = repeat('x', 70)"
    change(them.record, f"UPDATE master.person SET {spoiled} WHERE person_id <= {bad}")
    out = them.run()
    assert (out.totals["families_left_out"], out.totals["files_held"]) == (bad, 1 if asked else 0)
    ((detail, questions),) = them.look(
        "SELECT e.detail, f.questions FROM exchange.event e JOIN exchange.file f USING (company_id, file_id) "
        "WHERE file_id = 2 AND state = 'checked'"
    )
    assert questions == asked
    assert detail.startswith("17 people covered after 20 before, more than 10 percent fewer") == bool(asked)


def test_a_change_too_old_waits_for_a_person(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="change", retro_days=30)
    them.run()
    assert them.look("SELECT 1 FROM audit.quarantine") == []  # a first population is not asked about
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET start_date = '2026-07-01' WHERE subscription_id = 1")
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 2")
    out = them.run()
    assert (out.totals["members"], out.totals["changes_waiting"]) == (1, 1)
    ((subject, rule),) = them.look("SELECT subject, rule FROM audit.quarantine")
    assert (subject, rule) == ("evergreen: member M1, from 2026-07-01", "enrollment.retro")
    them.send()
    them.answer(2)
    desk: Any = SimpleNamespace(record=them.record, vault=them.vault, partners=them.partners)
    asked = {"company": "HARBOR", "member": "M1", "effective": dt.date(2026, 7, 1), "actor": "rita"}
    with pytest.raises(GuardError, match="needs a reason"):
        allow_retro(desk, "evergreen", **asked, reason=" ")
    with pytest.raises(GuardError, match="nothing of member M2 waits"):
        allow_retro(desk, "evergreen", **asked | {"member": "M2"}, reason="agreed on the phone")
    allow_retro(desk, "evergreen", **asked, reason="agreed on the phone", business_date=DAY + dt.timedelta(them.day))
    assert them.look("SELECT actor, action FROM audit.action ORDER BY 2")[0] == ("rita", "allow retro")
    them.run()
    assert [r[:2] for r in actions(them.bytes_of(3))] == [("ANN", "001")]


@pytest.mark.parametrize("termination", ["window", "omission"])
def test_what_is_too_old_stands_in_a_full_file_as_the_vendor_holds_it(
    vendor: Callable[..., Vendor], termination: str
) -> None:
    them = vendor(many(4), files="full", termination=termination, retro_days=30)
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET end_date = '2026-09-02' WHERE subscription_id = 1")
    change(them.record, "UPDATE master.subscription SET start_date = '2026-07-01' WHERE subscription_id = 2")
    change(them.record, "UPDATE master.subscription SET tier = 'ESP' WHERE subscription_id = 3")
    them.day = 33  # 3 November
    out = them.again()
    assert (out.totals["members"], out.totals["changes_waiting"], out.totals["coverage_changes"]) == (4, 2, 1)
    held = read(them.bytes_of(2)).coverages.select("begin", "end", "tier")
    begin = dt.date(2026, 9, 1)
    assert held.rows() == [(begin, None, "EMP"), (begin, None, "EMP"), (begin, None, "ESP"), (begin, None, "EMP")]
    assert [s for (s,) in them.look("SELECT subject FROM audit.quarantine ORDER BY 1")] == [
        "evergreen: member M1, from 2026-09-02", "evergreen: member M2, from 2026-07-01",
    ]  # fmt: skip


@pytest.mark.parametrize(("usage", "test"), [("T", False), ("P", True)])
def test_real_members_never_go_to_a_partner_in_test_nor_invented_ones_to_production(
    vendor: Callable[..., Vendor], family: World, usage: str, test: bool
) -> None:
    them = vendor(family(master__company=[{"test": test}]), {"usage": usage}, files="full")
    assert them.run().totals["files"] == 0
    ((subject, rule),) = them.look("SELECT subject, rule FROM audit.quarantine")
    assert (subject, rule) == ("evergreen: company HARBOR", "enrollment.test_partner")
    them.more["usage"] = "T" if test else "P"
    assert them.again().totals["files"] == 1
    assert f"*{them.more['usage']}*:~".encode() in them.bytes_of(1)
