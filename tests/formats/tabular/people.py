"""Invented people for the tests of this room, the example layouts, and what a file is stamped with."""

import datetime as dt
from pathlib import Path
from typing import Any

from formats.edi834 import Enrollment
from formats.tabular import Layout, Stamp, load_layout
from tests.formats.edi834.book import DAY, coverage, enrollment, member

HERE = Path(__file__).parent
STAMP = Stamp("REF-0007", dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), 7, "T")
LAYOUTS = {path.stem: load_layout(path) for path in sorted((HERE / "layouts").glob("*.toml"))}


def layout(*fields: dict[str, Any], **keys: Any) -> Layout:
    """A layout of one line per person, comma-separated unless `keys` say otherwise.

    record: the kind of that line. before, after: whole records around it.
    """
    kind = {} if {"delimited", "fixed", "xml", "xlsx"} & set(keys) else {"delimited": {}}
    body = [{"kind": keys.pop("record", "member"), "fields": list(fields)}] if fields else []
    records = [*keys.pop("before", []), *body, *keys.pop("after", [])]
    return load_layout({"name": "test", "line_end": "lf", "records": records} | kind | keys)


def book() -> Enrollment:
    """Two families that every example layout can carry: four people with an accent and an ended plan, and one alone."""
    home = {"policy_number": "GRP-1", "address1": "12 Rose Hill", "city": "Springfield", "state": "IL"}
    head = member(
        "anna",
        ssn="123-45-6789",
        last_name="Müller-Sørensen",
        first_name="Anna",
        middle_name="Quinn",
        zip="62701-1234",
        phone="(217) 555-0100",
        email="anna@example.com",
        maintenance_type="021",
        **home,
    )
    kin = {"last_name": "Müller", "maintenance_type": "021", "policy_number": "GRP-1"}
    young = member("cleo", "anna", birth_date=dt.date(2018, 4, 1), ssn="123456782", **kin)
    old = member("bert", "anna", birth_date=dt.date(2014, 7, 9), gender="M", maintenance_reason="28", **kin)
    mate = member("omar", "anna", relationship="01", birth_date=dt.date(1979, 8, 30), gender="M", **kin)
    alone = member(
        "zoe",
        last_name="O'Neil & Sons",
        first_name="Zoe",
        ssn="123456783",
        zip="62702",
        address2="Apt 4",
        eligibility_end=dt.date(2026, 3, 1),
        maintenance_type="024",
        gender="F",
        **home,
    )
    held = [
        coverage("anna", plan_code="GOLD", premium_cents=45_005, tier="FAM"),
        coverage("anna", line="DEN", plan_code="D1", premium_cents=3_100, begin=dt.date(2026, 2, 1)),
        coverage("zoe", plan_code="SILVER", premium_cents=30_000, tier="EMP", end=dt.date(2026, 3, 1)),
    ]
    held += [coverage(key, plan_code="GOLD", tier="FAM") for key in ("omar", "bert", "cleo")]
    held += [coverage(key, line="VIS", plan_code="V10", tier=None) for key in ("anna", "omar", "bert", "cleo", "zoe")]
    return enrollment([young, alone, mate, head, old], held[::-1])


__all__ = ["DAY", "HERE", "LAYOUTS", "STAMP", "book", "coverage", "enrollment", "layout", "member"]
