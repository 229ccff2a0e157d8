"""Why a family is left out of a file, in one shape; and the same as problems for a person to read."""

from dataclasses import dataclass

import polars as pl

from formats.problems import ERROR, PROBLEMS

FINDINGS: dict[str, pl.DataType] = {
    "subscriber_key": pl.String(),  # the family; null when a coverage belongs to nobody
    "member_key": pl.String(),
    "record": pl.String(),  # of the layout
    "field": pl.String(),
    "rule": pl.String(),  # tabular.field.too_long ...
    "words": pl.String(),  # what is wrong, in plain words and without the value
    "hint": pl.String(),
}


@dataclass(frozen=True)
class Reason:
    """Why something cannot be written: a stable rule, words that follow a field's name, and what to do."""

    rule: str
    words: str
    hint: str


def found(rows: pl.DataFrame, record: str, field: str, reason: Reason) -> pl.DataFrame:
    """One finding (columns FINDINGS) for each row, which names its subscriber_key and member_key."""
    texts = {"record": record, "field": field, "rule": reason.rule, "words": reason.words, "hint": reason.hint}
    return rows.select(
        pl.col("subscriber_key", "member_key").cast(pl.String), *(pl.lit(t).alias(n) for n, t in texts.items())
    )


def as_problems(findings: pl.DataFrame) -> pl.DataFrame:
    """The findings as problems (columns PROBLEMS): the member by key, the field by its name in the layout."""
    who = pl.col("member_key").fill_null("without key")
    where = pl.format("Member {}: {} ({} record) {}", who, "field", "record", "words")
    return findings.select(
        "rule",
        pl.lit(ERROR).alias("severity"),
        pl.lit(None, pl.Int64).alias("line"),
        pl.lit(None, pl.Int64).alias("column"),
        where.alias("message"),
        "hint",
    ).cast(PROBLEMS)  # type: ignore[arg-type]
