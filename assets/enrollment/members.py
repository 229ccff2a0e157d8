"""Members and coverages as one vendor is to see them, and what of it the vendor has not been told. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl

from assets.enrollment.coverage import PERSON, Windows, in_view, no_longer, pieces
from formats.edi834 import Enrollment, Profile

KEY = ["company_id", "partner", "person_id", "subscription_id"]
RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19"}
CANCELLED, BENEFITS_ENDED, COMPARE_ONLY = "024", "07", "4"
_SEEN = [*KEY, "head_id", "line", "plan_code", "tier", "begin", "end"]
_PERSONAL = [
    "relationship", "first_name", "last_name", "birth_date", "gender", "address", "city", "state", "zip", "phone",
    "email",
]  # fmt: skip


def coverage_rows(
    subscriptions: pl.DataFrame,
    holds: pl.DataFrame,
    covered: pl.DataFrame,
    told: pl.DataFrame,
    *,
    day: dt.date,
    windows: Windows,
) -> pl.DataFrame:
    """Every person under every subscription that a vendor must see as of the day.

    Args:
        subscriptions: company_id, subscription_id, head_id, partner, line, plan_code, tier, start_date, end_date.
        holds: as for `pieces`.
        covered: company_id, subscription_id, person_id of dependents; the head is covered anyway.
        told: columns KEY, heard, told_tier, coverage_start, coverage_end, head_id, line, plan_code, sub_end.
        day: the business date.
        windows: how far the vendor looks around it.

    Returns:
        KEY, head_id, line, plan_code, tier, begin, end, ended (by the day), sorted by KEY.
    """
    subscription = ["company_id", "subscription_id"]
    periods = pieces(subscriptions, holds)
    held = in_view(periods, day, windows).join(subscriptions, on=subscription, how="inner")
    others = held.join(covered, on=subscription, how="inner").filter(pl.col("person_id") != pl.col("head_id"))
    seen = pl.concat([held.with_columns(person_id=pl.col("head_id")).select(_SEEN), others.select(_SEEN)])
    gone = no_longer(told.filter("heard"), seen.select(PERSON), periods, day, windows)
    rows = pl.concat([seen, gone.with_columns(tier=pl.col("told_tier")).select(_SEEN)])
    return rows.with_columns(ended=pl.col("end").fill_null(dt.date.max) <= day).sort(KEY)


def with_fingerprint(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add `fingerprint`: SHA-256 (32 bytes) of everything the vendor sees of the person under the subscription.

    Args:
        rows: as `coverage_rows` returns them, and ssn_asked: whether the partner sees SSNs.
        people: company_id, person_id, code, ssn_blind and what is sent of a person. The blind index stands for the SSN.
    """
    heads = people.select("company_id", pl.col("person_id").alias("head_id"), pl.col("code").alias("head_code"))
    full = rows.join(people, on=["company_id", "person_id"], how="left", maintain_order="left").join(
        heads, on=["company_id", "head_id"], how="left", maintain_order="left"
    )
    blind = pl.when("ssn_asked").then(pl.col("ssn_blind").bin.encode("hex"))
    words = ["code", "head_code", *_PERSONAL, "line", "plan_code", "tier", "begin", "end", "ended"]
    parts = [pl.col(c).cast(pl.String).fill_null("") for c in words]
    text = full.select(pl.concat_str(*parts, blind.fill_null(""), separator="\x1f")).to_series()
    digests = [hashlib.sha256(value.encode()).digest() for value in text]
    return rows.with_columns(pl.Series("fingerprint", digests, pl.Binary))


def untold(rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The rows a vendor has not been told as they are now, as versions of enrollment.member_state.

    Args:
        rows: as `with_fingerprint` returns them.
        told: KEY, heard, highest, fingerprint.

    Returns:
        KEY, tier, fingerprint, version, covered, coverage_start, coverage_end; in the order of the rows.
    """
    known = told.select(*KEY, "highest", pl.when("heard").then("fingerprint").alias("told"))
    joined = rows.join(known, on=KEY, how="left", maintain_order="left")
    return joined.filter(pl.col("told").is_null() | (pl.col("told") != pl.col("fingerprint"))).select(
        *KEY,
        "tier",
        "fingerprint",
        version=pl.col("highest").fill_null(0) + 1,
        covered=~pl.col("ended"),
        coverage_start="begin",
        coverage_end="end",
    )


def enrollment_of(rows: pl.DataFrame, people: pl.DataFrame, company: str, profile: Profile) -> Enrollment:
    """One company's members at one vendor, in the shape `formats.edi834` writes.

    Args:
        rows: as `coverage_rows` returns them, of one company and partner.
        people: that company's; columns of `with_fingerprint` and ssn (null unless the partner asks for it).
        company: its code, sent as the group's policy number (REF*1L).
        profile: the partner's terms. A `4` file only compares, so its members keep INS03 030.

    Returns:
        members keyed by the person's code (and the head's, for somebody on two families); coverages; maintenance
        types only where something ended.
    """
    full = _with_keys(rows, people)
    gone = (pl.len() == pl.col("ended").sum()) & pl.lit(profile.action != COMPARE_ONLY)
    members = (
        full.group_by("member_key", maintain_order=True)
        .agg(
            pl.col("head_code", "is_head", "code", "ssn", *_PERSONAL).first(),
            pl.col("begin").min(),
            pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()).alias("end"),
            gone.alias("gone"),
        )
        .select(
            "member_key", "last_name", "first_name", "ssn", "phone", "email", "city", "state", "zip", "birth_date",
            "gender",
            subscriber_key="head_code", subscriber_id="head_code", is_subscriber="is_head",
            relationship=pl.col("relationship").replace_strict(RELATIONSHIPS),
            maintenance_type=pl.when("gone").then(pl.lit(CANCELLED)),
            maintenance_reason=pl.when("gone").then(pl.lit(BENEFITS_ENDED)),
            policy_number=pl.lit(company), member_id="code", address1="address",
            eligibility_begin="begin", eligibility_end="end",
        )
    )  # fmt: skip
    coverages = full.select(
        "member_key", "line", "plan_code", "tier", "begin", "end",
        maintenance_type=pl.when("ended").then(pl.lit(CANCELLED)),
    )  # fmt: skip
    return Enrollment(members, coverages)


def _with_keys(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    heads = people.select(pl.col("person_id").alias("head_id"), pl.col("code").alias("head_code"))
    own = pl.col("is_head") | (pl.col("subscriber_id") == pl.col("head_id")).fill_null(value=False)
    return (
        rows.join(people.drop("company_id"), on="person_id", how="left", maintain_order="left")
        .join(heads, on="head_id", how="left", maintain_order="left")
        .with_columns(is_head=pl.col("person_id") == pl.col("head_id"))
        .with_columns(member_key=pl.when(own).then("code").otherwise(pl.concat_str("code", "head_code", separator="@")))
    )
