"""The billing step of the night: reads the terms and what is booked, appends invoices, lines and their journal."""

from __future__ import annotations

import polars as pl

from assets.billing.night import bill, fingerprint
from assets.billing.terms import earliest
from assets.billing.world import (
    COMPANIES,
    CUSTOMERS,
    FEES,
    HOLDS,
    MEMBERS,
    MISFITS,
    PRICES,
    PRODUCTS,
    RECORDED,
    SEQUENCES,
    SHARES,
    STANDINGS,
    SUB_GROUPS,
    SUBSCRIPTIONS,
    Bill,
    World,
    conform,
)
from assets.ledger.journal import post
from assets.steps import quarantine
from resources.record import Tx

_INVOICE = [
    "company_id",
    "invoice_id",
    "person_id",
    "group_code",
    "kind",
    "bill_date",
    "due_date",
    "total_cents",
    "sequence",
]


def charge(tx: Tx) -> dict[str, int]:
    """Bill what is due at the transaction's business date and correct what changed (step `billing.charges`).

    Returns:
        invoices, lines, quarantined (rows that wait for their cause to go); billed_cents (above zero) and
        credited_cents (below zero).
    """
    made = preview(tx)
    quarantine(tx, made.quarantined)
    amount = made.lines["amount_cents"]
    totals = {
        "invoices": made.invoices.height,
        "lines": made.lines.height,
        "billed_cents": int(amount.filter(amount > 0).sum()),
        "credited_cents": int(amount.filter(amount < 0).sum()),
        "quarantined": made.quarantined.height,
    }
    tx.preview = (
        made.lines.group_by("company_id", "kind")
        .agg(lines=pl.len(), amount_cents=pl.col("amount_cents").sum())
        .sort("company_id", "kind")
    )
    if made.lines.is_empty():
        return totals
    invoices = tx.number(made.invoices, "billing.invoice", "invoice_id")
    tx.append("billing.invoice", invoices.select(_INVOICE))
    lines = made.lines.join(invoices.select("invoice", "invoice_id"), on="invoice", how="left", maintain_order="left")
    numbered = tx.number(lines.drop("invoice"), "billing.line", "line_id")
    tx.append("billing.line", post(tx, "charged", numbered))
    return totals


def preview(tx: Tx) -> Bill:
    """What `charge` would append now: the same computation, nothing written."""
    day = tx.business_date

    def older(who: pl.DataFrame) -> pl.DataFrame:
        found = tx.read(
            "billing/lines_of",
            of_companies=who["company_id"].to_list(),
            subscriptions=who["subscription_id"].to_list(),
        )
        return conform(found, RECORDED)

    products = conform(tx.read("billing/products"), PRODUCTS)
    fees = conform(tx.read("billing/fees"), FEES)
    first = earliest(products, fees, day)
    world = World(
        companies=conform(tx.read("billing/companies"), COMPANIES),
        products=products,
        fees=fees,
        prices=conform(tx.read("billing/prices"), PRICES),
        subscriptions=conform(tx.read("billing/subscriptions"), SUBSCRIPTIONS),
        holds=conform(tx.read("billing/holds"), HOLDS),
        standings=conform(tx.read("billing/standings"), STANDINGS),
        customers=conform(tx.read("billing/customers"), CUSTOMERS),
        recorded=conform(tx.read("billing/lines_since", first=first), RECORDED),
        sequences=conform(tx.read("billing/sequences"), SEQUENCES),
        members=conform(tx.read("billing/members"), MEMBERS),
        sub_groups=conform(tx.read("billing/sub_groups"), SUB_GROUPS),
        shares=conform(tx.read("billing/shares"), SHARES),
        misfits=conform(tx.read("billing/misfits"), MISFITS),
    )
    return bill(world, day, older)


def posted(tx: Tx) -> str:
    """The `fingerprint` of everything booked for the transaction's business date."""
    return fingerprint(tx.read("billing/invoices_of_night"), tx.read("billing/lines_of_night"))
