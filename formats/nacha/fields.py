"""One field of a 94-column record: its name, its place and how it is filled.

Positions are 1-based and inclusive, as the operating rules print them.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "right", "digits", "int", "date", "fixed"]


@dataclass(frozen=True)
class Field:
    """One field: `text` left-aligned, `right` right-aligned, `digits` zero-kept text, `int` zero-filled."""

    name: str
    start: int
    end: int
    kind: Kind = "text"
    required: bool = False  # an `int` that may not be blank
    value: str = ""  # of a `fixed` field

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.end - self.start + 1


Layout = tuple[Field, ...]


def number(name: str, start: int, end: int) -> Field:
    """Make an `int` field that must hold digits."""
    return Field(name, start, end, "int", required=True)
