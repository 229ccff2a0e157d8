"""`inspect`: any ACH, 834, acknowledgement or BAI2 file as readable tables with problems and hints."""

from __future__ import annotations

from pathlib import Path

import click
import polars as pl

from formats.errors import SettingsError
from formats.problems import ERROR
from pipelines.cli.output import Result, command
from pipelines.inspection import Inspection
from pipelines.inspection import inspect as look
from pipelines.tables import table

_MOST_ROWS = 20


def _text(result: Result) -> str:
    shown: Inspection = result["_inspection"]
    name = {"nacha": "ACH file", "edi834": "834 enrollment file", "x12_ack": "X12 acknowledgement",
            "bai2": "BAI2 statement", "unknown": "unknown file"}[shown.kind]  # fmt: skip
    verdict = "no error found" if shown.valid else "with errors"
    counts = ", ".join(f"{v:,} {k.replace('_', ' ')}" for k, v in shown.counts.items() if not k.endswith("_cents"))
    parts = [f"{name}, {verdict}: {counts}"]
    parts += [_table(title, frame) for title, frame in shown.tables.items() if not frame.is_empty()]
    if not shown.problems.is_empty():
        parts.append(_table("Problems", shown.problems))
    return "\n\n".join(parts)


def _table(title: str, frame: pl.DataFrame) -> str:
    left = frame.height - _MOST_ROWS
    more = f" (the first {_MOST_ROWS} of {frame.height:,})" if left > 0 else ""
    rows = frame.head(_MOST_ROWS).to_dicts()
    return table(rows, {c: c.removesuffix("_cents").replace("_", " ") for c in frame.columns}, title + more)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@command(_text, failed=lambda r: any(p["severity"] == ERROR for p in r["problems"]))
def inspect(file: Path) -> Result:
    """Show what is in FILE, accounts masked, and what is wrong with it. Exit status 1 when a problem is an error."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise SettingsError("there is no such file", where=str(file)) from None
    except OSError as error:
        raise SettingsError(f"the file can't be read: {error.strerror}", where=str(file)) from None
    found = look(data)
    return {
        "kind": found.kind,
        "valid": found.valid,
        "counts": found.counts,
        "problems": found.problems.to_dicts(),
        "_inspection": found,
    }
