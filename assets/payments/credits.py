"""Account credit: what a payer has too much pays what he owes, oldest first on both sides. Pure.

Source: billing reference section 6.
"""

from __future__ import annotations

import polars as pl

# A list bill's credit belongs to its group alone; of persons' invoices the group is always ''.
_PAYER = ["company_id", "payer", "group_code"]

# Credit invoices with what is left of them, in cents above zero.
CREDITS: dict[str, type[pl.DataType]] = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "group_code": pl.String,
    "left_cents": pl.Int64,
}


def credit_uses(owing: pl.DataFrame, credit: pl.DataFrame) -> pl.DataFrame:
    """Use each payer's credits on what he owes, oldest first on both sides.

    Laid end to end, credits and debts of a payer are two scales of cents; where a credit and a debt overlap, that much
    of the one pays the other. No loop, and the cents add up by construction.

    Args:
        owing: company_id, invoice_id, payer, group_code, open_cents.
        credit: `CREDITS`.

    Returns:
        company_id, from_invoice, to_invoice, amount_cents (above zero), sorted.
    """

    def scale(rows: pl.DataFrame, amount: str, name: str) -> pl.DataFrame:
        upto = pl.col(amount).cum_sum().over(_PAYER)
        return rows.sort(*_PAYER, "invoice_id").select(
            *_PAYER,
            pl.col("invoice_id").alias(name),
            (upto - pl.col(amount)).alias(f"{name}_from"),
            upto.alias(f"{name}_to"),
        )

    debts = scale(owing.join(credit, on=_PAYER, how="semi"), "open_cents", "to_invoice")
    means = scale(credit, "left_cents", "from_invoice")
    overlap = pl.min_horizontal("to_invoice_to", "from_invoice_to") - pl.max_horizontal(
        "to_invoice_from", "from_invoice_from"
    )
    return (
        means.join(debts, on=_PAYER, how="inner")
        .with_columns(amount_cents=overlap)
        .filter(pl.col("amount_cents") > 0)
        .select("company_id", "from_invoice", "to_invoice", "amount_cents")
        .sort("company_id", "from_invoice", "to_invoice")
    )
