"""Writing acknowledgements, as a partner would: what the vendor simulator answers an 834 with."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from formats.edi834.envelope import DEFAULT_MARKS, Marks, Route, gs, isa, segment, trailers
from formats.edi834.headers import headers, of_headers
from formats.edi834.placing import placed
from formats.edi834.schema import conform, empty
from formats.edi834.schema_acks import ACK_ERRORS, GROUPS, SETS, TA1, Acks
from formats.edi834.segments import SEPARATOR, split
from formats.errors import FormatError

VERSION_999 = "005010X231A1"


@dataclass(frozen=True)
class AckStamp:
    """The numbers of one acknowledgement file; `set_control` is the first ST02. `created` is no clock's."""

    interchange_control: int
    created: dt.datetime
    group_control: int = 1
    set_control: int = 1


def acknowledge(data: bytes, faults: pl.DataFrame | None = None, *, ta1_verdict: str = "A", note: str = "000") -> Acks:
    """What a partner would answer to an 834: all sets accepted but those that `faults` names.

    `faults` has columns of ACK_ERRORS (set_control, and as known segment, segment_position, loop, segment_code,
    element, data_element, element_code). Each named set gets R with code 5; its group P, or R when no set is
    left. A rejecting TA1 (R) comes alone: the whole file is dead. For the first interchange of the file.
    """
    segments = split(data).segments
    first = segments.filter((pl.col("id") == "ISA") & (pl.col("interchange") == 1))["text"].to_list()
    head = [e.strip() for e in (first[0] if first else "").split(SEPARATOR)]
    ta1 = empty(TA1)
    if len(head) > 13:
        row = {"interchange_control": head[13], "date": head[9], "time": head[10], "verdict": ta1_verdict}
        ta1 = conform(pl.DataFrame([row | {"note": note}]), TA1)
    if ta1_verdict == "R" or segments.is_empty():
        return Acks(ta1)
    wrong = empty(ACK_ERRORS) if faults is None else conform(faults, ACK_ERRORS)
    wrong = wrong.with_columns(pl.col("loop").str.slice(0, 4))  # IK303 takes four characters: 2100 for 2100A
    first_of = segments.filter(pl.col("interchange") == 1)
    found = headers(of_headers(placed(first_of)), first_of.height)
    return _answer(found.interchange, wrong, ta1)


def _answer(interchange: pl.DataFrame, wrong: pl.DataFrame, ta1: pl.DataFrame) -> Acks:
    refused = pl.col("set_control").is_in(wrong["set_control"].unique().implode())
    sets = interchange.select(
        pl.col("gs_control").alias("group_control"),
        pl.lit("834").alias("set_id"),
        "set_control",
        "version",
        pl.when(refused).then(pl.lit("R")).otherwise(pl.lit("A")).alias("verdict"),
        pl.when(refused).then(pl.lit("5")).alias("codes"),
    )
    groups = sets.group_by("group_control", maintain_order=True).agg(
        pl.lit("999").alias("kind"),
        pl.lit("BE").alias("functional_id"),
        pl.col("version").first(),
        pl.len().cast(pl.Int64).alias("sets_included"),
        pl.len().cast(pl.Int64).alias("sets_received"),
        (pl.col("verdict") == "A").sum().cast(pl.Int64).alias("sets_accepted"),
    )
    some, whole = pl.col("sets_accepted") > 0, pl.col("sets_accepted") == pl.col("sets_received")
    verdict = pl.when(whole).then(pl.lit("A")).when(some).then(pl.lit("P")).otherwise(pl.lit("R"))
    groups = groups.with_columns(verdict.alias("verdict")).with_row_index("ack_no", offset=1)
    numbers = groups.select("group_control", pl.col("ack_no").cast(pl.Int64))
    sets = sets.join(numbers, on="group_control", how="left", maintain_order="left")
    errors = wrong.drop("ack_no", "group_control").join(
        sets.select("ack_no", "group_control", "set_control"), on="set_control", how="inner", maintain_order="left"
    )
    return Acks(ta1, conform(groups, GROUPS), conform(sets, SETS), conform(errors, ACK_ERRORS))


def write_ta1(acks: Acks, route: Route, stamp: AckStamp, marks: Marks = DEFAULT_MARKS) -> bytes:
    """The TA1 rows of `acks` as an interchange that holds nothing else. Raises FormatError without one."""
    if acks.ta1.is_empty():
        raise FormatError("A TA1 cannot be written: there is none", hint="give an Acks with a ta1 row")
    body = "".join(_ta1_segments(acks, marks))
    head = isa(marks, route, stamp.created, stamp.interchange_control, wants_ta1=False)
    tail = segment(marks, "IEA", 0, f"{stamp.interchange_control:09d}")
    return (head + body + tail).encode("ascii")


def write_999(
    acks: Acks, route: Route, stamp: AckStamp, marks: Marks = DEFAULT_MARKS, *, with_ta1: bool = False
) -> bytes:
    """The groups, sets and errors of `acks` as one 999 set per group (005010X231A1); with its TA1s when asked.

    TA1s go between ISA and GS, where the standard puts them. Raises FormatError when there is no group.
    """
    if acks.groups.is_empty():
        raise FormatError("A 999 cannot be written: there is no group", hint="give an Acks with groups")
    parts = [isa(marks, route, stamp.created, stamp.interchange_control, wants_ta1=False)]
    if with_ta1:
        parts += _ta1_segments(acks, marks)
    parts.append(gs(marks, route, stamp.created, stamp.group_control, kind="FA", version=VERSION_999))
    for number, group in enumerate(acks.groups.iter_rows(named=True)):
        control = f"{stamp.set_control + number:04d}"
        body = [segment(marks, "ST", "999", control, VERSION_999), *_group_segments(acks, group, marks)]
        parts += [*body, segment(marks, "SE", len(body) + 1, control)]
    parts.append(trailers(marks, acks.groups.height, stamp.group_control, stamp.interchange_control))
    return "".join(parts).encode("ascii")


def _ta1_segments(acks: Acks, marks: Marks) -> list[str]:
    columns = ("interchange_control", "date", "time", "verdict", "note")
    return [segment(marks, "TA1", *(v or "" for v in row)) for row in acks.ta1.select(columns).iter_rows()]


def _group_segments(acks: Acks, group: dict[str, object], marks: Marks) -> list[str]:
    mine = pl.col("ack_no") == group["ack_no"]
    errors = acks.errors.filter(mine).partition_by("set_control", as_dict=True)
    ids = [group[c] or "" for c in ("functional_id", "group_control", "version")]
    out = [segment(marks, "AK1", *ids)]
    for row in acks.sets.filter(mine).iter_rows(named=True):
        out.append(segment(marks, "AK2", *(row[c] or "" for c in ("set_id", "set_control", "version"))))
        if (found := errors.get((row["set_control"],))) is not None:
            out += _error_segments(found, marks)
        out.append(segment(marks, "IK5", row["verdict"] or "", *(row["codes"] or "").split()))
    counts = [group[c] or 0 for c in ("sets_included", "sets_received", "sets_accepted")]
    codes = str(group["codes"] or "").split()
    return [*out, segment(marks, "AK9", group["verdict"] or "", *counts, *codes)]


def _error_segments(errors: pl.DataFrame, marks: Marks) -> list[str]:
    """IK3 for each faulty segment, IK4 for each of its faulty elements; neighbours of one segment share it."""
    out: list[str] = []
    before: tuple[object, ...] | None = None
    for row in errors.iter_rows(named=True):
        place = tuple(row[c] for c in ("segment", "segment_position", "loop", "segment_code"))
        if place != before or row["element"] is None:
            out.append(segment(marks, "IK3", *("" if v is None else v for v in place)))
        before = place
        if row["element"] is not None:
            part = f"{marks.component}{row['component']}" if row["component"] else ""
            code, number = row["element_code"] or "", row["data_element"] or ""
            out.append(segment(marks, "IK4", f"{row['element']}{part}", number, code))
    return out
