"""One vendor's own file as data: its kind, its records field by field, its families, limits and totals."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from formats.edi834.codes import LINES
from formats.edi834.profile import EndDate
from formats.tabular.sources import BODY, line_of
from formats.tabular.values import Charset, Conditions, DateFormat, Model, Value, several

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[\x20-\x7e]+$")]
Reference = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9 ._/-]+$")]
Mark = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[\x20-\x7e\t]$")]
LINE_ENDS = {"crlf": "\r\n", "lf": "\n", "none": ""}
EXCEL_ROWS = 1_048_576  # the lines a worksheet holds


class Cell(Value):
    """One field of a record: its value, its place, and what is asked of it. One without an origin is filler.

    length: the field's width in a fixed record, else the most it may hold. start: where it must begin (1-based),
    written down so that the layout can be held against the vendor's table. empty: the text of a blank value, such
    as 00000000 for a date. required and forbidden hold where `when` does. pattern: what the text must match whole.
    """

    name: Name
    start: Annotated[int, Field(ge=1)] | None = None
    length: Annotated[int, Field(ge=1, le=10_000)] | None = None
    justify: Literal["left", "right"] = "left"
    pad: Mark = " "
    empty: str = ""
    too_long: Literal["refuse", "cut"] = "refuse"
    required: bool = False
    forbidden: bool = False
    pattern: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the field carries a source as it is, so that reading can give it back."""
        return self.source is not None and self.keep is None


class Record(Model):
    """One kind of line. A header or trailer comes once a file; the others once per what their kind says.

    subscriber, dependent, member: once per person. coverage: once per coverage, after its person. detail: once per
    coverage, and once for a person without any. `when` chooses among those. A person's second line (an event, a
    deposit) says `again`: reading adds it to the person above. `element` is the record's name in XML.
    """

    kind: Literal["header", "subscriber", "dependent", "member", "coverage", "detail", "trailer"]
    name: Reference
    element: str | None = None
    when: Conditions = ()
    again: bool = False
    fields: Annotated[tuple[Cell, ...], BeforeValidator(several), Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _named_after_kind(cls, data: Any) -> Any:
        return {"name": data["kind"]} | data if isinstance(data, dict) and "kind" in data else data

    @property
    def tag(self) -> str:
        """The record's element in XML."""
        return self.element or self.name

    @property
    def is_body(self) -> bool:
        """Whether the record belongs to a family, and not to the file."""
        return self.kind in BODY


class Delimited(Model):
    """Text with a mark between fields. quoting: where needed, always, or none (then the mark may not occur in data).

    formulas: a text that a spreadsheet would run (= + - @ in front) gets an apostrophe, or refuses its family.
    """

    delimiter: Mark = ","
    quoting: Literal["minimal", "all", "none"] = "minimal"
    header_line: bool = False
    formulas: Literal["escape", "refuse"] = "escape"


class Fixed(Model):
    """Lines of one length in bytes; shorter records are filled with blanks."""

    length: Annotated[int, Field(ge=1, le=32_000)]


class Xml(Model):
    """An element tree under `root`, or a Jinja2 template that a person edits, rendered in a sandbox.

    namespaces: prefix to URI, "" for the default. body: element around all families; family: around each one;
    coverages: around a person's coverages, which stand inside the person's element. A field's name is its path
    below the record's element: `Name/Last`, `@id`, `Plan/@code`. Blank values leave their element out.
    """

    root: str | None = None
    template: str | None = None
    namespaces: dict[str, str] = Field(default_factory=dict)
    body: str | None = None
    family: str | None = None
    coverages: str | None = None


class Xlsx(Model):
    """One worksheet of text cells; numbers are number cells. Text is never a formula."""

    sheet: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\']+$")] = "Sheet1"
    header_line: bool = True


class Layout(Model):
    """One vendor's layout; exactly one of the tables delimited, fixed, xml and xlsx says its kind.

    case, accents, unfit: how text is brought into `charset`; what still does not fit is replaced by a blank or
    refuses its family. end_date: what this vendor takes an end date to mean. order: each person's lines together, or
    each record's. max_rows: body lines per file, split between families. subscriber: whether a family may come
    without one. What a file is called is its sender's business, not the layout's.
    """

    name: Reference
    delimited: Delimited | None = None
    fixed: Fixed | None = None
    xml: Xml | None = None
    xlsx: Xlsx | None = None
    charset: Charset = "ascii"
    case: Literal["as_is", "upper"] = "as_is"
    accents: Literal["spell", "keep"] = "spell"
    unfit: Literal["refuse", "replace"] = "refuse"
    line_end: Literal["crlf", "lf", "none"] = "crlf"
    end_date: EndDate = "last_day_covered"
    dates: DateFormat = "YYYY-MM-DD"
    order: Literal["nested", "by_record"] = "nested"
    max_rows: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    subscriber: Literal["required", "optional"] = "required"
    sender: Reference | None = None
    receiver: Reference | None = None
    records: Annotated[tuple[Record, ...], BeforeValidator(several), Field(min_length=1)]

    @property
    def kind(self) -> str:
        """delimited, fixed, xml or xlsx."""
        return next(k for k in ("delimited", "fixed", "xml", "xlsx") if getattr(self, k) is not None)

    @property
    def body(self) -> tuple[Record, ...]:
        """The records that belong to families, in the order of the layout."""
        return tuple(r for r in self.records if r.is_body)

    @property
    def headers(self) -> tuple[Record, ...]:
        """The records before the body."""
        return tuple(r for r in self.records if r.kind == "header")

    @property
    def trailers(self) -> tuple[Record, ...]:
        """The records after the body."""
        return tuple(r for r in self.records if r.kind == "trailer")

    @property
    def header_line(self) -> bool:
        """Whether a line of column names stands before the body."""
        table = self.delimited or self.xlsx
        return table is not None and table.header_line

    @property
    def line_break(self) -> str:
        """What ends a line."""
        return LINE_ENDS[self.line_end]

    @property
    def most_rows(self) -> int | None:
        """Body lines a file may hold: what the vendor says, and what a worksheet can."""
        if self.xlsx is None:
            return self.max_rows
        room = EXCEL_ROWS - len(self.headers) - len(self.trailers) - self.xlsx.header_line
        return min(self.max_rows or room, room)

    @property
    def wide_lines(self) -> list[str]:
        """Insurance lines whose coverage stands in the person's own line (`coverage.DEN.plan_code`: DEN)."""
        used = {line_of(source) for source in self.sources}
        return [line for line in LINES if line in used]

    @property
    def sources(self) -> frozenset[str]:
        """Everything the body draws on."""
        fields = {s for r in self.body for f in r.fields for s in f.sources()}
        chosen = {c.source for r in self.body for c in r.when}
        sums = {v.total.sum for r in self.records for f in r.fields for v in f.walk() if v.total and v.total.sum}
        return frozenset(fields | chosen | sums)
