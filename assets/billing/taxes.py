"""Taxes: charges that follow the premium instead of having periods of their own. Pure.

Source: billing reference section 4 and 16.11. A tax is a percent of every premium line of the same coverage, rounded
half up per line, or an amount, prorated as the premium is. As what is expected is compared with what is booked, the
credit of the last part of a premium takes whatever is left of its tax.
"""

from __future__ import annotations

import polars as pl

from assets.billing.prices import priced
from assets.billing.proration import cents
from assets.billing.world import CHARGE, MONEY, World

_MILLION = 1_000_000
_PRICES = ["price_cents", "price_vendor_cents", "price_commissionable_cents"]


def with_taxes(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """The charges and the taxes on their premiums.

    Args:
        charges: priced: `CHARGE`, `MONEY`, coverage_end, company_code, tier, number, fraction, price_* and problem, and
            further columns, which a tax takes from its (first) premium.
        world: fees and prices.

    Returns:
        The same columns; a tax whose premium has a problem has the problem no_premium and is not judged either.
    """
    taxes = world.fees.filter(pl.col("kind") == "tax").select("product_id", _tax="fee_id")
    if taxes.is_empty():
        return charges
    premiums = charges.join(
        world.fees.filter(pl.col("kind") == "premium").select("fee_id", "product_id"), on="fee_id", how="inner"
    ).join(taxes, on="product_id", how="inner")
    asking = premiums.with_columns(
        fee_id="_tax",
        _premium="amount_cents",
        _fails=pl.col("problem") != "",
    ).drop("product_id", "_tax", "price_id", *_PRICES, "rate", "problem")
    return pl.concat([charges, _summed(priced(asking, world)).select(charges.columns)])


def _summed(taxes: pl.DataFrame) -> pl.DataFrame:
    """One row per tax and coverage: percents of several premiums add up, an amount is charged once."""
    by_percent = pl.col("rate").is_not_null()
    free = pl.col("fraction") == 0  # needs no price
    of_premium = (pl.col("_premium") * pl.col("rate") + _MILLION // 2) // _MILLION
    prorated = {c: cents(pl.col(p), pl.col("fraction")) for c, p in zip(MONEY, _PRICES, strict=True)}
    taxed = taxes.sort(*CHARGE, "coverage_end").with_columns(
        **{
            c: pl.when(free).then(0).when(by_percent).then(of_premium if c == "amount_cents" else 0).otherwise(amount)
            for c, amount in prorated.items()
        },
        problem=pl.when("_fails").then(pl.lit("no_premium")).when(free).then(pl.lit("")).otherwise("problem"),
    )
    total = pl.col("amount_cents")
    return (
        taxed.group_by(CHARGE, maintain_order=True)
        .agg(
            pl.when(by_percent.any()).then(total.sum()).otherwise(total.max()).alias("amount_cents"),
            pl.col("problem").max(),  # any word is more than none
            pl.exclude(*CHARGE, "amount_cents", "problem").last(),
        )
        # What a whole period costs now, for the words of a correction.
        .with_columns(price_cents=pl.when(by_percent).then(total).otherwise("price_cents"))
    )
