"""Reads what `explain` tells of one subscription and date, and puts it into plain values."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from assets.billing.explain import explained, specificity
from assets.billing.proration import ONE
from assets.billing.reading import booked, world_of
from formats.errors import SettingsError
from resources.record import Tx

_WHO = ["company_id", "subscription_id"]
_TERMS = [
    "product",
    "tier",
    "created_on",
    "start_date",
    "recurring_from",
    "end_date",
    "bill_day",
    "method",
    "agent_code",
    "group_code",
    "proration",
    "trial_days",
    "go_live",
    "bill_ahead_days",
]


def why(tx: Tx, code: str, company: str = "") -> dict[str, Any]:
    """What was billed of a subscription at the transaction's business date and why, or why not.

    Returns:
        company, subscription, member, date; terms (as they stand now); state and quarantined (outcome, rule, reason);
        charges (the decisions around the date, each with fee, coverage, fraction, paid period, price row and what it
        asks for, cents expected, booked and to be booked); lines (everything booked of those charges and on that date,
        with cause, invoice, payer, document number and state of the draft).

    Raises:
        SettingsError: no such subscription, or several companies have one of this code.
    """
    found = tx.read("billing/find_subscription", code=code, company=company)
    if found.is_empty():
        raise SettingsError(f"there is no subscription {code}", hint="see the code in the register or the loaded file")
    if found.height > 1:
        names = ", ".join(found["company"])
        raise SettingsError(f"several companies have a subscription {code}: {names}", hint="name one: --company CODE")
    one = found.row(0, named=True)
    who = found.select(pl.col("company_id", "subscription_id", "person_id").cast(pl.Int32))
    world = world_of(tx, who)
    told = explained(world, tx.business_date, who.select(_WHO), partial(booked, tx))
    charges = (
        told.filter(pl.col("fee_id").is_not_null())
        .join(world.fees.select("fee_id", fee="fee_code"), on="fee_id", how="left")
        .join(specificity(world.prices), on="price_id", how="left", maintain_order="left")
        .with_columns(fraction=pl.col("fraction") / ONE)
    )
    lines = tx.read("billing/lines_told", company_id=one["company_id"], subscription_id=one["subscription_id"])
    near = lines.join(charges, on=["fee", "coverage_start"], how="semi", maintain_order="left")
    tonight = lines.filter(pl.col("bill_date") == tx.business_date)
    states = told.filter(pl.col("fee_id").is_null()).select("outcome", "rule", "reason")
    aside = pl.col("outcome") == "quarantined"
    return {
        "company": one["company"],
        "subscription": one["subscription"],
        "member": one["member"],
        "date": tx.business_date,
        "terms": {name: one[name] for name in _TERMS},
        "state": states.filter(~aside).row(0, named=True),
        "quarantined": states.filter(aside).select("rule", "reason").to_dicts(),
        "charges": [_charge(row) for row in charges.iter_rows(named=True)],
        "lines": pl.concat([near, tonight]).unique("line_id", maintain_order=True).to_dicts(),
    }


def _charge(row: dict[str, Any]) -> dict[str, Any]:
    plain = ["fee", "coverage_start", "coverage_end", "part", "debtor", "outcome", "rule", "reason", "bill_date"]
    return {
        **{name: row[name] for name in plain},
        "fraction": row["fraction"],
        "paid_period": row["number"],
        "price": {"price_id": row["price_id"], "amount_cents": row["price_cents"], "because": row["because"]},
        "expected_cents": row["amount_cents"],
        "booked_cents": row["booked_cents"],
        "tonight_cents": row["tonight_cents"],
    }
