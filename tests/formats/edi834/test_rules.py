"""Every rule has a test that breaks it: most by a sweep over columns, the rest by hand below."""

import datetime as dt
from functools import partial
from typing import Any

import polars as pl
import pytest

from formats.edi834 import COVERAGES, EXTRAS, MEMBERS, Enrollment, check, read, rules, write
from formats.edi834.profile import OLD_VERSION
from tests.formats.edi834.book import DAY, STAMP, coverage, enrollment, family, member, profile
from tests.formats.edi834.extras_book import everything, having, loaded
from tests.formats.edi834.extras_book import family as small

WRONG: dict[Any, list[Any]] = {
    pl.String(): [None, "??", "x" * 300, "x"],
    pl.Date(): [None, dt.date(1800, 1, 1), dt.date(2150, 1, 1)],
    pl.Int64(): [None, -1],
    pl.Boolean(): [None],
}
NOT_SWEPT = ("member_key", "subscriber_key", "coverage_key", "set_no", "position", "is_subscriber")


def mutants(row: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The row once for every column and every wrong value."""
    columns = [c for c in schema if c not in NOT_SWEPT]
    return [row | {c: wrong} for c in columns for wrong in WRONG[schema[c]]]


def sweep() -> Enrollment:
    """One family per wrong value of members, details and coverages, and every wrong row of the other extras."""
    base = family_row()
    people, held, extra = [base], [coverage("head", coverage_key="h1")], {n: list(r) for n, r in everything().items()}
    details = everything()["details"][0]
    wrong: list[tuple[dict[str, Any], Any, Any]] = [(m, None, None) for m in mutants(base, MEMBERS)]
    wrong += [(base, d, None) for d in mutants(details | {"birth_sequence": 2}, EXTRAS["details"])]
    wrong += [(base, None, v) for v in mutants(coverage("head", late="Y", premium_cents=1, end=DAY), COVERAGES)]
    for number, (person, detail, plan) in enumerate(wrong):
        key = f"w{number}"
        people.append(person | {"member_key": key, "subscriber_key": key})
        held.append((plan or coverage(key)) | {"member_key": key})
        if detail:
            extra["details"].append(detail | {"member_key": key})
    for name, schema in EXTRAS.items():
        if name != "details":
            extra[name] += [m for row in everything()[name] for m in mutants(row, schema)]
            extra[name] += [everything()[name][0] | {"member_key": "nobody"}]
            extra[name] += [everything()[name][0] | {"coverage_key": "nothing"}]
    others = [member("mate", "head", relationship="01"), member("kid", "head")]
    held += [coverage("mate"), coverage("kid")]
    return having(enrollment([*people, *others], held), extra)


def family_row() -> dict[str, Any]:
    return member("head", ssn="123456789", employment_status="FT", policy_number="G", middle_name="M", name_suffix="Jr",
                  address2="B", phone="2175550100", email="a@b", marital_status="M")  # fmt: skip


def found(made: Enrollment, **terms: Any) -> set[str]:
    return set(check(made, profile(**terms))["rule"])


def people(*rows: dict[str, Any], **terms: Any) -> set[str]:
    return found(enrollment(list(rows), [coverage(r["member_key"]) for r in rows]), **terms)


def extra(**rows: Any) -> set[str]:
    return found(having(small(), rows))


def insured(*insurers: dict[str, Any]) -> set[str]:
    other = {"other_no": 1, "payer_order": "P", "coordination": "1"}
    rows = {"other_insurance": [H1 | other], "insurers": [H1 | {"other_no": 1} | row for row in insurers]}
    return found(having(small(), rows), version=OLD_VERSION)


def said(change: Any) -> set[str]:
    """What reading and checking a file say of a change to its bytes."""
    back = read(change(write(family(), profile(), STAMP)))
    return set(back.problems["rule"]) | set(check(back, profile())["rule"])


def cut_before(mark: bytes) -> Any:
    return lambda d: d[: d.index(mark)]


def swap(old: bytes, new: bytes) -> Any:
    return lambda d: d.replace(old, new, 1)


H1 = {"member_key": "head", "coverage_key": "h1"}
KID = {"member_key": "kid"}
BARE = KID | {"entity_type": "1", "last_name": "X"}
ABROAD = {"city": "Here", "state": "IL", "country": "CA", "subdivision": "QC"}
LATE = DAY + dt.timedelta(days=100)
BY_HAND = {
    "address.missing": lambda: people(member("a", address1=None)),
    "characters.accents": lambda: people(member("a", last_name="Müller")),
    "characters.replaced": lambda: people(member("a", last_name="A*B")),
    "characters.coverage_replaced": lambda: found(enrollment([member("a")], [coverage("a", plan_code="A*B")])),
    "characters.refused": lambda: people(member("a", last_name="A*B"), illegal_characters="refuse"),
    "count.coverages": lambda: found(enrollment([member("a")], [coverage("a")] * 100)),
    "count.cards": lambda: extra(cards=[H1 | {"plan": str(n), "kind": "H"} for n in range(4)]),
    "count.member_dates": lambda: extra(dates=[{"member_key": "kid", "qualifier": "303", "day": DAY}] * 23),
    "length.phone": lambda: people(member("a", phone="1" * 300)),
    "missing.coverage_date": lambda: found(enrollment([member("a")], [coverage("a", begin=None)])),
    "count.numbers": lambda: extra(details=[everything()["details"][0] | {"kind3": "EX", "number3": "3"}]),
    "coverage.no_member": lambda: found(enrollment([member("a")], [coverage("a"), coverage("z")])),
    "dates.birth": lambda: people(member("a", birth_date=LATE)),
    "dates.coverage": lambda: found(enrollment([member("a")], [coverage("a", end=dt.date(2020, 1, 1))])),
    "dates.eligibility": lambda: people(member("a", eligibility_end=dt.date(2020, 1, 1))),
    "dates.coverage_no_begin": lambda: found(enrollment([member("a")], [coverage("a", begin=None)])),
    "dates.coverage_no_end": lambda: found(enrollment([member("a")], [coverage("a", maintenance_type="024")])),
    "dates.no_end": lambda: people(member("a", maintenance_type="024")),
    "dates.period": lambda: extra(
        dates=[KID | {"qualifier": "336", "day": LATE}, KID | {"qualifier": "337", "day": DAY}]
    ),
    "dates.maintenance": lambda: extra(dates=[H1 | {"qualifier": "303", "day": DAY - dt.timedelta(days=1)}]),
    "dates.extra_far": lambda: extra(dates=[KID | {"qualifier": "300", "day": dt.date(1026, 1, 1)}]),
    "dates.coverage_birth": lambda: found(enrollment([member("a", birth_date=LATE)], [coverage("a")])),
    "characters.extra_replaced": lambda: extra(references=[KID | {"qualifier": "17", "value": "A*B"}]),
    "dates.disability": lambda: extra(disabilities=[{"member_key": "kid", "kind": "1", "begin": LATE, "end": DAY}]),
    "dates.other_insurance": lambda: extra(
        other_insurance=[H1 | {"other_no": 1, "payer_order": "P", "coordination": "1", "begin": LATE, "end": DAY}]
    ),
    "duplicate.coverage": lambda: found(enrollment([member("a")], [coverage("a")] * 2)),
    "duplicate.coverage_key": lambda: found(
        enrollment([member("a")], [coverage("a", coverage_key="k", line=n) for n in ("HLT", "DEN")])
    ),
    "duplicate.member_key": lambda: people(member("a"), member("a")),
    "duplicate.person": lambda: people(member("a"), *(member(k, "a", first_name="X") for k in "bc")),
    "extra.dates_range": lambda: extra(dates=[{"member_key": "kid", "qualifier": "303", "day": DAY, "until": LATE}]),
    "extra.dates_until": lambda: extra(dates=[H1 | {"qualifier": "303", "day": LATE, "until": DAY}]),
    "extra.reporting_until": lambda: extra(reporting=[{"member_key": "kid", "name": "X", "day": LATE, "until": DAY}]),
    "extra.names_contact": lambda: extra(names=[BARE | {"role": "GD", "contact": "X", "kind1": "TE", "number1": "1"}]),
    "extra.names_kinds": lambda: extra(names=[BARE | {"role": "36", "kind1": "HP", "number1": "1"}]),
    "extra.names_unnamed": lambda: extra(names=[BARE | {"role": "31"}]),
    "missing.member_country": lambda: extra(details=[{"member_key": "kid", "subdivision": "QC"}]),
    "missing.names_race": lambda: extra(names=[BARE | {"role": "70", "race_code": "X"}]),
    "count.coverage_months": lambda: extra(references=[H1 | {"qualifier": "QQ", "value": n} for n in "12"]),
    "count.coverage_numbers": lambda: extra(references=[H1 | {"qualifier": "17", "value": str(n)} for n in range(14)]),
    **{
        f"extra.{name}_subdivision": partial(extra, **row)
        for name, row in {
            "member": {"details": [{"member_key": "kid", "country": "CA", "subdivision": "QC"}]},
            "names": {"names": [BARE | ABROAD | {"role": "GD"}]},
            "providers": {"providers": [H1 | ABROAD | {"role": "P3"}]},
            "insurers": {"insurers": [H1 | ABROAD | {"role": "IN"}]},
        }.items()
    },
    "extra.languages_nothing": lambda: extra(languages=[{"member_key": "kid", "use": "5"}]),
    "extra.names_address": lambda: extra(
        names=[{"member_key": "kid", "role": "70", "entity_type": "1", "last_name": "X", "city": "Here"}]
    ),
    "family.ins01_ins02": lambda: people(member("a", relationship="01")),
    "family.no_subscriber": lambda: people(member("c", "a")),
    "family.order": lambda: said(_turned),
    "family.subscriber_id": lambda: people(member("a"), member("c", "a", subscriber_id="OTHER")),
    "family.two_spouses": lambda: people(member("a"), *(member(k, "a", relationship="01") for k in "bc")),
    "family.two_subscribers": lambda: people(member("a"), member("b") | {"subscriber_key": "a"}),
    "member.child_age": lambda: people(
        member("a"), member("c", "a", birth_date=dt.date(1990, 1, 1)), child_age_limit=26
    ),
    "member.cobra": lambda: extra(details=[{"member_key": "kid", "cobra_event": "1"}]),
    "member.death_birth": lambda: extra(details=[{"member_key": "kid", "death_date": dt.date(2000, 1, 1)}]),
    "member.death_reason": lambda: extra(details=[{"member_key": "kid", "death_date": DAY}]),
    "member.employment": lambda: people(member("a"), member("c", "a", employment_status="FT")),
    "member.no_coverage": lambda: found(enrollment([member("a")], [])),
    "missing.first_name": lambda: people(member("a", first_name=None), version=OLD_VERSION),
    "missing.is_subscriber": lambda: people(member("a", is_subscriber=None)),
    "missing.member_key": lambda: people(member("a"), member("b") | {"member_key": None}),
    "partner.code": lambda: people(member("a"), codes={"HD03": {"HLT": "PPO", "DEN": "DEN"}, "HD04": {"X": "Y"}}),
    "partner.plan": lambda: people(member("a"), plans=["SILVER"]),
    "partner.required": lambda: people(member("a"), required=["REF*23"]),
    "ssn.missing": lambda: people(member("a"), member_identifier="ssn"),
    "ssn.shared": lambda: people(member("a", ssn="123456789"), member("b", ssn="123456789")),
    "tier.alone": lambda: found(
        enrollment([member("a"), member("c", "a")], [coverage(k, tier="EMP") for k in ("a", "c")])
    ),
    "version.element": lambda: found(enrollment([member("a")], [coverage("a", late="Y")]), version=OLD_VERSION),
    "version.required": lambda: people(member("a", zip=None), version=OLD_VERSION),
    "version.number_kind": lambda: found(
        having(small(), {"details": [{"member_key": "head", "phone_kind": "CP"}]}), version=OLD_VERSION
    ),
    "version.count": lambda: found(
        having(small(), {"disabilities": everything()["disabilities"]}), version=OLD_VERSION
    ),
    "version.responsible": lambda: found(
        having(small(), {"names": [BARE | {"role": r} for r in ("GD", "E1")]}), version=OLD_VERSION
    ),
    "version.first_name": lambda: found(having(small(), {"names": [BARE | {"role": "70"}]}), version=OLD_VERSION),
    "version.diagnosis": lambda: found(
        having(small(), {"disabilities": [everything()["disabilities"][0] | {"code_qualifier": "ZZ"}]}),
        version=OLD_VERSION,
    ),
    "version.amount": lambda: found(
        having(small(), {"amounts": [KID | {"qualifier": "EBA", "cents": 1}]}), version=OLD_VERSION
    ),
    "version.member_count": lambda: found(
        having(small(), {"amounts": [KID | {"qualifier": "D2", "cents": n} for n in range(5)]}), version=OLD_VERSION
    ),
    "version.insurer": lambda: insured({"role": "IN", "last_name": "A"}, {"role": "IN", "last_name": "B"}),
    "version.insurer_name": lambda: insured({"role": "IN"}),
    "code.insurer_role": lambda: insured({"role": "GW", "last_name": "A"}),
    "code.language_use": lambda: found(having(small(), {"languages": everything()["languages"]}), version=OLD_VERSION),
    "version.loop": lambda: found(having(small(), {"reporting": everything()["reporting"]}), version=OLD_VERSION),
    "code.provider_role": lambda: found(
        having(small(), {"providers": [H1 | {"role": "FA", "entity_type": "1", "relationship": "25"}]}),
        version=OLD_VERSION,
    ),
    "code.role": lambda: found(having(small(), {"names": everything()["names"]}), version=OLD_VERSION),
    "total.to": lambda: said(swap(b"QTY*TO*4", b"QTY*TO*5")),
    "total.et": lambda: said(swap(b"QTY*ET*1", b"QTY*ET*2")),
    "total.dt": lambda: said(swap(b"QTY*DT*3", b"QTY*DT*2")),
    "envelope.version": lambda: said(lambda d: d.replace(b"X220A1", b"X999")),
    "envelope.other_set": lambda: said(lambda d: d.replace(b"GE*1", b"ST*999*7~SE*2*7~GE*2")),
    "envelope.bgn02": lambda: said(swap(b"*FILE-2026-01-01*", b"**")),
    "envelope.bgn03": lambda: said(swap(b"*20260101*0130", b"**0130")) | said(swap(b"01*20260101*0130*", b"01**0130*")),
    "envelope.bgn04": lambda: said(swap(b"*0130****4", b"*****4")),
    "envelope.bgn08": lambda: said(swap(b"*0130****4", b"*0130")),
    "envelope.quantity": lambda: said(swap(b"QTY*TO*4", b"QTY*TO*many")),
    "envelope.se_count": lambda: said(swap(b"~\nSE*", b"~\nSE*9")),
    "envelope.se_control": lambda: said(swap(b"*1001~\nGE", b"*1002~\nGE")),
    "envelope.missing_se": lambda: said(swap(b"SE*", b"XX*")),
    "envelope.stray_se": lambda: said(swap(b"GE*", b"SE*1*1~GE*")),
    "envelope.ge_count": lambda: said(swap(b"GE*1*7", b"GE*3*7")),
    "envelope.ge_control": lambda: said(swap(b"GE*1*7", b"GE*1*8")),
    "envelope.missing_ge": lambda: said(cut_before(b"GE*1")),
    "envelope.stray_ge": lambda: said(swap(b"IEA*", b"GE*1*7~IEA*")),
    "envelope.iea_count": lambda: said(swap(b"IEA*1", b"IEA*2")),
    "envelope.iea_control": lambda: said(swap(b"IEA*1*000000041", b"IEA*1*000000042")),
    "envelope.missing_iea": lambda: said(cut_before(b"IEA*")),
    "envelope.stray_iea": lambda: said(lambda d: d + b"IEA*1*000000041~"),
    "read.date": lambda: said(swap(b"D8*19800303", b"D8*19801303")),
    "read.amount": lambda: said(swap(b"DTP*348", b"AMT*P3*ten~DTP*348")),
    "read.number": lambda: said(swap(b"DTP*348*D8*20260101~", b"DTP*348*D8*20260101~IDC*GOLD*H*few~")),
    "read.segment": lambda: said(swap(b"HD*", b"ZZZ*1~HD*")),
    "read.element": lambda: said(swap(b"HD*030**", b"HD*030*X*")),
    "read.repeated": lambda: said(swap(b"DTP*348", b"DTP*348*D8*20260101~DTP*348")),
    "read.ins01": lambda: said(swap(b"INS*Y", b"INS*X")),
}
BYTES = {
    "x12.bom": lambda d: b"\xef\xbb\xbf" + d,
    "x12.nul": lambda d: d.replace(b"*Doe*", b"*D\x00oe*"),
    "x12.encoding": lambda d: d.decode().encode("utf-16"),
    "x12.leading": lambda d: b"From: carrier\r\n\r\n" + d,
    "x12.isa.length": lambda d: d.replace(b"DAYBOOK        ", b"DAYBOOK"),
    "x12.no_isa": lambda d: d[d.index(b"GS*") :],
    "x12.not_x12": lambda _: b"a,b,c\n",
}  # fmt: skip


def _turned(data: bytes) -> bytes:
    lines = data.split(b"\n")
    start, mate = (next(i for i, s in enumerate(lines) if s.startswith(p)) for p in (b"INS*Y", b"INS*N*01"))
    end = next(i for i, s in enumerate(lines) if s.startswith(b"INS*N*19"))
    return b"\n".join(lines[:start] + lines[mate:end] + lines[start:mate] + lines[end:])


@pytest.fixture(scope="module")
def swept() -> set[str]:
    return found(sweep())


def test_what_is_right_breaks_no_rule() -> None:
    assert found(loaded(), member_identifier="none") == set()


def test_every_rule_is_broken_by_a_test(swept: set[str]) -> None:
    by_hand = {f"edi834.{name}" for name in BY_HAND} | set(BYTES)
    assert set(rules()["rule"]) - swept - by_hand == set()
    assert (swept | by_hand) - set(rules()["rule"]) == set()


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_broken_by_hand(name: str) -> None:
    assert f"edi834.{name}" in BY_HAND[name]()


@pytest.mark.parametrize("name", sorted(BYTES))
def test_broken_bytes(name: str) -> None:
    assert name in said(BYTES[name])


def test_rules_are_listed_once_with_words() -> None:
    listed = rules()
    assert listed["rule"].is_unique().all()
    assert listed.null_count().row(0) == (0,) * 5
    assert listed.select(pl.all().str.len_chars().min()).row(0) > (3, 3, 1, 3, 3)
    assert set(listed["severity"]) <= {"error", "warning", "info"}
