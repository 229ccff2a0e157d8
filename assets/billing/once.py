"""Charges that come once: enrolment and other one-time fees, and paid trials. Pure.

Source: billing reference section 5. Once per enrolment whatever changes later, and again on a reinstatement where the
product says so. A paid trial is charged when it begins or when it ends, as the product says, and never both.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.plans import once_per_chain
from assets.billing.proration import ONE
from assets.billing.terms import ONE_TIME, scoped
from assets.billing.world import World

_WHO = ["company_id", "subscription_id"]


def one_time(
    terms: pl.DataFrame, world: World, through: dt.date, *, recorded: pl.DataFrame, older: bool
) -> pl.DataFrame:
    """One-time charges within the scope of `terms.scoped`.

    A charge that is booked stays on its day when the start moves, so that it is neither credited nor made again.

    Args:
        terms: of `terms.terms_of`.
        world: fees and standings.
        through: the last coverage start wanted.
        recorded: booked lines (`world.RECORDED`).
        older: coverage before the retro window instead of in it.

    Returns:
        The terms with fee_id, coverage_start, coverage_end (the same day), number (1), fraction (whole), hold ('') and
        one_time.
    """
    fees = world.fees.filter(ONE_TIME).select("fee_id", "product_id", "fee_code", "kind")
    if fees.is_empty():
        terms = terms.clear()
    ended = pl.col("end_date").is_not_null()
    late = (pl.col("kind") == "trial") & (pl.col("trial_billed") == "end")
    rows = terms.join(fees, on="product_id", how="inner", maintain_order="left").with_columns(
        charge_date=pl.when(late).then(pl.max_horizontal("start_date", "trial_end")).otherwise("start_date")
    )
    first = once_per_chain(rows.filter(~ended | (pl.col("end_date") > pl.col("charge_date"))))
    again = _again(rows, world.standings)
    booked = (
        recorded.filter(pl.col("revision") == 0)
        .join(fees, on="fee_id", how="semi")
        .join(again, on=[*_WHO, "fee_id", "coverage_start"], how="anti")
        .group_by(*_WHO, "fee_id")
        .agg(booked_at=pl.col("coverage_start").min())
    )
    kept = first.join(booked, on=[*_WHO, "fee_id"], how="left", maintain_order="left").with_columns(
        coverage_start=pl.coalesce("booked_at", "charge_date")
    )
    every = pl.concat([kept.drop("booked_at"), again]).filter(pl.col("charge_date") >= pl.col("go_live"))
    within = scoped(every.with_columns(reach_months=pl.lit(0, pl.Int32)), through, older=older)
    return within.filter(pl.col("coverage_start").is_between("scope_from", "scope_to")).with_columns(
        coverage_end=pl.col("coverage_start"),
        number=pl.lit(1, pl.Int32),
        fraction=pl.lit(ONE, pl.Int64),
        hold=pl.lit(""),
        one_time=pl.lit(value=True),
    )


def _again(rows: pl.DataFrame, standings: pl.DataFrame) -> pl.DataFrame:
    """The same fees on each day of reinstatement, for products that charge them again; no trial begins again."""
    back = (
        standings.filter(pl.col("event") == "reinstatement")
        .select(*_WHO, charge_date="effective_date")
        .unique(maintain_order=True)
    )
    return (
        rows.filter(pl.col("enrollment_again") & (pl.col("kind") != "trial"))
        .drop("charge_date")
        .join(back, on=_WHO, how="inner", maintain_order="left")
        .filter(
            (pl.col("charge_date") > pl.col("start_date"))
            & (pl.col("end_date").is_null() | (pl.col("charge_date") < pl.col("end_date")))
        )
        .with_columns(coverage_start=pl.col("charge_date"))
        .select(*rows.columns, "coverage_start")
    )
