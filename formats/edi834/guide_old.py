"""Where guide 004010X095A1 has less than 005010X220A1, or asks for more, for partners that still take it; and back."""

from collections.abc import Callable

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_rule import Rule
from formats.edi834.layout import EXTRA

_OLD, _NEW = "004010X095A1", "005010X220A1"
_UNKNOWN = {  # columns of elements that it does not have
    "members": ("medicare_reason", "confidentiality", "subdivision", "race_code"),
    "coverages": ("late",),
    "names": ("subdivision", "race_code", "contact", "marital_status", "race", "citizenship"),
    "providers": ("subdivision", "address1", "address3"),
    "other_insurance": ("service_types",),
    "insurers": ("address1", "city", "phone"),
}
_UNKNOWN_NOW = {"providers": ("location_qualifier", "location"), "other_insurance": ("employee_id",)}
_KINDS = ("EM", "EX", "FX", "HP", "TE", "WP")
_AMOUNTS = ("B9", "C1", "D2", "P3")
_MEMBER_MOST = {"references": 5, "dates": 18, "amounts": 4}
# Of an owner; on a coverage beside its own segments.
_MOST = {"languages": 5, "disabilities": 1, "cards": 10, "references": 1, "amounts": 3, "dates": 2}


def new_rules(name: str, columns: list[str]) -> list[Rule]:
    """Rules of guide 005010X220A1 over a prepared frame that has these columns: what only the older one knows."""
    unknown = [pl.col(c).is_not_null() for c in _UNKNOWN_NOW.get(name, ()) if c in columns]
    return [_unknown(name, pl.any_horizontal(unknown), _NEW)] if unknown else []


def old_rules(name: str, columns: list[str]) -> list[Rule]:
    """Rules of guide 004010X095A1 over a prepared frame of members, coverages or extras that has these columns."""
    rules = _general(name, columns)
    if name in EXTRA and name not in codes.OLD_EXTRAS:
        rules.append(_rule("loop", name, pl.col("member_key").is_not_null(), f"guide {_OLD} has no such loop"))
    if name in _MOST:
        owner = ["row", "place"] if "place" in columns else ["row"]
        held = pl.col("place").is_not_null() if "place" in columns else pl.lit(value=True)
        many = held & (pl.len().over(owner) > _MOST[name])
        rules.append(_rule("count", name, many, f"guide {_OLD} takes {_MOST[name]} of these"))
    if name in _MEMBER_MOST:
        rules.append(_member_count(name))
    return rules + (_OWN[name]() if name in _OWN else [])


def _general(name: str, columns: list[str]) -> list[Rule]:
    """What holds wherever such columns are: elements it has not, places, kinds of numbers."""
    rules = []
    unknown = [pl.col(c).is_not_null() for c in _UNKNOWN.get(name, ()) if c in columns]
    if "race" in columns:
        unknown.append(pl.col("race").str.contains("[:^]"))
    if unknown:
        rules.append(_unknown(name, pl.any_horizontal(unknown), _OLD))
    if "city" in columns:
        lacking = pl.col("city").is_not_null() & pl.any_horizontal(pl.col("state", "zip").is_null())
        rules.append(_rule("required", "N4", lacking, f"guide {_OLD} requires state and ZIP with a city"))
    kinds = [c for c in columns if c.startswith("kind") and c != "kind"] + ["phone_kind"] * ("phone_kind" in columns)
    if kinds:
        other = pl.any_horizontal(pl.col(c).is_not_null() & ~pl.col(c).is_in(_KINDS) for c in kinds)
        rules.append(_rule("number_kind", "PER03", other, f"guide {_OLD} takes numbers of {' '.join(_KINDS)} only"))
    return rules


def _member_count(name: str) -> Rule:
    months = pl.col("qualifier") == "QQ"  # may stand once beside the other references
    many = (~months).sum().over("row", "place") > _MEMBER_MOST[name]
    if name == "references":
        many = many | (months.sum().over("row", "place") > 1)
    words = f"guide {_OLD} takes {_MEMBER_MOST[name]} of these of a member"
    return _rule("member_count", name, pl.col("place").is_null() & many, words)


def _names() -> list[Rule]:
    role = pl.col("role")
    responsible = role.is_in(codes.RESPONSIBLE)
    many = responsible & (responsible.sum().over("row") > 1)
    bare = (responsible | (role == "70")) & pl.col("first_name").is_null()
    return [
        _unknown("NM106", (role == "36") & pl.col("name_prefix").is_not_null(), _OLD),
        _rule("responsible", "NM1", many, f"guide {_OLD} takes one responsible person"),
        _rule("first_name", "NM104", bare, f"guide {_OLD} requires a first name here"),
    ]


def _insurers() -> list[Rule]:
    many = pl.len().over("row", "place", "other_no") > 1
    nothing = pl.all_horizontal(pl.col("last_name", "id").is_null())
    return [
        _rule("insurer", "N1", many, f"guide {_OLD} takes one insurer of another insurance"),
        _rule("insurer_name", "N102", nothing, f"guide {_OLD} requires a name or number here"),
    ]


def _disabilities() -> list[Rule]:
    other = pl.col("code_qualifier").is_not_null() & (pl.col("code_qualifier") != "DX")
    return [_rule("diagnosis", "DSB07", other, f"guide {_OLD} knows diagnoses under DX only")]


def _amounts() -> list[Rule]:
    other = ~pl.col("qualifier").is_in(_AMOUNTS)
    return [_rule("amount", "AMT01", other, f"guide {_OLD} knows amounts {' '.join(_AMOUNTS)} only")]


_OWN: dict[str, Callable[[], list[Rule]]] = {
    "names": _names, "insurers": _insurers, "disabilities": _disabilities, "amounts": _amounts,
}  # fmt: skip


def _unknown(name: str, when: pl.Expr, guide: str) -> Rule:
    return _rule("element", name, when, f"guide {guide} has no such element")


def _rule(name: str, element: str, when: pl.Expr, message: str) -> Rule:
    return Rule(f"edi834.version.{name}", element, when, message, "Leave it out for this partner, or complete it")
