"""What the guide forbids in the small frames: codes, lengths, required elements, repeats, and rows of nobody.

Lengths and required elements come from the layout; codes and counts from the map.
"""

import polars as pl

from formats.edi834 import codes
from formats.edi834.extras import EXTRAS, ON_COVERAGE
from formats.edi834.guide_details import race
from formats.edi834.guide_own import own_rules
from formats.edi834.guide_rule import Rule, coded, length, missing
from formats.edi834.layout import EXTRA, Segment
from formats.edi834.profile import OLD_VERSION, Profile

_ONLY_COVERAGE = ("cards", "providers", "other_insurance", "insurers")
_KEYLESS = ("member_key", "coverage_key", "race", "service_types")
_LENGTHS = {  # column -> (shortest, longest); 1 to 50 where nothing else is said
    "last_name": (1, 60), "first_name": (1, 35), "middle_name": (1, 25), "name_prefix": (1, 10),
    "name_suffix": (1, 10), "id": (2, 80), "contact": (1, 60), "address1": (1, 55), "address2": (1, 55),
    "address3": (1, 55), "address4": (1, 55), "city": (2, 30), "zip": (3, 15),
    "subdivision": (1, 3), "race_code": (1, 30), "diagnosis": (1, 15), "description": (1, 80), "name": (1, 60),
    "phone": (1, 256), **{f"number{n}": (1, 256) for n in range(1, 7)}, "code": (2, 80),
}  # fmt: skip
_CODES: dict[str, dict[str, tuple[str, ...]]] = {
    "languages": {"qualifier": ("LD", "LE"), "use": ("5", "6", "7", "8")},
    "classes": {f"class{n}": codes.EMPLOYMENT_CLASSES for n in (1, 2, 3)},
    "names": {
        "role": codes.NAME_ROLES, "entity_type": ("1", "2"), "id_qualifier": ("24", "34", "ZZ"),
        "state": codes.STATES, "country": codes.COUNTRIES, "gender": codes.GENDERS,
        "marital_status": codes.MARITAL_STATUS, "citizenship": codes.CITIZENSHIP,
        **{f"kind{n}": codes.NUMBER_KINDS for n in (1, 2, 3)},
    },
    "disabilities": {"kind": ("1", "2", "3", "4"), "code_qualifier": ("DX", "ZZ")},
    "cards": {"kind": ("D", "H", "P"), "action": ("1", "2", "RX")},
    "providers": {
        "role": codes.PROVIDER_ROLES, "entity_type": ("1", "2"), "id_qualifier": ("34", "FI", "SV", "XX"),
        "relationship": ("25", "26", "72"), "state": codes.STATES, "country": codes.COUNTRIES,
        "location_qualifier": ("60", "CY", "RJ"),
        "change_reason": codes.CHANGE_REASONS,
        **{f"kind{n}": codes.NUMBER_KINDS for n in range(1, 7)},
    },
    "other_insurance": {"payer_order": ("P", "S", "T", "U"), "coordination": ("1", "5", "6")},
    "insurers": {"role": ("36", "GW", "IN"), "id_qualifier": ("FI", "NI", "XV"), "state": codes.STATES,
                 "country": codes.COUNTRIES},
    "reporting": {"qualifier": codes.REPORTING_REFERENCES},
}  # fmt: skip
# Of a member, of a coverage, beside the columns; a coverage may have one QQ more (own_rules).
_COUNTS = {"references": (13, 14), "dates": (22, 4), "amounts": (7, 8)}
_REPEATS = {"cards": 3, "providers": 30, "other_insurance": 5}
_OLD_NAMES = {
    ("names", "role"): "role", ("providers", "role"): "provider_role", ("languages", "use"): "language_use",
    ("insurers", "role"): "insurer_role",
}  # fmt: skip


def extra_rules(name: str, profile: Profile) -> list[Rule]:
    """Rules over a prepared frame of extras."""
    general = [*_owners(name), *_codes(name, profile), *_lengths(name), *_required(name), *_counts(name)]
    return general + own_rules(name, profile)


def _element(segments: tuple[Segment, ...], column: str) -> str:
    pairs = "PER03" if column.startswith("kind") else "PER04"
    return next((f"{s.name}{e.number:02d}" for s in segments for e in s.elements if column in e.columns), pairs)


def _owners(name: str) -> list[Rule]:
    first = EXTRA[name][0].name
    rules = [
        Rule(
            f"edi834.extra.{name}_no_member", first, pl.col("row").is_null(),
            "a row belongs to no member of the file", "Send the member with it, or leave the row out",
        )
    ]  # fmt: skip
    if name in ON_COVERAGE:
        loose = pl.col("place") == -1
        if name in _ONLY_COVERAGE:
            loose = loose | pl.col("place").is_null()
        rules.append(
            Rule(
                f"edi834.extra.{name}_no_coverage", first, pl.col("row").is_not_null() & loose,
                "a row names no coverage of its member", "Give it the key of the coverage it belongs to",
            )
        )  # fmt: skip
    return rules


def _codes(name: str, profile: Profile) -> list[Rule]:
    rules = []
    for column, allowed in _CODES.get(name, {}).items():
        known = _OLD_NAMES.get((name, column), f"{name}_{column}")
        if profile.version != OLD_VERSION:
            known = f"{name}_{column}"
        rules.append(coded(known, _element(EXTRA[name], column), column, allowed, profile))
    if name == "names":
        rules.append(race("names_race", profile))
    held = pl.col("place").is_not_null() if name in ON_COVERAGE else None
    for kind, element, column, on_member, on_coverage in (
        ("references", "REF01", "reference", codes.MEMBER_REFERENCES, codes.COVERAGE_REFERENCES),
        ("dates", "DTP01", "date", codes.MEMBER_DATES, codes.COVERAGE_DATES),
        ("amounts", "AMT01", "amount", codes.AMOUNTS, tuple(a for a in codes.AMOUNTS if a != "P3")),
    ):
        if name == kind and held is not None:
            rules += [
                _where(coded(f"member_{column}", f"2000.{element}", "qualifier", on_member, profile), ~held),
                _where(coded(f"coverage_{column}", f"2300.{element}", "qualifier", on_coverage, profile), held),
            ]
    return rules


def _where(rule: Rule, condition: pl.Expr) -> Rule:
    return Rule(rule.id, rule.element, rule.when & condition, rule.message, rule.hint, rule.severity)


def _lengths(name: str) -> list[Rule]:
    coded_columns = {*_CODES.get(name, {}), "state", "qualifier"}
    return [
        length(f"{name}_{c}", _element(EXTRA[name], c), c, *reversed(_LENGTHS.get(c, (1, 50))))
        for c, dtype in EXTRAS[name].items()
        if dtype == pl.String and c not in coded_columns and c not in _KEYLESS
    ]


def _required(name: str) -> list[Rule]:
    """What the layout marks: a key of the row's own segment always, the rest when their segment is written."""
    rules = []
    for number, segment in enumerate(EXTRA[name]):
        data = [c for c in segment.columns if c in EXTRAS[name]]
        for element in segment.elements:
            column = element.columns[0] if element.columns else ""
            if not element.required or column not in EXTRAS[name]:
                continue
            own = number == 0 or (EXTRA[name][0].name == "LX" and number == 1)
            others = [pl.col(c).is_not_null() for c in data if c != column]
            place = f"{segment.name}{element.number:02d}"
            if own or others:
                rules.append(missing(f"{name}_{column}", place, column, None if own else pl.any_horizontal(others)))
    for n in range(1, 7):
        if f"kind{n}" in EXTRAS[name]:
            kind, number_column = pl.col(f"kind{n}"), pl.col(f"number{n}")
            rules.append(missing(f"{name}_kind{n}", "PER03", f"kind{n}", number_column.is_not_null()))
            rules.append(missing(f"{name}_number{n}", "PER04", f"number{n}", kind.is_not_null()))
    return rules


def _too_many(name: str, element: str, broken: pl.Expr, most: int) -> Rule:
    return Rule(
        f"edi834.count.{name}", element, broken, f"there are more than {most}", f"The guide allows {most} here"
    )  # fmt: skip


def _counts(name: str) -> list[Rule]:
    first = EXTRA[name][-1].name if name in ("classes", "languages") else EXTRA[name][0].name
    if name in _COUNTS:
        on_member, on_coverage = _COUNTS[name]
        held = pl.col("place").is_not_null()
        return [
            _too_many(f"member_{name}", first, ~held & (pl.len().over("row", "place") > on_member), on_member),
            _too_many(f"coverage_{name}", first, held & (pl.len().over("row", "place") > on_coverage), on_coverage),
        ]
    if name in _REPEATS:
        return [_too_many(name, first, pl.len().over("row", "place") > _REPEATS[name], _REPEATS[name])]
    if name == "insurers":
        return [_too_many(name, first, pl.len().over("row", "place", "other_no") > 3, 3)]
    if name == "names":
        role, count = pl.col("role"), pl.len().over("row", "role")
        responsible = role.is_in(codes.RESPONSIBLE)
        return [
            _too_many("names_three", "NM1", role.is_in(["36", "M8"]) & (count > 3), 3),
            _too_many("names_one", "NM1", role.is_in(["70", "31", "S3", "45"]) & (count > 1), 1),
            _too_many("names_responsible", "NM1", responsible & (responsible.sum().over("row") > 13), 13),
        ]
    return []
