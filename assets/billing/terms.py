"""The terms of each subscription as billing sees them on a business date: when it is active, what it recurs by. Pure.

Source: billing reference sections 1, 5, 6, 7 and 13; feature F05. Billed are the days inside [start_date, end_date)
that no hold and no lapse takes away, from the day the subscription was entered on.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.calendar import CYCLES, months_later, months_of
from assets.billing.holds import lapses, merged
from assets.billing.plans import chained
from assets.billing.world import World

_WHO = ["company_id", "subscription_id"]
# Coverage that starts earlier than this many months before the business date is not corrected but reviewed, unless the
# product says otherwise.
WINDOW_MONTHS = 3
# Fees that come once, and those that follow another fee's periods instead of having their own.
ONE_TIME = (pl.col("recurrence") == "one_time") | (pl.col("kind") == "trial")
FOLLOWS = pl.col("kind") == "tax"


def terms_of(subscriptions: pl.DataFrame, world: World, day: dt.date) -> pl.DataFrame:
    """The subscriptions that are billed by us and known on the business date, with what follows from their terms.

    Returns:
        The subscriptions with the columns of their company and product and

        - end_date: cut where an open lapse ends coverage; lapsed: it was;
        - chain, trial_start: of `plans.chained`; trial_end; phase_start: the first day of the recurring phase;
        - ahead_days: how long before coverage it is billed;
        - add_from, term_from: the first coverage start that may still be charged, or credited.
    """
    known = pl.col("created_on").is_null() | (pl.col("created_on") <= day)
    joined = (
        subscriptions.filter(known)
        .join(world.companies, on="company_id", how="inner", maintain_order="left")
        .join(world.products.filter("billed"), on="product_id", how="inner", maintain_order="left")
    )
    trial_end = pl.col("trial_start") + pl.duration(days="trial_days")
    return _until_lapsed(chained(joined), world.standings).with_columns(
        trial_end=trial_end,
        phase_start=pl.max_horizontal("start_date", pl.coalesce("recurring_from", trial_end)),
        ahead_days=pl.coalesce("bill_ahead_days", "bill_lead_days"),
        add_from=_window(day, "retro_add_days"),
        term_from=_window(day, "retro_term_days"),
    )


def _until_lapsed(terms: pl.DataFrame, standings: pl.DataFrame) -> pl.DataFrame:
    """Coverage ends with a lapse nobody has taken back."""
    still = lapses(standings).filter(pl.col("to_date").is_null()).group_by(_WHO).agg(_lapse=pl.col("from_date").min())
    ends = pl.when(pl.col("_lapse").is_not_null()).then(pl.max_horizontal("_lapse", "start_date"))
    return (
        terms.join(still, on=_WHO, how="left", maintain_order="left")
        .with_columns(
            lapsed=(ends < pl.col("end_date").fill_null(dt.date.max)).fill_null(value=False),
            end_date=pl.min_horizontal("end_date", ends),
        )
        .drop("_lapse")
    )


def uncovered(world: World) -> pl.DataFrame:
    """Holds and the gaps that reinstatements left, as `holds.merged` makes them."""
    gaps = lapses(world.standings).filter(pl.col("to_date").is_not_null())
    columns = [*_WHO, "from_date", "to_date"]
    return merged(
        pl.concat(
            [
                world.holds.select(*columns, what=pl.lit("hold")),
                gaps.select(*columns, what=pl.lit("lapse")),
            ]
        )
    )


def _window(day: dt.date, setting: str) -> pl.Expr:
    usual = months_later(pl.lit(day), -WINDOW_MONTHS)
    stated = pl.lit(day) - pl.duration(days=setting)
    return pl.when(pl.col(setting).is_null()).then(usual).otherwise(stated)


def reaching(fees: pl.DataFrame) -> pl.DataFrame:
    """How many months before the retro window a charge of each fee may begin: fee_id, reach_months (Int32).

    A charge lies in the window when its last month begins there: otherwise a year paid ahead could never be refunded. A
    tax reaches as far as the longest fee of its product.
    """
    months = fees.with_columns(_months=(months_of(pl.col("recurrence")) - 1).clip(0))
    longest = pl.col("_months").max().over("product_id")
    return months.select("fee_id", reach_months=pl.when(FOLLOWS).then(longest).otherwise("_months"))


def reach_from() -> pl.Expr:
    """The first coverage start the night compares: reads add_from, term_from and reach_months."""
    window = pl.min_horizontal("add_from", "term_from")
    months = pl.col("reach_months")
    return pl.when(months == 0).then(window).otherwise(months_later(window, -months))


def earliest(products: pl.DataFrame, fees: pl.DataFrame, day: dt.date) -> dt.date:
    """The first coverage start that a night compares for any product."""
    usual = months_later(pl.lit(day), -WINDOW_MONTHS)
    found = (
        products.with_columns(add_from=_window(day, "retro_add_days"), term_from=_window(day, "retro_term_days"))
        .join(fees.join(reaching(fees), on="fee_id"), on="product_id", how="inner")
        .select(pl.coalesce(reach_from().min(), usual))
    )
    first: dt.date = found.item()
    return first


def scoped(rows: pl.DataFrame, through: dt.date, *, older: bool) -> pl.DataFrame:
    """Add scope_from and scope_to, the first and last coverage start to compare, to terms with reach_months.

    Older: everything before what the night compares. Else from where an earlier night has settled it.
    """
    if older:
        return rows.with_columns(scope_from=pl.lit(dt.date.min), scope_to=reach_from() - pl.duration(days=1))
    return rows.with_columns(scope_from=pl.max_horizontal(reach_from(), "settled_to"), scope_to=pl.lit(through))


def cycles(terms: pl.DataFrame, world: World) -> pl.DataFrame:
    """The terms once for every recurrence and alignment that a fee of their product has.

    Returns:
        The terms with recurrence, alignment, calendar, reach_months and the bill_day of that alignment.
    """
    recurring = world.fees.filter(~ONE_TIME & ~FOLLOWS & pl.col("recurrence").is_in(list(CYCLES)))
    each = (
        recurring.join(reaching(world.fees), on="fee_id")
        .select("product_id", "recurrence", "alignment", "reach_months")
        .unique(maintain_order=True)
    )
    rows = terms.join(each, on="product_id", how="inner", maintain_order="left")
    if (each["alignment"] == "customer").any():
        rows = rows.join(world.customers, on=["company_id", "person_id"], how="left", maintain_order="left")
    else:
        rows = rows.with_columns(customer_bill_day=pl.lit(None, pl.Int32))
    alignment = pl.col("alignment")
    return rows.with_columns(
        calendar=alignment == "company",
        bill_day=pl.when(alignment == "subscription")
        .then("bill_day")
        .when(alignment == "customer")
        .then(pl.coalesce("customer_bill_day", "company_bill_day"))
        .otherwise("company_bill_day"),
    ).drop("customer_bill_day")
