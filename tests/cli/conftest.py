"""Homes for the real command line: each with an embedded server of its own, stopped at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.simulate.setup import stop_server
from resources import embedded
from resources.home import Home
from tests.support.places import quick_folder


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An empty home, in a folder that the database's account may pass through."""
    base = quick_folder("cli")
    yield base / "var"
    stop_server(Home(base / "var"))
    if (base / "var" / "server").exists():
        embedded.stop(base / "var" / "server")
    shutil.rmtree(base, ignore_errors=True)
