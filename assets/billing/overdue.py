"""The step `billing.dunning`: what is not paid is reminded, held, lapsed and, once paid, reinstated.

It sees the accounts as the business date begins, so that a night that is run again finds the same.
"""

from __future__ import annotations

import polars as pl

from assets.billing.accounts import Accounts, accounts
from assets.billing.dunning import INVOICE, STEPS, laddered, reached, unpaid
from assets.billing.lapses import ACT, holds_of, lapses_of, lapsing, reinstated
from assets.billing.world import Schema, conform
from resources.record import Tx

_INVOICES: Schema = {"company_id": pl.Int32, "invoice_id": pl.Int64, "due_date": pl.Date, "state": pl.String}
_DONE: Schema = {"company_id": pl.Int32, "invoice_id": pl.Int64, "step": pl.Int32, "action": pl.String}
_ACTS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "event_no": pl.Int32,
    "event": pl.String,
    "effective_date": pl.Date,
    "invoice_id": pl.Int64,
    "business_date": pl.Date,
}
_CONSENTS: Schema = {"company_id": pl.Int32, "invoice_id": pl.Int64, "kind": pl.String, "granted": pl.Boolean}


def dun(tx: Tx) -> dict[str, int]:
    """Do the next step of every overdue invoice's ladder (step `billing.dunning`, before the charges).

    Returns:
        reminders (and warnings), holds, lapses_asked (wait for a consent, or come at once where none is needed),
        lapses, reinstatements, holds_over, mails; open_cents of the invoices dunned.
    """
    payers = tx.read("billing/overdue_payers")
    if payers.is_empty():
        return dict.fromkeys(
            ("reminders", "holds", "lapses_asked", "lapses", "reinstatements", "holds_over", "mails", "open_cents"), 0
        )
    seen = accounts(tx, payers)
    owed = seen.charges.select(INVOICE).unique().sort(INVOICE)
    of = {"of_companies": owed["company_id"].to_list(), "invoices": owed["invoice_id"].to_list()}
    invoices = conform(tx.read("billing/dunned_invoices", **of), _INVOICES)
    rungs = laddered(unpaid(seen.charges, seen.paid_to, invoices), conform(tx.read("billing/dunning_steps"), STEPS))
    before = conform(tx.read("billing/dunned", **of), _DONE)
    fresh = reached(rungs, before, tx.business_date)
    done = pl.concat([before, fresh.select(list(_DONE))])
    acts, mails = _acts(tx, seen, rungs, done)
    tx.append("billing.dunning", fresh.select(*_DONE, "open_cents").with_columns(business_date=tx.business_date))
    tx.append("billing.standing", acts.with_columns(business_date=pl.lit(tx.business_date)))
    told = fresh.filter(pl.col("action") != "lapse").select(mails.columns)
    sent = _mailed(tx, pl.concat([told, mails]))
    tx.preview = (
        fresh.group_by("company_id", "action").agg(pl.len(), pl.col("open_cents").sum()).sort("company_id", "action")
    )
    count = {e: acts.filter(pl.col("event") == e).height for e in acts["event"].unique()}
    return {
        "reminders": fresh.filter(pl.col("action").is_in(["reminder", "warning"])).height,
        "holds": count.get("payment_hold", 0),
        "lapses_asked": fresh.filter(pl.col("action") == "lapse").height,
        "lapses": count.get("lapse", 0),
        "reinstatements": count.get("reinstatement", 0),
        "holds_over": count.get("payment_hold_over", 0),
        "mails": sent,
        "open_cents": int(fresh["open_cents"].sum()),
    }


def _acts(tx: Tx, seen: Accounts, rungs: pl.DataFrame, done: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(acts to book with their event_no, mails of the lapses among them)."""
    who = seen.charges.select("company_id", "subscription_id").unique().sort("company_id", "subscription_id")
    of = {"of_companies": who["company_id"].to_list(), "subscriptions": who["subscription_id"].to_list()}
    acts = conform(tx.read("billing/standings_of", **of), _ACTS)
    consents = conform(tx.read("billing/consents"), _CONSENTS)
    allowed = lapsing(rungs, done, consents)
    lapsed = lapses_of(allowed, seen.charges, seen.paid_to, acts)
    new = pl.concat(
        [
            lapsed,
            holds_of(rungs, done, seen.charges, acts, tx.business_date),
            reinstated(rungs, seen.charges, seen.unapplied, acts, consents=consents, day=tx.business_date),
        ]
    ).sort("company_id", "subscription_id", "event")
    highest = acts.group_by("company_id", "subscription_id").agg(_highest=pl.col("event_no").max())
    who_ = ["company_id", "subscription_id"]
    numbered = (
        new.join(highest, on=who_, how="left", maintain_order="left")
        .with_columns(event_no=pl.col("_highest").fill_null(0) + pl.int_range(1, pl.len() + 1).over(who_))
        .select(*ACT, "event_no")
    )
    return numbered, allowed.join(lapsed, on=INVOICE, how="semi").select(*INVOICE, "step", "template", "payer")


def _mailed(tx: Tx, events: pl.DataFrame) -> int:
    """Put events with a template on the send list, each once for ever; returns how many are new."""
    keyed = (
        events.filter(pl.col("template") != "")
        .with_columns(event_key=pl.format("reminder/{}/{}", "invoice_id", "step"))
        .sort("company_id", "invoice_id", "step")
        .unique(["company_id", "event_key"], keep="first", maintain_order=True)
    )
    if keyed.is_empty():
        return 0
    known = tx.read("billing/mailed", event_keys=keyed["event_key"].to_list()).cast({"company_id": pl.Int32})
    rows = keyed.join(known, on=["company_id", "event_key"], how="anti", maintain_order="left").select(
        "company_id",
        "event_key",
        "template",
        person_id=pl.when(pl.col("payer") > 0).then("payer"),
        business_date=pl.lit(tx.business_date),
    )
    return tx.append("billing.mail", tx.number(rows, "billing.mail", "mail_id"))
