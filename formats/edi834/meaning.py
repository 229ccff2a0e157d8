"""What a file may say by the map and still must not: families, dates, tiers, identities (severity per rule).

Conditions are over prepared frames with the facts of `with_facts`; a change file may rely on what the partner
already holds, so some rules only warn there.
"""

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_rule import Rule
from formats.edi834.meaning_extras import detail_meaning, far
from formats.edi834.prepare import MEMBER_TEXT, Prepared
from formats.edi834.profile import Profile
from formats.edi834.schema import Enrollment
from formats.edi834.text import accented
from formats.problems import ERROR, INFO, WARNING


def with_facts(ready: Prepared, enrollment: Enrollment, profile: Profile) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add to members: subscribers, head_id, head_position, coverages, accented; to coverages: family facts."""
    foreign = enrollment.members.select(
        "member_key", accented(pl.concat_str(MEMBER_TEXT, ignore_nulls=True)).alias("accented")
    ).unique("member_key", keep="first")
    heads = (
        ready.members.filter("is_subscriber")
        .group_by("subscriber_key")
        .agg(
            pl.len().alias("subscribers"),
            pl.col("whose").first().alias("head_id"),
            pl.col("position").min().alias("head_position"),
        )
    )
    held = ready.coverages.group_by("member_key").agg(pl.len().alias("coverages"))
    members = (
        ready.members.join(heads, on="subscriber_key", how="left", maintain_order="left")
        .join(held, on="member_key", how="left", maintain_order="left")
        .join(foreign, on="member_key", how="left", maintain_order="left")
        .with_columns(pl.col("subscribers", "coverages").fill_null(0))
    )
    owners = ready.members.select("row", "subscriber_key", "is_subscriber", "birth_date")
    coverages = ready.coverages.join(owners, on="row", how="left", maintain_order="left")
    live = ~pl.col("maintenance_type").is_in(codes.ENDED)
    others = (
        coverages.filter(live & ~pl.col("is_subscriber"))
        .group_by("subscriber_key", "line")
        .agg(pl.col("row").n_unique().alias("dependents"))
    )
    coverages = coverages.join(others, on=["subscriber_key", "line"], how="left", maintain_order="left")
    return members, coverages.with_columns(
        pl.col("dependents").fill_null(0), pl.lit(profile.action == "2").alias("is_change")
    )


def member_meaning(profile: Profile, columns: list[str]) -> list[Rule]:
    """Rules of meaning over members with facts; those of details when the members have these columns."""
    rules = _family_rules(profile) + _identity_rules(profile) + _member_dates() + _ages(profile, columns)
    return rules + (detail_meaning() if "death_date" in columns else [])


def _ages(profile: Profile, columns: list[str]) -> list[Rule]:
    """Children past the partner's age limit, unless disabled."""
    if profile.child_age_limit is None:
        return []
    disabled = pl.col("handicapped") == "Y" if "handicapped" in columns else pl.lit(value=False)
    birthday = pl.col("birth_date").dt.offset_by(f"{profile.child_age_limit}y")
    covered = ~pl.col("maintenance_type").is_in(codes.ENDED) & pl.col("relationship").is_in(codes.CHILDREN)
    return [
        Rule(
            "edi834.member.child_age", "DMG02",
            covered & ~disabled.fill_null(value=False) & (birthday <= pl.col("eligibility_begin")),
            "a child is past this partner's age limit", "End the coverage, or state the disability (INS10)", WARNING,
        )
    ]  # fmt: skip


def _family_rules(profile: Profile) -> list[Rule]:
    subscriber, self_code = pl.col("is_subscriber"), pl.col("relationship") == "18"
    spouse = pl.col("relationship").is_in(codes.SPOUSES) & (pl.col("maintenance_type") != "024")
    orphan = WARNING if profile.action == "2" else ERROR
    person = ["subscriber_key", "relationship", "first_name", "last_name", "birth_date"]
    return [
        Rule(
            "edi834.family.ins01_ins02", "INS02", subscriber != self_code,
            "INS01 and INS02 contradict each other: 18 (self) goes with Y and with nothing else",
            "Correct who is the subscriber, or the relationship",
        ),
        Rule(
            "edi834.family.no_subscriber", "INS01", pl.col("subscribers") == 0,
            "a dependent comes without its subscriber",
            "Send the subscriber in the same file, before the dependent", orphan,
        ),
        Rule(
            "edi834.family.two_subscribers", "INS01", subscriber & (pl.col("subscribers") > 1),
            "a family has more than one subscriber", "Give each subscriber a family of their own",
        ),
        Rule(
            "edi834.family.order", "INS", ~subscriber & (pl.col("position") < pl.col("head_position")),
            "a dependent stands before its subscriber", "Put the subscriber first",
        ),
        Rule(
            "edi834.family.subscriber_id", "REF02", pl.col("whose") != pl.col("head_id"),
            "a dependent's REF*0F is not the subscriber's",
            "Send the subscriber's id on every member of the family",
        ),
        Rule(
            "edi834.family.two_spouses", "INS02",
            spouse & (_count(spouse) > 1),
            "a family has more than one spouse or partner", "End the former one, or correct the relationship",
            WARNING,
        ),
        Rule(
            "edi834.duplicate.person", "NM1",
            pl.col("birth_date").is_not_null() & (pl.len().over(person) > 1),
            "the same person occurs twice in a family", "Send each person once",
        ),
        Rule(
            "edi834.member.no_coverage", "HD",
            (pl.col("coverages") == 0) & pl.col("maintenance_type").is_in(codes.COVERING),
            "a member who is added, reinstated or audited has no coverage",
            "Add the coverage, or leave the member out", orphan,
        ),
        Rule(
            "edi834.member.employment", "INS08", ~subscriber & pl.col("employment_status").is_not_null(),
            "employment status belongs to the subscriber only", "Leave it empty for dependents", WARNING,
        ),
    ]  # fmt: skip


def _count(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(value=False).sum().over("subscriber_key")


def _identity_rules(profile: Profile) -> list[Rule]:
    ssn = pl.col("ssn")
    shape = ssn.str.contains(r"^\d{9}$") & ~ssn.str.contains(r"^(000|666|9)|^...00|0000$")
    same = ssn.str.contains("^(0{9}|1{9}|2{9}|3{9}|4{9}|5{9}|6{9}|7{9}|8{9})$")
    abroad = pl.col("state").is_in(codes.PROVINCES) | pl.col("state").is_null()
    asks = profile.member_identifier == "ssn"
    return [
        Rule(
            "edi834.ssn.shape", "NM109", ssn.is_not_null() & (~shape | same),
            "the SSN cannot be one: nine digits, no area 000, 666 or 9xx, no zero part, not all alike",
            "Correct it at the source, or leave it empty",
        ),
        Rule(
            "edi834.ssn.missing", "NM109", ssn.is_null() & pl.lit(asks),
            "the SSN this partner identifies members by is missing", "Complete it when it is known", INFO,
        ),
        Rule(
            "edi834.ssn.shared", "NM109", ssn.is_not_null() & (pl.len().over("ssn") > 1),
            "two members have the same SSN", "Find out whose it is", WARNING,
        ),
        Rule(
            "edi834.member.no_birth", "DMG02", pl.col("birth_date").is_null(),
            "the birth date is missing, so no DMG can be sent", "Complete it at the source",
        ),
        Rule(
            "edi834.address.missing", "N3",
            pl.col("is_subscriber") & (pl.col("address1").is_null() | pl.col("city").is_null()),
            "the subscriber's address is missing", "Complete it at the source",
            ERROR if profile.requires_address else WARNING,
        ),
        Rule(
            "edi834.address.zip", "N403", ~abroad & ~pl.col("zip").str.contains(r"^\d{5}(\d{4})?$"),
            "the ZIP is not five or nine digits", "Correct it at the source",
        ),
        Rule(
            "edi834.characters.replaced", "data", pl.col("dirty") != "",
            "data hold a delimiter, a control character or one outside the partner's character set",
            "It is sent as a blank; correct it at the source", WARNING,
        ),
        Rule(
            "edi834.characters.accents", "data", pl.col("accented"),
            "data hold letters outside ASCII", "They are sent spelled in ASCII", INFO,
        ),
    ]  # fmt: skip


def _member_dates() -> list[Rule]:
    begin, end, birth = pl.col("eligibility_begin"), pl.col("eligibility_end"), pl.col("birth_date")
    return [
        Rule(
            "edi834.dates.eligibility", "DTP03", end < begin,
            "eligibility ends before it begins", "Correct the dates at the source",
        ),
        Rule(
            "edi834.dates.far", "DTP03",
            far("eligibility_begin") | far("eligibility_end") | far("birth_date"),
            "a date lies before 1900 or after 2099", "Correct the date at the source",
        ),
        Rule(
            "edi834.dates.birth", "DMG02", birth > begin,
            "the member is born after eligibility begins", "Correct whichever date is wrong", WARNING,
        ),
        Rule(
            "edi834.dates.no_begin", "DTP", begin.is_null() & pl.col("maintenance_type").is_in(codes.COVERING),
            "eligibility has no begin date", "Send DTP*356 with it", WARNING,
        ),
        Rule(
            "edi834.dates.no_end", "DTP", end.is_null() & (pl.col("maintenance_type") == "024"),
            "a termination has no end date", "Send DTP*357 with it",
        ),
    ]  # fmt: skip


def coverage_meaning(_profile: Profile) -> list[Rule]:
    """Rules of meaning over coverages with facts."""
    live = ~pl.col("maintenance_type").is_in(codes.ENDED)
    heads = pl.col("is_subscriber") & live
    return [
        Rule(
            "edi834.dates.coverage", "DTP03", pl.col("end") < pl.col("begin"),
            "a coverage ends before it begins", "Correct the dates at the source",
        ),
        Rule(
            "edi834.dates.coverage_far", "DTP03", far("begin") | far("end"),
            "a coverage date lies before 1900 or after 2099", "Correct the date at the source",
        ),
        Rule(
            "edi834.dates.coverage_birth", "DTP03", pl.col("begin") < pl.col("birth_date"),
            "a coverage begins before the member is born", "Correct whichever date is wrong", WARNING,
        ),
        Rule(
            "edi834.dates.coverage_no_begin", "DTP",
            pl.col("begin").is_null() & pl.col("maintenance_type").is_in(codes.COVERING),
            "a coverage that is added, reinstated or audited has no begin date", "Send DTP*348 with it",
        ),
        Rule(
            "edi834.dates.coverage_no_end", "DTP", pl.col("end").is_null() & ~live,
            "a cancelled coverage has no end date", "Send DTP*349 with it",
        ),
        Rule(
            "edi834.duplicate.coverage", "HD",
            pl.col("row").is_not_null() & (pl.len().over("row", "line", "plan_code", "begin") > 1),
            "a member has the same coverage twice", "Send each line, plan and begin date once",
        ),
        Rule(
            "edi834.tier.alone", "HD05",
            heads & pl.col("tier").is_in(codes.ALONE_TIERS) & (pl.col("dependents") > 0),
            "the tier covers the employee alone, but dependents are covered in the same line",
            "Correct the tier, or end the dependents' coverage",
        ),
        Rule(
            "edi834.tier.no_dependents", "HD05",
            heads & ~pl.col("is_change") & pl.col("tier").is_in(codes.TIERS_WITH_DEPENDENTS)
            & (pl.col("dependents") == 0),
            "the tier covers dependents, but none is covered in the same line",
            "Correct the tier, or add the dependents", WARNING,
        ),
        Rule(
            "edi834.characters.coverage_replaced", "data", pl.col("dirty") != "",
            "data hold a delimiter, a control character or one outside the partner's character set",
            "It is sent as a blank; correct it at the source", WARNING,
        ),
    ]  # fmt: skip
