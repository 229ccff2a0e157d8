"""Every column of every record: lines composed from the printed layouts, read, and where written, written back.

The tables below repeat section 2 of the record layouts in figures of their own, so that a layout that slips by
one column cannot agree with itself.
"""

from datetime import date
from typing import Any

import polars as pl
import pytest

from formats.nacha import Nacha, read, write
from tests.formats.nacha.build import LONG, RDFI, batch, entry, iat_batch, iat_entry, iat_parties, nacha

Columns = dict[str, tuple[int, int, str]]


def line(start: str, columns: Columns) -> str:
    """Lay values at their columns, each filling its field to the last column."""
    page = list(start.ljust(94))
    for name, (first, last, value) in columns.items():
        assert len(value) == last - first + 1, name
        assert set(page[first - 1 : last]) == {" "}, f"{name} stands on another field"
        page[first - 1 : last] = value
    return "".join(page)


def value_of(name: str, text: str) -> Any:
    """Give what a field's text is read as."""
    if name.endswith(("_cents", "foreign_amount")) or name in ("sequence", "addenda_count", "addenda_indicator"):
        return int(text)
    if name in ("date_of_death", "original_return_date"):
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))
    return text.rstrip()


TRACE = (80, 94, "231380100000001")
TAIL: Columns = {"sequence": (84, 87, "0001"), "entry_sequence": (88, 94, "0000001")}
ENTRY_TAIL: Columns = {"entry_sequence": (88, 94, "0000001")}
ORIGINAL: Columns = {"original_trace": (7, 21, "121042880000007"), "original_rdfi": (28, 35, "23138010")}
PARTY: Columns = {
    "name": (4, 38, "N" * 35),
    "id_qualifier": (39, 40, "01"),
    "party_id": (41, 74, "P" * 34),
    "country": (75, 77, "US "),
}
PLACE: Columns = {"city_state": (4, 38, "C" * 33 + "*S"), "country_postal": (39, 73, "US*" + "9" * 32)}

ADDENDA: dict[str, tuple[str, Columns]] = {
    "02": (
        "702",
        {
            "reference_1": (4, 10, "REFONE1"),
            "reference_2": (11, 13, "RE2"),
            "terminal_id": (14, 19, "TERMID"),
            "terminal_serial": (20, 25, "SERIAL"),
            "terminal_day": (26, 29, "0303"),
            "authorization": (30, 35, "123456"),
            "location": (36, 62, "L" * 27),
            "city": (63, 77, "C" * 15),
            "state": (78, 79, "PA"),
            "trace_number": TRACE,
        },
    ),
    "05": ("705", {"payment_text": (4, 83, "T" * 80), **TAIL}),
    "10": (
        "710",
        {
            "iat_type": (4, 6, "BUS"),
            "foreign_amount": (7, 24, "000000000000123456"),
            "foreign_trace": (25, 46, "F" * 22),
            "name": (47, 81, "N" * 35),
            **ENTRY_TAIL,
        },
    ),
    "11": ("711", {"name": (4, 38, "N" * 35), "street": (39, 73, "S" * 35), **ENTRY_TAIL}),
    "12": ("712", {**PLACE, **ENTRY_TAIL}),
    "13": ("713", {**PARTY, **ENTRY_TAIL}),
    "14": ("714", {**PARTY, **ENTRY_TAIL}),
    "15": ("715", {"party_id": (4, 18, "P" * 15), "street": (19, 53, "S" * 35), **ENTRY_TAIL}),
    "16": ("716", {**PLACE, **ENTRY_TAIL}),
    "17": ("717", {"payment_text": (4, 83, "T" * 80), **TAIL}),
    "18": ("718", {**PARTY, **TAIL}),
    "98": (
        "798",
        {"change_code": (4, 6, "C01"), **ORIGINAL, "corrected_data": (36, 64, "D" * 29), "trace_number": TRACE},
    ),
    "IAT 98": (
        "798",
        {"change_code": (4, 6, "C01"), **ORIGINAL, "corrected_data": (36, 70, "D" * 35), "trace_number": TRACE},
    ),
    "98R": (
        "798",
        {
            "change_code": (4, 6, "C65"),
            **ORIGINAL,
            "corrected_data": (36, 64, "D" * 29),
            "refused_change_code": (65, 67, "C01"),
            "refused_sequence": (68, 74, "0000088"),
            "trace_number": TRACE,
        },
    ),
    "99": (
        "799",
        {
            "return_code": (4, 6, "R15"),
            **ORIGINAL,
            "date_of_death": (22, 27, "260201"),
            "addenda_information": (36, 79, "I" * 44),
            "trace_number": TRACE,
        },
    ),
    "IAT 99": (
        "799",
        {
            "return_code": (4, 6, "R15"),
            **ORIGINAL,
            "date_of_death": (22, 27, "260201"),
            "original_amount_cents": (36, 45, "0000002500"),
            "addenda_information": (46, 79, "I" * 34),
            "trace_number": TRACE,
        },
    ),
    "99D": (
        "799",
        {
            "return_code": (4, 6, "R69"),
            **ORIGINAL,
            "return_trace": (39, 53, "231380100000009"),
            "return_settlement_day": (54, 56, "061"),
            "return_reason": (57, 58, "01"),
            "addenda_information": (59, 79, "01*02*03*04*05*06*07 "),
            "trace_number": TRACE,
        },
    ),
    "99C": (
        "799",
        {
            "return_code": (4, 6, "R73"),
            **ORIGINAL,
            "original_return_date": (22, 27, "260301"),
            "original_settlement_day": (36, 38, "059"),
            "return_trace": (39, 53, "231380100000009"),
            "return_settlement_day": (54, 56, "061"),
            "return_reason": (57, 58, "01"),
            "dishonored_trace": (59, 73, "121042880000011"),
            "dishonored_settlement_day": (74, 76, "063"),
            "dishonored_reason": (77, 78, "68"),
            "trace_number": TRACE,
        },
    ),
}
POSITION = {"addendum", "entry", "batch", "line", "type_code", "kind", "sec"}


def told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and name not in POSITION}


@pytest.mark.parametrize("key", ADDENDA)
def test_every_column_of_every_addenda(key: str) -> None:
    start, columns = ADDENDA[key]
    raw = line(start, columns)
    header = "5220IATCOR".ljust(94) if key.startswith("IAT") else "5220ACME".ljust(50) + "PPD".ljust(44)
    found = read(("\n".join([header, "6".ljust(94), raw]) + "\n").encode())
    row = found.addenda.row(0, named=True)
    assert row["kind"] == key.removeprefix("IAT ")
    assert told(row) == {name: value_of(name, text) for name, (_, _, text) in columns.items()}


@pytest.mark.parametrize("key", [key for key in ADDENDA if key != "02"])
def test_every_column_of_every_addenda_is_written_back(key: str) -> None:
    start, columns = ADDENDA[key]
    raw, kind = line(start, columns), key.removeprefix("IAT ")
    values = {name: value_of(name, text) for name, (_, _, text) in columns.items()}
    data = write(around({"kind": kind, **values}, international=key.startswith("IAT")))
    assert raw in data.decode().splitlines()


def around(addendum: dict[str, Any], *, international: bool) -> Nacha:
    """Put one addenda where it belongs: into a payment, a return or a notice, of our country or another."""
    kind, odfi = addendum["kind"], {"odfi": RDFI}
    trace = f"{RDFI}0000001"
    answer = kind.startswith("9")
    notice = kind.startswith("98")
    if international or "10" <= kind <= "18":
        code = {"transaction_code": 26 if answer else 27, "trace_number": trace}
        head = iat_batch(**odfi) if not notice else iat_batch(**odfi, company_name="IATCOR", sec="COR")
        parties = [row for row in iat_parties() if row["kind"] != kind]
        rows = sorted([*parties, addendum], key=lambda row: row["kind"])
        amount = {"amount_cents": 0 if notice else 2500}
        return nacha([head], [iat_entry(1, **code, **amount)], [{"entry": 0, **row} for row in rows])
    head = batch(sec="COR" if notice else "PPD", **odfi)
    code = {"transaction_code": 26 if answer else 27, "amount_cents": 0 if notice else 2500, "trace_number": trace}
    return nacha([head], [entry(1, **code)], [{"entry": 0, **addendum}])


ROUTED: Columns = {"rdfi": (4, 11, "23138010"), "check_digit": (12, 12, "4")}
MONEY: Columns = {"account": (13, 29, "A" * 17), "amount_cents": (30, 39, "0000002500")}
END: Columns = {"addenda_indicator": (79, 79, "0"), "trace_number": TRACE}
FREE: Columns = {"discretionary": (77, 78, "D1")}
STANDARD: Columns = {"individual_id": (40, 54, "I" * 15), "name": (55, 76, "N" * 22), **FREE}
COUNTED: Columns = {"addenda_count": (55, 58, "0000"), "name": (59, 74, "N" * 16), **FREE}
SERIAL: Columns = {"individual_id": (40, 54, "I" * 15)}
REMITTED: Columns = {**SERIAL, **COUNTED}
ACKNOWLEDGED: Columns = {"original_trace": (40, 54, "121042880000007")}
ITEM: Columns = {**SERIAL, "process_control": (55, 60, "PROCES"), "item_research": (61, 76, "R" * 16), **FREE}
SWAPPED: Columns = {"name": (40, 54, "N" * 15), "individual_id": (55, 76, "I" * 22), **FREE}
SECS: dict[str, Columns] = {
    **dict.fromkeys(["PPD", "CCD", "WEB", "TEL", "COR", "ARC", "BOC", "RCK", "POS", "DNE"], STANDARD),
    **dict.fromkeys(["CIE", "MTE"], SWAPPED),
    **dict.fromkeys(["CTX", "ENR", "TRX"], REMITTED),
    "ATX": {**ACKNOWLEDGED, **COUNTED},
    "ACK": {**ACKNOWLEDGED, "name": (55, 76, "N" * 22), **FREE},
    "POP": {
        "individual_id": (40, 48, "I" * 9),
        "terminal_city": (49, 52, "PHIL"),
        "terminal_state": (53, 54, "PA"),
        "name": (55, 76, "N" * 22),
        **FREE,
    },
    "SHR": {
        "card_expiry": (40, 43, "0928"),
        "individual_id": (44, 54, "I" * 11),
        "card_account": (55, 76, "C" * 22),
        **FREE,
    },
    **dict.fromkeys(["TRC", "XCK"], ITEM),
}
WHOLE: dict[str, Columns] = {
    **{sec: {**ROUTED, **MONEY, **columns, **END} for sec, columns in SECS.items()},
    "IAT": {
        **ROUTED,
        "addenda_count": (13, 16, "0007"),
        "amount_cents": (30, 39, "0000002500"),
        "account": (40, 74, "A" * 35),
        "gateway_screening": (77, 77, "0"),
        "secondary_screening": (78, 78, "1"),
        **END,
    },
    "ADV": {
        **ROUTED,
        "account": (13, 27, "A" * 15),
        "amount_cents": (28, 39, "000000002500"),
        "advice_routing": (40, 48, "121042882"),
        "advice_file": (49, 53, "FILE1"),
        "operator_data": (54, 54, "O"),
        "name": (55, 76, "N" * 22),
        **FREE,
        "addenda_indicator": (79, 79, "0"),
        "operator_routing": (80, 87, "01100001"),
        "operator_day": (88, 90, "050"),
        "operator_sequence": (91, 94, "0001"),
    },
}


def test_every_sec_code_has_its_entry_here() -> None:
    assert len(WHOLE) == 23


@pytest.mark.parametrize("sec", WHOLE)
def test_every_column_of_every_entry(sec: str) -> None:
    columns = WHOLE[sec]
    header = "5220ACME".ljust(50) + sec.ljust(44)
    found = read(f"{header}\n{line('627', columns)}\n".encode())
    row = told(found.entries.row(0, named=True))
    assert row.pop("transaction_code") == 27
    assert row == {name: value_of(name, text) for name, (_, _, text) in columns.items()}


@pytest.mark.parametrize("sec", ["PPD", "CTX", "ADV", "IAT"])
def test_every_column_of_an_entry_is_written_back(sec: str) -> None:
    """One of each layout that is written."""
    columns = WHOLE[sec]
    values = {name: value_of(name, text) for name, (_, _, text) in columns.items()}
    values |= {"addenda_indicator": None}
    head, code, rows = batch(sec=sec, odfi=RDFI), 27, [{"entry": 0, "kind": "05", "payment_text": "x"}]
    raw = line("627", columns)
    match sec:
        case "IAT":
            head, rows = iat_batch(odfi=RDFI), iat_parties(at=0)
            raw = raw[:78] + "1" + raw[79:]
        case "ADV":
            code, rows, raw = 82, [], "682" + raw[3:]
        case "CTX":
            raw = raw[:54] + "0001" + raw[58:78] + "1" + raw[79:]
            values["addenda_count"] = None
        case _:
            raw = raw[:78] + "1" + raw[79:]
    data = write(nacha([head], [{"batch": 0, "transaction_code": code, **values}], rows))
    assert raw in data.decode().splitlines()


def test_headers_and_controls_of_international_batches_and_advices() -> None:
    lines = write(nacha([iat_batch()], [iat_entry(1)], iat_parties(at=0))).decode().splitlines()
    assert lines[1] == "5225" + " " * 16 + "FF3" + " " * 15 + "CA1121042882IATTRADE     USDCAD260303   1121042880000001"
    assert lines[10] == "8225" + "000008" + "0023138010" + f"{2500:012d}" + "0" * 12 + "1121042882" + " " * 25 + (
        "121042880000001"
    )
    advice = {
        **{name: value_of(name, text) for name, (_, _, text) in WHOLE["ADV"].items()},
        "transaction_code": 81,
        "batch": 0,
        "amount_cents": LONG,
    }
    lines = write(nacha([batch(sec="ADV", control_company_id="OPERATOR DATA")], [advice])).decode().splitlines()
    assert lines[1][:4] + lines[1][78] == "52800"
    assert lines[3] == "8280" + "000001" + "0023138010" + "0" * 20 + f"{LONG:020d}" + "OPERATOR DATA".ljust(19) + (
        "121042880000001"
    )
    assert lines[4] == "9000001000001000000010023138010" + "0" * 20 + f"{LONG:020d}" + " " * 23


def test_international_header_is_read_into_its_columns() -> None:
    found = read(write(nacha([iat_batch(exchange_reference="REF-1")], [iat_entry(1)], iat_parties(at=0))))
    assert found.batches.select(
        "exchange_indicator", "exchange_reference_indicator", "exchange_reference", "destination_country",
        "originating_currency", "destination_currency", "company_discretionary", "descriptive_date",
    ).rows() == [("FF", "3", "REF-1", "CA", "USD", "CAD", None, None)]  # fmt: skip
    plain = read(write(nacha()))
    assert plain.batches.select(pl.col("^exchange.*|.*currency|.*country$")).row(0) == (None,) * 6


def test_unknown_kinds_of_addenda_are_kept_whole() -> None:
    found = read(("5220ACME".ljust(50) + "PPD".ljust(44) + "\n" + "6".ljust(94) + "\n706" + "X" * 91 + "\n").encode())
    assert found.addenda["raw"].to_list() == ["X" * 91]
