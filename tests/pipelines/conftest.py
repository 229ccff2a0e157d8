"""A desk over a fresh database, and a Dagster instance that keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from tests.support.counterparties import counterparties, invented

__all__ = ["counterparties", "desk", "instance", "invented"]


@pytest.fixture
def desk(logins: Logins, tmp_path: Path) -> Desk:
    """A desk of a home of its own."""
    return Desk(Home(tmp_path / "var").make(), logins=logins)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance in a folder of its own."""
    with dg.instance_for_test() as made:
        yield made
