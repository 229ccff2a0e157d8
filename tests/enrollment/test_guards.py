"""What a file is held for, and who must never be in it, against a real database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from formats.errors import GuardError
from pipelines.vendors import allow_retro
from tests.enrollment.exchange import Vendor, World, actions, change, many
from tests.support.seed import DAY


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
