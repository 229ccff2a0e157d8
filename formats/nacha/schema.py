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
    "company_discretionary": STR,  # not IAT
    "company_id": STR,  # IAT: the originator's id
    "sec": STR,
    "entry_description": STR,
    "descriptive_date": STR,  # not IAT; SDhhmm is the wish to settle the same day
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
    # IAT only, and IATCOR notices.
    "exchange_indicator": STR,  # FV, VF or FF: which side's amount is fixed
    "exchange_reference_indicator": STR,  # 1 rate, 2 reference number, 3 none
    "exchange_reference": STR,
    "destination_country": STR,  # ISO, two letters
    "originating_currency": STR,
    "destination_currency": STR,
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
    # The receiver's number at the originator; ARC BOC POP RCK TRC XCK: the check's serial number; SHR: the
    # document's reference.
    "individual_id": STR,
    "name": STR,  # of the receiver; SHR TRC XCK IAT have none here
    "discretionary": STR,  # WEB TEL: payment type R or S; POS SHR: card transaction type; TRC TRX: item type
    "addenda_count": I64,  # the count field of CTX ENR TRX ATX IAT, else null
    "addenda_indicator": I64,
    "trace_number": STR,  # 15 characters, may be REJ... in an operator's reject; ADV has none
    # What single SEC codes have besides; null in all others.
    "original_trace": STR,  # ACK ATX: of the entry acknowledged
    "terminal_city": STR,  # POP
    "terminal_state": STR,  # POP
    "card_expiry": STR,  # SHR, MMYY
    "card_account": STR,  # SHR, as secret as an account number
    "process_control": STR,  # TRC XCK
    "item_research": STR,  # TRC XCK
    "gateway_screening": STR,  # IAT: the gateway's sanctions screening, 0 or 1
    "secondary_screening": STR,  # IAT
    "advice_routing": STR,  # ADV
    "advice_file": STR,  # ADV: file identification
    "operator_data": STR,  # ADV
    "operator_routing": STR,  # ADV: this and the next two stand where others have the trace
    "operator_day": STR,  # ADV: day of year
    "operator_sequence": STR,  # ADV
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
    "entry_sequence": STR,  # 05 and 10-18: last seven digits of the entry's trace
    "raw": STR,  # columns 04-94 of kinds the standard does not know
    "trace_number": STR,  # 02, 98 and 99: the addenda's own trace
    # 02, the terminal of POS and SHR (MTE: of the machine).
    "reference_1": STR,  # MTE: description of the transaction
    "reference_2": STR,  # MTE: network
    "terminal_id": STR,
    "terminal_serial": STR,
    "terminal_day": STR,  # MMDD
    "authorization": STR,  # code or expiry (MTE: time HHMMSS)
    "location": STR,
    "city": STR,
    "state": STR,
    # 10 to 16 and 18, the parties of an IAT payment.
    "iat_type": STR,  # 10: BUS SAL TAX PEN WEB ...
    "foreign_amount": I64,  # 10: in the smallest unit of the destination's currency
    "foreign_trace": STR,  # 10
    "name": STR,  # 10 receiver, 11 originator, 13 ODFI, 14 RDFI, 18 correspondent bank
    "street": STR,  # 11 originator, 15 receiver
    "city_state": STR,  # 12 originator, 16 receiver: city*state\
    "country_postal": STR,  # 12 originator, 16 receiver: country*postal code\\
    "id_qualifier": STR,  # 13 14 18: 01 national clearing number, 02 BIC, 03 IBAN
    "party_id": STR,  # 13 14 18: the bank's id; 15: the receiver's
    "country": STR,  # 13 14 18: of the bank's branch
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
    if frame.schema == schema:
        return frame
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
