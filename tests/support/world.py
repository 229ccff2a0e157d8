"""A small whole installation: a home, a database, loopback partners, the sample book, a runner."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipelines.demo import DEMO_DATE, Script, prepare
from pipelines.nights import house
from pipelines.runner import Runner
from pipelines.workplace import open_runner
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from tests.support.digest import digest
from tests.support.places import quick_folder

SCRIPT = Script(members=60, seed=7, date=DEMO_DATE)


def morning(date: dt.date) -> dt.datetime:
    """Before every bank's cut-off of that day: a release is judged by it, and not by the day the tests run on."""
    return dt.datetime.combine(date, dt.time(9), ZoneInfo("America/New_York"))


@dataclass
class World:
    """One installation and the script its demo follows."""

    desk: Desk
    script: Script

    @property
    def home(self) -> Home:
        return self.desk.home

    def digest(self) -> dict[str, str]:
        return digest(self.desk.record, house(self.desk))

    @contextmanager
    def runner(self) -> Iterator[Runner]:
        with open_runner(self.desk, self.script.overdue_on) as runner:
            yield runner


@contextmanager
def new_world(logins: Logins, *, like: Home | None = None, script: Script = SCRIPT) -> Iterator[World]:
    """A home with partners and the loaded sample. `like`: take keys and partners from that home, so that what is
    computed with keys (blind indexes, file names, control numbers) can be compared between the two."""
    from pipelines.simulate.setup import stop_server

    base = quick_folder("world")
    home = Home(base / "var").make()
    if like is not None:
        shutil.copytree(like.keys, home.keys, dirs_exist_ok=True)
    try:
        desk = Desk(home, logins=logins)
        prepare(desk, script)
        yield World(desk, script)
    finally:
        stop_server(home)
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def twin_world(of: World, logins: Logins) -> Iterator[World]:
    """A copy of a world as it stands, the partners and their folders included; `logins` are of a copy of its database.

    From here on the two go separate ways.
    """
    from pipelines.simulate.setup import start_server, stop_server

    base = quick_folder("twin")
    home = Home(base / "var").make()
    for folder in ("keys", "partners", "reports", "counterparties"):
        shutil.copytree(of.home.path / folder, home.path / folder, dirs_exist_ok=True)
    shutil.copy(of.home.allow_list, home.allow_list)
    try:
        start_server(home)
        yield World(Desk(home, logins=logins), of.script)
    finally:
        stop_server(home)
        shutil.rmtree(base, ignore_errors=True)
