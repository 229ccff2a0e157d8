"""What headers and trailers state of a file: counts, sums, and a hash of the body's own bytes."""

import hashlib

import polars as pl

from formats.tabular.layout import Layout
from formats.tabular.values import Total


def wanted(layout: Layout) -> list[Total]:
    """Every total that a header or trailer of the layout carries."""
    ends = (*layout.headers, *layout.trailers)
    return [v.total for r in ends for f in r.fields for v in f.walk() if v.total]


def totals(layout: Layout, frames: dict[str, pl.DataFrame], body: bytes) -> dict[str, pl.Expr]:
    """The layout's totals as literal columns.

    Args:
        layout: what is asked for.
        frames: by record of the body, its rows with `family`, `row` and the sources that are summed.
        body: the bytes of the body, with line ends.
    """
    return {t.column: pl.lit(_total(t, layout, frames, body)).alias(t.column) for t in wanted(layout)}


def _total(total: Total, layout: Layout, frames: dict[str, pl.DataFrame], body: bytes) -> int | str:
    if total.hash:
        return hashlib.sha256(body).hexdigest()
    if total.sum:
        return sum(int(frames[name][total.sum].sum()) for name in total.over)
    return sum(_counted(name, layout, frames) for name in total.count or ())


def _counted(name: str, layout: Layout, frames: dict[str, pl.DataFrame]) -> int:
    if name in ("members", "families"):
        key = "row" if name == "members" else "family"
        return pl.concat([frame.select(key) for frame in frames.values()]).n_unique()
    if name == "lines":
        outside = len(layout.headers) + len(layout.trailers) + layout.header_line
        return outside + sum(frame.height for frame in frames.values())
    return frames[name].height if name in frames else 1
