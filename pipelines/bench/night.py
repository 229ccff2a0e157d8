"""`bench night`: two nights of a large sample through Dagster, step by step, beside a bare COPY of the same rows.

On the first everything is due; on the second its money has become ours, and vendors and agents accrue.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl

from formats.errors import SettingsError
from pipelines.approvals import approve_checked, decide
from pipelines.bench.measure import Bench, Step, peak_rss_mb, timed
from pipelines.cli.output import doing
from pipelines.demo import DEMO_DATE, Script, prepare
from pipelines.nights import books_of, house
from pipelines.runner import Runner
from pipelines.workplace import open_runner
from resources import embedded
from resources.desk import Desk
from resources.home import Home, setting
from resources.record import Record

YARDSTICK = "bare COPY of the rows appended"


def bench_night(members: int) -> Bench:
    """Measure the night of every book of a sample with so many members, in a home of its own that is removed.

    Raises:
        SettingsError: a database is set: the bench's invented people belong in none but its own.
    """
    if setting("DATABASE_URL"):
        raise SettingsError(
            "the bench of the night makes a database of its own", hint="take DAYBOOK_DATABASE_URL away for it"
        )
    base = Path(tempfile.mkdtemp(prefix="daybook-bench-"))
    base.chmod(0o711)
    home = Home(base / "var").make()
    desk = Desk(home)
    script = Script(members, 1, DEMO_DATE)
    out = Bench("night", members)
    try:
        prepare(desk, script)
        with open_runner(desk, script.settled_on) as runner:
            _measure(runner, script, out)
    finally:
        from pipelines.simulate.setup import stop_server  # noqa: PLC0415

        stop_server(home)
        embedded.stop(home.path / "server")
        shutil.rmtree(base, ignore_errors=True)
    out.peak_rss_mb = peak_rss_mb()
    return out


def _measure(runner: Runner, script: Script, out: Bench) -> None:
    subscriptions = runner.desk.record.read("reports/subscription_count", companies=house(runner.desk)).item(0, 0)
    out.steps += _night(runner, script.date, "", int(subscriptions))
    _as_if_sent(runner.desk, script)
    out.steps += _night(runner, script.settled_on, "settling ", int(subscriptions))


def _night(runner: Runner, business_date: dt.date, mark: str, subscriptions: int) -> list[Step]:
    """One night of every book: its steps, summed over the books, and the whole of it."""
    whole = 0.0
    per_step: dict[str, Step] = {}
    for book in books_of(runner.desk):
        with doing(f"night of {business_date}, book {book}"), timed() as clock:
            result = runner.night(business_date, book)
        whole += clock.seconds
        for step in _steps(runner.desk, result):
            before = per_step.get(step.step)
            per_step[step.step] = step if before is None else _sum(before, step)
    steps = [replace(s, step=f"{mark}{s.step}") for s in per_step.values() if s.rows]
    return [*steps, Step(f"{mark}night", subscriptions, whole, YARDSTICK, sum(s.yardstick_seconds for s in steps))]


def _as_if_sent(desk: Desk, script: Script) -> None:
    """Let the drafts stand as delivered by hand: what SFTP costs is not this benchmark's question."""
    for file in approve_checked(desk, script.date, "bench"):
        if file["kind"] == "nacha":
            decide(desk, file["company"], file["file_id"], "sent", actor="bench", reason="benchmark")


def _steps(desk: Desk, result: dg.ExecuteInProcessResult) -> list[Step]:
    run = int(desk.record.read("audit/run_of", orchestrator_run=result.run_id).item(0, "run_no"))
    steps = []
    for event in result.all_events:
        if not event.is_step_materialization:
            continue
        found = event.step_materialization_data.materialization
        shown = {k: v.value for k, v in found.metadata.items()}
        rows, floor = 0, 0.0
        if "tables" in shown:
            records = found.metadata["tables"]
            assert isinstance(records, dg.TableMetadataValue)  # noqa: S101 - assets/nightly.py makes it
            for row in records.records:
                rows += int(str(row.data["rows"]))
                floor += bare_copy(desk, str(row.data["table"]), run)
        steps.append(Step("/".join(found.asset_key.path), rows, float(str(shown["seconds"])), YARDSTICK, floor))
    return steps


def bare_copy(desk: Desk, table: str, run: int) -> float:
    """Seconds to COPY what a run appended to a table into a plain, logged table without keys, checks or policies."""
    owner = Record(desk.logins.owner)
    companies = house(desk)
    with owner.step("bench", run_no=run, companies=companies, business_date=DEMO_DATE) as tx:
        has_run = "run_no" in tx.select(f"SELECT * FROM {table} LIMIT 0").columns  # noqa: S608 - our own table's name
        condition = "WHERE run_no = {run}" if has_run else ""
        rows = tx.select(f"SELECT * FROM {table} {condition}", run=run)  # noqa: S608
        with timed() as clock, tx.connection.cursor() as cursor:
            cursor.adbc_ingest("bare", _plain(rows).to_arrow(compat_level=pl.CompatLevel.oldest()), mode="create")
            tx.connection.commit()
        with tx.connection.cursor() as cursor:
            cursor.execute("DROP TABLE bare")
    return clock.seconds


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.selectors.datetime().dt.cast_time_unit("us"))


def _sum(a: Step, b: Step) -> Step:
    return Step(a.step, a.rows + b.rows, a.seconds + b.seconds, a.yardstick, a.yardstick_seconds + b.yardstick_seconds)
