"""Fixtures every room shares: a real server per test process, a fresh migrated database per test."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resources import embedded
from resources.database import Logins, connect, open_database
from resources.home import ROOT, Home
from resources.record import Record
from tests.support.places import quick_folder

if TYPE_CHECKING:
    from resources.vault import Vault

CORPUS = ROOT.parent / "shared" / "corpus"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests that take minutes")


# Files that take minutes start first, so that no worker is left alone with one at the end.
SLOWEST_FIRST = ("tests/faults/", "tests/night/", "tests/cli/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((n for n, part in enumerate(SLOWEST_FIRST) if item.nodeid.startswith(part)), 99))
    if config.getoption("--long"):
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="takes minutes: ./daybook test --long"))


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Sample files made by others, beside the project."""
    if not (CORPUS / "README.md").is_file():
        pytest.skip("shared corpus not found beside the project: its samples are not part of it")
    return CORPUS


_DROPS = ThreadPoolExecutor(max_workers=1)


def _drop(superuser: str, name: str) -> None:
    with connect(superuser) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def server_home() -> Iterator[Home]:
    """A home whose embedded server runs for the whole session; its database is the template of every test's."""
    base = quick_folder("test")
    home = Home(base / "var").make()
    open_database(home)
    yield home
    _DROPS.shutdown(wait=True)
    embedded.stop(home.path / "server")
    shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server_home: Home) -> tuple[str, Logins]:
    """The superuser's address of the session's server, and the logins of its template."""
    server = embedded.start(server_home.path / "server")
    return server.superuser_uri(), open_database(server_home, migrate=False)


@pytest.fixture
def logins(template: tuple[str, Logins]) -> Iterator[Logins]:
    """The logins of a fresh database with the current schema and no rows."""
    superuser, those = template
    name = f"test_{os.getpid()}_{dt.datetime.now(dt.UTC):%H%M%S%f}"
    with connect(superuser) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE daybook OWNER daybook_owner_login")
    yield Logins(
        **{
            role: getattr(those, role).replace("@/daybook?", f"@/{name}?")
            for role in ("owner", "runtime", "releaser", "auditor", "reader")
        }
    )
    # Dropping waits for a checkpoint; the next test need not.
    _DROPS.submit(_drop, superuser, name)


@pytest.fixture
def record(logins: Logins) -> Record:
    """The record under the runtime login."""
    return Record(logins.runtime)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with a key of its own."""
    from resources.vault import load_or_create

    return load_or_create(tmp_path / "master.key")
