"""Nights that were missed and are run late, in order, give what they would have given on time.

Two installations that were one until the first night's answers lay ready. On time: each night on its day, the answers
taken in on theirs. Late: the answers come in while nights are missing, so those nights must not know of them.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from pipelines.approvals import approve_checked
from pipelines.nights import house, summary
from pipelines.runner import Runner
from pipelines.simulate import answer
from resources.home import Home
from tests.night.conftest import fresh_database
from tests.night.test_night import contents, reports
from tests.support.digest import digest
from tests.support.world import SCRIPT, World, morning, new_world, twin_world

BOOK = "north"
# With these the bank returns, stops and corrects accounts, and vendors reject files.
SEEDS = {"bank": 3, "vendor": 12}
MISSED = [SCRIPT.date + dt.timedelta(days=1), SCRIPT.answered_on, SCRIPT.settled_on]


@dataclass
class Both:
    on_time: World
    late: World


def nights(runner: Runner, days: list[dt.date]) -> None:
    for day in days:
        runner.night(day, BOOK)


def facts(world: World) -> dict[str, str]:
    return digest(world.desk.record, house(world.desk), journals_by_name=True)


@pytest.fixture(scope="module")
def both(server_home: Home) -> Iterator[Both]:
    first, second = (f"backfill_{name}_{os.getpid()}" for name in ("on_time", "late"))
    with new_world(fresh_database(server_home, first)) as on_time:
        with on_time.runner() as runner:
            nights(runner, [SCRIPT.date])
            approve_checked(runner.desk, SCRIPT.date, "second person")
            runner.desk.as_of = morning(SCRIPT.date)
            runner.release(SCRIPT.date, BOOK)
            runner.report(SCRIPT.date, BOOK)
            for who, seed in SEEDS.items():
                answer(runner.desk, who, SCRIPT.answered_on, seed)
        with twin_world(on_time, fresh_database(server_home, second, copy_of=first)) as late:
            with on_time.runner() as runner:
                nights(runner, MISSED[:1])
                runner.inbound(SCRIPT.answered_on)
                nights(runner, MISSED[1:])
            with late.runner() as runner:
                runner.inbound(SCRIPT.answered_on)
                nights(runner, MISSED)
            yield Both(on_time, late)


def test_what_came_in_meanwhile_could_have_changed_the_missed_nights(both: Both) -> None:
    """Or the tests below would hold of steps that look at everything they can see."""
    with both.late.desk.record.step("t", run_no=0, companies=house(both.late.desk), business_date=SCRIPT.date) as tx:
        count = tx.select(
            "SELECT (SELECT count(*) FROM returns.returned) AS returned,"
            " (SELECT count(*) FROM returns.account_stop) AS stops,"
            " (SELECT count(*) FROM returns.notice WHERE account_id IS NOT NULL) AS versions,"
            " (SELECT count(*) FROM exchange.event WHERE state = 'rejected') AS rejected,"
            " (SELECT count(*) FROM banking.settlement) AS settled,"
            " (SELECT count(*) FROM payments.attempt WHERE attempt_no > 1) AS retries"
        ).row(0, named=True)
    assert all(count.values()), count


def test_nights_made_up_for_in_order_give_the_same_record(both: Both) -> None:
    on_time, late = facts(both.on_time), facts(both.late)
    assert {t for t in on_time if on_time[t] != late[t]} == set()
    assert len(on_time) > 30


def test_and_the_same_files_and_reports(both: Both) -> None:
    assert contents(both.late) == contents(both.on_time)
    assert reports(both.late) == reports(both.on_time)


def test_a_night_run_again_after_later_ones_appends_nothing(both: Both) -> None:
    before, files, papers = facts(both.late), contents(both.late), reports(both.late)
    with both.late.runner() as runner:
        again = runner.night(SCRIPT.date, BOOK)
    assert summary(both.late.desk, SCRIPT.date, BOOK, again.run_id)["rows_appended"] == 0
    assert facts(both.late) == before
    assert contents(both.late) == files
    assert reports(both.late) == papers
