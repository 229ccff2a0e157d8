"""Reads the world of a night from the record: all catalogue, and of the subscriptions those that can matter."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from assets.billing.search import RULES, SETTLED, asked, latest_night
from assets.billing.terms import earliest
from assets.billing.world import (
    COMPANIES,
    CUSTOMERS,
    FEES,
    HOLDS,
    MEMBERS,
    MEMOS,
    MISFITS,
    PRICES,
    PRODUCTS,
    RECORDED,
    SEQUENCES,
    SHARES,
    STANDINGS,
    SUB_GROUPS,
    SUBSCRIPTIONS,
    Schema,
    World,
    conform,
)
from resources.record import Tx

_WHO = ["company_id", "subscription_id"]
# Up to so many subscriptions, rows are looked up one by one; above, whole tables are read.
_FEW = 100_000


@dataclass(frozen=True)
class Sight:
    """A night's world, and what `settle` writes down once everything is booked."""

    world: World
    settled: pl.DataFrame  # `search.SETTLED`
    snapshot: str


def sight(tx: Tx) -> Sight:
    """The world as of the transaction's business date, narrowed to the subscriptions that can matter."""
    # Before everything else: what is changed later is looked at again by the next night.
    snapshot = str(tx.read("billing/snapshot").item())
    settled = conform(tx.read("billing/settled", rules=RULES), SETTLED)
    return Sight(_world(tx, _asked_for(tx, settled)), settled, snapshot)


def whole(tx: Tx) -> World:
    """The world with every subscription, whatever earlier nights have settled: for what must not rely on them."""
    settled = conform(tx.read("billing/settled", rules=RULES), SETTLED)
    return _world(tx, _asked_for(tx, settled.with_columns(settled_on=pl.lit(None, pl.Date))))


def world_of(tx: Tx, who: pl.DataFrame) -> World:
    """The world of a few people (company_id, person_id): all their subscriptions, as if nothing were settled."""
    found = tx.read(
        "billing/subscriptions_of", of_companies=who["company_id"].to_list(), people=who["person_id"].to_list()
    )
    return _world(tx, conform(found, SUBSCRIPTIONS))


def _asked_for(tx: Tx, settled: pl.DataFrame) -> pl.DataFrame:
    """The subscriptions that may differ from what is booked, by what is settled."""
    catalogue = (_read(tx, "companies", COMPANIES), _read(tx, "products", PRODUCTS), _read(tx, "fees", FEES))
    asking = asked(settled, *catalogue, tx.business_date).rename({"company_id": "of_companies"})
    arrays = {c: asking[c].to_list() for c in asking.columns if c not in {"of_companies", "product_id"}}
    return _read(
        tx,
        "subscriptions",
        SUBSCRIPTIONS,
        of_companies=asking["of_companies"].to_list(),
        of_products=asking["product_id"].to_list(),
        **arrays,
    )


def _world(tx: Tx, subscriptions: pl.DataFrame) -> World:
    products, fees = _read(tx, "products", PRODUCTS), _read(tx, "fees", FEES)
    anew = subscriptions.filter(pl.col("settled_to").is_null())
    return World(
        companies=_read(tx, "companies", COMPANIES),
        products=products,
        fees=fees,
        prices=_read(tx, "prices", PRICES),
        subscriptions=subscriptions,
        holds=_read(tx, "holds", HOLDS),
        standings=_read(tx, "standings", STANDINGS),
        customers=_read(tx, "customers", CUSTOMERS),
        recorded=_recorded(tx, subscriptions, earliest(products, fees, tx.business_date)),
        sequences=_read(tx, "sequences", SEQUENCES),
        members=_of(tx, "members", MEMBERS, subscriptions, "person_id"),
        sub_groups=_read(tx, "sub_groups", SUB_GROUPS),
        shares=_read(tx, "shares", SHARES),
        # What an earlier night has looked at fits its tier.
        misfits=_of(tx, "misfits", MISFITS, anew, "subscription_id"),
        memos=_read(tx, "memos", MEMOS),
    )


def _read(tx: Tx, name: str, schema: Schema, **values: object) -> pl.DataFrame:
    return conform(tx.read(f"billing/{name}", **values), schema)


def settle(tx: Tx, seen: Sight) -> None:
    """Write down that everything of this night is booked, unless a later night was there before."""
    pairs = latest_night(seen.settled, tx.business_date)
    tx.execute(
        "billing/settle",
        snapshot=seen.snapshot,
        of_companies=pairs["company_id"].to_list(),
        of_products=pairs["product_id"].to_list(),
        digests=pairs["digest"].to_list(),
    )


def booked(tx: Tx, who: pl.DataFrame) -> pl.DataFrame:
    """Every booked line of these subscriptions (company_id, subscription_id)."""
    found = tx.read(
        "billing/lines_of",
        of_companies=who["company_id"].to_list(),
        subscriptions=who["subscription_id"].to_list(),
    )
    return conform(found, RECORDED)


def _recorded(tx: Tx, subscriptions: pl.DataFrame, first: dt.date) -> pl.DataFrame:
    """Booked lines: since the last night for settled subscriptions, inside the retro window for all others."""
    anew = subscriptions.filter(pl.col("settled_to").is_null()).select(_WHO)
    recent = subscriptions["settled_to"].min()
    if anew.height > _FEW:
        since = min(first, recent) if isinstance(recent, dt.date) else first
        lines = [tx.read("billing/lines_since", first=since), tx.read("billing/lines_once", first=since)]
    else:
        lines = [booked(tx, anew)] if not anew.is_empty() else []
        if isinstance(recent, dt.date):
            later = conform(tx.read("billing/lines_since", first=recent), RECORDED)
            lines.append(later.join(anew, on=_WHO, how="anti"))
    return pl.concat([pl.DataFrame(schema=RECORDED), *(conform(frame, RECORDED) for frame in lines)])


def _of(tx: Tx, name: str, schema: Schema, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """What a query finds, looked up one by one (its `_of`) when it is asked of few rows."""
    if rows.height > _FEW:
        return conform(tx.read(f"billing/{name}"), schema)
    who = rows.select("company_id", key).unique(maintain_order=True)
    return conform(
        tx.read(f"billing/{name}_of", of_companies=who["company_id"].to_list(), keys=who[key].to_list()), schema
    )
