"""What is peculiar to each of the small frames: elements that go together, roles, and what cannot be."""

from collections.abc import Callable

import polars as pl

from formats.edi834 import codes
from formats.edi834.guide_details import place_rules, shape
from formats.edi834.guide_rule import Rule, missing
from formats.edi834.profile import OLD_VERSION, Profile


def own_rules(name: str, profile: Profile) -> list[Rule]:
    """The rules of one frame of extras beside codes, lengths, required elements and counts."""
    if name == "names":
        return _names(["ZZ"] if profile.version == OLD_VERSION else ["24", "34"])
    return _OWN[name]() if name in _OWN else []


def _names(employers: list[str]) -> list[Rule]:
    """`employers`: what NM108 of an employer may be."""
    role = pl.col("role")
    address = pl.any_horizontal(pl.col("address1", "city").is_null())
    personal = pl.any_horizontal(
        pl.col("birth_date", "gender", "marital_status", "race", "citizenship", "race_code").is_not_null()
    )
    per = pl.any_horizontal(pl.col("number1", "number2", "number3").is_not_null())
    lives = pl.any_horizontal(pl.col("address1", "city", "state", "zip").is_not_null())
    return [
        missing("names_last_name", "NM103", "last_name", ~role.is_in(["31", "45"])),
        missing("names_first_name", "NM104", "first_name", role == "S3"),
        missing("names_contact", "PER02", "number1", pl.col("contact").is_not_null()),
        missing("names_race", "DMG05", "race", pl.col("race_code").is_not_null()),
        *place_rules("names"),
        _rule(
            "names_unnamed", "NM103",
            ((role == "31") & pl.col("last_name").is_not_null())
            | (role.is_in(["31", "M8"]) & pl.any_horizontal(pl.col(_GIVEN).is_not_null())),
            "a mailing address has a name, or a school a given one",
        ),
        _rule(
            "names_contact", "PER02", pl.col("contact").is_not_null() & ~role.is_in(["36", "M8"]),
            "a contact stands under another role than employer or school",
        ),
        _rule(
            "names_kinds", "PER03", _other_kind("36", codes.EMPLOYER_NUMBERS) | _other_kind("M8", codes.SCHOOL_NUMBERS)
            | ((role == "S3") & (pl.col("kind3") == "FX")),
            "an employer or a school has a number of a kind that the guide does not take there",
        ),
        missing("names_id_qualifier", "NM108", "id_qualifier", pl.col("id").is_not_null()),
        missing("names_id", "NM109", "id", pl.col("id_qualifier").is_not_null()),
        _rule("names_mailing", "N3", (role == "31") & address, "a mailing address lacks street or city"),
        _rule(
            "names_entity", "NM102", (role == "M8") != (pl.col("entity_type") == "2"),
            "a person is written as an organization, or a school as a person", (role != "36"),
        ),
        _rule("names_personal", "DMG", personal & (role != "70"), "demographics stand under another role than 70"),
        _rule(
            "names_numbers", "PER", per & role.is_in(["70", "31", "45"]), "this role takes no telephone numbers"
        ),
        _rule("names_address", "N3", lives & (role == "70"), "the old name takes no address"),
        _rule(
            "names_identifier", "NM108",
            (role.is_in(["31", "45", "M8"]) & pl.col("id").is_not_null())
            | ((role == "36") & ~pl.col("id_qualifier").is_in(employers))
            | ((role != "36") & (pl.col("id_qualifier") == "24")),
            "this role takes no such identifier",
        ),
    ]  # fmt: skip


_GIVEN = ["first_name", "middle_name", "name_prefix", "name_suffix"]


def _other_kind(role: str, kinds: tuple[str, ...]) -> pl.Expr:
    numbers = pl.col("kind1", "kind2", "kind3")
    return (pl.col("role") == role) & pl.any_horizontal(numbers.is_not_null() & ~numbers.is_in(kinds))


def _providers() -> list[Rule]:
    return [
        *place_rules("providers"),
        missing("providers_first_number", "PER04", "number1", pl.col("number4").is_not_null()),
        missing("providers_first_address", "N301", "address1", pl.col("address3").is_not_null()),
        missing("providers_id_qualifier", "NM108", "id_qualifier", pl.col("id").is_not_null()),
        missing("providers_id", "NM109", "id", pl.col("id_qualifier").is_not_null()),
    ]


def _insurers() -> list[Rule]:
    return [
        *place_rules("insurers"),
        missing("insurers_id_qualifier", "NM108", "id_qualifier", pl.col("id").is_not_null()),
        missing("insurers_id", "NM109", "id", pl.col("id_qualifier").is_not_null()),
        missing("insurers_other_no", "COB", "other_no"),
    ]


def _other_insurance() -> list[Rule]:
    allowed = "|".join(codes.SERVICE_TYPES)
    return [
        missing("other_insurance_other_no", "COB", "other_no"),
        shape("service_types", "COB04", "service_types", rf"^({allowed})(\^({allowed})){{0,8}}$", "is no such list"),
        Rule(
            "edi834.duplicate.other_insurance", "COB",
            pl.col("other_no").is_not_null() & (pl.len().over("row", "place", "other_no") > 1),
            "two other insurances of a coverage have the same number", "Number them 1, 2 ...",
        ),
    ]  # fmt: skip


def _cards() -> list[Rule]:
    return [Rule("edi834.amount.cards", "IDC03", pl.col("count") < 0, "a count is negative", "Correct it")]


def _languages() -> list[Rule]:
    nothing = pl.all_horizontal(pl.col("code", "description").is_null())
    return [
        missing("languages_qualifier", "LUI01", "qualifier", pl.col("code").is_not_null()),
        missing("languages_code", "LUI02", "code", pl.col("qualifier").is_not_null()),
        _rule("languages_nothing", "LUI", nothing, "a language has neither code nor description"),
    ]


def _disabilities() -> list[Rule]:
    return [
        missing("disabilities_code_qualifier", "DSB07", "code_qualifier", pl.col("diagnosis").is_not_null()),
        missing("disabilities_diagnosis", "DSB08", "diagnosis", pl.col("code_qualifier").is_not_null()),
    ]


def _reporting() -> list[Rule]:
    return [
        missing("reporting_qualifier", "REF01", "qualifier", pl.col("value").is_not_null()),
        _rule("reporting_until", "DTP03", pl.col("until") < pl.col("day"), "a period ends before it begins"),
    ]


def _dates() -> list[Rule]:
    held = pl.col("place").is_not_null()
    return [
        _rule("dates_range", "DTP02", ~held & pl.col("until").is_not_null(), "a member's date is a period"),
        _rule("dates_until", "DTP03", pl.col("until") < pl.col("day"), "a period ends before it begins"),
    ]


def _references() -> list[Rule]:
    held, months = pl.col("place").is_not_null(), pl.col("qualifier") == "QQ"
    others = (~months).sum().over("row", "place")
    return [
        Rule(
            "edi834.count.coverage_numbers", "REF", held & ~months & (others > 13),
            "a coverage has more than 13 numbers beside its policy's", "The guide allows 14 with it",
        ),
        Rule(
            "edi834.count.coverage_months", "REF", held & months & (months.sum().over("row", "place") > 1),
            "a coverage has more than one count of months of prior coverage", "Send one REF*QQ",
        ),
    ]  # fmt: skip


def _amounts() -> list[Rule]:
    return [Rule("edi834.amount.negative", "AMT02", pl.col("cents") < 0, "an amount is negative", "Correct it")]


def _rule(name: str, element: str, when: pl.Expr, message: str, also: pl.Expr | None = None) -> Rule:
    return Rule(
        f"edi834.extra.{name}", element, when if also is None else when & also, message,
        "Correct it at the source, or leave it out",
    )  # fmt: skip


_OWN: dict[str, Callable[[], list[Rule]]] = {
    "providers": _providers,
    "insurers": _insurers,
    "other_insurance": _other_insurance,
    "cards": _cards,
    "languages": _languages,
    "disabilities": _disabilities,
    "reporting": _reporting,
    "references": _references,
    "dates": _dates,
    "amounts": _amounts,
}
