"""Takes what a void file holds out of the books again, so that its entries are to be sent once more.

The first thing `payments.originate` does: a person made the file void, nothing of it has left.
"""

from __future__ import annotations

import polars as pl

from assets.ledger.accounts import CONTRA
from assets.ledger.journal import post
from resources.record import Tx


def voids(tx: Tx) -> dict[str, int]:
    """Post the entries of void files with their sign turned, against what each was booked against.

    Prenotes never were in the books: they only become free to be sent again. Appends ledger.journal, ledger.posting
    and payments.voided; a second time it finds nothing.

    Returns:
        voided (entries), voided_cents (of them, debits less credits).
    """
    found = tx.read("payments/entries_to_void")
    turned = found.with_columns(signed_cents=-pl.col("signed_cents"))
    booked = turned.filter("journalled")
    done = [
        post(tx, f"{prefix}submitted", booked.filter(pl.col("contra") == account), "signed_cents")
        for account, prefix in CONTRA.items()
    ]
    silent = turned.filter(~pl.col("journalled")).with_columns(journal_id=pl.lit(None, pl.Int64))
    rows = pl.concat([*done, silent]).sort("company_id", "entry_id")
    tx.append(
        "payments.voided",
        rows.select("company_id", "entry_id", "journal_id").with_columns(business_date=pl.lit(tx.business_date)),
    )
    return {"voided": rows.height, "voided_cents": int(found["signed_cents"].sum())}
