"""What a layout's keys must keep to together: every contradiction is named by record and field."""

import re
from collections.abc import Iterator

import jinja2
import polars as pl
from jinja2.sandbox import ImmutableSandboxedEnvironment

from formats.tabular.layout import Cell, Layout, Record
from formats.tabular.sources import PEOPLE, PLANS, dtype
from formats.tabular.text import misfit
from formats.tabular.values import Value

_ELEMENT = r"(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*"
_PATH = re.compile(rf"^(?:{_ELEMENT}(?:/{_ELEMENT})*(?:/@{_ELEMENT})?|@{_ELEMENT})$")
_TEXT_TIMES = ("HH", "MI", "SS")


def contradictions(layout: Layout) -> list[str]:
    """Every contradiction of a layout in plain words; empty when it can be written and told apart."""
    tables = [k for k in ("delimited", "fixed", "xml", "xlsx") if getattr(layout, k) is not None]
    if len(tables) != 1:
        return ["exactly one of the tables delimited, fixed, xml and xlsx says the kind of file"]
    found = [*_shape(layout)]
    for record in layout.records:
        for field in record.fields:
            found += [f"records.{record.name}.{field.name}: {fault}" for fault in _field(layout, record, field)]
        found += [f"records.{record.name}: {fault}" for fault in _record(layout, record)]
    if found:
        return found  # what follows relies on fields that are right by themselves
    return [*_kind(layout), *_told_apart(layout), *_nothing_lost(layout)]


def _shape(layout: Layout) -> Iterator[str]:
    kinds = {r.kind for r in layout.body}
    names = [r.name for r in layout.records]
    first = {r.kind: r.again for r in reversed(layout.records)}
    if any(again for again in first.values()) or any(r.again and r.kind not in PEOPLE for r in layout.records):
        yield "records: again is for a second line of a person, after the record of the first"
    if not kinds:
        yield "records: none of them holds members"
    if len(set(names)) < len(names):
        yield "records: two have the same name"
    if {"members", "families", "lines"} & set(names):
        yield "records: members, families and lines are taken, a record needs another name"
    if "detail" in kinds and kinds != {"detail"}:
        yield "records: detail lines hold person and coverage together, so they stand alone"
    if "coverage" in kinds and not kinds & set(PEOPLE):
        yield "records: coverage lines need the line of their person (or be detail lines)"
    if "member" in kinds and kinds & {"subscriber", "dependent"}:
        yield "records: member lines are for everybody, so there can be no subscriber or dependent lines beside them"
    if layout.records != (*layout.headers, *layout.body, *layout.trailers):
        yield "records: headers come first and trailers last"
    used = {s for r in layout.records for f in r.fields for s in f.sources()}
    for party in ("sender", "receiver"):
        if f"file.{party}" in used and getattr(layout, party) is None:
            yield f"{party}: a record carries it, so it must be given"


def _record(layout: Layout, record: Record) -> Iterator[str]:
    if record.when and not record.is_body:
        yield "when: a header or trailer always comes"
    for condition in record.when:
        if record.is_body and dtype(condition.source, record.kind) is None:
            yield f"when: there is no source {condition.source} here"
    names = [f.name for f in record.fields]
    if len(set(names)) < len(names):
        yield "two fields have the same name"
    if layout.fixed and (size := sum(f.length or 0 for f in record.fields)) > layout.fixed.length:
        yield f"its fields take {size} bytes, the record has {layout.fixed.length}"


def _field(layout: Layout, record: Record, field: Cell) -> Iterator[str]:
    for value in field.walk():
        yield from _value(record, value)
    if field.total and field.total.hash and layout.kind not in ("delimited", "fixed"):
        yield "a hash over the body needs a delimited or fixed file"
    if field.forbidden and field.required:
        yield "it cannot be both required and forbidden"
    if field.pattern is not None:
        try:
            pl.Series([""]).str.contains(field.pattern)
        except pl.exceptions.ComputeError:
            yield "pattern: not a regular expression (without look-around or back-references)"
    yield from _marks(layout, field)
    figures = [v for v in field.walk() if _is_figure(v, record)]
    if figures and field.too_long == "cut":
        yield "too_long: what is cut off a number, an amount or a date makes another one; give it room, or refuse"
    if figures and field.pad.isdigit() and (field.pad, field.justify) != ("0", "right"):
        yield "pad: digits beside a number make another one, but for zeros before it (justify right)"
    if layout.fixed:
        if field.length is None:
            yield "a field of a fixed record needs a length"
        before = record.fields[: record.fields.index(field)]
        begins = 1 + sum(f.length or 0 for f in before)
        if field.start is not None and field.start != begins:
            yield f"it is said to start at {field.start}, but starts at {begins}"
    elif field.start is not None:
        yield "start goes with fixed records"
    if not layout.fixed and (field.pad != " " or field.justify != "left") and field.length is None:
        yield "pad and justify need a length"


def _is_figure(value: Value, record: Record) -> bool:
    """Whether the value's text is a number, an amount or a date, of which no part may go missing."""
    kind = None if value.source is None else dtype(value.source, record.kind)
    figure = kind is not None and (kind.is_integer() or kind.is_temporal())
    return value.total is not None or (figure and value.map is None)


def _marks(layout: Layout, field: Cell) -> Iterator[str]:
    """Texts that the layout itself writes must fit its own character set, delimiter and lengths."""
    consts = [v for v in (field.const, field.empty, field.otherwise, *(field.map or {}).values()) if v]
    own = pl.Series(consts, dtype=pl.String)
    if pl.Series(_written(layout, field), dtype=pl.String).str.contains(misfit(layout)).any():
        yield "a text of its own does not fit the character set, or holds the delimiter"
    if field.length and (own.str.len_chars() > field.length).any():
        yield f"a text of its own is longer than {field.length}"
    if own.str.strip_chars().ne(own).any():
        yield "a text of its own begins or ends with a blank"


def _written(layout: Layout, field: Cell) -> list[str]:
    """Every text that the layout writes into the field: constants, marks between, of dates and around, as spelled."""
    texts = {field.empty, field.pad if field.length else ""}
    for value in field.walk():
        dates = value.source is not None and (kind := dtype(value.source, "detail")) is not None and kind.is_temporal()
        marks = re.sub("[A-Z]+", "", value.date or layout.dates) if dates else ""
        texts |= {value.const or "", value.otherwise or "", value.separator, marks, *(value.map or {}).values()}
    if any(value.case for value in field.walk()):
        texts |= {text.upper() for text in texts} | {text.lower() for text in texts}
    return sorted(texts)


def _value(record: Record, value: Value) -> Iterator[str]:
    for source in (value.source, *(c.source for c in value.when)):
        if source is not None and dtype(source, record.kind) is None:
            yield f"there is no source {source} in a {record.kind} record"
    if value.total and record.is_body:
        yield "a total belongs in a header or trailer"
    kind = None if value.source is None else dtype(value.source, record.kind)
    if value.date and (kind is None or not kind.is_temporal()):
        yield "date: its source is not a date"
    if value.date and kind == pl.Date() and any(t in value.date for t in _TEXT_TIMES):
        yield "date: its source has no time of day"
    if value.number and not (value.total and not value.total.hash) and (kind is None or not kind.is_integer()):
        yield "number: its source is not a number"


def _kind(layout: Layout) -> Iterator[str]:
    if layout.delimited and layout.delimited.delimiter in ('"', "'", "=", "+", "-", "@", " "):
        yield "delimited.delimiter: this mark has a meaning of its own in such files"
    if layout.delimited and layout.line_end == "none":
        yield "line_end: a delimited file needs line ends"
    if layout.fixed and layout.charset == "utf-8":
        yield "charset: the bytes of a fixed record are counted, so it must be ascii or latin-1"
    if layout.header_line and len({tuple(f.name for f in r.fields) for r in layout.body}) > 1:
        yield "header_line: the records of the body have different columns"
    yield from _totals(layout)
    if layout.xml:
        yield from _xml(layout)


def _totals(layout: Layout) -> Iterator[str]:
    known = {r.name: r for r in layout.records}
    for total in [v.total for r in layout.records for f in r.fields for v in f.walk() if v.total]:
        for name in total.count or ():
            if name not in known and name not in ("members", "families", "lines"):
                yield f"total: there is no record {name} to count"
        for name in total.over:
            kind = dtype(total.sum or "", known[name].kind) if name in known and known[name].is_body else None
            if kind is None or not kind.is_integer():
                yield f"total: {total.sum} cannot be summed over {name}"


def _xml(layout: Layout) -> Iterator[str]:
    xml = layout.xml
    if xml is None or (xml.root is None) == (xml.template is None):
        yield "xml: either root or template"
        return
    if xml.template is not None:
        try:
            ImmutableSandboxedEnvironment().parse(xml.template)
        except jinja2.TemplateSyntaxError as error:
            yield f"xml.template: line {error.lineno}: {error.message}"
        except RecursionError:
            yield "xml.template: it is nested too deep"
        return
    if layout.order == "by_record":
        yield "order: in XML a person's coverages stand inside the person"
    elements = [xml.root, xml.body, xml.family, xml.coverages, *(r.tag for r in layout.records)]
    for name in [e for e in elements if e is not None]:
        if not re.fullmatch(_ELEMENT, name):
            yield f"xml: {name} is not the name of an element"
    paths = [f.name for r in layout.records for f in r.fields]
    yield from (f"xml: {p} is not a path of elements" for p in paths if not _PATH.match(p))
    steps = [step.lstrip("@") for path in [*paths, *(e for e in elements if e)] for step in path.split("/")]
    used = {step.split(":")[0] for step in steps if ":" in step}
    yield from (f"xml.namespaces: the prefix {p} is not declared" for p in sorted(used - set(xml.namespaces)))
    kinds = [r.kind for r in layout.body]
    if len(set(kinds)) < len(kinds):
        yield "records: in XML each kind of the body comes once, because coverages stand inside their person"


def _told_apart(layout: Layout) -> Iterator[str]:
    """Every two records of the body must differ in a constant at one place, or nobody can read the file."""
    if layout.xml:
        if not layout.xml.template and len({r.tag for r in layout.records}) < len(layout.records):
            yield "records: two have the same element"
        return
    body = layout.body
    for at, one in enumerate(body):
        for other in body[at + 1 :]:
            mine, theirs = constants(one, layout), constants(other, layout)
            if not any(mine[spot] != theirs[spot] for spot in mine.keys() & theirs.keys()):
                yield f"records: {one.name} and {other.name} cannot be told apart; give each a constant of its own"


def constants(record: Record, layout: Layout) -> dict[tuple[int, int], str]:
    """The texts that are always the same in a record, by place: (first, length) if fixed, else (field number, 0)."""
    spots, begins = {}, 0
    for number, field in enumerate(record.fields):
        if field.const and not field.when:
            text = getattr(field.const, field.case)() if field.case else field.const
            spots[(begins, field.length or 0) if layout.fixed else (number, 0)] = text
        begins += field.length or 0
    return spots


def _nothing_lost(layout: Layout) -> Iterator[str]:
    if layout.order == "by_record" and any(r.kind == "coverage" for r in layout.body) and not identity(layout):
        yield "order: coverage lines away from their person need a field that says whose they are"


def identity(layout: Layout) -> list[str]:
    """Sources of the member or its family that every line of the body carries: how lines find each other."""
    carried = [{f.source for f in r.fields if f.is_plain and not f.when} for r in layout.body]
    shared = set.intersection(*({s for s in c if s is not None} for c in carried)) if carried else set()
    return sorted(s for s in shared if not s.startswith(("coverage.", "row.", "file.")))


def people(layout: Layout) -> list[Record]:
    """The records whose lines make members when read."""
    return [r for r in layout.body if r.kind != "coverage" and not r.again]


def plans(layout: Layout) -> list[Record]:
    """The records whose lines make coverages when read."""
    return [r for r in layout.body if r.kind in PLANS]
