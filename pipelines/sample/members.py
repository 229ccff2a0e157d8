"""The sample's households and what they hold: people, accounts, subscriptions, covered dependents, holds, splits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import polars as pl

from formats.nacha import check_digits
from pipelines.sample.catalogue import COMPANIES, groups, lines
from pipelines.sample.draw import Draw, Ints
from pipelines.sample.names import CITIES, FEMALE, LAST, MALE, STREETS

_ALONE, _COUPLE, _PARENT, _FAMILY = range(4)
_TIER_OF = pl.Series(["EMP", "ESP", "ECH", "FAM"])  # by kind of household
_ENDS = {"end_date": pl.Date}


@dataclass(frozen=True)
class Members:
    """Frames with the columns of their files, dates as dates, and a few of their own that are not written."""

    people: pl.DataFrame
    accounts: pl.DataFrame
    subscriptions: pl.DataFrame
    covered: pl.DataFrame
    holds: pl.DataFrame
    splits: pl.DataFrame


def make_members(
    seed: int, date: dt.date, members: int, *, agents: int, first: int = 1, fresh: bool = False
) -> Members:
    """Households numbered from `first` on with everything they hold.

    Args:
        seed: the sample's.
        date: business date of the first night; all dates hang on it.
        members: how many subscribers.
        agents: how many writing agents there are.
        first: number of the first, which keeps codes and SSNs apart from other households'.
        fresh: they all join about now (a later drop) instead of over the last 18 months.
    """
    draw = Draw(seed, f"members from {first}")
    subscribers = _subscribers(draw, date, members, agents, first)
    people = _people(draw, date, subscribers, first)
    accounts = _accounts(draw, subscribers)
    subscriptions = _subscriptions(draw, date, subscribers, fresh=fresh)
    return Members(
        people,
        accounts,
        subscriptions,
        covered(subscriptions, people),
        _holds(draw, date, subscriptions),
        _splits(draw, subscriptions, agents),
    )


def _subscribers(draw: Draw, date: dt.date, members: int, agents: int, first: int) -> pl.DataFrame:
    edges = np.round(np.cumsum([c.share for c in COMPANIES]) * members).astype(np.int64)
    company = np.searchsorted(edges, np.arange(members), side="right")
    kind = draw.pick(members, 55, 15, 10, 20)
    children = np.where(kind >= _PARENT, 1 + draw.pick(members, 55, 35, 10), 0)
    city = draw.whole(members, 0, len(CITIES) - 1)
    number = np.arange(first, first + members)
    return pl.DataFrame(
        {
            "number": number,
            "company_code": pl.Series([c.code for c in COMPANIES]).gather(company),
            "drafted": pl.Series([c.drafts_members for c in COMPANIES]).gather(company),
            "kind": kind,
            "children": children,
            "age": draw.whole(members, 22 * 365, 64 * 365),
            "last": draw.whole(members, 0, len(LAST) - 1),
            "house": draw.whole(members, 1, 980),
            "street": pl.Series(STREETS).gather(draw.whole(members, 0, len(STREETS) - 1)),
            "city": pl.Series([c[0] for c in CITIES]).gather(city),
            "state": pl.Series([c[1] for c in CITIES]).gather(city),
            "zip": pl.Series([c[2] for c in CITIES]).gather(city),
            "area": pl.Series([c[3] for c in CITIES]).gather(city),
            "agent": draw.whole(members, 1, agents),
            "direct": draw.chance(members, 0.08),
        }
    ).with_columns(
        member_code=pl.col("company_code").str.head(1) + pl.col("number").cast(pl.String).str.zfill(6),
        address=pl.col("house").cast(pl.String)
        + pl.lit(" ")
        + pl.col("street")
        # Some live in flats; a few of those were typed on a line of their own.
        + pl.when(pl.col("number") % 40 == 17)
        .then(pl.lit("\nApt 4"))
        .when(pl.col("number") % 30 == 11)
        .then(pl.lit(", Apt 12"))
        .otherwise(pl.lit("")),
        zip=pl.col("zip") + (pl.col("number") * 7 % 100).cast(pl.String).str.zfill(2),
        day=pl.lit(date),
    )


def _people(draw: Draw, date: dt.date, subscribers: pl.DataFrame, first: int) -> pl.DataFrame:
    """Subscribers, each followed by their spouse and children."""
    own = subscribers.with_columns(relationship=pl.lit("self"), place=pl.lit(0, pl.Int64))
    spouses = subscribers.filter(pl.col("kind").is_in([_COUPLE, _FAMILY])).with_columns(
        relationship=pl.lit("spouse"), place=pl.lit(1, pl.Int64)
    )
    children = (
        subscribers.filter(pl.col("children") > 0)
        .with_columns(place=pl.int_ranges(2, pl.col("children") + 2))
        .explode("place")
        .with_columns(relationship=pl.lit("child"))
        .select(own.columns)
    )
    people = pl.concat([own, spouses, children]).sort("number", "place")
    count = people.height
    days = draw.uniform(count)
    spouse_age = pl.max_horizontal(pl.col("age") + ((pl.lit(pl.Series(days)) - 0.5) * 3650).cast(pl.Int64), 20 * 365)
    child_age = (pl.lit(pl.Series(days)) * 24 * 365).cast(pl.Int64) + 20
    own_age = pl.when(pl.col("place") == 0).then("age").when(pl.col("place") == 1).then(spouse_age).otherwise(child_age)
    gender = draw.pick(count, 49, 49, 2)
    names = draw.whole(count, 0, min(len(FEMALE), len(MALE)) - 1)
    return people.with_columns(
        code=pl.col("member_code")
        + pl.when(pl.col("place") > 0).then(pl.format("-{}", "place")).otherwise(pl.lit("")),
        subscriber_code=pl.when(pl.col("place") > 0).then("member_code").otherwise(pl.lit("")),
        first_name=pl.when(pl.Series(gender == 1))
        .then(pl.Series(MALE).gather(names))
        .otherwise(pl.Series(FEMALE).gather(names)),
        last_name=pl.Series(LAST).gather(people["last"]),
        ssn=_ssn(first * 8 + np.arange(count), draw.chance(count, 0.03) & (people["place"] > 1).to_numpy()),
        birth_date=pl.lit(date) - pl.duration(days=own_age),
        gender=pl.Series(["F", "M", "U"]).gather(gender),
        phone=pl.format("{}-555-01{}", "area", (pl.col("number") % 100).cast(pl.String).str.zfill(2)),
        email=pl.format("{}@example.com", pl.col("member_code").str.to_lowercase()),
    ).with_columns(member_code="code")  # fmt: skip


def _ssn(at: Ints, unknown: np.ndarray) -> pl.Series:
    """Invented numbers of valid shape, all different: areas 100 to 665, groups 01 to 99, serials 0001 to 9999."""
    size = 566 * 99 * 9999
    spread = (at * 104_729_011 + 17_389) % size  # the factor shares no divisor with the size
    frame = pl.DataFrame({"n": spread, "unknown": unknown}).select(
        pl.when(~pl.col("unknown")).then(
            pl.format(
                "{}-{}-{}",
                pl.col("n") // (99 * 9999) + 100,
                (pl.col("n") // 9999 % 99 + 1).cast(pl.String).str.zfill(2),
                (pl.col("n") % 9999 + 1).cast(pl.String).str.zfill(4),
            )
        )
    )
    return frame.to_series()


def routing_numbers(draw: Draw, count: int) -> pl.Series:
    """Made-up routing numbers with the districts' first digits and a true check digit."""
    district = draw.whole(count, 1, 12) + 20 * draw.whole(count, 0, 1)
    eight = pl.Series(district * 1_000_000 + draw.whole(count, 0, 999_999)).cast(pl.String).str.zfill(8)
    return eight + check_digits(eight)


def _accounts(draw: Draw, subscribers: pl.DataFrame) -> pl.DataFrame:
    """An account for each member who is drafted, one for each company that is billed by list."""
    banks = routing_numbers(draw, 24)
    drafted = subscribers.filter("drafted")
    listed = [c.code for c in COMPANIES if not c.drafts_members and c.code in set(subscribers["company_code"])]
    people = drafted.select("company_code", "member_code", account_code=pl.col("member_code") + "-A")
    companies = pl.DataFrame({"company_code": listed}, schema={"company_code": pl.String}).with_columns(
        member_code=pl.lit(""), account_code=pl.col("company_code") + "-MAIN"
    )
    accounts = pl.concat([people, companies])
    count = accounts.height
    return accounts.with_columns(
        routing=banks.gather(draw.whole(count, 0, 23)),
        account_number=account_numbers(draw, count),
        account_type=pl.when(pl.Series(draw.chance(count, 0.15)) & (pl.col("member_code") != ""))
        .then(pl.lit("savings"))
        .otherwise(pl.lit("checking")),
    )


def account_numbers(draw: Draw, count: int) -> pl.Series:
    """Random digits, nine to twelve."""
    return pl.Series(draw.whole(count, 10_000_000, 99_999_999)).cast(pl.String) + pl.Series(
        draw.whole(count, 0, 9999)
    ).cast(pl.String)


def _subscriptions(draw: Draw, date: dt.date, subscribers: pl.DataFrame, *, fresh: bool) -> pl.DataFrame:
    count = subscribers.height
    shares = (0.66, 0.28, 0.17, 0.16)
    has = [draw.chance(count, share) for share in shares]
    has[3] |= ~(has[0] | has[1] | has[2])  # everybody holds something
    parts = []
    for slot, products in enumerate(lines().values()):
        product = draw.pick(count, *(weight for _, weight in products))
        codes = pl.Series([code for code, _ in products]).gather(product)
        parts.append(subscribers.with_columns(slot=pl.lit(slot), product_code=codes).filter(pl.Series(has[slot])))
    held = pl.concat(parts).sort("number", "slot")
    dated = _terms(draw, date, held, fresh=fresh)
    count = dated.height
    full = _TIER_OF.gather(dated["kind"])
    day = draw.pick(count, 60, 30, 3, 3, 2, 2)
    return dated.with_columns(
        subscription_code=pl.format("{}-{}", "member_code", pl.col("product_code").str.head(2)),
        tier=pl.when(pl.Series(draw.chance(count, 0.85))).then(full).otherwise(pl.lit("EMP")),
        bill_day=pl.when("drafted").then(pl.Series([1, 15, 28, 29, 30, 31]).gather(day)).otherwise(1),
        method=pl.when("drafted").then(pl.lit("ach")).otherwise(pl.lit("list_bill")),
        account_code=pl.when("drafted").then(pl.col("member_code") + "-A").otherwise(pl.lit("")),
        agent_code=pl.when("direct")
        .then(pl.lit(""))
        .otherwise(pl.format("A1-{}", pl.col("agent").cast(pl.String).str.zfill(5))),
        group_code=_group(),
    )


def _group() -> pl.Expr:
    """A member's group by turns; empty where the company has none."""
    found = pl.lit("")
    for company in COMPANIES:
        if named := groups(company.code):
            turn = pl.lit(pl.Series(named)).gather(pl.col("number") % len(named))
            found = pl.when(pl.col("company_code") == company.code).then(turn).otherwise(found)
    return found


def _terms(draw: Draw, date: dt.date, held: pl.DataFrame, *, fresh: bool) -> pl.DataFrame:
    """Start and end: most began on a first of the last 18 months and go on; some ended, end soon or are to come."""
    count = held.height
    back = np.ones(count, np.int64) if fresh else draw.whole(count, 1, 18)
    day = np.where(held["drafted"], np.choose(draw.pick(count, 60, 20, 20), [0, 14, draw.whole(count, 1, 27)]), 0)
    coming = draw.chance(count, 0.02)
    late = draw.uniform(count)
    fate = draw.pick(count, 92.5, 5.5, 2)  # goes on, has ended, ends within four weeks
    this_month = date.replace(day=1)
    frame = held.with_columns(pl.Series("back", back), pl.Series("day_", day), pl.Series("late", late))
    frame = frame.with_columns(
        start_date=pl.when(pl.Series(coming))
        .then(pl.lit(date) + pl.duration(days=(pl.col("late") * 40).cast(pl.Int64) + 1))
        .otherwise(pl.lit(this_month).dt.offset_by(pl.format("-{}mo", "back")) + pl.duration(days="day_"))
    )
    span = (pl.lit(date) - pl.col("start_date")).dt.total_days()
    ended = pl.col("start_date") + pl.duration(days=(span * pl.col("late")).cast(pl.Int64))
    ending = pl.lit(date) + pl.duration(days=(pl.col("late") * 27).cast(pl.Int64) + 1)
    running = ~pl.Series(coming) & (not fresh)
    return frame.with_columns(
        end_date=pl.when(running & pl.Series(fate == 1)).then(ended).when(running & pl.Series(fate == 2)).then(ending)
    ).cast(_ENDS)  # type: ignore[arg-type]


def covered(subscriptions: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The dependents that each subscription's tier stands for."""
    dependents = people.filter(pl.col("place") > 0).select("number", "place", dependent="member_code")
    both = subscriptions.select("number", "company_code", "subscription_code", "tier").join(
        dependents, on="number", how="inner", maintain_order="left_right"
    )
    spouse = pl.col("place") == 1
    fits = (spouse & pl.col("tier").is_in(["ESP", "FAM"])) | (~spouse & pl.col("tier").is_in(["ECH", "FAM"]))
    return both.filter(fits).select("company_code", "subscription_code", member_code="dependent")


def _holds(draw: Draw, date: dt.date, subscriptions: pl.DataFrame) -> pl.DataFrame:
    settled = subscriptions.filter(
        pl.col("end_date").is_null() & (pl.col("start_date") <= date - dt.timedelta(days=60))
    )
    count = settled.height
    chosen = settled.filter(pl.Series(draw.chance(count, 0.012)))
    count = chosen.height
    begin = pl.lit(date) - pl.duration(days=pl.lit(pl.Series(draw.whole(count, -10, 40))))
    reasons = pl.Series(["leave of absence", "moved abroad for a while", "seasonal work"])
    return chosen.select(
        "company_code",
        "subscription_code",
        from_date=begin,
        to_date=begin + pl.duration(days=pl.lit(pl.Series(draw.whole(count, 10, 45)))),
        reason=reasons.gather(draw.whole(count, 0, 2)),
    )


def _splits(draw: Draw, subscriptions: pl.DataFrame, agents: int) -> pl.DataFrame:
    chosen = subscriptions.filter(~pl.col("direct") & pl.Series(draw.chance(subscriptions.height, 0.03)))
    kind = draw.whole(chosen.height, 0, 3)
    larger, smaller = pl.Series(["50", "60", "70", "62.5"]), pl.Series(["50", "40", "30", "37.5"])
    other = pl.format("A1-{}", (pl.col("agent") % agents + 1).cast(pl.String).str.zfill(5))
    codes = ["company_code", "subscription_code"]
    writing = chosen.select("number", *codes, "agent_code", percent=larger.gather(kind))
    second = chosen.select("number", *codes, agent_code=other, percent=smaller.gather(kind))
    return pl.concat([writing, second]).sort("number", "subscription_code", maintain_order=True).drop("number")
