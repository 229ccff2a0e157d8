"""From a partner's IK3/IK4 back to the member and the column of the record it complains about."""

import polars as pl

from formats.edi834.layout import COVERAGE, EXTRA, MEMBER, OLD_INSURER, Element, Segment
from formats.edi834.placing import LOOPS, placed
from formats.edi834.schema import POSITIONS, conform
from formats.edi834.schema_acks import ACK_ERRORS
from formats.edi834.segments import SEPARATOR, split

# Columns of the layout under the names the record's frames have.
_OURS = {"whose": "subscriber_id", "who": "identifier", "who_kind": "identifier", "yes": "is_subscriber",
         "sent_tier": "tier", "per": "phone", "person": "corrects"}  # fmt: skip

_SMALL = [*(segment for some in EXTRA.values() for segment in some), OLD_INSURER]


def positions(data: bytes, keys: pl.Series) -> pl.DataFrame:
    """Where every member's segments stand in a file that was written (POSITIONS), from its own bytes.

    `keys` are the members' keys in the order of the file.
    """
    located = placed(split(data).segments)
    start = pl.when(pl.col("id") == "ST").then("position").forward_fill()
    control = pl.when(pl.col("id") == "ST").then(pl.col("text").str.split(SEPARATOR).list.get(2)).forward_fill()
    qualifier = pl.col("text").str.split_exact(SEPARATOR, 4).struct
    line = pl.when(pl.col("id") == "HD").then(qualifier[3])
    inside = (
        located.with_columns(
            (pl.col("position") - start + 1).alias("in_set"),
            control.alias("set_control"),
            pl.when(pl.col("id").is_in(["REF", "DTP", "AMT"])).then(qualifier[1]).alias("qualifier"),
            pl.col("loop").replace_strict(LOOPS, return_dtype=pl.String),
            line.alias("line"),
        )
        .filter(pl.col("member").is_not_null())
        .with_columns(
            pl.col("member").rle_id().alias("number"),
            pl.when(pl.col("coverage").is_not_null()).then(pl.col("line").forward_fill()).alias("line"),
        )
    )
    table = pl.DataFrame(_mains(), schema=["id", "loop", "qualifier", "field"], orient="row")
    exact = inside.join(table, on=["id", "loop", "qualifier"], how="left", nulls_equal=True, maintain_order="left")
    any_kind = table.filter(pl.col("qualifier") == "*").select("id", "loop", _field="field")
    found = exact.join(any_kind, on=["id", "loop"], how="left", maintain_order="left")
    member_keys = keys.gather(found["number"])
    return conform(
        found.select(
            "set_control", "loop", "line", position="in_set", member_key=member_keys, segment="id",
            field=pl.coalesce("field", "_field"),
        ),
        POSITIONS,
    )  # fmt: skip


def _mains() -> list[tuple[str, str, str | None, str]]:
    """(segment, loop, qualifier, main column); `*` for segments of any qualifier."""
    core = [*MEMBER.values(), *COVERAGE.values()]
    rows = [(s.name, s.loop, s.qualifier if s.name in ("REF", "DTP", "AMT") else None, _main(s)) for s in core]
    for one in _SMALL:
        qualified = one.name in ("REF", "DTP", "AMT")
        kind = (one.qualifier or "*") if qualified else None
        rows += [(one.name, loop, kind, _main(one)) for loop in _loops(one)]
    seen: dict[tuple[str, str, str | None], str] = {}
    for name, loop, kind, main in rows:
        seen.setdefault((name, loop, kind), main)
    return [(*key, main) for key, main in seen.items()]


def _loops(segment: Segment) -> list[str]:
    anywhere = segment.name in ("REF", "DTP", "AMT") and not segment.qualifier and segment.loop in ("2000", "2100A")
    return ["2000", "2100A", "2300"] if anywhere else [segment.loop]


def _main(segment: Segment) -> str:
    columns = [c for e in segment.elements for c in e.columns]
    value = "value" if "value" in columns else segment.key or (columns[0] if columns else segment.name.lower())
    return _OURS.get(value, value)


def _element_fields() -> list[tuple[str, str, int, str]]:
    """(segment, loop, element, column) where it is not the segment's main column."""
    rows: dict[tuple[str, str, int], str] = {}
    for segment in [*MEMBER.values(), *COVERAGE.values(), *_SMALL]:
        for element in segment.elements:
            if segment.name not in ("REF", "DTP", "AMT") and (column := _column(element)):
                rows.setdefault((segment.name, segment.loop, element.number), column)
    rows |= {("PER", "2100A", 5): "email", ("PER", "2100A", 6): "email"}
    return [(*key, column) for key, column in rows.items()]


def _column(element: Element) -> str | None:
    return _OURS.get(element.columns[0], element.columns[0]) if element.columns else None


def locate(errors: pl.DataFrame, positions: pl.DataFrame, member_identifier: str) -> pl.DataFrame:
    """The errors (ACK_ERRORS) with member_key, line and field of what was written there (POSITIONS).

    All three are null for a header segment, or a position that nothing of ours has. `member_identifier`: what the
    partner's profile puts into NM109.
    """
    table = pl.DataFrame(
        _element_fields(),
        schema={"written": pl.String, "written_loop": pl.String, "element": pl.Int64, "_exact": pl.String},
        orient="row",
    )
    known = conform(positions, POSITIONS).select(
        "set_control",
        pl.col("position").alias("segment_position"),
        "member_key",
        "line",
        pl.col("segment").alias("written"),
        pl.col("loop").alias("written_loop"),
        "field",
    )
    found = conform(errors, ACK_ERRORS).join(
        known, on=["set_control", "segment_position"], how="left", maintain_order="left"
    )
    table = table.with_columns(pl.col("_exact").replace("identifier", member_identifier))
    found = found.join(table, on=["written", "written_loop", "element"], how="left", maintain_order="left")
    return found.with_columns(pl.coalesce("_exact", "field").alias("field")).drop("_exact", "written", "written_loop")
