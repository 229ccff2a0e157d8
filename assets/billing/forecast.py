"""The same calendar run forward, and run back over what is booked: the forecast and the unbilled periods. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from assets.billing.broken import sound
from assets.billing.calendar import months_later
from assets.billing.delta import balances
from assets.billing.expected import expected
from assets.billing.night import Older, bill
from assets.billing.terms import terms_of
from assets.billing.world import KEY, World

_WHO = ["company_id", "subscription_id"]
_PERSON = ["company_id", "person_id"]
MONTHS = 12
# Subscriptions computed at once: a year of a million would not fit the memory of a small machine.
_AT_ONCE = 150_000


def forecast(world: World, day: dt.date, months: int = MONTHS) -> pl.DataFrame:
    """What nights after the business date will bill if nothing changes, by the month of the bill date.

    The rest of the day's own month and so many whole months. What can't be priced is in no month.

    Returns:
        company_id, product_id, month (its first day), charges, amount_cents; sorted.
    """
    until: dt.date = pl.select(months_later(pl.lit(day), months).dt.month_end()).item()
    key = ["company_id", "product_id", "month"]
    found = [_ahead(part, day, until) for part in portions(world)]
    return pl.concat(found).group_by(key).agg(pl.col("charges").sum(), pl.col("amount_cents").sum()).sort(key)


def _ahead(world: World, day: dt.date, until: dt.date) -> pl.DataFrame:
    terms = terms_of(sound(world)[0], world, day)
    most = dt.timedelta(days=terms.select(pl.col("ahead_days").max().fill_null(0)).item() or 0)
    wanted = expected(terms, world, day, through=until + most, recorded=world.recorded)
    return (
        wanted.filter(~pl.col("due") & (pl.col("problem") == "") & (pl.col("amount_cents") > 0))
        .join(world.recorded, on=KEY, how="anti")  # a night made up for late: a later one has billed it
        .join(terms.select(*_WHO, "product_id", "ahead_days"), on=_WHO, how="inner")
        .with_columns(bill_date=pl.col("coverage_start") - pl.duration(days="ahead_days"))
        .filter(pl.col("bill_date") <= until)
        .group_by("company_id", "product_id", month=pl.col("bill_date").dt.month_start())
        .agg(charges=pl.len().cast(pl.Int64), amount_cents=pl.col("amount_cents").sum())
    )


def unbilled(world: World, day: dt.date, older: Older) -> pl.DataFrame:
    """Charges that are due, can be priced and may still be posted, but are not booked: none after a night.

    What waits for a person (quarantined, outside the retro window) is not meant.

    Args:
        world: with every subscription, nothing settled: what earlier nights wrote down is not believed here.
        day: the business date.
        older: as of `night.bill`.

    Returns:
        company_id, code (of the subscription), fee_id, coverage_start, coverage_end, amount_cents; sorted.
    """
    return pl.concat([_missing(part, day, older) for part in portions(world)]).sort(
        "company_id", "code", "fee_id", "coverage_start"
    )


def _missing(world: World, day: dt.date, older: Older) -> pl.DataFrame:
    terms = terms_of(sound(world)[0], world, day)
    wanted = expected(terms, world, day, through=day + dt.timedelta(days=90), recorded=world.recorded)
    waiting = bill(world, day, older).quarantined.select("company_id", subject="subject")
    codes = terms.select(*_WHO, "code", subject=pl.lit("subscription ") + pl.col("code")).join(
        waiting, on=["company_id", "subject"], how="anti"
    )
    return (
        wanted.filter(pl.col("due") & (pl.col("problem") == "") & (pl.col("amount_cents") > 0))
        .join(balances(world.recorded), on=KEY, how="anti")
        .join(codes, on=_WHO, how="inner")
        .select("company_id", "code", "fee_id", "coverage_start", "coverage_end", "amount_cents")
    )


def portions(world: World, most: int = _AT_ONCE) -> Iterator[World]:
    """The world in parts of about so many subscriptions, all of a person in one: plans and overlaps stay together."""
    count = max(1, -(-world.subscriptions.height // most))
    people = world.subscriptions.select(*_PERSON, _part=pl.col("person_id") % count).unique(_PERSON)
    for number in range(count):
        mine = people.filter(pl.col("_part") == number).drop("_part")
        subscriptions = world.subscriptions.join(mine, on=_PERSON, how="semi", maintain_order="left")
        recorded = world.recorded.join(subscriptions, on=_WHO, how="semi", maintain_order="left")
        yield replace(world, subscriptions=subscriptions, recorded=recorded)
