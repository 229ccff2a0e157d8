"""Fixtures of the reports room."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.home import Home
from resources.record import Record
from tests.reports.world import World


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of its own."""
    return Home(tmp_path / "var").make()


@pytest.fixture
def world(record: Record) -> World:
    """Two books with four nights behind them."""
    return World(record)
