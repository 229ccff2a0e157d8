"""The small frames beside members and coverages: what few members have, one row per loop or segment.

All are keyed by `member_key`; those that may hang on a coverage also by `coverage_key` (null: on the member).
An `end` is the first day not covered; the days of `dates` and `reporting` are sent as they stand. Empty frames
cost nothing: the ordinary member is the two frames of schema.py.
"""

import polars as pl

Schema = dict[str, pl.DataType]
TEXT, DAY, CENTS = pl.String(), pl.Date(), pl.Int64()

_MEMBER: Schema = {"member_key": TEXT}
_COVERAGE: Schema = {"member_key": TEXT, "coverage_key": TEXT}
_PERSON: Schema = {
    "role": TEXT,  # NM101
    "entity_type": TEXT,  # NM102: 1 person, 2 organization
    "last_name": TEXT,  # NM103, also an organization's name
    "first_name": TEXT,
    "middle_name": TEXT,
    "name_prefix": TEXT,
    "name_suffix": TEXT,
    "id_qualifier": TEXT,  # NM108
    "id": TEXT,  # NM109
}
_NUMBERS: Schema = {name: TEXT for n in (1, 2, 3) for name in (f"kind{n}", f"number{n}")}  # PER03-08
_STREET: Schema = {"address1": TEXT, "address2": TEXT}
_CITY: Schema = {"city": TEXT, "state": TEXT, "zip": TEXT, "country": TEXT, "subdivision": TEXT}
_PERSONAL: Schema = {
    "race": TEXT,  # DMG05: components apart by `:`, repetitions by `^`, whatever the file's marks
    "citizenship": TEXT,  # DMG06
    "race_code": TEXT,  # DMG11, with REC in DMG10
}

EXTRAS: dict[str, Schema] = {
    "details": {  # at most one row per member: what INS and loop 2100A say beyond the members frame
        **_MEMBER,
        "medicare_plan": TEXT,  # INS06-1
        "medicare_reason": TEXT,  # INS06-2
        "cobra_event": TEXT,  # INS07
        "student_status": TEXT,  # INS09
        "handicapped": TEXT,  # INS10
        "death_date": DAY,  # INS12
        "confidentiality": TEXT,  # INS13
        "birth_sequence": pl.Int64(),  # INS17
        "corrects": pl.Boolean(),  # NM101 is 74: `names` holds the old values under role 70
        "name_prefix": TEXT,  # NM106
        "phone_kind": TEXT,  # PER qualifier of the member's phone; null: TE
        "kind2": TEXT,  # further numbers after phone and e-mail; three in all
        "number2": TEXT,
        "kind3": TEXT,
        "number3": TEXT,
        "country": TEXT,  # N404
        "location_qualifier": TEXT,  # N405
        "location": TEXT,  # N406
        "subdivision": TEXT,  # N407
        **_PERSONAL,
        "income_frequency": TEXT,  # ICM01
        "income_cents": CENTS,  # ICM02
        "work_hours": TEXT,  # ICM03, a number
        "work_location": TEXT,  # ICM04
        "salary_grade": TEXT,  # ICM05
        "health_code": TEXT,  # HLH01
        "height": TEXT,  # HLH02, a number
        "weight": TEXT,  # HLH03, a number
    },
    "references": {**_COVERAGE, "qualifier": TEXT, "value": TEXT},  # REF but 0F and 1L
    "dates": {**_COVERAGE, "qualifier": TEXT, "day": DAY, "until": DAY},  # DTP but 356, 357, 348, 349; until: RD8
    "amounts": {**_COVERAGE, "qualifier": TEXT, "cents": CENTS},  # AMT but a coverage's P3
    "classes": {**_MEMBER, "class1": TEXT, "class2": TEXT, "class3": TEXT},  # EC
    "languages": {**_MEMBER, "qualifier": TEXT, "code": TEXT, "description": TEXT, "use": TEXT},  # LUI
    "names": {  # loops 2100B to 2100H, by role: 70, 31, 36, M8, S3, responsible persons, 45
        **_MEMBER,
        **_PERSON,
        "contact": TEXT,  # PER02
        **_NUMBERS,
        **_STREET,
        **_CITY,
        "birth_date": DAY,  # DMG of role 70: the values that were wrong
        "gender": TEXT,
        "marital_status": TEXT,
        **_PERSONAL,
    },
    "disabilities": {  # loop 2200
        **_MEMBER,
        "kind": TEXT,  # DSB01
        "code_qualifier": TEXT,  # DSB07
        "diagnosis": TEXT,  # DSB08
        "begin": DAY,  # DTP*360
        "end": DAY,  # DTP*361
    },
    "cards": {  # IDC
        **_COVERAGE,
        "plan": TEXT,
        "kind": TEXT,
        "count": pl.Int64(),
        "action": TEXT,
    },
    "providers": {  # loop 2310
        **_COVERAGE,
        **_PERSON,
        "relationship": TEXT,  # NM110
        **_STREET,
        "address3": TEXT,  # a second N3
        "address4": TEXT,
        **_CITY,
        **_NUMBERS,
        "location_qualifier": TEXT,  # N405 and N406, in 4010 only
        "location": TEXT,
        **{name: TEXT for n in (4, 5, 6) for name in (f"kind{n}", f"number{n}")},  # a second PER
        "change_date": DAY,  # PLA03
        "change_reason": TEXT,  # PLA05
    },
    "other_insurance": {  # loop 2320
        **_COVERAGE,
        "other_no": pl.Int64(),  # 1, 2 ... within the coverage
        "payer_order": TEXT,  # COB01
        "policy_number": TEXT,  # COB02
        "coordination": TEXT,  # COB03
        "service_types": TEXT,  # COB04, apart by `^`
        "account_number": TEXT,  # REF*60
        "group_number": TEXT,  # REF*6P
        "employee_id": TEXT,  # REF*A6, in 4010 only
        "ssn": TEXT,  # REF*SY
        "other_id": TEXT,  # REF*ZZ
        "begin": DAY,  # DTP*344
        "end": DAY,  # DTP*345
    },
    "insurers": {  # loop 2330, in 4010 an N1 of loop 2320: of the other insurance with the same number
        **_COVERAGE,
        "other_no": pl.Int64(),
        "role": TEXT,  # NM101: 36 employer, GW group, IN insurer
        "last_name": TEXT,  # NM103, the organization's name
        "id_qualifier": TEXT,
        "id": TEXT,
        **_STREET,
        **_CITY,
        "phone": TEXT,  # PER*CN, TE
    },
    "reporting": {  # loops 2700 and 2750
        **_MEMBER,
        "name": TEXT,  # N102
        "qualifier": TEXT,  # REF01
        "value": TEXT,  # REF02
        "day": DAY,  # DTP*007
        "until": DAY,
    },
}

ON_COVERAGE = tuple(name for name, schema in EXTRAS.items() if "coverage_key" in schema)


def no_extras() -> dict[str, pl.DataFrame]:
    """All of them, without rows."""
    return {name: pl.DataFrame(schema=schema) for name, schema in EXTRAS.items()}
