"""Results as tables for a terminal: plain text, aligned, no colour needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table


def money(cents: int) -> str:
    """Cents as people read them: -1,234.56."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def table(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str = "", *, right: Sequence[str] = ()
) -> str:
    """Rows as text; `columns` maps a key to its heading, keys that end in `_cents` are shown as dollars.

    Numbers stand to the right, and so do the columns named in `right`.
    """
    shown = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    last = list(columns)[-1]
    for key, heading in columns.items():
        number = any(isinstance(r.get(key), int) and not isinstance(r.get(key), bool) for r in rows)
        justify: Literal["left", "right"] = "right" if number or key in right else "left"
        # Sentences stand last: what is too long for the line goes on under it, and nothing is cut off.
        shown.add_column(heading, justify=justify, no_wrap=key != last, overflow="fold")
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


# A night is read from top to bottom, as its money moves; several nights stand side by side.
NIGHT = {
    "companies": "companies",
    "invoices": "invoices made",
    "billed_cents": "billed $",
    "attempts": "drafts planned",
    "ach_files": "ACH files",
    "ach_entries": "ACH entries",
    "ach_debit_cents": "drafted $",
    "ach_credit_cents": "credited $",
    "returns": "returned by the bank",
    "notices": "notices of change",
    "settled_cents": "settled $",
    "payable_cents": "accrued for vendors $",
    "commission_cents": "accrued for agents $",
    "vendor_files": "files to vendors",
    "acknowledged": "of vendors acknowledged",
    "quarantined": "rows quarantined",
    "set_aside": "companies set aside",
    "rows_appended": "rows appended",
    "ledger_balanced": "ledger in balance",
    "proofs_failed": "proofs that fail",
}
FILES = {"state": "state", "kind": "kind", "company": "company", "file_id": "file", "partner": "partner",
         "records": "records", "debit_cents": "debits $", "credit_cents": "credits $", "path": "path"}  # fmt: skip
_TELLING = {"approved", "failed", "unknown", "rejected", "void"}
# What a person looks at before a file leaves.
RELEASE = {"state": "state", "company": "company", "file_id": "file", "records": "records", "debit_cents": "debits $",
           "credit_cents": "credits $", "effective": "effective", "send_by": "send by", "approved": "approved",
           "questions": "asks about", "name": "name"}  # fmt: skip


def release_text(files: Sequence[Mapping[str, Any]]) -> str:
    """Files with what their approval and release depend on, and what each one has to tell."""
    rows = []
    for f in files:
        days = [d for d in dict.fromkeys((f["effective_from"], f["effective_to"])) if d]
        given = f"{f['approvals']} of {f['approvals_needed']}"
        rows.append({**f, "effective": " to ".join(days), "approved": given, "questions": f["questions"] or None})
    return "\n".join([table(rows, RELEASE), *notes(files)])


def notes(files: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a person must know of files: questions they are held for, and why one did not leave, or left otherwise."""
    told = []
    for f in files:
        words = list(f["doubles"]) if f["state"] in {"checked", "approved"} else []
        if f["state"] in _TELLING or f["note"].startswith("by hand"):
            words += [f["note"]] if f["note"] else []
        told += [f"{f['company']} file {f['file_id']}, {f['name']}: {each}" for each in words]
    return told


ACH = {"date": "date", "file": "file", "purpose": "for", "description": "description", "sec": "SEC",
       "effective_date": "settles", "entries": "entries", "debit_cents": "debits $",
       "credit_cents": "credits $"}  # fmt: skip


def nights_table(nights: Sequence[Mapping[str, Any]]) -> str:
    """Figures down, nights across."""
    rows = [
        {"figure": words, **{str(n): _cell(key, night.get(key)) for n, night in enumerate(nights)}}
        for key, words in NIGHT.items()
    ]
    heads = {str(n): f"{night['date']} {night['book']}" for n, night in enumerate(nights)}
    return table(rows, {"figure": "night of", **heads}, right=tuple(heads))


def nights_text(result: Mapping[str, Any]) -> str:
    """What `night` and `demo` print for a person."""
    parts = [nights_table(result["nights"])]
    if result["files"]:
        parts.append(table(result["files"], FILES, "Files, with what each holds and where it is now"))
    if result["ach"]:
        parts.append(table(result["ach"], ACH, "What the ACH files hold"))
    if result["reports"]:
        folders = dict.fromkeys(str(Path(r["path"]).parent) for r in result["reports"])
        parts.append("Reports (open nightly.html)\n" + "\n".join(f"  {folder}/" for folder in folders))
    parts.append(f"{result['exceptions']} exceptions wait for a person; {result['seconds']:.1f} s")
    return "\n\n".join(parts)
