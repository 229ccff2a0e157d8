"""Faults: which rows to send can't become entries until a person mends something, and why. Frames in, frames out."""

from __future__ import annotations

import polars as pl

from formats import nacha

NAMED = ["company_id", "purpose", "source_id", "attempt_no", "subject", "rule", "reason"]


def faults(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the rows that can't become entries.

    Args:
        rows: `payments/to_send` with their account version (nulls: none), `account` (clear; null: it doesn't open),
            `stop` (why it may not be used), `entry_limit_cents` and `sec_taken`. A reversal whose original has come
            back meanwhile would give the money back twice.

    Returns:
        company_id, purpose, source_id, attempt_no, subject, rule, reason; one per row, the first rule that it breaks.
    """
    routing, account = pl.col("routing"), pl.col("account")
    digit = nacha.check_digits(rows["routing"].str.slice(0, 8))
    return named(
        rows,
        [
            ("already_back", pl.col("back").is_not_null(), pl.format("what it reverses came back as {}", "back")),
            ("account_missing", pl.col("account_id").is_null(), pl.lit("there is no bank account of that code")),
            ("account_stopped", pl.col("stop").is_not_null(), pl.col("stop")),
            (
                "routing_check_digit",
                routing.str.slice(8) != pl.lit(digit),
                pl.lit("the routing number fails its check digit"),
            ),
            (
                "account_sealed",
                account.is_null(),
                pl.lit("the account number can't be opened with this installation's key"),
            ),
            (
                "account_form",
                ~account.str.contains(r"^[0-9A-Za-z][0-9A-Za-z -]{0,16}$"),
                pl.lit("the account number is not 1 to 17 letters, digits, blanks and dashes"),
            ),
            ("sec_not_taken", ~pl.col("sec_taken"), pl.format("the bank takes no {} entries from us", "sec")),
            (
                "over_entry_limit",
                pl.col("amount_cents") > pl.col("entry_limit_cents"),
                pl.lit("the amount is over the bank's limit for one entry"),
            ),
        ],
    )


def too_late(rows: pl.DataFrame) -> pl.DataFrame:
    """Name the planned rows whose last day is before the first day they can settle (columns as `faults`)."""
    words = pl.format("it had to settle by {}, and {} is the first day it can", "not_after", "effective_date")
    return named(rows, [("too_late", pl.col("effective_date") > pl.col("not_after"), words)])


def named(rows: pl.DataFrame, rules: list[tuple[str, pl.Expr, pl.Expr]]) -> pl.DataFrame:
    """Give the rows that break a rule, each with the first one: rule id, condition, words (columns `NAMED`)."""
    rule, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, broken, words in reversed(rules):
        rule = pl.when(broken).then(pl.lit(name)).otherwise(rule)
        reason = pl.when(broken).then(words).otherwise(reason)
    return rows.with_columns(rule=rule, reason=reason).filter(pl.col("rule").is_not_null()).select(NAMED)
