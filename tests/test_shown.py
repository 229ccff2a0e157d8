"""The tables of what shows each promise name tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resources.home import ROOT

SECTION = "## What shows it"
TOLD = {
    path.stem: text.partition(SECTION)[2].partition("\n## ")[0]
    for path in sorted((ROOT / "docs" / "rooms").glob("*.md"))
    if SECTION in (text := path.read_text(encoding="utf-8"))
}
# Promises may be split or reworded, and not lost.
AT_LEAST = {"billing": 41, "delivery": 20, "edi834": 41, "enrollment": 25, "tabular": 13}


@pytest.mark.parametrize("room", TOLD)
def test_every_promise_names_tests_that_exist(room: str) -> None:
    """A bare file name is one of the room's own tests."""
    rows = [line for line in TOLD[room].splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= AT_LEAST.get(room, 1)
    for row in rows:
        named = re.findall(r"`([\w/.]+\.py)::(\w+)`", row)
        assert named, row
        for file, test in named:
            path = ROOT / (file if "/" in file else f"tests/{room}/{file}")
            assert path.is_file(), f"{file}::{test}"
            assert has(path, test), f"{file}::{test}"


def has(path: Path, test: str) -> bool:
    return re.search(rf"^ *def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_the_tables_are_found() -> None:
    assert set(AT_LEAST) <= set(TOLD)
