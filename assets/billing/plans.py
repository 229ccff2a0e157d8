"""Plan changes: subscriptions of one person that follow each other within a product family. Pure.

Source: billing reference section 5. The new plan's trial counts from the first plan's start, a fee that comes once per
enrolment came with the first plan that has it, and a period the old plan charged is not charged again by the new one.
"""

from __future__ import annotations

import polars as pl

from assets.billing.proration import ONE, by_days

_WHO = ["company_id", "subscription_id"]
_CHAIN = ["company_id", "chain"]


def chained(terms: pl.DataFrame) -> pl.DataFrame:
    """Add what a term has from the plans before it.

    A plan follows another when it begins on the day the other ends, for the same person and in the same family.

    Args:
        terms: company_id, subscription_id, person_id, family ('' for none), start_date, end_date.

    Returns:
        The terms in their order with chain (subscription_id of the first plan) and trial_start (its start).
    """
    alone = {"chain": pl.col("subscription_id"), "trial_start": pl.col("start_date")}
    related = terms.filter(pl.col("family") != "")
    if related.is_empty():
        return terms.with_columns(**alone)
    who = ["company_id", "person_id", "family"]
    follows = pl.col("start_date") == pl.col("end_date").shift(1).over(who)
    first = (
        related.sort(*who, "start_date", "end_date", "subscription_id", nulls_last=True)
        .with_columns(_group=(~follows.fill_null(value=False)).cum_sum().over(who))
        .select(
            *_WHO,
            chain=pl.col("subscription_id").first().over(*who, "_group"),
            trial_start=pl.col("start_date").first().over(*who, "_group"),
        )
    )
    return terms.join(first, on=_WHO, how="left", maintain_order="left").with_columns(
        pl.coalesce(name, other).alias(name) for name, other in alone.items()
    )


def once_per_chain(charges: pl.DataFrame) -> pl.DataFrame:
    """One-time charges without those that an earlier plan of the chain has made.

    Args:
        charges: company_id, chain, fee_code, kind, charge_date; a paid trial counts as one whatever its fee's code.
    """
    changed = charges.filter(pl.col("chain") != pl.col("subscription_id")).select(_CHAIN)
    if changed.is_empty():
        return charges
    code = pl.when(pl.col("kind") == "trial").then(pl.lit("")).otherwise("fee_code")
    firsts = (
        charges.join(changed, on=_CHAIN, how="semi", maintain_order="left")
        .with_columns(_code=code)
        .sort("charge_date", "subscription_id", maintain_order=True)
        .unique([*_CHAIN, "_code", "kind"], keep="first", maintain_order=True)
        .drop("_code")
    )
    return pl.concat([charges.join(changed, on=_CHAIN, how="anti", maintain_order="left"), firsts])


def not_twice(coverage: pl.DataFrame, laid_out: pl.DataFrame) -> pl.DataFrame:
    """The leading stub of a plan that follows another, freed of what the plans before have charged.

    Where the stub lies in a period that an earlier plan charged in full it is free; where that plan charged its own
    days only, a rule that would charge the whole period again gives way to actual days.

    Args:
        coverage: recurring periods with fraction, what it is computed from, and fee_code.
        laid_out: the same of the chains' terms over their whole length.

    Returns:
        The periods in their order, fractions replaced.
    """
    cut = laid_out.filter(pl.col("coverage_end") < pl.col("natural_end")).select(
        *_CHAIN, "fee_code", ended="coverage_end", reaches="natural_end", charged="fraction"
    )
    stubs = coverage.with_row_index("_row").filter(
        (pl.col("chain") != pl.col("subscription_id")) & (pl.col("coverage_start") == pl.col("phase_start"))
    )
    before = (
        stubs.select("_row", *_CHAIN, "fee_code", "coverage_start")
        .join(cut, on=[*_CHAIN, "fee_code"], how="inner")
        .filter((pl.col("ended") <= pl.col("coverage_start")) & (pl.col("coverage_start") < pl.col("reaches")))
        .group_by("_row")
        .agg(_charged=pl.col("charged").max())
    )
    own = pl.col("fraction")
    return (
        coverage.with_row_index("_row")
        .join(before, on="_row", how="left", maintain_order="left")
        .with_columns(
            fraction=pl.when(pl.col("_charged") == ONE)
            .then(0)
            .when((pl.col("_charged") > 0) & pl.col("proration").is_in(["whole", "fifteenth"]))
            .then(pl.min_horizontal(own, by_days()))
            .otherwise(own)
            .cast(pl.Int64)
        )
        .drop("_row", "_charged")
    )
