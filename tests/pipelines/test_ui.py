"""The UI's instance, and the UI itself: a night asked for in the browser runs through the queue and the daemon."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipelines.instance import LOCATION, open_instance, register_books
from pipelines.loading import load_folder
from pipelines.simulate.setup import setup_partners, stop_server
from resources import embedded
from resources.database import open_database
from resources.desk import Desk
from resources.home import ROOT, Home
from tests.support.seed import seed
from tests.support.world import SCRIPT

SAMPLE = ROOT / "tests" / "fixtures" / "sample-small"
LAUNCH = """mutation($p: ExecutionParams!) {
  launchRun(executionParams: $p) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
LOOK = """query($id: ID!) {
  runOrError(runId: $id) { ... on Run { status stats { ... on RunStatsSnapshot { materializations } } } } }"""


def test_the_instance_keeps_what_must_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DAGSTER_HOME", "DAYBOOK_DAGSTER_URL", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")  # what `configure` sets is undone at the end
    seed(desk.record, master__book=[{}, {"book_id": 2, "code": "south"}])
    with open_instance(desk.home, desk.logins) as instance:
        assert register_books(desk, instance) == ["north", "south"]
        assert register_books(desk, instance) == ["north", "south"]
        assert set(instance.get_dynamic_partitions("book")) == {"north", "south"}
        queue = instance.get_concurrency_config()
        # A book's nights never overtake each other; a killed run holds no slot.
        assert queue.run_queue_config.tag_concurrency_limits == [
            {"key": "dagster/partition/book", "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
        ]
        assert queue.pool_config.pool_granularity.value == "run"  # type: ignore[union-attr]
        assert (instance.run_monitoring_enabled, instance.run_retries_enabled) == (True, False)
        assert (instance.telemetry_enabled, instance.nux_enabled) == (False, False)
        assert instance.python_log_level == "INFO"
        # Captured output could hold a value.
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"
    texts = {p.name: p.read_text() for p in desk.home.dagster.iterdir()}
    assert set(texts) == {"dagster.yaml", "workspace.yaml"}
    password = desk.logins.runtime.split(":")[2].partition("@")[0]
    assert not [name for name, text in texts.items() if password in text]


@pytest.fixture
def installed() -> Iterator[Desk]:
    """A home with its own embedded database, partners and the small sample."""
    base = Path(tempfile.mkdtemp(prefix="daybook-ui-"))
    base.chmod(0o711)
    home = Home(base / "var").make()
    desk = Desk(home, logins=open_database(home))
    setup_partners(home)
    load_folder(desk, SAMPLE, SCRIPT.date)
    yield desk
    stop_server(home)
    embedded.stop(home.path / "server")
    shutil.rmtree(base, ignore_errors=True)


class Ui:
    """A started `daybook ui`."""

    def __init__(self, home: Home) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAYBOOK_", "DAGSTER_"))}
        # A relative home and another working directory: its services work elsewhere and must still find it.
        settings = {"DAYBOOK_HOME": home.path.name, "DAYBOOK_NIGHTS_UNTIL": str(SCRIPT.date), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipelines", "ui", "--port", str(self.port)],
            cwd=home.path.parent,
            env={**clean, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own address
            return json.load(answer)["data"]

    def until(self, look: Any, seconds: float = 120) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if found := look():
                    return found
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(1)
        pytest.fail("the UI did not get there in time")

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=60)[0]


@pytest.mark.long
def test_a_night_asked_for_in_the_ui_runs_through_the_queue(installed: Desk) -> None:
    ui = Ui(installed.home)
    try:
        ui.until(lambda: ui.ask("{ version }"))
        date, book = SCRIPT.date.isoformat(), "north"
        tags = {"dagster/partition": f"{book}|{date}", "dagster/partition/date": date, "dagster/partition/book": book}
        selector = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__", "jobName": "night"}
        params = {
            "selector": selector,
            "runConfigData": {},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
        }
        launched = ui.ask(LAUNCH, p=params)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = launched["run"]["runId"]

        def ended() -> Any:
            run = ui.ask(LOOK, id=run_id)["runOrError"]
            return run if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

        run = ui.until(ended)
        assert (run["status"], run["stats"]["materializations"]) == ("SUCCESS", 9)
    finally:
        said = ui.stop()
    # Nothing but our own three lines reaches the terminal, and nothing is left behind.
    assert [line.split()[0] for line in said.splitlines()] == ["...", "ok", "Daybook"]
    assert _services(installed.home) == []


def _services(home: Home) -> list[str]:
    """Processes that serve this home's Dagster."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().decode(errors="replace")
            found += [words] if str(home.dagster) in words else []
    return found
