"""Text to values: worked tables of what a field may hold."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from assets.intake.fields import typed
from assets.intake.layouts import BY_NAME


def read(file: str, column: str, text: str) -> tuple[object, list[str]]:
    """The value of one field, and the rules it breaks."""
    layout = BY_NAME[file]
    row = dict.fromkeys(layout.header, "") | {column: text}
    rows, found = typed(layout, pl.DataFrame([row]).with_columns(at=pl.lit(2, pl.Int64)))
    return rows.item(0, column), found.filter(pl.col("column") == column)["rule"].to_list()


@pytest.mark.parametrize(
    ("file", "column", "text", "value"),
    [
        ("prices.csv", "amount", "372.40", 37240),
        ("prices.csv", "amount", "0.1", 10),
        ("prices.csv", "amount", " 12 ", 1200),
        ("prices.csv", "amount", "0", 0),
        ("prices.csv", "vendor_share", "", 0),
        ("prices.csv", "step_from", "", 1),
        ("prices.csv", "tier", "", ""),
        ("prices.csv", "valid_from", "2028-02-29", dt.date(2028, 2, 29)),
        ("prices.csv", "valid_to", "", None),
        ("companies.csv", "tax_id", "01-0554321", "010554321"),
        ("companies.csv", "zip", "04101-1234", "041011234"),
        ("companies.csv", "bill_lead_days", "60", 60),
        ("splits.csv", "percent", "62.5", Decimal("62.5000")),
        ("splits.csv", "percent", "100", Decimal("100.0000")),
        ("people.csv", "ssn", "412-55-0197", "412550197"),
        ("people.csv", "ssn", "", None),
        ("people.csv", "gender", "", "U"),
        ("people.csv", "address", "12 Mill Lane\r\nApt 4", "12 Mill Lane Apt 4"),
        ("bank_accounts.csv", "account_number", "00 123-4", "00123-4"),
        ("subscriptions.csv", "bill_day", "31", 31),
        ("prices.csv", "amount", "", None),
        ("prices.csv", "age_to", "", 150),
        ("products.csv", "billed", "no", False),
        ("products.csv", "billed", "", True),
        ("products.csv", "retro_add_days", "", None),
        ("dunning_steps.csv", "valid_from", "", dt.date(1900, 1, 1)),
        ("companies.csv", "memo_limit", "", 10_000),
    ],
)
def test_good_values(file: str, column: str, text: str, value: object) -> None:
    assert read(file, column, text) == (value, [])


@pytest.mark.parametrize(
    ("file", "column", "text", "rule"),
    [
        ("prices.csv", "amount", "-1.00", "intake.negative"),
        ("prices.csv", "amount", "12.345", "intake.money"),
        ("prices.csv", "amount", "1,200.00", "intake.money"),
        ("prices.csv", "amount", "$12", "intake.money"),
        ("prices.csv", "amount", "1e3", "intake.money"),
        ("prices.csv", "valid_from", "", "intake.required"),
        ("prices.csv", "age_from", "151", "intake.number"),
        ("fees.csv", "recurrence", "daily", "intake.choice"),
        ("products.csv", "billed", "true", "intake.choice"),
        ("products.csv", "bill_ahead_days", "91", "intake.number"),
        ("dunning_steps.csv", "valid_from", "soon", "intake.date"),
        ("companies.csv", "memo_limit", "-1", "intake.negative"),
        ("sub_groups.csv", "pays_per_year", "13", "intake.choice"),
        ("prices.csv", "step_from", "0", "intake.number"),
        ("prices.csv", "tier", "emp", "intake.choice"),
        ("prices.csv", "valid_from", "2027-02-29", "intake.date"),
        ("prices.csv", "valid_from", "02/03/2027", "intake.date"),
        ("prices.csv", "valid_from", "2027-2-3", "intake.date"),
        ("prices.csv", "valid_from", "1026-01-01", "intake.date"),
        ("prices.csv", "product_code", "two words", "intake.shape"),
        ("prices.csv", "product_code", "", "intake.required"),
        ("companies.csv", "tax_id", "12345678", "intake.shape"),
        ("companies.csv", "state", "Maine", "intake.shape"),
        ("companies.csv", "ach_company_name", "SEVENTEEN LETTERS", "intake.length"),
        ("companies.csv", "bill_lead_days", "61", "intake.number"),
        ("books.csv", "book_code", "North", "intake.shape"),
        ("splits.csv", "percent", "100.0001", "intake.percent"),
        ("splits.csv", "percent", "12.34567", "intake.percent"),
        ("people.csv", "ssn", "41255019", "intake.shape"),
        ("people.csv", "relationship", "cousin", "intake.choice"),
        ("bank_accounts.csv", "routing", "01100001", "intake.shape"),
        ("bank_accounts.csv", "account_number", "123456789012345678", "intake.shape"),
        ("subscriptions.csv", "bill_day", "0", "intake.number"),
        ("subscriptions.csv", "bill_day", "32", "intake.number"),
        ("subscriptions.csv", "bill_day", "1.0", "intake.number"),
    ],
)
def test_bad_values_are_null_and_named(file: str, column: str, text: str, rule: str) -> None:
    value, rules = read(file, column, text)
    assert rules == [rule]
    assert value in {None, BY_NAME[file].columns[BY_NAME[file].header.index(column)].default} or rule == "intake.length"


def test_no_reason_quotes_a_value() -> None:
    layout = BY_NAME["people.csv"]
    row = dict.fromkeys(
        layout.header, "Canary-Value-77-which-is-far-too-long-for-any-column-whatever-its-kind-may-be-80"
    )
    _, found = typed(layout, pl.DataFrame([row]).with_columns(at=pl.lit(2, pl.Int64)))
    assert found.height >= 10
    assert not found["reason"].str.contains("(?i)canary").any()
