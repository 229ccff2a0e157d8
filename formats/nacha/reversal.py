"""Reversals: entries that move back what earlier ones moved, in batches of their own.

Section 9 of the record rules: description REVERSAL; company, SEC code and amount as in the original. Each
entry changes sides within its account type (22 and 27, 32 and 37, 42 and 47; 52 becomes 55, the loan debit
that only a reversal may have), so the class of its batch is not that of the original's. Whether a reversal is
allowed at all (five banking days, the grounds) is for whoever asks for it.
"""

from dataclasses import dataclass

import polars as pl

from formats.nacha.codes import use
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, shaped

OPPOSITE = {22: 27, 27: 22, 32: 37, 37: 32, 42: 47, 47: 42, 52: 55, 55: 52}
_AS_IT_WAS = ("file", "company_name", "company_discretionary", "company_id", "sec", "originator_status", "odfi")
_INTERNATIONAL = (
    "exchange_indicator",
    "exchange_reference_indicator",
    "exchange_reference",
    "destination_country",
    "originating_currency",
    "destination_currency",
)
# The parties of an international payment belong to it both ways; payment texts were about the original.
_PARTIES = ["10", "11", "12", "13", "14", "15", "16"]


@dataclass(frozen=True)
class Reversal:
    """Frames ready for a file to be written, but for dates, class and traces.

    `batches`, `entries` and `addenda` have the columns of `BATCHES`, `ENTRIES` and `ADDENDA`; effective
    dates, batch numbers and trace numbers are null (to be given), classes too (filled on writing).
    `original` tells for each entry its row among the given ones, `left_out` (entry, reason) what is not
    reversed.
    """

    batches: pl.DataFrame
    entries: pl.DataFrame
    addenda: pl.DataFrame
    original: pl.Series
    left_out: pl.DataFrame


def reversed_entries(entries: pl.DataFrame, batches: pl.DataFrame, addenda: pl.DataFrame | None = None) -> Reversal:
    """Give the reversal of `entries`, batch by batch.

    Args:
        entries: columns of `ENTRIES`, any part of a file; `batch` is a row of `batches`.
        batches: columns of `BATCHES`.
        addenda: columns of `ADDENDA`; `entry` is the `entry` of `entries`. Needed for international entries only.
    """
    given = shaped(entries, ENTRIES).with_row_index("at").with_columns(pl.col("at").cast(pl.Int64))
    sec = shaped(batches, BATCHES)["sec"].gather(given["batch"])
    reason = _reason(pl.lit(sec)).alias("reason")
    judged = given.with_columns(reason, sec=pl.lit(sec))
    kept = judged.filter(pl.col("reason").is_null()).sort("batch", maintain_order=True)
    old = kept["batch"].unique(maintain_order=True)
    headers = shaped(batches, BATCHES)[old.to_list()].select(*_AS_IT_WAS, *_INTERNATIONAL)
    headers = headers.with_columns(batch=pl.int_range(pl.len(), dtype=pl.Int64), entry_description=pl.lit("REVERSAL"))
    made = kept.with_columns(
        entry=pl.int_range(pl.len(), dtype=pl.Int64),
        batch=(pl.col("batch") != pl.col("batch").shift(1)).fill_null(value=False).cast(pl.Int64).cum_sum(),
        transaction_code=pl.col("transaction_code").replace_strict(OPPOSITE, default=None, return_dtype=pl.Int64),
        line=None,
        addenda_count=None,
        addenda_indicator=None,
        trace_number=None,
    )
    return Reversal(
        shaped(headers, BATCHES),
        shaped(made.drop("at", "reason"), ENTRIES),
        _parties(addenda, kept),
        kept["at"].alias("original"),
        judged.filter(pl.col("reason").is_not_null()).select(entry="at", reason="reason"),
    )


def _reason(sec: pl.Expr) -> pl.Expr:
    """Say why an entry has nothing to reverse; null when it has."""
    return (
        pl.when(sec.is_in(["ADV", "COR", "ENR"]))
        .then(pl.lit("advices, notices and enrollments move no money"))
        .when(use() == "prenote")
        .then(pl.lit("a prenote moved no money"))
        .when((use() == "zero") | (pl.col("amount_cents") == 0))
        .then(pl.lit("a zero-dollar entry moved no money"))
        .when(use() == "return")
        .then(pl.lit("a return is not reversed but dishonored"))
        .when(~pl.col("transaction_code").is_in(list(OPPOSITE)).fill_null(value=False))
        .then(pl.lit("the transaction code has no opposite"))
    )


def _parties(addenda: pl.DataFrame | None, kept: pl.DataFrame) -> pl.DataFrame:
    if addenda is None:
        return shaped(pl.DataFrame(), ADDENDA)
    places = kept.select("entry", "sec", now=pl.int_range(pl.len(), dtype=pl.Int64)).filter(pl.col("sec") == "IAT")
    theirs = shaped(addenda, ADDENDA).filter(pl.col("kind").is_in(_PARTIES))
    moved = theirs.join(places.drop("sec"), on="entry", how="inner").sort("now", "type_code", "kind")
    return shaped(
        moved.with_columns(
            addendum=pl.int_range(pl.len(), dtype=pl.Int64), entry="now", batch=None, line=None, entry_sequence=None
        ).drop("now"),
        ADDENDA,
    )
