"""The one shape in which every reader and checker reports what is wrong with a file."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

ERROR, WARNING, INFO = "error", "warning", "info"

PROBLEMS: dict[str, pl.DataType] = {
    "rule": pl.String(),  # stable id, e.g. nacha.batch.hash
    "severity": pl.String(),  # error | warning | info
    "line": pl.Int64(),  # 1-based line, record or segment position; null when the whole file is meant
    "column": pl.Int64(),  # 1-based first column or element position; null when the whole line is meant
    "message": pl.String(),  # plain words; never an account number, SSN or name
    "hint": pl.String(),  # what to do
}


def problems(rows: Iterable[Mapping[str, Any]] = ()) -> pl.DataFrame:
    """Make a problem frame (columns of `PROBLEMS`) from plain rows; missing keys are null."""
    return pl.DataFrame([{k: row.get(k) for k in PROBLEMS} for row in rows], schema=PROBLEMS)


def has_errors(found: pl.DataFrame) -> bool:
    """Whether any row of a problem frame is of error severity."""
    return not found.filter(pl.col("severity") == ERROR).is_empty()
