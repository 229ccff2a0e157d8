"""Periods of coverage: what a group's file says of subscriptions, held against those that the record knows. Pure.

A member holds one plan in one period after another, each a subscription of its own; what is over stays as it was. A
known start moves only to an earlier day.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from resources.group_terms import GroupTerms

KEY = ["company_code", "member_code", "product_code"]
_CARRIED = ["bill_day", "method", "account_code", "agent_code", "created_on", "recurring_from", "group_code"]
_OF_ITS_OWN = ["created_on", "recurring_from"]  # of one period: the next doesn't take them over
_PERIOD: dict[str, pl.DataType] = {
    "company_code": pl.String(),
    "subscription_code": pl.String(),
    "member_code": pl.String(),
    "product_code": pl.String(),
    "tier": pl.String(),
    "start_date": pl.Date(),
    "end_date": pl.Date(),
    "bill_day": pl.Int64(),
    "method": pl.String(),
    "account_code": pl.String(),
    "agent_code": pl.String(),
    "created_on": pl.Date(),
    "recurring_from": pl.Date(),
    "group_code": pl.String(),
    "position": pl.Int64(),  # of the segment that speaks of it; null: none does
    "follows": pl.String(),  # the subscription that it goes on from without a gap, in another tier
}
_LAST_DAY = dt.date(9999, 12, 31)


def periods(told: pl.DataFrame, known: pl.DataFrame, terms: GroupTerms) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All periods as they are once the file has spoken, and what it ends that nobody knows.

    Args:
        told: KEY, subscription_code (where the row means that one alone), tier, begin, end, over (it ends), back (it
            is there whatever was before: an addition or a reinstatement), position.
        known: KEY, subscription_code and the other columns of subscriptions.csv.
        terms: bill day and method of what is new.

    Returns:
        _PERIOD; and position of ends without a begin of which there is no period.
    """
    empty = pl.DataFrame(schema=_PERIOD)
    state = pl.concat([empty, known.select(c for c in _PERIOD if c in known.columns)], how="diagonal_relaxed")
    day = pl.when("over").then("end").otherwise("begin")
    # By their days, not by their places: an end and the begin that follows it mean the same in either order.
    turns = (
        told.with_columns(day=day.fill_null(dt.date.min))
        .unique([*KEY, "subscription_code", "over", "day"], keep="last", maintain_order=True)
        .sort("day", ~pl.col("over"), maintain_order=True)
        .with_columns(turn=pl.int_range(pl.len()).over(KEY))
    )
    lost = [turns.select("position").clear()]
    for turn in turns.partition_by("turn", maintain_order=True):
        state, unknown = _turn(turn, state, terms)
        lost.append(unknown)
    return state, pl.concat(lost)


def spoken_of(rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add the period each row speaks of as was_subscription_code, was_tier, was_start_date ...; null: there is none.

    It is the one in force on the row's first day (of an end: its last day covered), else the last that started before
    it, else the first. A row without a day speaks of the last.

    Args:
        rows: KEY, subscription_code (null: any), begin, end, over.
        known: _PERIOD.
    """
    # What ends on the day it begins is the period of that day.
    last = pl.max_horizontal(pl.col("end").dt.offset_by("-1d"), "begin")
    first = pl.coalesce("begin", pl.col("end").dt.offset_by("-1d"))
    day = pl.coalesce(pl.when("over").then(last).otherwise(first), pl.lit(_LAST_DAY))
    mine = rows.with_row_index("row").with_columns(day=day)
    was = known.select(*KEY, *(pl.col(c).alias(f"was_{c}") for c in _PERIOD if c not in (*KEY, "position")))
    pairs = (
        mine.select("row", "day", "subscription_code", *KEY)
        .join(was, on=KEY, how="inner")
        .filter((pl.col("subscription_code") == pl.col("was_subscription_code")).fill_null(value=True))
    )
    started = pl.col("was_start_date") <= pl.col("day")
    in_force = started & (pl.col("was_end_date") > pl.col("day")).fill_null(value=True)
    nearest = (
        pairs.with_columns(
            rank=pl.when(in_force).then(0).when(started).then(1).otherwise(2),
            away=(pl.col("day") - pl.col("was_start_date")).abs(),
        )
        .sort("row", "rank", "away", "was_subscription_code")
        .unique("row", keep="first", maintain_order=True)
        .drop("day", "subscription_code", "rank", "away", *KEY)
    )
    return mine.join(nearest, on="row", how="left", maintain_order="left").drop("row", "day")


def _turn(rows: pl.DataFrame, state: pl.DataFrame, terms: GroupTerms) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row of each member and product, said of the periods: these afterwards, and the positions of unknown ones."""
    begin, start, end = pl.col("begin"), pl.col("was_start_date"), pl.col("was_end_date")
    unknown = pl.col("was_subscription_code").is_null()
    both = spoken_of(rows, state)
    lost = both.filter(unknown & pl.col("over") & begin.is_null()).select("position")
    differs = (pl.col("tier") != pl.col("was_tier")).fill_null(value=False)
    follows = (begin > start) & differs & (end >= begin).fill_null(value=True)
    apart = (begin > start) & (end < begin).fill_null(value=False)
    earlier = (begin < start) & (pl.col("end") <= start).fill_null(value=False)
    # An end says nothing of the tier or of another period.
    opens = unknown | (~pl.col("over") & (follows | apart | earlier).fill_null(value=False))
    both = both.filter(~(unknown & pl.col("over") & begin.is_null())).with_columns(opens=opens)
    fresh = _opened(both.filter("opens").with_columns(followed=follows.fill_null(value=False)), terms)
    cut = both.filter(pl.col("opens") & follows & (end > begin).fill_null(value=True))
    ended = _was(cut, end_date=pl.col("begin"))
    again = ~pl.col("over") & (begin.is_not_null() | pl.col("back"))
    went_on = _was(
        both.filter(~pl.col("opens")),
        tier=pl.when(pl.col("over")).then("was_tier").otherwise(pl.coalesce("tier", "was_tier")),
        # A period that ends before the known one begins is none of it: intake refuses such an end in words.
        start_date=pl.when((pl.col("end") <= start).fill_null(value=False)).then(start)
        .otherwise(pl.min_horizontal("begin", start)),
        end_date=pl.when(again).then("end").otherwise(pl.coalesce("end", "was_end_date")),
    )  # fmt: skip
    codes = ["company_code", "subscription_code"]
    made = _up_to_the_next(pl.concat([fresh, went_on]), state)
    said = pl.concat([made, ended])
    after = pl.concat([state.join(said.select(codes), on=codes, how="anti", maintain_order="left"), said])
    open_ended = both.filter("back", ~pl.col("over"), pl.col("end").is_null()).select(*KEY)
    return _last_goes_on(after, made.join(open_ended, on=KEY, how="semi")), lost


def _opened(rows: pl.DataFrame, terms: GroupTerms) -> pl.DataFrame:
    """The periods that rows open: _PERIOD. What the member's period before says of billing holds for the next, too."""
    code = pl.format("{}-{}", "member_code", "product_code")
    dated = pl.format("{}-{}", code, pl.col("begin").dt.strftime("%Y%m%d"))
    # A period that moved to an earlier day keeps its code, which names a day inside it.
    taken = dated == pl.col("was_subscription_code")
    dated = pl.when(taken).then(pl.format("{}-{}", dated, "tier")).otherwise(dated)
    was = {c: pl.lit(None, _PERIOD[c]) if c in _OF_ITS_OWN else pl.col(f"was_{c}") for c in _CARRIED}
    return rows.select(
        "company_code",
        pl.when(pl.col("was_subscription_code").is_null()).then(code).otherwise(dated).alias("subscription_code"),
        "member_code",
        "product_code",
        pl.coalesce("tier", "was_tier").alias("tier"),
        pl.col("begin").alias("start_date"),
        pl.col("end").alias("end_date"),
        was["bill_day"].fill_null(terms.bill_day).alias("bill_day"),
        was["method"].fill_null(terms.method).alias("method"),
        was["account_code"].fill_null("").alias("account_code"),
        was["agent_code"].fill_null("").alias("agent_code"),
        was["created_on"].alias("created_on"),
        was["recurring_from"].alias("recurring_from"),
        was["group_code"].fill_null("").alias("group_code"),
        "position",
        pl.when("followed").then("was_subscription_code").alias("follows"),
    ).cast(_PERIOD)  # type: ignore[arg-type]  # a dict of names to types


def _was(rows: pl.DataFrame, **changed: pl.Expr) -> pl.DataFrame:
    """The periods that rows speak of, as _PERIOD, with some columns changed."""
    was = {c: pl.col(f"was_{c}") for c in _PERIOD if c not in (*KEY, "position")}
    columns = {**{c: pl.col(c) for c in (*KEY, "position")}, **was, **changed}
    return rows.select(**columns).select(list(_PERIOD)).cast(_PERIOD)  # type: ignore[arg-type]


def _up_to_the_next(made: pl.DataFrame, state: pl.DataFrame) -> pl.DataFrame:
    """End periods where a later one of the same plan begins, so that no day is covered twice."""
    codes = ["company_code", "subscription_code"]
    later = state.select(*KEY, other="subscription_code", next="start_date", next_end="end_date")
    nexts = (
        made.join(later, on=KEY, how="inner")
        .filter(pl.col("other") != pl.col("subscription_code"), pl.col("next") > pl.col("start_date"),
                (pl.col("next_end") > pl.col("next")).fill_null(value=True))
        .group_by(codes).agg(pl.col("next").min())
    )  # fmt: skip
    capped = made.join(nexts, on=codes, how="left", maintain_order="left")
    return capped.with_columns(end_date=pl.min_horizontal("end_date", "next")).drop("next")


def _last_goes_on(state: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """Take the end from the last period of those reinstated in an earlier one, which goes up to a later one only."""
    short = made.drop_nulls("end_date").select(*KEY, said="position")
    newest = state.select(*KEY, "subscription_code", "start_date").sort("start_date").unique(KEY, keep="last")
    last = newest.join(short, on=KEY, how="inner").drop("start_date").with_columns(goes_on=pl.lit(value=True))
    on = [*KEY, "subscription_code"]
    goes_on = pl.col("goes_on").fill_null(value=False)
    return (
        state.join(last, on=on, how="left", maintain_order="left")
        .with_columns(
            end_date=pl.when(~goes_on).then("end_date"),
            position=pl.when(goes_on).then("said").otherwise("position"),
        )
        .drop("said", "goes_on")
    )
