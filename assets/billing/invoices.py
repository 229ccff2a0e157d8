"""Gathers a night's lines into invoices: one per payer and night. Pure.

Source: billing reference sections 1, 9 and 15. A subscriber pays his own lines; all list-bill lines of a company go on
one invoice to the company.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.world import KEY

COMPANY_ITSELF = 0  # payer, where a person would stand


def gathered(
    lines: pl.DataFrame, terms: pl.DataFrame, sequences: pl.DataFrame, day: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(invoices, lines with their `invoice`), both in the order of their numbers: see `world.Bill`.

    The due date is the earliest coverage start of the invoice's charges that is not before the bill date, else the
    bill date. A second invoice of a payer on one business date (late data) takes the next sequence.
    """
    payers = terms.select(
        "company_id",
        "subscription_id",
        payer=pl.when(pl.col("method") == "list_bill").then(COMPANY_ITSELF).otherwise("person_id"),
    )
    who = ["company_id", "payer"]
    ordered = lines.join(payers, on=["company_id", "subscription_id"], how="inner").sort(*who, *KEY[1:], "revision")
    ahead = (pl.col("kind") == "charge") & (pl.col("coverage_start") >= day)
    invoices = (
        ordered.group_by(who, maintain_order=True)
        .agg(
            due_date=pl.col("coverage_start").filter(ahead).min().fill_null(day),
            total_cents=pl.col("amount_cents").sum(),
        )
        .join(sequences.group_by(who).agg(pl.col("sequence").max()), on=who, how="left", maintain_order="left")
        .with_columns(
            person_id=pl.when(pl.col("payer") != COMPANY_ITSELF).then("payer"),
            kind=pl.when(pl.col("payer") == COMPANY_ITSELF).then(pl.lit("list_bill")).otherwise(pl.lit("individual")),
            bill_date=pl.lit(day),
            sequence=pl.col("sequence").fill_null(0) + 1,
        )
        .with_row_index("invoice")
    )
    numbered = ordered.join(invoices.select(*who, "invoice"), on=who, how="left", maintain_order="left").drop("payer")
    return invoices, numbered
