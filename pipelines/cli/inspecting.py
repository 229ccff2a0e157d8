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
from pipelines.tables import money, table

_PROBLEMS = {"severity": "severity", "line": "line", "column": "column", "rule": "rule", "message": "what is wrong",
             "hint": "what to do"}  # fmt: skip


def _text(result: Result) -> str:
    shown: Inspection = result["_inspection"]
    most: int = result["_rows"]
    name = {"nacha": "ACH file", "edi834": "834 enrollment file", "x12_ack": "X12 acknowledgement",
            "bai2": "BAI2 statement", "unknown": "unknown file"}[shown.kind]  # fmt: skip
    verdict = "no error found" if shown.valid else "with errors"
    counts = ", ".join(
        f"{money(v)} in {k.removesuffix('_cents')}s" if k.endswith("_cents") else f"{v:,} {k.replace('_', ' ')}"
        for k, v in shown.counts.items()
    )
    parts = [f"{name}, {verdict}: {counts}"]
    parts += [_table(title, frame, most) for title, frame in shown.tables.items() if not frame.is_empty()]
    if not shown.problems.is_empty():
        title = f"Problems{_more(shown.problems, most)}"
        parts.append(table(_head(shown.problems, most).to_dicts(), _PROBLEMS, title))
    return "\n\n".join(parts)


def _table(title: str, frame: pl.DataFrame, most: int) -> str:
    headings = {c: c.removesuffix("_cents").removesuffix("_").replace("_", " ") for c in _told(_head(frame, most))}
    return table(_head(frame, most).to_dicts(), headings, title + _more(frame, most))


def _told(frame: pl.DataFrame) -> list[str]:
    """The columns that say something: a terminal is narrow."""
    said = frame.select(pl.all().cast(pl.String).fill_null("").ne("").any())
    return [c for c in frame.columns if said[c].item()]


def _head(frame: pl.DataFrame, most: int) -> pl.DataFrame:
    return frame.head(most) if most else frame


def _more(frame: pl.DataFrame, most: int) -> str:
    return f" (the first {most:,} of {frame.height:,})" if most and frame.height > most else ""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--rows", type=click.IntRange(min=0), default=20, show_default=True, help="of each table; 0: all of them")
@command(_text, failed=lambda r: any(p["severity"] == ERROR for p in r["problems"]))
def inspect(file: Path, rows: int) -> Result:
    """Show what is in FILE, accounts masked, and what is wrong with it. Exit status 1 when a problem is an error.

    ACH, 834, 999, 997, 824, TA1 and BAI2 files are told apart by their content.
    """
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
        "tables": {title: _head(frame, rows).to_dicts() for title, frame in found.tables.items()},
        "_inspection": found,
        "_rows": rows,
    }
