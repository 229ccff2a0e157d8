"""How any report is put on paper and on record: bytes in the book's folder, their sha256 in the register."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from resources.home import Home
from resources.record import Tx


@dataclass(frozen=True)
class Made:
    """A report's bytes and what they hold."""

    name: str
    content: bytes
    rows: int
    total_cents: int

    @property
    def digest(self) -> bytes:
        """SHA-256 of the bytes."""
        return hashlib.sha256(self.content).digest()

    def listed(self) -> dict[str, Any]:
        """Its line in the manifest."""
        return {
            "name": self.name,
            "rows": self.rows,
            "total_cents": self.total_cents,
            "sha256": self.digest.hex(),
        }


def publish(tx: Tx, home: Home, book: str, book_id: int, made: Sequence[Made]) -> int:
    """Write the files of a book's business date and register those whose bytes are new; returns how many are.

    The folder always holds the latest bytes; the register keeps every version, so that what was on paper when
    somebody signed can be told later. `tx.preview` lists them.
    """
    folder = home.reports / book / tx.business_date.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    for report in made:
        _write(folder / report.name, report.content)
    shown = pl.DataFrame(
        {
            "name": [m.name for m in made],
            "path": [(folder / m.name).relative_to(home.path).as_posix() for m in made],
            "sha256": [m.digest for m in made],
            "rows": [m.rows for m in made],
            "total_cents": [m.total_cents for m in made],
        }
    )
    fresh = shown.join(tx.read("reports/registered", book=book), on=["name", "sha256"], how="anti")
    tx.append("reports.report", fresh.with_columns(book_id=pl.lit(book_id), business_date=pl.lit(tx.business_date)))
    tx.preview = shown.with_columns(pl.col("sha256").bin.encode("hex").str.head(12))
    return fresh.height


def _write(path: Path, content: bytes) -> None:
    """All or nothing: a reader sees the old bytes or the new ones, also when the machine stops in between."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
