"""A group's 834 as the drop of CSV files that the group would have sent: intake's own rules judge it. Pure.

An 834 says less than a drop: what it leaves out (phone, bill day, agent) stays as the record holds it. No SSN becomes a
code: where a member is known by nothing else, the code is made of the blind index.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.intake.dependents import HELD, covered_after
from assets.intake.layouts import BY_NAME
from assets.intake.periods import periods
from resources.group_terms import GroupTerms

_RELATIONSHIPS = {"18": "self", "01": "spouse", "53": "spouse", "19": "child", "17": "child", "09": "child"}
_ENDED = ["002", "024"]
_BACK = ["021", "025"]
_PERSON = [
    "first_name",
    "last_name",
    "ssn",
    "birth_date",
    "gender",
    "address",
    "city",
    "state",
    "zip",
    "phone",
    "email",
]
_KEPT = [
    "ssn",
    "address",
    "city",
    "state",
    "zip",
    "phone",
    "email",
    "gender",
]  # what a person keeps when the file is silent


@dataclass(frozen=True)
class Known:
    """What the record holds of the companies a group may speak of.

    people: company_code, member_code, subscriber_code, first_name, birth_date, ssn_blind, ssn (of those whom the file
    names without) and the rest of `_KEPT`. subscriptions:
    company_code, subscription_code, member_code, product_code and the other columns of subscriptions.csv. covered:
    company_code, subscription_code, member_code, end_date. products: product_code, line, plan_code, of
    plans that one product has. shared: line, plan_code, product_codes (in words), of those that several have.
    """

    people: pl.DataFrame
    subscriptions: pl.DataFrame
    covered: pl.DataFrame
    products: pl.DataFrame
    shared: pl.DataFrame


@dataclass(frozen=True)
class Drop:
    """CSV files by name, the 834's segment that each of their rows comes from, and what is no row of them.

    ended: dependents who ended without a day: company_code, subscription_code, member_code. refused: what can't be made
    a row: file, line (the 834's segment), column, rule, reason.
    """

    contents: dict[str, bytes]
    places: dict[str, list[int]]
    ended: pl.DataFrame
    refused: pl.DataFrame


def company_codes(members: pl.DataFrame, terms: GroupTerms) -> pl.DataFrame:
    """Add company_code: whose people these are, by their policy number."""
    policy = pl.col("policy_number")
    code = policy.replace(terms.companies).fill_null(terms.company)
    return members.with_columns(company_code=code)


def drop_of(coverages: pl.DataFrame, named: pl.DataFrame, known: Known, terms: GroupTerms) -> Drop:
    """The drop that says what the 834 says.

    Args:
        coverages: COVERAGES as read.
        named: as `with_codes` returns them.
        known: what the record holds.
        terms: what the group means by its codes.
    """
    people = _people(named, known)
    held = _held(coverages, named, known, terms)
    own = held.filter("is_subscriber")
    undated = own.filter("over", pl.col("end").is_null())
    bare = named.filter("is_subscriber", pl.col("maintenance_type") == "024", pl.col("eligibility_end").is_null()).join(
        coverages, on="member_key", how="anti"
    )
    after, unknown = periods(own.filter(~pl.col("over") | pl.col("end").is_not_null()), known.subscriptions, terms)
    subscriptions = after.drop_nulls("position").sort("position", "start_date")
    covered, ended = covered_after(held, after, known.subscriptions, known.covered)
    undated = pl.concat([undated.select("position"), bare.select("position")])
    tables = {"people.csv": people, "subscriptions.csv": subscriptions, "covered.csv": covered}
    return Drop(
        {name: _csv(name, rows) for name, rows in tables.items() if rows.height},
        {name: rows["position"].to_list() for name, rows in tables.items() if rows.height},
        ended,
        _refused(coverages, named, known, undated, unknown),
    )


def _people(named: pl.DataFrame, known: Known) -> pl.DataFrame:
    kept = known.people.select("company_code", "member_code", *(pl.col(c).alias(f"kept_{c}") for c in _KEPT))
    rows = named.with_columns(
        pl.col("relationship").replace(_RELATIONSHIPS), address=pl.concat_str("address1", "address2", separator=" ",
                                                                              ignore_nulls=True).replace("", None),
    ).join(kept, on=["company_code", "member_code"], how="left", maintain_order="left")  # fmt: skip
    filled = rows.with_columns(pl.coalesce(c, f"kept_{c}").alias(c) for c in _KEPT)
    order = pl.col("subscriber_code") != ""
    return filled.select(
        "company_code", "member_code", "subscriber_code", "relationship", *_PERSON, "position"
    ).sort(order, "position")  # fmt: skip


def _held(coverages: pl.DataFrame, named: pl.DataFrame, known: Known, terms: GroupTerms) -> pl.DataFrame:
    """Coverages (HELD) with whose they are and our product; who ends without any ends all that is known of him."""
    who = named.select("member_key", "company_code", "member_code", "head_code", "is_subscriber", "eligibility_end",
                       member_type="maintenance_type", at="position")  # fmt: skip
    products = known.products.select("product_code", "line", "plan_code")
    plan = ["line", "plan_code"]
    told = (
        coverages.join(who, on="member_key", how="inner", maintain_order="left")
        .join(known.shared, on=plan, how="anti", maintain_order="left")
        .join(products, on=plan, how="left", maintain_order="left")
    )
    ended = pl.col("maintenance_type").is_in(_ENDED) | (pl.col("member_type") == "024")
    rows = told.with_columns(
        pl.coalesce("product_code", "plan_code", pl.lit("")).alias("product_code"),
        tier=pl.col("tier").replace(terms.tiers),
        end=pl.coalesce("end", pl.when(ended).then("eligibility_end")),
        over=ended.fill_null(value=False),
        back=(pl.col("maintenance_type").is_in(_BACK) | (pl.col("member_type") == "025")).fill_null(value=False),
        position=pl.coalesce("position", "at"),
        subscription_code=pl.lit(None, pl.String),
    ).select(HELD)
    bare = who.filter(pl.col("member_type") == "024").join(coverages.select("member_key"), on="member_key", how="anti")
    return pl.concat([rows, _gone(bare, known)])


def _gone(bare: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Ends (HELD) of all that is known of members who end, but of what is over by then: it stays as it is."""
    theirs = known.subscriptions.select("company_code", "product_code", "subscription_code", "start_date",
                                        "end_date", head_code="member_code")  # fmt: skip
    own = known.covered.rename({"end_date": "own_end"}).with_columns(listed=pl.lit(value=True))
    day, head = pl.col("eligibility_end"), pl.col("is_subscriber")
    over = (pl.col("end_date") <= day).fill_null(value=False) | (pl.col("own_end") <= day).fill_null(value=False)
    # A dependent who ends without a day does so where he is listed last: the periods before keep him.
    newest = pl.col("start_date").max().over("company_code", "member_code", "product_code")
    passed = ~head & day.is_null() & (pl.col("start_date") < newest)
    # What was to begin later never begins: the member's own ends on its first day, dependents are taken off it.
    end = (
        pl.when(head & day.is_not_null())
        .then(pl.max_horizontal(day, "start_date"))
        .when(head | (day > pl.col("start_date")))
        .then(day)
    )
    return (
        bare.join(theirs, on=["company_code", "head_code"], how="inner", maintain_order="left")
        .join(own, on=["company_code", "subscription_code", "member_code"], how="left", maintain_order="left")
        .filter(head | pl.col("listed"))
        .filter(~over, ~passed)
        .with_columns(
            tier=pl.lit(None, pl.String), begin=pl.lit(None, pl.Date), end=end, over=pl.lit(value=True),
            back=pl.lit(value=False), position="at",
        )
        .select(HELD)
    )  # fmt: skip


def _refused(
    coverages: pl.DataFrame, named: pl.DataFrame, known: Known, undated: pl.DataFrame, unknown: pl.DataFrame
) -> pl.DataFrame:
    """What can't be made a row of a file, by the segment: file, line, column, rule, reason (plain words)."""
    own = named.select("member_key", "is_subscriber")
    shared = coverages.join(known.shared, on=["line", "plan_code"], how="inner", maintain_order="left").join(
        own, on="member_key", how="left", maintain_order="left"
    )
    several = shared.select(
        file=pl.when(~pl.col("is_subscriber")).then(pl.lit("covered.csv")).otherwise(pl.lit("subscriptions.csv")),
        line=pl.col("position").fill_null(0),
        column=pl.lit("product_code"),
        rule=pl.lit("intake.undecided"),
        reason=pl.format(
            "the products {} all have line {} and plan {}, and an 834 can't say which is meant: give each a plan code "
            "of its own",
            "product_codes", "line", "plan_code",
        ),
    )  # fmt: skip
    said = [
        (undated, "intake.undated", "the coverage ends, but no day says when: nothing was changed; send the end with "
         "the coverage (DTP*349) or the member (DTP*357)"),
        (unknown, "intake.unknown", "coverage ends that we don't have: nothing was changed; if it was there, send its "
         "begin (DTP*348), too"),
    ]  # fmt: skip
    ends = [
        rows.select(file=pl.lit("subscriptions.csv"), line=pl.col("position").fill_null(0), column=pl.lit("end_date"),
                    rule=pl.lit(rule), reason=pl.lit(reason))
        for rows, rule, reason in said
    ]  # fmt: skip
    return pl.concat([several, *ends]).unique(["file", "line", "rule"], keep="first", maintain_order=True)


def _csv(name: str, rows: pl.DataFrame) -> bytes:
    """The rows as that file, with the columns the file has; line breaks in a value would move its lines."""
    header = [c for c in BY_NAME[name].header if c in rows.columns]
    plain = rows.select(pl.col(c).cast(pl.String).str.replace_all(r"[\r\n]", " ") for c in header)
    return plain.write_csv(quote_style="necessary").encode()
