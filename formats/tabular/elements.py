"""A vendor's XML taken apart: each record's element as a row of the texts at its fields' paths."""

from collections import Counter
from xml.parsers import expat

import polars as pl

from formats.errors import FormatError
from formats.tabular.draft import columns
from formats.tabular.layout import Layout, Record


class _Walker:
    """Collects rows of texts by path, and counts elements by name."""

    def __init__(self, layout: Layout) -> None:
        self.tags = {r.tag: r for r in layout.records}
        self.rows: dict[str, list[dict[str, str]]] = {r.name: [] for r in layout.records}
        self.counts: Counter[str] = Counter()
        self.path: list[str] = []
        self.open: list[tuple[int, dict[str, str]]] = []  # depth and row of the records we are inside of
        self.opened = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.counts[tag] += 1
        self.path.append(tag)
        record = self.tags.get(tag)
        if record is not None and (not self.open or record.kind == "coverage"):
            self.opened += 1
            row = {"": str(self.opened)}
            self.rows[record.name].append(row)
            self.open.append((len(self.path), row))
        if self.open:
            depth, row = self.open[-1]
            for name, text in attributes.items():
                row["/".join([*self.path[depth:], f"@{name}"])] = text

    def end(self, _tag: str) -> None:
        if self.open and self.open[-1][0] == len(self.path):
            self.open.pop()
        self.path.pop()

    def text(self, data: str) -> None:
        if self.open:
            depth, row = self.open[-1]
            path = "/".join(self.path[depth:])
            if path:
                row[path] = row.get(path, "") + data


def elements(data: bytes, layout: Layout) -> tuple[dict[str, pl.DataFrame], str | None]:
    """Frames by record with `line` (running number of the record in the file) and f0 ...; and what is wrong.

    A document that is not well-formed, or declares a document type, gives no rows and a sentence.
    """
    walker, fault = _walked(data, layout)
    frames = {}
    for record in layout.records:
        rows = [] if fault else walker.rows[record.name]
        frames[record.name] = _frame(rows, record)
    return frames, fault


def counted(data: bytes, layout: Layout) -> Counter[str]:
    """How often each element stands in the document, by its name with prefix; nothing if it cannot be read."""
    walker, fault = _walked(data, layout)
    return Counter() if fault else walker.counts


def well_formed(data: bytes, layout: Layout) -> None:
    """Raise FormatError unless the bytes are one well-formed document without a document type."""
    if fault := _parsed(data):
        raise FormatError(fault, where=layout.name, hint="correct the template of the layout")


def _frame(rows: list[dict[str, str]], record: Record) -> pl.DataFrame:
    given = {name: [row.get(c.name) for row in rows] for name, c in zip(columns(record), record.fields, strict=True)}
    numbers = pl.Series("line", [int(row[""]) for row in rows], dtype=pl.Int64)
    return pl.DataFrame([numbers, *(pl.Series(n, texts, dtype=pl.String) for n, texts in given.items())])


def _walked(data: bytes, layout: Layout) -> tuple[_Walker, str | None]:
    walker = _Walker(layout)
    return walker, _parsed(data, walker)


def _parsed(data: bytes, walker: _Walker | None = None) -> str | None:
    """What is wrong with the document; its elements and texts go to the walker on the way."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refused
    if walker:
        parser.StartElementHandler, parser.EndElementHandler = walker.start, walker.end
        parser.CharacterDataHandler = walker.text
    try:
        parser.Parse(data, True)  # noqa: FBT003 -- it takes no keyword; true is: this is all there is
    except expat.ExpatError as error:
        return f"The document is not well-formed XML: line {error.lineno}, {expat.ErrorString(error.code)}"
    except FormatError as refusal:
        return refusal.what
    except (ValueError, LookupError):
        return "The document is in a character set that cannot be read"
    return None


def _refused(*_declaration: object) -> None:
    """A document type could pull in other files or blow up, so the document is not read on."""
    raise FormatError("The document declares a document type, which is not read")
