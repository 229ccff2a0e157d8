"""Who pays which part of a charge, to the cent. Pure.

Source: billing reference section 10 and master.payer_share. The rows of a subscription with the latest valid_from on or
before the coverage start are in force together; a row that names a fee speaks for that fee instead of those that name
none. Fixed amounts come first, in the order of their parts, each for a whole period and never more than is left; one
that names no fee is of the premium. The percents share what they leave, and what is then left is the subscription's own
payer's (part 1, debtor 0). Every part carries its portion of the vendor's and the commissionable cents.
"""

from __future__ import annotations

import polars as pl

from assets.billing.proration import HIGHEST_PRICE, cents
from assets.billing.world import CHARGE, KEY, MONEY, QUARANTINED, World, quarantined

OWN, COMPANY, MEMBER = 0, -1, -2  # debtors; above zero: a person
WHOLE = 1_000_000  # millionths: a rate of all
_WHO = ["company_id", "subscription_id"]


def apportioned(rows: pl.DataFrame, total: pl.Expr, weight: pl.Expr, of: str) -> pl.Series:
    """Whole cents of each row's portion of a total by largest remainder, Int64; the portions of a group sum to it.

    A negative total is split as the positive one and negated. Equal remainders go by the order of the rows.

    Args:
        rows: the rows of a group stand together.
        total: the cents to split, the same in every row of a group; null gives null.
        weight: of each row, not negative; a group whose weights are all zero gets zeros.
        of: the column that makes a group.
    """
    weights = rows.select(of, _total=total, _weight=weight).with_columns(_all=pl.col("_weight").sum().over(of))
    size = pl.col("_total").abs().cast(pl.Int128) * pl.col("_weight")
    exact = weights.with_columns(
        _cents=(size // pl.col("_all")).fill_null(0).cast(pl.Int64), _rest=(size % pl.col("_all")).fill_null(0)
    ).with_row_index("_at")
    # Ranked by one sort of everything: ranks within groups of a few rows take a hundred times as long.
    first = pl.col("_at").first().over(of)
    place = exact.select("_at", _first=first, _rest=-pl.col("_rest").cast(pl.Int64)).sort("_first", "_rest", "_at")
    place = place.with_columns(_place=pl.int_range(pl.len()) - pl.col("_first")).sort("_at")
    missing = pl.col("_total").abs() - pl.col("_cents").sum().over(of)
    more = ((pl.col("_place") < missing) & (pl.col("_all") > 0)).cast(pl.Int64)
    return exact.with_columns(place["_place"]).select(pl.col("_total").sign() * (pl.col("_cents") + more)).to_series()


def divided(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """Each charge as the parts of those who owe it.

    Args:
        charges: `CHARGE`, `MONEY` (null when there is no price), fraction (billionths), whole and further columns.
        world: shares, fees.

    Returns:
        The charges with part and debtor, `MONEY` of the part; `whole` is false where a charge was divided.
    """
    undivided = charges.with_columns(_undivided())
    sets = world.shares.select(*_WHO, "valid_from").unique().sort("valid_from")
    if sets.is_empty():
        return undivided
    touched = (
        charges.join(sets, on=_WHO, how="semi")
        .sort("coverage_start")
        .join_asof(
            sets.with_columns(since="valid_from"),
            left_on="coverage_start",
            right_on="valid_from",
            by=_WHO,
            strategy="backward",
            check_sortedness=False,  # both are sorted, which can't be seen across the groups of `by`
        )
    )
    untouched = undivided.join(sets, on=_WHO, how="anti", maintain_order="left")
    early = touched.filter(pl.col("since").is_null()).with_columns(_undivided())
    parts = _parts(touched.filter(pl.col("since").is_not_null()), world)
    return pl.concat([f.select(undivided.columns) for f in (untouched, early, parts)])


def _undivided() -> list[pl.Expr]:
    return [pl.lit(1, pl.Int32).alias("part"), pl.lit(OWN, pl.Int32).alias("debtor")]


def _parts(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """The parts of charges whose shares in force begin `since`, the own payer's rest among them."""
    renamed = {"rate": "weight", "valid_from": "since", "fee_id": "of_fee", "amount_cents": "fixed"}
    shares = world.shares.drop("known").rename(renamed).with_columns(_own=pl.lit(value=False))
    premium = world.fees.filter(pl.col("kind") == "premium")["fee_id"].implode()
    charges = charges.with_row_index("_charge")
    of_fee = pl.col("of_fee").is_not_null()
    told = (
        charges.join(shares, on=[*_WHO, "since"], how="inner")
        .filter(~of_fee | (pl.col("of_fee") == pl.col("fee_id")))
        .filter(of_fee | ~of_fee.any().over("_charge"))
        .filter(of_fee | pl.col("weight").is_not_null() | pl.col("fee_id").is_in(premium))
    )
    own = charges.with_columns(_undivided()).with_columns(_own=pl.lit(value=True))
    # The own payer's rest comes last, also when cents are missing.
    rows = pl.concat([told, own], how="diagonal").sort("_charge", "_own", "part")
    left = WHOLE - pl.col("weight").sum().over("_charge")
    rows = rows.with_columns(
        weight=pl.when("_own").then(left).otherwise(pl.col("weight").fill_null(0)),
        fixed=cents(pl.col("fixed").fill_null(0).clip(0, HIGHEST_PRICE), pl.col("fraction")),
    ).filter(~pl.col("_own") | (pl.col("weight") > 0))
    rows = rows.with_columns(_taken=_taken())
    rest = pl.col("amount_cents") - pl.col("_taken").sum().over("_charge")
    rows = rows.with_columns(_part=pl.col("_taken") + apportioned(rows, rest, pl.col("weight"), "_charge"))
    rest_of = [apportioned(rows, pl.col(c), pl.col("_part"), "_charge").alias(c) for c in MONEY[1:]]
    return rows.with_columns(*rest_of, amount_cents=pl.col("_part"), whole=pl.lit(value=False))


def _taken() -> pl.Expr:
    """What each fixed amount takes of its charge: one after the other, never more than there is."""
    all_before = pl.col("fixed").cum_sum() - pl.col("fixed")
    before = all_before - all_before.first().over("_charge")
    total = pl.col("amount_cents")
    return pl.min_horizontal(before + pl.col("fixed"), total) - pl.min_horizontal(before, total)


def explained(lines: pl.DataFrame, wanted: pl.DataFrame, booked: pl.DataFrame, world: World) -> pl.DataFrame:
    """Say of corrections that only move a charge between payers that they do; all others stay as they are.

    That is so where a payer comes in or goes out while the charge stays, and where all parts' differences sum to zero.

    Args:
        lines: of `delta.delta`.
        wanted: of `expected.expected`.
        booked: of `delta.balances`.
        world: shares.
    """
    was = booked.filter((pl.col("part") != 1) | (pl.col("debtor") != OWN)).select(_WHO)
    who = pl.concat([world.shares.select(_WHO), was]).unique()
    if who.is_empty():
        return lines
    suspects = lines.join(who, on=_WHO, how="semi")
    both = suspects.join(booked, on=CHARGE, how="semi").join(wanted.filter("due"), on=CHARGE, how="semi")
    kept = both.join(booked, on=KEY, how="semi").join(wanted, on=KEY, how="semi").select(KEY).with_columns(_kept=True)
    moved = (
        both.join(kept, on=KEY, how="left")
        .filter(
            pl.col("_kept").is_null()
            | ((pl.col("amount_cents").sum().over(CHARGE) == 0) & (pl.col("amount_cents") != 0).any().over(CHARGE))
        )
        .select(*KEY, _moved=pl.lit(value=True))
    )
    return (
        lines.join(moved, on=KEY, how="left", maintain_order="left")
        .with_columns(
            kind=pl.when("_moved").then(pl.lit("reprice")).otherwise("kind"),
            cause=pl.when("_moved").then(pl.lit("shares of the payers changed")).otherwise("cause"),
        )
        .drop("_moved")
    )


def unfit(world: World) -> pl.DataFrame:
    """Subscriptions whose shares can't be: more than all, of a stranger, of another product's fee: `QUARANTINED`."""
    if world.shares.is_empty():
        return pl.DataFrame(schema=QUARANTINED)
    shares = world.shares.join(
        world.subscriptions.select(*_WHO, "code", "product_id"), on=_WHO, how="inner", maintain_order="left"
    ).sort(*_WHO, "valid_from", "part")
    strangers = shares.filter(~pl.col("known")).unique([*_WHO, "part"], keep="first", maintain_order=True)
    foreign = shares.filter(pl.col("fee_id").is_not_null()).join(
        world.fees, on=["fee_id", "product_id"], how="anti", maintain_order="left"
    )
    over = (
        shares.group_by(*_WHO, "code", "valid_from", "fee_id", maintain_order=True)
        .agg(pl.col("rate").sum())
        .filter(pl.col("rate") > WHOLE)
        .unique(_WHO, keep="first", maintain_order=True)
    )
    return pl.concat(
        [
            quarantined(strangers, "unknown_payer", pl.format("the payer of its part {} is not known", "part")),
            quarantined(
                foreign.unique([*_WHO, "part"], keep="first", maintain_order=True),
                "unknown_fee",
                pl.format("its part {} is of fee {}, which its product does not have", "part", "fee_id"),
            ),
            quarantined(
                over,
                "shares_over_100",
                pl.format("its payers' percents from {} on are more than 100", pl.col("valid_from").cast(pl.String)),
            ),
        ]
    )
