"""A database of this room's own: not the shared one, for these tests kill it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources import embedded


@pytest.fixture(scope="module")
def server_home() -> Iterator[Path]:
    """Give a home that the server's account can reach: pytest's temp folders are closed to it if root."""
    folder = Path(tempfile.mkdtemp(prefix="dbk-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    home = folder / "home"
    yield home
    embedded.stop(home)
    shutil.rmtree(folder)
