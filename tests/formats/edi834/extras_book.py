"""Invented extras: one of everything by hand (`loaded`), or at random over an enrollment (`with_extras`)."""

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as st

from formats.edi834 import EXTRAS, Enrollment
from formats.edi834 import codes as c
from tests.formats.edi834.book import DAY, coverage, enrollment, member

Rows = dict[str, list[dict[str, Any]]]


def having(made: Enrollment, rows: Rows) -> Enrollment:
    """The enrollment with these extras."""
    frames = {
        name: pl.DataFrame([{k: row.get(k) for k in EXTRAS[name]} for row in some], schema=EXTRAS[name])
        for name, some in rows.items()
    }
    return Enrollment(made.members, made.coverages, extras=frames)


STREET = {"address1": "9 Oak Street", "address2": "Suite 2", "city": "Chicago", "state": "IL", "zip": "60601",
          "country": "US"}  # fmt: skip
GIVEN = {"entity_type": "1", "first_name": "Gil", "middle_name": "Ray", "name_prefix": "Dr", "name_suffix": "Jr"}
CALLS = {"kind1": "TE", "number1": "3125550100", "kind2": "EX", "number2": "12", "kind3": "FX", "number3": "3125550101"}


def everything() -> Rows:
    """One row at least in every frame, for the members `head`, `mate` and `kid` and the head's coverage `h1`."""
    on = {"member_key": "head", "coverage_key": "h1"}
    head, kid = {"member_key": "head"}, {"member_key": "kid"}
    return {
        "details": [
            head | {
                "medicare_plan": "A", "medicare_reason": "0", "cobra_event": "1", "student_status": "N",
                "handicapped": "N", "confidentiality": "R", "name_prefix": "Dr", "phone_kind": "HP", "kind2": "EX",
                "number2": "12", "country": "CA", "location_qualifier": "60", "location": "A1",
                "race": "C:RET:2106-3^:RET:2135-2", "citizenship": "1", "race_code": "2106-3",
                "income_frequency": "1", "income_cents": 5_000_00, "work_hours": "40", "work_location": "HQ",
                "salary_grade": "G7", "health_code": "T", "height": "70", "weight": "180",
            },
            {"member_key": "mate", "corrects": True, "death_date": dt.date(2026, 2, 1), "birth_sequence": None},
            {"member_key": "kid", "birth_sequence": 2, "handicapped": "Y", "student_status": "F"},
        ],
        "references": [
            head | {"qualifier": "17", "value": "CLASS-A"}, head | {"qualifier": "23", "value": "EMP-7"},
            head | {"qualifier": "QQ", "value": "12"}, on | {"qualifier": "CE", "value": "DIV-1"},
            on | {"qualifier": "ZX", "value": "CTY"}, on | {"qualifier": "QQ", "value": "6"},
        ],
        "dates": [
            head | {"qualifier": "336", "day": dt.date(2020, 5, 1)}, head | {"qualifier": "303", "day": DAY},
            on | {"qualifier": "303", "day": DAY},
            on | {"qualifier": "300", "day": DAY, "until": dt.date(2026, 6, 30)},
        ],
        "amounts": [
            head | {"qualifier": "P3", "cents": 12_345}, head | {"qualifier": "D2", "cents": 50_000},
            on | {"qualifier": "C1", "cents": 2_000}, on | {"qualifier": "D2", "cents": 100_000},
        ],
        "classes": [head | {"class1": "01", "class2": "08", "class3": "17"}, head | {"class1": "02"}],
        "languages": [
            head | {"qualifier": "LD", "code": "EN", "use": "7"}, head | {"description": "KLINGON", "use": "6"},
        ],
        "names": [
            {"member_key": "mate", "role": "70", "last_name": "Roe", "id_qualifier": "34", "id": "123456780",
             "birth_date": dt.date(1981, 2, 2), "gender": "M", "marital_status": "M", "race": "B", "citizenship": "2",
             "race_code": "2106-3"} | GIVEN,
            head | STREET | {"role": "31", "entity_type": "1", "zip": "606011234"},
            head | STREET | CALLS | GIVEN | {"role": "36", "last_name": "Acme", "id_qualifier": "24",
                                             "id": "123456789", "contact": "Pat"},
            kid | STREET | CALLS | {"role": "M8", "entity_type": "2", "last_name": "State College",
                                    "contact": "Registrar"},
            kid | STREET | GIVEN | {"role": "S3", "last_name": "Poe", "id_qualifier": "34", "id": "123456781"}
            | CALLS | {"kind3": "HP"},
            kid | STREET | GIVEN | CALLS | {"role": "GD", "last_name": "Coe", "id_qualifier": "ZZ", "id": "G-1",
                                            "kind1": "CP"},
            head | STREET | GIVEN | {"role": "45", "last_name": "Locker"},
        ],
        "disabilities": [
            {"member_key": "kid", "kind": "2", "code_qualifier": "DX", "diagnosis": "G80", "begin": DAY,
             "end": dt.date(2027, 1, 1)},
            {"member_key": "kid", "kind": "4"},
        ],
        "cards": [on | {"plan": "GOLD", "kind": "H", "count": 2, "action": "1"}, on | {"plan": "GOLD", "kind": "D"}],
        "providers": [
            on | STREET | CALLS | {
                "role": "P3", "entity_type": "1", "last_name": "Healer", "first_name": "Hana", "middle_name": "R",
                "name_prefix": "Dr", "name_suffix": "MD", "id_qualifier": "SV", "id": "P-77", "relationship": "25",
                "address3": "Floor 3",
                "kind4": "EM", "number4": "MAIL", "change_date": DAY, "change_reason": "AA",
            },
            on | {"role": "QN", "entity_type": "2", "last_name": "Tooth Inc", "relationship": "26"},
        ],
        "other_insurance": [
            on | {"other_no": 1, "payer_order": "P", "policy_number": "OTH-1", "coordination": "1",
                  "service_types": "1^35", "account_number": "ACC", "group_number": "GR", "ssn": "123456782",
                  "other_id": "Z9", "begin": DAY, "end": dt.date(2026, 7, 1)},
            on | {"other_no": 2, "payer_order": "U", "coordination": "5"},
        ],
        "insurers": [
            on | STREET | {"other_no": 1, "role": "IN", "last_name": "Other Health", "id_qualifier": "FI",
                           "id": "112233445", "phone": "8005550100"},
            on | {"other_no": 1, "role": "36", "last_name": "Other Works"},
            on | {"other_no": 2, "role": "GW"},
        ],
        "reporting": [
            head | {"name": "DEPARTMENT", "qualifier": "17", "value": "D-1", "day": DAY},
            head | {"name": "LOCATION", "qualifier": "LU", "value": "L-1", "day": DAY, "until": dt.date(2026, 12, 31)},
            head | {"name": "UNION"},
        ],
    }  # fmt: skip


def family() -> Enrollment:
    """The family that `everything` hangs on."""
    people = [
        member("head", employment_status="FT", ssn="123456789", phone="2175550100", email="head@example.com",
               benefit_status="C", policy_number="GRP-1"),
        member("mate", "head", relationship="01", birth_date=dt.date(1981, 1, 1), maintenance_reason="03"),
        member("kid", "head"),
    ]  # fmt: skip
    held = [coverage(k, line=line, coverage_key=f"{k[0]}{n}") for k in ("head", "mate", "kid")
            for n, line in ((1, "HLT"), (2, "DEN"))]  # fmt: skip
    held[0] |= {"late": "N", "premium_cents": 45_05, "policy_number": "POL-1"}
    return enrollment(people, held)


def full_family() -> Enrollment:
    """The family, of whose head everything is known."""
    made, head = family(), pl.col("member_key") == "head"
    more = {"middle_name": "Q", "name_suffix": "Jr", "address2": "Flat 2", "marital_status": "M", "member_id": "M1"}
    known = [
        pl.when(head).then(pl.lit(value)).otherwise(pl.col(column)).alias(column) for column, value in more.items()
    ]
    return Enrollment(made.members.with_columns(known), made.coverages)


def loaded() -> Enrollment:
    """A family of three with one of everything."""
    return having(full_family(), everything())


def abroad() -> Enrollment:
    """The same with every address in a part of another country instead of a state."""
    made, there = loaded(), {"state": None, "country": "CA", "subdivision": "ON"}
    moved = {
        name: frame.with_columns(pl.when(pl.col("city").is_not_null()).then(pl.lit(value, pl.String)).alias(column)
                                 for column, value in there.items()) if "city" in frame.columns else frame
        for name, frame in made.extras.items()
    }  # fmt: skip
    moved["details"] = moved["details"].with_columns(country=pl.lit("CA"), subdivision=pl.lit("ON"))
    return Enrollment(made.members.with_columns(state=pl.lit(None, pl.String)), made.coverages, extras=moved)


_WORD = st.text("ABCDEFGHXYZabc '-.", min_size=2, max_size=12).map(lambda s: " ".join(s.split())).filter(
    lambda s: len(s) > 1
)  # fmt: skip
_ID = st.text("ABC0123456789", min_size=2, max_size=12)
_DAYS = st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31))
_CENTS = st.integers(0, 10**9)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def _one(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


@st.composite
def _numbers(draw: st.DrawFn, first: int, allowed: tuple[str, ...] = c.NUMBER_KINDS) -> dict[str, Any]:
    """Up to three numbers, without gaps."""
    kinds = draw(st.lists(_one(*allowed), max_size=3))
    return {
        name: value
        for n, kind in enumerate(kinds, start=first)
        for name, value in ((f"kind{n}", kind), (f"number{n}", draw(_ID)))
    }


@st.composite
def _address(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.booleans()):
        return {}
    return {"address1": draw(_WORD), "address2": draw(_maybe(_WORD)), "city": draw(_WORD),
            "zip": draw(_maybe(_one("62701", "A1A1A1"))), "country": draw(_one("US", "CA")),
            draw(_one("state", "subdivision")): draw(_one("IL", "ON"))}  # fmt: skip


@st.composite
def _person(draw: st.DrawFn, qualifiers: tuple[str, ...]) -> dict[str, Any]:
    known = draw(st.booleans())
    return {"last_name": draw(_WORD), "first_name": draw(_WORD), "middle_name": draw(_maybe(_WORD)),
            "name_prefix": draw(_maybe(_one("Dr"))), "name_suffix": draw(_maybe(_one("Jr"))),
            "id_qualifier": draw(_one(*qualifiers)) if known else None, "id": draw(_ID) if known else None}  # fmt: skip


@st.composite
def _name(draw: st.DrawFn, role: str) -> dict[str, Any]:
    if role == "31":
        return {"entity_type": "1", "address1": draw(_WORD), "city": draw(_WORD)}
    if role == "M8":
        return {"entity_type": "2", "last_name": draw(_WORD)} | draw(_numbers(1, c.SCHOOL_NUMBERS)) | draw(_address())
    if role == "70":
        return {"entity_type": "1", "gender": draw(_maybe(_one("F", "M"))), "birth_date": draw(_maybe(_DAYS)),
                "race": draw(_maybe(_one("C", ":RET:2106-3", "C^B:RET:X")))} | draw(_person(("34", "ZZ")))  # fmt: skip
    if role == "45":
        return {"entity_type": "1", "last_name": draw(_WORD)} | draw(_address())
    allowed = ("24", "34") if role == "36" else ("34", "ZZ")
    kinds = {"36": c.EMPLOYER_NUMBERS, "S3": ("CP", "HP", "TE")}.get(role, c.NUMBER_KINDS)
    return {"entity_type": "1"} | draw(_person(allowed)) | draw(_numbers(1, kinds)) | draw(_address())


@st.composite
def _race(draw: st.DrawFn) -> dict[str, Any]:
    race = draw(_maybe(_one("C", "C:RET:X^B")))
    return {"race": race, "race_code": draw(_maybe(_ID)) if race else None}


@st.composite
def _of_member(draw: st.DrawFn, rows: Rows, key: str) -> None:
    on = {"member_key": key}

    def add(frame: str, /, **values: Any) -> None:
        rows.setdefault(frame, []).append(on | values)

    if draw(st.booleans()):
        income = draw(st.booleans())
        add("details", medicare_plan=draw(_one("A", "E")), medicare_reason=draw(_maybe(_one("0", "2"))),
            student_status=draw(_maybe(_one("F"))), death_date=draw(_maybe(_DAYS)),
            corrects=draw(_one("", "x")) == "x" or None,
            birth_sequence=draw(_maybe(st.integers(1, 9))), **draw(_race()),
            country=draw(_maybe(_one("CA", "US"))), name_prefix=draw(_maybe(_one("Dr"))),
            income_frequency="1" if income else None, income_cents=draw(_CENTS) if income else None,
            work_hours="37.5" if income else None, health_code=draw(_maybe(_one("T", "N"))))  # fmt: skip
    for qualifier in draw(st.lists(_one(*c.MEMBER_REFERENCES), max_size=3)):
        add("references", qualifier=qualifier, value=draw(_ID))
    for qualifier in draw(st.lists(_one(*c.MEMBER_DATES), max_size=3)):
        add("dates", qualifier=qualifier, day=draw(_DAYS))
    for qualifier in draw(st.lists(_one(*c.AMOUNTS), max_size=2)):
        add("amounts", qualifier=qualifier, cents=draw(_CENTS))
    if draw(st.booleans()):
        add("classes", class1="01", class2=draw(_maybe(_one("23"))))
        add("languages", qualifier="LE", code=draw(_ID), use=draw(_maybe(_one("5"))))
        add("disabilities", kind=draw(_one("1", "4")), begin=draw(_maybe(_DAYS)), end=None)
        add("reporting", name=draw(_WORD), day=draw(_maybe(_DAYS)))
    for role in draw(st.lists(_one("70", "31", "36", "M8", "S3", "GD", "45"), max_size=3, unique=True)):
        add("names", role=role, **draw(_name(role)))


@st.composite
def _of_coverage(draw: st.DrawFn, rows: Rows, key: str, held: str) -> None:
    on = {"member_key": key, "coverage_key": held}

    def add(frame: str, /, **values: Any) -> None:
        rows.setdefault(frame, []).append(on | values)

    for qualifier in draw(st.lists(_one(*c.COVERAGE_REFERENCES), max_size=2, unique=True)):
        add("references", qualifier=qualifier, value=draw(_ID))
    for qualifier in draw(st.lists(_one(*c.COVERAGE_DATES), max_size=2)):
        day = draw(_DAYS)
        add("dates", qualifier=qualifier, day=day, until=draw(_maybe(st.just(day + dt.timedelta(days=3)))))
    for qualifier in draw(st.lists(_one("B9", "C1", "D2"), max_size=2)):
        add("amounts", qualifier=qualifier, cents=draw(_CENTS))
    if draw(st.booleans()):
        add("cards", plan=draw(_ID), kind="H", count=draw(_maybe(st.integers(0, 9))), action=draw(_maybe(_one("RX"))))
    for role in draw(st.lists(_one(*c.PROVIDER_ROLES), max_size=2)):
        moved = draw(st.booleans())
        calls = draw(_numbers(1))
        calls |= draw(_numbers(4)) if calls else {}
        add("providers", role=role, entity_type=draw(_one("1", "2")), relationship=draw(_one("25", "72")),
            change_date=draw(_DAYS) if moved else None, change_reason="AJ" if moved else None,
            **draw(_person(("SV", "XX", "FI"))), **draw(_address()), **calls)  # fmt: skip
    for number in range(1, draw(st.integers(0, 2)) + 1):
        add("other_insurance", other_no=number, payer_order=draw(_one("P", "S")), coordination="1",
            policy_number=draw(_maybe(_ID)), service_types=draw(_maybe(_one("1", "35^48^A4"))), ssn=draw(_maybe(_ID)),
            begin=draw(_maybe(_DAYS)), end=None)  # fmt: skip
        for role in draw(st.lists(_one("36", "GW", "IN"), max_size=2, unique=True)):
            add(
                "insurers",
                other_no=number,
                role=role,
                last_name=draw(_maybe(_WORD)),
                phone=draw(_maybe(_ID)),
                **draw(_address()),
            )


@st.composite
def with_extras(draw: st.DrawFn, enrollments: st.SearchStrategy[Enrollment]) -> Enrollment:
    """An enrollment with extras at random, all valid."""
    made = draw(enrollments)
    keyed = made.coverages.with_columns(pl.format("c{}", pl.int_range(pl.len())).alias("coverage_key"))
    rows: Rows = {}
    for key in made.members["member_key"]:
        draw(_of_member(rows, key))
    for key, held in keyed.select("member_key", "coverage_key").iter_rows():
        if draw(st.integers(0, 2)) == 0:
            draw(_of_coverage(rows, key, held))
    return having(Enrollment(made.members, keyed), rows)
