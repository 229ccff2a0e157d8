import datetime as dt
from typing import Any

import polars as pl
import pytest

from formats.edi834 import Enrollment, bad_families, check, read, without_families, write
from formats.problems import ERROR
from tests.formats.edi834.book import DAY, STAMP, book, coverage, enrollment, family, member, profile

PERSONAL = ["Doe", "Main", "123456789", "987-65", "Springfield"]


def rules(made: Enrollment, **terms: Any) -> set[str]:
    found = check(made, profile(**({"member_identifier": "none"} | terms)))
    for words in found["message"]:
        assert not any(p in words for p in PERSONAL)
    return set(found["rule"])


def test_a_good_family_is_clean() -> None:
    assert rules(family()) == set()
    assert check(book(300), profile()).is_empty()


MEMBERS = [
    ({"relationship": "01"}, "edi834.family.ins01_ins02"),
    ({"subscriber_id": "OTHER"}, "edi834.family.subscriber_id"),
    ({"ssn": "666123456"}, "edi834.ssn.shape"),
    ({"ssn": "123004567"}, "edi834.ssn.shape"),
    ({"ssn": "123450000"}, "edi834.ssn.shape"),
    ({"ssn": "912345678"}, "edi834.ssn.shape"),
    ({"ssn": "12345678"}, "edi834.ssn.shape"),
    ({"ssn": "111111111"}, "edi834.ssn.shape"),
    ({"birth_date": None}, "edi834.member.no_birth"),
    ({"birth_date": dt.date(2026, 6, 1)}, "edi834.dates.birth"),
    ({"birth_date": dt.date(1026, 6, 1)}, "edi834.dates.far"),
    ({"address1": None}, "edi834.address.missing"),
    ({"zip": "6270A"}, "edi834.address.zip"),
    ({"state": "QQ"}, "edi834.code.state"),
    ({"last_name": "x" * 61}, "edi834.length.last_name"),
    ({"last_name": "A*B"}, "edi834.characters.replaced"),
    ({"last_name": "A\x07B"}, "edi834.characters.replaced"),
    ({"last_name": "Müller"}, "edi834.characters.accents"),
    ({"eligibility_end": DAY - dt.timedelta(days=1)}, "edi834.dates.eligibility"),
    ({"eligibility_begin": None}, "edi834.dates.no_begin"),
    ({"maintenance_type": "024"}, "edi834.dates.no_end"),
]


@pytest.mark.parametrize(("changes", "rule"), MEMBERS)
def test_member_rules(changes: dict[str, Any], rule: str) -> None:
    assert rule in rules(family(**changes))


COVERAGES = [
    ({"end": DAY - dt.timedelta(days=1)}, "edi834.dates.coverage"),
    ({"begin": None, "end": DAY}, "edi834.dates.coverage_no_begin"),
    ({"maintenance_type": "024"}, "edi834.dates.coverage_no_end"),
    ({"begin": dt.date(202, 1, 1)}, "edi834.dates.coverage_far"),
    ({"tier": "FAM"}, "edi834.tier.no_dependents"),
    ({"tier": "XXX"}, "edi834.code.tier"),
    ({"plan_code": "GO*LD"}, "edi834.characters.coverage_replaced"),
    ({"line": None}, "edi834.code.line"),
]


@pytest.mark.parametrize(("changes", "rule"), COVERAGES)
def test_coverage_rules(changes: dict[str, Any], rule: str) -> None:
    good = enrollment([member("a")], [coverage("a", tier="EMP")])
    assert rules(good) == set()
    assert rule in rules(enrollment([member("a")], [coverage("a", tier="EMP") | changes]))


def test_family_rules() -> None:
    child = member("c", "a")
    assert "edi834.family.no_subscriber" in rules(enrollment([child], [coverage("c")]))
    twins = [member("a"), member("b") | {"subscriber_key": "a", "subscriber_id": "IDa"}]
    assert "edi834.family.two_subscribers" in rules(enrollment(twins, [coverage("a"), coverage("b")]))
    mates = [member("a"), member("m", "a", relationship="01"), member("n", "a", relationship="53")]
    assert "edi834.family.two_spouses" in rules(enrollment(mates, [coverage(k) for k in "amn"]))
    same = [member("a"), member("c", "a", first_name="X"), member("d", "a", first_name="X")]
    assert "edi834.duplicate.person" in rules(enrollment(same, [coverage(k) for k in "acd"]))
    assert "edi834.duplicate.member_key" in rules(enrollment([member("a"), member("a")], [coverage("a")]))
    assert "edi834.member.no_coverage" in rules(enrollment([member("a")], []))
    assert "edi834.duplicate.coverage" in rules(enrollment([member("a")], [coverage("a"), coverage("a")]))
    alone = [coverage("a", tier="EMP"), coverage("c", tier="EMP")]
    assert "edi834.tier.alone" in rules(enrollment([member("a"), child], alone))
    assert "edi834.coverage.no_member" in rules(enrollment([member("a")], [coverage("a"), coverage("z")]))
    shared = [member("a", ssn="123456789"), member("c", "a", ssn="123-45-6789")]
    assert "edi834.ssn.shared" in rules(enrollment(shared, [coverage("a"), coverage("c")]))
    employed = [member("a"), member("c", "a", employment_status="FT")]
    assert "edi834.member.employment" in rules(enrollment(employed, [coverage("a"), coverage("c")]))


def test_a_change_file_may_rely_on_what_the_partner_holds() -> None:
    lone = enrollment([member("c", "a", maintenance_type="021")], [coverage("c")])
    changes = {"action": "2", "member_maintenance": "021", "coverage_maintenance": "021"}
    assert bad_families(lone, profile(**changes)).is_empty()
    assert bad_families(lone, profile())["rule"].to_list() == ["edi834.family.no_subscriber"]


def test_dependent_before_subscriber_and_totals_of_a_read_file() -> None:
    data = write(family(), profile(), STAMP).decode()
    lines = data.split("\n")
    start, mate = (next(i for i, s in enumerate(lines) if s.startswith(p)) for p in ("INS*Y", "INS*N*01"))
    end = next(i for i, s in enumerate(lines) if s.startswith("INS*N*19"))
    turned = "\n".join(lines[:start] + lines[mate:end] + lines[start:mate] + lines[end:])
    assert "edi834.family.order" in rules(read(turned.encode()))
    found = check(read(data.replace("QTY*DT*3", "QTY*DT*2").encode()), profile())
    assert "edi834.total.dt" in set(found["rule"])
    assert rules(read(data.encode())) == set()


def test_findings_point_into_the_file() -> None:
    data = write(family(), profile(), STAMP).replace(b"*19800303*", b"*20300303*")
    found = check(read(data), profile(member_identifier="none"))
    position = next(i for i, s in enumerate(data.split(b"\n"), start=1) if s.startswith(b"INS*Y"))
    assert found.select("rule", "line", "column").row(0) == ("edi834.dates.birth", position, 2)
    assert set(found["rule"]) == {"edi834.dates.birth", "edi834.dates.coverage_birth"}


def test_a_bad_family_is_left_out_and_the_file_goes() -> None:
    good = book(9)
    broken = good.members.with_columns(
        last_name=pl.when(pl.col("member_key") == "m4").then(pl.lit("")).otherwise("last_name")
    )
    loose = pl.concat([good.coverages, good.coverages.head(1).with_columns(member_key=pl.lit("gone"))])
    made = Enrollment(broken, loose)
    bad = bad_families(made, profile())
    assert set(bad["subscriber_key"]) == {"m3", None}
    kept = without_families(made, bad)
    assert kept.members.height == 6
    assert read(write(kept, profile(), STAMP)).members.height == 6
    assert check(kept, profile()).filter(pl.col("severity") == ERROR).is_empty()
