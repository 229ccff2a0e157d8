"""The rules are pure: no clock, no randomness, no file, no database; they import polars and each other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from resources.home import ROOT

ROOM = ROOT / "assets" / "billing"
RULES = (
    "ages", "balances", "broken", "calendar", "causes", "deductions", "delta", "dunning", "expected", "explain",
    "forecast", "groups", "holds", "invoices", "lapses", "list_bills", "night", "once", "plans", "prices", "proration",
    "retro", "search", "shares", "taxes", "terms", "world",
)  # fmt: skip
FROM_OUTSIDE = {"__future__", "collections", "collections.abc", "dataclasses", "datetime", "functools", "hashlib",
                "itertools", "math", "polars", "typing", "formats.errors"}  # fmt: skip
OF_A_CLOCK = {"now", "today", "utcnow", "fromtimestamp", "time"}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_reads_no_clock_and_imports_rules_alone(name: str) -> None:
    tree = ast.parse(Path(ROOM, f"{name}.py").read_text(encoding="utf-8"))
    allowed = FROM_OUTSIDE | {f"assets.billing.{rule}" for rule in RULES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= allowed
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in OF_A_CLOCK, f"line {node.lineno}"
