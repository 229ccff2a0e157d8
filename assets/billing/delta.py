"""Expected minus recorded, as lines. Pure.

Source: billing reference section 6. A booked line is never edited: a key's first line has revision 0, each correction
the next one, names the first and says why. As no expected amount is below zero, no credit exceeds what is left; what a
memo took of a charge is not credited a second time.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.causes import corrected, first_cause
from assets.billing.world import CHARGE, KEY, MONEY, QUARANTINED, quarantined

_WHO = ["company_id", "subscription_id"]
LINE = [*KEY, "coverage_end", "revision", "kind", *MONEY, "price_id", "corrects", "cause"]


def balances(recorded: pl.DataFrame) -> pl.DataFrame:
    """What is booked per key, over all its revisions.

    Returns:
        `KEY`, booked_amount_cents, booked_vendor_cents, booked_commissionable_cents (sums), corrects (line_id of
        revision 0), booked_revision (the last), and of the last line: booked_end, booked_price_id, booked_less_hold.
    """
    last = {
        "revision": "booked_revision",
        "coverage_end": "booked_end",
        "price_id": "booked_price_id",
        "less_hold": "booked_less_hold",
    }
    sums = {c: f"booked_{c}" for c in MONEY}
    shape = [*KEY, "corrects", *last.values(), *sums.values()]
    named = recorded.rename({**last, **sums, "line_id": "corrects"}).select(shape)
    # Nearly every key has one line: only the others are worth grouping.
    corrections = named.filter(pl.col("booked_revision") > 0)
    if corrections.is_empty():
        return named
    touched = corrections.select(KEY).unique()
    several = (
        named.join(touched, on=KEY, how="semi")
        .sort(*KEY, "booked_revision")
        .group_by(KEY, maintain_order=True)
        .agg(pl.col("corrects").first(), pl.col(*last.values()).last(), pl.col(*sums.values()).sum())
    )
    return pl.concat([named.join(touched, on=KEY, how="anti"), several.select(shape)])


def delta(
    expected: pl.DataFrame,
    booked: pl.DataFrame,
    terms: pl.DataFrame,
    prices: pl.DataFrame,
    day: dt.date,
    *,
    memos: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines that are missing, and the keys that could not be judged.

    Args:
        expected: of `expected.expected`, the scope's.
        booked: of `balances`, the same scope's.
        terms: of `expected.terms_of`, only subscriptions that can be billed: others stay as they are.
        prices: `world.PRICES`, to say what changed.
        day: the business date.
        memos: `world.MEMOS`.

    Returns:
        (lines of `LINE` in natural order, quarantine rows).
    """
    known = booked.join(terms, on=_WHO, how="semi")
    both = _besides(expected.join(known, on=KEY, how="full", coalesce=True), memos)
    matters = pl.col("due") | pl.col("corrects").is_not_null()
    stuck = both.filter(matters & (pl.col("problem").fill_null("") != ""))
    fit = both.filter(pl.col("problem").fill_null("") == "")
    # Parts that are booked of a charge nobody can price stay as they are, also those that are shared differently now.
    fit = fit.join(stuck, on=CHARGE, how="anti")
    over = fit.filter(pl.col("booked_amount_cents") < 0)
    fit = fit.filter(pl.col("booked_amount_cents").is_null() | (pl.col("booked_amount_cents") >= 0))
    fresh = fit.filter(pl.col("corrects").is_null() & pl.col("due") & (pl.col("amount_cents") > 0))
    changed = fit.filter(
        pl.col("corrects").is_not_null()
        & pl.any_horizontal(pl.col(c).fill_null(0) != pl.col(f"booked_{c}") for c in MONEY)
    )
    lines = pl.concat([_first(fresh, day).select(LINE), corrected(changed, terms, prices).select(LINE)])
    return lines.sort(*KEY, "revision"), _named(stuck, over, terms)


def _besides(both: pl.DataFrame, memos: pl.DataFrame) -> pl.DataFrame:
    """A charge stays at least at what memos took of it: lines and memos together never come below zero."""
    if memos.is_empty():
        return both
    taken = {c: f"_taken_{c}" for c in MONEY}
    return (
        both.join(memos.rename(taken), on=KEY, how="left")
        .with_columns(
            pl.when(pl.col(t).is_null() | pl.col("corrects").is_null())
            .then(pl.col(c))
            .otherwise(pl.max_horizontal(pl.col(c).fill_null(0), -pl.col(t)))
            .alias(c)
            for c, t in taken.items()
        )
        .drop(taken.values())
    )


def _first(fresh: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Revision 0 of keys that have no line yet; coverage that is over by now was learned late."""
    late = ~pl.col("one_time") & (pl.col("coverage_end") <= day)
    return fresh.with_columns(
        revision=pl.lit(0, pl.Int32),
        kind=pl.when(late).then(pl.lit("retro_add")).otherwise(pl.lit("charge")),
        corrects=pl.lit(None, pl.Int64),
        cause=first_cause(late),
    )


def _named(stuck: pl.DataFrame, over: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    codes = terms.select(*_WHO, "code")
    since = pl.col("coverage_start").cast(pl.String)
    words = {
        "no_price": pl.format("fee {} has no price for tier {} on {}", "fee_id", "tier", since),
        "price_tie": pl.format("two prices of fee {} are equally specific for tier {} on {}", "fee_id", "tier", since),
        "no_premium": pl.format("the premium that tax {} goes by has no price on {}", "fee_id", since),
        "price_percent": pl.format("the price of fee {} on {} is a percent, but the fee is no tax", "fee_id", since),
        "price_out_of_range": pl.format("the price of fee {} on {} is below zero or too large", "fee_id", since),
    }
    rows = stuck.join(terms.select(*_WHO, "code", "tier"), on=_WHO, how="inner").sort(KEY)
    found = [quarantined(rows.filter(pl.col("problem") == rule), rule, reason) for rule, reason in words.items()]
    too_much = over.join(codes, on=_WHO, how="inner").sort(KEY)
    found.append(
        quarantined(too_much, "over_credited", pl.format("fee {} is credited below zero on {}", "fee_id", since))
    )
    return pl.concat(found).select(list(QUARANTINED))
