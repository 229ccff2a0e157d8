"""How a payer's debt is divided over his accounts: fixed amounts first, percents of the rest, to the cent. Pure."""

from __future__ import annotations

import polars as pl

Schema = dict[str, pl.DataType | type[pl.DataType]]

# Parts of payers' payments: a percent (of what the fixed parts leave), or a fixed amount.
METHODS: Schema = {
    "company_id": pl.Int32,
    "payer": pl.Int32,
    "part": pl.Int16,
    "account_code": pl.String,
    "percent": pl.Decimal(7, 4),
    "amount_cents": pl.Int64,
}
_OF = ["company_id", "invoice_id"]
_WHOLE = 1_000_000  # a hundred percent, in ten-thousandths of a percent


def split(due: pl.DataFrame, methods: pl.DataFrame) -> pl.DataFrame:
    """Divide invoices over the parts of their payers.

    Fixed amounts are taken in the order of the parts, as far as the invoice goes. The percents, which sum to 100, share
    the rest; cents left over by rounding down go to the largest remainders, the lower part first where they are equal.

    Args:
        due: company_id, invoice_id, payer, amount_cents above zero, and any other columns.
        methods: `METHODS`.

    Returns:
        Rows of `due` whose payer has parts, once per part that pays something: amount_cents is the part's; payer_part
        and account_code are added.
    """
    parts = due.join(
        methods.rename({"amount_cents": "fixed"}), on=["company_id", "payer"], how="inner", maintain_order="left_right"
    ).sort(*_OF, "part", maintain_order=True)
    fixed = pl.col("fixed").fill_null(0)
    taken = fixed.cum_sum().over(_OF)
    clipped = pl.min_horizontal(taken, "amount_cents") - pl.min_horizontal(taken - fixed, "amount_cents")
    shared = parts.with_columns(
        clipped=clipped, weight=(pl.col("percent") * 10_000).cast(pl.Int64).fill_null(0)
    ).with_columns(rest=pl.col("amount_cents") - pl.col("clipped").sum().over(_OF))
    share = pl.col("rest") * pl.col("weight")
    floored = shared.with_columns(low=share // _WHOLE, remainder=share % _WHOLE)
    missing = pl.col("rest") - pl.col("low").sum().over(_OF)
    rank = pl.struct(-pl.col("remainder"), "part").rank("ordinal").over(_OF)
    extra = ((rank <= missing) & (pl.col("weight") > 0)).cast(pl.Int64)
    return (
        floored.with_columns(amount_cents=pl.col("clipped") + pl.col("low") + extra)
        .filter(pl.col("amount_cents") > 0)
        .select(*due.columns, payer_part="part", account_code="account_code")
    )
