"""Dependents of a group's file: which subscriptions list them, from what it says of their coverage. Pure."""

from __future__ import annotations

import polars as pl

from assets.intake.periods import KEY, spoken_of

# subscription_code: where the row means that one alone.
HELD = ["company_code", "member_code", "head_code", "is_subscriber", "product_code", "tier", "begin", "end", "over",
         "back", "position", "subscription_code"]  # fmt: skip


def covered_after(
    held: pl.DataFrame, after: pl.DataFrame, subscriptions: pl.DataFrame, covered: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of covered.csv, whole lists of the subscriptions whose dependents are spoken of; and who ends now.

    Args:
        held: HELD.
        after: the periods, once the file has spoken.
        subscriptions: as they are known.
        covered: as it is known: company_code, subscription_code, member_code, end_date.
    """
    columns = ["company_code", "subscription_code", "member_code"]
    told = _targets(held.filter(~pl.col("is_subscriber")), after, subscriptions, covered)
    carried = _carried(after, told, covered)
    covered = pl.concat([covered.with_columns(position=pl.lit(0, pl.Int64)), carried])
    named = told.unique(columns, keep="last", maintain_order=True).rename({"end": "end_date"})
    # Who was never covered can't end; who ends without a day ends now.
    over = named.filter("over").join(covered, on=columns, how="semi", maintain_order="left")
    ended = over.filter(pl.col("end_date").is_null()).select(columns)
    lasts = pl.concat([named.filter(~pl.col("over")), over.drop_nulls("end_date")])
    lists = pl.concat([named.select(columns[:2]), carried.select(columns[:2])]).unique()
    before = covered.join(lists, on=columns[:2], how="semi", maintain_order="left")
    stays = before.join(named.select(columns), on=columns, how="anti", maintain_order="left")
    rows = pl.concat([frame.select(*columns, "end_date", "position") for frame in (lasts, stays)])
    return rows.sort(*columns[:2], "position", "member_code"), ended


def _targets(
    told: pl.DataFrame, after: pl.DataFrame, subscriptions: pl.DataFrame, covered: pl.DataFrame
) -> pl.DataFrame:
    """Coverages of dependents with the subscription_code of each period they speak of, one row for each of these."""
    head = {"member_code": "dependent", "head_code": "member_code"}
    theirs = covered.rename({"member_code": "dependent", "end_date": "own_end"})
    # An end without a day is one of where the dependent is covered last.
    last = (
        theirs.join(subscriptions.select("company_code", "subscription_code", "product_code", "start_date"),
              on=["company_code", "subscription_code"])
        .sort("start_date")
        .unique(["company_code", "dependent", "product_code"], keep="last")
        .select("company_code", "dependent", "product_code", now="subscription_code")
    )  # fmt: skip
    undated = pl.col("over") & pl.col("end").is_null()
    rows = (
        told.rename(head)
        .join(last, on=["company_code", "dependent", "product_code"], how="left", maintain_order="left")
        .with_columns(subscription_code=pl.coalesce("subscription_code", pl.when(undated).then("now")))
    )
    first = spoken_of(rows, after).drop_nulls("was_subscription_code")
    first = first.with_columns(subscription_code="was_subscription_code")
    # Who is there from a day on is there in the member's later periods, too, but in those of the member alone.
    later = (
        first.filter(~pl.col("over"))
        .join(after.select(*KEY, next="subscription_code", next_start="start_date", next_tier="tier"), on=KEY)
        .filter(pl.col("next_start") > pl.col("was_start_date"), pl.col("next_tier") != "EMP",
                (pl.col("next_start") < pl.col("end")).fill_null(value=True))
        .with_columns(subscription_code="next")
    )  # fmt: skip
    both = pl.concat([frame.select(first.columns) for frame in (later, _followed(first, after, theirs), first)])
    return both.rename({"member_code": "head_code", "dependent": "member_code"}).select(HELD)


def _followed(first: pl.DataFrame, after: pl.DataFrame, theirs: pl.DataFrame) -> pl.DataFrame:
    """Ends of dependents in a period which another follows without a gap: of this one they are taken off."""
    on = ["company_code", "dependent", "subscription_code"]
    news = (pl.col("own_end") > pl.col("end")).fill_null(value=True)
    return (
        first.filter("over", pl.col("end").is_not_null())
        .join(theirs, on=on, how="inner")
        .filter(news)
        .join(after.select(*KEY, next="subscription_code", was_end_date="start_date"), on=[*KEY, "was_end_date"])
        .with_columns(subscription_code="next", end=pl.lit(None, pl.Date))
        .join(theirs.select(on), on=on, how="semi")
    )


def _carried(after: pl.DataFrame, told: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """Dependents of a subscription that goes on in another tier, listed for the one that follows it: covered.

    With position, that of the coverage that tells the tier. Who ends by then, or where the tier is the member's alone,
    isn't.
    """
    heirs = after.drop_nulls("follows").filter(pl.col("tier") != "EMP")
    rows = covered.join(
        heirs.select("company_code", "start_date", "position", subscription_code="follows", heir="subscription_code"),
        on=["company_code", "subscription_code"], maintain_order="left",
    ).filter((pl.col("end_date") > pl.col("start_date")).fill_null(value=True))  # fmt: skip
    ends = told.filter("over").select("company_code", "subscription_code", "member_code", told_end="end")
    gone = rows.join(ends, on=["company_code", "subscription_code", "member_code"]).filter(
        (pl.col("told_end") <= pl.col("start_date")).fill_null(value=True)
    )
    return (
        rows.join(gone, on=["company_code", "subscription_code", "member_code"], how="anti", maintain_order="left")
        .select("company_code", "heir", "member_code", "end_date", "position")
        .rename({"heir": "subscription_code"})
    )
