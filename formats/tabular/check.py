"""Proof before a file leaves: its bytes are read again and held to their own totals and to what was meant."""

import hashlib
from collections import Counter
from dataclasses import replace

import polars as pl

from formats.edi834.schema import Enrollment
from formats.tabular.arrange import Arranged, arrange, in_lines
from formats.tabular.cells import Cells, take_apart
from formats.tabular.consistency import identity
from formats.tabular.draft import columns
from formats.tabular.elements import counted
from formats.tabular.express import carries_text
from formats.tabular.layout import Layout, Record
from formats.tabular.parse import parsed, surviving, wide_surviving
from formats.tabular.reader import assembled
from formats.tabular.stated import count, said
from formats.tabular.text import replaced, spelled
from formats.tabular.values import Total

Wide = dict[bool, dict[str, list[str]]]
_AGAIN = "Do not send the file; build it again"


def check(data: bytes, layout: Layout, meant: Enrollment) -> pl.DataFrame:
    """What is wrong with a file's bytes (columns PROBLEMS); no error rows mean that it says what was meant.

    Re-reads the bytes; holds the counts, sums and hash of headers and trailers to the lines that are there; holds
    the number of members, subscribers and coverages, and every column that survives in this layout (`surviving`),
    to `meant`, member by member. Of a template's XML: well-formed, and one element per line that was meant.

    Args:
        data: the bytes of one file.
        layout: the layout they were written by.
        meant: what the file is to say: `File.meant`, or the enrollment of a file that was not split.
    """
    cells = take_apart(data, layout)
    ready = arrange(meant, layout)
    meant = in_lines(ready, ready.frames, layout)
    if layout.xml and layout.xml.template is not None:
        _elements(counted(data, layout), {n: f.height for n, f in ready.frames.items()}, layout, cells)
        return cells.problems
    got = assembled(cells, layout)
    kept = wide_surviving(layout)
    if kept is not None:
        shown = _as_spelled(
            meant.coverages, [c for lines in kept.values() for own in lines.values() for c in own], layout
        )
        got, meant = _present(got, got.coverages, kept), _present(meant, shown, kept)
    for line in cells.beyond:
        cells.report("check.beyond", "The line holds more than its record's fields", line=line, hint=_AGAIN)
    for record in (*layout.headers, *layout.trailers):
        _stated(record, got, ready, layout, cells)
    for what, there, wanted in _sizes(got, meant):
        if there != wanted:
            cells.report("check.count", f"The file holds {there} {what}, {wanted} were meant", hint=_AGAIN)
    _same(got, meant, layout, cells)
    _owners(got, meant, layout, cells)
    return cells.problems


def _sizes(got: Enrollment, meant: Enrollment) -> list[tuple[str, int, int]]:
    heads = [int(e.members["is_subscriber"].sum()) for e in (got, meant)]
    return [
        ("members", got.members.height, meant.members.height),
        *([("subscribers", heads[0], heads[1])] if got.members["is_subscriber"].null_count() == 0 else []),
        ("coverages", got.coverages.height, meant.coverages.height),
    ]


def _stated(record: Record, got: Enrollment, ready: Arranged, layout: Layout, cells: Cells) -> None:
    """Hold what a header or trailer states to the lines of the file."""
    texts = cells.frames[record.name]
    for name, cell in zip(columns(record), record.fields, strict=True):
        if cell.total is None or texts.is_empty():  # a record that is missing was reported
            continue
        expected = _recounted(cell.total, got, ready, layout, cells)
        if texts.select(said(name, cell)).item(0, 0) != expected:
            cells.report("check.total", f"{cell.name} of the {record.name} record is not what the file's lines come to",
                         line=texts["line"].item(0), hint=_AGAIN)  # fmt: skip


def _recounted(total: Total, got: Enrollment, ready: Arranged, layout: Layout, cells: Cells) -> int | str:
    """The total of the lines that were read; a sum of what no field carries is taken from what was meant."""
    if total.hash:
        return hashlib.sha256(cells.body).hexdigest()
    if total.sum:
        return sum(
            _summed(total.sum, record, ready, layout, cells) for record in layout.body if record.name in total.over
        )
    return count(total.count or (), got, layout, cells)


def _summed(source: str, record: Record, ready: Arranged, layout: Layout, cells: Cells) -> int:
    for carried in parsed(record, layout):
        if carried.source == source:
            return int(cells.frames[record.name].select(carried.value.sum()).item())
    return int(ready.frames[record.name][source].sum())


def _present(enrollment: Enrollment, shown: pl.DataFrame, kept: Wide) -> Enrollment:
    """Without the coverages in a person's own line that leave no trace there; `shown` is them as they are spelled."""
    heads = enrollment.members.select("member_key", pl.col("is_subscriber").fill_null(value=True).alias("head"))
    whose = enrollment.coverages.select("member_key", "line").join(
        heads, on="member_key", how="left", maintain_order="left"
    )
    seen = pl.lit(value=False)
    for head, lines in kept.items():
        for line, own in lines.items():
            traced = pl.any_horizontal(pl.lit(value=False), *(shown[c].is_not_null() for c in own))
            seen |= (pl.col("head") == head) & (pl.col("line") == line) & traced
    return replace(enrollment, coverages=enrollment.coverages.filter(whose.select(seen.alias("seen"))["seen"]))


def _as_spelled(frame: pl.DataFrame, names: list[str], layout: Layout) -> pl.DataFrame:
    """The frame with these columns' texts as the layout spells them."""
    texts = [n for n in dict.fromkeys(names) if frame.schema[n] == pl.String() and n in _spelled_columns(layout)]
    wanted = spelled(frame, texts, layout)
    if layout.unfit == "replace":
        wanted = wanted.with_columns(replaced(pl.col(n), layout).alias(n) for n in texts)
    return wanted


def _same(got: Enrollment, meant: Enrollment, layout: Layout, cells: Cells) -> None:
    """Hold every column that survives to what was meant, as the layout spells it."""
    people, held = surviving(layout)
    if got.members.height == meant.members.height:  # else it was reported as a count
        wanted = _as_spelled(meant.members, people, layout)
        for name in people:
            _differ(name, meant.members["member_key"].filter(got.members[name].ne_missing(wanted[name])), cells)
    if got.coverages.height == meant.coverages.height:
        _same_coverages(got.coverages, meant, held, layout, cells)


def _same_coverages(theirs: pl.DataFrame, meant: Enrollment, held: list[str], layout: Layout, cells: Cells) -> None:
    """The same of coverages; of those in a person's own line, what survives of each insurance line."""
    ours, kept = meant.coverages, wide_surviving(layout) or {}
    more = [c for lines in kept.values() for own in lines.values() for c in own if c not in held]
    wanted = _as_spelled(ours, [*held, *more], layout)
    for name in held:
        _differ(name, ours["member_key"].filter(theirs[name].ne_missing(wanted[name])), cells)
    heads = set(meant.members.filter("is_subscriber")["member_key"])
    for head, lines in kept.items():
        for line, own in lines.items():
            mine = (ours["line"] == line) & (ours["member_key"].is_in(heads) == head)
            for name in [c for c in own if c in more]:
                _differ(name, ours["member_key"].filter(mine & theirs[name].ne_missing(wanted[name])), cells)


def _differ(name: str, keys: pl.Series, cells: Cells) -> None:
    for key in keys.to_list():
        cells.report("check.value", f"Member {key}: {name} in the file is not what was meant", hint=_AGAIN)


def _owners(got: Enrollment, meant: Enrollment, layout: Layout, cells: Cells) -> None:
    """Hold each coverage to the member it stands with, where the lines say whose it is."""
    if any(getattr(got, n).height != getattr(meant, n).height for n in ("members", "coverages")):
        return  # which was reported as a count
    said = [source for source in identity(layout) if source in meant.members.columns]
    if layout.order == "by_record" and (not said or meant.members.select(said).is_duplicated().any()):
        return  # lines that name the family alone
    theirs, ours = (
        e.coverages.join(e.members.select("member_key").with_row_index("at"), on="member_key", maintain_order="left",
                         how="left")["at"]
        for e in (got, meant)
    )  # fmt: skip
    for key in meant.coverages["member_key"].filter(theirs.ne_missing(ours)).to_list():
        cells.report("check.owner", f"Member {key}: a coverage stands with another member in the file", hint=_AGAIN)


def _spelled_columns(layout: Layout) -> set[str]:
    """Columns whose own text goes into the file: those that pass a map are the layout's words there."""
    cells = [(c.source, r.kind) for r in layout.body for c in r.fields if c.source and carries_text(c, r.kind)]
    return {source.rpartition(".")[2] for source, _ in cells}


def _elements(counts: Counter[str], meant: dict[str, int], layout: Layout, cells: Cells) -> None:
    """Hold a template's document to one element for each line that was meant, where it uses the records' names."""
    if not counts:
        cells.report("file.unreadable", "The document is not well-formed XML", hint=_AGAIN)
    for record in layout.body:
        if counts and counts[record.tag] != meant[record.name]:
            cells.report("check.count", f"The file holds {counts[record.tag]} elements {record.tag}, "
                         f"{meant[record.name]} were meant", hint=_AGAIN)  # fmt: skip
