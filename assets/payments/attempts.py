"""What each payer owes now and how it is asked for: credits first, then a first draft, or a retry. Pure.

Source: billing reference sections 6 (account credit) and 8 (re-billing); design, the row "payments" of the one idea.
Money has not moved here: nothing of this is journalled.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

Schema = dict[str, type[pl.DataType]]

MOST_ATTEMPTS = 3  # the original entry and two reinitiations
_INVOICE = ["company_id", "invoice_id"]
_PAYER = ["company_id", "payer"]

# Invoices never attempted that are not paid by credit; payer 0 is the company itself.
OPEN: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "kind": pl.String,
    "due_date": pl.Date,
    "open_cents": pl.Int64,
}
# Invoices whose last attempt came back: that attempt, its entry's account version, and what is open now.
RETURNED: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "payer_part": pl.Int16,
    "attempt_no": pl.Int16,
    "account_code": pl.String,
    "account_id": pl.Int32,
    "sec": pl.String,
    "amount_cents": pl.Int64,
    "open_cents": pl.Int64,
    "retry_on": pl.Date,
}
# Credit invoices with what is left of them, in cents above zero.
CREDITS: Schema = {"company_id": pl.Int32, "invoice_id": pl.Int64, "payer": pl.Int32, "left_cents": pl.Int64}
# Every account version; own: the company's; stopped: may not be drafted from.
ACCOUNTS: Schema = {
    "company_id": pl.Int32,
    "account_code": pl.String,
    "version": pl.Int32,
    "account_id": pl.Int32,
    "own": pl.Boolean,
    "stopped": pl.Boolean,
}
# The subscriptions on open invoices of individuals.
PAYS_FOR: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "code": pl.String,
    "account_code": pl.String,
}
ATTEMPT = [*_INVOICE, "payer_part", "attempt_no", "account_code", "amount_cents", "sec", "wanted_date"]
_NAMED = ["company_id", "subject", "rule", "reason"]


@dataclass(frozen=True)
class Plan:
    """What a night asks for.

    uses: company_id, from_invoice, to_invoice, amount_cents; attempts: `ATTEMPT`; both in their natural order.
    quarantined: company_id, subject, rule, reason.
    """

    uses: pl.DataFrame
    attempts: pl.DataFrame
    quarantined: pl.DataFrame


def plan(
    day: dt.date,
    *,
    opened: pl.DataFrame,
    returned: pl.DataFrame,
    credit: pl.DataFrame,
    pays_for: pl.DataFrame,
    accounts: pl.DataFrame,
) -> Plan:
    """Everything to append on a business date (frames: `OPEN`, `RETURNED`, `CREDITS`, `PAYS_FOR`, `ACCOUNTS`)."""
    newest = accounts.sort("version").unique(["company_id", "account_code"], keep="last", maintain_order=True)
    judged = _judged(returned, newest)
    # Credit on an invoice that will be drafted again would change the amount, which a reinitiation must keep.
    waiting = judged.filter(pl.col("fault") != "").select(*_INVOICE, "payer", "open_cents")
    owing = pl.concat([opened.select(waiting.columns), waiting]).filter(pl.col("open_cents") > 0)
    uses = credit_uses(owing, credit)
    paid = uses.group_by("company_id", invoice_id="to_invoice").agg(used=pl.col("amount_cents").sum())
    due = (
        opened.join(paid, on=_INVOICE, how="left", maintain_order="left")
        .with_columns(amount_cents=pl.col("open_cents") - pl.col("used").fill_null(0))
        .filter(pl.col("amount_cents") > 0)
    )
    first, missing = _first(due, pays_for, newest, day)
    again, stuck = _again(judged, day)
    return Plan(
        uses, pl.concat([first, again]).sort(*_INVOICE, "payer_part", "attempt_no"), pl.concat([missing, stuck])
    )


def credit_uses(owing: pl.DataFrame, credit: pl.DataFrame) -> pl.DataFrame:
    """Use each payer's credits on what he owes, oldest first on both sides.

    Laid end to end, credits and debts of a payer are two scales of cents; where a credit and a debt overlap, that much
    of the one pays the other. No loop, and the cents add up by construction.

    Args:
        owing: company_id, invoice_id, payer, open_cents.
        credit: `CREDITS`.

    Returns:
        company_id, from_invoice, to_invoice, amount_cents (above zero), sorted.
    """

    def scale(rows: pl.DataFrame, amount: str, name: str) -> pl.DataFrame:
        upto = pl.col(amount).cum_sum().over(_PAYER)
        return rows.sort(*_PAYER, "invoice_id").select(
            *_PAYER,
            pl.col("invoice_id").alias(name),
            (upto - pl.col(amount)).alias(f"{name}_from"),
            upto.alias(f"{name}_to"),
        )

    debts = scale(owing.join(credit, on=_PAYER, how="semi"), "open_cents", "to_invoice")
    means = scale(credit, "left_cents", "from_invoice")
    overlap = pl.min_horizontal("to_invoice_to", "from_invoice_to") - pl.max_horizontal(
        "to_invoice_from", "from_invoice_from"
    )
    return (
        means.join(debts, on=_PAYER, how="inner")
        .with_columns(amount_cents=overlap)
        .filter(pl.col("amount_cents") > 0)
        .select("company_id", "from_invoice", "to_invoice", "amount_cents")
        .sort("company_id", "from_invoice", "to_invoice")
    )


def _first(
    due: pl.DataFrame, pays_for: pl.DataFrame, newest: pl.DataFrame, day: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """First drafts: from the account of the lowest subscription code that names one, or the company's own."""
    named = (
        pays_for.filter(pl.col("account_code") != "")
        .sort("company_id", "invoice_id", "code")
        .unique(_INVOICE, keep="first")
    )
    own = newest.filter("own").sort("company_id", "account_code").unique("company_id", keep="first")
    listed = pl.col("kind") == "list_bill"
    known = (
        due.join(named.select(*_INVOICE, "account_code"), on=_INVOICE, how="left", maintain_order="left")
        .join(own.select("company_id", own_code="account_code"), on="company_id", how="left", maintain_order="left")
        .with_columns(account_code=pl.when(listed).then("own_code").otherwise("account_code"))
        .join(newest, on=["company_id", "account_code"], how="left", maintain_order="left")
    )
    fault = (
        pl.when(pl.col("account_id").is_null())
        .then(pl.lit("no_account"))
        .when("stopped")
        .then(pl.lit("account_stopped"))
        .otherwise(pl.lit(""))
    )
    known = known.with_columns(
        fault=fault,
        payer_part=pl.lit(1, pl.Int16),
        attempt_no=pl.lit(1, pl.Int16),
        sec=pl.when(listed).then(pl.lit("CCD")).otherwise(pl.lit("PPD")),
        wanted_date=pl.max_horizontal("due_date", pl.lit(day)),
    )
    return known.filter(pl.col("fault") == "").select(ATTEMPT), _quarantined(known)


def _judged(returned: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Returned attempts with why they can't be drafted again (fault, '' when they can)."""
    now = newest.select("company_id", "account_code", "stopped", newest_id="account_id")
    fault = (
        pl.when(pl.col("retry_on").is_null() | (pl.col("attempt_no") >= MOST_ATTEMPTS))
        .then(pl.lit("no_retry"))
        .when(pl.col("newest_id").is_null())
        .then(pl.lit("no_account"))
        .when(pl.col("newest_id") != pl.col("account_id"))
        .then(pl.lit("account_changed"))
        .when("stopped")
        .then(pl.lit("account_stopped"))
        .when(pl.col("open_cents") != pl.col("amount_cents"))
        .then(pl.lit("amount_changed"))
        .otherwise(pl.lit(""))
    )
    return returned.join(now, on=["company_id", "account_code"], how="left", maintain_order="left").with_columns(
        fault=fault
    )


def _again(judged: pl.DataFrame, day: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Retries whose day has come: the next attempt number, the same amount, the same account."""
    ready = judged.filter(pl.col("retry_on") <= day)
    again = ready.filter(pl.col("fault") == "").with_columns(
        attempt_no=pl.col("attempt_no") + pl.lit(1, pl.Int16), wanted_date=pl.lit(day)
    )
    # That the rules allow no retry is the return's own story, told by the returns room.
    return again.select(ATTEMPT), _quarantined(ready.filter(pl.col("fault") != "no_retry"))


_REASONS = {
    "no_account": "no bank account is on record to draft it from",
    "account_stopped": "the bank's answer stopped the account it would be drafted from",
    "account_changed": "the account changed since the return: that needs a new authorisation, not a retry",
    "amount_changed": "what is open changed since the return: a retry must keep its amount",
}


def _quarantined(rows: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.filter(pl.col("fault") != "")
        .sort(_INVOICE)
        .select(
            "company_id",
            subject=pl.format("invoice {}", "invoice_id"),
            rule="fault",
            reason=pl.col("fault").replace_strict(_REASONS, default="it can't be drafted"),
        )
        .select(_NAMED)
    )
