"""Runs a job in this process, recorded in Dagster like any other run: what the command line and tests use."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import dagster as dg

from assets.partitions import BOOKS, INBOUND, night_key
from formats.errors import DaybookError
from pipelines.definitions import build
from resources.desk import Desk
from sensors.inbound import take_in

# The event log keeps everything; a terminal wants only what went wrong.
_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}


@dataclass(frozen=True)
class Runner:
    """A desk, a Dagster instance, and the definitions bound to them."""

    desk: Desk
    instance: dg.DagsterInstance
    definitions: dg.Definitions

    @classmethod
    def at(cls, desk: Desk, instance: dg.DagsterInstance) -> Runner:
        """A runner for this desk."""
        return cls(desk, instance, build({"desk": desk}))

    def night(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Run one book's night."""
        return self._run("night", business_date, book)

    def release(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Send the book's approved files."""
        return self._run("release", business_date, book)

    def report(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Make the night's report again, with what has been learned since."""
        return self._run("report", business_date, book)

    def inbound(self, business_date: dt.date) -> list[str]:
        """Fetch what partners left and process each new file; returns their keys."""
        take_in(self.desk, self.instance, business_date)
        # In the order of the query: a statement finds what it answers. Also what an earlier run left undone.
        keys: list[str] = self.desk.record.read("delivery/inbound_waiting")["sha256"].to_list()
        self.instance.add_dynamic_partitions(str(INBOUND.name), keys)
        for key in keys:
            self._execute("inbound", key)
        return keys

    def _run(self, job: str, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        self.instance.add_dynamic_partitions(str(BOOKS.name), [book])
        return self._execute(job, night_key(business_date, book))

    def _execute(self, job: str, key: str) -> dg.ExecuteInProcessResult:
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, partition_key=key, raise_on_error=False, run_config=_QUIET
        )
        if not result.success:
            raise DaybookError(
                f"{job} of {key} did not finish: {failure(result)}",
                hint="mend the cause and run it again; what was booked stays, nothing is booked twice",
            )
        return result


def failure(result: dg.ExecuteInProcessResult) -> str:
    """The first failure of a run in plain words: the error's own message, or the failed check's."""
    for event in result.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            if error is not None:
                return error.message.strip().split("\n")[0]
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            return f"check {evaluation.check_name}: {evaluation.description}"
    return "see the run in the UI"
