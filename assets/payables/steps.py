"""The payables room's step of the night: what vendors are owed of the money that is ours."""

from __future__ import annotations

import polars as pl

from assets.ledger.journal import post
from assets.payables.funding import delta, to_date
from resources.record import Tx

KEY = ["company_id", "line_id", "vendor_id"]


def accrue(tx: Tx) -> dict[str, int]:
    """Accrue each funded line's vendor part; a return or a credit takes it back. Posts `vendor_accrued`.

    Returns:
        payable_cents (the delta), accruals (rows).
    """
    lines = tx.read("payables/funded_lines", step=tx.step)
    if lines.is_empty():
        return {"payable_cents": 0, "accruals": 0}
    expected = lines.select(*KEY, amount_cents=to_date(pl.col("vendor_cents")))
    recorded = tx.read("payables/accrued", of_companies=lines["company_id"].to_list(), lines=lines["line_id"].to_list())
    rows = post(tx, "vendor_accrued", delta(expected, recorded, KEY))
    tx.append("payables.accrual", rows.with_columns(business_date=pl.lit(tx.business_date)))
    return {"payable_cents": int(rows["amount_cents"].sum()), "accruals": rows.height}
