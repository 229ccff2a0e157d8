"""Rules as data: each is a condition on a frame's rows, evaluated for all rows at once.

A rule that no row breaks costs one pass; only broken ones are turned into problem rows, and no rule makes
more than `MOST` of them, so that a hostile file cannot fill the memory with complaints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from formats.problems import ERROR, PROBLEMS, WARNING

MOST = 1000
NONE = pl.DataFrame(schema=PROBLEMS)


@dataclass(frozen=True)
class Rule:
    """When `when` holds for a row, its `line` and this `column` are reported with the message."""

    rule: str
    when: pl.Expr
    column: int | pl.Expr | None  # an expression is asked of the broken rows alone
    message: str | pl.Expr
    hint: str = ""
    severity: str = ERROR


def broken(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Report the rows of `frame` (it has `line`) that break any of `rules`: columns of `PROBLEMS`."""
    if frame.is_empty() or not rules:
        return NONE
    hits = frame.lazy().select(rule.when.any().alias(str(at)) for at, rule in enumerate(rules)).collect()
    return together(_rows(frame, rule) for rule, hit in zip(rules, hits.row(0), strict=True) if hit)


def _rows(frame: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    rows = frame.filter(rule.when)
    message = pl.lit(rule.message) if isinstance(rule.message, str) else rule.message
    found = rows.head(MOST).select(
        rule=pl.lit(rule.rule),
        severity=pl.lit(rule.severity),
        line=pl.col("line").cast(pl.Int64),
        column=_column(rule.column),
        message=message,
        hint=pl.lit(rule.hint),
    )
    if rows.height <= MOST:
        return found
    rest = one(rule.rule, f"and {rows.height - MOST} more rows break this rule", rule.hint, rule.severity)
    return pl.concat([found, rest])


def _column(column: int | pl.Expr | None) -> pl.Expr:
    return column.cast(pl.Int64) if isinstance(column, pl.Expr) else pl.lit(column, pl.Int64)


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
    return pl.concat(found).sort("line", "column", "rule", maintain_order=True, nulls_last=False)


def relaxed(found: pl.DataFrame, rule_ids: frozenset[str]) -> pl.DataFrame:
    """Turn errors of the named rules into warnings."""
    if not rule_ids or found.is_empty():
        return found
    named = (pl.col("severity") == ERROR) & pl.col("rule").is_in(sorted(rule_ids))
    return found.with_columns(severity=pl.when(named).then(pl.lit(WARNING)).otherwise("severity"))
