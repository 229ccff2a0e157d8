"""One file under way: its typed rows, what was found wrong with them, and which of them may be loaded."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from assets.intake.fields import typed
from assets.intake.layouts import Layout
from assets.intake.reading import FOUND, Arrival


@dataclass
class Sheet:
    """A file's rows and findings.

    `rows` start as the typed columns and gain ids as references are resolved. In a file that is judged again,
    `asked` holds the only lines that count: the others are in the record already. Of the columns in `absent` the file
    says nothing.
    """

    layout: Layout
    sha256: bytes
    rows: pl.DataFrame
    total: int
    found: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FOUND))
    asked: pl.Series | None = None
    loaded: int = 0
    absent: tuple[str, ...] = ()

    @classmethod
    def of(cls, layout: Layout, arrival: Arrival, asked: pl.Series | None) -> Sheet:
        """The sheet of a readable file."""
        rows, found = typed(layout, arrival.rows)
        all_found = pl.concat([arrival.found, found])
        return cls(layout, arrival.sha256, rows, arrival.total, all_found, asked, absent=arrival.absent)

    def blame(self, bad: pl.Expr, column: str, rule: str, reason: str | pl.Expr) -> None:
        """Set aside the rows for which `bad` is true; null is not bad."""
        hits = self.rows.filter(bad)
        if hits.is_empty():
            return
        says = pl.lit(reason) if isinstance(reason, str) else reason
        self.found = self.found.vstack(
            hits.select("at", column=pl.lit(column), rule=pl.lit(rule), reason=says).cast(pl.Schema(FOUND))
        )

    def good(self) -> pl.DataFrame:
        """The rows that may be loaded, in the order of the file."""
        rows = self.rows.join(self.found.select("at").unique(), on="at", how="anti", maintain_order="left")
        return rows if self.asked is None else rows.filter(pl.col("at").is_in(self.asked.implode()))

    def judged(self) -> pl.DataFrame:
        """The findings that count, in the order of the file."""
        found = self.found if self.asked is None else self.found.filter(pl.col("at").is_in(self.asked.implode()))
        return found.unique(["at", "column", "rule"], keep="first", maintain_order=True).sort(
            "at", nulls_last=False, maintain_order=True
        )

    def aside(self, *key: str) -> pl.DataFrame:
        """Keys of rows that were set aside, with the line of the first: whoever names them is set aside too."""
        return (
            self.rows.join(self.judged().select("at").unique(), on="at", how="semi")
            .select(*key, "at")
            .drop_nulls()
            .group_by(key)
            .agg(pl.col("at").min())
        )
