"""Offsets: what levels a balanced file, and on which account of the company's own."""

from __future__ import annotations

import polars as pl

from assets.payments.opening import opened
from formats.errors import SettingsError
from resources.bank_terms import BankTerms
from resources.record import Tx
from resources.vault import Vault

# Per file; `account` is the offset account's number, clear. All nulls and zeros: the file is not balanced.
OFFSET: dict[str, pl.DataType] = {
    "offset_per": pl.String(),
    "offset_account_id": pl.Int64(),
    "offset_routing": pl.String(),
    "offset_type": pl.String(),
    "offset_name": pl.String(),
    "account": pl.String(),
    "offset_entries": pl.Int64(),
    "offset_debit_cents": pl.Int64(),
    "offset_credit_cents": pl.Int64(),
}


def offsets_of(tx: Tx, arranged: pl.DataFrame, banks: dict[str, BankTerms], vault: Vault) -> pl.DataFrame:
    """Say how each new file is levelled: file and the columns of `OFFSET`.

    Raises:
        SettingsError: a company has no account of its own under the code in the bank's profile.
    """
    needed = levelling(arranged, banks)
    codes = sorted({terms.offset_account for terms in banks.values() if terms.balanced != "none"})
    if not codes:
        return needed.with_columns(
            pl.lit(None, OFFSET[name]).alias(name) for name in OFFSET if name not in needed.columns
        )
    own = opened(tx.read("payments/offset_accounts", codes=codes), vault)
    own = own.with_columns(pl.col("company_id").cast(arranged.schema["company_id"]))
    found = needed.join(own, on=["company_id", "account_code"], how="left", maintain_order="left")
    lost = found.filter(pl.col("offset_per").is_not_null() & pl.col("account").is_null())
    if not lost.is_empty():
        raise SettingsError(
            f"company {lost.item(0, 'company_code')} has no own account {lost.item(0, 'account_code')} that opens",
            hint="balanced files need it: load it with bank_accounts.csv without a member, or correct offset_account",
        )
    return found.select("file", *(pl.col(name).cast(kind) for name, kind in OFFSET.items()))


def levelling(arranged: pl.DataFrame, banks: dict[str, BankTerms]) -> pl.DataFrame:
    """Count what each file's offset entries are.

    Returns:
        Per file: file, company_id, company_code, account_code, offset_per, offset_entries, offset_debit_cents and
        offset_credit_cents.
    """
    per = pl.DataFrame(
        [
            (code, None if terms.balanced == "none" else terms.balanced, terms.offset_account)
            for code, terms in banks.items()
        ],
        schema={"bank": pl.String, "offset_per": pl.String, "account_code": pl.String},
        orient="row",
    ).with_columns(pl.col("offset_per").replace("none", None))
    debit = pl.col("direction") == "debit"
    signed = pl.when(debit).then("amount_cents").otherwise(-pl.col("amount_cents"))
    about = ["file", "company_id", "company_code", "bank"]
    nets = arranged.group_by(*about, "batch_number", "effective_date", maintain_order=True).agg(net=signed.sum())
    nets = nets.join(per, on="bank", how="left", maintain_order="left")
    # One entry levels a batch, or the file's money of one day.
    levelled = nets.with_columns(level=pl.when(pl.col("offset_per") == "batch").then("batch_number"))
    keys = [*about, "account_code", "offset_per"]
    sums = levelled.group_by(*keys, "effective_date", "level", maintain_order=True).agg(pl.col("net").sum())
    net, on = pl.col("net"), pl.col("offset_per").is_not_null()
    return (
        sums.group_by(keys, maintain_order=True)
        .agg(
            offset_entries=(on & (net != 0)).sum().cast(pl.Int64),
            offset_debit_cents=pl.when(on & (net < 0)).then(-net).otherwise(0).sum(),
            offset_credit_cents=pl.when(on & (net > 0)).then(net).otherwise(0).sum(),
        )
        .drop("bank")
    )
