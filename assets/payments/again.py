"""What follows from a draft that came back: a reinitiation, a new series, or nothing. Pure.

Source: NACHA reference section 9. A reinitiation (R01, R09) is the same draft once more, at most twice, within 180
days: same name, id, amount and account. A draft under corrected data or a new approval is a new entry: a new series.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.accounts import ABOUT_THE_ACCOUNT
from assets.returns.rules import LAST_ATTEMPT, REINITIATION_DAYS
from formats.nacha import RETURN_CODES

CORRECTED_DAYS = 60  # R11: the corrected entry, from the return's settlement
LAST_SERIES = 9
REVERSED = "REVERSED"  # the code of a draft that did not come back but was reversed by us
_INVOICE = ["company_id", "invoice_id"]

# Invoice parts whose last attempt came back (sql/payments/attempt_returned.sql).
RETURNED: dict[str, type[pl.DataType]] = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "group_code": pl.String,
    "kind": pl.String,
    "payer_part": pl.Int16,
    "series": pl.Int16,
    "attempt_no": pl.Int16,
    "account_code": pl.String,
    "account_id": pl.Int32,
    "sec": pl.String,
    "amount_cents": pl.Int64,
    "open_cents": pl.Int64,
    "entry_id": pl.Int64,
    "code": pl.String,
    "returned_on": pl.Date,
    "retry_on": pl.Date,
    "first_effective": pl.Date,
    "same_name": pl.Boolean,
    "cause": pl.String,
}
_RETURNS = RETURN_CODES.filter(kind="return")
# What a person may call cured, and how. Another account cures ABOUT_THE_ACCOUNT by itself.
_MENDED = pl.col("retry").is_in(["fix", "case"]) & ~pl.col("return_code").is_in(ABOUT_THE_ACCOUNT)
CORRECTABLE = ["R11", *_RETURNS.filter(_MENDED)["return_code"]]


def cure_refusal(code: str, cause: str, returned_on: dt.date, day: dt.date) -> str:
    """Say in words why a return can't be cured like this on a day; '' when it can.

    Args:
        code: of the return.
        cause: new_approval, corrected.
        returned_on: the return's settlement day.
        day: the business date of the cure, and of the draft that answers it.
    """
    if code in ABOUT_THE_ACCOUNT:
        return f"{code} is about the account: load the right one, or prove this one (daybook validate-account)"
    if cause == "new_approval" or code == REVERSED:  # our own mistake: a person says how it is to be drafted
        return ""
    if code not in CORRECTABLE:
        return f"nothing about a draft that came back {code} can be corrected: it needs a new approval of the payer"
    if code == "R11" and day > returned_on + dt.timedelta(days=CORRECTED_DAYS):
        return f"a corrected entry for R11 had to be sent within {CORRECTED_DAYS} days of the return's settlement"
    return ""


def judged(returned: pl.DataFrame, book: pl.DataFrame, present: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Decide about each part that came back.

    Args:
        returned: `RETURNED`.
        book: every account version with its state (`accounts.STATE`).
        present: company_id, invoice_id, payer_part, present: the account code the part would be drafted from today.
        day: the business date.

    Returns:
        `returned` with way (retry, series, none) and fault (why it can't go that way; '' when it can), and of the
        account it would be drawn on: target (its code), authorised.
    """
    newest = book.filter("newest").select(
        "company_id",
        "holder_name",
        "authorised",
        "number",
        "vouched",
        target="account_code",
        newest_id="account_id",
        shut=pl.col("state").is_in(["blocked", "closed"]),
    )
    was = book.select("company_id", "account_id", was_number="number", was_holder="holder_name", was_vouched="vouched")
    where = returned.join(present, on=[*_INVOICE, "payer_part"], how="left", maintain_order="left").with_columns(
        present=pl.coalesce("present", "account_code")
    )
    # A reinitiation keeps its account; a new series takes the payer's present one.
    again = (pl.col("retry_on").is_not_null()) & (pl.col("attempt_no") < LAST_ATTEMPT) & pl.col("cause").is_null()
    target = pl.when(again).then("account_code").otherwise("present")
    known = (
        where.with_columns(target=target, again=again)
        .join(newest, on=["company_id", "target"], how="left", maintain_order="left")
        .join(was, on=["company_id", "account_id"], how="left", maintain_order="left")
        .with_columns(
            other=(pl.col("number") != pl.col("was_number")) | (pl.col("holder_name") != pl.col("was_holder")),
            proved=pl.col("vouched").is_not_null(),
        )
    )
    return known.with_columns(way=_way()).with_columns(fault=_fault(day)).with_columns(_short()).drop("again")


def _way() -> pl.Expr:
    """By a person's cure or another account to a new series, by the rules to a retry, or nowhere."""
    # A stop of these codes lifts only by another account or a proof after it: open again means cured.
    cured = pl.col("code").is_in(ABOUT_THE_ACCOUNT) & ~pl.col("shut") & (pl.col("other") | pl.col("proved"))
    return (
        pl.when(pl.col("cause").is_not_null() | cured.fill_null(value=False))
        .then(pl.lit("series"))
        .when("again")
        .then(pl.lit("retry"))
        .otherwise(pl.lit("none"))
    )


def _fault(day: dt.date) -> pl.Expr:
    retry, series = pl.col("way") == "retry", pl.col("way") == "series"
    late = pl.col("first_effective") + pl.duration(days=REINITIATION_DAYS)
    corrected = pl.col("returned_on") + pl.duration(days=CORRECTED_DAYS)
    rules = [
        ("no_account", (retry | series) & pl.col("newest_id").is_null()),
        ("account_changed", retry & pl.col("other")),
        ("account_stopped", (retry | series) & pl.col("shut")),
        ("name_changed", retry & ~pl.col("same_name")),
        ("retry_too_late", retry & (pl.max_horizontal("retry_on", pl.lit(day)) > late)),
        (
            "correction_too_late",
            series & (pl.col("code") == "R11") & (pl.col("cause") == "corrected") & (pl.lit(day) > corrected),
        ),
        ("series_spent", series & (pl.col("series") >= LAST_SERIES)),
    ]
    fault = pl.lit("")
    for name, broken in reversed(rules):
        fault = pl.when(broken.fill_null(value=False)).then(pl.lit(name)).otherwise(fault)
    return fault


def _short() -> pl.Expr:
    """A reinitiation keeps its amount: what is open must still cover all parts that are to be tried again."""
    kept = pl.col("amount_cents").filter((pl.col("way") == "retry") & (pl.col("fault") == "")).sum().over(_INVOICE)
    short = (pl.col("way") == "retry") & (pl.col("fault") == "") & (pl.col("open_cents") < kept)
    return pl.when(short).then(pl.lit("amount_changed")).otherwise("fault").alias("fault")


def owed(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell what credit may pay of invoices that came back: company_id, invoice_id, payer, group_code, open_cents.

    Credit on what will be drafted again would change the amount, which a reinitiation must keep.
    """
    kept = pl.col("amount_cents").filter((pl.col("way") == "retry") & (pl.col("fault") == "")).sum()
    return (
        rows.group_by(*_INVOICE, "payer", "group_code", maintain_order=True)
        .agg(open_cents=pl.col("open_cents").first() - kept)
        .filter(pl.col("open_cents") > 0)
    )


def retries(rows: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """List the reinitiations whose day has come: the next attempt number, the same amount, account and SEC code."""
    ready = rows.filter((pl.col("way") == "retry") & (pl.col("fault") == "") & (pl.col("retry_on") <= day))
    return ready.with_columns(
        attempt_no=pl.col("attempt_no") + pl.lit(1, pl.Int16), wanted_date=pl.lit(day), cures=pl.lit(None, pl.Int64)
    )


def new_series(rows: pl.DataFrame, used: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """List the new series, each for what came back, as far as credit has not paid it (part by part).

    Args:
        rows: as `judged` returns them.
        used: company_id, invoice_id, used: credit used on the invoice tonight.
        day: the business date.
    """
    left = owed(rows).join(used, on=_INVOICE, how="left").select(
        *_INVOICE, left=pl.col("open_cents") - pl.col("used").fill_null(0)
    )  # fmt: skip
    cured = rows.filter((pl.col("way") == "series") & (pl.col("fault") == "")).join(left, on=_INVOICE, how="inner")
    upto = pl.col("amount_cents").cum_sum().over(_INVOICE, order_by="payer_part")
    part = pl.min_horizontal(upto, "left") - pl.min_horizontal(upto - pl.col("amount_cents"), "left")
    return (
        cured.with_columns(amount_cents=part)
        .filter(pl.col("amount_cents") > 0)
        .with_columns(
            series=pl.col("series") + pl.lit(1, pl.Int16),
            attempt_no=pl.lit(1, pl.Int16),
            account_code="target",
            wanted_date=pl.lit(day),
            cures="entry_id",
        )
    )
