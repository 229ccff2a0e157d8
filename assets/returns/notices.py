"""What a change notice does: the corrected values, column by column, over the newest version of the account."""

from __future__ import annotations

import polars as pl

from formats.nacha import parse_corrected_data

_TYPES = {2: "checking", 3: "savings"}
_VALUES = ("new_account", "new_routing", "new_transaction_code", "new_name")


def corrected(notices: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """Judge matched notices and lay their values over the newest version of their accounts.

    Args:
        notices: matched answers (matching.matched) of kind 98.
        accounts: `returns/accounts_of_entries`, with `account` (clear).

    Returns:
        The notices with `outcome` (plain words) and, where `applies`, the new version's routing, account_type, account,
        holder_name beside code_of_account, version (the newest so far), person_id.
    """
    parsed = parse_corrected_data(notices.rename({"code": "change_code"}))
    full = parsed.join(
        accounts.rename({"code": "code_of_account", "account_id": "newest_id"}),
        left_on=["company_id", "account_id"],
        right_on=["company_id", "entry_account_id"],
        how="left",
        maintain_order="left",
    )
    digit = (pl.col("new_transaction_code") // 10).replace_strict(_TYPES, default=None, return_dtype=pl.String)
    laid = full.with_columns(
        next_routing=pl.coalesce("new_routing", "routing"),
        next_account=pl.coalesce("new_account", "account"),
        next_type=pl.when(pl.col("new_transaction_code").is_null()).then("account_type").otherwise(digit),
        next_name=pl.coalesce("new_name", "holder_name"),
    )
    judged = laid.with_columns(outcome=_outcome())
    # Of several notices about one account in one file the first is applied: the next may be about what it replaced.
    applying = pl.col("outcome").is_null()
    second = applying & (applying.cum_sum().over("company_id", "code_of_account") > 1)
    told = judged.with_columns(
        outcome=pl.when(second)
        .then(pl.lit("not applied: another notice of the same file changed the account"))
        .when(applying)
        .then(pl.lit("applied"))
        .otherwise("outcome")
    )
    return told.with_columns(
        applies=pl.col("outcome") == "applied",
        routing="next_routing",
        account="next_account",
        account_type="next_type",
        holder_name="next_name",
    ).drop(pl.selectors.starts_with("next_", "new_"), "usable", "reason")


def _outcome() -> pl.Expr:
    """Say why a notice is not applied; null when it is to be."""
    col = pl.col
    replaced = (col("newest_id") != col("account_id")) & ~col("source").str.contains(r"^C[0-9]{2}$")
    same = (
        (col("next_routing") == col("routing"))
        & (col("next_account") == col("account"))
        & (col("next_type") == col("account_type"))
        & (col("next_name") == col("holder_name"))
    )
    bad_form = col("new_account").is_not_null() & ~col("new_account").str.contains(r"^[0-9A-Za-z][0-9A-Za-z -]{0,16}$")
    return (
        pl.when(col("reason").is_not_null())
        .then(pl.format("not applied: {}", "reason"))
        .when(pl.all_horizontal(col(name).is_null() for name in _VALUES))
        .then(pl.lit("not applied: it is about nothing that an account holds"))
        .when(bad_form)
        .then(pl.lit("not applied: the new account number has a form no bank uses"))
        .when(col("next_type").is_null())
        .then(pl.lit("not applied: accounts of the new type are not drafted from"))
        .when(replaced)
        .then(pl.lit("not applied: the payer has given a new account since"))
        .when(same)
        .then(pl.lit("already so"))
    )
