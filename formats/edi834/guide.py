"""What the guide forbids, as rules over prepared frames: the writer refuses these, the checker reports them.

A rule's `when` is true where a row breaks it. Lengths are those of the X12 data elements (67, 127, 1035, 1036,
1037, 1039, 166, 19, 116, 364, 1204), codes those of guide 005010X220A1. Messages never hold a value.
"""

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_details import detail_rules
from formats.edi834.guide_extras import extra_rules
from formats.edi834.guide_old import new_rules, old_rules
from formats.edi834.guide_rule import Rule
from formats.edi834.guide_rule import coded as _code
from formats.edi834.guide_rule import length as _length
from formats.edi834.guide_rule import missing as _missing
from formats.edi834.partner import partner_rules
from formats.edi834.profile import OLD_VERSION, Profile


def rules_of(name: str, frame: pl.DataFrame, profile: Profile) -> list[Rule]:
    """The guide's and the partner's rules over a prepared frame: members, coverages, or one of extras."""
    if name == "members":
        rules = member_rules(profile)
        if "phone_kind" in frame.columns:
            rules += detail_rules(profile)
    else:
        rules = coverage_rules(profile) if name == "coverages" else extra_rules(name, profile)
        rules += _refused(profile)
    versions = old_rules if profile.version == OLD_VERSION else new_rules
    rules += versions(name, frame.columns)
    return rules + partner_rules(name, frame, profile)


def member_rules(profile: Profile) -> list[Rule]:
    """Rules of loops 2000 and 2100A over prepared members."""
    has_place = pl.any_horizontal(pl.col("city", "state", "zip").is_not_null())
    rules = [
        _missing("member_key", "INS", "member_key"),
        Rule(
            "edi834.duplicate.member_key", "INS", ~pl.col("member_key").is_first_distinct(),
            "the same member occurs twice", "Send each member once per file",
        ),
        _missing("is_subscriber", "INS01", "is_subscriber"),
        _code("relationship", "INS02", "relationship", codes.RELATIONSHIPS, profile, required=True),
        _code("maintenance_type", "INS03", "maintenance_type", codes.MEMBER_MAINTENANCE, profile, required=True),
        _code("maintenance_reason", "INS04", "maintenance_reason", codes.REASONS, profile, required=False),
        _code("benefit_status", "INS05", "benefit_status", codes.BENEFIT_STATUS, profile, required=True),
        _code("employment_status", "INS08", "employment_status", codes.EMPLOYMENT_STATUS, profile, required=False),
        _missing("subscriber_id", "REF02", "whose"),
        _length("subscriber_id", "REF02", "whose", 50),
        _length("policy_number", "REF02", "policy_number", 50),
        _missing("last_name", "NM103", "last_name"),
        _length("last_name", "NM103", "last_name", 60),
        _missing("first_name", "NM104", "first_name", pl.lit(value=profile.version == OLD_VERSION)),
        _length("first_name", "NM104", "first_name", 35),
        _length("middle_name", "NM105", "middle_name", 25),
        _length("name_suffix", "NM107", "name_suffix", 10),
        _length("identifier", "NM109", "who", 80, 2),
        _length("phone", "PER04", "phone", 256),
        _length("email", "PER04", "email", 256),
        _length("address1", "N301", "address1", 55),
        _length("address2", "N302", "address2", 55),
        _missing("address1", "N301", "address1", pl.col("address2").is_not_null()),
        _missing("city", "N401", "city", has_place),
        _length("city", "N401", "city", 30, 2),
        _code("state", "N402", "state", codes.STATES, profile, required=False),
        _length("zip", "N403", "zip", 15, 3),
        _code("gender", "DMG03", "gender", codes.GENDERS, profile, required=False),
        _code("marital_status", "DMG04", "marital_status", codes.MARITAL_STATUS, profile, required=False),
    ]  # fmt: skip
    return rules + _refused(profile)


def coverage_rules(profile: Profile) -> list[Rule]:
    """Rules of loop 2300 over prepared coverages."""
    return [
        Rule(
            "edi834.coverage.no_member", "HD", pl.col("row").is_null(),
            "a coverage belongs to no member of the file", "Send the member with it, or leave the coverage out",
        ),
        _code("coverage_maintenance", "HD01", "maintenance_type", codes.COVERAGE_MAINTENANCE, profile, required=True),
        _code("line", "HD03", "line", codes.LINES, profile, required=True),
        _length("plan_code", "HD04", "plan_code", 50),
        _code("late", "HD09", "late", codes.YES_NO, profile),
        Rule(
            "edi834.duplicate.coverage_key", "HD",
            pl.col("coverage_key").is_not_null() & pl.col("coverage_key").is_duplicated(),
            "two coverages have the same key, so that what hangs on them is not clear", "Give each its own key",
        ),
        Rule(
            "edi834.code.tier", "HD05", pl.col("tier").is_not_null() & pl.col("sent_tier").is_null(),
            "the tier is not one this partner takes", "Map it under `tiers` in the partner's profile",
        ),
        Rule(
            "edi834.missing.coverage_date", "DTP", pl.col("begin").is_null() & pl.col("end").is_null(),
            "a coverage has neither begin nor end", "The guide requires a DTP under every HD",
        ),
        Rule(
            "edi834.amount.premium", "AMT02", pl.col("premium_cents") < 0,
            "the premium is negative", "Send the premium of the period as a positive amount",
        ),
        _length("coverage_policy", "REF02", "policy_number", 50),
        Rule(
            "edi834.count.coverages", "HD", pl.col("row").is_not_null() & (pl.len().over("row") > 99),
            "a member has more than 99 coverages", "The guide allows 99 HD loops per member",
        ),
    ]  # fmt: skip


def _refused(profile: Profile) -> list[Rule]:
    if profile.illegal_characters == "replace":
        return []
    return [
        Rule(
            "edi834.characters.refused",
            "data",
            pl.col("dirty") != "",
            "data hold a delimiter, a control character or one outside the partner's character set",
            "Correct it at the source, or let the profile replace it",
        )
    ]
