"""Where each field stands in its 94-column record: one table for slicing and for writing.

File and batch headers, entries and controls, as in sections 2.1 to 2.3, 2.5 and 2.6 of the record layouts;
addenda are in `layouts_addenda`. A column that no field names is blank.
"""

import polars as pl

from formats.nacha.fields import Field, Layout, number

FILE_HEADER: Layout = (
    Field("type", 1, 1, "fixed", value="1"),
    Field("priority", 2, 3),
    Field("destination", 4, 13, "right"),
    Field("origin", 14, 23, "right"),
    Field("creation_date", 24, 29, "date"),
    Field("creation_time", 30, 33),
    Field("modifier", 34, 34),
    Field("record_size", 35, 37),
    Field("blocking_factor", 38, 39),
    Field("format_code", 40, 40),
    Field("destination_name", 41, 63),
    Field("origin_name", 64, 86),
    Field("reference", 87, 94),
)

FILE_CONTROL: Layout = (
    Field("type", 1, 1, "fixed", value="9"),
    number("control_batches", 2, 7),
    number("control_blocks", 8, 13),
    number("control_count", 14, 21),
    number("control_hash", 22, 31),
    number("control_debit_cents", 32, 43),
    number("control_credit_cents", 44, 55),
)

FILE_CONTROL_ADV: Layout = (
    *FILE_CONTROL[:5],
    number("control_debit_cents", 32, 51),
    number("control_credit_cents", 52, 71),
)

BATCH_HEADER: Layout = (
    Field("type", 1, 1, "fixed", value="5"),
    number("service_class", 2, 4),
    Field("company_name", 5, 20),
    Field("company_discretionary", 21, 40),
    Field("company_id", 41, 50),
    Field("sec", 51, 53),
    Field("entry_description", 54, 63),
    Field("descriptive_date", 64, 69),
    Field("effective_entry_date", 70, 75, "date"),
    Field("settlement_day", 76, 78),
    Field("originator_status", 79, 79),
    Field("odfi", 80, 87, "digits"),
    number("batch_number", 88, 94),
)

# The name's place holds the IAT indicator, the company's id that of the originator.
BATCH_HEADER_IAT: Layout = (
    *BATCH_HEADER[:3],
    Field("exchange_indicator", 21, 22),
    Field("exchange_reference_indicator", 23, 23),
    Field("exchange_reference", 24, 38),
    Field("destination_country", 39, 40),
    *BATCH_HEADER[4:7],
    Field("originating_currency", 64, 66),
    Field("destination_currency", 67, 69),
    *BATCH_HEADER[8:],
)

BATCH_CONTROL: Layout = (
    Field("type", 1, 1, "fixed", value="8"),
    number("control_service_class", 2, 4),
    number("control_count", 5, 10),
    number("control_hash", 11, 20),
    number("control_debit_cents", 21, 32),
    number("control_credit_cents", 33, 44),
    Field("control_company_id", 45, 54),
    Field("control_authentication", 55, 73),
    Field("control_odfi", 80, 87, "digits"),
    number("control_batch_number", 88, 94),
)

BATCH_CONTROL_ADV: Layout = (
    *BATCH_CONTROL[:4],
    number("control_debit_cents", 21, 40),
    number("control_credit_cents", 41, 60),
    Field("control_company_id", 61, 79),
    *BATCH_CONTROL[8:],
)

_ENTRY_HEAD: Layout = (
    Field("type", 1, 1, "fixed", value="6"),
    number("transaction_code", 2, 3),
    Field("rdfi", 4, 11, "digits"),
    Field("check_digit", 12, 12),
)
_INDICATOR_TRACE: Layout = (
    number("addenda_indicator", 79, 79),
    Field("trace_number", 80, 94, "digits"),
)
_ACCOUNT_AMOUNT: Layout = (Field("account", 13, 29), number("amount_cents", 30, 39))
_HEAD: Layout = (*_ENTRY_HEAD, *_ACCOUNT_AMOUNT)
_TAIL: Layout = (Field("discretionary", 77, 78), *_INDICATOR_TRACE)
_ID, _NAME = Field("individual_id", 40, 54), Field("name", 55, 76)
_COUNT_NAME: Layout = (number("addenda_count", 55, 58), Field("name", 59, 74))
_ORIGINAL_TRACE = Field("original_trace", 40, 54)

# How the SEC code changes the middle of an entry record: one layout per family of SEC codes.
ENTRY: dict[str, Layout] = {
    "standard": (*_HEAD, _ID, _NAME, *_TAIL),
    "swapped": (*_HEAD, Field("name", 40, 54), Field("individual_id", 55, 76), *_TAIL),
    "counted": (*_HEAD, _ID, *_COUNT_NAME, *_TAIL),
    "acknowledged": (*_HEAD, _ORIGINAL_TRACE, _NAME, *_TAIL),
    "acknowledged_counted": (*_HEAD, _ORIGINAL_TRACE, *_COUNT_NAME, *_TAIL),
    "purchase": (
        *_HEAD,
        Field("individual_id", 40, 48),
        Field("terminal_city", 49, 52),
        Field("terminal_state", 53, 54),
        _NAME,
        *_TAIL,
    ),
    "shared": (
        *_HEAD,
        Field("card_expiry", 40, 43),
        Field("individual_id", 44, 54),
        Field("card_account", 55, 76),
        *_TAIL,
    ),
    "truncated": (
        *_HEAD,
        _ID,
        Field("process_control", 55, 60),
        Field("item_research", 61, 76),
        *_TAIL,
    ),
    "iat": (
        *_ENTRY_HEAD,
        number("addenda_count", 13, 16),
        number("amount_cents", 30, 39),
        Field("account", 40, 74),
        Field("gateway_screening", 77, 77),
        Field("secondary_screening", 78, 78),
        *_INDICATOR_TRACE,
    ),
    "adv": (
        *_ENTRY_HEAD,
        Field("account", 13, 27),
        number("amount_cents", 28, 39),
        Field("advice_routing", 40, 48),
        Field("advice_file", 49, 53),
        Field("operator_data", 54, 54),
        _NAME,
        Field("discretionary", 77, 78),
        number("addenda_indicator", 79, 79),
        Field("operator_routing", 80, 87),
        Field("operator_day", 88, 90),
        Field("operator_sequence", 91, 94),
    ),
}

FAMILY_OF_SEC: dict[str, str] = {
    "ACK": "acknowledged",
    "ADV": "adv",
    "ATX": "acknowledged_counted",
    "CIE": "swapped",
    "CTX": "counted",
    "ENR": "counted",
    "IAT": "iat",
    "MTE": "swapped",
    "POP": "purchase",
    "SHR": "shared",
    "TRC": "truncated",
    "TRX": "counted",
    "XCK": "truncated",
}
# Batch headers and both controls stand alike in all families but these.
BATCH_HEADER_OF: dict[str, Layout] = {"iat": BATCH_HEADER_IAT}
BATCH_CONTROL_OF: dict[str, Layout] = {"adv": BATCH_CONTROL_ADV}


def family_of_batch() -> pl.Expr:
    """Tell the family of a batch by its `sec` and `company_name`: a key of `ENTRY`.

    A notice on an international entry has SEC code COR, the indicator IATCOR and the layouts of IAT.
    """
    by_sec = pl.col("sec").str.to_uppercase().replace_strict(FAMILY_OF_SEC, default="standard")
    return pl.when(pl.col("company_name") == "IATCOR").then(pl.lit("iat")).otherwise(by_sec)
