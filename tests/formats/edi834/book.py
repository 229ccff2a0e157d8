"""Invented families for the tests of this room: by hand (`family`), in bulk (`book`), or at random (`enrollments`)."""

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import strategies as st

from formats.edi834 import COVERAGES, MEMBERS, Broker, Enrollment, Party, Profile, Stamp
from formats.edi834.codes import STATES

DAY = dt.date(2026, 1, 1)


def profile(**changes: Any) -> Profile:
    terms: dict[str, Any] = {
        "name": "carrier",
        "sender_id": "DAYBOOK",
        "receiver_id": "CARRIER",
        "sponsor": Party(name="ACME BENEFITS", id="123456789"),
        "payer": Party(name="CARRIER HEALTH", id="987654321"),
        "charset": "extended",
    }
    return Profile(**(terms | changes))


STAMP = Stamp(41, 7, 1001, "FILE-2026-01-01", dt.datetime(2026, 1, 1, 1, 30, tzinfo=dt.UTC), DAY)
RICH = {"broker": Broker(name="BEST BROKERS", id="55-1234567", account="A-77"), "master_policy": "MP-100"}


def member(key: str, family: str = "", **changes: Any) -> dict[str, Any]:
    """A valid member row: a subscriber, or a child of `family` when one is given."""
    row: dict[str, Any] = {
        "member_key": key,
        "subscriber_key": family or key,
        "subscriber_id": f"ID{family or key}",
        "is_subscriber": not family,
        "relationship": "19" if family else "18",
        "eligibility_begin": DAY,
        "last_name": "Doe",
        "first_name": key.title(),
        "address1": "1 Main Street",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
        "birth_date": dt.date(2015, 5, 5) if family else dt.date(1980, 3, 3),
        "gender": "F",
    }
    return row | changes


def coverage(key: str, **changes: Any) -> dict[str, Any]:
    return {"member_key": key, "line": "HLT", "plan_code": "GOLD", "tier": "FAM", "begin": DAY} | changes


def enrollment(members: list[dict[str, Any]], coverages: list[dict[str, Any]]) -> Enrollment:
    return Enrollment(
        pl.DataFrame([{c: m.get(c) for c in MEMBERS} for m in members], schema=MEMBERS),
        pl.DataFrame([{c: v.get(c) for c in COVERAGES} for v in coverages], schema=COVERAGES),
    )


def family(**subscriber: Any) -> Enrollment:
    """One valid family of four with medical and dental, given out of order."""
    people = [
        member("young", "head", birth_date=dt.date(2018, 1, 1)),
        member("old", "head", birth_date=dt.date(2012, 1, 1)),
        member("mate", "head", relationship="01", birth_date=dt.date(1981, 1, 1)),
        member("head", **subscriber),
    ]
    held = [coverage(p["member_key"], line=line) for p in people for line in ("DEN", "HLT")]
    return enrollment(people, held)


def book(size: int) -> Enrollment:
    """`size` valid members in families of up to three, two coverages each."""
    people = pl.DataFrame({"i": range(size)}).with_columns(k=pl.col("i") % 3, f=pl.col("i") // 3)
    serial = (pl.col("i") % 9000 + 1000).cast(pl.String)
    area = (pl.col("i") // 9000 % 600 + 1).cast(pl.String).str.zfill(3)
    members = people.with_columns(
        member_key=pl.format("m{}", "i"),
        subscriber_key=pl.format("m{}", pl.col("i") - pl.col("k")),
        subscriber_id=pl.concat_str(pl.lit("S"), pl.col("f").cast(pl.String).str.zfill(7)),
        is_subscriber=pl.col("k") == 0,
        relationship=pl.col("k").replace_strict([0, 1, 2], ["18", "01", "19"]),
        employment_status=pl.when(pl.col("k") == 0).then(pl.lit("FT")),
        policy_number=pl.lit("GRP-1"),
        eligibility_begin=pl.lit(DAY),
        last_name=pl.lit("Doe"),
        first_name=pl.lit("Pat"),
        ssn=pl.concat_str(area.replace("666", "667"), pl.lit("45"), serial),
        address1=pl.format("{} Main St", "f"),
        city=pl.lit("Springfield"),
        state=pl.lit("IL"),
        zip=pl.lit("62701"),
        phone=pl.lit("2175550100"),
        email=pl.format("m{}@example.com", "i"),
        birth_date=pl.date(1970, 1, 1) + pl.duration(days=pl.col("k") * 6000 + pl.col("f") % 365),
        gender=pl.lit("M"),
    )
    both = [
        members.select("member_key", line=pl.lit(n), plan_code=pl.lit("GOLD"), tier=pl.lit("FAM"), begin=pl.lit(DAY))
        for n in ("HLT", "DEN")
    ]
    return Enrollment(members, pl.concat(both))


_WORD = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh'-. ", min_size=1, max_size=20)
_NAME = st.builds(lambda a, b: a + b, st.sampled_from("ABCXYZ"), _WORD).map(lambda s: " ".join(s.split()))
_DATES = st.dates(dt.date(1990, 1, 1), dt.date(2040, 12, 31))
_BIRTHS = st.dates(dt.date(1930, 1, 1), dt.date(1989, 12, 31))
_ID = st.text("ABC0123456789", min_size=2, max_size=12)


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def _coverage(draw: st.DrawFn, key: str, line: str) -> dict[str, Any]:
    begin = draw(_DATES)
    ended = draw(st.booleans())
    return {
        "member_key": key,
        "maintenance_type": "024" if ended else draw(st.sampled_from(["001", "021", "025", "030"])),
        "line": line,
        "plan_code": draw(_maybe(_ID)),
        "tier": draw(_maybe(st.sampled_from(["ESP", "ECH", "FAM"]))),
        "begin": begin,
        "end": begin + dt.timedelta(days=draw(st.integers(0, 900))) if ended else None,
        "premium_cents": draw(_maybe(st.integers(0, 10**9))),
        "policy_number": draw(_maybe(_ID)),
    }


@st.composite
def _person(draw: st.DrawFn, number: int, head: int, place: int) -> dict[str, Any]:
    begin = draw(_DATES)
    kind = draw(st.sampled_from(["001", "021", "024", "025", "030"]))
    street = draw(_maybe(_NAME))
    ended = kind == "024" or draw(st.booleans())
    return {
        "member_key": f"k{number}",
        "subscriber_key": f"k{head}",
        "subscriber_id": f"F{head:04d}",
        "is_subscriber": place == 0,
        "relationship": ["18", "01", "19", "53", "09"][place] if place != 3 else "17",
        "maintenance_type": kind,
        "maintenance_reason": draw(st.sampled_from(["XN", "28", "01"])),
        "benefit_status": draw(st.sampled_from(["A", "C"])),
        "employment_status": draw(_maybe(st.sampled_from(["FT", "PT", "TE"]))) if place == 0 else None,
        "policy_number": draw(_maybe(_ID)),
        "eligibility_begin": begin,
        "eligibility_end": begin + dt.timedelta(days=draw(st.integers(0, 900))) if ended else None,
        "last_name": draw(_NAME),
        "first_name": draw(_maybe(_NAME)),
        "middle_name": draw(_maybe(st.sampled_from(["Q", "Ann Lee"]))),
        "name_suffix": draw(_maybe(st.sampled_from(["Jr", "III"]))),
        "ssn": draw(_maybe(st.just(f"12345{number + 1000}"))),
        "phone": draw(_maybe(st.just("2175550100"))),
        "email": draw(_maybe(st.just("someone@example.com"))),
        "address1": street,
        "address2": draw(_maybe(st.just("Apt 4"))) if street else None,
        "city": "Springfield",
        "state": draw(st.sampled_from([s for s in STATES if s not in ("AB", "BC", "MB", "NS", "ON", "SK", "YT")])),
        "zip": draw(st.sampled_from(["62701", "627011234"])),
        "birth_date": draw(_BIRTHS) + dt.timedelta(days=place * 2),
        "gender": draw(st.sampled_from(["F", "M", "U"])),
        "marital_status": draw(_maybe(st.sampled_from(["M", "I"]))),
    }


@st.composite
def enrollments(draw: st.DrawFn) -> Enrollment:
    """Valid enrollments of up to four families in any order, with every column this package covers."""
    people, held = [], []
    for size in draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)):
        head = len(people)
        for place in range(size):
            person = draw(_person(len(people), head, place))
            people.append(person)
            lines = draw(st.lists(st.sampled_from(["HLT", "DEN", "VIS", "STD"]), min_size=1, max_size=3, unique=True))
            held += [draw(_coverage(person["member_key"], line)) for line in lines]
    return enrollment(draw(st.permutations(people)), draw(st.permutations(held)))
