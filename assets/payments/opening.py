"""Opening account numbers: here and nowhere else in the desk do they stand in the clear."""

from __future__ import annotations

import polars as pl

from formats.errors import RecordError
from resources.sealed import ACCOUNT
from resources.vault import Vault


def opened(rows: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Add `account`, clear, in place of `account_sealed`; null where it doesn't open.

    One damaged value must not hide the others.
    """
    companies, sealed = rows["company_id"], rows["account_sealed"]
    try:
        clear = vault.open(companies, sealed, ACCOUNT)
    except RecordError:
        clear = pl.concat([_one(companies[at : at + 1], sealed[at : at + 1], vault) for at in range(len(sealed))])
    return rows.with_columns(clear.alias("account")).drop("account_sealed")


def _one(company: pl.Series, sealed: pl.Series, vault: Vault) -> pl.Series:
    try:
        return vault.open(company, sealed, ACCOUNT)
    except RecordError:
        return pl.Series(sealed.name, [None], dtype=pl.String)
