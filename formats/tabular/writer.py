"""Writes members and coverages as a vendor's own file; a family that cannot be written right is left out whole."""

from dataclasses import dataclass, field

import polars as pl

from formats.edi834.schema import Enrollment
from formats.errors import FormatError
from formats.tabular.arrange import Arranged, arrange, in_lines
from formats.tabular.body import Body, Stamp, body, facts
from formats.tabular.draft import columns, draft
from formats.tabular.elements import well_formed
from formats.tabular.express import is_number, number_form
from formats.tabular.findings import as_problems
from formats.tabular.layout import Layout, Record, Xlsx
from formats.tabular.lines import header_line, in_order, lines, padded
from formats.tabular.markup import templated, tree
from formats.tabular.split import family_sizes, fitting, split
from formats.tabular.totals import totals
from formats.tabular.workbook import workbook


@dataclass(frozen=True)
class File:
    """One file to send: its bytes, its place among the parts, and what it is meant to say."""

    data: bytes = field(repr=False)
    part: int
    parts: int
    rows: int  # lines of the body
    families: int
    meant: Enrollment = field(repr=False)  # the members and coverages in it, in its order: what `check` holds it to


@dataclass(frozen=True)
class Written:
    """The files, the problems (columns PROBLEMS) and the families left out (columns FINDINGS, one row per fault)."""

    files: tuple[File, ...]
    problems: pl.DataFrame
    left_out: pl.DataFrame


def write(enrollment: Enrollment, layout: Layout, stamp: Stamp) -> Written:
    """Write an enrollment by a vendor's layout. Pure; the same arguments give the same bytes.

    A family of which one value does not fit is left out whole and named in the problems; the others are written,
    and a file without families is still a file.

    Raises:
        FormatError: the layout's header, trailer or template cannot be filled for the file as a whole.
    """
    ready = arrange(enrollment, layout)
    findings = [ready.findings]
    sizes, refused = fitting(family_sizes(ready), layout)
    findings.append(refused)
    while True:  # each round leaves out a family or is the last; numbers in a line may depend on who is left out
        cuts = split(sizes, layout)
        parts = [
            body(ready, families, facts(layout, stamp, n, len(cuts)), layout) for n, families in enumerate(cuts, 1)
        ]
        faulty = pl.concat(part.findings for part in parts)
        if faulty.is_empty():
            break
        findings.append(faulty)
        sizes = sizes.join(faulty, on="subscriber_key", how="anti", maintain_order="left")
    files = tuple(_file(part, (n, len(parts)), ready, layout, stamp) for n, part in enumerate(parts, 1))
    left_out = pl.concat(findings)
    return Written(files, as_problems(left_out), left_out)


def _file(part: Body, place: tuple[int, int], ready: Arranged, layout: Layout, stamp: Stamp) -> File:
    number, parts = place
    frames = [(i, lines(part.texts[r.name], r, layout)) for i, r in enumerate(layout.body)] if _is_text(layout) else []
    inner = "".join(in_order(frames, layout)["line"] + layout.line_break) if frames else ""
    stated = totals(layout, part.frames, inner.encode(layout.charset))
    ends = _ends(layout, facts(layout, stamp, number, parts), stated)
    rows = sum(frame.height for frame in part.texts.values())
    meant = in_lines(ready, part.frames, layout)
    return File(
        data=_bytes(inner, part, ends, layout, stamp),
        part=number,
        parts=parts,
        rows=rows,
        families=meant.members["subscriber_key"].n_unique(),
        meant=meant,
    )


def _is_text(layout: Layout) -> bool:
    return layout.kind in ("delimited", "fixed")


def _ends(layout: Layout, known: dict[str, pl.Expr], stated: dict[str, pl.Expr]) -> dict[str, pl.DataFrame]:
    """The texts of headers and trailers by name of the record, one row each."""
    keys = {"family": [0], "row": [0], "seq": [0], "subscriber_key": [""], "member_key": [""]}
    one = pl.DataFrame(keys).with_columns(*known.values(), *stated.values())
    made = {}
    for record in (*layout.headers, *layout.trailers):
        made[record.name], faults = draft(one, record, layout)
        for fault in faults.head(1).to_dicts():
            raise FormatError(
                f"The {record.name} of the file cannot be written: {fault['field']} {fault['words']}",
                where=layout.name,
                hint="correct the layout, its sender and receiver, or the file's reference",
            )
    return made


def _bytes(inner: str, part: Body, ends: dict[str, pl.DataFrame], layout: Layout, stamp: Stamp) -> bytes:
    if layout.xml:
        make = templated if layout.xml.template is not None else tree
        data = make(part.texts, ends, layout).encode(layout.charset, "xmlcharrefreplace")
        well_formed(data, layout)
        return data
    if layout.xlsx:
        return _worksheet(part, ends, layout, stamp)
    heads, tails = (
        "".join(lines(ends[r.name], r, layout)["line"].item() + layout.line_break for r in records)
        for records in (layout.headers, layout.trailers)
    )
    names = header_line(layout) + layout.line_break if layout.header_line else ""
    return (heads + names + inner + tails).encode(layout.charset)


def _worksheet(part: Body, ends: dict[str, pl.DataFrame], layout: Layout, stamp: Stamp) -> bytes:
    """Every record a row; a column is of numbers where the body's field in it is one."""
    width = max(len(r.fields) for r in layout.records)
    spots = [f"f{i}" for i in range(width)]
    blank = pl.DataFrame(schema=dict.fromkeys(spots, pl.String()))
    shown = [_filled(ends[r.name], r, layout) for r in layout.headers]
    if layout.header_line:
        shown.append(pl.DataFrame({f"f{i}": [cell.name] for i, cell in enumerate(layout.body[0].fields)}))
    first = len(shown)
    inner = in_order([(i, _filled(part.texts[r.name], r, layout)) for i, r in enumerate(layout.body)], layout)
    shown += [inner, *(_filled(ends[r.name], r, layout) for r in layout.trailers)]
    sheet = (layout.xlsx or Xlsx()).sheet
    cells = pl.concat([blank, *shown], how="diagonal").select(spots)
    numbers = [_is_number(layout, at) for at in range(width)]
    body = range(first, first + inner.height)
    return workbook(cells, numbers, body=body, sheet=sheet, created=stamp.created)


def _filled(texts: pl.DataFrame, record: Record, layout: Layout) -> pl.DataFrame:
    named = [(n, padded(pl.col(n), c, layout)) for n, c in zip(columns(record), record.fields, strict=True)]
    return texts.with_columns(pl.when(text != "").then(text).alias(name) for name, text in named)


def _is_number(layout: Layout, at: int) -> bool:
    """Whether a number cell says all of the field's texts: it knows no zeros in front, and no text for a blank."""
    cells = [(r.fields[at], r) for r in layout.body if at < len(r.fields)]
    plain = all(is_number(c, r) and c.pad == " " and not c.empty and not number_form(c).implied for c, r in cells)
    return plain and len(cells) == len(layout.body)
