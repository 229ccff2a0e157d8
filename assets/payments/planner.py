"""The planner: on which day each entry's money moves. Frames in, frames out; the clock is an argument."""

from __future__ import annotations

import datetime as dt

import polars as pl

from formats.nacha.calendar import plus_banking_days
from resources.partners import BankTerms


def planned(rows: pl.DataFrame) -> pl.DataFrame:
    """Add effective_date: a banking day, never before the wanted one nor before `earliest`."""
    wanted = plus_banking_days(rows["wanted_date"], 0)
    return rows.with_columns(effective_date=pl.max_horizontal(pl.col("earliest"), pl.lit(wanted)))


def earliest_effective(business_date: dt.date, terms: BankTerms) -> dt.date:
    """Return the first banking day on which this bank can still move money of a file of this business date."""
    day: dt.date = plus_banking_days(pl.Series([business_date], dtype=pl.Date), terms.lead_banking_days)[0]
    return day
