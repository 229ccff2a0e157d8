"""Segments: which file and batch an entry goes into, in which order, and where files are split. Frames in, frames out.

A file is of one company, bank and segment; a segment is what the bank wants in files of their own, and what goes the
same day, since its cut-off is earlier. A batch holds one SEC code, description, direction, effective date and purpose,
so that reversals, retries and fees stand apart. Nothing here is per row: a loop turns once per file or full batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from resources.bank_terms import BankTerms, Side

FILE_OF = ["company_id", "bank", "segment"]
BATCH_OF = ["sec", "description", "effective_date", "direction", "purpose"]
SOURCE = ["source_id", "attempt_no"]
_BATCH_RECORDS = 999_998  # what a batch control can count, less an offset
_AROUND_FILE, _AROUND_BATCH = 2, 2  # header and control
_SIDES: tuple[Side, ...] = ("debit", "credit")
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Measure:
    """Something that a piece may hold only so much of.

    `each` is what every row adds; `opening` what a row adds besides when a piece begins with it.
    """

    each: Numbers
    limit: int
    opening: Numbers | None = None


def arranged(planned: pl.DataFrame, banks: dict[str, BankTerms]) -> pl.DataFrame:
    """Put planned entries into files and batches.

    Args:
        planned: rows to send with bank, effective_date, goes_same_day, addenda, amount_cents.
        banks: terms by bank.

    Returns:
        The rows in the order of their files, with segment, file (a number over all files made, from 0) and
        batch_number (from 1 in each file).
    """
    named = pl.concat(
        [rows.with_columns(segment=_segment(banks[str(code[0])])) for code, rows in _by(planned, ["bank"])]
    )
    ordered = named.sort(*FILE_OF, *BATCH_OF, *SOURCE)
    ordered = ordered.with_columns(lines=1 + (pl.col("addenda") != "").cast(pl.Int64))
    pieces = [_filed(rows, banks[str(key[1])]) for key, rows in _by(ordered, FILE_OF)]
    whole = pl.concat(pieces)
    file = pl.struct(*FILE_OF, "part").rle_id().cast(pl.Int64)
    numbered = whole.with_columns(file=file)
    change = pl.struct(*BATCH_OF, "full").rle_id().over("file")
    return numbered.with_columns(batch_number=(change + 1).cast(pl.Int64)).drop("part", "full", "lines")


def _by(rows: pl.DataFrame, keys: list[str]) -> list[tuple[tuple[object, ...], pl.DataFrame]]:
    return list(rows.partition_by(keys, as_dict=True, maintain_order=True).items())


def _segment(terms: BankTerms) -> pl.Expr:
    """Name a row's segment in words: `same-day credits PPD`; empty when the bank wants all together."""
    words: list[pl.Expr] = [pl.when("goes_same_day").then(pl.lit("same-day"))]
    if terms.credits_apart:
        words.append(pl.when(pl.col("direction") == "credit").then(pl.lit("credits")).otherwise(pl.lit("debits")))
    if terms.per_sec:
        words.append(pl.col("sec"))
    return pl.concat_str(words, separator=" ", ignore_nulls=True)


def _filed(rows: pl.DataFrame, terms: BankTerms) -> pl.DataFrame:
    """Add `full` (which full batch of its kind) and `part` (which file of the segment), from 0."""
    sums = {side: rows["amount_cents"].to_numpy() * (rows["direction"] == side).to_numpy() for side in _SIDES}
    lines = rows["lines"].to_numpy()
    begins = np.flatnonzero(rows.select(pl.struct(BATCH_OF).rle_id().diff().fill_null(1)).to_series().to_numpy())
    opens = np.zeros(rows.height, np.bool_)
    full, part = np.zeros(rows.height, np.int64), np.zeros(rows.height, np.int64)
    for first, end in pairwise([*map(int, begins), rows.height]):
        held = [Measure(sums[side][first:end], terms.limits(side).batch_limit_cents) for side in _SIDES]
        for number, at in enumerate(cuts([*held, Measure(lines[first:end], _BATCH_RECORDS)])):
            full[first + at : end] = number
            opens[first + at] = True
    held = [Measure(sums[side], terms.limits(side).file_limit_cents) for side in _SIDES]
    if terms.max_lines is not None:
        held.append(_lines(lines, opens, rows["effective_date"].n_unique(), terms))
    for number, at in enumerate(cuts(held)):
        part[at:] = number
    return rows.with_columns(full=pl.Series(full), part=pl.Series(part))


def _lines(lines: Numbers, opens: npt.NDArray[np.bool_], days: int, terms: BankTerms) -> Measure:
    """Measure a file's lines: what its rows and batches take, of what headers, offsets and nines leave."""
    assert terms.max_lines is not None  # noqa: S101 - asked for by the caller
    block = 10 if terms.blocking else 1
    batch = _AROUND_BATCH + (terms.balanced == "batch")
    # A file that is levelled whole has a batch of one entry more for each of its days.
    fixed = _AROUND_FILE + (days * (_AROUND_BATCH + 1) if terms.balanced == "file" else 0)
    # A file that begins within a batch opens that batch anew.
    return Measure(lines + batch * opens, terms.max_lines // block * block - fixed, batch * ~opens)


def cuts(measures: Sequence[Measure]) -> list[int]:
    """Say where pieces begin so that none holds more than any measure allows; as few as can be, in row order.

    A row that is too much alone is a piece of its own.
    """
    height = len(measures[0].each)
    sums = [np.concatenate([[0], np.cumsum(each.each)]) for each in measures]
    begins = [0]
    while True:
        at = begins[-1]
        ends = []
        for measure, total in zip(measures, sums, strict=True):
            opening = 0 if measure.opening is None else int(measure.opening[at])
            ends.append(int(np.searchsorted(total, total[at] + measure.limit - opening, side="right")) - 1)
        following = max(min(ends), at + 1)
        if following >= height:
            return begins
        begins.append(following)


def coded(rows: pl.DataFrame) -> pl.DataFrame:
    """Add transaction_code: by account type, direction, and whether money moves.

    Checking 22 and 27, savings 32 and 37; prenotes one higher.
    """
    row = pl.when(pl.col("account_type") == "checking").then(20).otherwise(30)
    side = pl.when(pl.col("direction") == "credit").then(2).otherwise(7)
    code = row + side + (pl.col("purpose") == "prenote").cast(pl.Int32)
    return rows.with_columns(transaction_code=code.cast(pl.Int64))


def traced(entries: pl.DataFrame) -> pl.DataFrame:
    """Add trace_number: the ODFI's eight digits, then the sequence from each row's `first_trace` on, in row order."""
    sequence = pl.col("first_trace") + pl.int_range(pl.len()).over("file")
    return entries.with_columns(trace_number=pl.col("odfi") + sequence.cast(pl.String).str.zfill(7))
