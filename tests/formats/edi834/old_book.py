"""One of everything that guide 004010X095A1 has, down to the last element of its map."""

import datetime as dt
from typing import Any

from formats.edi834 import Enrollment
from tests.formats.edi834.book import DAY
from tests.formats.edi834.extras_book import STREET, everything, full_family, having

_WHOLE = everything()
_HEAD, _KID = {"member_key": "head"}, {"member_key": "kid"}
_ON = {"member_key": "head", "coverage_key": "h1"}
_PLACE = STREET | {"country": "US"}
_GIVEN = {"last_name": "Coe", "first_name": "Gil", "middle_name": "Ray", "name_suffix": "Jr"}
_KNOWN = {"id_qualifier": "ZZ", "id": "N-1"}
_PERSON = {"entity_type": "1", "name_prefix": "Dr"} | _GIVEN | _KNOWN


def _calls(*kinds: str, first: int = 1) -> dict[str, Any]:
    pairs = [(n, kind) for n, kind in enumerate(kinds, start=first)]
    return {k: v for n, kind in pairs for k, v in ((f"kind{n}", kind), (f"number{n}", f"217555010{n}"))}


OLD_ROWS = {
    "details": [
        _HEAD | {
            "medicare_plan": "A", "cobra_event": "1", "student_status": "N", "handicapped": "N", "name_prefix": "Dr",
            "phone_kind": "HP", "kind2": "EX", "number2": "12", "country": "US", "location_qualifier": "60",
            "location": "A1", "race": "C", "citizenship": "1", "income_frequency": "1", "income_cents": 5_000_00,
            "work_hours": "40", "work_location": "HQ", "salary_grade": "G7", "health_code": "T", "height": "70",
            "weight": "180",
        },
        {"member_key": "mate", "corrects": True, "death_date": dt.date(2026, 2, 1)},
        _KID | {"birth_sequence": 2, "handicapped": "Y", "student_status": "F"},
    ],
    "references": [r for r in _WHOLE["references"] if r["qualifier"] in ("17", "23") or "coverage_key" not in r],
    "dates": [d for d in _WHOLE["dates"] if d["qualifier"] in ("336", "303")],
    "amounts": _WHOLE["amounts"],
    "languages": [_HEAD | {"qualifier": "LD", "code": "EN", "use": "7"}, _HEAD | {"description": "KLINGON"}],
    "names": [
        {"member_key": "mate", "role": "70", "birth_date": dt.date(1981, 2, 2), "gender": "M"} | _PERSON,
        _HEAD | {"role": "31", "entity_type": "1"} | _PLACE,
        _HEAD | {"role": "36", "entity_type": "1"} | _GIVEN | _KNOWN | _PLACE | _calls("TE", "EX", "FX"),
        _KID | {"role": "M8", "entity_type": "2", "last_name": "College"} | _PLACE | _calls("TE", "EM", "FX"),
        _KID | {"role": "S3"} | _PERSON | _PLACE | _calls("HP", "WP", "TE"),
        _KID | {"role": "GD"} | _PERSON | _PLACE | _calls("HP", "EM", "FX"),
    ],
    "disabilities": _WHOLE["disabilities"][:1],
    "cards": _WHOLE["cards"],
    "providers": [
        _ON | {"role": "P3", "relationship": "25", "change_date": DAY, "change_reason": "AA", "country": "US",
               "location_qualifier": "RJ", "location": "EAST", "city": "Chicago", "state": "IL", "zip": "60601"}
        | _PERSON | {"id_qualifier": "SV"} | _calls("TE", "EX", "FX") | _calls("EM", first=4),
        _ON | {"role": "QN", "entity_type": "2", "last_name": "Tooth Inc", "relationship": "26"},
    ],
    "other_insurance": [r | {"service_types": None, "employee_id": "E-5"} for r in _WHOLE["other_insurance"]],
    "insurers": [
        _ON | {"other_no": 1, "role": "IN", "last_name": "Other Health", "id_qualifier": "FI", "id": "112233445"},
        _ON | {"other_no": 2, "role": "IN", "last_name": "Third Health"},
    ],
}  # fmt: skip


def old_family() -> Enrollment:
    """The family of `extras_book` without what the older guide does not have of it."""
    made = full_family()
    return Enrollment(made.members, made.coverages.with_columns(late=None))


def old_loaded() -> Enrollment:
    """A family of three with one of everything."""
    return having(old_family(), OLD_ROWS)
