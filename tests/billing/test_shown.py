"""The table of what shows each promise names tests that are there."""

from __future__ import annotations

import re

from resources.home import ROOT


def test_every_promise_names_tests_that_exist() -> None:
    table = (ROOT / "docs" / "rooms" / "billing.md").read_text(encoding="utf-8").partition("## What shows it")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`([\w/.]+)::(\w+)`", row)
        assert named, row
        for file, test in named:
            path = ROOT / (file if "/" in file else f"tests/billing/{file}")
            assert re.search(rf"^def {test}\(", path.read_text(encoding="utf-8"), re.MULTILINE), f"{file}::{test}"
