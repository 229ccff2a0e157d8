"""From a vendor's IK3 and IK4 back to the member, through the bytes that were sent. Pure; shows codes, never values."""

from __future__ import annotations

import polars as pl

from assets.enrollment.members import RELATIONSHIPS
from formats.edi834 import read
from formats.edi834.segments import SEPARATOR, split

_MEMBER = ["subscriber_id", "relationship", "birth_date"]


def written_at(errors: pl.DataFrame, data: bytes) -> pl.DataFrame:
    """Add what our file holds at each error: written, the segment's id, and the member's columns of `_MEMBER`.

    They are null outside of members, and where the file has no such place.

    Args:
        errors: ACK_ERRORS of one file; IK302 counts segments from ST = 1.
        data: the file's own bytes.
    """
    segments = split(data).segments
    starts = segments.filter(pl.col("id") == "ST").select(
        pl.col("text").str.split(SEPARATOR).list.get(2, null_on_oob=True).alias("set_control"),
        pl.col("position").alias("start"),
    )
    marks = segments.select(
        pl.col("position").alias("at"),
        pl.col("id").alias("written"),
        pl.when(pl.col("id") == "INS")
        .then("position")
        .when(pl.col("id").is_in(["ST", "SE"]))
        .then(pl.lit(-1, pl.Int64))
        .forward_fill()
        .alias("ins"),
    )
    members = read(data).members.select(pl.col("position").alias("ins"), *_MEMBER)
    return (
        errors.join(starts, on="set_control", how="left", maintain_order="left")
        .with_columns(at=pl.col("start") + pl.col("segment_position") - 1)
        .join(marks, on="at", how="left", maintain_order="left")
        .join(members, on="ins", how="left", maintain_order="left")
        .drop("start", "at", "ins")
    )


def explained(places: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """Add member (the person's code, or the family's when that is not certain) and words for a person to read.

    Args:
        places: as `written_at` returns them.
        families: head_code, code, relationship, birth_date of the families named there. A code that is not in the
            record is not repeated: for some partners it is an SSN.
    """
    known = families.with_columns(
        pl.col("head_code").str.to_uppercase().alias("subscriber_id"),
        pl.col("relationship").replace_strict(RELATIONSHIPS, return_dtype=pl.String),
    )
    alone = known.filter(pl.len().over(_MEMBER) == 1).select(*_MEMBER, "code")
    heads = known.select("subscriber_id", "head_code").unique("subscriber_id")
    found = places.join(alone, on=_MEMBER, how="left", maintain_order="left").join(
        heads, on="subscriber_id", how="left", maintain_order="left"
    )
    family = pl.format("of the family of {}", "head_code")
    outside = pl.when(pl.col("relationship").is_null()).then(pl.lit("in the header or trailer"))
    segment = pl.coalesce("segment", "written", pl.lit("a segment"))
    element = pl.format(", element {} code {}", "element", pl.col("element_code").fill_null("?")).fill_null("")
    member = pl.coalesce(pl.format("of member {}", "code"), family, outside, pl.lit("of a member"))
    words = pl.format(
        "set {} segment {} {} {}: code {}{}",
        pl.col("set_control").fill_null("?"),
        pl.col("segment_position").cast(pl.String).fill_null("?"),
        segment,
        member,
        pl.col("segment_code").fill_null("?"),
        element,
    )
    return found.with_columns(member=pl.coalesce("code", "head_code"), words=words).drop("code", "head_code")
