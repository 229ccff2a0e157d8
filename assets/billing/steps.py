"""The billing step of the night: reads the terms and what is booked, appends invoices, lines and their journal."""

from __future__ import annotations

from functools import partial

import polars as pl

from assets.billing.night import bill, fingerprint
from assets.billing.reading import Sight, booked, settle, sight
from assets.billing.world import Bill
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
    seen = sight(tx)
    made = _computed(tx, seen)
    settle(tx, seen)
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
    return _computed(tx, sight(tx))


def _computed(tx: Tx, seen: Sight) -> Bill:
    return bill(seen.world, tx.business_date, partial(booked, tx))


def posted(tx: Tx) -> str:
    """The `fingerprint` of everything booked for the transaction's business date."""
    return fingerprint(tx.read("billing/invoices_of_night"), tx.read("billing/lines_of_night"))
