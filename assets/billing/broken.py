"""Subscriptions that cannot be billed as they stand. They are named and left untouched; all others go on.

Source: billing reference section 16, rule 5. What the database's own constraints refuse is checked again here, because
a preview may be computed over frames that never were in the database.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.world import QUARANTINED, TIERS, World, conform, quarantined


def sound(world: World) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split the subscriptions: (those that can be billed, quarantine rows for the others).

    A row with several faults is named for each.
    """
    rows = world.subscriptions
    found = [*_faulty(rows, world), _overlapping(rows)]
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
