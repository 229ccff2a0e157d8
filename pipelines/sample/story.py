"""A few members of the sample to whom something happens by name, so that a demo can tell of them.

They are looked for among the households and not drawn: naming them changes nobody else.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipelines.sample.catalogue import writing_agents
from pipelines.sample.members import Members, make_members

BOOK, COMPANY = "north", "HARBOR"
_CLOSED_BEFORE = 20  # days before the first night on which somebody closed the account


@dataclass(frozen=True)
class Story:
    """Subscriptions of one company, by code.

    promised: (subscription, member, product, tier) with a price of its own. unpaid: of medical members whose accounts
    are closed, so that they are reminded. ending: the same with services alone, which lapse. closed: the accounts.
    """

    promised: tuple[str, ...]
    unpaid: tuple[str, ...]
    ending: tuple[str, ...]
    closed: tuple[str, ...]
    closed_on: dt.date


def story(seed: int, date: dt.date, members: int) -> Story:
    """Who the story is about in the sample of these arguments."""
    return story_of(make_members(seed, date, members, agents=writing_agents(members)), date, members)


def story_of(base: Members, date: dt.date, members: int) -> Story:
    """Who the story is about: long-standing members of one company, about one in 400 of each kind."""
    running = pl.col("end_date").is_null() & (pl.col("start_date") <= date - dt.timedelta(days=60))
    held = base.subscriptions.filter(pl.col("company_code") == COMPANY).with_columns(
        medical=pl.col("product_code").str.starts_with("EG-"),
        service=pl.col("product_code").str.starts_with("LG-"),
        steady=running.all().over("member_code"),
    )
    held = held.filter("steady").join(base.holds, on="subscription_code", how="anti")
    medical = held.filter("medical")
    alone = held.filter(pl.col("service").all().over("member_code"))
    few = max(1, members // 400)
    first, unpaid, ending = medical.row(0, named=True), medical[1 : few + 1], alone[:few]
    return Story(
        promised=tuple(first[c] for c in ("subscription_code", "member_code", "product_code", "tier")),
        unpaid=tuple(unpaid["subscription_code"]),
        ending=tuple(ending["subscription_code"]),
        closed=(*unpaid["account_code"], *ending["account_code"]),
        closed_on=date - dt.timedelta(days=_CLOSED_BEFORE),
    )
