"""What money pays, in the stated order, and through which day coverage is paid. Pure.

Source: billing reference sections 12 and 13. Money that came for an invoice pays that invoice's charges; what is too
much for it, and money for none, pays the account's oldest coverage. Within a month taxes come first, then fees, then
premium; then the line's number.
"""

from __future__ import annotations

import polars as pl

# Whose account: payer 0 is the company itself, by group.
ACCOUNT = ["company_id", "payer", "group_code"]
_SUBSCRIPTION = ["company_id", "subscription_id"]
_ORDER = ["coverage_start", "_rank", "line_id"]


def applied(charges: pl.DataFrame, money: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Pay charges with money.

    Args:
        charges: `ACCOUNT`, invoice_id, line_id, coverage_start, fee_kind and amount_cents (what is owed, corrections
            and memos included) and further columns. Below zero counts as money.
        money: `ACCOUNT`, invoice_id (null: for none) and amount_cents, received less given back.

    Returns:
        (the charges in the stated order per account with paid_cents and open_cents, `ACCOUNT` with unapplied_cents:
        what no charge took, sorted). What is paid and unapplied is the money to the cent, unless that is below zero.
    """
    rank = pl.col("fee_kind").replace_strict({"tax": 1, "premium": 3}, default=2, return_dtype=pl.Int8)
    owed = charges.with_columns(_rank=rank, _owed=pl.col("amount_cents").clip(0)).sort(*ACCOUNT, *_ORDER)
    named = (
        money.filter(pl.col("invoice_id").is_not_null())
        .group_by(*ACCOUNT, "invoice_id")
        .agg(_for=pl.col("amount_cents").sum())
    )
    first = owed.join(named, on=[*ACCOUNT, "invoice_id"], how="left", maintain_order="left").with_columns(
        _first=_laid(pl.col("_for").fill_null(0), pl.col("_owed"), [*ACCOUNT, "invoice_id"])
    )
    over = pl.concat(
        [
            money.select(*ACCOUNT, "amount_cents"),
            charges.filter(pl.col("amount_cents") < 0).select(*ACCOUNT, amount_cents=-pl.col("amount_cents")),
            first.select(*ACCOUNT, amount_cents=-pl.col("_first")),
        ]
    )
    pool = over.group_by(ACCOUNT).agg(_pool=pl.col("amount_cents").sum())
    paid = (
        first.join(pool, on=ACCOUNT, how="left", maintain_order="left")
        .with_columns(_then=_laid(pl.col("_pool").fill_null(0), pl.col("_owed") - pl.col("_first"), ACCOUNT))
        .with_columns(paid_cents=pl.col("_first") + pl.col("_then"))
        .with_columns(open_cents=pl.col("_owed") - pl.col("paid_cents"))
    )
    left = (
        pool.join(paid.group_by(ACCOUNT).agg(pl.col("_then").sum()), on=ACCOUNT, how="left")
        .select(*ACCOUNT, unapplied_cents=pl.col("_pool") - pl.col("_then").fill_null(0))
        .sort(ACCOUNT)
    )
    return paid.select(*charges.columns, "paid_cents", "open_cents"), left


def _laid(cents: pl.Expr, owed: pl.Expr, of: list[str]) -> pl.Expr:
    """Cents laid over what is owed in the order of the rows of a group; the same cents in every row of it."""
    before = owed.cum_sum().over(of) - owed
    return (cents - before).clip(0, owed)


def paid_to(paid: pl.DataFrame) -> pl.DataFrame:
    """Through which day each subscription is paid, in sequence: a later month paid first does not move it.

    Args:
        paid: of `applied`, with subscription_id, coverage_end. Only premium counts, and only what is owed at all.

    Returns:
        company_id, subscription_id, paid_to (the first day not paid), binder (nothing of it was ever paid in full),
        sorted.
    """
    premium = paid.filter((pl.col("fee_kind") == "premium") & (pl.col("amount_cents") > 0))
    short = pl.col("open_cents") > 0
    return (
        premium.group_by(_SUBSCRIPTION)
        .agg(
            _short=pl.col("coverage_start").filter(short).min(),
            _end=pl.col("coverage_end").max(),
            _start=pl.col("coverage_start").min(),
        )
        .select(
            *_SUBSCRIPTION,
            paid_to=pl.coalesce("_short", "_end"),
            binder=(pl.col("_short") == pl.col("_start")).fill_null(value=False),
        )
        .sort(_SUBSCRIPTION)
    )
