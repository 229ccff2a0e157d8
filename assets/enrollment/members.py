"""Members and coverages as one vendor is to see them, and what of it the vendor has not been told. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl

from assets.enrollment.changes import KEY, MEMBER
from assets.enrollment.coverage import PERSON, Windows, in_view, no_longer, pieces
from formats.edi834 import Enrollment, Profile

RELATIONSHIPS = {"self": "18", "spouse": "01", "child": "19"}
CANCELLED, BENEFITS_ENDED, COMPARE_ONLY, AUDITED = "024", "07", "4", "030"
_SEEN = [*KEY, "head_id", "line", "plan_code", "tier", "begin", "end"]
_PERSONAL = [
    "relationship", "first_name", "last_name", "birth_date", "gender", "address", "city", "state", "zip", "phone",
    "email",
]  # fmt: skip


def dependents(held: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    """The periods of dependents: their subscription's, or as much of it as they are covered.

    Args:
        held: company_id, subscription_id, head_id, begin, end and whatever else, a row per subscription.
        covered: as for `coverage_rows`.
    """
    rows = held.join(covered, on=["company_id", "subscription_id"], how="inner").filter(
        pl.col("person_id") != pl.col("head_id")
    )
    ended = rows.with_columns(end=pl.min_horizontal("end", "covered_until"))
    return ended.filter(pl.col("end").is_null() | (pl.col("begin") < pl.col("end")))


def plain(column: str) -> pl.Expr:
    """A text in its plainest spelling: capitals without accents and marks, as files of any character set agree on."""
    return pl.col(column).str.normalize("NFKD").str.to_uppercase().str.replace_all("[^A-Z0-9]", "")


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
        covered: company_id, subscription_id, person_id of dependents, covered_until (null: as the subscription ends);
            the head is covered anyway.
        told: the last that each vendor may hold of a person under a subscription: columns of `_SEEN`, noticed_end and
            sub_end.
        day: the business date.
        windows: how far the vendor looks around it.

    Returns:
        KEY, head_id, line, plan_code, tier, begin, end, ended (by the day), sorted by KEY.
    """
    subscription = ["company_id", "subscription_id"]
    periods = pieces(subscriptions, holds)
    held = in_view(periods, day, windows).join(subscriptions, on=subscription, how="inner")
    others = dependents(held, covered).filter(
        pl.col("end").is_null() | (pl.col("end") >= day - dt.timedelta(days=windows.behind))
    )
    seen = pl.concat([held.with_columns(person_id=pl.col("head_id")).select(_SEEN), others.select(_SEEN)])
    until = covered.drop_nulls("covered_until")
    before = (
        told.rename({"begin": "coverage_start", "end": "coverage_end"})
        .join(until, on=PERSON, how="left", maintain_order="left")
        .with_columns(sub_end=pl.min_horizontal("sub_end", "covered_until"))
    )
    gone = no_longer(before, seen.select(PERSON), periods, day, windows)
    rows = pl.concat([seen, gone.select(_SEEN)])
    return rows.with_columns(ended=pl.col("end").fill_null(dt.date.max) <= day).sort(KEY)


def with_member_print(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add `member_print`: SHA-256 (32 bytes) of what the vendor sees of the person, whatever the coverage.

    Args:
        rows: as `coverage_rows` returns them, and ssn_asked: whether the partner sees SSNs.
        people: company_id, person_id, code, ssn_blind and what is sent of a person. The blind index stands for the SSN.
    """
    seen = [*MEMBER, "ssn_asked"]
    once = rows.select(seen).unique(maintain_order=True)
    prints = _digests(_with_people(once, people), ["code", "head_code", *_PERSONAL])
    return rows.join(
        once.with_columns(pl.Series("member_print", prints, pl.Binary)), on=seen, how="left", maintain_order="left"
    )


def with_fingerprint(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add `fingerprint`: SHA-256 (32 bytes) of everything the vendor sees of the person under the subscription."""
    words = ["code", "head_code", *_PERSONAL, "line", "plan_code", "tier", "begin", "end", "ended"]
    return rows.with_columns(pl.Series("fingerprint", _digests(_with_people(rows, people), words), pl.Binary))


def _with_people(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    heads = people.select("company_id", pl.col("person_id").alias("head_id"), pl.col("code").alias("head_code"))
    return rows.join(people, on=["company_id", "person_id"], how="left", maintain_order="left").join(
        heads, on=["company_id", "head_id"], how="left", maintain_order="left"
    )


def _digests(rows: pl.DataFrame, words: list[str]) -> list[bytes]:
    blind = pl.when("ssn_asked").then(pl.col("ssn_blind").bin.encode("hex"))
    parts = [pl.col(c).cast(pl.String).fill_null("") for c in words]
    text = rows.select(pl.concat_str(*parts, blind.fill_null(""), separator="\x1f")).to_series()
    return [hashlib.sha256(value.encode()).digest() for value in text]


def untold(rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The rows of a full file that the vendor is not certain to hold as they are now.

    Args:
        rows: KEY and fingerprint among others.
        held: what the vendor may hold (`changes.beliefs`), with fingerprint.
    """
    certain = (pl.col("version") > 0).all() & (pl.col("fingerprint").n_unique() == 1)
    known = held.group_by(KEY).agg(pl.when(certain).then(pl.col("fingerprint").first()).alias("told_print"))
    fresh = pl.col("told_print").ne_missing(pl.col("fingerprint"))
    return rows.join(known, on=KEY, how="left", maintain_order="left").filter(fresh).drop("told_print")


def versions(rows: pl.DataFrame, highest: pl.DataFrame) -> pl.DataFrame:
    """Rows that are told, as versions of enrollment.member_state; in the order of the rows.

    Args:
        rows: as `with_fingerprint` and `with_member_print` return them, with member_action and set_control.
        highest: KEY and highest (version), of what was told before.
    """
    return rows.join(highest, on=KEY, how="left", maintain_order="left").select(
        *KEY, "tier", "line", "plan_code", "member_print", "fingerprint", "set_control",
        action="member_action",
        version=pl.col("highest").fill_null(0) + 1,
        covered=~pl.col("ended"),
        coverage_start="begin",
        coverage_end="end",
    )  # fmt: skip


def enrollment_of(rows: pl.DataFrame, people: pl.DataFrame, company: str, profile: Profile) -> Enrollment:
    """One company's members at one vendor as a full file, in the shape `formats.edi834` writes.

    Args:
        rows: as `coverage_rows` returns them, of one company and partner.
        people: that company's; columns of `with_fingerprint` and ssn (null unless the partner asks for it).
        company: its code, sent as the group's policy number (REF*1L).
        profile: the partner's terms. A `4` file only compares, so its members keep INS03 030.

    Returns:
        members keyed by the person's code (and the head's, for somebody on two families); coverages; maintenance
        types only where something ended.
    """
    gone = (pl.len() == pl.col("ended").sum()) & pl.lit(profile.action != COMPARE_ONLY)
    whole = rows.group_by(MEMBER, maintain_order=True).agg(
        gone.alias("gone"),
        pl.col("begin").min(),
        pl.when(pl.col("end").is_not_null().all()).then(pl.col("end").max()).alias("end"),
    )
    marked = whole.with_columns(
        member_action=pl.when("gone").then(pl.lit(CANCELLED)), reason=pl.when("gone").then(pl.lit(BENEFITS_ENDED))
    )
    held = rows.with_columns(action=pl.when("ended").then(pl.lit(CANCELLED)))
    return in_shape(marked, held, people, company)


def in_shape(whole: pl.DataFrame, held: pl.DataFrame, people: pl.DataFrame, company: str) -> Enrollment:
    """Members and their coverages with keys, names and codes.

    Args:
        whole: MEMBER, member_action and reason (null: the profile's), begin, end; a row per member.
        held: MEMBER, line, plan_code, tier, begin, end, action (null: the profile's).
        people: as for `enrollment_of`.
        company: its code.
    """
    relationship = pl.col("relationship").replace_strict(RELATIONSHIPS)
    members = _with_keys(whole, people).select(
        "member_key", "last_name", "first_name", "ssn", "phone", "email", "city", "state", "zip", "birth_date",
        "gender", subscriber_key="head_code", subscriber_id="head_code", is_subscriber="is_head",
        relationship=relationship, maintenance_type="member_action", maintenance_reason="reason",
        policy_number=pl.lit(company), member_id="code", address1="address", eligibility_begin="begin",
        eligibility_end="end",
    )  # fmt: skip
    coverages = _with_keys(held, people).select(
        "member_key", "line", "plan_code", "tier", "begin", "end", maintenance_type="action"
    )
    return Enrollment(members, coverages)


def with_member_key(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add `member_key`, by which a file's frames know the person."""
    return rows.with_columns(_with_keys(rows, people)["member_key"])


def _with_keys(rows: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    heads = people.select(pl.col("person_id").alias("head_id"), pl.col("code").alias("head_code"))
    own = pl.col("is_head") | (pl.col("subscriber_id") == pl.col("head_id")).fill_null(value=False)
    return (
        rows.join(people.drop("company_id"), on="person_id", how="left", maintain_order="left")
        .join(heads, on="head_id", how="left", maintain_order="left")
        .with_columns(is_head=pl.col("person_id") == pl.col("head_id"))
        .with_columns(member_key=pl.when(own).then("code").otherwise(pl.concat_str("code", "head_code", separator="@")))
    )
