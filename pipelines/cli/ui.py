"""`ui`: the Dagster UI of this home on 127.0.0.1, with the daemon that runs schedules, sensors and the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from formats.errors import SettingsError
from pipelines.cli.output import console, doing
from pipelines.workplace import open_desk, reach
from resources.desk import Desk
from resources.home import ROOT

# `dagster dev` says that a tool of another package replaces it. That is no news to who started `daybook ui`, and what
# else it may warn of stays to be seen. By its words, because a category of Dagster's can't be named this early.
_SILENCED = "ignore:Function `dev_command` is superseded"


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="the UI has no login: keep it on loopback")
def ui(port: int, host: str) -> None:
    """Open the Dagster UI: runs, the grid of nights by book, schedules, sensors, checks. Ctrl-C ends it."""
    from pipelines.simulate.setup import start_if_set_up  # noqa: PLC0415

    if host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            "the UI has no login and would be open to the network",
            hint="keep --host 127.0.0.1 and put a proxy with a login before it (deploy/)",
        )
    desk = open_desk()
    start_if_set_up(desk.home)
    with doing("Dagster's storage and the books' partitions"):
        folder = _prepare(desk)
    console.print(f"Daybook UI: http://{host}:{port}  (Ctrl-C ends it)", markup=False)
    raise SystemExit(_serve(folder, host, port))


def _prepare(desk: Desk) -> Path:
    """Bring Dagster's instance up to what the record knows: the last night's date, the books. Returns its folder."""
    last = desk.record.read("audit/last_night")["business_date"].to_list()
    if last and last[0]:
        reach(last[0])
    from pipelines.instance import open_instance, register_books  # noqa: PLC0415 - after the reach is set
    from pipelines.runner import close_abandoned  # noqa: PLC0415

    with open_instance(desk.home, desk.logins) as instance:
        close_abandoned(instance)
        register_books(desk, instance)
    return desk.home.dagster


def _serve(folder: Path, host: str, port: int) -> int:
    """Run Dagster's services in a process group of their own until they end or we are told to; returns the status."""
    command = [sys.executable, "-P", "-W", _SILENCED, "-m", "dagster", "dev", "--log-level", "warning"]
    command += ["-h", host, "-p", str(port), "-w", str(folder / "workspace.yaml")]
    # Its folder is another one than ours: what was relative must not be any more.
    env = {**os.environ, "PYTHONPATH": str(ROOT), "DAYBOOK_HOME": str(folder.parent), "GRPC_VERBOSITY": "ERROR"}
    # A script without job control starts us deaf to SIGINT, and our children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _stop)
    child = subprocess.Popen(command, cwd=folder, env=env, start_new_session=True)  # noqa: S603 - our own program
    try:
        return child.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
