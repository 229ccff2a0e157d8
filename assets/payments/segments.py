"""Segments: which file and batch an entry goes into, in which order, and how files are split. Frames in, frames out.

A file is of one company, bank and segment; a segment is what the bank wants in files of their own. A batch holds one
SEC code, description, direction, effective date and purpose, so that reversals, retries and fees stand apart.
"""

from __future__ import annotations

import polars as pl

FILE_OF = ["company_id", "bank", "segment"]
BATCH_OF = ["sec", "description", "effective_date", "direction", "purpose"]
SOURCE = ["source_id", "attempt_no"]


def arranged(planned: pl.DataFrame) -> pl.DataFrame:
    """Put planned entries into files and batches.

    Args:
        planned: rows to send with bank and effective_date.

    Returns:
        The rows in the order of their files, with segment, file (a number over all files made, from 0) and
        batch_number (from 1 in each file).
    """
    ordered = planned.with_columns(segment=pl.lit("")).sort(*FILE_OF, *BATCH_OF, *SOURCE)
    filed = ordered.with_columns(file=pl.struct(FILE_OF).rle_id().cast(pl.Int64))
    change = pl.struct(BATCH_OF).rle_id().over("file")
    return filed.with_columns(batch_number=(change + 1).cast(pl.Int64))


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
