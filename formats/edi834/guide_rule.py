"""The shape of a rule, and the three that most are: a code, a length, a missing element."""

from dataclasses import dataclass

import polars as pl

from formats.edi834 import codes
from formats.edi834.profile import OLD_VERSION, Profile
from formats.problems import ERROR

_OURS = {"whose": "subscriber_id", "who": "identifier"}  # made columns, by the names people know


@dataclass(frozen=True)
class Rule:
    """A stable id, the element it looks at, the condition of a broken row, plain words, and what to do."""

    id: str
    element: str  # segment and position, e.g. NM103
    when: pl.Expr
    message: str
    hint: str
    severity: str = ERROR


def coded(
    name: str, element: str, column: str, allowed: tuple[str, ...], profile: Profile, *, required: bool = False
) -> Rule:
    """The column holds one of the codes; those of guide 004010X095A1 for its partners, and the profile's deviations."""
    if profile.version == OLD_VERSION:
        allowed = codes.OLD.get(name, allowed)
    allowed = (*allowed, *profile.deviations.get(element, []))
    value = pl.col(column)
    wrong = value.is_not_null() & ~value.is_in(allowed)
    return Rule(
        f"edi834.code.{name}",
        element,
        wrong | value.is_null() if required else wrong,
        f"{column} is {'missing or ' if required else ''}not a code the guide allows",
        f"Allowed in {element}: {' '.join(allowed)}",
    )


def length(name: str, element: str, column: str, longest: int, shortest: int = 1) -> Rule:
    """The column has so many characters."""
    size = pl.col(column).str.len_chars()
    span = f"at most {longest}" if shortest == 1 else f"{shortest} to {longest}"
    return Rule(
        f"edi834.length.{name}",
        element,
        (size > longest) | (size < shortest),
        f"{_OURS.get(column, column)} has the wrong length",
        f"{element} takes {span} characters; shorten or correct it at the source",
    )


def missing(name: str, element: str, column: str, when: pl.Expr | None = None) -> Rule:
    """The column is there, always or when something else is."""
    absent = pl.col(column).is_null()
    return Rule(
        f"edi834.missing.{name}",
        element,
        absent if when is None else absent & when,
        f"{_OURS.get(column, column)} is missing",
        f"The guide requires {element} here; complete it at the source",
    )
