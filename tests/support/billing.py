"""Small billing worlds as plain frames, and nights booked over them without a database."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl

from assets.billing import world as w
from assets.billing.night import bill
from assets.billing.world import Bill, World

D = dt.date
SHAPES: dict[str, w.Schema] = {
    "companies": w.COMPANIES,
    "products": w.PRODUCTS,
    "fees": w.FEES,
    "prices": w.PRICES,
    "subscriptions": w.SUBSCRIPTIONS,
    "holds": w.HOLDS,
    "standings": w.STANDINGS,
    "customers": w.CUSTOMERS,
    "recorded": w.RECORDED,
    "sequences": w.SEQUENCES,
    "members": w.MEMBERS,
    "sub_groups": w.SUB_GROUPS,
    "shares": w.SHARES,
    "misfits": w.MISFITS,
    "memos": w.MEMOS,
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "companies": {
        "company_id": 1,
        "company_code": "HARBOR",
        "bill_lead_days": 0,
        "go_live": D(2020, 1, 1),
        "company_bill_day": 1,
    },
    "products": {
        "product_id": 1,
        "product_code": "MED",
        "proration": "actual",
        "trial_days": 0,
        "age_on": "coverage_start",
        "billed": True,
        "family": "",
        "trial_billed": "start",
        "stub_counts": True,
        "enrollment_again": False,
    },
    "fees": {
        "fee_id": 1,
        "product_id": 1,
        "fee_code": "PREMIUM",
        "kind": "premium",
        "recurrence": "monthly",
        "alignment": "subscription",
    },
    "prices": {
        "price_id": 1,
        "fee_id": 1,
        "company_code": "",
        "member_code": "",
        "group_code": "",
        "agent_code": "",
        "tier": "",
        "age_from": 0,
        "age_to": 150,
        "step_from": 1,
        "valid_from": D(2020, 1, 1),
        "valid_to": None,
        "amount_cents": 37240,
        "vendor_cents": 26840,
        "commissionable_cents": 37240,
    },
    "subscriptions": {
        "company_id": 1,
        "subscription_id": 1,
        "code": "S1",
        "person_id": 1,
        "product_id": 1,
        "tier": "EMP",
        "start_date": D(2027, 3, 10),
        "end_date": None,
        "bill_day": 1,
        "method": "ach",
        "group_code": "",
        "agent_code": "",
    },
    "holds": {"company_id": 1, "subscription_id": 1},
    "standings": {"company_id": 1, "subscription_id": 1, "event_no": 1},
    "customers": {"company_id": 1},
    "recorded": {"part": 1, "debtor": 0},
    "memos": {"company_id": 1, "part": 1, "debtor": 0, "vendor_cents": 0, "commissionable_cents": 0},
    "sequences": {"company_id": 1, "payer": 0, "group_code": ""},
    "sub_groups": {"company_id": 1, "parent_code": "", "billed": True},
    "shares": {"company_id": 1, "subscription_id": 1, "part": 1, "valid_from": D(1900, 1, 1), "known": True},
}
# Frames that hold one row of defaults unless others are given; the rest are empty.
TERMS = ("companies", "products", "fees", "prices", "subscriptions")


def rows(name: str, *given: dict[str, Any]) -> pl.DataFrame:
    """A frame of the world from partial rows."""
    full = [{**DEFAULTS.get(name, {}), **row} for row in given]
    return pl.DataFrame(full, schema=SHAPES[name], orient="row")


def world(**frames: list[dict[str, Any]] | dict[str, Any]) -> World:
    """A world of one company, product, fee, price and subscription, except for what is given."""
    found = {}
    for name in SHAPES:
        given = frames.get(name, [{}] if name in TERMS else [])
        found[name] = rows(name, *(given if isinstance(given, list) else [given]))
    return World(**found)


def changed(before: World, **frames: list[dict[str, Any]] | dict[str, Any]) -> World:
    """The world with some frames replaced: what was booked stays."""
    return replace(
        before, **{n: rows(n, *(given if isinstance(given, list) else [given])) for n, given in frames.items()}
    )


def compute(now: World, day: dt.date, ledger: pl.DataFrame | None = None) -> Bill:
    """A night's bill; `ledger` is everything ever booked (default: the world's recorded lines)."""
    ever = now.recorded if ledger is None else ledger

    def older(who: pl.DataFrame) -> pl.DataFrame:
        return ever.join(who, on=["company_id", "subscription_id"], how="semi")

    return bill(now, day, older)


def book(now: World, day: dt.date) -> tuple[World, Bill]:
    """Compute a night and book it: the world after it, and its bill. Its recorded lines are all ever booked."""
    made = compute(now, day)
    first = now.recorded["line_id"].max() or 0
    lines = made.lines.with_columns(
        line_id=pl.int_range(1, made.lines.height + 1, dtype=pl.Int64) + first,  # type: ignore[operator]
        less_hold=pl.col("cause").str.contains("(hold|lapse) 2"),
    )
    recorded = pl.concat([now.recorded, w.conform(lines, w.RECORDED)])
    sequences = pl.concat([now.sequences, w.conform(made.invoices, w.SEQUENCES)])
    # A sequence counts invoices of one business date only.
    return replace(now, recorded=recorded, sequences=sequences.clear()), made


def shown(made: Bill) -> list[tuple[str, str, str, int]]:
    """A bill's lines as (coverage start, kind, cause, cents)."""
    return [
        (str(r["coverage_start"]), r["kind"], r["cause"], r["amount_cents"])
        for r in made.lines.sort("subscription_id", "fee_id", "coverage_start", "revision").iter_rows(named=True)
    ]


def amounts(made: Bill) -> list[int]:
    """The cents of a bill's lines in coverage order."""
    return made.lines.sort("subscription_id", "fee_id", "coverage_start", "revision")["amount_cents"].to_list()


def balance(now: World) -> list[tuple[int, int, dt.date, int]]:
    """What is booked per key, zero keys left out."""
    return [
        row
        for row in now.recorded.group_by("subscription_id", "fee_id", "coverage_start")
        .agg(pl.col("amount_cents").sum())
        .sort("subscription_id", "fee_id", "coverage_start")
        .iter_rows()
        if row[3]
    ]
