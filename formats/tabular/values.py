"""What one field of a vendor's record says: a source, a constant or a small declared expression, and its form.

Everything here is data: a layout can choose, join, cut, map and format, and can do nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_TOKENS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "HH": "%H", "MI": "%M", "SS": "%S"}
_TOKEN = re.compile("|".join(_TOKENS))
_DATE = re.compile(r"^(YYYY|YY|MM|DD|HH|MI|SS|[-/. :T])+$")
_PICTURE = re.compile(r"^9(?:\((\d{1,2})\))?(?:V(9+)(?:\((\d)\))?)?$")
_POINT = re.compile(r"^0(?:\.(0{1,6}))?$")


class Model(BaseModel):
    """Base of every part of a layout: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _date(text: str) -> str:
    if not _DATE.match(text):
        raise ValueError("a date format is made of YYYY YY MM DD HH MI SS and the marks - / . : T and blank")
    return text


def strftime(text: str) -> str:
    """A date format of a layout (MMDDYYYY) as strftime and strptime know it."""
    return _TOKEN.sub(lambda m: _TOKENS[m.group()], text)


@dataclass(frozen=True)
class Picture:
    """How a number stands in text: `width` whole digits (None: as many as it has), `decimals`, with a point or not."""

    width: int | None
    decimals: int
    implied: bool


def picture(text: str) -> Picture:
    """The picture of a number: `9(3)V99` (digits, implied point), `0.00` (a point), `0` (whole), `cents`."""
    if text == "cents":
        return Picture(None, 2, implied=True)
    if found := _PICTURE.match(text):
        nines, repeat = found.group(2) or "", int(found.group(3) or 1)
        return Picture(int(found.group(1) or 1), len(nines) - 1 + repeat if nines else 0, implied=True)
    if found := _POINT.match(text):
        return Picture(None, len(found.group(1) or ""), implied=False)
    raise ValueError("a number is 9(n), 9(n)V99, 0, 0.00 or cents")


def _number(text: str) -> str:
    picture(text)
    return text


DateFormat = Annotated[str, AfterValidator(_date)]
NumberFormat = Annotated[str, AfterValidator(_number)]
Charset = Literal["ascii", "latin-1", "utf-8"]


def several(data: Any) -> Any:
    """A list, as TOML has it, as the tuple a frozen model keeps; a single table counts as a list of one."""
    if isinstance(data, dict):
        return (data,)
    return tuple(data) if isinstance(data, list) else data


Names = Annotated[tuple[str, ...], BeforeValidator(several)]


class Part(Model):
    """A piece of a text: `length` characters (None: the rest) from character `start`, 1-based or from the end."""

    start: int = 1
    length: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _from_somewhere(self) -> Self:
        if self.start == 0:
            raise ValueError("start counts from 1, or from the end when negative")
        return self


class Condition(Model):
    """When something holds: a source is present, absent, one of, or none of some texts (booleans: true, false)."""

    source: str
    is_in: Names | None = Field(default=None, alias="in")
    not_in: Names | None = None
    present: bool | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Self:
        if sum(q is not None for q in (self.is_in, self.not_in, self.present)) != 1:
            raise ValueError("a condition asks one thing of its source: in, not_in or present")
        return self


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(several)]


class Total(Model):
    """What a header or trailer states of the file: a count of lines or people, a sum, or a hash of the body's bytes.

    count: names of records, whose lines are counted, or `members`, `families`, `lines` (every line of the file).
    sum: a whole-number source (cents), summed over the lines of the records in `over`.
    hash: sha256 over the body's bytes, line ends included, as lower-case hex; `case` makes capitals of it.
    """

    count: Names | None = None
    sum: str | None = None
    over: Names = ()
    hash: Literal["sha256"] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(k is not None for k in (self.count, self.sum, self.hash)) != 1:
            raise ValueError("a total is one of count, sum or hash")
        if (self.sum is None) != (not self.over):
            raise ValueError("a sum names the records it runs over, and nothing else does")
        return self

    @property
    def column(self) -> str:
        """The name of the column that holds this total."""
        what = self.count or (f"sum {self.sum}", *self.over)
        return "total.sha256" if self.hash else f"total.{' '.join(what)}"


def _as_source(data: Any) -> Any:
    return {"source": data} if isinstance(data, str) else data


class Value(Model):
    """A text made from the row; its steps are taken in this order.

    One of `source`, `const`, `first_of` (the first that is not blank), `concat` (blank parts are left out) or
    `total`; then `date` or `number` for what is one, `part`, `keep`, `map` (key "" is a blank value; a text that is
    not in the map refuses its family unless `otherwise` is given), `case`. Where `when` does not hold it is blank.
    A boolean is the text true or false, an end date the day this vendor means, money dollars and cents unless told.
    """

    source: str | None = None
    const: str | None = None
    first_of: Annotated[tuple["Operand", ...], BeforeValidator(several)] | None = None
    concat: Annotated[tuple["Operand", ...], BeforeValidator(several)] | None = None
    separator: str = ""
    total: Total | None = None
    date: DateFormat | None = None
    number: NumberFormat | None = None
    part: Part | None = None
    keep: Literal["digits", "letters_digits"] | None = None
    map: dict[str, str] | None = None
    otherwise: str | None = None
    case: Literal["upper", "lower"] | None = None
    when: Conditions = ()

    @model_validator(mode="after")
    def _at_most_one_origin(self) -> Self:
        origins = (self.source, self.const, self.first_of, self.concat, self.total)
        if sum(o is not None for o in origins) > 1:
            raise ValueError("only one of source, const, first_of, concat and total")
        if self.otherwise is not None and self.map is None:
            raise ValueError("otherwise goes with map")
        if self.separator and self.concat is None:
            raise ValueError("separator goes with concat")
        if self.date and self.number:
            raise ValueError("a value is a date or a number, not both")
        return self

    @property
    def operands(self) -> tuple["Value", ...]:
        """The values this one is made of."""
        return (self.first_of or ()) + (self.concat or ())

    def walk(self) -> Iterator["Value"]:
        """This value and all it is made of."""
        yield self
        for operand in self.operands:
            yield from operand.walk()

    def sources(self) -> Iterator[str]:
        """Every source this value looks at, conditions and totals included."""
        for value in self.walk():
            if value.source is not None:
                yield value.source
            if value.total and value.total.sum:
                yield value.total.sum
            yield from (c.source for c in value.when)


Operand = Annotated[Value, BeforeValidator(_as_source)]
Value.model_rebuild()
