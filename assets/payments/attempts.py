"""What each payer owes now and how it is asked for: credits first, then first drafts, retries and new series. Pure.

Source: billing reference sections 6 (account credit) and 8 (re-billing); design, the row "payments" of the one idea.
Money has not moved here: nothing of this is journalled.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from assets.payments import again
from assets.payments.credits import credit_uses
from assets.payments.splits import split

Schema = dict[str, type[pl.DataType]]

_INVOICE = ["company_id", "invoice_id"]

# Invoices never attempted that are not paid by credit; payer 0 is the company itself.
OPEN: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "kind": pl.String,
    "due_date": pl.Date,
    "open_cents": pl.Int64,
}
# The subscriptions on open invoices of individuals.
PAYS_FOR: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "code": pl.String,
    "account_code": pl.String,
}
ATTEMPT = [
    *(*_INVOICE, "payer_part", "series", "attempt_no", "account_code", "amount_cents", "sec", "wanted_date"),
    *("cures", "same_day"),
]
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
    methods: pl.DataFrame,
    book: pl.DataFrame,
) -> Plan:
    """Everything to append on a business date.

    Args:
        day: the business date.
        opened: `OPEN`.
        returned: `again.RETURNED`.
        credit: `credits.CREDITS`.
        pays_for: `PAYS_FOR`, of the invoices of `opened` and of `returned`.
        methods: `splits.METHODS`.
        book: every account version with its state (`accounts.STATE`).
    """
    came_back = again.judged(returned, book, _present(returned, pays_for, methods, book), day)
    owing = pl.concat([opened.select(*_INVOICE, "payer", "open_cents"), again.owed(came_back)])
    uses = credit_uses(owing.filter(pl.col("open_cents") > 0), credit)
    used = uses.group_by("company_id", invoice_id="to_invoice").agg(used=pl.col("amount_cents").sum())
    due = (
        opened.join(used, on=_INVOICE, how="left", maintain_order="left")
        .with_columns(amount_cents=pl.col("open_cents") - pl.col("used").fill_null(0))
        .filter(pl.col("amount_cents") > 0)
    )
    first, missing = _first(due, pays_for, methods, book, day)
    cured = again.new_series(came_back, used, day).with_columns(sec=_sec())
    parts = [rows.with_columns(same_day=pl.lit(value=False)).select(ATTEMPT) for rows in (
        first, again.retries(came_back, day), cured)]  # fmt: skip
    attempts = pl.concat(parts, how="vertical_relaxed").sort(*_INVOICE, "payer_part", "series", "attempt_no")
    return Plan(uses, attempts, pl.concat([missing, _quarantined(_stuck(came_back, day))]))


def _sec() -> pl.Expr:
    """The SEC code by how the payer authorised his account; a company's own account is drafted as CCD."""
    by_consent = pl.col("authorised").replace_strict({"web": "WEB", "phone": "TEL"}, default="PPD")
    return pl.when(pl.col("kind") == "list_bill").then(pl.lit("CCD")).otherwise(by_consent)


def _accounts_of(due: pl.DataFrame, pays_for: pl.DataFrame, methods: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Whom each invoice is drafted from today, part by part: `due` with payer_part, account_code, its amount_cents.

    The parts the payer divides by; else the account of the lowest subscription code that names one; the company's own.
    """
    named = (
        pays_for.filter(pl.col("account_code") != "")
        .sort("company_id", "invoice_id", "code")
        .unique(_INVOICE, keep="first", maintain_order=True)
    )
    own = book.filter("newest", owner="payer").filter(pl.col("person_id").is_null())
    own = own.sort("company_id", "account_code").unique("company_id", keep="first", maintain_order=True)
    divided = split(due, methods)
    whole = (
        due.join(divided, on=_INVOICE, how="anti", maintain_order="left")
        .join(named.select(*_INVOICE, "account_code"), on=_INVOICE, how="left", maintain_order="left")
        .join(own.select("company_id", own_code="account_code"), on="company_id", how="left", maintain_order="left")
        .select(
            *due.columns,
            payer_part=pl.lit(1, pl.Int16),
            account_code=pl.when(pl.col("kind") == "list_bill").then("own_code").otherwise("account_code"),
        )
    )
    return pl.concat([whole, divided]).sort(*_INVOICE, "payer_part")


def _present(returned: pl.DataFrame, pays_for: pl.DataFrame, methods: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """The account each part that came back would be drafted from today; a part that is no more has none."""
    invoices = returned.select(*_INVOICE, "payer", "kind").unique(maintain_order=True)
    asked = invoices.with_columns(amount_cents=pl.lit(1_000_000_000, pl.Int64))  # enough that every part pays some
    found = _accounts_of(asked, pays_for, methods, book)
    return found.select(*_INVOICE, "payer_part", present="account_code")


def _first(
    due: pl.DataFrame, pays_for: pl.DataFrame, methods: pl.DataFrame, book: pl.DataFrame, day: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """First drafts of all parts of an invoice, or of none: what one can't pay must not be lost behind the others."""
    newest = book.filter("newest").select("company_id", "account_code", "account_id", "authorised", "state", "owner")
    known = _accounts_of(due, pays_for, methods, book).join(
        newest, on=["company_id", "account_code"], how="left", maintain_order="left"
    )
    fault = (
        pl.when(pl.col("account_id").is_null() | (pl.col("owner") != "payer"))
        .then(pl.lit("no_account"))
        .when(pl.col("state").is_in(["blocked", "closed"]))
        .then(pl.lit("account_stopped"))
        .otherwise(pl.lit(""))
    )
    known = known.with_columns(
        fault=fault,
        series=pl.lit(1, pl.Int16),
        attempt_no=pl.lit(1, pl.Int16),
        sec=_sec(),
        wanted_date=pl.max_horizontal("due_date", pl.lit(day)),
        cures=pl.lit(None, pl.Int64),
    )
    bad = known.filter(pl.col("fault") != "")
    return known.join(bad, on=_INVOICE, how="anti", maintain_order="left"), _quarantined(bad)


def _stuck(came_back: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """What should be drafted again today and can't be. That the rules allow no retry is the return's own story."""
    due = (pl.col("way") == "series") | (pl.col("retry_on") <= day)
    return came_back.filter((pl.col("fault") != "") & due)


_REASONS = {
    "no_account": "no bank account is on record to draft it from",
    "account_stopped": "the account it would be drafted from is closed, or stopped by the bank's answer",
    "account_changed": "the account changed since the return: that needs a new authorisation, not a retry",
    "name_changed": "the company's name or id changed since the return: a retry must keep them",
    "amount_changed": "what is open changed since the return: a retry must keep its amount",
    "retry_too_late": "more than 180 days have passed since the first draft settled",
    "correction_too_late": "more than 60 days have passed since the return settled",
    "series_spent": "it was drafted anew eight times already",
}


def _quarantined(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(_INVOICE).select(
        "company_id",
        subject=pl.format("invoice {}", "invoice_id"),
        rule="fault",
        reason=pl.col("fault").replace_strict(_REASONS, default="it can't be drafted"),
    ).unique(["company_id", "subject", "rule"], keep="first", maintain_order=True).select(_NAMED)  # fmt: skip
