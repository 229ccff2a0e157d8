"""Who is covered, and which part of it a vendor is to see. Pure: frames in, frames out; periods are half-open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

SUBSCRIPTION = ["company_id", "subscription_id"]
PERSON = [*SUBSCRIPTION, "person_id"]


@dataclass(frozen=True)
class Windows:
    """How far a vendor looks around the business date: starts ahead, ends behind, in days.

    `for_ever`: what was told is never out of view, however long ago it ended. Differences need that.
    """

    ahead: int = 31
    behind: int = 60
    for_ever: bool = False


def pieces(subscriptions: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """The periods in which each subscription covers: its own minus its holds.

    Args:
        subscriptions: company_id, subscription_id, start_date, end_date (null: open).
        holds: company_id, subscription_id, from_date, to_date; they may overlap each other.

    Returns:
        company_id, subscription_id, begin, end (null: open); no empty period, none that touch.
    """
    known = subscriptions.select(*SUBSCRIPTION, "start_date", "end_date")
    cut = (
        holds.select(*SUBSCRIPTION, "from_date", "to_date")
        .join(known, on=SUBSCRIPTION, how="inner")
        .sort(*SUBSCRIPTION, "from_date", "to_date")
        .with_columns(pl.col("to_date").cum_max().over(SUBSCRIPTION).alias("reach"))
    )
    before = pl.col("reach").shift(1).over(SUBSCRIPTION)
    gaps = cut.select(
        *SUBSCRIPTION,
        begin=pl.max_horizontal("start_date", before),
        end=pl.min_horizontal("from_date", "end_date"),
    )
    rest = cut.group_by(SUBSCRIPTION, maintain_order=True).agg(
        begin=pl.max_horizontal(pl.col("start_date").first(), pl.col("reach").last()), end=pl.col("end_date").first()
    )
    free = known.join(cut, on=SUBSCRIPTION, how="anti").select(*SUBSCRIPTION, begin="start_date", end="end_date")
    found = pl.concat([free, gaps, rest])
    return found.filter(pl.col("end").is_null() | (pl.col("begin") < pl.col("end"))).sort(*SUBSCRIPTION, "begin")


def in_view(periods: pl.DataFrame, day: dt.date, windows: Windows) -> pl.DataFrame:
    """The one period per subscription that a vendor sees: in force, else starting soonest, else ended last.

    Args:
        periods: as `pieces` returns them.
        day: the business date.
        windows: a start later than `ahead` and an end earlier than `behind` days is not seen.
    """
    soon, lately = day + dt.timedelta(days=windows.ahead), day - dt.timedelta(days=windows.behind)
    open_or_later = pl.col("end").is_null() | (pl.col("end") > day)
    rank = pl.when(~open_or_later).then(2).when(pl.col("begin") > day).then(1).otherwise(0)
    # Within its rank: the next start first, but the latest end first.
    distance = pl.when(open_or_later).then(pl.col("begin") - day).otherwise(day - pl.col("end"))
    return (
        periods.filter((pl.col("begin") <= soon) & (pl.col("end").is_null() | (pl.col("end") >= lately)))
        .with_columns(rank.alias("rank"), distance.alias("distance"))
        .sort(*SUBSCRIPTION, "rank", "distance")
        .unique(SUBSCRIPTION, keep="first", maintain_order=True)
        .drop("rank", "distance")
    )


def no_longer(
    told: pl.DataFrame, seen: pl.DataFrame, periods: pl.DataFrame, day: dt.date, windows: Windows
) -> pl.DataFrame:
    """Coverage that the vendor was told of and that nothing in view speaks of any more: it must hear the end.

    Args:
        told: company_id, person_id, subscription_id, coverage_start, coverage_end, noticed_end and sub_end: the last
            that was told and not refused, the end that was told latest, and when the subscription ends now.
        seen: company_id, person_id, subscription_id of everything in view.
        periods: as `pieces` returns them, of the subscriptions known.
        day: the business date.
        windows: an end that was told and lies further behind is not repeated.

    Returns:
        The rows of `told` with begin and end: never later than the day, never before the begin.
    """
    lately = day - dt.timedelta(days=windows.behind)
    last = periods.filter(pl.col("begin") <= day).group_by(SUBSCRIPTION).agg(pl.col("end").last().alias("last_end"))
    lasting = pl.lit(windows.for_ever) | pl.col("coverage_end").is_null() | (pl.col("coverage_end") >= lately)
    gone = told.filter(lasting).join(seen, on=PERSON, how="anti")
    ended = pl.min_horizontal("coverage_end", "noticed_end", "sub_end", "last_end", pl.lit(day))
    return (
        gone.join(last, on=SUBSCRIPTION, how="left", maintain_order="left")
        .with_columns(begin=pl.col("coverage_start"), end=pl.max_horizontal("coverage_start", ended))
        .drop("last_end")
    )
