"""What a layout may draw on, record by record: members, their subscriber, coverages, families, the file."""

import polars as pl

from formats.edi834.codes import LINES
from formats.edi834.schema import COVERAGES, MEMBERS

BODY = ("subscriber", "dependent", "member", "coverage", "detail")
PEOPLE = ("subscriber", "dependent", "member")  # one line per person
PLANS = ("coverage", "detail")  # one line per coverage

MEMBER = {name: dtype for name, dtype in MEMBERS.items() if name not in ("set_no", "position")}
COVERAGE = {name: dtype for name, dtype in COVERAGES.items() if name not in ("member_key", "position")}
FAMILY: dict[str, pl.DataType] = {
    "family.number": pl.Int64(),  # 1-based in the file
    "family.size": pl.Int64(),  # members of the family in the file
    "family.sequence": pl.Int64(),  # 1-based in the family: subscriber, spouse, then the others oldest first
    "member.suffix": pl.String(),  # 01 subscriber, 02 spouse or partner, 03 and up the others oldest first
}
ROW: dict[str, pl.DataType] = {"row.number": pl.Int64()}  # 1-based among the body's lines of the file
FILE: dict[str, pl.DataType] = {
    "file.reference": pl.String(),
    "file.created": pl.Datetime("us"),
    "file.sequence": pl.Int64(),
    "file.usage": pl.String(),  # T test, P production
    "file.part": pl.Int64(),  # 1-based, of `file.parts`, where a file was split
    "file.parts": pl.Int64(),
    "file.sender": pl.String(),
    "file.receiver": pl.String(),
}


def dtype(source: str, kind: str) -> pl.DataType | None:
    """The type of a source in a record of this kind, or None where the record has no such source.

    `last_name` is the member's, `subscriber.last_name` its subscriber's; `coverage.plan_code` is of the line's
    coverage, `coverage.DEN.plan_code` of the member's one coverage of that line.
    """
    if kind not in BODY or source in FILE:
        return FILE.get(source)
    scope, _, rest = source.partition(".")
    line, _, column = rest.partition(".")
    if scope == "subscriber":
        return MEMBER.get(rest)
    if scope != "coverage":
        return (MEMBER | FAMILY | ROW).get(source)
    if column:
        return COVERAGE.get(column) if line in LINES else None
    return (COVERAGE | {"sequence": pl.Int64()}).get(rest) if kind in PLANS else None


def line_of(source: str) -> str | None:
    """The insurance line of `coverage.DEN.plan_code` (DEN), or None for any other source."""
    parts = source.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "coverage" else None


def is_money(source: str) -> bool:
    """Whether a source is in cents."""
    return source.endswith("_cents")


def is_end(source: str) -> bool:
    """Whether a source is an end date, whose meaning the layout chooses."""
    return source.rpartition(".")[2] in ("end", "eligibility_end")
