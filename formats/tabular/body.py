"""One file's body: the texts of its families, with the numbers and facts that depend on the file they are in."""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl

from formats.tabular.arrange import KEYS, Arranged
from formats.tabular.draft import draft
from formats.tabular.layout import Layout
from formats.tabular.lines import in_order
from formats.tabular.sources import FILE


@dataclass(frozen=True)
class Stamp:
    """What makes one file different from the next, given by the record and never by a clock.

    usage: T test, P production.
    """

    reference: str
    created: dt.datetime
    sequence: int
    usage: Literal["T", "P"] = "P"


def facts(layout: Layout, stamp: Stamp, part: int, parts: int) -> dict[str, pl.Expr]:
    """The sources of FILE for one file."""
    given = {
        "file.reference": stamp.reference,
        "file.created": stamp.created.replace(tzinfo=None),
        "file.sequence": stamp.sequence,
        "file.usage": stamp.usage,
        "file.part": part,
        "file.parts": parts,
        "file.sender": layout.sender,
        "file.receiver": layout.receiver,
    }
    return {name: pl.lit(given[name], dtype).alias(name) for name, dtype in FILE.items()}


@dataclass(frozen=True)
class Body:
    """The families of one file, by record of the layout.

    frames: KEYS and sources. texts: KEYS and f0 ... as `draft` makes them. findings: why families cannot be in it.
    """

    frames: dict[str, pl.DataFrame]
    texts: dict[str, pl.DataFrame]
    findings: pl.DataFrame


def body(ready: Arranged, families: pl.Series, known: dict[str, pl.Expr], layout: Layout) -> Body:
    """Draft one file's families (their numbers, ascending) with the facts of the file."""
    own = {name: frame.filter(pl.col("family").is_in(families.implode())) for name, frame in ready.frames.items()}
    used = {s for r in layout.records for f in r.fields for s in f.sources()}
    if "family.number" in used:
        numbers = pl.DataFrame({"family": families, "family.number": pl.int_range(1, len(families) + 1, eager=True)})
        own = {n: frame.join(numbers, on="family", how="left", maintain_order="left") for n, frame in own.items()}
    if "row.number" in used:
        own = _numbered(own, layout)
    carried = [expr for name, expr in known.items() if name in used]
    made = {r.name: draft(own[r.name].with_columns(carried), r, layout) for r in layout.body}
    return Body(own, {n: texts for n, (texts, _) in made.items()}, pl.concat(faults for _, faults in made.values()))


def _numbered(frames: dict[str, pl.DataFrame], layout: Layout) -> dict[str, pl.DataFrame]:
    """The frames with `row.number`: where each row stands among the lines of the file's body."""
    ordered = in_order([(i, frames[r.name].select(KEYS)) for i, r in enumerate(layout.body)], layout)
    ordered = ordered.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row.number"))
    return {
        r.name: frames[r.name].sort("row", "seq").hstack(ordered.filter(rank=i).sort("row", "seq").select("row.number"))
        for i, r in enumerate(layout.body)
    }
