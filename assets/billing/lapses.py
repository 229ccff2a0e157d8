"""What follows for coverage from invoices that were not paid: payment holds, lapses, reinstatements. Pure.

Source: billing reference section 13. Each is expected minus recorded over the dated acts of `billing.standing`; billing
reverses and charges again by itself.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.balances import ACCOUNT
from assets.billing.calendar import months_later
from assets.billing.dunning import INVOICE

_WHO = ["company_id", "subscription_id"]
# An act upon a subscription, before it has its number.
ACT = [*_WHO, "event", "effective_date", "invoice_id"]


def lapsing(rungs: pl.DataFrame, done: pl.DataFrame, consents: pl.DataFrame) -> pl.DataFrame:
    """Unpaid invoices whose lapse was reached and is allowed: `INVOICE`, keep_months, template, step, payer.

    Args:
        rungs: of `dunning.laddered`.
        done: `INVOICE`, step and action of every step done, tonight's included.
        consents: `INVOICE`, kind, granted.
    """
    said = consents.filter(pl.col("kind") == "lapse").select(*INVOICE, "granted")
    allowed = (
        pl.when("needs_consent")
        .then(pl.col("granted").fill_null(value=False))
        .otherwise(pl.col("granted").fill_null(value=True))
    )
    return (
        rungs.filter((pl.col("action") == "lapse") & (pl.col("open_cents") > 0))
        .join(done.select(*INVOICE, "step"), on=[*INVOICE, "step"], how="semi")
        .join(said, on=INVOICE, how="left")
        .filter(allowed)
        .select(*INVOICE, "keep_months", "template", "step", "payer")
        .sort(*INVOICE, "step")
    )


def lapses_of(allowed: pl.DataFrame, charges: pl.DataFrame, paid_to: pl.DataFrame, acts: pl.DataFrame) -> pl.DataFrame:
    """Lapses to book: coverage ends where payment in sequence ended, or so many months later as the ladder keeps.

    Args:
        allowed: of `lapsing`.
        charges: of `accounts.Accounts`: only subscriptions that owe something on the invoice lapse.
        paid_to: of the same.
        acts: `ACT` and event_no as recorded.

    Returns:
        `ACT`, sorted; a subscription at most once.
    """
    open_ = charges.filter(pl.col("open_cents") > 0).select(*_WHO, "invoice_id").unique()
    lapsed = _last(acts, ("lapse", "reinstatement")).filter(pl.col("event") == "lapse")
    once = acts.filter(pl.col("event") == "lapse").select(*_WHO, "invoice_id")
    return (
        allowed.join(open_, on=INVOICE, how="inner")
        .join(paid_to, on=_WHO, how="inner")
        .join(lapsed, on=_WHO, how="anti")
        .join(once, on=[*_WHO, "invoice_id"], how="anti")
        .with_columns(event=pl.lit("lapse"), effective_date=months_later(pl.col("paid_to"), pl.col("keep_months")))
        .sort(*_WHO, "effective_date", "invoice_id")
        .unique(_WHO, keep="first", maintain_order=True)
        .select(ACT)
    )


def holds_of(
    rungs: pl.DataFrame, done: pl.DataFrame, charges: pl.DataFrame, acts: pl.DataFrame, day: dt.date
) -> pl.DataFrame:
    """Payment holds to begin and to end: a subscription is held while an invoice with a hold step owes for it.

    Args:
        rungs: of `dunning.laddered`.
        done: `INVOICE`, step and action of every step done, tonight's included.
        charges: of `accounts.Accounts`.
        acts: `ACT`, event_no and business_date as recorded; a night that is run again knows none of later nights.
        day: the business date, from which on they are in force.

    Returns:
        `ACT`, sorted.
    """
    open_ = charges.filter(pl.col("open_cents") > 0).select(*_WHO, "invoice_id").unique()
    steps = done.filter(pl.col("action") == "hold").select(INVOICE).unique()
    due = rungs.select(INVOICE).unique().join(steps, on=INVOICE, how="semi")
    wanted = open_.join(due, on=INVOICE, how="semi").group_by(_WHO).agg(pl.col("invoice_id").min())
    known = acts.filter(pl.col("business_date") <= day)
    now = _last(known, ("payment_hold", "payment_hold_over")).filter(pl.col("event") == "payment_hold")
    begin = wanted.join(now, on=_WHO, how="anti").with_columns(event=pl.lit("payment_hold"))
    over = now.join(wanted, on=_WHO, how="anti").with_columns(event=pl.lit("payment_hold_over"))
    columns = [*_WHO, "event", "invoice_id"]
    return (
        pl.concat([begin.select(columns), over.select(columns)]).with_columns(effective_date=day).select(ACT).sort(_WHO)
    )


def reinstated(
    rungs: pl.DataFrame,
    charges: pl.DataFrame,
    unapplied: pl.DataFrame,
    acts: pl.DataFrame,
    *,
    consents: pl.DataFrame,
    day: dt.date,
) -> pl.DataFrame:
    """Lapses taken back: inside the ladder's window, with all arrears paid or at a person's word; without a gap.

    Arrears are what the account owes and what the lapse reversed; they are paid when nothing is open and what is
    unapplied covers the reversed charges of all lapsed subscriptions of the account.

    Args:
        rungs: of `dunning.laddered`, invoices that owe nothing any more included.
        charges: of `accounts.Accounts`.
        unapplied: of the same.
        acts: `ACT`, event_no and business_date as recorded.
        consents: `INVOICE`, kind, granted.
        day: the business date.

    Returns:
        `ACT`, sorted.
    """
    windows = rungs.filter(pl.col("action") == "lapse").group_by(INVOICE).agg(pl.col("reinstate_days").max())
    lapsed = (
        _last(acts, ("lapse", "reinstatement"))
        .filter(pl.col("event") == "lapse")
        .join(windows, on=INVOICE, how="inner")
        .filter(
            (pl.col("reinstate_days") > 0)
            & (pl.col("business_date") < day)
            & (pl.col("business_date") + pl.duration(days="reinstate_days") >= day)
        )
    )
    reversed_ = charges.join(lapsed.select(*_WHO, "effective_date"), on=_WHO, how="inner").filter(
        pl.col("coverage_start") >= pl.col("effective_date")
    )
    accounts = (
        reversed_.group_by(ACCOUNT)
        .agg(_arrears=(pl.col("first_cents") - pl.col("amount_cents")).clip(0).sum())
        .join(charges.group_by(ACCOUNT).agg(_open=pl.col("open_cents").sum()), on=ACCOUNT, how="left")
        .join(unapplied, on=ACCOUNT, how="left")
        .filter((pl.col("_open") == 0) & (pl.col("unapplied_cents") >= pl.col("_arrears")))
    )
    paid = reversed_.join(accounts, on=ACCOUNT, how="semi").select(_WHO).unique()
    said = consents.filter((pl.col("kind") == "reinstatement") & pl.col("granted")).select(INVOICE)
    agreed = lapsed.join(said, on=INVOICE, how="semi").select(_WHO)
    return (
        lapsed.join(pl.concat([paid, agreed]).unique(), on=_WHO, how="semi")
        .with_columns(event=pl.lit("reinstatement"))
        .select(ACT)
        .sort(_WHO)
    )


def _last(acts: pl.DataFrame, events: tuple[str, ...]) -> pl.DataFrame:
    """The last act of each subscription among these kinds."""
    return (
        acts.filter(pl.col("event").is_in(events))
        .sort(*_WHO, "business_date", "event_no")
        .unique(_WHO, keep="last", maintain_order=True)
    )
