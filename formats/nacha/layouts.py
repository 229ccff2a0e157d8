"""Where each field stands in its 94-column record: one table for slicing and for writing.

Positions are 1-based and inclusive, as the operating rules print them (sections 2.1 to 2.6 of the record
layouts). A column that no field names is blank.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "right", "digits", "int", "date", "fixed"]


@dataclass(frozen=True)
class Field:
    """One field: `text` left-aligned, `right` right-aligned, `digits` zero-kept text, `int` zero-filled."""

    name: str
    start: int
    end: int
    kind: Kind = "text"
    required: bool = False  # an `int` that may not be blank
    value: str = ""  # of a `fixed` field

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.end - self.start + 1


Layout = tuple[Field, ...]


def _number(name: str, start: int, end: int) -> Field:
    return Field(name, start, end, "int", required=True)


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
    _number("control_batches", 2, 7),
    _number("control_blocks", 8, 13),
    _number("control_count", 14, 21),
    _number("control_hash", 22, 31),
    _number("control_debit_cents", 32, 43),
    _number("control_credit_cents", 44, 55),
)

FILE_CONTROL_ADV: Layout = (
    *FILE_CONTROL[:5],
    _number("control_debit_cents", 32, 51),
    _number("control_credit_cents", 52, 71),
)

BATCH_HEADER: Layout = (
    Field("type", 1, 1, "fixed", value="5"),
    _number("service_class", 2, 4),
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
    _number("batch_number", 88, 94),
)

BATCH_CONTROL: Layout = (
    Field("type", 1, 1, "fixed", value="8"),
    _number("control_service_class", 2, 4),
    _number("control_count", 5, 10),
    _number("control_hash", 11, 20),
    _number("control_debit_cents", 21, 32),
    _number("control_credit_cents", 33, 44),
    Field("control_company_id", 45, 54),
    Field("control_authentication", 55, 73),
    Field("control_odfi", 80, 87, "digits"),
    _number("control_batch_number", 88, 94),
)

BATCH_CONTROL_ADV: Layout = (
    *BATCH_CONTROL[:4],
    _number("control_debit_cents", 21, 40),
    _number("control_credit_cents", 41, 60),
    Field("control_company_id", 61, 79),
    *BATCH_CONTROL[8:],
)

_ENTRY_HEAD: Layout = (
    Field("type", 1, 1, "fixed", value="6"),
    _number("transaction_code", 2, 3),
    Field("rdfi", 4, 11, "digits"),
    Field("check_digit", 12, 12),
)
_ENTRY_TAIL: Layout = (
    Field("discretionary", 77, 78),
    _number("addenda_indicator", 79, 79),
    Field("trace_number", 80, 94, "digits"),
)
_ACCOUNT_AMOUNT: Layout = (Field("account", 13, 29), _number("amount_cents", 30, 39))

# How the SEC code changes the middle of an entry record.
ENTRY: dict[str, Layout] = {
    "standard": (
        *_ENTRY_HEAD,
        *_ACCOUNT_AMOUNT,
        Field("individual_id", 40, 54),
        Field("name", 55, 76),
        *_ENTRY_TAIL,
    ),
    "swapped": (
        *_ENTRY_HEAD,
        *_ACCOUNT_AMOUNT,
        Field("name", 40, 54),
        Field("individual_id", 55, 76),
        *_ENTRY_TAIL,
    ),
    "counted": (
        *_ENTRY_HEAD,
        *_ACCOUNT_AMOUNT,
        Field("individual_id", 40, 54),
        _number("addenda_count", 55, 58),
        Field("name", 59, 74),
        *_ENTRY_TAIL,
    ),
    "iat": (
        *_ENTRY_HEAD,
        _number("addenda_count", 13, 16),
        _number("amount_cents", 30, 39),
        Field("account", 40, 74),
        *_ENTRY_TAIL,
    ),
    "adv": (
        *_ENTRY_HEAD,
        Field("account", 13, 27),
        _number("amount_cents", 28, 39),
        Field("individual_id", 40, 54),
        Field("name", 55, 76),
        *_ENTRY_TAIL,
    ),
}

FAMILY_OF_SEC: dict[str, str] = {
    "CIE": "swapped",
    "MTE": "swapped",
    "CTX": "counted",
    "ENR": "counted",
    "TRX": "counted",
    "ATX": "counted",
    "IAT": "iat",
    "ADV": "adv",
}

_ADDENDA_HEAD: Layout = (Field("type", 1, 1, "fixed", value="7"), Field("type_code", 2, 3))
_PAYMENT_TEXT: Layout = (
    *_ADDENDA_HEAD,
    Field("payment_text", 4, 83),
    _number("sequence", 84, 87),
    Field("entry_sequence", 88, 94, "digits"),
)
_TRACE = Field("trace_number", 80, 94, "digits")
_ORIGINAL: Layout = (Field("original_trace", 7, 21, "digits"), Field("original_rdfi", 28, 35, "digits"))

# By kind; the two with an I are the wider forms of international notices and returns.
ADDENDA_BY_KIND: dict[str, Layout] = {
    "02": (*_ADDENDA_HEAD, Field("raw", 4, 94), _TRACE),
    "05": _PAYMENT_TEXT,
    "17": _PAYMENT_TEXT,
    "18": (
        *_ADDENDA_HEAD,
        Field("raw", 4, 94),
        _number("sequence", 84, 87),
        Field("entry_sequence", 88, 94, "digits"),
    ),
    "98": (
        *_ADDENDA_HEAD,
        Field("change_code", 4, 6),
        *_ORIGINAL,
        Field("corrected_data", 36, 64),
        _TRACE,
    ),
    "98I": (
        *_ADDENDA_HEAD,
        Field("change_code", 4, 6),
        *_ORIGINAL,
        Field("corrected_data", 36, 70),
        _TRACE,
    ),
    "98R": (
        *_ADDENDA_HEAD,
        Field("change_code", 4, 6),
        *_ORIGINAL,
        Field("corrected_data", 36, 64),
        Field("refused_change_code", 65, 67),
        Field("refused_sequence", 68, 74, "digits"),
        _TRACE,
    ),
    "99": (
        *_ADDENDA_HEAD,
        Field("return_code", 4, 6),
        *_ORIGINAL,
        Field("date_of_death", 22, 27, "date"),
        Field("addenda_information", 36, 79),
        _TRACE,
    ),
    "99I": (
        *_ADDENDA_HEAD,
        Field("return_code", 4, 6),
        *_ORIGINAL,
        Field("date_of_death", 22, 27, "date"),
        _number("original_amount_cents", 36, 45),
        Field("addenda_information", 46, 79),
        _TRACE,
    ),
    "99D": (
        *_ADDENDA_HEAD,
        Field("return_code", 4, 6),
        *_ORIGINAL,
        Field("return_trace", 39, 53, "digits"),
        Field("return_settlement_day", 54, 56),
        Field("return_reason", 57, 58),
        Field("addenda_information", 59, 79),
        _TRACE,
    ),
    "99C": (
        *_ADDENDA_HEAD,
        Field("return_code", 4, 6),
        *_ORIGINAL,
        Field("original_return_date", 22, 27, "date"),
        Field("original_settlement_day", 36, 38),
        Field("return_trace", 39, 53, "digits"),
        Field("return_settlement_day", 54, 56),
        Field("return_reason", 57, 58),
        Field("dishonored_trace", 59, 73, "digits"),
        Field("dishonored_settlement_day", 74, 76),
        Field("dishonored_reason", 77, 78),
        _TRACE,
    ),
}
ADDENDA_OTHER: Layout = (*_ADDENDA_HEAD, Field("raw", 4, 94), Field("entry_sequence", 88, 94, "digits"))
