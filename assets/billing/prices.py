"""Which price row decides a charge: the most specific one (company, tier, step), then the latest; a tie is named.

Source: billing reference section 5 (step-down) and the comment of master.price.
"""

from __future__ import annotations

import polars as pl

from assets.billing.proration import HIGHEST_PRICE
from assets.billing.world import MONEY

_ASKED = ["fee_id", "company_code", "tier", "_step", "coverage_start"]
_PARTS = [f"price_{c}" for c in MONEY[1:]]
_DAY_ZERO = 719_163  # days from year 1 to 1970: keeps the score of old dates positive


def priced(charges: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Add the deciding price to each charge.

    Args:
        charges: fee_id, company_code, tier, number (billed month, from 1), coverage_start.
        prices: columns of `world.PRICES`; '' in company_code or tier means every one.

    Returns:
        The charges in their order with price_id, price_cents, price_vendor_cents, price_commissionable_cents (null
        when none decides) and problem: '', no_price, price_tie or price_out_of_range.
    """
    last_step = prices.group_by("fee_id").agg(_last=pl.col("step_from").max())
    # Beyond the last step nothing changes: without this cap every month of a long subscription would be asked for.
    asking = (
        charges.join(last_step, on="fee_id", how="left", maintain_order="left")
        .with_columns(_step=pl.min_horizontal("number", pl.col("_last").fill_null(1)))
        .drop("_last")
    )
    decided = _decide(asking.select(_ASKED).unique(), prices)
    return asking.join(decided, on=_ASKED, how="left", maintain_order="left").drop("_step")


def _decide(asked: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """One row per asked combination, with its price or the problem."""
    offered = prices.rename({"company_code": "of_company", "tier": "of_tier"})
    fits = (
        ((pl.col("of_company") == "") | (pl.col("of_company") == pl.col("company_code")))
        & ((pl.col("of_tier") == "") | (pl.col("of_tier") == pl.col("tier")))
        & (pl.col("step_from") <= pl.col("_step"))
        & (pl.col("valid_from") <= pl.col("coverage_start"))
        & (pl.col("valid_to").is_null() | (pl.col("coverage_start") < pl.col("valid_to")))
    )
    specific = (pl.col("of_company") != "").cast(pl.Int64) * 2 + (pl.col("of_tier") != "").cast(pl.Int64)
    age = pl.col("valid_from").cast(pl.Int32).cast(pl.Int64) + _DAY_ZERO
    # One number orders company, tier, step and date: 2 + 32 + 23 bits.
    score = (specific * 2**32 + pl.col("step_from")) * 2**23 + age
    best = (
        asked.join(offered, on="fee_id", how="inner")
        .filter(fits)
        .with_columns(_score=score)
        .filter(pl.col("_score") == pl.col("_score").max().over(_ASKED))
        .sort("price_id")
        .group_by(_ASKED, maintain_order=True)
        .agg(pl.len().alias("_winners"), pl.col("price_id", *MONEY).first())
        .rename({"amount_cents": "price_cents"} | {c: f"price_{c}" for c in MONEY[1:]})
    )
    out_of_range = ~pl.min_horizontal("price_cents", *_PARTS).is_between(0, HIGHEST_PRICE) | (
        pl.max_horizontal("price_cents", *_PARTS) > HIGHEST_PRICE
    )
    problem = (
        pl.when(pl.col("price_id").is_null())
        .then(pl.lit("no_price"))
        .when(pl.col("_winners") > 1)
        .then(pl.lit("price_tie"))
        .when(out_of_range)
        .then(pl.lit("price_out_of_range"))
        .otherwise(pl.lit(""))
    )
    return asked.join(best, on=_ASKED, how="left").with_columns(problem=problem).drop("_winners")
