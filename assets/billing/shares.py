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


def apportioned(total: pl.Expr, weight: pl.Expr, of: list[str]) -> pl.Expr:
    """Whole cents of each row's portion of a total by largest remainder, Int64; the portions of a group sum to it.

    A negative total is split as the positive one and negated. Equal remainders go by the order of the rows.

    Args:
        total: the cents to split, the same in every row of a group.
        weight: of each row, not negative; a group whose weights are all zero gets zeros.
        of: the columns that make a group.
    """
    size = total.abs().cast(pl.Int128) * weight
    all_weights = weight.sum().over(of)
    portion = (size // all_weights).fill_null(0).cast(pl.Int64)
    remainder = (size % all_weights).fill_null(0).cast(pl.Int64)
    missing = pl.when(all_weights > 0).then(total.abs() - portion.sum().over(of)).otherwise(0)
    place = (-remainder).rank("ordinal").over(of)
    return total.sign() * (portion + (place <= missing).cast(pl.Int64))


def divided(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """Each charge as the parts of those who owe it.

    Args:
        charges: `CHARGE`, `MONEY` (null when there is no price), fraction (billionths), whole and further columns.
        world: shares, fees.

    Returns:
        The charges with part and debtor, `MONEY` of the part; `whole` is false where a charge was divided.
    """
    undivided = charges.with_columns(part=pl.lit(1, pl.Int32), debtor=pl.lit(OWN, pl.Int32))
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
    early = touched.filter(pl.col("since").is_null()).with_columns(
        part=pl.lit(1, pl.Int32), debtor=pl.lit(OWN, pl.Int32)
    )
    parts = _parts(touched.filter(pl.col("since").is_not_null()), world)
    return pl.concat([f.select(undivided.columns) for f in (untouched, early, parts)])


def _parts(charges: pl.DataFrame, world: World) -> pl.DataFrame:
    """The parts of charges whose shares in force begin `since`, the own payer's rest among them."""
    renamed = {"rate": "weight", "valid_from": "since", "fee_id": "of_fee", "amount_cents": "fixed"}
    shares = world.shares.drop("known").rename(renamed)
    premium = world.fees.filter(pl.col("kind") == "premium")["fee_id"].implode()
    told = (
        charges.join(shares, on=[*_WHO, "since"], how="inner")
        .filter(pl.col("of_fee").is_null() | (pl.col("of_fee") == pl.col("fee_id")))
        .filter(pl.col("of_fee").is_not_null() | ~pl.col("of_fee").is_not_null().any().over(CHARGE))
        .filter(pl.col("weight").is_not_null() | pl.col("of_fee").is_not_null() | pl.col("fee_id").is_in(premium))
    )
    own = charges.with_columns(
        part=pl.lit(1, pl.Int32),
        debtor=pl.lit(OWN, pl.Int32),
        weight=pl.lit(None, pl.Int64),
        of_fee=pl.lit(None, pl.Int32),
        fixed=pl.lit(None, pl.Int64),
        _own=pl.lit(value=True),
    )
    # The own payer's rest comes last, also when cents are missing.
    rows = pl.concat([told.with_columns(_own=pl.lit(value=False)).select(own.columns), own]).sort(
        *CHARGE, "_own", "part"
    )
    left = WHOLE - pl.col("weight").sum().over(CHARGE)
    rows = rows.with_columns(
        weight=pl.when("_own").then(left).otherwise(pl.col("weight").fill_null(0)),
        _fixed=cents(pl.col("fixed").fill_null(0).clip(0, HIGHEST_PRICE), pl.col("fraction")),
    ).filter(~pl.col("_own") | (pl.col("weight") > 0))
    until = pl.col("_fixed").cum_sum().over(CHARGE)
    total = pl.col("amount_cents")
    taken = pl.min_horizontal(until, total) - pl.min_horizontal(until - pl.col("_fixed"), total)
    rows = rows.with_columns(_taken=taken)
    after_fixed = total - pl.col("_taken").sum().over(CHARGE)
    rows = rows.with_columns(_part=pl.col("_taken") + apportioned(after_fixed, pl.col("weight"), CHARGE))
    return rows.with_columns(
        *(apportioned(pl.col(c), pl.col("_part"), CHARGE).alias(c) for c in MONEY[1:]),
        amount_cents=pl.col("_part"),
        whole=pl.lit(value=False),
    )


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
