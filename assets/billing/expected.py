"""What should be booked: the terms x calendar x fees x prices, whatever is booked already. Pure.

Source: billing reference sections 1 to 7.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import less_holds, merged, periods
from assets.billing.prices import priced
from assets.billing.proration import ONE, cents, fraction
from assets.billing.shares import divided
from assets.billing.taxes import with_taxes
from assets.billing.world import CHARGE, KEY, World

_WHO = ["company_id", "subscription_id"]
_FOLLOWS = pl.col("kind") == "tax"  # it has no periods of its own
_ONE_TIME = (pl.col("recurrence") == "one_time") | (pl.col("kind") == "trial")
COLUMNS = [
    *KEY,
    "coverage_end",
    "amount_cents",
    "vendor_cents",
    "commissionable_cents",
    "price_id",
    "price_cents",
    "one_time",
    "whole",
    "hold",
    "due",
    "problem",
    "number",
]


def terms_of(subscriptions: pl.DataFrame, world: World) -> pl.DataFrame:
    """Subscriptions with what their company and product add.

    Returns:
        The subscriptions with company_code, bill_lead_days, go_live, proration, trial_days and phase_start, the first
        day of the recurring phase (the trial's end).
    """
    return (
        subscriptions.join(world.companies, on="company_id", how="inner", maintain_order="left")
        .join(world.products, on="product_id", how="inner", maintain_order="left")
        .with_columns(phase_start=pl.col("start_date") + pl.duration(days="trial_days"))
    )


def expected(
    terms: pl.DataFrame, world: World, day: dt.date, *, scope: tuple[dt.date, dt.date], recorded: pl.DataFrame
) -> pl.DataFrame:
    """What should be booked for coverage that starts within `scope` (first and last day, both included).

    Args:
        terms: of `terms_of`.
        world: fees, prices, holds.
        day: the business date.
        scope: coverage starts to compute.
        recorded: booked lines (`world.RECORDED`), for where one-time fees were booked.

    Returns:
        `COLUMNS`, one row per `KEY`: amounts in cents prorated; price_cents the unprorated price; whole: nothing was
        prorated; hold: the held part in words; due: its bill date has come; problem: why it can't be priced, or ''.
    """
    fees = world.fees.filter(~_FOLLOWS)
    monthly = _monthly(terms, world.holds, scope).join(
        fees.filter(~_ONE_TIME).select("fee_id", "product_id"), on="product_id", how="inner", maintain_order="left"
    )
    once = _one_time(terms, fees.filter(_ONE_TIME).select("fee_id", "product_id"), recorded, scope)
    narrow = [*CHARGE, "coverage_end", "company_code", "tier", "number", "fraction", "hold", "one_time", "bill_lead_days"]
    charges = priced(pl.concat([monthly.select(narrow), once.select(narrow)]), world)
    free = pl.col("fraction") == 0  # needs no price
    part = {
        "amount_cents": "price_cents",
        "vendor_cents": "price_vendor_cents",
        "commissionable_cents": "price_commissionable_cents",
    }
    charges = charges.with_columns(
        **{c: pl.when(free).then(0).otherwise(cents(pl.col(p), pl.col("fraction"))) for c, p in part.items()},
        problem=pl.when(free).then(pl.lit("")).otherwise(pl.col("problem")),
        whole=pl.col("fraction") == ONE,
        due=pl.col("coverage_start") <= pl.lit(day) + pl.duration(days="bill_lead_days"),
    )
    return divided(with_taxes(charges, world), world).select(COLUMNS)


def _monthly(terms: pl.DataFrame, holds: pl.DataFrame, scope: tuple[dt.date, dt.date]) -> pl.DataFrame:
    """Recurring periods with their fraction and billed month number, one row per subscription and period."""
    first, last = scope
    joined = merged(holds)
    # A wholly held period does not count as a billed month, so terms with holds are laid out from their beginning.
    held_terms = terms.join(joined, on=_WHO, how="semi", maintain_order="left")
    plain_terms = terms.join(joined, on=_WHO, how="anti", maintain_order="left")
    begin = pl.max_horizontal(pl.lit(first), pl.col("go_live"))
    plain = periods(plain_terms.with_columns(scope_from=begin), last).with_columns(
        held_days=pl.lit(0, pl.Int64), held_days30=pl.lit(0, pl.Int64), hold=pl.lit("")
    )
    held = less_holds(periods(held_terms.with_columns(scope_from=pl.col("phase_start")), last), joined)
    unbilled = ((pl.col("coverage_end") - pl.col("coverage_start")).dt.total_days() <= pl.col("held_days")).cast(
        pl.Int32
    )
    held = held.with_columns(number=pl.col("number") - unbilled.cum_sum().over(_WHO)).filter(
        pl.col("coverage_start") >= begin
    )
    # The free leading stub of a product without proration is no billed month either.
    free_stub = (pl.col("has_stub") & (pl.col("proration") == "none")).cast(pl.Int32)
    return pl.concat([plain, held.select(plain.columns)]).with_columns(
        fraction=fraction(),
        number=(pl.col("number") - free_stub).clip(1),
        one_time=pl.lit(value=False),
    )


def _one_time(
    terms: pl.DataFrame, fees: pl.DataFrame, recorded: pl.DataFrame, scope: tuple[dt.date, dt.date]
) -> pl.DataFrame:
    """One charge per subscription and one-time fee, at the start, or where it was booked before the start moved."""
    booked = (
        recorded.filter(pl.col("revision") == 0)
        .join(fees, on="fee_id", how="semi")
        .group_by(*_WHO, "fee_id")
        .agg(booked_at=pl.col("coverage_start").min())
    )
    ever_covered = pl.col("end_date").is_null() | (pl.col("end_date") > pl.col("start_date"))
    return (
        terms.filter(ever_covered)
        .join(fees, on="product_id", how="inner", maintain_order="left")
        .join(booked, on=[*_WHO, "fee_id"], how="left", maintain_order="left")
        .filter(pl.col("start_date") >= pl.col("go_live"))
        .with_columns(coverage_start=pl.coalesce("booked_at", "start_date"))
        .filter(pl.col("coverage_start").is_between(*scope))
        .with_columns(
            coverage_end=pl.col("coverage_start"),
            number=pl.lit(1, pl.Int32),
            fraction=pl.lit(ONE, pl.Int64),
            hold=pl.lit(""),
            one_time=pl.lit(value=True),
        )
    )
