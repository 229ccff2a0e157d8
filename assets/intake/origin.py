"""Where a drop comes from that was not sent as CSV files: by what it is known, and where its findings lie."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Origin:
    """What a drop was made of that came as something else: a group's 834.

    Files made of it are known by its bytes, not by their own: what they say depends on what the record held, and an
    834 that brings back an earlier state says what an earlier one said. Problems are noted at its segments, which stay
    where they are when the drop is made again.

    sha256: of its bytes. places: of each file made of it, the segment of each row. refused: what could not be made a
    row, and is asked again with the rows set aside: file, line (the segment), column, rule, reason.
    """

    sha256: bytes
    places: dict[str, list[int]]
    refused: pl.DataFrame

    def mark(self, name: str) -> bytes:
        """By what a file made of it is known."""
        return hashlib.sha256(self.sha256 + name.encode()).digest()

    def at_segments(self, name: str, judged: pl.DataFrame) -> pl.DataFrame:
        """Findings at the lines of a file made of it (`at`), at its segments."""
        places = self.places.get(name, [])
        lines = pl.DataFrame(
            {"at": range(2, len(places) + 2), "place": places}, schema={"at": pl.Int64, "place": pl.Int64}
        )
        rows = judged.join(lines, on="at", how="left", maintain_order="left").with_columns(at="place").drop("place")
        return rows.unique(["at", "column", "rule"], keep="first", maintain_order=True)

    def lines(self, name: str, segments: pl.Series) -> pl.Series:
        """The lines of a file made of it that come from these segments."""
        places = pl.Series("line", self.places[name], dtype=pl.Int64)
        return pl.Series("line", range(2, len(places) + 2), dtype=pl.Int64).filter(places.is_in(segments.implode()))
