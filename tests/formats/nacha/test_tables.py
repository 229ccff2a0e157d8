"""Codes, holidays and corrected data: the tables against the rules and figures they stand for."""

from datetime import date, timedelta

import polars as pl
import pytest

from formats.errors import FormatError
from formats.nacha import CHANGE_CODES, RETURN_CODES, SEC_CODES, TRANSACTION_CODES, parse_corrected_data
from formats.nacha.calendar import (
    END,
    FIRST,
    HOLIDAYS,
    add_banking_days,
    are_banking_days,
    is_banking_day,
    plus_banking_days,
)

MONDAY, THURSDAY = 0, 3


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    end = date(year, 5, 31)
    return end - timedelta(days=end.weekday())


def _holidays(year: int) -> set[date]:
    fixed = [date(year, 1, 1), date(year, 6, 19), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25)]
    moved = {
        _nth(year, 1, MONDAY, 3),
        _nth(year, 2, MONDAY, 3),
        _last_monday_of_may(year),
        _nth(year, 9, MONDAY, 1),
        _nth(year, 10, MONDAY, 2),
        _nth(year, 11, THURSDAY, 4),
    }
    # A Sunday holiday closes Monday; a Saturday holiday closes no other day.
    observed = {day + timedelta(days=1) if day.weekday() == 6 else day for day in fixed}
    return moved | {day for day in observed if day.weekday() < 5}


def test_holidays_are_those_the_rules_give() -> None:
    for year in range(2024, 2031):
        listed = set(HOLIDAYS.filter(pl.col("date").dt.year() == year)["date"])
        assert listed == _holidays(year), year
    assert (date(2024, 1, 1), date(2031, 1, 1)) == (FIRST, END)


def test_known_days() -> None:
    assert is_banking_day(date(2026, 7, 3))  # July 4 is a Saturday: Friday stays open
    assert not is_banking_day(date(2027, 7, 5))  # July 4 is a Sunday: Monday is closed
    assert not is_banking_day(date(2026, 11, 26))
    assert not is_banking_day(date(2026, 3, 7))
    assert add_banking_days(date(2026, 7, 2), 2) == date(2026, 7, 6)
    assert add_banking_days(date(2026, 11, 25), 1) == date(2026, 11, 27)
    assert add_banking_days(date(2026, 3, 7), 0) == date(2026, 3, 9)
    assert add_banking_days(date(2026, 3, 7), 1) == date(2026, 3, 10)
    assert add_banking_days(date(2026, 3, 9), -1) == date(2026, 3, 6)
    assert add_banking_days(date(2026, 3, 7), -1) == date(2026, 3, 6)


def test_columns_agree_with_single_days() -> None:
    days = pl.date_range(date(2026, 1, 1), date(2027, 6, 30), eager=True)
    assert are_banking_days(days).to_list() == [is_banking_day(day) for day in days]
    for n in (-3, 0, 1, 5):
        assert plus_banking_days(days, n).to_list() == [_step(day, n) for day in days]
    with_null = pl.Series([date(2026, 3, 6), None])
    assert plus_banking_days(with_null, pl.Series([1, 2])).to_list() == [date(2026, 3, 9), None]
    assert are_banking_days(with_null).to_list() == [True, None]


def _step(day: date, n: int) -> date:
    """Walk day by day: roll forward to an open day, then count."""
    while not is_banking_day(day):
        day += timedelta(days=1)
    while n:
        day += timedelta(days=1 if n > 0 else -1)
        if is_banking_day(day):
            n -= 1 if n > 0 else -1
    return day


def test_nothing_is_planned_past_the_end() -> None:
    for wrong in (date(2023, 12, 29), date(2031, 1, 2)):
        with pytest.raises(FormatError, match="outside the banking calendar"):
            is_banking_day(wrong)
    with pytest.raises(FormatError, match="outside the banking calendar"):
        add_banking_days(date(2030, 12, 30), 2)
    with pytest.raises(FormatError, match="outside the banking calendar"):
        add_banking_days(date(2024, 1, 2), -1)
    with pytest.raises(FormatError, match="outside the banking calendar"):
        are_banking_days(pl.Series([date(2031, 1, 1)]))


def test_return_codes() -> None:
    codes = RETURN_CODES
    assert codes["return_code"].is_unique().all()
    assert codes.filter(pl.col("class") == "unauthorized")["return_code"].to_list() == [
        "R05", "R07", "R10", "R11", "R29", "R51",
    ]  # fmt: skip
    assert codes.filter(pl.col("class") == "administrative")["return_code"].to_list() == ["R02", "R03", "R04"]
    assert codes.filter(pl.col("retry_allowed"))["return_code"].to_list() == ["R01", "R09"]
    assert codes.filter(kind="dishonored")["return_code"].to_list() == ["R61", "R62", "R67", "R68", "R69", "R70"]
    assert codes.filter(kind="contested").height == 7
    assert codes.filter(return_code="R90")["effective_from"].to_list() == [date(2028, 3, 17)]
    r10 = codes.row(by_predicate=pl.col("return_code") == "R10", named=True)
    assert (r10["window_days"], r10["window_unit"], r10["statement_required"], r10["stop_plan"]) == (
        60, "calendar", True, "yes",
    )  # fmt: skip
    unassigned = {"R48", "R49", "R63", "R66", "R78", "R79", "R86"}
    assert unassigned.isdisjoint(codes["return_code"])


def test_transaction_and_sec_codes() -> None:
    by_code = {row[0]: row[1:] for row in TRANSACTION_CODES.rows()}
    assert by_code[55] == ("loan", "debit", "live")  # some published lists call it a return
    assert by_code[26] == ("checking", "debit", "return")
    assert {20, 25, 30, 35}.isdisjoint(by_code)
    assert SEC_CODES.height == 23
    assert SEC_CODES.filter("written")["sec"].to_list() == [
        "ADV", "CCD", "COR", "CTX", "ENR", "IAT", "PPD", "TEL", "WEB",
    ]  # fmt: skip
    assert CHANGE_CODES.filter(kind="refused").height == 9


CORRECTED = [
    ("C01", "1918171614", {"new_account": "1918171614"}),
    ("C02", "231380104", {"new_routing": "231380104"}),
    ("C03", "231380104   1918171614", {"new_routing": "231380104", "new_account": "1918171614"}),
    ("C04", "WADE ARNOLD", {"new_name": "WADE ARNOLD"}),
    ("C05", "37", {"new_transaction_code": 37}),
    ("C06", "1918171614          37", {"new_account": "1918171614", "new_transaction_code": 37}),
    (
        "C07",
        "2313801041918171614       37",
        {"new_routing": "231380104", "new_account": "1918171614", "new_transaction_code": 37},
    ),
    ("C09", "SUB-2", {"new_individual_id": "SUB-2"}),
    ("C13", "", {}),
    ("C14", "IAT", {"new_sec": "IAT"}),
]


def test_corrected_data_by_code() -> None:
    notices = pl.DataFrame(
        {"change_code": [code for code, *_ in CORRECTED], "corrected_data": [data for _, data, _ in CORRECTED]}
    )
    parsed = parse_corrected_data(notices)
    for row, (code, _, expected) in zip(parsed.rows(named=True), CORRECTED, strict=True):
        told = {name: value for name, value in row.items() if name.startswith("new_") and value is not None}
        assert told == expected, code
        assert row["usable"], code


@pytest.mark.parametrize(
    ("code", "data", "reason"),
    [
        ("C01", "", "lack"),
        ("C06", "1918171614", "lack"),
        ("C02", "231380105", "routing"),
        ("C02", "23138010", "routing"),
        ("C05", "20", "transaction code"),
        ("C05", "AB", "lack"),
        ("C92", "x", "not known"),
        ("C65", "x", "refusal"),
    ],
)
def test_unusable_notices_say_why(code: str, data: str, reason: str) -> None:
    parsed = parse_corrected_data(pl.DataFrame({"change_code": [code], "corrected_data": [data]}))
    assert parsed["usable"].to_list() == [False]
    assert reason in parsed["reason"][0]


def test_international_notices_are_wider() -> None:
    wide = "X" * 35
    notices = pl.DataFrame({"change_code": ["C01", "C01"], "corrected_data": [wide, wide], "iat": [True, False]})
    assert parse_corrected_data(notices)["new_account"].to_list() == [wide, wide[:17]]
