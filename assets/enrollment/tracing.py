"""From a vendor's IK3 and IK4 back to the member and the column of our record, through the bytes that were sent. Pure.

Shows codes and names of columns, never values.
"""

from __future__ import annotations

import re
from itertools import pairwise

import polars as pl

from assets.enrollment.members import RELATIONSHIPS, plain
from formats.edi834 import locate, read
from formats.edi834.codes import ELEMENT_FAULTS, SEGMENT_FAULTS
from formats.edi834.trace import positions

# Columns of the 834's frames under the names that the files of the record have.
_RECORDED = {
    "address1": "address", "policy_number": "company_code", "member_id": "member_code",
    "subscriber_id": "subscriber_code", "is_subscriber": "subscriber_code", "eligibility_begin": "start_date",
    "begin": "start_date", "eligibility_end": "end_date", "end": "end_date",
}  # fmt: skip
_ONE_VALUE = ["REF", "DTP", "AMT"]  # segments of one column, which is meant also where no element is named
_FAMILY = ["head_code", "relationship", "birth_date"]


def written_at(errors: pl.DataFrame, data: bytes) -> pl.DataFrame:
    """Add what our file holds at each error: its member, and the column of the record that was written there.

    Args:
        errors: ACK_ERRORS of one file; IK302 counts segments from ST = 1.
        data: the file's own bytes.

    Returns:
        ACK_ERRORS with written (the segment's id), column and line (of coverage), subscriber_id, relationship,
        birth_date, first_name; null outside of members, and where the file has no such place. column is null as well
        where the vendor misses a segment, because another one stands there.
    """
    data = _sets(data, errors["set_control"].unique().to_list())
    members = read(data).members.with_row_index("n").with_columns(member_key=pl.col("n").cast(pl.String))
    places = positions(data, members["member_key"])
    identifier = "member_id" if members["ssn"].null_count() == members.height else "ssn"
    written = places.select("set_control", pl.col("position").alias("segment_position"), written="segment")
    certain = (pl.col("written") == pl.col("segment")) & (
        pl.col("element").is_not_null() | pl.col("written").is_in(_ONE_VALUE)
    )
    return (
        locate(errors, places, identifier)
        .join(written, on=["set_control", "segment_position"], how="left", maintain_order="left")
        .with_columns(column=pl.when(certain).then(pl.col("field").replace(_RECORDED)))
        .join(
            members.select("member_key", "subscriber_id", "relationship", "birth_date", "first_name"),
            on="member_key",
            how="left",
            maintain_order="left",
        )
        .drop("member_key", "field")
    )


def _sets(data: bytes, wanted: list[str]) -> bytes:
    """The file without the sets nobody complains of: of a million members a few thousand are looked at."""
    mark, end = re.escape(data[3:4]), re.escape(data[105:106])
    starts = [m.start("set") for m in re.finditer(end + rb"\s*(?P<set>ST" + mark + rb")", data)]
    spans = list(pairwise([*starts, len(data)]))
    numbers = {number.encode() for number in wanted}
    kept = [data[a:b] for a, b in spans if data[a : a + 40].split(data[3:4], 3)[2] in numbers]
    return b"".join([data[: starts[0]], *kept]) if starts else data


def explained(places: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """Add member (the person's code, or the family's when that is not certain) and words for a person to read.

    Args:
        places: as `written_at` returns them, and head_blind: the blind index of a subscriber_id that is an SSN.
        families: head_code, head_blind, code, relationship, birth_date, first_name of the families named there. A
            subscriber_id that is not in the record is not repeated: for some partners it is an SSN.
    """
    by_code = families.select("head_code", subscriber_id=pl.col("head_code").str.to_uppercase()).unique("subscriber_id")
    by_blind = families.select("head_blind", head_of_blind="head_code").drop_nulls().unique("head_blind")
    kin = families.with_columns(
        pl.col("relationship").replace_strict(RELATIONSHIPS, return_dtype=pl.String), first_name=plain("first_name")
    )
    alone = kin.filter(pl.len().over(_FAMILY) == 1).select(*_FAMILY, "code")
    twin = kin.filter(pl.len().over(*_FAMILY, "first_name") == 1).select(*_FAMILY, "first_name", twin="code")
    found = (
        places.with_columns(first_name=plain("first_name"))
        .join(by_code, on="subscriber_id", how="left", maintain_order="left")
        .join(by_blind, on="head_blind", how="left", maintain_order="left")
        .with_columns(head_code=pl.coalesce("head_code", "head_of_blind"))
        .join(alone, on=_FAMILY, how="left", maintain_order="left")
        .join(twin, on=[*_FAMILY, "first_name"], how="left", maintain_order="left")
        .with_columns(code=pl.coalesce("code", "twin"))
    )
    return found.with_columns(member=pl.coalesce("code", "head_code"), words=_words()).drop(
        "code", "head_code", "head_blind", "head_of_blind", "twin", "first_name"
    )


def _words() -> pl.Expr:
    outside = pl.when(pl.col("relationship").is_null()).then(pl.lit("in the header or trailer"))
    family = pl.format("of the family of {}", "head_code")
    member = pl.coalesce(pl.format("of member {}", "code"), family, outside, pl.lit("of a member"))
    column = pl.format(", column {}", "column") + pl.format(" of {}", "line").fill_null("")
    segment_code, element_code = (pl.col(c).fill_null("?") for c in ("segment_code", "element_code"))
    of_element = pl.format(
        "element {}: {} ({}, {})", "element", _said(element_code, ELEMENT_FAULTS), segment_code, element_code
    )
    of_segment = pl.format("{} ({})", _said(segment_code, SEGMENT_FAULTS), segment_code)
    return pl.format(
        "set {} segment {} {} {}{}: {}",
        pl.col("set_control").fill_null("?"),
        pl.col("segment_position").cast(pl.String).fill_null("?"),
        pl.coalesce("segment", "written", pl.lit("a segment")),
        member,
        column.fill_null(""),
        pl.coalesce(of_element, of_segment),
    )


def _said(code: pl.Expr, words: dict[str, str]) -> pl.Expr:
    return code.replace_strict(words, default=pl.lit("a fault without words"), return_dtype=pl.String)
