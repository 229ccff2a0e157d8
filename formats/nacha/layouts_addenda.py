"""Where each field stands in an addenda record (type 7), by kind (section 2.4 of the record layouts).

The three kinds of 99 are told apart by the return code alone, the two of 98 by the change code.
"""

import polars as pl

from formats.nacha.fields import Field, Layout, number

_ADDENDA_HEAD: Layout = (Field("type", 1, 1, "fixed", value="7"), Field("type_code", 2, 3))
_ENTRY_SEQUENCE = Field("entry_sequence", 88, 94, "digits")
_PAYMENT_TEXT: Layout = (
    *_ADDENDA_HEAD,
    Field("payment_text", 4, 83),
    number("sequence", 84, 87),
    _ENTRY_SEQUENCE,
)
_CITY_COUNTRY: Layout = (Field("city_state", 4, 38), Field("country_postal", 39, 73), _ENTRY_SEQUENCE)
_BANK: Layout = (
    Field("name", 4, 38),
    Field("id_qualifier", 39, 40),
    Field("party_id", 41, 74),
    Field("country", 75, 77),
)
_TRACE = Field("trace_number", 80, 94, "digits")
_ORIGINAL: Layout = (Field("original_trace", 7, 21, "digits"), Field("original_rdfi", 28, 35, "digits"))

# By kind; the two with an I are the wider forms of international notices and returns.
ADDENDA_BY_KIND: dict[str, Layout] = {
    "02": (
        *_ADDENDA_HEAD,
        Field("reference_1", 4, 10),
        Field("reference_2", 11, 13),
        Field("terminal_id", 14, 19),
        Field("terminal_serial", 20, 25),
        Field("terminal_day", 26, 29),
        Field("authorization", 30, 35),
        Field("location", 36, 62),
        Field("city", 63, 77),
        Field("state", 78, 79),
        _TRACE,
    ),
    "05": _PAYMENT_TEXT,
    "10": (
        *_ADDENDA_HEAD,
        Field("iat_type", 4, 6),
        number("foreign_amount", 7, 24),
        Field("foreign_trace", 25, 46),
        Field("name", 47, 81),
        _ENTRY_SEQUENCE,
    ),
    "11": (*_ADDENDA_HEAD, Field("name", 4, 38), Field("street", 39, 73), _ENTRY_SEQUENCE),
    "12": (*_ADDENDA_HEAD, *_CITY_COUNTRY),
    "13": (*_ADDENDA_HEAD, *_BANK, _ENTRY_SEQUENCE),
    "14": (*_ADDENDA_HEAD, *_BANK, _ENTRY_SEQUENCE),
    "15": (*_ADDENDA_HEAD, Field("party_id", 4, 18), Field("street", 19, 53), _ENTRY_SEQUENCE),
    "16": (*_ADDENDA_HEAD, *_CITY_COUNTRY),
    "17": _PAYMENT_TEXT,
    "18": (*_ADDENDA_HEAD, *_BANK, number("sequence", 84, 87), _ENTRY_SEQUENCE),
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
        number("original_amount_cents", 36, 45),
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
ADDENDA_OTHER: Layout = (*_ADDENDA_HEAD, Field("raw", 4, 94))


def addenda_key(family: pl.Expr) -> pl.Expr:
    """Tell the key in `ADDENDA_BY_KIND` by `kind`: 98 and 99 of international entries are laid out wider."""
    kind = pl.col("kind")
    return pl.when((family == "iat") & kind.is_in(["98", "99"])).then(kind + "I").otherwise(kind)
