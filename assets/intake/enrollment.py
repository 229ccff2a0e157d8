"""A group's 834 as the drop of CSV files that the group would have sent: intake's own rules judge it. Pure.

An 834 says less than a drop: what it leaves out (phone, bill day, agent) stays as the record holds it. No SSN becomes a
code: where a member is known by nothing else, the code is made of the blind index.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.intake.layouts import BY_NAME
from resources.group_terms import GroupTerms

_RELATIONSHIPS = {"18": "self", "01": "spouse", "53": "spouse", "19": "child", "17": "child", "09": "child"}
_ENDED = ["002", "024"]
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
_SSN = r"^\d{3}-?\d{2}-?\d{4}$"


@dataclass(frozen=True)
class Known:
    """What the record holds of the companies a group may speak of.

    people: company_code, member_code, subscriber_code, ssn_blind, ssn (of those whom `silent` names) and the rest of
    `_KEPT`. subscriptions:
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
    """CSV files by name, the 834's segment that each of their rows comes from, and dependents who ended without a day.

    ended: company_code, subscription_code, member_code.
    """

    contents: dict[str, bytes]
    places: dict[str, list[int]]
    ended: pl.DataFrame


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
    subscriptions = _subscriptions(held, known, terms)
    covered, ended = _covered(held, subscriptions, known)
    tables = {"people.csv": people, "subscriptions.csv": subscriptions, "covered.csv": covered}
    return Drop(
        {name: _csv(name, rows) for name, rows in tables.items() if rows.height},
        {name: rows["position"].to_list() for name, rows in tables.items() if rows.height},
        ended,
    )


def undecided(coverages: pl.DataFrame, shared: pl.DataFrame) -> pl.DataFrame:
    """Coverages of a plan that several products have, none of which can be meant: position, detail (plain words).

    Args:
        coverages: COVERAGES as read.
        shared: as in `Known`.
    """
    return coverages.join(shared, on=["line", "plan_code"], how="inner", maintain_order="left").select(
        pl.col("position").fill_null(0),
        detail=pl.format(
            "subscriptions (product_code): the products {} all have line {} and plan {}, and an 834 can't say which is "
            "meant: give each a plan code of its own",
            "product_codes", "line", "plan_code",
        ),
    )  # fmt: skip


def with_codes(members: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add member_code, head_code and subscriber_code (empty for a subscriber).

    Args:
        members: MEMBERS as read, with company_code, blind (hex of the SSN's blind index, null without one) and
            head_blind (of a subscriber id that is an SSN).
        people: company_code, member_code, ssn_blind of those whom the record knows.
    """
    by_ssn = people.filter(pl.col("ssn_blind").is_not_null()).select(
        "company_code", blind=pl.col("ssn_blind").bin.encode("hex"), known_code="member_code"
    )
    own_id = pl.when(~pl.col("subscriber_id").str.contains(_SSN)).then("subscriber_id")
    made = pl.lit("S") + pl.coalesce("blind", "head_blind").str.slice(0, 12).str.to_uppercase()
    heads = (
        members.filter("is_subscriber")
        .join(by_ssn, on=["company_code", "blind"], how="left", maintain_order="left")
        .with_columns(head_code=pl.coalesce("known_code", "member_id", own_id, made))
    )
    code_of = heads.select("subscriber_key", "company_code", "head_code").unique(["subscriber_key", "company_code"])
    absent = pl.coalesce(own_id, pl.lit("S") + pl.col("head_blind").str.slice(0, 12).str.to_uppercase())
    rows = (
        members.join(code_of, on=["subscriber_key", "company_code"], how="left", maintain_order="left")
        .join(by_ssn, on=["company_code", "blind"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("head_code", absent, pl.lit("")).alias("head_code"))
    )
    birth = pl.col("birth_date").dt.strftime("%Y%m%d").fill_null("?")
    computed = pl.format("{}-{}-{}", "head_code", pl.col("relationship").fill_null("?"), birth)
    code = pl.when("is_subscriber").then("head_code").otherwise(pl.coalesce("known_code", "member_id", computed))
    head = pl.when("is_subscriber").then(pl.lit("")).otherwise("head_code")
    return rows.with_columns(member_code=code, subscriber_code=head).drop("known_code")


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
    """Coverages with whose they are and our product; a member who ends without any ends all that is known of him."""
    who = named.select("member_key", "company_code", "member_code", "head_code", "is_subscriber", "eligibility_end",
                       member_type="maintenance_type", at="position")  # fmt: skip
    products = known.products.select("product_code", "line", "plan_code")
    plan = ["line", "plan_code"]
    told = (
        coverages.join(who, on="member_key", how="inner", maintain_order="left")
        .join(known.shared, on=plan, how="anti", maintain_order="left")
        .join(products, on=plan, how="left", maintain_order="left")
    )
    tier = pl.col("tier").replace(terms.tiers)
    ended = pl.col("maintenance_type").is_in(_ENDED) | (pl.col("member_type") == "024")
    columns = ["company_code", "member_code", "head_code", "is_subscriber", "product_code", "tier", "begin", "end",
               "over", "position"]  # fmt: skip
    rows = told.with_columns(
        pl.coalesce("product_code", "plan_code", pl.lit("")).alias("product_code"),
        tier=tier,
        end=pl.coalesce("end", pl.when(ended).then("eligibility_end")),
        over=ended,
        position=pl.coalesce("position", "at"),
    ).select(columns)
    bare = who.filter(pl.col("member_type") == "024").join(coverages.select("member_key"), on="member_key", how="anti")
    theirs = known.subscriptions.select("company_code", "product_code", "tier", head_code="member_code")
    gone = bare.join(theirs, on=["company_code", "head_code"], how="inner", maintain_order="left").with_columns(
        begin=pl.lit(None, pl.Date), end="eligibility_end", over=pl.lit(value=True), position="at"
    )
    return pl.concat([rows, gone.select(columns)])


def _subscriptions(held: pl.DataFrame, known: Known, terms: GroupTerms) -> pl.DataFrame:
    """Rows of subscriptions.csv: what is known keeps its code and what the 834 doesn't speak of."""
    key = ["company_code", "member_code", "product_code"]
    was = (
        known.subscriptions.sort("start_date")
        .unique(key, keep="last", maintain_order=True)
        .rename({"tier": "was_tier", "start_date": "was_start", "end_date": "was_end"})
    )
    rows = held.filter("is_subscriber").unique(key, keep="last", maintain_order=True)
    both = rows.join(was, on=key, how="left", maintain_order="left")
    made = pl.format("{}-{}", "member_code", "product_code")
    return both.select(
        "company_code",
        pl.coalesce("subscription_code", made).alias("subscription_code"),
        "member_code",
        "product_code",
        pl.coalesce("tier", "was_tier").alias("tier"),
        pl.coalesce("begin", "was_start").alias("start_date"),
        pl.col("end").alias("end_date"),
        pl.col("bill_day").fill_null(terms.bill_day),
        pl.col("method").fill_null(terms.method),
        pl.col("account_code", "agent_code").fill_null(""),
        "created_on",
        "recurring_from",
        pl.col("group_code").fill_null(""),
        "position",
    ).sort("position")


def _covered(held: pl.DataFrame, subscriptions: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of covered.csv, whole lists of the subscriptions whose dependents are spoken of; and who ends now."""
    columns = ["company_code", "subscription_code", "member_code"]
    key = ["company_code", "head_code", "product_code"]
    codes = pl.concat([
        subscriptions.select("company_code", "product_code", "subscription_code", head_code="member_code"),
        known.subscriptions.sort("start_date", descending=True).select(
            "company_code", "product_code", "subscription_code", head_code="member_code"
        ),
    ]).unique(key, keep="first", maintain_order=True)  # fmt: skip
    told = held.filter(~pl.col("is_subscriber")).join(codes, on=key, how="inner", maintain_order="left")
    named = told.unique(columns, keep="last", maintain_order=True).rename({"end": "end_date"})
    # Who was never covered can't end; who ends without a day ends now.
    held_before = named.join(known.covered, on=columns, how="semi", maintain_order="left")
    over = held_before.filter("over")
    ended = over.filter(pl.col("end_date").is_null()).select(columns)
    lasts = pl.concat([named.filter(~pl.col("over")), over.drop_nulls("end_date")])
    before = known.covered.join(named.select(columns[:2]).unique(), on=columns[:2], how="semi", maintain_order="left")
    stays = before.join(named.select(columns), on=columns, how="anti", maintain_order="left")
    rows = pl.concat([
        lasts.select(*columns, "end_date", "position"),
        stays.select(*columns, "end_date", position=pl.lit(0, pl.Int64)),
    ])  # fmt: skip
    return rows.sort(*columns[:2], "position", "member_code"), ended


def _csv(name: str, rows: pl.DataFrame) -> bytes:
    """The rows as that file, with the columns the file has; line breaks in a value would move its lines."""
    header = [c for c in BY_NAME[name].header if c in rows.columns]
    plain = rows.select(pl.col(c).cast(pl.String).str.replace_all(r"[\r\n]", " ") for c in header)
    return plain.write_csv(quote_style="necessary").encode()
