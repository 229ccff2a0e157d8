"""The members and coverages as one partner is to see them: spelled, defaulted, and in the order of the file."""

from dataclasses import dataclass

import polars as pl

from formats.edi834.codes import LINES, SPOUSES
from formats.edi834.profile import EndDate, Profile
from formats.edi834.schema import Enrollment
from formats.edi834.text import illegal, replaced, spelled

MEMBER_TEXT = [
    "subscriber_id", "policy_number", "last_name", "first_name", "middle_name", "name_suffix", "member_id",
    "address1", "address2", "city", "state", "zip", "phone", "email",
]  # fmt: skip
COVERAGE_TEXT = ["plan_code", "policy_number"]
CODES = [
    "relationship", "maintenance_type", "maintenance_reason", "benefit_status", "employment_status", "gender",
    "marital_status",
]  # fmt: skip


@dataclass(frozen=True)
class Prepared:
    """Frames ready for the rules and for the writer.

    members: MEMBERS plus `row` (order in the file), `who` (what NM109 carries), `whose` (what REF*0F carries),
    `dirty` (names of columns that held illegal characters, blank-separated; they are replaced) and `family_row`.
    coverages: COVERAGES plus `row` of the member (null when there is none), `sent_tier`, `dirty`.
    """

    members: pl.DataFrame
    coverages: pl.DataFrame


def sent_end(column: str, meaning: EndDate) -> pl.Expr:
    """An end date as the partner means it, from our first day not covered."""
    return pl.col(column).dt.offset_by("-1d") if meaning == "last_day_covered" else pl.col(column)


def our_end(column: str, meaning: EndDate) -> pl.Expr:
    """The first day not covered, from an end date as the partner means it."""
    return pl.col(column).dt.offset_by("1d") if meaning == "last_day_covered" else pl.col(column)


def _legal(frame: pl.DataFrame, columns: list[str], profile: Profile) -> pl.DataFrame:
    clean = spelled(frame, columns, profile)
    if profile.charset == "basic" and "email" in columns:
        clean = clean.with_columns(pl.lit(None, pl.String).alias("email"))  # @ is not in the basic set
    marked = [pl.when(illegal(pl.col(c), profile)).then(pl.lit(c)) for c in columns]
    clean = clean.with_columns(pl.concat_str(marked, separator=" ", ignore_nulls=True).alias("dirty"))
    return replaced(clean, columns, profile)


def prepare(enrollment: Enrollment, profile: Profile) -> Prepared:
    """Spell, default and order the frames by the partner's profile. Pure; the same input gives the same rows.

    Order: families by subscriber id, then key; in each the subscriber, the spouse or partner, then the others
    oldest first. Coverages: medical, dental, vision, the rest, then plan code and begin.
    """
    members = _legal(enrollment.members, MEMBER_TEXT, profile).with_columns(
        pl.col(CODES).str.strip_chars().replace("", None),
        pl.col("ssn").str.replace_all(r"[-\s]", "").replace("", None),
        pl.col("zip").str.replace_all(r"[-\s]", ""),
        pl.col("phone").str.replace_all(r"\D", "").replace("", None),
    )
    members = members.with_columns(
        pl.col("maintenance_type").fill_null(profile.member_maintenance),
        pl.col("maintenance_reason").fill_null(pl.lit(profile.reason, pl.String)),
        pl.col("benefit_status").fill_null("A"),
        pl.when(pl.col("birth_date").is_not_null()).then(pl.col("gender").fill_null("U")).alias("gender"),
        pl.col("subscriber_key").fill_null(pl.col("member_key")),
    )
    members = _order(_identified(members, profile))
    coverages = _legal(enrollment.coverages, COVERAGE_TEXT, profile).with_columns(
        pl.col("maintenance_type", "line", "tier").str.strip_chars().replace("", None)
    )
    coverages = coverages.with_columns(
        pl.col("maintenance_type").fill_null(profile.coverage_maintenance),
        pl.col("tier")
        .replace_strict(list(profile.tiers), list(profile.tiers.values()), default=None, return_dtype=pl.String)
        .alias("sent_tier"),
        pl.col("line").replace_strict(LINES, range(len(LINES)), default=len(LINES)).alias("_line_rank"),
    )
    rows = members.unique("member_key", keep="first", maintain_order=True).select("member_key", "row")
    coverages = coverages.join(rows, on="member_key", how="left", maintain_order="left")
    order = ["row", "_line_rank", "plan_code", "begin", "sent_tier", "maintenance_type", "premium_cents"]
    return Prepared(members, coverages.sort(order, maintain_order=True).drop("_line_rank"))


def _identified(members: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Add what NM109 (`who`) and REF*0F (`whose`) carry for this partner."""
    if profile.subscriber_reference == "ssn":
        heads = members.filter("is_subscriber").unique("subscriber_key", keep="first", maintain_order=True)
        whose = heads.select("subscriber_key", pl.col("ssn").alias("whose"))
        members = members.join(whose, on="subscriber_key", how="left", maintain_order="left")
    else:
        members = members.with_columns(pl.col("subscriber_id").alias("whose"))
    chosen = None if profile.member_identifier == "none" else profile.member_identifier
    who = pl.lit(None, pl.String) if chosen is None else pl.col(chosen)
    return members.with_columns(who.alias("who"))


def _order(members: pl.DataFrame) -> pl.DataFrame:
    rank = pl.when("is_subscriber").then(0).when(pl.col("relationship").is_in(SPOUSES)).then(1).otherwise(2)
    family = pl.col("whose").first().over("subscriber_key")
    ordered = members.with_columns(rank.alias("_rank"), family.alias("_family")).sort(
        ["_family", "subscriber_key", "_rank", "birth_date", "member_key"], nulls_last=True
    )
    ordered = ordered.with_row_index("row").drop("_rank", "_family")
    return ordered.with_columns(
        pl.col("row").cast(pl.Int64),
        pl.col("subscriber_key").rle_id().cast(pl.Int64).alias("family_row"),
    )
