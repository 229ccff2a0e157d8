"""Rules of meaning over details and the small frames: what the map allows and still cannot be."""

import datetime as dt

import polars as pl

from formats.edi834.guide_rule import Rule
from formats.edi834.prepare import Prepared
from formats.problems import ERROR, WARNING

_EARLIEST, _LATEST = dt.date(1900, 1, 1), dt.date(2100, 1, 1)
# DTP01 of a begin and of its end: employment, Medicare, COBRA, education, Medicaid.
_PERIODS = (("336", "337"), ("338", "339"), ("340", "341"), ("350", "351"), ("473", "474"))


def with_period(dates: pl.DataFrame, ready: Prepared) -> pl.DataFrame:
    """The dates with `opens` and `closes`: the eligibility of their member, or the period of their coverage."""
    members = ready.members.select(
        "row", pl.col("eligibility_begin").alias("_o"), pl.col("eligibility_end").alias("_c")
    )
    coverages = ready.coverages.select("place", pl.col("begin").alias("_oh"), pl.col("end").alias("_ch"))
    held = pl.col("place").is_not_null()
    return (
        dates.join(members, on="row", how="left", maintain_order="left")
        .join(coverages, on="place", how="left", maintain_order="left")
        .with_columns(
            pl.when(held).then("_oh").otherwise("_o").alias("opens"),
            pl.when(held).then("_ch").otherwise("_c").alias("closes"),
        )
        .drop("_o", "_c", "_oh", "_ch")
    )


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
    """Rules over a prepared frame of extras; that of `dates` has its periods."""
    replaced = Rule(
        "edi834.characters.extra_replaced", "data", pl.col("dirty") != "",
        "data hold a delimiter, a control character or one outside the partner's character set",
        "It is sent as a blank; correct it at the source", WARNING,
    )  # fmt: skip
    periods = {
        "disabilities": ("disability", "a disability"),
        "other_insurance": ("other_insurance", "another insurance"),
    }
    if name in periods:
        rule, words = periods[name]
        return [replaced, _backwards(rule, pl.col("end") < pl.col("begin"), f"{words} ends before it begins")]
    return [replaced, *_dates()] if name == "dates" else [replaced]


def _dates() -> list[Rule]:
    kind, day = pl.col("qualifier"), pl.col("day")

    def begun(begin: str) -> pl.Expr:
        return day.filter(kind == begin).min().over("row", "place")

    ended = pl.any_horizontal((kind == end) & (day < begun(begin)) for begin, end in _PERIODS)
    outside = (kind == "303") & ((day < pl.col("opens")) | (day > pl.col("closes")))
    words = "employment, Medicare, COBRA, education or Medicaid ends before it begins"
    return [
        _backwards("period", ended, words),
        Rule(
            "edi834.dates.maintenance", "DTP03", outside, "a maintenance date (303) lies outside the period it changes",
            "Correct whichever date is wrong", WARNING,
        ),
        Rule(
            "edi834.dates.extra_far", "DTP03", far("day") | far("until"), "a date lies before 1900 or after 2099",
            "Correct the date at the source",
        ),
    ]  # fmt: skip


def _backwards(name: str, when: pl.Expr, words: str) -> Rule:
    return Rule(f"edi834.dates.{name}", "DTP03", when, words, "Correct the dates at the source")


def far(column: str) -> pl.Expr:
    """Whether a date is one nobody means: before 1900 or after 2099."""
    return (pl.col(column) < _EARLIEST) | (pl.col(column) > _LATEST)
