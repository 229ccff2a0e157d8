"""The same histories over a real record, where a night looks only at what may have changed; 32 nights at once."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any

import polars as pl
import pytest
from psycopg import sql

from assets.billing.steps import charge
from assets.steps import open_run, run_step
from resources.database import Logins, connect
from resources.record import Record
from tests.billing.test_any_order import OnFrames, played
from tests.support.scenario import LAST, NIGHTS, Act, Row, Scenario, balances, play, scenario
from tests.support.seed import _DEFAULTS, seed

PROCESSES, THREADS = 4, 8


class OnRecord:
    """Plays on PostgreSQL: changes are statements of other programs, nights are the step itself."""

    def __init__(self, record: Record, logins: Logins, made: Scenario) -> None:
        self.record, self.logins = record, logins
        people = {s["person_id"] for t in (made.tables, _later(made)) for s in t["master.subscription"]}
        named = {t.replace(".", "__"): rows for t, rows in made.tables.items() if not t.startswith("billing.")}
        # Everybody has a spouse, so that either tier fits.
        covered = [_spouse_of(s) for s in made.tables["master.subscription"]]
        seed(
            record,
            **{
                "master__book": [{}],
                "master__vendor": [{}],
                "master__agent": [{}],
                "master__person": [
                    row
                    for n in sorted(people)
                    for row in (
                        {"person_id": n, "code": f"M{n}"},
                        {"person_id": 1000 + n, "code": f"D{n}", "subscriber_id": n, "relationship": "spouse"},
                    )
                ],
                **{t: [_full(r) for r in rows] for t, rows in named.items() if rows},
                "master__covered": covered,
            },
        )

    def change(self, acts: list[Act]) -> None:
        """One transaction, as intake makes one per file."""
        with connect(self.logins.runtime) as session, session.transaction():
            session.execute("SELECT set_config('daybook.companies', '{1}', true)")
            for act in acts:
                for statement, values in _statements(act):
                    session.execute(statement, values)

    def night(self, day: dt.date) -> None:
        """The step, like every night."""
        run = open_run(self.record, job="night", book="north", business_date=day)
        assert not run_step(self.record, run, "billing.charges", charge).set_aside

    def lines(self) -> pl.DataFrame:
        """Everything booked."""
        with self.record.step("look", run_no=0, companies=[1], business_date=LAST) as tx:
            return tx.select("SELECT * FROM billing.line ORDER BY line_id").drop("booked_at", "run_no")


def _later(made: Scenario) -> dict[str, list[Row]]:
    return {"master.subscription": [a.values for acts in made.changes for a in acts if "product_id" in a.values]}


def _spouse_of(sub: Row) -> Row:
    return {"company_id": 1, "subscription_id": sub["subscription_id"], "person_id": 1000 + sub["person_id"]}


def _full(row: Row) -> Row:
    return {"company_id": 1, "reason": "leave", **row} if "from_date" in row else row


def _statements(act: Act) -> list[tuple[sql.Composed, list[Any]]]:
    """The SQL of one act; a new subscription comes with its dependent."""
    table = sql.Identifier(*act.table.split("."))
    names = [sql.Identifier(c) for c in act.values]
    given = list(act.values.values())
    if act.where:
        keys = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(c)) for c in act.where)
        if not act.values:
            return [(sql.SQL("DELETE FROM {} WHERE {}").format(table, keys), list(act.where.values()))]
        parts = sql.SQL(", ").join(sql.SQL("{} = %s").format(n) for n in names)
        return [(sql.SQL("UPDATE {} SET {} WHERE {}").format(table, parts, keys), given + list(act.where.values()))]
    row = {**_DEFAULTS.get(act.table, {}), **_full(act.values)}
    if act.table not in {"master.price"}:
        row["company_id"] = 1
    if act.table.startswith("billing."):
        row["run_no"] = 1
    made = [_insert(act.table, row)]
    if act.table == "master.subscription":
        made.append(_insert("master.covered", _spouse_of(act.values)))
    return made


def _insert(table: str, row: Row) -> tuple[sql.Composed, list[Any]]:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
    )
    return statement, list(row.values())


@pytest.mark.parametrize("number", [0, 1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 25))])
def test_the_order_of_nights_does_not_matter_to_the_record(record: Record, logins: Logins, number: int) -> None:
    made = scenario(number)
    player = OnRecord(record, logins, made)
    play(player, made, made.in_disorder())
    straight = played(made, OnFrames, made.in_order())
    assert balances(player.lines()) == balances(straight.world.recorded)
    before = player.lines()
    for day in NIGHTS:
        player.night(day)
    assert player.lines().equals(before)


def nights_at_once(logins: Logins) -> list[bool]:
    """Eight runs of the same night in threads of one process: whether each booked something."""
    record = Record(logins.runtime)

    def one(_: int) -> bool:
        run = open_run(record, job="night", book="north", business_date=LAST)
        outcome = run_step(record, run, "billing.charges", charge)
        assert not outcome.set_aside
        return bool(outcome.rows)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


def test_thirty_two_runs_of_the_same_night_make_exactly_one_set_of_lines(record: Record, logins: Logins) -> None:
    made = scenario(3)
    player = OnRecord(record, logins, made)
    player.night(NIGHTS[1])
    for acts in made.changes:
        player.change(acts)
    # Programs of their own, as several machines would be; each with several runs at once.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        booked = [b for part in pool.map(nights_at_once, [logins] * PROCESSES) for b in part]
    assert len(booked) == PROCESSES * THREADS == 32
    assert booked.count(True) == 1
    alone = OnFrames(made)
    play(alone, made, [[NIGHTS[1]], [], [LAST]])
    lines = player.lines()
    assert lines.height == alone.world.recorded.height
    assert balances(lines) == balances(alone.world.recorded)
    assert lines["line_id"].to_list() == list(range(1, lines.height + 1))
