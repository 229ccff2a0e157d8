"""Reads a vendor's file back into members and coverages, as far as the layout's fields carry them."""

from dataclasses import replace

import polars as pl

from formats.edi834.schema import COVERAGES, MEMBERS, Enrollment, conform, empty
from formats.tabular.cells import Cells, take_apart
from formats.tabular.consistency import identity, people, plans
from formats.tabular.draft import columns
from formats.tabular.layout import Layout, Record
from formats.tabular.parse import parsed
from formats.tabular.sources import line_of
from formats.tabular.stated import counts_hold

# What tells families apart, best first: what the vendor numbers, then ids that all of a family share.
_FAMILY = ["family.number", "subscriber_key", "subscriber.member_key", "subscriber_id", "subscriber.subscriber_id",
           "subscriber.ssn", "subscriber.member_id"]  # fmt: skip


def read(data: bytes, layout: Layout) -> Enrollment:
    """A vendor's roster or discrepancy file, or our own, as canonical frames; never raises on bad content.

    Columns that the layout does not carry are null. Where the file has no key of the member, `member_key` is
    line<N>, after the member's first line; `position` is that line. What could not be read is in `problems`.
    """
    cells = take_apart(data, layout)
    got = assembled(cells, layout)
    counts_hold(got, layout, cells)
    return replace(got, problems=cells.problems)


def assembled(cells: Cells, layout: Layout) -> Enrollment:
    """The members and coverages of a file that was taken apart."""
    if layout.xml and layout.xml.template is not None:
        cells.report("file.template", "A file made by a template cannot be read back", hint="Read it with a layout")
        return Enrollment(empty(MEMBERS), empty(COVERAGES), problems=cells.problems)
    rows = {record.name: _parsed(cells, record, layout) for record in layout.body}
    whose = identity(layout) if layout.order == "by_record" else []
    found = [_people(rows[r.name], cells.frames[r.name], r) for r in people(layout)]
    lines = pl.concat(found, how="diagonal_relaxed").sort("line")
    members = lines.unique("person", keep="first", maintain_order=True)
    for record in [r for r in layout.body if r.again]:
        members = _completed(members, _attached(rows[record.name], members, whose))
    everywhere = set.intersection(*(set(frame.columns) for frame in found))
    members = _keyed(_subscribers(members), [source for source in _FAMILY if source in everywhere])
    held = [_attached(rows[r.name], members, whose) for r in layout.body if r.kind == "coverage"]
    held += [lines] if any(r.kind == "detail" for r in layout.body) else []
    held += [_besides(_wide(members, line), held, layout) for line in layout.wide_lines]
    return Enrollment(conform(members, MEMBERS), _coverages(held, members), problems=cells.problems)


def _parsed(cells: Cells, record: Record, layout: Layout) -> pl.DataFrame:
    """`line` and a column per source of the record; texts that are no value of theirs are reported and null."""
    texts, made = cells.frames[record.name], parsed(record, layout)
    bad = texts.select("line", *(p.bad.alias(str(i)) for i, p in enumerate(made)))
    for at, what in enumerate(made):
        for line in bad.filter(pl.col(str(at)))["line"].to_list():
            message = f"{what.field} ({record.name} record) is not in the form the layout gives it"
            cells.report("field.unreadable", message, line=line, column=what.column, hint="Correct it, or the layout")
    return texts.select("line", *(pl.when(~p.bad).then(p.value).alias(p.source) for p in made))


def _people(rows: pl.DataFrame, texts: pl.DataFrame, record: Record) -> pl.DataFrame:
    """The rows with `person`, the line a person begins at: lines of one person's coverages follow one another."""
    if record.kind != "detail":
        rows = rows.with_columns(pl.col("line").alias("person"))
    else:
        own = [n for n, c in zip(columns(record), record.fields, strict=True)
               if not any(s.startswith(("coverage.", "row.")) for s in c.sources())]  # fmt: skip
        run = texts.select(pl.struct(own).rle_id().alias("run")) if own else texts.select(run="line")
        rows = rows.hstack(run).with_columns(pl.col("line").first().over("run").alias("person")).drop("run")
    if record.kind in ("subscriber", "dependent"):
        rows = rows.with_columns(pl.lit(value=record.kind == "subscriber").alias("is_subscriber"))
    return rows


def _attached(rows: pl.DataFrame, members: pl.DataFrame, whose: list[str]) -> pl.DataFrame:
    """Rows that belong to a person, with `person`: the one above, or the one of the same identity."""
    whose = [source for source in whose if source in rows.columns and source in members.columns]
    if whose:
        ids = members.unique(whose, keep="first", maintain_order=True).select(*whose, "person")
        return rows.join(ids, on=whose, how="left", nulls_equal=True, maintain_order="left")
    above = members.select("person", pl.col("person").alias("line")).sort("line")
    return rows.sort("line").join_asof(above, on="line", strategy="backward")


def _completed(members: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """The members with what a second line of theirs says besides."""
    more = more.drop("line").unique("person", keep="first", maintain_order=True)
    joined = members.join(more, on="person", how="left", suffix="/again", maintain_order="left")
    both = [c for c in more.columns if f"{c}/again" in joined.columns]
    return joined.with_columns(pl.coalesce(c, f"{c}/again").alias(c) for c in both).drop(f"{c}/again" for c in both)


def _subscribers(members: pl.DataFrame) -> pl.DataFrame:
    """Who is the subscriber, and what lines say of their subscriber taken as the subscriber's own."""
    said = {
        "is_subscriber": pl.col("is_subscriber") if "is_subscriber" in members.columns else None,
        "relationship": pl.col("relationship") == "18" if "relationship" in members.columns else None,
        "member.suffix": pl.col("member.suffix").str.strip_chars_start("0") == "1"
        if "member.suffix" in members.columns
        else None,
        "family.sequence": pl.col("family.sequence") == 1 if "family.sequence" in members.columns else None,
    }
    known = [expr for expr in said.values() if expr is not None]
    members = members.with_columns(pl.coalesce([*known, pl.lit(None, pl.Boolean)]).alias("is_subscriber"))
    for column in [c for c in members.columns if c.startswith("subscriber.")]:
        own = column.removeprefix("subscriber.")
        theirs = pl.col(column) if own == "subscriber_id" else pl.when("is_subscriber").then(pl.col(column))
        members = members.with_columns((pl.coalesce(own, theirs) if own in members.columns else theirs).alias(own))
    itself = pl.when("is_subscriber").then(pl.lit("18"))
    relationship = pl.coalesce("relationship", itself) if "relationship" in members.columns else itself
    return members.with_columns(relationship.alias("relationship"), pl.col("person").alias("position"))


def _keyed(members: pl.DataFrame, shared: list[str]) -> pl.DataFrame:
    """Keys of members and families (told apart by the first of `shared`); those not in the file are line numbers."""
    by_line = pl.format("line{}", "person")
    key = pl.coalesce("member_key", by_line) if "member_key" in members.columns else by_line
    members = members.with_columns(key.alias("member_key"))
    heads = pl.col("is_subscriber").fill_null(value=True).cast(pl.Int64).cum_sum()
    family = pl.coalesce(pl.col(shared[0]).cast(pl.String), by_line) if shared else heads
    members = members.with_columns(family.alias("_family"))
    head = pl.col("member_key").filter(pl.col("is_subscriber")).first().over("_family")
    first = pl.col("member_key").first().over("_family")
    given = [pl.col("subscriber_key")] if "subscriber_key" in members.columns else []
    return members.with_columns(pl.coalesce([*given, head, first]).alias("subscriber_key")).drop("_family")


def _wide(members: pl.DataFrame, line: str) -> pl.DataFrame:
    """Coverages of one insurance line that stand in the person's own line."""
    own = [c for c in members.columns if line_of(c) == line]
    held = members.filter(pl.any_horizontal(pl.col(own).is_not_null())) if own else members.clear()
    named = (pl.col(c).alias(f"coverage.{c.split('.')[2]}") for c in own)
    return held.select("line", "person", *named).with_columns(pl.lit(line).alias("coverage.line"))


def _besides(wide: pl.DataFrame, held: list[pl.DataFrame], layout: Layout) -> pl.DataFrame:
    """Coverages of people's own lines that have no line of their own as well."""
    if not any(r.when for r in plans(layout)) and held:
        return wide.clear()
    for told in [rows for rows in held if {"person", "coverage.line"} <= set(rows.columns)]:
        wide = wide.join(told, on=["person", "coverage.line"], how="anti", maintain_order="left")
    return wide


def _coverages(held: list[pl.DataFrame], members: pl.DataFrame) -> pl.DataFrame:
    if not held:
        return empty(COVERAGES)
    rows = pl.concat(held, how="diagonal_relaxed")
    told = [c for c in rows.columns if c.startswith("coverage.") and line_of(c) is None and c != "coverage.sequence"]
    if not told:
        return empty(COVERAGES)
    rows = rows.filter(pl.any_horizontal(pl.col(told).is_not_null())).sort("person", "line", maintain_order=True)
    keys = members.select("person", "member_key")
    rows = rows.select(
        "person", pl.col("line").alias("position"), *(pl.col(c).alias(c.removeprefix("coverage.")) for c in told)
    )
    return conform(rows.join(keys, on="person", how="left", maintain_order="left"), COVERAGES)
