"""Which families go into which file: as many as fit, and never a part of one."""

import polars as pl

from formats.tabular.arrange import Arranged
from formats.tabular.findings import Reason, found
from formats.tabular.layout import Layout


def family_sizes(ready: Arranged) -> pl.DataFrame:
    """Lines per family: family, subscriber_key, lines; families without a line are not in the file."""
    keys = pl.concat([frame.select("family", "subscriber_key") for frame in ready.frames.values()])
    return keys.group_by("family", "subscriber_key").agg(pl.len().cast(pl.Int64).alias("lines")).sort("family")


def fitting(sizes: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Without the families that alone exceed a file, which may not be split inside a family."""
    most = layout.most_rows
    if most is None:
        most = int(sizes["lines"].max() or 0)  # type: ignore[arg-type]
    large = sizes.filter(pl.col("lines") > most).with_columns(member_key="subscriber_key")
    words = f"belongs to a family of more than {most} lines"
    reason = Reason("tabular.family.too_large", words, "Raise max_rows: a family is never split")
    refused = found(large, "file", "max_rows", reason)
    return sizes.filter(pl.col("lines") <= most), refused


def split(sizes: pl.DataFrame, layout: Layout) -> list[pl.Series]:
    """The families of each file: as many as fit, never a part of one."""
    most, first, room, cuts = layout.most_rows, 0, 0, []
    if most is not None and sizes["lines"].sum() > most:
        for at, size in enumerate(sizes["lines"].to_list()):
            if room + size > most:
                cuts.append((first, at))
                first, room = at, 0
            room += size
    cuts.append((first, sizes.height))
    return [sizes["family"].slice(a, b - a) for a, b in cuts]
