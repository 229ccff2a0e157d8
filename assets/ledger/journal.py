"""Writes journals: the one way money reaches the ledger."""

from __future__ import annotations

import polars as pl

from assets.ledger.accounts import CONTRA, EVENTS
from resources.record import Tx


def post(tx: Tx, event: str, rows: pl.DataFrame, amount: str = "amount_cents") -> pl.DataFrame:
    """Open one journal per company for these subledger rows and give the rows its id.

    Args:
        tx: the step's transaction; its step and business date name the journal.
        event: a key of `EVENTS`.
        rows: subledger rows about to be appended, with company_id and the amount column (cents).
        amount: the column to post. A company whose amounts sum to zero gets a journal without postings.

    Returns:
        The rows with `journal_id` (Int64).
    """
    if rows.is_empty():
        return rows.with_columns(journal_id=pl.lit(None, pl.Int64))
    totals = rows.group_by("company_id").agg(pl.col(amount).cast(pl.Int64).sum().alias("total")).sort("company_id")
    numbered = tx.number(totals, "ledger.journal", "journal_id")
    earlier = tx.read("ledger/journals_of_step", step=tx.step, event=event)
    journals = numbered.join(
        earlier.with_columns(pl.col("company_id").cast(numbered.schema["company_id"])),
        on="company_id",
        how="left",
    ).select(
        "company_id",
        "journal_id",
        source_kind=pl.lit(tx.step),
        source_id=pl.lit(f"{tx.business_date}/") + (pl.col("journals").fill_null(0) + 1).cast(pl.String),
        event=pl.lit(event),
        business_date=pl.lit(tx.business_date),
    )
    tx.append("ledger.journal", journals)
    legs = [
        numbered.select("company_id", "journal_id", account=pl.lit(account), amount_cents=pl.col("total") * sign)
        for account, sign in EVENTS[event]
    ]
    tx.append("ledger.posting", pl.concat(legs).filter(pl.col("amount_cents") != 0))
    return rows.join(numbered.select("company_id", "journal_id"), on="company_id", how="left", maintain_order="left")


def post_entries(tx: Tx, event: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Post an event of ACH entries (submitted, returned, returned_after_settlement), each against its contra account.

    Args:
        tx: the step's transaction.
        event: without the prefix of the contra account.
        rows: with company_id, contra, purpose and signed_cents. Nothing is journalled for a prenote.

    Returns:
        The rows with `journal_id`, null for prenotes; those of one contra account together.
    """
    silent = rows.filter(pl.col("purpose") == "prenote").with_columns(journal_id=pl.lit(None, pl.Int64))
    moving = rows.filter(pl.col("purpose") != "prenote")
    done = [
        post(tx, f"{prefix}{event}", moving.filter(pl.col("contra") == account), amount="signed_cents")
        for account, prefix in CONTRA.items()
    ]
    return pl.concat([*done, silent])
