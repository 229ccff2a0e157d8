"""Why a line exists, in words a member or an auditor understands. Pure.

A correction's cause is told from what differs between the last booked line and tonight's terms: the coverage end, the
price row, a hold, a lapse. Several differences are all named.
"""

from __future__ import annotations

import polars as pl

_WHO = ["company_id", "subscription_id"]


def first_cause(late: pl.Expr) -> pl.Expr:
    """The cause of a first line: due, or learned when its coverage was over, less a hold."""
    start = pl.when(late).then(pl.lit("learned after its coverage ended")).otherwise(pl.lit("due"))
    return pl.when(pl.col("hold") == "").then(start).otherwise(pl.format("{}, less {}", start, "hold"))


def corrected(changed: pl.DataFrame, terms: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Complete the corrections: revision, kind, amounts as differences, coverage_end, price_id, cause.

    Args:
        changed: rows of expected (nulls: no longer expected) beside `balances`, amounts differing.
        terms: of `expected.terms_of`.
        prices: `world.PRICES`.
    """
    gone = pl.col("due").is_null()
    told = (
        changed.join(
            terms.select(*_WHO, "tier", "start_date", "end_date", "lapsed", "phase_start", "go_live"),
            on=_WHO,
            how="inner",
            maintain_order="left",
        )
        .join(
            prices.select(booked_price_id="price_id", booked_price="amount_cents", booked_tier="tier").unique(
                "booked_price_id"
            ),
            on="booked_price_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            gone=gone,
            change=pl.col("amount_cents").fill_null(0) - pl.col("booked_amount_cents"),
            held=pl.coalesce("hold", pl.lit("")),
        )
    )
    return told.with_columns(
        cause=pl.when("gone").then(_gone()).otherwise(_kept()),
        kind=_kind(),
        revision=pl.col("booked_revision") + 1,
        coverage_end=pl.coalesce("coverage_end", "booked_end"),
        price_id=pl.coalesce("price_id", "booked_price_id"),
        amount_cents=pl.col("change"),
        vendor_cents=pl.col("vendor_cents").fill_null(0) - pl.col("booked_vendor_cents"),
        commissionable_cents=pl.col("commissionable_cents").fill_null(0) - pl.col("booked_commissionable_cents"),
    )


_ENDED = pl.col("end_date").is_not_null() & (pl.col("coverage_start") >= pl.col("end_date"))
_SHORTER = ~pl.col("gone") & (pl.col("coverage_end") < pl.col("booked_end"))
_LONGER = ~pl.col("gone") & (pl.col("coverage_end") > pl.col("booked_end"))
_BACK = ~pl.col("gone") & (pl.col("booked_amount_cents") == 0)
_OTHER_PRICE = ~pl.col("gone") & (pl.col("price_id") != pl.col("booked_price_id"))
_HELD = (pl.col("held") != "") & ~pl.col("booked_less_hold")
_RELEASED = ~pl.col("gone") & (pl.col("held") == "") & pl.col("booked_less_hold")
_COST_ONLY = pl.col("change") == 0


def _other(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0) != pl.col(f"booked_{column}")


def _from_to(what: str, column: str) -> pl.Expr:
    return pl.format(f"{what} {{}} -> {{}}", dollars(pl.col(f"booked_{column}")), dollars(pl.col(column).fill_null(0)))


def _ended(on: pl.Expr) -> pl.Expr:
    """That coverage ended, and whether for non-payment."""
    word = pl.when("lapsed").then(pl.lit("lapsed")).otherwise(pl.lit("ended"))
    return pl.format("{} {}", word, on.cast(pl.String))


def _gone() -> pl.Expr:
    """Why a booked period is no longer expected at all."""
    once = pl.col("booked_end") == pl.col("coverage_start")
    return (
        pl.when(_ENDED)
        .then(_ended(pl.col("end_date")))
        .when(pl.col("coverage_start") < pl.col("phase_start"))
        .then(pl.format("starts {}", pl.col("phase_start").cast(pl.String)))
        .when((pl.col("coverage_start") < pl.col("go_live")) | (once & (pl.col("start_date") < pl.col("go_live"))))
        .then(pl.format("billed elsewhere before {}", pl.col("go_live").cast(pl.String)))
        .otherwise(pl.lit("no coverage period begins on this day any more"))
    )


def _kept() -> pl.Expr:
    """Why a booked period is worth another amount now."""
    explained = _SHORTER | _LONGER | _BACK | _OTHER_PRICE | _HELD | _RELEASED
    tier = _OTHER_PRICE & (pl.col("booked_tier") != "") & (pl.col("booked_tier") != pl.col("tier"))
    # A price row edited in place keeps its id: on a whole period the booked amount is the old price.
    before = pl.when(_OTHER_PRICE).then(pl.col("booked_price")).otherwise(pl.col("booked_amount_cents"))
    same_row = ~explained & pl.col("whole") & (pl.col("held") == "")
    parts = [
        pl.when(_SHORTER).then(_ended(pl.col("coverage_end"))),
        pl.when(_LONGER).then(pl.format("runs to {}", pl.col("coverage_end").cast(pl.String))),
        pl.when(_BACK & ~_RELEASED & ~_LONGER).then(pl.lit("reinstated")),
        pl.when(tier).then(pl.format("tier {} -> {}", "booked_tier", "tier")),
        pl.when(_COST_ONLY & _other("vendor_cents")).then(_from_to("vendor part", "vendor_cents")),
        pl.when(_COST_ONLY & _other("commissionable_cents")).then(
            _from_to("commissionable part", "commissionable_cents")
        ),
        pl.when((_OTHER_PRICE | same_row) & ~_COST_ONLY).then(
            pl.format("price {} -> {}", dollars(before), dollars(pl.col("price_cents")))
        ),
        # A hold that goes on is named in every correction: the last line's cause tells whether a hold was in force.
        pl.when(_HELD | (~explained & (pl.col("held") != "")))
        .then(pl.col("held"))
        .when(pl.col("held") != "")
        .then(pl.format("less {}", "held")),
        pl.when(_RELEASED).then(pl.lit("hold lifted")),
        pl.when(~explained & ~same_row & (pl.col("held") == "")).then(pl.lit("price or terms changed")),
    ]
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def _kind() -> pl.Expr:
    more = pl.col("change") > 0
    return (
        pl.when((pl.col("gone") & _ENDED) | (_SHORTER & ~more))
        .then(pl.lit("retro_term"))
        .when((_BACK | _LONGER | _RELEASED) & more)
        .then(pl.lit("retro_add"))
        .when(pl.col("gone") | _HELD)
        .then(pl.lit("credit"))
        .when(_OTHER_PRICE | _COST_ONLY | (pl.col("whole") & (pl.col("held") == "")))
        .then(pl.lit("reprice"))
        .when(more)
        .then(pl.lit("retro_add"))
        .otherwise(pl.lit("credit"))
    )


def dollars(cents: pl.Expr) -> pl.Expr:
    """Cents as 12.00; null when null."""
    return pl.format("{}.{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2))
