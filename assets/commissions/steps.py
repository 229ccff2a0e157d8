"""The commissions room's step of the night: what agents are owed of the money that is ours, and the margin."""

from __future__ import annotations

import polars as pl

from assets.commissions.amounts import KEY, due
from assets.commissions.paths import PATH, SUBSCRIPTION, paths
from assets.ledger.accounts import INCOME
from assets.ledger.journal import post
from assets.payables.funding import delta
from assets.steps import quarantine
from resources.record import Tx


def accrue(tx: Tx) -> dict[str, int]:
    """Accrue each funded line's commission along its path, freezing paths used for the first time; book the margin.

    Posts `commission_accrued` and `margin_earned`. Quarantines subscriptions whose path can't be paid.

    Returns:
        commission_cents and margin_cents (the deltas), accruals (rows), quarantined (new ones).
    """
    lines = tx.read("payables/funded_lines", step=tx.step)
    money = (pl.col("funded_cents") != 0) | (pl.col("total_cents") <= 0)
    earning = lines.filter((pl.col("commissionable_cents") != 0) & money)
    told = _freeze(tx, earning.select(SUBSCRIPTION).unique())
    rows = _accruals(tx, lines)
    margin = post(tx, "margin_earned", tx.read("commissions/margin", income=INCOME))
    return {
        "commission_cents": int(rows["amount_cents"].sum()),
        "margin_cents": int(margin["amount_cents"].sum()),
        "accruals": rows.height,
        "quarantined": told,
    }


def _freeze(tx: Tx, earning: pl.DataFrame) -> int:
    """Freeze the paths of subscriptions that earn for the first time; returns how many can't be paid, and are new."""
    if earning.is_empty():
        return 0
    open_ones = earning.join(tx.read("commissions/frozen").select(SUBSCRIPTION).unique(), on=SUBSCRIPTION, how="anti")
    sold = tx.read("commissions/sold").join(open_ones, on=SUBSCRIPTION, how="semi").sort(SUBSCRIPTION)
    if sold.is_empty():
        return 0
    rates, splits = tx.read("commissions/rates"), tx.read("commissions/splits")
    found = paths(sold, tx.read("commissions/agents"), rates, splits)
    tx.append(
        "commissions.frozen_path",
        found.rows.select(
            *PATH[:4],
            percent=_decimal("percent_e4"),
            share=_decimal("share_e4"),
            business_date=pl.lit(tx.business_date),
        ),
    )
    return quarantine(tx, found.unusable)


def _accruals(tx: Tx, lines: pl.DataFrame) -> pl.DataFrame:
    if lines.is_empty():
        return pl.DataFrame(schema={"amount_cents": pl.Int64})
    expected = due(lines, tx.read("commissions/frozen"))
    recorded = tx.read(
        "commissions/accrued", of_companies=lines["company_id"].to_list(), lines=lines["line_id"].to_list()
    )
    rows = post(tx, "commission_accrued", delta(expected, recorded, KEY))
    tx.append("commissions.accrual", rows.with_columns(business_date=pl.lit(tx.business_date)))
    return rows


def _decimal(column: str) -> pl.Expr:
    """Ten-thousandths as the record writes a percent: 120000 is 12.0000."""
    value = pl.col(column)
    return pl.format("{}.{}", value // 10_000, (value % 10_000).cast(pl.String).str.zfill(4))
