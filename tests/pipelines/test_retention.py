"""Retention: only runs that ended long ago are forgotten, with their events."""

from __future__ import annotations

import datetime as dt

import dagster as dg
from dagster._core.storage.runs.schema import RunsTable

from pipelines.definitions import build


@dg.op
def _nothing() -> None: ...


@dg.job
def _ran() -> None:
    _nothing()


def made(instance: dg.DagsterInstance, days_ago: int) -> str:
    """A finished run that began so many days ago; its id."""
    run_id = _ran.execute_in_process(instance=instance).run_id
    _date_back(instance, run_id, days_ago)
    return run_id


def going(instance: dg.DagsterInstance, days_ago: int) -> str:
    """A run that began so many days ago and has not ended."""
    run_id = instance.create_run_for_job(_ran, status=dg.DagsterRunStatus.STARTED).run_id
    _date_back(instance, run_id, days_ago)
    return run_id


def _date_back(instance: dg.DagsterInstance, run_id: str, days: int) -> None:
    then = (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).replace(tzinfo=None)
    with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
        connection.execute(RunsTable.update().where(RunsTable.c.run_id == run_id).values(create_timestamp=then))


def retain(instance: dg.DagsterInstance, **config: int) -> dg.ExecuteInProcessResult:
    ops = {"forget_old_runs": {"config": config}} if config else {}
    job = build().resolve_job_def("retention")
    return job.execute_in_process(instance=instance, run_config={"ops": ops})


def test_only_what_ended_long_ago_is_forgotten(instance: dg.DagsterInstance) -> None:
    old, young, unfinished = made(instance, 401), made(instance, 399), going(instance, 500)
    done = retain(instance)
    assert {r.run_id for r in instance.get_runs()} == {young, unfinished, done.run_id}
    assert not instance.all_logs(old)
    assert instance.all_logs(young)
    # How long is launch configuration.
    again = retain(instance, days=300)
    assert {r.run_id for r in instance.get_runs()} == {unfinished, done.run_id, again.run_id}
