"""Where guide 004010X095A1 has less than 005010X220A1, or asks for more: rules for partners that still take it."""

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_rule import Rule
from formats.edi834.layout import EXTRA

_UNKNOWN = {  # columns of elements that it does not have
    "members": ("confidentiality", "subdivision", "race_code"),
    "coverages": ("late",),
    "names": ("subdivision", "race_code", "contact"),
    "providers": ("subdivision", "address1", "address3"),
}
_KINDS = ("EM", "EX", "FX", "HP", "TE", "WP")
_AMOUNTS = ("B9", "C1", "D2", "P3")
_MEMBER_MOST = {"references": 5, "dates": 18, "amounts": 4}
_MOST = {"disabilities": 1, "cards": 10, "references": 1, "amounts": 3, "dates": 2}  # beside a coverage's own segments


def old_rules(name: str, columns: list[str]) -> list[Rule]:
    """Rules over a prepared frame of members, coverages or extras that has these columns."""
    rules = []
    if name in EXTRA and name not in codes.OLD_EXTRAS:
        rules.append(_rule("loop", name, pl.col("member_key").is_not_null(), "guide 004010X095A1 has no such loop"))
    unknown = [pl.col(c).is_not_null() for c in _UNKNOWN.get(name, ()) if c in columns]
    if "race" in columns:
        unknown.append(pl.col("race").str.contains("[:^]"))
    if unknown:
        rules.append(_rule("element", name, pl.any_horizontal(unknown), "guide 004010X095A1 has no such element"))
    if "city" in columns:
        lacking = pl.col("city").is_not_null() & pl.any_horizontal(pl.col("state", "zip").is_null())
        rules.append(_rule("required", "N4", lacking, "guide 004010X095A1 requires state and ZIP with a city"))
    kinds = [c for c in columns if c.startswith("kind") and c != "kind"] + ["phone_kind"] * ("phone_kind" in columns)
    if kinds:
        other = pl.any_horizontal(pl.col(c).is_not_null() & ~pl.col(c).is_in(_KINDS) for c in kinds)
        rules.append(
            _rule("number_kind", "PER03", other, f"guide 004010X095A1 takes numbers of {' '.join(_KINDS)} only")
        )
    if name in _MOST:
        owner = ["row", "place"] if "place" in columns else ["row"]
        held = pl.col("place").is_not_null() if "place" in columns else pl.lit(value=True)
        many = held & (pl.len().over(owner) > _MOST[name])
        rules.append(_rule("count", name, many, f"guide 004010X095A1 takes {_MOST[name]} of these"))
    if name == "names":
        responsible = pl.col("role").is_in(codes.RESPONSIBLE)
        many = responsible & (responsible.sum().over("row") > 1)
        rules.append(_rule("responsible", "NM1", many, "guide 004010X095A1 takes one responsible person"))
        bare = (responsible | (pl.col("role") == "70")) & pl.col("first_name").is_null()
        rules.append(_rule("first_name", "NM104", bare, "guide 004010X095A1 requires a first name here"))
    if name == "disabilities":
        other = pl.col("code_qualifier").is_not_null() & (pl.col("code_qualifier") != "DX")
        rules.append(_rule("diagnosis", "DSB07", other, "guide 004010X095A1 knows diagnoses under DX only"))
    if name == "amounts":
        other = ~pl.col("qualifier").is_in(_AMOUNTS)
        rules.append(_rule("amount", "AMT01", other, f"guide 004010X095A1 knows amounts {' '.join(_AMOUNTS)} only"))
    if name in _MEMBER_MOST:
        months = pl.col("qualifier") == "QQ"  # may stand once beside the other references
        many = (~months).sum().over("row", "place") > _MEMBER_MOST[name]
        if name == "references":
            many = many | (months.sum().over("row", "place") > 1)
        words = f"guide 004010X095A1 takes {_MEMBER_MOST[name]} of these of a member"
        rules.append(_rule("member_count", name, pl.col("place").is_null() & many, words))
    return rules


def _rule(name: str, element: str, when: pl.Expr, message: str) -> Rule:
    return Rule(f"edi834.version.{name}", element, when, message, "Leave it out for this partner, or complete it")
