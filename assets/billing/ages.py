"""How old a subscriber is on the day his product says. Pure.

Source: master.product.age_on. A tier's price goes by the age of the subscriber alone, whoever else it covers.
"""

from __future__ import annotations

import polars as pl


def age(born: pl.Expr, on: pl.Expr) -> pl.Expr:
    """Completed years on a day, Int32, at least 0. Who is born on 29 February is a year older on 1 March."""
    birthday_is_over = (on.dt.month() > born.dt.month()) | (
        (on.dt.month() == born.dt.month()) & (on.dt.day() >= born.dt.day())
    )
    return (on.dt.year() - born.dt.year() - (~birthday_is_over).cast(pl.Int32)).cast(pl.Int32).clip(0)


def judged_on(age_on: pl.Expr, coverage_start: pl.Expr, start_date: pl.Expr) -> pl.Expr:
    """The day on which the age counts: the coverage's start, its year's first day, or the subscription's start."""
    return (
        pl.when(age_on == "year_start")
        .then(pl.date(coverage_start.dt.year(), 1, 1))
        .when(age_on == "subscription_start")
        .then(start_date)
        .otherwise(coverage_start)
    )
