"""How payers divide what they owe over their accounts, and companies their drafts over banks. Lists, loaded whole."""

from __future__ import annotations

import polars as pl

from assets.intake.context import Load
from assets.intake.lists import whole_or_none, write_lists
from assets.intake.references import refer
from assets.intake.sheet import Sheet

_COMPANY = {"company_id": "company_id"}


def pay_methods(load: Load, sheet: Sheet) -> None:
    """pay_methods.csv: fixed amounts come first, percents share the rest; a payer's parts load all or none."""
    percent, amount = pl.col("percent"), pl.col("amount")
    sheet.blame(percent <= 0, "percent", "intake.percent", "percent is not above 0")
    sheet.blame(amount <= 0, "amount", "intake.money", "amount is not above 0")
    either = percent.is_null() == amount.is_null()
    sheet.blame(either, "percent", "intake.part", "a part is either a percent or an amount, and not both")
    refer(sheet, load.known("company"), {"company_code": "code"}, _COMPANY)
    on = {**_COMPANY, "member_code": "code"}
    refer(sheet, load.known("person"), on, {"person_id": "person_id", "subscriber_id": "subscriber_id"}, shown=False)
    dependent = pl.col("subscriber_id").is_not_null()
    sheet.blame(dependent, "member_code", "intake.family", "the member it names is a dependent")
    take = {"holder": "person_id", "owner": "owner"}
    refer(sheet, load.known("bank_account"), {**_COMPANY, "account_code": "code"}, take, shown=False)
    foreign = (pl.col("owner") != "payer") | pl.col("holder").ne_missing(pl.col("person_id"))
    named = pl.col("owner").is_not_null() & pl.col("person_id").is_not_null()
    sheet.blame(named & foreign, "account_code", "intake.owner", "the account is not this member's")
    whole_or_none(sheet, ["company_code", "member_code"], "part of this payer", "pay_methods.csv")
    shares = percent.sum().over("company_code", "member_code")
    clean = pl.col("cause").is_null()
    without = percent.count().over("company_code", "member_code") == 0
    sheet.blame(clean & without, "percent", "intake.split", "fixed amounts leave a rest: some part must take a percent")
    sheet.blame(clean & ~without & (shares != 100), "percent", "intake.split", "the percents do not sum to 100")
    sheet.rows = sheet.rows.with_columns(amount_cents="amount")
    owner = ["company_id", "person_id"]
    values = ["account_code", "percent", "amount_cents"]
    write_lists(load, sheet, "pay_method", owner=owner, code="member_code", key=["part"], values=values)


def company_banks(load: Load, sheet: Sheet) -> None:
    """company_banks.csv: the banks a company's drafts are spread over, by weight; without a row all go by its own."""
    sheet.blame(pl.col("monthly_cap") <= 0, "monthly_cap", "intake.money", "monthly_cap is not above 0")
    refer(sheet, load.known("company"), {"company_code": "code"}, _COMPANY)
    whole_or_none(sheet, ["company_code"], "bank of this company", "company_banks.csv")
    weights = pl.col("weight").sum().over("company_code")
    idle = pl.col("cause").is_null() & (weights == 0)
    sheet.blame(idle, "weight", "intake.split", "no bank of this company has a weight above 0")
    sheet.rows = sheet.rows.with_columns(monthly_cap_cents="monthly_cap")
    values = ["weight", "monthly_cap_cents"]
    write_lists(load, sheet, "company_bank", owner=["company_id"], code="company_code", key=["bank"], values=values)
