"""What each agent of a path is due of a line, to the cent. Pure.

Cumulative amounts are rounded, per level and to date, and differences are paid: levels sum to the rounded top amount
and payments to the whole (commissions reference, sections 2, 3, 4).
"""

from __future__ import annotations

import polars as pl

from assets.commissions.paths import SUBSCRIPTION, WHOLE
from assets.payables.funding import rounded, to_date

KEY = ["company_id", "line_id", "agent_id", "level"]
_LINE = ["company_id", "line_id"]
_RUNG = [*_LINE, "level"]


def due(lines: pl.DataFrame, path: pl.DataFrame) -> pl.DataFrame:
    """Commission to date per line, level and agent: KEY and amount_cents; zero amounts are left out.

    Args:
        lines: company_id, line_id, subscription_id, commissionable_cents, total_cents, funded_cents.
        path: company_id, subscription_id, level, agent_id, percent_e4 (cumulative), share_e4 (of the level's amount).
    """
    full = rounded(pl.col("commissionable_cents"), pl.col("percent_e4"), WHOLE)
    rows = lines.join(path, on=SUBSCRIPTION, how="inner").sort(*_RUNG, "agent_id")
    rungs = rows.unique(_RUNG, keep="first", maintain_order=True).with_columns(full.alias("full_cents"))
    rungs = rungs.with_columns(to_date(pl.col("full_cents")).alias("cumulative"))
    spread = pl.col("cumulative") - pl.col("cumulative").shift(1).over(_LINE).fill_null(0)
    paid = rungs.select(*_RUNG, spread.alias("rung_cents"))
    return (
        rows.join(paid, on=_RUNG, how="left", maintain_order="left")
        .with_columns(amount_cents=_largest_remainder())
        .filter(pl.col("amount_cents") != 0)
        .select(*KEY, "amount_cents")
    )


def _largest_remainder() -> pl.Expr:
    """Each agent's share of rung_cents; cents left over go to the largest remainders, then to the lowest agent id."""
    exact = pl.col("rung_cents").abs() * pl.col("share_e4")
    floor, rest = exact // WHOLE, exact % WHOLE
    over = pl.col("rung_cents").abs() - floor.sum().over(_RUNG)
    place = rest.rank("ordinal", descending=True).over(_RUNG)
    return pl.col("rung_cents").sign() * (floor + (place <= over).cast(pl.Int64))
