"""From prepared frames to the text of each member: segments spelled, hung under their owners, joined in order."""

from dataclasses import dataclass

import polars as pl

from formats.edi834.layout import (
    AFTER_COVERAGES,
    COVERAGE,
    COVERAGE_ORDER,
    EXTRA,
    MEMBER,
    MEMBER_ORDER,
    OLD_INSURER,
)
from formats.edi834.prepare import Prepared, sent_end
from formats.edi834.profile import OLD_VERSION, Profile
from formats.edi834.spelling import ready_extra, ready_members, spell

_INSURANCE = ["place", "other_no"]
_NAME_ORDER = ["70", "31", "36", "M8", "S3"]  # loops 2100B to F; then responsible persons, then 45


@dataclass(frozen=True)
class _Hung:
    """Text to hang under owners: column `by` (row or place), `block`, `count`."""

    by: str
    blocks: pl.DataFrame


def member_blocks(part: Prepared, profile: Profile) -> pl.DataFrame:
    """One row per member in file order: row, set, is_subscriber, block (all its segments), count (of segments)."""
    on_member, on_coverage = _extras(part, profile)
    coverages = spell(part.coverages.with_columns(sent_end("end", profile.end_date)), COVERAGE, profile)
    coverages = _assembled(coverages, COVERAGE_ORDER, on_coverage)
    covered = _hung(coverages, "row")
    members = spell(ready_members(part.members, profile), MEMBER, profile)
    last = on_member.pop(AFTER_COVERAGES, None)
    members = _assembled(
        members,
        (*MEMBER_ORDER, "covered", AFTER_COVERAGES),
        on_member | {"covered": covered} | ({} if last is None else {AFTER_COVERAGES: _enclosed(last, profile)}),
    )
    return members.select("row", "set", "is_subscriber", "block", "count")


def _assembled(frame: pl.DataFrame, order: tuple[str, ...], hung: dict[str, _Hung]) -> pl.DataFrame:
    """Join the segment columns and the hung blocks, in order."""
    texts: list[pl.Expr] = [pl.lit("")]  # a frame of nothing has no segments
    counts: list[pl.Expr] = [pl.lit(0, pl.Int64)]
    for name in order:
        if name in hung:
            blocks = hung[name].blocks.rename({"block": name, "count": f"{name}_n"})
            frame = frame.join(blocks, on=hung[name].by, how="left", maintain_order="left")
            texts.append(pl.col(name))
            counts.append(pl.col(f"{name}_n").fill_null(0))
        elif name in frame.columns:
            texts.append(pl.col(name))
            counts.append(pl.col(name).is_not_null().cast(pl.Int64))
    return frame.with_columns(
        pl.concat_str(texts, ignore_nulls=True).alias("block"), pl.sum_horizontal(counts).alias("count")
    )


def _hung(frame: pl.DataFrame, by: str) -> _Hung:
    blocks = frame.group_by(by, maintain_order=True).agg(pl.col("block").str.join(""), pl.col("count").sum())
    return _Hung(by, blocks)


def _extras(part: Prepared, profile: Profile) -> tuple[dict[str, _Hung], dict[str, _Hung]]:
    """The extras of members and those of coverages, each as text under its owner."""
    on_member: dict[str, _Hung] = {}
    on_coverage: dict[str, _Hung] = {}
    for name, given in part.extras.items():
        if name == "insurers":
            continue
        frame = given
        if name == "names":
            rank = pl.col("role").replace_strict(
                [*_NAME_ORDER, "45"], [0, 1, 2, 3, 4, 9], default=5, return_dtype=pl.Int8
            )
            frame = frame.sort("row", rank, maintain_order=True)
        if "place" not in frame.columns:
            on_member[name] = _hung(_lines(name, frame, ["row"], part, profile), "row")
            continue
        loose = frame.filter(pl.col("place").is_null())
        if not loose.is_empty():
            on_member[name] = _hung(_lines(name, loose, ["row"], part, profile), "row")
        held = frame.filter(pl.col("place") >= 0)
        if not held.is_empty():
            on_coverage[name] = _hung(_lines(name, held, ["place"], part, profile), "place")
    return on_member, on_coverage


def _lines(name: str, frame: pl.DataFrame, owner: list[str], part: Prepared, profile: Profile) -> pl.DataFrame:
    """An extra's rows with block and count."""
    segments = {f"{name}{i}": one for i, one in enumerate(EXTRA[name])}
    spelled = spell(ready_extra(frame, owner, profile), segments, profile)
    order = tuple(segments)
    if name != "other_insurance" or "insurers" not in part.extras:
        return _assembled(spelled, order, {})
    insurers = part.extras["insurers"].filter(pl.col("place") >= 0)
    if profile.version == OLD_VERSION:
        named = spell(insurers, {"insurer": OLD_INSURER}, profile).select("place", "other_no", "insurer")
        joined = spelled.join(named, on=_INSURANCE, how="left", maintain_order="left")
        dates = next(i for i, one in enumerate(EXTRA[name]) if one.name == "DTP")
        return _assembled(joined, (*order[:dates], "insurer", *order[dates:]), {})
    below = _lines("insurers", insurers, _INSURANCE, part, profile)
    blocks = below.group_by(_INSURANCE, maintain_order=True).agg(
        pl.col("block").str.join("").alias("below"), pl.col("count").sum().alias("below_n")
    )
    own = _assembled(spelled, order, {})
    joined = own.join(blocks, on=_INSURANCE, how="left", maintain_order="left")
    return joined.with_columns(
        pl.concat_str("block", pl.col("below").fill_null("")).alias("block"),
        pl.col("count") + pl.col("below_n").fill_null(0),
    )


def _enclosed(hung: _Hung, profile: Profile) -> _Hung:
    """The reporting categories between LS and LE."""
    opened = f"LS{profile.element}2700{profile.segment_end}"
    closed = f"LE{profile.element}2700{profile.segment_end}"
    return _Hung(
        hung.by,
        hung.blocks.with_columns(
            pl.concat_str(pl.lit(opened), "block", pl.lit(closed)).alias("block"), pl.col("count") + 2
        ),
    )
