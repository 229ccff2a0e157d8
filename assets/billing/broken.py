"""Subscriptions that cannot be billed as they stand. They are named and left untouched; all others go on.

Source: billing reference section 16, rule 5. What the database's own constraints refuse is checked again here, because
a preview may be computed over frames that never were in the database.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import polars as pl

from assets.billing.groups import misplaced
from assets.billing.shares import unfit
from assets.billing.world import QUARANTINED, TIERS, World, conform, quarantined


def sound(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the subscriptions: (those that can be billed, quarantine rows for the others).

    A row with several faults is named for each. What somebody else bills is in neither.
    """
    others = world.products.filter(~pl.col("billed"))
    rows = world.subscriptions.join(others, on="product_id", how="anti", maintain_order="left")
    world = replace(world, subscriptions=rows)
    found = [*_faulty(rows, world), _overlapping(rows), _misfit(world), misplaced(world), unfit(world)]
    bad = pl.concat([conform(f, QUARANTINED) for f in found])
    names = rows.with_columns(subject=pl.lit("subscription ") + pl.col("code"))
    good = names.join(bad, on=["company_id", "subject"], how="anti", maintain_order="left").drop("subject")
    return good, bad


def _faulty(rows: pl.DataFrame, world: World) -> list[pl.DataFrame]:
    product = pl.col("product_id")
    known = product.is_in(world.products["product_id"].implode())
    has_fee = product.is_in(world.fees["product_id"].implode())
    date = pl.col("end_date").cast(pl.String)
    return [
        quarantined(rows.filter(~known), "unknown_product", pl.lit("its product is not in the catalogue")),
        quarantined(
            rows.filter(known & ~has_fee), "no_fee", pl.lit("its product has no fee: there is nothing to charge by")
        ),
        quarantined(
            rows.filter(~pl.col("tier").is_in(TIERS)),
            "unknown_tier",
            pl.format("tier {} is none of {}", "tier", pl.lit(", ".join(TIERS))),
        ),
        quarantined(
            rows.filter(pl.col("end_date") < pl.col("start_date")),
            "ends_before_start",
            pl.format("it ends {} before it starts {}", date, pl.col("start_date").cast(pl.String)),
        ),
        quarantined(
            rows.filter(pl.col("recurring_from") < pl.col("start_date")),
            "recurring_before_start",
            pl.format(
                "its recurring fees begin {} before it starts {}",
                pl.col("recurring_from").cast(pl.String),
                pl.col("start_date").cast(pl.String),
            ),
        ),
        quarantined(
            rows.filter(~pl.col("bill_day").is_between(1, 31)),
            "unknown_bill_day",
            pl.format("bill day {} is not a day of a month", "bill_day"),
        ),
        quarantined(
            rows.filter(~pl.col("method").is_in(["ach", "list_bill"])),
            "unknown_method",
            pl.format("payment method {} is neither ach nor list_bill", "method"),
        ),
    ]


def _misfit(world: World) -> pl.DataFrame:
    """Subscriptions whose tier says others are covered with the member than those who are."""
    meant = {"ESP": "a spouse and no child", "ECH": "children and no spouse", "FAM": "a spouse and children"}
    found = world.misfits.join(
        world.subscriptions.select("company_id", "subscription_id", "code", "tier"),
        on=["company_id", "subscription_id"],
        how="inner",
        maintain_order="left",
    )
    return quarantined(
        found,
        "tier_without_dependents",
        pl.format(
            "tier {} is for {}, but {} spouses and {} children are covered",
            "tier",
            pl.col("tier").replace_strict(meant, default="others"),
            "spouses",
            "children",
        ),
    )


def _overlapping(rows: pl.DataFrame) -> pl.DataFrame:
    """The later of two subscriptions of one person to one product whose terms overlap."""
    same = ["company_id", "person_id", "product_id"]
    # Ends before it starts is a fault of its own; an empty term overlaps nothing.
    real = rows.filter(pl.col("end_date").is_null() | (pl.col("end_date") > pl.col("start_date")))
    several = real.filter(pl.struct(same).is_duplicated()).sort(*same, "start_date", "subscription_id")
    until = pl.col("end_date").fill_null(dt.date(9999, 12, 31)).cum_max().shift(1).over(same)
    late = several.with_columns(_until=until, _other=pl.col("code").shift(1).over(same)).filter(
        pl.col("start_date") < pl.col("_until")
    )
    return quarantined(
        late,
        "overlapping_terms",
        pl.format("it overlaps subscription {} of the same person to the same product", "_other"),
    )
