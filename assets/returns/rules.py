"""What a return does: which money comes back where, whether it is tried again, whether the account is stopped."""

from __future__ import annotations

import datetime as dt

import polars as pl

from formats.nacha import RETURN_CODES

LAST_ATTEMPT = 3  # the first and two reinitiations
REINITIATION_DAYS = 180  # counted from the first try's effective date, the earlier of the two readings


def return_rules(business_date: dt.date) -> pl.DataFrame:
    """The codes in force: code, retry (may be reinitiated as it is), stop_plan."""
    start, end = pl.col("effective_from"), pl.col("effective_to")
    in_force = (start.is_null() | (start <= business_date)) & (end.is_null() | (end > business_date))
    return RETURN_CODES.filter(in_force & (pl.col("kind") == "return")).select(
        code="return_code", retry=pl.col("retry_allowed") & (pl.col("retry") == "retry"), stop_plan="stop_plan"
    )


def judged(returns: pl.DataFrame, business_date: dt.date, retry_after_days: int) -> pl.DataFrame:
    """Add what follows from each return's code: retry_on (date or null), stop (yes, hold, review, null), known.

    A code that is not in force is kept and its account stopped for review: the money has come back all the same.

    Args:
        returns: code, attempt_no, first_effective.
        business_date: of the posting; a retry counts from it.
        retry_after_days: calendar days, of the bank's terms.
    """
    retry_on = business_date + dt.timedelta(days=retry_after_days)
    within = pl.lit(retry_on) <= pl.col("first_effective") + dt.timedelta(days=REINITIATION_DAYS)
    again = pl.col("retry") & (pl.col("attempt_no") < LAST_ATTEMPT) & within
    joined = returns.join(return_rules(business_date), on="code", how="left", maintain_order="left")
    known = pl.col("stop_plan").is_not_null()
    stopping = pl.when(pl.col("stop_plan").is_in(["yes", "hold", "review"])).then("stop_plan")
    return joined.with_columns(
        known=known,
        retry_on=pl.when(again.fill_null(value=False)).then(pl.lit(retry_on)),
        stop=pl.when(known).then(stopping).otherwise(pl.lit("review")),
    ).drop("retry", "stop_plan")


def split_seconds(returns: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the first return of each entry from what comes after it.

    The same code again is the same return delivered twice and is nothing; another code for an entry that has come
    back is for a person.

    Args:
        returns: in file order, with `returned` (the code already recorded for the entry, null: none).

    Returns:
        Returns to post, and second returns with another code.
    """
    key = ["company_id", "entry_id"]
    first = returns.with_columns(earlier=pl.coalesce("returned", pl.col("code").first().over(key)))
    fresh = first.filter(pl.col("returned").is_null()).unique(key, keep="first", maintain_order=True)
    return fresh.drop("earlier"), first.filter(pl.col("code") != pl.col("earlier")).drop("earlier")
