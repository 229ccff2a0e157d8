"""One installation per module whose demo was played, and the clear numbers it must never show."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo import play
from pipelines.sample import make_sample
from resources import embedded
from resources.database import Logins, connect, open_database
from resources.home import Home
from tests.support.world import SCRIPT, World, new_world


def fresh_database(server_home: Home, name: str, copy_of: str = "daybook") -> Logins:
    """A database with the schema and no rows, or a copy of another one as it stands."""
    server = embedded.start(server_home.path / "server")
    template = open_database(server_home, migrate=False)
    with connect(server.superuser_uri()) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [copy_of])
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {copy_of} OWNER daybook_owner_login")
    roles = ("owner", "runtime", "releaser", "auditor", "reader")
    return Logins(**{r: getattr(template, r).replace("@/daybook?", f"@/{name}?") for r in roles})


@pytest.fixture(scope="module")
def world(server_home: Home, request: pytest.FixtureRequest) -> Iterator[World]:
    """Loaded and ready; nothing has run."""
    logins = fresh_database(server_home, f"world_{os.getpid()}_{request.module.__name__.rpartition('.')[2]}")
    with new_world(logins) as made:
        yield made


@pytest.fixture(scope="module")
def played(world: World) -> World:
    """Both nights played, everything answered and reconciled."""
    with world.runner() as runner:
        play(runner, world.script)
    return world


@pytest.fixture(scope="session")
def clear_numbers(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every SSN, and every account number long enough not to occur by chance, of the sample in clear."""
    folder = tmp_path_factory.mktemp("clear")
    make_sample(SCRIPT.members, SCRIPT.seed, folder, SCRIPT.date)
    found: set[str] = set()
    for path in Path(folder).rglob("*.csv"):
        with path.open(newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                ssn, account = row.get("ssn") or "", row.get("account_number") or ""
                found |= {v for v in (ssn, ssn.replace("-", "")) if len(v.replace("-", "")) == 9}
                found |= {account} if len(account) >= 8 else set()
    assert len(found) > 50
    return found
