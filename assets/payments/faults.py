"""Faults: which rows to send can't become entries whatever the day, and why. Frames in, frames out."""

from __future__ import annotations

import polars as pl

from formats import nacha


def faults(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the rows that can't become entries.

    Args:
        rows: `payments/to_send` with their account version (nulls: none), `account` (clear; null: it doesn't open),
            `stop` and `entry_limit_cents`.

    Returns:
        company_id, purpose, source_id, attempt_no, subject, rule, reason; one per row, the first rule that it breaks.
    """
    routing, account = pl.col("routing"), pl.col("account")
    digit = nacha.check_digits(rows["routing"].str.slice(0, 8))
    rules = [
        ("account_missing", pl.col("account_id").is_null(), "there is no bank account of that code"),
        ("account_stopped", pl.col("stop").is_not_null(), "the account may not be used since an entry came back"),
        ("routing_check_digit", routing.str.slice(8) != pl.lit(digit), "the routing number fails its check digit"),
        ("account_sealed", account.is_null(), "the account number can't be opened with this installation's key"),
        (
            "account_form",
            ~account.str.contains(r"^[0-9A-Za-z][0-9A-Za-z -]{0,16}$"),
            "the account number is not 1 to 17 letters, digits, blanks and dashes",
        ),
        (
            "over_entry_limit",
            pl.col("amount_cents") > pl.col("entry_limit_cents"),
            "the amount is over the bank's limit for one entry",
        ),
    ]
    rule, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, broken, words in reversed(rules):
        rule = pl.when(broken).then(pl.lit(name)).otherwise(rule)
        reason = pl.when(broken).then(pl.lit(words)).otherwise(reason)
    found = rows.with_columns(rule=rule, reason=reason).filter(pl.col("rule").is_not_null())
    return found.select("company_id", "purpose", "source_id", "attempt_no", "subject", "rule", "reason")
