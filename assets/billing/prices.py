"""Which price row decides a charge: the most specific one, then the latest; a tie is named.

Specific means, in this order: the member's own, his group's (the nearer group first), his company's, his agent's, the
tier's, an age band's; then the highest step, then the latest date. Source: billing reference section 5 (step-down),
feature F01 and the comment of master.price in migration 11.
"""

from __future__ import annotations

import polars as pl

from assets.billing.ages import age, judged_on
from assets.billing.groups import above
from assets.billing.proration import HIGHEST_PRICE
from assets.billing.world import MONEY, World

_WHO = ["company_id", "subscription_id"]
_BANDED = (pl.col("age_from") > 0) | (pl.col("age_to") < 150)  # not for every age
# What a price may ask for by name; '' asks for nothing.
_NAMED = ["member_code", "group_code", "company_code", "agent_code", "tier"]
_ASKED = ["fee_id", *_NAMED, "_age", "_step", "coverage_start"]
_SCORED = ["_nearness", *(f"of_{c}" for c in _NAMED), "age_from", "age_to", "step_from", "valid_from"]
_PARTS = [f"price_{c}" for c in MONEY[1:]]
_DAY_ZERO = 719_163  # days from year 1 to 1970: keeps the score of old dates positive
_FARTHEST = 1000  # groups above each other that the score tells apart


def priced(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add the deciding price to each charge.

    Args:
        charges: company_id, subscription_id, fee_id, company_code, tier, number (paid period, from 1), coverage_start.
        world: prices, and the subscriptions, members, groups, products and fees that say which of them fit.

    Returns:
        The charges in their order with price_id, price_cents, price_vendor_cents, price_commissionable_cents, rate (all
        null when none decides) and problem: '', no_price, price_tie, price_out_of_range or price_percent.
    """
    prices = world.prices
    last_step = prices.group_by("fee_id").agg(_last=pl.col("step_from").max())
    # Beyond the last step nothing changes: without this cap every month of a long subscription would be asked for.
    asking = (
        charges.join(last_step, on="fee_id", how="left", maintain_order="left")
        .with_columns(_step=pl.min_horizontal("number", pl.col("_last").fill_null(1)))
        .drop("_last")
    )
    asking = _with_traits(asking, world).with_columns(_age=_ages(asking, world))
    decided = _decide(asking.select(_ASKED).unique(), world)
    return asking.join(decided, on=_ASKED, how="left", maintain_order="left").drop(
        "_step", "_age", "member_code", "group_code", "agent_code"
    )


def _with_traits(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add member_code, group_code and agent_code where a price could ask for them, else ''.

    Only so few combinations are left to decide that a million charges cost no more than a thousand.
    """
    prices, who = world.prices, world.subscriptions
    named = {c: prices.filter(pl.col(c) != "")[c].unique() for c in ("member_code", "group_code", "agent_code")}
    members = world.members.filter(pl.col("member_code").is_in(named["member_code"].implode()))
    lower = above(world.sub_groups).filter(pl.col("above").is_in(named["group_code"].implode()))
    traits = (
        who.join(members, on=["company_id", "person_id"], how="left")
        .join(lower.select("company_id", "group_code", _in=True).unique(), on=["company_id", "group_code"], how="left")
        .select(
            *_WHO,
            pl.col("member_code").fill_null(""),
            group_code=pl.when("_in").then("group_code").otherwise(pl.lit("")),
            agent_code=pl.when(pl.col("agent_code").is_in(named["agent_code"].implode()))
            .then("agent_code")
            .otherwise(pl.lit("")),
        )
        .filter(pl.any_horizontal(pl.col(c) != "" for c in named))
    )
    return charges.join(traits, on=_WHO, how="left", maintain_order="left").with_columns(
        pl.col(c).fill_null("") for c in named
    )


def _ages(charges: pl.DataFrame, world: World) -> pl.Series:
    """Of each charge the youngest age no price tells from the subscriber's; 0 where no price asks, -1 unknown."""
    banded = world.prices.filter(_BANDED)
    if banded.is_empty():
        return pl.repeat(0, charges.height, dtype=pl.Int32, eager=True)
    edges = pl.concat([pl.Series([0], dtype=pl.Int32), banded["age_from"], banded["age_to"] + 1]).unique().sort()
    policies = world.fees.filter(pl.col("fee_id").is_in(banded["fee_id"].implode())).join(
        world.products.select("product_id", "age_on"), on="product_id", how="inner"
    )
    years = (
        charges.select(*_WHO, "fee_id", "coverage_start")
        .join(policies.select("fee_id", "age_on"), on="fee_id", how="left", maintain_order="left")
        .join(world.subscriptions.select(*_WHO, "person_id", "start_date"), on=_WHO, how="left", maintain_order="left")
        .join(
            world.members.select("company_id", "person_id", "birth_date"),
            on=["company_id", "person_id"],
            how="left",
            maintain_order="left",
        )
        .select(
            pl.when(pl.col("age_on").is_null())
            .then(0)
            .otherwise(
                age(pl.col("birth_date"), judged_on(pl.col("age_on"), pl.col("coverage_start"), pl.col("start_date")))
            )
        )
        .to_series()
    )
    found: pl.Series = edges.gather(edges.search_sorted(years.fill_null(0), side="right") - 1)
    return pl.select(pl.when(years.is_not_null()).then(found).otherwise(-1)).to_series()


def _decide(asked: pl.DataFrame, world: World) -> pl.DataFrame:
    """One row per asked combination, with its price or the problem."""
    best = (
        _fitting(asked, world)
        .with_columns(_score=_score())
        .filter(pl.col("_score") == pl.col("_score").max().over(_ASKED))
        .sort("price_id")
        .group_by(_ASKED, maintain_order=True)
        .agg(pl.len().alias("_winners"), pl.col("price_id", *MONEY, "rate").first())
        .rename({"amount_cents": "price_cents"} | {c: f"price_{c}" for c in MONEY[1:]})
    )
    taxes = world.fees.filter(pl.col("kind") == "tax")["fee_id"].implode()
    out_of_range = (
        (pl.min_horizontal("price_cents", *_PARTS) < 0)
        | (pl.max_horizontal("price_cents", *_PARTS) > HIGHEST_PRICE)
        | ~pl.col("rate").fill_null(0).is_between(0, 10_000_000)
    )
    problem = (
        pl.when(pl.col("price_id").is_null())
        .then(pl.lit("no_price"))
        .when(pl.col("_winners") > 1)
        .then(pl.lit("price_tie"))
        .when(out_of_range)
        .then(pl.lit("price_out_of_range"))
        .when(pl.col("rate").is_not_null() & ~pl.col("fee_id").is_in(taxes))
        .then(pl.lit("price_percent"))
        .otherwise(pl.lit(""))
    )
    return asked.join(best, on=_ASKED, how="left").with_columns(problem=problem).drop("_winners")


def _fitting(asked: pl.DataFrame, world: World) -> pl.DataFrame:
    """Every asked combination beside every price that fits it; one join for each set of names that prices ask for."""
    asks = [(pl.col(c) != "").cast(pl.Int32) * 2**n for n, c in enumerate(_NAMED)]
    offered = world.prices.with_columns(_shape=pl.sum_horizontal(asks)).rename({c: f"of_{c}" for c in _NAMED})
    found = []
    for shape in {0, *offered["_shape"]}:
        names = [c for n, c in enumerate(_NAMED) if shape >> n & 1]
        side = asked.with_columns(_nearness=pl.lit(0, pl.Int64))
        if "group_code" in names:
            side = side.drop("_nearness").join(_lower(world), on=["company_code", "group_code"], how="inner")
        pairs = side.join(
            offered.filter(pl.col("_shape") == shape),
            left_on=["fee_id", *("_group" if c == "group_code" else c for c in names)],
            right_on=["fee_id", *(f"of_{c}" for c in names)],
            how="inner",
            coalesce=False,
            suffix="_offered",
        )
        found.append(pairs.filter(_in_force()).select(*_ASKED, *_SCORED, "price_id", *MONEY, "rate"))
    return pl.concat(found)


def _lower(world: World) -> pl.DataFrame:
    """company_code, group_code, _group (it or one above it), _nearness (higher is nearer)."""
    return (
        above(world.sub_groups)
        .join(world.companies.select("company_id", "company_code"), on="company_id", how="inner")
        .select(
            "company_code",
            "group_code",
            _group="above",
            _nearness=(_FARTHEST - pl.col("distance").cast(pl.Int64)).clip(1),
        )
    )


def _in_force() -> pl.Expr:
    """The price holds on the day, in the step and at the age asked for; an unknown age fits only a price for all."""
    ages = pl.col("_age").is_between(pl.col("age_from"), pl.col("age_to")) | ~_BANDED
    return (
        (pl.col("step_from") <= pl.col("_step"))
        & (pl.col("valid_from") <= pl.col("coverage_start"))
        & (pl.col("valid_to").is_null() | (pl.col("coverage_start") < pl.col("valid_to")))
        & ages
    )


def _score() -> pl.Expr:
    """One number that orders prices from general to specific: 15 bits of names, 20 of step, 23 of date."""
    names: list[pl.Expr] = [
        pl.col("of_member_code") != "",
        pl.col("_nearness"),  # 10 bits
        pl.col("of_company_code") != "",
        pl.col("of_agent_code") != "",
        pl.col("of_tier") != "",
        _BANDED,
    ]
    score = pl.lit(0, pl.Int64)
    for name, bits in zip(names, [1, 10, 1, 1, 1, 1], strict=True):
        score = score * 2**bits + name.cast(pl.Int64)
    days = pl.col("valid_from").cast(pl.Int32).cast(pl.Int64) + _DAY_ZERO
    return (score * 2**20 + pl.col("step_from")) * 2**23 + days
