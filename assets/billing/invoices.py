"""Gathers a night's lines into invoices: one per payer and night, for list bills one per group and due date. Pure.

Source: billing reference sections 1, 9 and 15. A subscriber pays what his own account is for; what goes through his
company is on the list bill of the nearest group upwards that is billed, else of the company.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.groups import billed_at
from assets.billing.world import KEY, World

COMPANY_ITSELF = 0  # payer, where a person would stand
_PAYER = ["company_id", "payer", "group_code"]


def gathered(lines: pl.DataFrame, terms: pl.DataFrame, world: World, day: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(invoices, lines with their `invoice`), both in the order of their numbers: see `world.Bill`.

    A charge for coverage ahead is due when that begins, everything else on the bill date. An individual's invoice is
    due with the earliest of its charges ahead, else on the bill date. A list bill takes what is due on one day, and the
    earliest one the group's corrections and late charges too. Further invoices of a payer on one business date (late
    data, other due dates) take the next sequences.
    """
    # In the order of invoices, so that each begins where one of these changes: grouping by them takes far longer.
    begins = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift(1)) for c in (*_PAYER, "due_date"))
    numbered = _due(_addressed(lines, terms, world), day).with_columns(
        invoice=(begins.cum_sum().cast(pl.Int64) - 1).cast(pl.UInt32)
    )
    invoices = (
        numbered.group_by("invoice", maintain_order=True)
        .agg(pl.col(*_PAYER, "due_date").first(), total_cents=pl.col("amount_cents").sum())
        .join(
            world.sequences.group_by(_PAYER).agg(pl.col("sequence").max()), on=_PAYER, how="left", maintain_order="left"
        )
        .with_columns(
            person_id=pl.when(pl.col("payer") != COMPANY_ITSELF).then("payer"),
            kind=pl.when(pl.col("payer") == COMPANY_ITSELF).then(pl.lit("list_bill")).otherwise(pl.lit("individual")),
            bill_date=pl.lit(day),
            sequence=(pl.col("sequence").fill_null(0) + pl.int_range(1, pl.len() + 1).over(_PAYER)).cast(pl.Int32),
        )
    )
    return invoices, numbered.drop("payer", "group_code", "due_date")


def _addressed(lines: pl.DataFrame, terms: pl.DataFrame, world: World) -> pl.DataFrame:
    """Add payer and group_code to each line.

    Whatever the method says goes for the subscription's own payer and for its member alike: on list bill the member's
    part is taken from his pay (see deductions.py).
    """
    by_method = pl.when(pl.col("method") == "list_bill").then(COMPANY_ITSELF).otherwise("person_id")
    who = ["company_id", "subscription_id"]
    addressed = lines.join(
        terms.select(*who, "person_id", "method", of_group="group_code"), on=who, how="inner"
    ).with_columns(
        payer=pl.when(pl.col("debtor") > 0)
        .then("debtor")
        .when(pl.col("debtor") == -1)
        .then(COMPANY_ITSELF)
        .otherwise(by_method)
        .cast(pl.Int32)
    )
    return (
        addressed.join(
            billed_at(world.sub_groups).rename({"group_code": "of_group"}), on=["company_id", "of_group"], how="left"
        )
        .with_columns(
            group_code=pl.when(pl.col("payer") == COMPANY_ITSELF).then("bill_to").otherwise(None).fill_null("")
        )
        .drop("person_id", "method", "of_group", "bill_to")
    )


def _due(lines: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Add the due_date of the invoice a line belongs on, in the order of invoices and lines."""
    ahead = (pl.col("kind") == "charge") & (pl.col("coverage_start") >= day)
    earliest = pl.col("coverage_start").filter(ahead).min().over(_PAYER).fill_null(day)
    own = pl.when(ahead & (pl.col("payer") == COMPANY_ITSELF)).then("coverage_start").otherwise(earliest)
    return lines.with_columns(due_date=own).sort(*_PAYER, "due_date", *KEY[1:], "revision")
