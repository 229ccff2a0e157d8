"""The commands `memo`, `consent` and `account` over a real record, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.billing.memos import post_memos
from assets.billing.steps import charge
from assets.steps import run_step
from formats.errors import GuardError, SettingsError
from pipelines.cli import receivables
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.record import Record
from tests.support.seed import ONE_MEMBER, night, seed


@pytest.fixture
def run(record: Record, logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Any:
    """Runs a command and gives the object it prints."""
    seed(record, **ONE_MEMBER)
    run_step(record, night(record), "billing.charges", charge)
    desk = Desk(Home(tmp_path), logins=logins)
    monkeypatch.setattr(receivables, "open_desk", lambda: desk)

    def call(name: str, words: str) -> Any:
        getattr(receivables, name).main([*words.split(), "--json"], standalone_mode=False)
        return json.loads(capfd.readouterr().out)

    return call


def test_a_memo_above_the_limit_is_asked_for_allowed_posted_seen_and_taken_back(run: Any, record: Record) -> None:
    made = run("memo", "HARBOR --line 1 --kind credit --amount 120.00 --as ann --reason agreed")
    assert [m["needs_approval"] for m in made["memos"]] == [True]
    with pytest.raises(GuardError, match="who asked"):
        run("consent", "HARBOR memo 1 --as ANN")
    with pytest.raises(GuardError, match="a refusal a reason"):
        run("consent", "HARBOR memo 1 --as bob --refuse")
    assert run("consent", "HARBOR memo 1 --as bob")["granted"]
    run_step(record, night(record), "billing.memos", post_memos)
    shown = run("account", "HARBOR --member M1 --date 2026-10-02")
    assert shown["charges"][0]["amount_cents"] == 37240 - 12000
    assert shown["balance_cents"] == 2 * 37240 - 12000
    back = run("memo", "HARBOR --reverse 1 --as ann --reason mistake")
    assert back["memos"][0]["amount_cents"] == 12000
    with record.step("look", run_no=0, companies=[1], business_date=night(record).business_date) as tx:
        acts = tx.select("SELECT actor, action FROM audit.action ORDER BY action_no").rows()
    assert acts == [("ann", "credit memo"), ("bob", "consent to memo"), ("ann", "reverse memo")]


def test_what_is_no_memo_is_refused_in_words(run: Any) -> None:
    for words, error, said in (
        ("HARBOR --line 1 --kind credit --amount 372.41 --as ann --reason x", GuardError, "more than is left"),
        ("HARBOR --line 1 --kind credit --amount -1 --as ann --reason x", GuardError, "above zero"),
        ("HARBOR --line 1 --invoice 1 --kind credit --amount 1 --as ann --reason x", GuardError, "one line or"),
        ("HARBOR --kind credit --amount 1 --as ann --reason x", GuardError, "one line or"),
        ("HARBOR --line 1 --as ann --reason x", GuardError, "kind and amount"),
        ("HARBOR --reverse 1 --line 1 --as ann --reason x", GuardError, "as it is"),
        ("NOBODY --line 1 --kind credit --amount 1 --as ann --reason x", SettingsError, "no company"),
    ):
        with pytest.raises(error, match=said):
            run("memo", words)
