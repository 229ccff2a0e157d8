"""The step `payments.instruct`: whatever else than an invoice's draft should become an entry is written down, once.

Prenotes that accounts wait for, fees for returned drafts, payouts on a pay day. Reversals, refunds and payouts out of
turn are a person's words; they come in by the functions below the step.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.fees import fees
from assets.payments.instructions import INSTRUCTION, add
from assets.payments.payouts import KINDS, is_pay_day, payouts
from assets.payments.planner import moment, plan
from assets.payments.prenotes import prenotes_due
from assets.steps import quarantine
from resources.bank_terms import BankTerms
from resources.partners import Partner, bank_terms
from resources.record import Tx

_STEP = "payments.instruct"


def instruct(tx: Tx, partners: dict[str, Partner]) -> dict[str, int]:
    """Write down the prenotes, return fees and payouts that are due and not on record yet.

    Returns:
        prenotes, return_fees, return_fee_cents, payouts, payout_cents, quarantined (fees too late, payees without an
        account).

    Raises:
        SettingsError: a company's bank has no profile.
    """
    banks = tx.read("payments/company_terms")
    terms = {code: bank_terms(partners, code) for code in banks["bank"].unique().sort()}
    charged, late = _fees_due(tx, partners)
    paid, missing = _payouts_due(tx, banks, terms)
    rows = add(tx, pl.concat([prenotes_due(tx, partners), charged, paid]))
    money = {row["purpose"]: row for row in _sums(rows).iter_rows(named=True)}
    none = {"len": 0, "cents": 0}
    fee, sums = money.get("return_fee", none), [money.get(kind, none) for kind in KINDS]
    tx.preview = _sums(rows)
    return {
        "prenotes": money.get("prenote", none)["len"],
        "return_fees": fee["len"],
        "return_fee_cents": fee["cents"],
        "payouts": sum(each["len"] for each in sums),
        "payout_cents": sum(each["cents"] for each in sums),
        "quarantined": quarantine(tx, pl.concat([late, missing])),
    }


def _sums(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("purpose").agg(pl.len(), cents=pl.col("amount_cents").sum()).sort("purpose")


def _fees_due(tx: Tx, partners: dict[str, Partner]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fees for what came back through a bank that charges one and whose payers were told."""
    terms = {code: partner.nacha for code, partner in sorted(partners.items()) if partner.nacha is not None}
    rows = [
        (code, each.return_fee_cents, each.return_fee_days, _first_day(tx.business_date, each))
        for code, each in terms.items()
        if each.return_fee_cents and each.return_fee_notice
    ]
    schema = {"bank": pl.String, "fee_cents": pl.Int64, "fee_days": pl.Int64, "earliest": pl.Date}
    charging = pl.DataFrame(rows, schema=schema, orient="row")
    if charging.is_empty():
        return pl.DataFrame(schema=INSTRUCTION), pl.DataFrame(schema=_QUARANTINE)
    items = tx.read("payments/fee_items", banks=charging["bank"].to_list())
    return fees(items, charging, tx.business_date)


def _first_day(day: dt.date, terms: BankTerms) -> dt.date:
    """The first day on which a fee of this night could settle."""
    key = {"wanted_from": day, "sec": "PPD", "direction": "debit", "same_day": False, "over_same_day": False}
    return plan(terms, moment(day, terms), key).effective_date


_QUARANTINE = {"company_id": pl.Int32(), "subject": pl.String(), "rule": pl.String(), "reason": pl.String()}


def _payouts_due(tx: Tx, banks: pl.DataFrame, terms: dict[str, BankTerms]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Payouts of the companies whose bank is paid through today."""
    paying = [code for code, each in terms.items() if is_pay_day(tx.business_date, each.payout_days)]
    companies = banks.filter(pl.col("bank").is_in(paying))["company_id"].to_list()
    if not companies:
        return pl.DataFrame(schema=INSTRUCTION), pl.DataFrame(schema=_QUARANTINE)
    return payouts(open_payables(tx, companies, terms), tx.business_date, _STEP)


def open_payables(
    tx: Tx, companies: list[int], terms: dict[str, BankTerms], kinds: tuple[str, ...] = KINDS
) -> pl.DataFrame:
    """What these companies owe agents and vendors (`payments/payables_open`) with the least that is worth a payment."""
    rows = tx.read("payments/payables_open", of_companies=companies, kinds=list(kinds))
    least = {code: each.payout_minimum_cents for code, each in terms.items()}
    return rows.with_columns(minimum_cents=pl.col("bank").replace_strict(least, return_dtype=pl.Int64))


def pay_now(tx: Tx, partners: dict[str, Partner], kind: str, *, actor: str, reason: str) -> pl.DataFrame:
    """Write down payouts of one kind that a person asks for out of turn; returns the new instructions.

    Raises:
        SettingsError: a company's bank has no profile.
    """
    banks = tx.read("payments/company_terms")
    terms = {code: bank_terms(partners, code) for code in banks["bank"].unique().sort()}
    owed = open_payables(tx, banks["company_id"].to_list(), terms, (kind,))
    due, missing = payouts(owed, tx.business_date, actor, reason)
    quarantine(tx, missing)
    return add(tx, due)
