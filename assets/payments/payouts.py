"""Payouts: what agents and vendors are owed above a minimum becomes one payment per payee and pay day. Pure.

Source: design, the row "ACH origination" of the one idea; NACHA reference section 3 (companies are paid by CCD).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence

import polars as pl

from assets.payments.instructions import id_of, instructions

COMMISSION, REMITTANCE = "commission", "remittance"
KINDS = (COMMISSION, REMITTANCE)
_DESCRIPTION = {COMMISSION: "COMMISSION", REMITTANCE: "REMITTANCE"}
_SEC = {COMMISSION: "PPD", REMITTANCE: "CCD"}
_NAMED = ["company_id", "subject", "rule", "reason"]


def is_pay_day(day: dt.date, payout_days: Sequence[int]) -> bool:
    """Whether a date is one of these days of the month; those past its end mean its last day."""
    last = calendar.monthrange(day.year, day.month)[1]
    return day.day in {min(each, last) for each in payout_days}


def payouts(owed: pl.DataFrame, day: dt.date, requested_by: str, reason: str = "") -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tell the payments of a pay day. What is below the minimum, or below zero, waits for the next.

    Args:
        owed: `payments/payables_open` with minimum_cents.
        day: the business date.
        requested_by: a person, or the step.
        reason: why, when a person asked.

    Returns:
        Instructions (`INSTRUCTION`), and payees that have no account: company_id, subject, rule, reason.
    """
    paid = owed.filter(pl.col("owed_cents") >= pl.col("minimum_cents")).sort("company_id", "purpose", "payee")
    missing = paid.filter(pl.col("account_code").is_null()).select(
        "company_id",
        subject=pl.format("{} of {}", "purpose", "payee"),
        rule=pl.lit("payee_account_missing"),
        reason=pl.format("{} cents are owed and there is no bank account to pay them to", "owed_cents"),
    )
    due = paid.filter(pl.col("account_code").is_not_null()).with_columns(
        subject=pl.format("{}/{}", "payee", pl.lit(day)),
        direction=pl.lit("credit"),
        amount_cents="owed_cents",
        sec=pl.col("purpose").replace_strict(_SEC, return_dtype=pl.String),
        description=pl.col("purpose").replace_strict(_DESCRIPTION, return_dtype=pl.String),
        individual_id=pl.Series([id_of(payee, day) for payee in paid.filter(_HAS)["payee"]], dtype=pl.String),
        wanted_date=pl.lit(day),
        addenda=pl.when(pl.col("purpose") == REMITTANCE).then(_remittance_text(day)).otherwise(pl.lit("")),
        requested_by=pl.lit(requested_by),
        reason=pl.lit(reason),
    )
    return instructions(due), missing.select(_NAMED)


_HAS = pl.col("account_code").is_not_null()


def _remittance_text(day: dt.date) -> pl.Expr:
    """One X12 segment RMR: company and statement period as the reference, and the dollars paid."""
    company = pl.col("company_code").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "-").str.head(20)
    since = pl.col("paid_to").dt.offset_by("1d").dt.strftime("%Y%m%d")
    until = pl.lit(f"{day:%Y%m%d}")
    period = pl.when(pl.col("paid_to").is_null()).then(until).otherwise(pl.concat_str(since, pl.lit("-"), until))
    cents = pl.col("owed_cents")
    dollars = pl.format("{}.{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2))
    return pl.format("RMR*IV*{} {}**{}\\", company, period, dollars)
