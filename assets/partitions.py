"""The two ways the work is cut: a night (business date x book of business) and an inbound file.

Books stay few and days are bounded, so that the orchestrator's grid stays small enough to read.
"""

from __future__ import annotations

import datetime as dt

import dagster as dg

from resources.home import setting, utc_today

FIRST_NIGHT = "2026-01-01"


def nights_until(today: dt.date, asked: str | None) -> int:
    """How many days the grid holds from today on: today and tomorrow, or up to the furthest night asked for.

    Tomorrow, because today is the clock's in UTC and a book in Guam is already a day ahead when its night starts.

    Args:
        today: the clock's date.
        asked: an ISO date, DAYBOOK_NIGHTS_UNTIL; rehearsals of future nights set it.
    """
    return max(2, (dt.date.fromisoformat(asked) - today).days + 1 if asked else 2)


BOOKS = dg.DynamicPartitionsDefinition(name="book")
DAYS = dg.DailyPartitionsDefinition(
    start_date=FIRST_NIGHT,
    end_offset=nights_until(utc_today(), setting("NIGHTS_UNTIL")),
)
NIGHTS = dg.MultiPartitionsDefinition({"date": DAYS, "book": BOOKS})
INBOUND = dg.DynamicPartitionsDefinition(name="inbound_file")


def night_key(business_date: dt.date, book: str) -> dg.MultiPartitionKey:
    """The partition of one book's night."""
    return dg.MultiPartitionKey({"date": business_date.isoformat(), "book": book})


def night_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> tuple[dt.date, str]:
    """The business date and book that this run is for: from its tags, which checks see too."""
    tags = context.run.tags
    return dt.date.fromisoformat(tags["dagster/partition/date"]), tags["dagster/partition/book"]
