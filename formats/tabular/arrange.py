"""Who and what goes into a vendor's file, in the order of the file: one frame per record of the layout."""

from dataclasses import dataclass

import polars as pl

from formats.edi834.codes import LINES, SPOUSES
from formats.edi834.schema import Enrollment
from formats.tabular.consistency import people
from formats.tabular.findings import Reason, found
from formats.tabular.layout import Layout, Record
from formats.tabular.sources import COVERAGE, MEMBER, PLANS, line_of
from formats.tabular.values import Condition

NO_KEY = Reason("tabular.member.no_key", "has no key", "Give every member the key of the record")
NO_SUBSCRIBER = Reason(
    "tabular.family.no_subscriber", "belongs to a family without subscriber", "Send the subscriber in the same file"
)
SUBSCRIBERS = Reason(
    "tabular.family.subscribers", "belongs to a family with several subscribers", "Correct who is the subscriber"
)
TWICE = Reason("tabular.member.twice", "comes more than once", "Send each member once, with all coverages")
ORPHAN = Reason(
    "tabular.coverage.orphan", "is not among the members", "Send the member with it, or leave the coverage out"
)
NO_ROOM = Reason(
    "tabular.coverage.twice", "has two coverages of a line with room for one",
    "End one of them, or use a layout with a line per coverage",
)  # fmt: skip

NO_RECORD = Reason(
    "tabular.member.no_record", "holds in no record of the layout: there is no line for this member",
    "Give the layout a record for such members",
)  # fmt: skip

KEYS = ["family", "row", "seq", "subscriber_key", "member_key"]


@dataclass(frozen=True)
class Arranged:
    """Families in file order; those that cannot be written as they are have findings and are not in the frames.

    members: MEMBER columns, `family`, `row` (running numbers) and the sources of families.
    coverages: COVERAGE columns as `coverage.*`, with `row`, `family`, `seq` (1-based in the member).
    frames: by record name, KEYS and every source that record draws on.
    """

    members: pl.DataFrame
    coverages: pl.DataFrame
    frames: dict[str, pl.DataFrame]
    findings: pl.DataFrame


def holds(conditions: tuple[Condition, ...]) -> pl.Expr:
    """Whether every condition holds; a blank source is the text ""."""
    met = pl.lit(value=True)
    for condition in conditions:
        column = pl.col(condition.source)
        text = column.cast(pl.String).fill_null("")
        if condition.present is not None:
            met &= column.is_not_null() == condition.present
        elif condition.is_in is not None:
            met &= text.is_in(condition.is_in)
        else:
            met &= ~text.is_in(condition.not_in or ())
    return met


def arrange(enrollment: Enrollment, layout: Layout) -> Arranged:
    """Trim, order and join the frames as the layout's records need them. Pure; order of the input does not matter.

    Families by subscriber id, then key; in each the subscriber, the spouse or partner, then the others oldest
    first. Coverages: medical, dental, vision, the rest, then plan code and begin.
    """
    members = _trimmed(enrollment.members)
    broken = _broken_families(members, layout)
    unheld = enrollment.coverages.join(members, on="member_key", how="anti").with_columns(subscriber_key=None)
    orphans = found(unheld, "coverage", "member_key", ORPHAN)
    keyed = members.filter(pl.col("subscriber_key").is_not_null())
    members = _ordered(keyed.join(broken, on="subscriber_key", how="anti"))
    coverages = _coverages(enrollment.coverages, members)
    wide = layout.wide_lines
    twice = _twice(coverages, members, wide)
    members = members.join(twice, on="subscriber_key", how="anti", maintain_order="left")
    coverages = coverages.join(twice, on="subscriber_key", how="anti", maintain_order="left")
    full = _with_wide(_with_subscriber(members, layout), coverages, wide, layout)
    frames = {record.name: _frame(record, full, coverages, layout) for record in layout.body}
    lineless = _lineless(members, frames, layout)
    if not lineless.is_empty():
        members, coverages = (
            rows.join(lineless, on="subscriber_key", how="anti", maintain_order="left") for rows in (members, coverages)
        )
        frames = {
            name: rows.join(lineless, on="subscriber_key", how="anti", maintain_order="left")
            for name, rows in frames.items()
        }
    return Arranged(members, coverages, frames, pl.concat([broken, orphans, twice, lineless]))


def in_lines(ready: Arranged, frames: dict[str, pl.DataFrame], layout: Layout) -> Enrollment:
    """The people and coverages that have a line among the frames, or a place in one, in the order of the file."""
    ranked = [frames[r.name].select("row", "seq", pl.lit(i).alias("_rank")) for i, r in enumerate(layout.body)]
    places = pl.concat(ranked).group_by("row", "seq").agg(pl.col("_rank").min())
    own = [r.name for r in people(layout)]
    first = pl.concat(frame for frame, r in zip(ranked, layout.body, strict=True) if r.name in own)
    first = first.group_by("row").agg(pl.col("_rank").min().alias("_first"))
    members = ready.members.join(places, on="row", how="semi").join(first, on="row", how="left")
    order = ["_first", "row"] if layout.order == "by_record" else ["row"]
    members = members.sort(order, nulls_last=True).with_row_index("_place")
    whose = members.select("row", "_place")
    lined = ready.coverages.join(places, on=["row", "seq"], how="inner")
    placed = ready.coverages.filter(pl.col("coverage.line").is_in(layout.wide_lines)).with_columns(
        pl.lit(-1).alias("_rank")  # in the person's own line, before any line of coverages
    )
    held = pl.concat([lined, placed.select(lined.columns)]).unique(["row", "seq"], keep="first", maintain_order=True)
    held = held.join(whose, on="row", how="inner").sort("_place", "_rank", "seq")
    return Enrollment(members.drop("_place", "_first"), held.rename({f"coverage.{c}": c for c in COVERAGE}))


def _trimmed(members: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, dtype in MEMBER.items() if dtype == pl.String()]
    return members.select(MEMBER.keys()).with_columns(
        pl.col(texts).str.strip_chars().replace("", None),
    ).with_columns(
        pl.col("ssn", "zip").str.replace_all(r"[-\s]", ""),
        pl.col("phone").str.replace_all(r"\D", "").replace("", None),
        pl.col("subscriber_key").fill_null(pl.col("member_key")),
        pl.col("is_subscriber").fill_null(value=False),
    )  # fmt: skip


def _broken_families(members: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Families that are not one: without or with several subscribers, or with a member who comes twice."""
    heads = members.group_by("subscriber_key", maintain_order=True).agg(
        pl.col("member_key").first(), pl.col("is_subscriber").sum().alias("heads")
    )
    none = heads.filter(pl.col("heads") == 0) if layout.subscriber == "required" else heads.clear()
    twice = members.filter(pl.col("member_key").is_duplicated()).unique(KEYS[3:], maintain_order=True)
    nameless = members.filter(pl.col("member_key").is_null())
    return pl.concat(
        [
            found(nameless, "member", "member_key", NO_KEY),
            found(none, "member", "is_subscriber", NO_SUBSCRIBER),
            found(heads.filter(pl.col("heads") > 1), "member", "is_subscriber", SUBSCRIBERS),
            found(twice, "member", "member_key", TWICE),
        ]
    )


def _ordered(members: pl.DataFrame) -> pl.DataFrame:
    """The members in file order, with the sources of families."""
    partner = pl.col("relationship").is_in(SPOUSES).fill_null(value=False)
    rank = pl.when("is_subscriber").then(0).when(partner).then(1).otherwise(2)
    whose = pl.col("subscriber_id").first().over("subscriber_key")
    ordered = members.with_columns(rank.alias("_rank"), whose.alias("_family")).sort(
        ["_family", "subscriber_key", "_rank", "birth_date", "member_key"], nulls_last=True
    )
    numbered = ordered.with_columns(
        pl.col("subscriber_key").rle_id().cast(pl.Int64).alias("family"),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        pl.lit(0, pl.Int64).alias("seq"),
    ).with_columns(
        pl.len().over("family").cast(pl.Int64).alias("family.size"),
        (pl.col("row") - pl.col("row").first().over("family") + 1).alias("family.sequence"),
    )
    # The first partner is 02 and nobody else, so where there is none the eldest child is 03 all the same.
    mate = (pl.col("_rank") == 1) & (pl.col("_rank").shift(1).over("family").fill_null(0) == 0)
    other = ~(pl.col("is_subscriber") | mate)
    suffix = (
        pl.when("is_subscriber").then(1).when(mate).then(2).otherwise(other.cast(pl.Int64).cum_sum().over("family") + 2)
    )
    return numbered.with_columns(suffix.cast(pl.String).str.zfill(2).alias("member.suffix")).drop("_rank", "_family")


def _coverages(coverages: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    held = coverages.select("member_key", *COVERAGE).join(
        members.select("member_key", "subscriber_key", "family", "row"), on="member_key", how="inner"
    )
    texts = [name for name, dtype in COVERAGE.items() if dtype == pl.String()]
    held = held.with_columns(pl.col(texts).str.strip_chars().replace("", None))
    rank = pl.col("line").replace_strict(LINES, range(len(LINES)), default=len(LINES), return_dtype=pl.Int64)
    order = ["row", "_rank", *(c for c in COVERAGE if c != "maintenance_type"), "maintenance_type"]
    held = held.with_columns(rank.alias("_rank")).sort(order, nulls_last=True).drop("_rank")
    place = (pl.int_range(pl.len()).over("row") + 1).cast(pl.Int64)
    return held.with_columns(place.alias("seq")).rename({c: f"coverage.{c}" for c in COVERAGE})


def _twice(coverages: pl.DataFrame, members: pl.DataFrame, lines: list[str]) -> pl.DataFrame:
    """Members with two coverages of a line of which the layout has room for one."""
    several = (
        coverages.filter(pl.col("coverage.line").is_in(lines))
        .group_by("row", "coverage.line")
        .agg(pl.len().alias("held"))
        .filter(pl.col("held") > 1)
    )
    rows = members.join(several, on="row", how="semi", maintain_order="left")
    return found(rows, "member", "line", NO_ROOM)


def _lineless(members: pl.DataFrame, frames: dict[str, pl.DataFrame], layout: Layout) -> pl.DataFrame:
    """Members of whom the layout has a kind of line, and whom the conditions of all of them pass over."""
    own = people(layout)
    kinds = {record.kind for record in own}
    head, kin = (bool(kinds & {kind, "member", "detail"}) for kind in ("subscriber", "dependent"))
    meant = members.filter(pl.when("is_subscriber").then(pl.lit(head)).otherwise(pl.lit(kin)))
    lines = pl.concat([frames[record.name].select("row") for record in own])
    rows = meant.join(lines, on="row", how="anti", maintain_order="left")
    return found(rows, "person", "when", NO_RECORD)


def _with_subscriber(members: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    used = sorted({s.removeprefix("subscriber.") for s in layout.sources if s.startswith("subscriber.")})
    if not used:
        return members
    heads = members.filter("is_subscriber").select("family", *(pl.col(c).alias(f"subscriber.{c}") for c in used))
    return members.join(heads, on="family", how="left", maintain_order="left")


def _with_wide(members: pl.DataFrame, coverages: pl.DataFrame, lines: list[str], layout: Layout) -> pl.DataFrame:
    for line in lines:
        used = sorted(s for s in layout.sources if line_of(s) == line)
        own = coverages.filter(pl.col("coverage.line") == line).select(
            "row", *(pl.col(f"coverage.{s.split('.')[2]}").alias(s) for s in used)
        )
        members = members.join(own, on="row", how="left", maintain_order="left")
    return members


def _frame(record: Record, members: pl.DataFrame, coverages: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The rows of one record: KEYS and the sources it draws on."""
    if record.kind in PLANS:
        rows = members.drop("seq").join(
            coverages.drop("member_key", "subscriber_key", "family"),
            on="row",
            how="inner" if record.kind == "coverage" else "left",
            maintain_order="left_right",
        ).with_columns(pl.col("seq").fill_null(0))  # fmt: skip
        rows = rows.with_columns(pl.when(pl.col("seq") > 0).then("seq").alias("coverage.sequence"))
    elif record.kind == "member":
        rows = members
    else:
        rows = members.filter(pl.col("is_subscriber") == (record.kind == "subscriber"))
    rows = rows.filter(holds(record.when)) if record.when else rows
    used = {s for f in record.fields for s in f.sources()} | {s for s in layout.sources if s.startswith("coverage.")}
    return rows.select(*KEYS, *sorted(c for c in used & set(rows.columns) if c not in KEYS))
