"""What a bank grants a company on one business date. Frames in, frames out.

An entry over its own limit is a fault, a batch and a file are split at theirs (`segments`); here is the day's: what is
over it waits for the next business date, the newest first, and is named.
"""

from __future__ import annotations

import polars as pl

from resources.bank_terms import BankTerms, Side

_GRANTED = ["company_id", "bank", "direction"]
_SIDES: tuple[Side, ...] = ("debit", "credit")


def granted(banks: dict[str, BankTerms]) -> pl.DataFrame:
    """Lay the limits out as a frame: bank, direction, entry_limit_cents, day_limit_cents."""
    rows = [
        (code, side, terms.limits(side).entry_limit_cents, terms.limits(side).day_limit_cents)
        for code, terms in sorted(banks.items())
        for side in _SIDES
    ]
    schema = {"bank": pl.String, "direction": pl.String, "entry_limit_cents": pl.Int64, "day_limit_cents": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def over_day(rows: pl.DataFrame, sent: pl.DataFrame) -> pl.DataFrame:
    """Name the rows that would carry a company over its limit of the business date.

    Args:
        rows: to send, with bank, direction, amount_cents, asked_on, day_limit_cents.
        sent: `payments/sent_today`.

    Returns:
        company_id, purpose, source_id, attempt_no, subject, rule, reason.
    """
    earlier = sent.select(pl.col("company_id").cast(rows.schema["company_id"]), "bank", "direction", "cents")
    aged = rows.join(earlier, on=_GRANTED, how="left").sort("company_id", "asked_on", "purpose", "source_id")
    running = pl.col("cents").fill_null(0) + pl.col("amount_cents").cum_sum().over(_GRANTED)
    over = aged.filter((running > pl.col("day_limit_cents")) & (pl.col("amount_cents") > 0))
    limit = (pl.col("day_limit_cents") / 100).round(2)
    words = "with it the company's {}s of the day pass the bank's limit of {} dollars: it waits for the next day"
    return over.select(
        *("company_id", "purpose", "source_id", "attempt_no", "subject"),
        rule=pl.lit("over_day_limit"),
        reason=pl.format(words, "direction", limit),
    )
