"""The retro window: how far back billing corrects by itself, and what lies further back and needs a person. Pure.

Source: billing reference section 6. The window is a setting per product and direction; three months is its
common figure.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import months_later
from assets.billing.terms import reach_from, reaching, scoped
from assets.billing.world import CHARGE, KEY, World, quarantined

_WHO = ["company_id", "subscription_id"]
_WINDOW = ["add_from", "term_from", "settled_to"]


def inside(booked: pl.DataFrame, terms: pl.DataFrame, world: World, *, older: bool = False) -> pl.DataFrame:
    """What is booked of these terms within the scope the night computes; older: before it.

    Args:
        booked: of `delta.balances`.
        terms: of `terms.terms_of`.
        world: fees.
        older: see `terms.scoped`.
    """
    known = _with_window(booked, terms, world)
    within = pl.col("coverage_start").is_between("scope_from", "scope_to")
    return scoped(known, dt.date.max, older=older).filter(within).select(booked.columns)


def outside(lines: pl.DataFrame, terms: pl.DataFrame, world: World) -> pl.DataFrame:
    """Lines that may not be posted any more in their direction: `KEY`, revision and amount_cents.

    A charge counts as an addition, a credit as a termination; a correction of cost alone may go as far as either.
    """
    amount = pl.col("amount_cents")
    limit = (
        pl.when(amount > 0)
        .then("add_from")
        .when(amount < 0)
        .then("term_from")
        .otherwise(pl.min_horizontal("add_from", "term_from"))
    )
    return (
        _with_window(_early(lines, terms), terms, world)
        .filter(pl.col("coverage_start") < months_later(limit, -pl.col("reach_months")))
        .select(*KEY, "revision", "amount_cents")
    )


def at_edge(lines: pl.DataFrame, terms: pl.DataFrame, world: World) -> pl.DataFrame:
    """Subscriptions with a difference in the first month of the window: their older coverage may differ as well.

    Returns:
        company_id, subscription_id, sorted.
    """
    return (
        _with_window(_early(lines, terms), terms, world)
        .filter(pl.col("settled_to").is_null() & (pl.col("coverage_start") <= months_later(reach_from(), 1)))
        .select(_WHO)
        .unique()
        .sort(_WHO)
    )


def _early(lines: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """The few lines that may be near any window's edge."""
    near = pl.max_horizontal(pl.col("add_from").max(), pl.col("term_from").max())
    latest = terms.select(months_later(near, 1).fill_null(dt.date.min)).item()
    return lines.filter(pl.col("coverage_start") <= latest)


def _with_window(rows: pl.DataFrame, terms: pl.DataFrame, world: World) -> pl.DataFrame:
    return (
        rows.join(terms.select(*_WHO, *_WINDOW), on=_WHO, how="inner", maintain_order="left")
        .join(reaching(world.fees), on="fee_id", how="left", maintain_order="left")
        .with_columns(pl.col("reach_months").fill_null(0))
    )


def review(older: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Quarantine rows for differences outside the window, one per subscription.

    Args:
        older: lines that would correct that coverage, `KEY` and amount_cents.
        terms: with company_id, subscription_id, code, add_from, term_from.
    """
    sums = (
        older.group_by(_WHO)
        .agg(pl.col("amount_cents").sum(), since=pl.col("coverage_start").min(), keys=pl.struct(CHARGE).n_unique())
        .join(terms.select(*_WHO, "code", "add_from", "term_from"), on=_WHO, how="inner")
        .sort(_WHO)
    )
    limit = pl.when(pl.col("amount_cents") > 0).then("add_from").otherwise("term_from")
    return quarantined(
        sums,
        "outside_retro_window",
        pl.format(
            "{} charges for coverage from {} to before {} differ by {} cents in all: "
            "too old to be corrected without a person",
            "keys",
            pl.col("since").cast(pl.String),
            limit.cast(pl.String),
            "amount_cents",
        ),
    )


def twice_covered(lines: pl.DataFrame, older: pl.DataFrame) -> pl.DataFrame:
    """First charges whose days are still booked by a period from before the window (a moved bill day does that).

    Args:
        lines: tonight's lines.
        older: `balances` of coverage that starts before the window, with booked_end and booked_amount_cents.

    Returns:
        Those lines' `KEY`.
    """
    reach = (
        older.filter(pl.col("booked_amount_cents") > 0).group_by(*_WHO, "fee_id").agg(reach=pl.col("booked_end").max())
    )
    return (
        lines.filter((pl.col("revision") == 0) & (pl.col("coverage_end") > pl.col("coverage_start")))
        .join(reach, on=[*_WHO, "fee_id"], how="inner")
        .filter(pl.col("coverage_start") < pl.col("reach"))
        .select(KEY)
    )
