"""Which step of its ladder an unpaid invoice has come to. Pure.

Source: billing reference section 13. Each step comes once per invoice, a late night does the latest step only, a cured
invoice goes no further, and the first premium of a subscription knows no grace.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import months_later

INVOICE = ["company_id", "invoice_id"]
_WHO = ["company_id", "subscription_id"]
STEPS: dict[str, type[pl.DataType]] = {
    "ladder": pl.String,
    "state": pl.String,
    "step": pl.Int32,
    "after_months": pl.Int32,
    "after_days": pl.Int32,
    "action": pl.String,
    "template": pl.String,
    "least_cents": pl.Int64,
    "needs_consent": pl.Boolean,
    "reinstate_days": pl.Int32,
    "keep_months": pl.Int32,
    "valid_from": pl.Date,
}


def unpaid(charges: pl.DataFrame, paid_to: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    """Invoices as a ladder sees them.

    Args:
        charges: of `accounts.Accounts`.
        paid_to: of the same.
        invoices: `INVOICE`, due_date, state (of the payer).

    Returns:
        `INVOICE`, payer, group_code, due_date, state, open_cents, ladder (of the product most of it was charged for),
        binder (all that is open is of subscriptions that never paid a premium), sorted.
    """
    short = pl.col("open_cents") > 0
    known = charges.join(paid_to.select(*_WHO, "binder"), on=_WHO, how="left").with_columns(
        pl.col("binder").fill_null(value=False)
    )
    ladders = (
        known.group_by(*INVOICE, "ladder")
        .agg(pl.col("first_cents").sum())
        .sort(*INVOICE, "first_cents", "ladder", descending=[False, False, True, False])
        .group_by(INVOICE, maintain_order=True)
        .agg(pl.col("ladder").first())
    )
    return (
        known.group_by(*INVOICE, "payer", "group_code")
        .agg(pl.col("open_cents").sum(), binder=pl.col("binder").filter(short).all() & short.any())
        .join(ladders, on=INVOICE, how="inner")
        .join(invoices, on=INVOICE, how="inner")
        .filter(pl.col("ladder") != "")
        .sort(INVOICE)
    )


def laddered(invoices: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Each invoice with the steps of its ladder: those of its state, else those for every other, as of its due date.

    Args:
        invoices: of `unpaid`.
        steps: `STEPS`. All steps of a ladder and state with the latest valid_from are in force together.
    """
    own = pl.col("state_of") == pl.col("state")
    fit = (
        invoices.join(steps.rename({"state": "state_of"}), on="ladder", how="inner")
        .filter((own | (pl.col("state_of") == "")) & (pl.col("valid_from") <= pl.col("due_date")))
        .filter(own | ~own.any().over(INVOICE))
    )
    return fit.filter(pl.col("valid_from") == pl.col("valid_from").max().over(INVOICE)).sort(*INVOICE, "step")


def reached(rungs: pl.DataFrame, done: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The steps to do on a business date: `INVOICE`, step, action, open_cents, template, payer, sorted.

    Args:
        rungs: of `laddered`.
        done: `INVOICE` and step of what was done.
        day: the business date.
    """
    stated = months_later(pl.col("due_date"), pl.col("after_months")) + pl.duration(days="after_days")
    at_once = pl.col("binder") & (pl.col("action") == "lapse")
    latest = done.group_by(INVOICE).agg(_done=pl.col("step").max())
    return (
        rungs.with_columns(_on=pl.when(at_once).then(pl.col("due_date") + pl.duration(days=1)).otherwise(stated))
        .filter((pl.col("_on") <= day) & (pl.col("open_cents") > 0) & (pl.col("open_cents") >= pl.col("least_cents")))
        .filter(pl.col("step") == pl.col("step").max().over(INVOICE))
        .join(latest, on=INVOICE, how="left")
        .filter(pl.col("_done").is_null() | (pl.col("step") > pl.col("_done")))
        .select(*INVOICE, "step", "action", "open_cents", "template", "payer")
        .sort(INVOICE)
    )
