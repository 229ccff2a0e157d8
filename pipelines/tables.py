"""Results as tables for a terminal: plain text, aligned, no colour needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


def money(cents: int) -> str:
    """Cents as people read them: -1,234.56."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str = "") -> str:
    """Rows as text; `columns` maps a key to its heading, keys that end in `_cents` are shown as dollars."""
    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for key, heading in columns.items():
        number = any(isinstance(r.get(key), int) and not isinstance(r.get(key), bool) for r in rows)
        shown.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        shown.add_row(*(_cell(key, row.get(key)) for key in columns))
    console = Console(width=200, color_system=None)
    with console.capture() as captured:
        console.print(shown)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def _cell(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key.endswith("_cents") and isinstance(value, int):
        return money(value)
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}" if isinstance(value, int) else str(value)


NIGHT = {
    "date": "night", "book": "book", "companies": "companies", "invoices": "invoices", "billed_cents": "billed $",
    "attempts": "drafts", "ach_debit_cents": "drafted $", "returns": "returned", "notices": "changes",
    "settled_cents": "settled $", "vendor_files": "834 files", "acknowledged": "acked",
    "commission_cents": "commission $", "payable_cents": "vendors $", "quarantined": "quarantined",
    "set_aside": "set aside", "ledger_balanced": "in balance",
}  # fmt: skip
FILES = {"state": "state", "kind": "kind", "company": "company", "partner": "partner", "records": "records",
         "debit_cents": "debits $", "path": "path"}  # fmt: skip


def nights_text(result: Mapping[str, Any]) -> str:
    """What `night` and `demo` print for a person."""
    parts = [table(result["nights"], NIGHT, "Nights")]
    if result["files"]:
        parts.append(table(result["files"], FILES, "Files"))
    if result["reports"]:
        parts.append("Reports\n" + "\n".join(f"  {r['path']}" for r in result["reports"]))
    parts.append(f"{result['exceptions']} exceptions wait for a person; {result['seconds']:.1f} s")
    return "\n\n".join(parts)
