"""The retro window: how far back billing corrects by itself, and what lies further back and needs a person. Pure.

Source: billing reference section 6 (retro windows are settings; three months is its common figure for terms).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.world import KEY, quarantined

# Coverage that starts earlier than this many months before the business date is not corrected but reviewed.
WINDOW_MONTHS = 3

_WHO = ["company_id", "subscription_id"]


def window_start(day: dt.date) -> dt.date:
    """The first coverage start that may still be charged or corrected on a business date."""
    return months_before(day, WINDOW_MONTHS)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last day."""
    moved: dt.date = pl.Series([day]).dt.offset_by(f"-{months}mo").item()
    return moved


def at_edge(lines: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Subscriptions with a difference in the first month of the window: their older coverage may differ as well.

    Returns:
        company_id, subscription_id, sorted.
    """
    edge = months_before(day, WINDOW_MONTHS - 1)
    return lines.filter(pl.col("coverage_start") <= edge).select(_WHO).unique().sort(_WHO)


def review(older: pl.DataFrame, terms: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Quarantine rows for differences before the window, one per subscription.

    Args:
        older: lines that would correct coverage before the window, `KEY` and amount_cents.
        terms: with company_id, subscription_id, code.
        day: the business date.
    """
    sums = (
        older.group_by(_WHO)
        .agg(pl.col("amount_cents").sum(), since=pl.col("coverage_start").min(), keys=pl.len())
        .join(terms.select(*_WHO, "code"), on=_WHO, how="inner")
        .sort(_WHO)
    )
    return quarantined(
        sums,
        "outside_retro_window",
        pl.format(
            f"{{}} charges for coverage from {{}} to before {window_start(day)} differ by {{}} cents in all: "
            "too old to be corrected without a person",
            "keys",
            pl.col("since").cast(pl.String),
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
