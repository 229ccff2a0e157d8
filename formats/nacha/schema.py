"""The columns of a NACHA file as frames: declared here once, for the reader, the writer and the checks.

Four frames, joined by position: `file` (one row per type 1 .. 9), `batches` (5 and 8), `entries` (6) and
`addenda` (7). `line` and `control_line` are 1-based physical lines; money is integer cents; routing and
trace numbers are text because their leading zeros count. Text keeps leading blanks and loses trailing ones.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from formats.errors import FormatError
from formats.problems import PROBLEMS

I64, STR, DATE = pl.Int64(), pl.String(), pl.Date()

FILE: dict[str, pl.DataType] = {
    "file": I64,  # 0-based position; one stream may hold several files
    "line": I64,  # of the header; null when the file has none
    "priority": STR,
    "destination": STR,  # immediate destination without its leading blank
    "origin": STR,
    "creation_date": DATE,
    "creation_time": STR,  # HHMM or blank
    "modifier": STR,
    "record_size": STR,
    "blocking_factor": STR,
    "format_code": STR,
    "destination_name": STR,
    "origin_name": STR,
    "reference": STR,
    "records": I64,  # physical records, padding included
    "control_line": I64,
    "control_batches": I64,
    "control_blocks": I64,
    "control_count": I64,  # entries and addenda
    "control_hash": I64,
    "control_debit_cents": I64,
    "control_credit_cents": I64,
}

BATCHES: dict[str, pl.DataType] = {
    "batch": I64,  # 0-based position over the whole stream
    "file": I64,
    "line": I64,
    "service_class": I64,
    "company_name": STR,  # IAT: the IAT indicator
    "company_discretionary": STR,  # IAT: exchange indicators, reference and country, columns 21-40
    "company_id": STR,
    "sec": STR,
    "entry_description": STR,
    "descriptive_date": STR,  # IAT: the two currencies
    "effective_entry_date": DATE,
    "settlement_day": STR,  # day of year, filled by the operator
    "originator_status": STR,
    "odfi": STR,  # 8 digits
    "batch_number": I64,
    "control_line": I64,
    "control_service_class": I64,
    "control_count": I64,
    "control_hash": I64,
    "control_debit_cents": I64,
    "control_credit_cents": I64,
    "control_company_id": STR,  # ADV: operator data
    "control_authentication": STR,
    "control_odfi": STR,
    "control_batch_number": I64,
}

ENTRIES: dict[str, pl.DataType] = {
    "entry": I64,  # 0-based position over the whole stream
    "batch": I64,  # null when the entry stands outside any batch
    "line": I64,
    "sec": STR,
    "transaction_code": I64,
    "rdfi": STR,  # 8 digits
    "check_digit": STR,
    "account": STR,
    "amount_cents": I64,
    "individual_id": STR,  # columns 40-54 (CIE and MTE: 55-76); special SECs keep them unparsed
    "name": STR,  # columns 55-76 (CIE and MTE: 40-54; counted SECs: 59-74)
    "discretionary": STR,
    "addenda_count": I64,  # the count field of CTX ENR TRX ATX IAT, else null
    "addenda_indicator": I64,
    "trace_number": STR,  # 15 characters, may be REJ... in an operator's reject
}

ADDENDA: dict[str, pl.DataType] = {
    "addendum": I64,  # 0-based position over the whole stream
    "entry": I64,  # null when no entry precedes it
    "batch": I64,
    "line": I64,
    "type_code": STR,  # 02 05 10-18 98 99
    "kind": STR,  # type code, with 98R refused notice, 99D dishonored and 99C contested told apart
    "return_code": STR,
    "change_code": STR,
    "original_trace": STR,
    "original_rdfi": STR,
    "date_of_death": DATE,  # R14 and R15
    "addenda_information": STR,
    "corrected_data": STR,
    "refused_change_code": STR,
    "refused_sequence": STR,
    "original_amount_cents": I64,  # IAT returns
    "return_trace": STR,  # dishonored and contested
    "return_settlement_day": STR,
    "return_reason": STR,
    "original_return_date": DATE,  # contested
    "original_settlement_day": STR,
    "dishonored_trace": STR,
    "dishonored_settlement_day": STR,
    "dishonored_reason": STR,
    "payment_text": STR,  # 05 and 17
    "sequence": I64,  # 05, 17 and 18
    "entry_sequence": STR,  # last seven digits of the entry's trace
    "raw": STR,  # columns 04-94 of kinds that are not parsed further
    "trace_number": STR,  # 98, 99 and 02: the addenda's own trace
}


@dataclass(frozen=True)
class Nacha:
    """A stream of ACH files as frames (columns of `FILE`, `BATCHES`, `ENTRIES`, `ADDENDA`, `PROBLEMS`)."""

    file: pl.DataFrame
    batches: pl.DataFrame
    entries: pl.DataFrame
    addenda: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ADDENDA))
    problems: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PROBLEMS))


def shaped(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Bring a frame to exactly the columns, types and order of `schema`; absent columns become null.

    Raises:
        FormatError: a column is not in the schema, or holds a value of the wrong type (never quoted).
    """
    unknown = [name for name in frame.columns if name not in schema]
    if unknown:
        raise FormatError(f"columns {', '.join(unknown)} are not part of a NACHA frame")
    if not frame.columns:
        return empty(schema)
    try:
        return frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in schema.items()
        )
    except pl.exceptions.PolarsError:
        # The library's text quotes the values, which may be account numbers.
        raise FormatError("a column of a NACHA frame holds values of the wrong type") from None


def empty(schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Make a frame of these columns without rows."""
    return pl.DataFrame(schema=schema)


def file_frame(
    *,
    destination: str,
    origin: str,
    creation_date: date,
    creation_time: str = "",
    modifier: str = "A",
    destination_name: str = "",
    origin_name: str = "",
    reference: str = "",
) -> pl.DataFrame:
    """Make the one-row `file` frame of a file to be written (9-digit routing or 10-character ids)."""
    row: dict[str, Any] = {
        "file": 0,
        "destination": destination,
        "origin": origin,
        "creation_date": creation_date,
        "creation_time": creation_time,
        "modifier": modifier,
        "destination_name": destination_name,
        "origin_name": origin_name,
        "reference": reference,
    }
    return shaped(pl.DataFrame([row]), FILE)
