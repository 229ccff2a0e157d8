"""Rules as data: each is a condition on a frame's rows, evaluated for all rows at once.

A rule that no row breaks costs one pass; only broken ones are turned into problem rows, and no rule makes
more than `MOST` of them, so that a hostile file cannot fill the memory with complaints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from formats.problems import ERROR, PROBLEMS, WARNING

MOST = 1000
NONE = pl.DataFrame(schema=PROBLEMS)
_FEW = 10_000  # rows below which planning a query costs more than it saves


@dataclass(frozen=True)
class Rule:
    """When `when` holds for a row, its `line` and this `column` are reported with the message."""

    rule: str
    when: pl.Expr
    column: int | pl.Expr | None  # an expression is asked of the broken rows alone
    message: str | pl.Expr
    hint: str = ""
    severity: str = ERROR

    @cached_property
    def breaks(self) -> pl.Expr:
        """Whether any row breaks the rule."""
        return self.when.any()


def broken(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Report the rows of `frame` (it has `line`) that break any of `rules`: columns of `PROBLEMS`."""
    if frame.is_empty() or not rules:
        return NONE
    asked = [rule.breaks.alias(str(at)) for at, rule in enumerate(rules)]
    hits = (frame.select(asked) if frame.height < _FEW else frame.lazy().select(asked).collect()).row(0)
    return together(_rows(frame, rule) for rule, hit in zip(rules, hits, strict=True) if hit)


def _rows(frame: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    if not isinstance(rule.message, pl.Expr) and not isinstance(rule.column, pl.Expr):
        lines = frame.select(pl.col("line").filter(rule.when)).to_series()
        return reported(lines, rule.rule, rule.column, rule.message, rule.hint, severity=rule.severity)
    rows = frame.filter(rule.when)
    found = rows.head(MOST).select(
        rule=pl.lit(rule.rule),
        severity=pl.lit(rule.severity),
        line=pl.col("line").cast(pl.Int64),
        column=rule.column.cast(pl.Int64) if isinstance(rule.column, pl.Expr) else pl.lit(rule.column, pl.Int64),
        message=rule.message if isinstance(rule.message, pl.Expr) else pl.lit(rule.message),
        hint=pl.lit(rule.hint),
    )
    return pl.concat([found, *_more(rows.height, rule.rule, rule.hint, rule.severity)])


def reported(
    lines: pl.Series, rule: str, column: int | None, message: str, hint: str = "", *, severity: str = ERROR
) -> pl.DataFrame:
    """Report that the records on these lines break a rule, all in the same words: columns of `PROBLEMS`."""
    if lines.is_empty():
        return NONE
    rows = [(rule, severity, line, column, message, hint) for line in lines.head(MOST)]
    found = pl.DataFrame(rows, schema=PROBLEMS, orient="row")
    return pl.concat([found, *_more(len(lines), rule, hint, severity)])


def _more(count: int, rule: str, hint: str, severity: str) -> list[pl.DataFrame]:
    if count <= MOST:
        return []
    return [one(rule, f"and {count - MOST} more rows break this rule", hint, severity)]


def one(
    rule: str,
    message: str,
    hint: str = "",
    severity: str = ERROR,
    *,
    line: int | None = None,
    column: int | None = None,
) -> pl.DataFrame:
    """Make a single problem row."""
    return pl.DataFrame([[rule, severity, line, column, message, hint]], schema=PROBLEMS, orient="row")


def together(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Join problem frames in order of line (whole-file ones first)."""
    found = [part for part in parts if not part.is_empty()]
    if not found:
        return NONE
    if len(found) == 1 and found[0].height == 1:
        return found[0]
    return pl.concat(found).sort("line", "column", "rule", maintain_order=True, nulls_last=False)


def relaxed(found: pl.DataFrame, rule_ids: frozenset[str]) -> pl.DataFrame:
    """Turn errors of the named rules into warnings."""
    if not rule_ids or found.is_empty():
        return found
    named = (pl.col("severity") == ERROR) & pl.col("rule").is_in(sorted(rule_ids))
    return found.with_columns(severity=pl.when(named).then(pl.lit(WARNING)).otherwise("severity"))
