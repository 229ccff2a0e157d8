"""The account state machine: what may be drawn on which account version, as of a business date. Pure.

new -> prenote_sent -> waiting -> validated -> change_pending -> blocked or closed. Nothing of it is stored: a state is
computed from the versions and from what happened to them. Source: NACHA reference sections 8 and 9 (prenote: three
banking days from its settlement; a return or notice in that time blocks, or must be applied first; WEB: first use and
each change of the number) and section 7 (stop plans).

Versions that hold the same number share their history. So does a version that a bank's own notice of change made: who
tells the new number vouches for it.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from formats.nacha import RETURN_CODES
from formats.nacha.calendar import plus_banking_days

Schema = dict[str, type[pl.DataType]]

VERSIONS: Schema = {
    "company_id": pl.Int32,
    "account_code": pl.String,
    "account_id": pl.Int32,
    "version": pl.Int32,
    "owner": pl.String,
    "owner_code": pl.String,
    "person_id": pl.Int32,
    "routing": pl.String,
    "account_type": pl.String,
    "account_sealed": pl.Binary,
    "account_blind": pl.Binary,
    "holder_name": pl.String,
    "authorised": pl.String,
    "source": pl.String,
    "given_on": pl.Date,
    "validated_on": pl.Date,
    "closed_on": pl.Date,
}
# What happened to a version (sql/payments/account_facts.sql says which facts there are).
FACTS: Schema = {
    "company_id": pl.Int32,
    "account_id": pl.Int32,
    "fact": pl.String,
    "day": pl.Date,
    "run_no": pl.Int64,
    "code": pl.String,
}
# What each company's bank wants of accounts.
TERMS: Schema = {
    "company_id": pl.Int32,
    "prenote": pl.String,
    "prenote_wait_banking_days": pl.Int64,
    "new_account_hold_days": pl.Int64,
    "changed_account_hold_days": pl.Int64,
}
STATE = [
    *("company_id", "account_code", "account_id", "version", "newest", "owner", "owner_code", "person_id"),
    *("routing", "account_type", "account_sealed", "account_blind", "holder_name", "authorised"),
    *("state", "may_debit", "may_credit", "until", "reason", "number", "vouched", "asked"),
]
# The account itself is wrong: another number, or proof that it is right after all, is the cure.
ABOUT_THE_ACCOUNT = ["R02", "R03", "R04", "R12", "R13", "R20"]
_PLAN = RETURN_CODES.filter(kind="return").select(code="return_code", plan="stop_plan", kind_="class")
# What a receiver refuses is to be drafted: money may still be sent to him.
DEBITS_ONLY = [*_PLAN.filter(kind_="unauthorized")["code"], "R08"]
# No word of anybody opens these again: only another account does.
FINAL = _PLAN.filter((pl.col("plan") == "yes") & (pl.col("kind_") != "unauthorized"))["code"].to_list()
_NOTICE = r"^C[0-9]{2}$"  # the source of a version that a bank's notice of change made
_KEY = ["company_id", "account_id"]
_SAME = ["company_id", "account_code", "routing", "account_type", "account_blind"]


def account_states(day: dt.date, versions: pl.DataFrame, facts: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """Judge every account version on a business date.

    Args:
        day: the business date; facts and versions of later days must not be among them.
        versions: `VERSIONS`.
        facts: `FACTS`.
        terms: `TERMS`, one row per company.

    Returns:
        `STATE`, one row per version in the order of company, code and version. newest: the one that is used unless
        a very version is asked for. may_debit, may_credit: whether money may be taken from it, sent to it. until: from
        when it may, if that is known; reason: why it may not, '' when it may. number: account_id of the version with
        which this number began. vouched: run in which a person last proved it. asked: a prenote is instructed.
    """
    rooted = _rooted(versions.sort("company_id", "account_code", "version"))
    known = (
        rooted.join(_of_number(rooted, facts), on=["company_id", "number"], how="left", maintain_order="left")
        .join(_stops(rooted, facts), on=["company_id", "number", "holder_name"], how="left", maintain_order="left")
        .join(_unapplied(rooted, facts), on=["company_id", "same"], how="left", maintain_order="left")
        .join(terms, on="company_id", how="left", maintain_order="left")
    )
    return _judged(_dated(known, day), day).select(STATE)


def _rooted(versions: pl.DataFrame) -> pl.DataFrame:
    """Add what is known of each version's number as a whole.

    number: account_id of the version where it began; same: where the very digits first stood; first: the code's first
    version; newest; given (null: long ago) and proved (elsewhere, before it came to us).
    """
    # Most accounts never change: looking for a story among them would take most of the time.
    code = ["company_id", "account_code"]
    several = versions.select(code).is_duplicated()
    own = pl.col("account_id")
    single = versions.filter(~several).with_columns(
        same=own, number=own, newest=pl.lit(value=True), first=own, given="given_on", proved="validated_on"
    )
    changed = _with_story(versions.filter(several)).select(single.columns)
    return pl.concat([single, changed]).sort("company_id", "account_code", "version")


def _with_story(versions: pl.DataFrame) -> pl.DataFrame:
    """`_rooted`, for accounts that have several versions."""
    code = ["company_id", "account_code"]
    same = pl.col("account_id").first().over(_SAME, order_by="version")
    noticed = pl.col("source").str.contains(_NOTICE)
    before = pl.col("account_id").shift(1).over(code, order_by="version")
    rows = versions.with_columns(
        same=same,
        number=pl.when(same != pl.col("account_id")).then(same).when(noticed).then(pl.coalesce(before, "account_id")),
        newest=pl.col("version") == pl.col("version").max().over(code),
        first=pl.col("account_id").first().over(code, order_by="version"),
    ).with_columns(pl.coalesce("number", "account_id"))
    while True:  # a version may follow one that follows another: each turn doubles the distance
        up = rows.select("company_id", number="account_id", further="number")
        further = rows.join(up, on=["company_id", "number"], how="left", maintain_order="left")["further"]
        if further.equals(rows["number"]):
            break
        rows = rows.with_columns(number=further)
    numbered = ["company_id", "number"]
    given = pl.col("given_on").filter(~noticed)  # nobody gave us what the bank told
    return rows.with_columns(
        given=pl.when(given.null_count().over(numbered) == 0).then(given.min().over(numbered)),
        proved=pl.col("validated_on").min().over(numbered),
    )


def _of_number(rooted: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Gather what happened to each number: company_id, number and a column or two per fact."""
    told = facts.join(rooted.select(*_KEY, "number"), on=_KEY, how="inner", maintain_order="left")

    def last(fact: str, column: str) -> pl.Expr:
        return pl.col(column).filter(pl.col("fact") == fact).max()

    return told.group_by("company_id", "number", maintain_order=True).agg(
        vouched=last("validated", "run_no"),
        validated=pl.col("day").filter(pl.col("fact").is_in(["validated", "settled"])).min(),
        released=last("released", "run_no"),
        asked=(pl.col("fact") == "asked").any(),
        settles=last("prenote", "day"),
        refused=last("refused", "run_no"),
        refused_by=pl.col("code").filter(pl.col("fact") == "refused").sort().first(),
    )


def _unapplied(rooted: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """List the last notice about these very digits that could not be applied: company_id, same, noticed (its run)."""
    told = facts.filter(fact="notice").join(rooted.select(*_KEY, "same"), on=_KEY, how="inner")
    return told.group_by("company_id", "same").agg(noticed=pl.col("run_no").max())


def _stops(rooted: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """List the stops that stand: company_id, number, holder_name, stop (a code that bars all, else one for debits).

    A stop is of a number under a name, for a correction of either is a new account to the bank. It is lifted by what
    was booked after the last return of its code: a person's cure, or a proof where the account itself was doubted.
    """
    owner = ["company_id", "number", "holder_name"]
    told = facts.join(rooted.select(*_KEY, "number", "holder_name"), on=_KEY, how="inner", maintain_order="left")
    stopped = told.filter(fact="stopped").group_by(*owner, "code").agg(stopped=pl.col("run_no").max())
    cured = told.filter(fact="cured").group_by(*owner, "code").agg(cured=pl.col("run_no").max())
    vouched = told.filter(fact="validated").group_by(owner).agg(proof=pl.col("run_no").max())
    standing = (
        stopped.join(cured, on=[*owner, "code"], how="left")
        .join(vouched, on=owner, how="left")
        .filter(
            pl.col("code").is_in(FINAL)
            | ~(
                (pl.col("cured") >= pl.col("stopped")).fill_null(value=False)
                | ((pl.col("proof") >= pl.col("stopped")) & pl.col("code").is_in(ABOUT_THE_ACCOUNT)).fill_null(
                    value=False
                )
            )
        )
        .with_columns(debits=pl.col("code").is_in(DEBITS_ONLY))
    )
    return (
        standing.sort(*owner, "debits", "code")
        .group_by(owner, maintain_order=True)
        .agg(stop=pl.col("code").first(), stop_debits=pl.col("debits").first())
    )


def _dated(known: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Add what the day makes of it.

    over: the first day after a prenote's waiting time; proof: it is proved by now; wanted: it must be; held: until when
    a payee's account waits.
    """
    over = plus_banking_days(known["settles"], known["prenote_wait_banking_days"].fill_null(0))
    waited = (over <= day) & known["refused"].is_null()
    policy = pl.col("prenote")
    days = pl.when(pl.col("number") == pl.col("first")).then("new_account_hold_days").otherwise(
        "changed_account_hold_days"
    )  # fmt: skip
    held = pl.col("given") + pl.duration(days=days)
    payee = (pl.col("owner") != "payer") & pl.col("released").is_null()
    return known.with_columns(
        over=over,
        asked=pl.col("asked").fill_null(value=False),
        proof=((pl.col("proved") <= day) | (pl.col("validated") <= day) | waited).fill_null(value=False),
        wanted=(pl.col("authorised") == "web")
        | (policy == "always")
        | ((policy == "new") & pl.col("given").is_not_null()),
        held=pl.when(payee & (held > day)).then(held),
    )


def _judged(rows: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Add state, may_debit, may_credit, until, reason: the first case that holds, the gravest first."""
    state = pl.when("proof").then(pl.lit("validated")).otherwise(pl.lit("new"))
    until, reason = pl.lit(None, pl.Date), pl.lit("")
    for holds, name, ends, words in reversed(_cases(day)):
        true = holds.fill_null(value=False)
        state = pl.when(true).then(pl.lit(name)).otherwise(state)
        until = pl.when(true).then(ends).otherwise(until)
        reason = pl.when(true).then(words).otherwise(reason)
    free = rows.with_columns(state=state, until=until, reason=reason).with_columns(may_credit=pl.col("reason") == "")
    refused = pl.col("may_credit") & pl.col("stop").is_not_null()
    return free.with_columns(
        state=pl.when(refused).then(pl.lit("blocked")).otherwise("state"),
        reason=pl.when(refused).then(_STOPPED).otherwise("reason"),
        may_debit=pl.col("may_credit") & pl.col("stop").is_null(),
    )


_STOPPED = pl.format("an entry came back {} and nothing has cured it since", "stop")


def _cases(day: dt.date) -> list[tuple[pl.Expr, str, pl.Expr, pl.Expr]]:
    """Why neither debit nor credit may go to a version: condition, state, until, words."""
    col = pl.col
    never, over = pl.lit(None, pl.Date), pl.col("over")
    unvouched = col("vouched").fill_null(-1)
    unproved = col("wanted") & ~col("proof")
    by_notice = col("source").str.contains(_NOTICE) & ~col("proof")
    wait = pl.format("its prenote may still come back: it waits until {}", "over")
    return [
        (col("closed_on") <= day, "closed", never, pl.format("it is closed since {}", "closed_on")),
        (col("stop").is_not_null() & ~col("stop_debits"), "blocked", never, _STOPPED),
        (col("refused") > unvouched, "blocked", never, pl.format("its prenote came back {}", "refused_by")),
        (col("noticed") > unvouched, "change_pending", never, pl.lit("the bank told a change that is not applied yet")),
        (by_notice & (over > day), "change_pending", over, pl.format("the bank changed it: it waits until {}", "over")),
        (unproved & (col("settles") > day), "prenote_sent", over, wait),
        (unproved & (over > day), "waiting", over, wait),
        (unproved & col("asked"), "new", never, pl.lit("its prenote has not been sent yet")),
        (unproved, "new", never, pl.lit("it must be proved before its first use")),
        (col("held").is_not_null(), "waiting", col("held"), pl.format("a payee's new account waits until {}", "held")),
    ]
