"""`ui`: the Dagster UI of this home on 127.0.0.1, with the daemon that runs schedules, sensors and the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import click

from formats.errors import SettingsError
from pipelines.cli.output import console
from pipelines.workplace import open_desk
from resources.home import ROOT


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="the UI has no login: keep it on loopback")
def ui(port: int, host: str) -> None:
    """Open the Dagster UI: runs, the grid of nights by book, schedules, sensors, checks. Ctrl-C ends it."""
    from pipelines.instance import configure  # noqa: PLC0415
    from pipelines.simulate.setup import start_if_set_up  # noqa: PLC0415

    if host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError(
            "the UI has no login and would be open to the network",
            hint="keep --host 127.0.0.1 and put a proxy with a login before it (deploy/)",
        )
    desk = open_desk()
    configure(desk.home, desk.logins)
    start_if_set_up(desk.home)
    last = desk.record.read("audit/last_night")["business_date"].to_list()
    if last and last[0]:
        os.environ["DAYBOOK_NIGHTS_UNTIL"] = last[0].isoformat()
    console.print(f"Daybook UI: http://{host}:{port}  (Ctrl-C ends it)", markup=False)
    # The working directory goes first on Dagster's module path: the home, where no module of ours can be shadowed.
    command = [sys.executable, "-P", "-m", "dagster", "dev", "-h", host, "-p", str(port), "-m", "pipelines.definitions"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(command, cwd=desk.home.dagster, env=env, start_new_session=True)  # noqa: S603
    try:
        code = child.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
    raise SystemExit(code)
