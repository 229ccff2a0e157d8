"""Small files to test with: every figure is plain, every routing number has its right check digit."""

from datetime import date
from typing import Any

import polars as pl

from formats.nacha import ADDENDA, BATCHES, ENTRIES, Nacha, file_frame, shaped

ODFI = "12104288"
RDFI = "23138010"
DAY = date(2026, 3, 3)
LONG = 999_999_999_999  # the largest amount of an advice


def header(**changes: Any) -> pl.DataFrame:
    values: dict[str, Any] = {
        "destination": "231380104",
        "origin": "121042882",
        "creation_date": date(2026, 3, 2),
        "creation_time": "0100",
        "destination_name": "FEDERAL RESERVE BANK",
        "origin_name": "OUR BANK",
    }
    return file_frame(**{**values, **changes})


def batch(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "file": 0,
        "company_name": "ACME BENEFITS",
        "company_id": "1121042882",
        "sec": "PPD",
        "entry_description": "PREMIUM",
        "effective_entry_date": DAY,
        "odfi": ODFI,
    }
    return {**values, **changes}


def entry(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "batch": 0,
        "transaction_code": 27,
        "rdfi": RDFI,
        "account": "744567899",
        "amount_cents": 2500,
        "individual_id": "SUB-1",
        "name": "WADE ARNOLD",
        "trace_number": f"{ODFI}{sequence:07d}",
    }
    return {**values, **changes}


def frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    names = {name for row in rows for name in row}
    columns = {name: [row.get(name) for row in rows] for name in schema if name in names}
    return shaped(pl.DataFrame(columns, schema={name: schema[name] for name in columns}), schema)


def nacha(
    batches: list[dict[str, Any]] | None = None,
    entries: list[dict[str, Any]] | None = None,
    addenda: list[dict[str, Any]] | None = None,
    file: pl.DataFrame | None = None,
) -> Nacha:
    return Nacha(
        header() if file is None else file,
        frame([batch()] if batches is None else batches, BATCHES),
        frame([entry()] if entries is None else entries, ENTRIES),
        frame(addenda or [], ADDENDA),
    )


def iat_batch(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "file": 0,
        "exchange_indicator": "FF",
        "exchange_reference_indicator": "3",
        "destination_country": "CA",
        "company_id": "1121042882",
        "sec": "IAT",
        "entry_description": "TRADE",
        "originating_currency": "USD",
        "destination_currency": "CAD",
        "effective_entry_date": DAY,
        "odfi": ODFI,
    }
    return {**values, **changes}


def iat_entry(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """Give an international entry: it has no name and no identification, its addenda have."""
    plain = {name: value for name, value in entry(sequence).items() if name not in ("individual_id", "name")}
    return {**plain, "gateway_screening": "0", **changes}


def iat_parties(remittances: int = 0, banks: int = 0, at: int | None = None) -> list[dict[str, Any]]:
    """Give the seven addenda of an international entry (of entry `at`), and what may follow them."""
    bank = {"id_qualifier": "01", "country": "US"}
    rows: list[dict[str, Any]] = [
        {"kind": "10", "iat_type": "BUS", "foreign_amount": 2500, "foreign_trace": "FT-1", "name": "BEK ENTERPRISES"},
        {"kind": "11", "name": "BEK SOLUTIONS", "street": "15 WEST PLACE STREET"},
        {"kind": "12", "city_state": "JACOBSTOWN*PA\\", "country_postal": "US*19305\\"},
        {"kind": "13", "name": "WELLS FARGO", "party_id": "121042882", **bank},
        {"kind": "14", "name": "CITADEL BANK", "party_id": "231380104", **bank},
        {"kind": "15", "party_id": "987465493213987", "street": "2121 FRONT STREET"},
        {"kind": "16", "city_state": "LETTERTOWN*AB\\", "country_postal": "CA*80014\\"},
        *({"kind": "17", "payment_text": f"INVOICE {at + 1}"} for at in range(remittances)),
        *({"kind": "18", "name": f"BANK {at + 1}", "party_id": f"99{at}", **bank} for at in range(banks)),
    ]
    return rows if at is None else [{"entry": at, **row} for row in rows]


def answered() -> Nacha:
    """One file with a return, a dishonored and a contested return, a notice and a refused notice."""
    back = {"original_trace": "121042880000007", "original_rdfi": RDFI}
    disputed = {**back, "return_trace": "231380100000009", "return_settlement_day": "061", "return_reason": "01"}
    return nacha(
        [
            batch(),
            batch(),
            batch(sec="CCD"),
            batch(sec="COR"),
            batch(sec="COR"),
        ],
        [
            entry(1, transaction_code=26, batch=0),
            entry(2, transaction_code=26, batch=1),
            entry(3, transaction_code=21, batch=2),
            entry(4, transaction_code=26, batch=3, amount_cents=0),
            entry(5, transaction_code=31, batch=4, amount_cents=0),
        ],
        [
            {"entry": 0, "kind": "99", "return_code": "R15", "date_of_death": date(2026, 2, 1), **back},
            {"entry": 1, "kind": "99D", "return_code": "R69", "addenda_information": "01*03", **disputed},
            {
                "entry": 2,
                "kind": "99C",
                "return_code": "R73",
                **disputed,
                "original_return_date": date(2026, 3, 1),
                "original_settlement_day": "059",
                "dishonored_trace": "121042880000011",
                "dishonored_settlement_day": "063",
                "dishonored_reason": "68",
            },
            {"entry": 3, "kind": "98", "change_code": "C01", "corrected_data": "1918171614", **back},
            {
                "entry": 4,
                "kind": "98R",
                "change_code": "C65",
                "corrected_data": "1918171614",
                "refused_change_code": "C01",
                "refused_sequence": "0000088",
                **back,
            },
        ],
    )
