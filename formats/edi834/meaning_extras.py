"""Rules of meaning over details and the small frames: what the map allows and still cannot be."""

import polars as pl

from formats.edi834.guide_rule import Rule
from formats.problems import ERROR, WARNING


def detail_meaning() -> list[Rule]:
    """Rules over members with details."""
    died = pl.col("death_date").is_not_null()
    return [
        Rule(
            "edi834.member.death_reason", "INS12", died & (pl.col("maintenance_reason") != "03"),
            "a date of death stands beside another reason than 03", "Send INS04 03 with it, or leave the date out",
            WARNING,
        ),
        Rule(
            "edi834.member.death_birth", "INS12", pl.col("death_date") < pl.col("birth_date"),
            "the member died before being born", "Correct whichever date is wrong", ERROR,
        ),
        Rule(
            "edi834.member.cobra", "INS07", pl.col("cobra_event").is_not_null() & (pl.col("benefit_status") != "C"),
            "a COBRA event stands beside another benefit status than C", "Send INS05 C with it", WARNING,
        ),
    ]  # fmt: skip


def extra_meaning(name: str) -> list[Rule]:
    """Rules over a prepared frame of extras."""
    if name == "disabilities":
        return [
            Rule(
                "edi834.dates.disability", "DTP03", pl.col("end") < pl.col("begin"),
                "a disability ends before it begins", "Correct the dates at the source",
            )
        ]  # fmt: skip
    if name == "other_insurance":
        return [
            Rule(
                "edi834.dates.other_insurance", "DTP03", pl.col("end") < pl.col("begin"),
                "another insurance ends before it begins", "Correct the dates at the source",
            )
        ]  # fmt: skip
    return []
