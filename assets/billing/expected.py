"""What should be booked: the terms x calendar x fees x prices, whatever is booked already. Pure.

Source: billing reference sections 1 to 7.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import CYCLES, periods
from assets.billing.holds import less_holds
from assets.billing.once import one_time
from assets.billing.plans import not_twice
from assets.billing.prices import priced
from assets.billing.proration import ONE, cents, fraction
from assets.billing.shares import divided
from assets.billing.taxes import with_taxes
from assets.billing.terms import FOLLOWS, ONE_TIME, cycles, scoped, uncovered
from assets.billing.world import CHARGE, KEY, World

_WHO = ["company_id", "subscription_id"]
_CYCLE = ["product_id", "recurrence", "alignment"]
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
    "fraction",
]
# What neither periods nor prices ask of terms: a million rows are laid out a third faster without it.
_TOLD = ["code", "product_code", "method", "group_code", "agent_code", "created_on", "recurring_from", "trial_billed"]
_NARROW = [*CHARGE, "coverage_end", "company_code", "tier", "number", "fraction", "hold", "one_time", "ahead_days"]


def expected(
    terms: pl.DataFrame,
    world: World,
    day: dt.date,
    *,
    through: dt.date,
    recorded: pl.DataFrame,
    older: bool = False,
) -> pl.DataFrame:
    """What should be booked for coverage within the scope of `terms.scoped`.

    Args:
        terms: of `terms.terms_of`.
        world: fees, prices, holds.
        day: the business date.
        through: the last coverage start wanted.
        recorded: booked lines (`world.RECORDED`), for where one-time fees were booked.
        older: what lies before the retro window instead of in it.

    Returns:
        `COLUMNS`, one row per `KEY`: amounts in cents prorated; price_cents the unprorated price; whole: nothing was
        prorated; hold: the held part in words; due: its bill date has come; problem: why it can't be priced, or ''.
    """
    recurring = _recurring(terms, world, through, older=older)
    once = one_time(terms, world, through, recorded=recorded, older=older)
    charges = priced(pl.concat([recurring.select(_NARROW), once.select(_NARROW)]), world)
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
        due=pl.col("coverage_start") <= pl.lit(day) + pl.duration(days="ahead_days"),
    )
    return divided(with_taxes(charges, world), world).select(COLUMNS)


def _recurring(terms: pl.DataFrame, world: World, through: dt.date, *, older: bool) -> pl.DataFrame:
    """Recurring charges with their fraction and paid period number, one row per subscription, fee and period."""
    terms = terms.drop(_TOLD)
    rows = scoped(cycles(terms, world), through, older=older).with_columns(
        scope_from=pl.max_horizontal("scope_from", "go_live")
    )
    coverage = _measured(rows, world)
    changed = terms.filter(pl.col("chain") != pl.col("subscription_id")).select("company_id", "chain")
    if changed.is_empty():
        return coverage
    whole_chains = cycles(terms.join(changed, on=["company_id", "chain"], how="semi", maintain_order="left"), world)
    ever = whole_chains.with_columns(scope_from=pl.col("phase_start"), scope_to=pl.lit(through))
    return not_twice(coverage, _measured(ever, world))


def _measured(rows: pl.DataFrame, world: World) -> pl.DataFrame:
    """Periods of `cycles` within their scope, less what is held, with number and fraction, times their fees."""
    gone = uncovered(world)
    # A wholly held period does not count as a paid one, so terms with holds are laid out from their beginning.
    held_rows = rows.join(gone, on=_WHO, how="semi", maintain_order="left")
    plain = periods(rows.join(gone, on=_WHO, how="anti", maintain_order="left")).with_columns(
        held_days=pl.lit(0, pl.Int64), held_fixed=pl.lit(0, pl.Int64), hold=pl.lit("")
    )
    laid = periods(held_rows.with_columns(begin=pl.col("scope_from"), scope_from=pl.col("phase_start")))
    held = less_holds(laid, gone)
    days = (pl.col("coverage_end") - pl.col("coverage_start")).dt.total_days()
    unpaid = (days <= pl.col("held_days")).cast(pl.Int32).cum_sum().over(*_WHO, *_CYCLE)
    held = held.with_columns(number=pl.col("number") - unpaid).filter(pl.col("coverage_start") >= pl.col("begin"))
    uncounted = pl.col("has_stub") & ((pl.col("proration") == "none") | ~pl.col("stub_counts"))
    fees = world.fees.filter(~ONE_TIME & ~FOLLOWS & pl.col("recurrence").is_in(list(CYCLES)))
    return (
        pl.concat([plain, held.select(plain.columns)])
        .with_columns(
            fraction=fraction(),
            number=(pl.col("number") - uncounted.cast(pl.Int32)).clip(1),
            one_time=pl.lit(value=False),
        )
        .join(fees.select("fee_id", "fee_code", *_CYCLE), on=_CYCLE, how="inner", maintain_order="left")
    )
