"""Why a subscription was billed, or not: every decision of a night with the rule and the price row that made it. Pure.

Nothing is decided here. The night's own functions are asked (`night.bill`, `broken.sound`, `terms.terms_of`,
`expected.expected`, `delta.balances`) and what they answer is put side by side and named.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from assets.billing.broken import sound
from assets.billing.calendar import months_later, periods
from assets.billing.delta import balances
from assets.billing.expected import expected
from assets.billing.holds import less_holds
from assets.billing.night import Older, bill
from assets.billing.proration import ONE
from assets.billing.terms import cycles, terms_of, uncovered
from assets.billing.world import KEY, Schema, World, conform

_WHO = ["company_id", "subscription_id"]
_FEE = [*_WHO, "fee_id"]
# Far enough for two periods of a year on either side of the day.
_REACH_MONTHS = 25
_SHOWN = 2  # periods before and after the day
_Case = tuple[pl.Expr, str, str | pl.Expr, pl.Expr]  # holds when, outcome, rule, reason

# outcome: covered, not_covered, not_billed, quarantined (of the subscription, fee_id null), and of a charge: billed,
# credited, tonight (a night of this day books it), not_due, free, review, kept, elsewhere, quarantined.
DECISIONS: Schema = {
    "company_id": pl.Int32,
    "subscription_id": pl.Int32,
    "fee_id": pl.Int32,
    "coverage_start": pl.Date,
    "coverage_end": pl.Date,
    "part": pl.Int32,
    "debtor": pl.Int32,
    "outcome": pl.String,
    "rule": pl.String,
    "reason": pl.String,
    "bill_date": pl.Date,
    "fraction": pl.Int64,  # of the period that is charged, in billionths
    "number": pl.Int32,  # paid period of the subscription
    "price_id": pl.Int32,
    "price_cents": pl.Int64,
    "amount_cents": pl.Int64,  # what should be booked
    "booked_cents": pl.Int64,
    "tonight_cents": pl.Int64,  # what a night of this day would add
}


def explained(world: World, day: dt.date, who: pl.DataFrame, older: Older) -> pl.DataFrame:
    """The decisions of a business date about some subscriptions.

    Args:
        world: with all subscriptions of their people and everything booked of them, nothing settled.
        day: the business date.
        who: company_id, subscription_id.
        older: as of `night.bill`.

    Returns:
        `DECISIONS`: first the subscription's own rows, then its charges around the day by fee and coverage.
    """
    made = bill(world, day, older)
    terms = terms_of(sound(world)[0], world, day)
    rows = world.subscriptions.join(who, on=_WHO, how="semi", maintain_order="left")
    named = made.quarantined.join(
        rows.select(*_WHO, subject=pl.lit("subscription ") + pl.col("code")), on=["company_id", "subject"], how="inner"
    )
    of_subscription = pl.concat(
        [
            _filled(_states(rows, terms, world, day)),
            _filled(named.with_columns(outcome=pl.lit("quarantined"))),
        ]
    )
    charges = _charges(terms, world, day).join(who, on=_WHO, how="semi")
    tonight = made.lines.group_by(KEY).agg(
        tonight_cents=pl.col("amount_cents").sum(), kind=pl.col("kind").last(), cause=pl.col("cause").last()
    )
    of_charges = _filled(_judged(charges.join(tonight, on=KEY, how="left"), named).filter(_near(day)))
    return pl.concat([of_subscription, of_charges]).sort(*_FEE, "coverage_start", "part", "debtor", nulls_last=False)


def specificity(prices: pl.DataFrame) -> pl.DataFrame:
    """What each price asks for, in words: price_id, because."""
    named = [
        pl.when(pl.col(c) != "").then(pl.format(f"{c.removesuffix('_code')} {{}}", c))
        for c in ("member_code", "group_code", "company_code", "agent_code", "tier")
    ]
    banded = (pl.col("age_from") > 0) | (pl.col("age_to") < 150)
    since = pl.col("valid_from").cast(pl.String)
    words = pl.concat_str(
        *named,
        pl.when(banded).then(pl.format("ages {} to {}", "age_from", "age_to")),
        pl.when(pl.col("step_from") > 1).then(pl.format("from paid period {} on", "step_from")),
        pl.when(pl.col("valid_to").is_null())
        .then(pl.format("valid from {}", since))
        .otherwise(pl.format("valid from {} to before {}", since, pl.col("valid_to").cast(pl.String))),
        separator=", ",
        ignore_nulls=True,
    )
    return prices.select("price_id", because=words)


def _filled(rows: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, t).alias(c) for c, t in DECISIONS.items() if c not in rows.columns]
    return conform(rows.with_columns(missing), DECISIONS)


def _states(rows: pl.DataFrame, terms: pl.DataFrame, world: World, day: dt.date) -> pl.DataFrame:
    """Where each subscription stands on the day: outcome, rule, reason."""
    on = pl.lit(day)
    held = uncovered(world).filter(on.is_between("from_date", "to_date", closed="left"))
    facts = (
        rows.join(world.products.select("product_id", "product_code", "billed"), on="product_id", how="left")
        .join(terms.select(*_WHO, "phase_start", "lapsed", known_end="end_date"), on=_WHO, how="left")
        .join(held.select(*_WHO, "from_date", "to_date", "what"), on=_WHO, how="left")
        .with_columns(until=pl.coalesce("known_end", "end_date"))
    )
    cases: list[_Case] = [
        (
            ~pl.col("billed"),
            "not_billed",
            "billed_by_others",
            pl.format("product {} is billed by somebody else", "product_code"),
        ),
        (pl.col("created_on") > on, "not_billed", "not_entered", _dated("it is entered on {} only", "created_on")),
        (
            pl.col("lapsed") & (on >= pl.col("until")),
            "not_covered",
            "lapsed",
            _dated("it lapsed for non-payment: coverage ended {}", "until"),
        ),
        (on >= pl.col("until"), "not_covered", "ended", _dated("coverage ended {}", "until")),
        (on < pl.col("start_date"), "not_covered", "not_started", _dated("coverage starts {}", "start_date")),
        (
            pl.col("what").is_not_null(),
            "not_covered",
            "held",
            pl.format("{} {}..{}", "what", pl.col("from_date").cast(pl.String), pl.col("to_date").cast(pl.String)),
        ),
        (
            (on < pl.col("phase_start")) & (pl.col("phase_start") == pl.col("recurring_from")),
            "covered",
            "recurring_from",
            _dated("recurring fees begin {}", "phase_start"),
        ),
        (
            on < pl.col("phase_start"),
            "covered",
            "trial",
            _dated("trial until {}: recurring fees begin then", "phase_start"),
        ),
        (pl.lit(value=True), "covered", "active", _dated("covered since {}", "start_date")),
    ]
    return _first_case(facts, cases)


def _charges(terms: pl.DataFrame, world: World, day: dt.date) -> pl.DataFrame:
    """What should be booked beside what is, and the periods that somebody else billed before the go-live."""
    first, last = (pl.select(months_later(pl.lit(day), n)).item() for n in (-_REACH_MONTHS, _REACH_MONTHS))
    wanted = pl.concat(
        expected(terms, world, day, through=last, recorded=world.recorded, older=older) for older in (True, False)
    )
    both = wanted.join(balances(world.recorded), on=KEY, how="full", coalesce=True).with_columns(
        coverage_end=pl.coalesce("coverage_end", "booked_end"),
        price_id=pl.coalesce("price_id", "booked_price_id"),
        before=pl.lit(value=False),
    )
    laid = periods(cycles(terms, world).with_columns(scope_from=pl.lit(first), scope_to=pl.lit(last))).filter(
        pl.col("coverage_start") < pl.col("go_live")
    )
    before = laid.join(
        world.fees.select("fee_id", "product_id", "recurrence", "alignment"),
        on=["product_id", "recurrence", "alignment"],
        how="inner",
    ).select(*_FEE, "coverage_start", "coverage_end", part=1, debtor=0, before=True)
    facts = terms.select(*_WHO, "proration", "ahead_days", "go_live")
    rows = pl.concat([both, before.with_columns(pl.col("part", "debtor").cast(pl.Int32))], how="diagonal")
    told = rows.join(facts, on=_WHO, how="left").with_columns(
        bill_date=pl.col("coverage_start") - pl.duration(days="ahead_days")
    )
    return less_holds(told.drop("hold"), uncovered(world)).with_columns(
        days=(pl.col("coverage_end") - pl.col("coverage_start")).dt.total_days()
    )


def _near(day: dt.date) -> pl.Expr:
    """Periods that hold the day, a few before and after it, and whatever the night touches or a person should."""
    on, start = pl.lit(day), pl.col("coverage_start")
    past, ahead = pl.col("coverage_end") <= on, start > on
    touched = pl.col("outcome").is_in(["tonight", "review", "quarantined"])
    last = pl.when(past).then(start).rank("dense", descending=True).over(_FEE) <= _SHOWN
    next_ = pl.when(ahead).then(start).rank("dense").over(_FEE) <= _SHOWN
    return (~past & ~ahead) | last.fill_null(value=False) | next_.fill_null(value=False) | touched


def _judged(rows: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Name what the night's functions decided about each charge."""
    problems = named.select(*_WHO, problem="rule", told="reason").unique([*_WHO, "problem"], keep="first")
    aside = ["outside_retro_window", "days_booked_before"]
    reviewed = problems.filter(pl.col("problem").is_in(aside)).unique(_WHO, keep="first", maintain_order=True)
    facts = (
        rows.join(problems, on=[*_WHO, "problem"], how="left")
        .join(reviewed.select(*_WHO, review="problem", reviewed="told"), on=_WHO, how="left")
        .with_columns(
            booked_cents=pl.col("booked_amount_cents"),
            broken=pl.col("problem").fill_null("") != "",
            differs=pl.col("amount_cents").fill_null(0) != pl.col("booked_amount_cents").fill_null(0),
        )
    )
    return _first_case(facts, _cases_of_charges())


def _cases_of_charges() -> list[_Case]:
    booked, due = pl.col("corrects").is_not_null(), pl.col("due").fill_null(value=False)
    held = pl.when(pl.col("held_days") > 0).then(pl.format("held {} of {} days", "held_days", "days"))
    cut = pl.when(pl.col("fraction").is_between(1, ONE - 1)).then(pl.format("prorated by {}", "proration"))
    as_it_should = pl.concat_str(pl.lit("booked as it should be"), held, cut, separator=", ", ignore_nulls=True)
    return [
        (
            pl.col("before"),
            "elsewhere",
            "go_live",
            _dated("coverage that starts before the go-live of {} was billed elsewhere", "go_live"),
        ),
        (pl.col("kind").is_not_null(), "tonight", pl.col("kind"), pl.col("cause")),
        (pl.col("broken") & (due | booked), "quarantined", pl.col("problem"), pl.coalesce("told", "problem")),
        (
            pl.col("differs") & pl.col("review").is_not_null() & (booked | due),
            "review",
            pl.col("review"),
            pl.col("reviewed"),
        ),
        (booked & pl.col("differs"), "kept", "as_booked", pl.lit("it stays as it is booked")),
        (booked & (pl.col("booked_cents") == 0), "credited", "credited", pl.lit("credited in full")),
        (booked, "billed", "charge", as_it_should),
        (
            ~due,
            "not_due",
            "bill_date",
            pl.when(pl.col("ahead_days") == 0)
            .then(pl.format("not due until {}, when its coverage starts", pl.col("bill_date").cast(pl.String)))
            .otherwise(
                pl.format(
                    "not due until {}, {} days before its coverage", pl.col("bill_date").cast(pl.String), "ahead_days"
                )
            ),
        ),
        (
            (pl.col("fraction") == 0) & (pl.col("held_days") > 0),
            "free",
            "held",
            pl.format("{}: nothing is charged", held),
        ),
        (
            pl.col("fraction") == 0,
            "free",
            "proration",
            pl.format("the proration {} charges nothing for this part of a period", "proration"),
        ),
        (pl.lit(value=True), "free", "price", pl.lit("it comes to nothing")),
    ]


def _dated(words: str, column: str) -> pl.Expr:
    return pl.format(words, pl.col(column).cast(pl.String))


def _first_case(rows: pl.DataFrame, cases: Sequence[_Case]) -> pl.DataFrame:
    """Add outcome, rule and reason of the first case that holds."""
    held = [case[0].fill_null(value=False) for case in cases]
    parts = {
        "outcome": [pl.lit(case[1]) for case in cases],
        "rule": [pl.lit(case[2]) if isinstance(case[2], str) else case[2] for case in cases],
        "reason": [case[3] for case in cases],
    }
    return rows.with_columns(
        pl.coalesce(pl.when(when).then(then) for when, then in zip(held, told, strict=True)).alias(name)
        for name, told in parts.items()
    )
