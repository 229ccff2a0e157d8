"""What the guide forbids in the details of a member: the rest of INS and of loop 2100A."""

from dataclasses import replace

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_rule import Rule, coded, length, missing
from formats.edi834.profile import Profile
from formats.edi834.text import illegal

NUMBER = r"^\d{1,15}(\.\d+)?$"
RACE = r"^((([78A-JNOPZ])?(:RET(:[A-Za-z0-9-]{1,30})?)?)(\^|$)){1,10}$"


def detail_rules(profile: Profile) -> list[Rule]:
    """Rules of the columns of details, over prepared members that have them."""
    numbers = pl.sum_horizontal(pl.col(c).is_not_null() for c in ("phone", "email", "number2", "number3"))
    return [
        coded("medicare_plan", "INS06", "medicare_plan", codes.MEDICARE_PLANS, profile),
        coded("medicare_reason", "INS06", "medicare_reason", codes.MEDICARE_REASONS, profile),
        missing("medicare_plan", "INS06", "medicare_plan", pl.col("medicare_reason").is_not_null()),
        coded("cobra_event", "INS07", "cobra_event", codes.COBRA_EVENTS, profile),
        coded("student_status", "INS09", "student_status", codes.STUDENT_STATUS, profile),
        coded("handicapped", "INS10", "handicapped", codes.YES_NO, profile),
        coded("confidentiality", "INS13", "confidentiality", codes.CONFIDENTIALITY, profile),
        length("name_prefix", "NM106", "name_prefix", 10),
        *(coded("number_kind", "PER03", c, codes.NUMBER_KINDS, profile) for c in ("phone_kind", "kind2", "kind3")),
        *(missing("number_kind", "PER03", f"kind{n}", pl.col(f"number{n}").is_not_null()) for n in (2, 3)),
        *(missing("number", "PER04", f"number{n}", pl.col(f"kind{n}").is_not_null()) for n in (2, 3)),
        Rule(
            "edi834.count.numbers", "PER", numbers > 3, "a member has more than three telephone numbers and addresses",
            "PER takes three; leave one out",
        ),
        coded("country", "N404", "country", codes.COUNTRIES, profile),
        coded("location_qualifier", "N405", "location_qualifier", ("60", "CY"), profile),
        length("location", "N406", "location", 30),
        length("subdivision", "N407", "subdivision", 3),
        missing("location_qualifier", "N405", "location_qualifier", pl.col("location").is_not_null()),
        *place_rules("member"),
        missing("city", "N401", "city", pl.any_horizontal(
            pl.col("country", "location_qualifier", "location", "subdivision").is_not_null()
        )),
        race("race", profile),
        coded("citizenship", "DMG06", "citizenship", codes.CITIZENSHIP, profile),
        length("race_code", "DMG11", "race_code", 30),
        missing("race", "DMG05", "race", pl.col("race_code").is_not_null()),
        coded("income_frequency", "ICM01", "income_frequency", codes.INCOME_FREQUENCIES, profile),
        missing("income_frequency", "ICM01", "income_frequency", pl.any_horizontal(
            pl.col("income_cents", "work_hours", "work_location", "salary_grade").is_not_null()
        )),
        missing("income", "ICM02", "income_cents", pl.col("income_frequency").is_not_null()),
        Rule(
            "edi834.amount.income", "ICM02", pl.col("income_cents") < 0, "the income is negative",
            "Correct it at the source",
        ),
        shape("work_hours", "ICM03", "work_hours", NUMBER, "is not a number"),
        length("work_location", "ICM04", "work_location", 30),
        length("salary_grade", "ICM05", "salary_grade", 5),
        coded("health_code", "HLH01", "health_code", codes.HEALTH_CODES, profile),
        missing("health_code", "HLH01", "health_code", pl.any_horizontal(pl.col("height", "weight").is_not_null())),
        shape("height", "HLH02", "height", NUMBER, "is not a number"),
        shape("weight", "HLH03", "weight", NUMBER, "is not a number"),
        Rule(
            "edi834.amount.birth_sequence", "INS17", (pl.col("birth_sequence") < 1) | (pl.col("birth_sequence") > 9),
            "the birth sequence is not 1 to 9", "Number the children of a multiple birth from 1",
        ),
    ]  # fmt: skip


def place_rules(name: str) -> list[Rule]:
    """What goes together in N4: a subdivision with its country, and never beside a state."""
    divided = pl.col("subdivision").is_not_null()
    return [
        missing(f"{name}_country", "N404", "country", divided),
        Rule(
            f"edi834.extra.{name}_subdivision", "N407", divided & pl.col("state").is_not_null(),
            "an address has both a state and a subdivision of its country", "Leave one of them out",
        ),
    ]  # fmt: skip


def race(name: str, profile: Profile) -> Rule:
    """DMG05: up to ten of a code, or RET and a code of the collection's own; no delimiter within."""
    rule = shape(name, "DMG05", "race", RACE, "is not a list of race codes")
    bare = pl.col("race").str.replace_all("[:^]", "")
    return replace(rule, when=rule.when | illegal(bare, profile))


def shape(name: str, element: str, column: str, pattern: str, words: str) -> Rule:
    """The text has the form the element takes."""
    return Rule(
        f"edi834.shape.{name}", element, ~pl.col(column).str.contains(pattern), f"{column} {words}",
        f"Correct it at the source: {element} takes nothing else",
    )  # fmt: skip
