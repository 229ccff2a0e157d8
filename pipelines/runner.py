"""Runs a job in this process, recorded in Dagster like any other run: what the command line and tests use."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.partitions import BOOKS, FIRST_NIGHT, INBOUND, night_key
from formats.errors import DaybookError, SettingsError
from pipelines.definitions import build
from pipelines.instance import OURS
from resources.desk import Desk
from sensors.inbound import take_in

# Unasked, Dagster takes a logger that tells every step, and every failure twice with its stack.
_SILENT: dict[str, Any] = {"loggers": {"silent": {}}}
_EXPLAINED = re.compile(r"formats\.errors\.\w+: ")
# Which process plays a run: a killed one can't say so itself.
_PROCESS = "daybook/process"


@dataclass(frozen=True)
class Runner:
    """A desk, a Dagster instance, and the definitions bound to them."""

    desk: Desk
    instance: dg.DagsterInstance
    definitions: dg.Definitions

    @classmethod
    def at(cls, desk: Desk, instance: dg.DagsterInstance) -> Runner:
        """A runner for this desk; runs that a killed process left behind are closed first."""
        close_abandoned(instance)
        return cls(desk, instance, build({"desk": desk}))

    def night(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Run one book's night."""
        return self._run("night", business_date, book)

    def originate(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Cut ACH files by day, planned from the desk's moment."""
        return self._run("originate", business_date, book)

    def release(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Send the book's approved files."""
        return self._run("release", business_date, book)

    def report(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Make the night's report again, with what has been learned since."""
        return self._run("report", business_date, book)

    def documents(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Set the night's documents as PDF and send the mail that waits."""
        return self._run("documents", business_date, book)

    def receivables(self, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        """Make billing's reports over the whole book."""
        return self._run("receivables", business_date, book)

    def inbound(self, business_date: dt.date) -> list[str]:
        """Fetch what partners left and process each new file; returns their keys."""
        take_in(self.desk, self.instance, business_date)
        # In the order of the query: a statement finds what it answers. Also what an earlier run left undone.
        keys: list[str] = self.desk.record.read("delivery/inbound_waiting")["sha256"].to_list()
        self.instance.add_dynamic_partitions(str(INBOUND.name), keys)
        for key in keys:
            self._execute("inbound", key, f"of the file {key[:16]}...")
        return keys

    def _run(self, job: str, business_date: dt.date, book: str) -> dg.ExecuteInProcessResult:
        if business_date < dt.date.fromisoformat(FIRST_NIGHT):
            raise SettingsError(f"there is no night of {business_date}", hint=f"the first one is {FIRST_NIGHT}")
        self.instance.add_dynamic_partitions(str(BOOKS.name), [book])
        return self._execute(job, night_key(business_date, book), f"of {business_date}, book {book},")

    def _execute(self, job: str, key: str, what: str) -> dg.ExecuteInProcessResult:
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=key,
            raise_on_error=False,
            run_config=_SILENT,
            tags={**OURS, _PROCESS: _here(os.getpid())},
        )
        if not result.success:
            raise DaybookError(
                f"{job} {what} did not finish: {failure(result)}",
                hint="mend the cause and run it again; what was booked stays, nothing is booked twice",
            )
        return result


def close_abandoned(instance: dg.DagsterInstance) -> int:
    """Mark runs as failed whose process on this machine is gone, and free the pool slots they held.

    The daemon's run monitoring does this for runs it launched; a run of the command line that was killed would stay
    STARTED for ever, and the next release would wait for its slot for ever. Returns how many there were.
    """
    going = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    closed = 0
    for run in instance.get_runs(filters=going):
        told = run.tags.get(_PROCESS, "")
        machine, _, pid = told.partition(":")
        if machine == socket.gethostname() and pid.partition("@")[0].isdigit() and not _alive(told):
            instance.report_run_failed(run, "the process that played it ended before it was done; run it again")
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
            closed += 1
    return closed


def _here(pid: int) -> str:
    """A process of this machine, by number and start: numbers are used again."""
    return f"{socket.gethostname()}:{pid}@{_started(pid)}"


def _alive(told: str) -> bool:
    pid = int(told.partition(":")[2].partition("@")[0])
    return _here(pid) == told


def _started(pid: int) -> str:
    try:
        # Field 22 of /proc/<pid>/stat, counted behind the name, which may hold blanks.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return "gone"


def failure(result: dg.ExecuteInProcessResult) -> str:
    """The first failure of a run in plain words: the error's own message, or the failed check's."""
    for event in result.all_events:
        if event.is_step_failure:
            said = []
            error = event.step_failure_data.error
            while error is not None:
                said.append(error.message.strip().split("\n")[0])
                error = error.cause
            # The innermost of ours says most; what a library said below it needs our words around it.
            explained = [_EXPLAINED.sub("", words, count=1) for words in said if _EXPLAINED.match(words)]
            if said:
                return (explained or [f"a fault of Daybook ({said[-1]}), its run in the UI has the details"])[-1]
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed:
            return f"check {evaluation.check_name}: {evaluation.description}"
    return "see the run in the UI"
