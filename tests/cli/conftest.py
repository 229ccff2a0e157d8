"""Homes for the real command line: each with an embedded server of its own, stopped at the end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.simulate.setup import stop_server
from resources import embedded
from resources.home import Home


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An empty home, in a folder that the database's account may pass through."""
    base = Path(tempfile.mkdtemp(prefix="daybook-cli-"))
    base.chmod(0o711)
    yield base / "var"
    stop_server(Home(base / "var"))
    if (base / "var" / "server").exists():
        embedded.stop(base / "var" / "server")
    shutil.rmtree(base, ignore_errors=True)
