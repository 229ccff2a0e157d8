"""The invented vendor: one answer per delivered file, the same for the same seed, to a segment that is there."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from formats.edi834 import Enrollment, Profile, Stamp, read_acks, write
from formats.edi834.segments import split
from pipelines.simulate.invented import INVENTED
from pipelines.simulate.mailbox import opened
from pipelines.simulate.setup import setup_partners
from pipelines.simulate.vendor import answer, listed
from resources.home import Home
from resources.partners import load_partners
from resources.pgp import PartnerKey, keyring
from resources.pgp_home import gpg_missing

DATE = dt.date(2026, 10, 2)
VENDOR = next(i for i in INVENTED if i.kind == "vendor")

pytestmark = pytest.mark.skipif(gpg_missing() is not None, reason=str(gpg_missing()))


def enrollment_file(number: int, zip_code: str = "04101") -> bytes:
    terms = {
        "name": "V", "sender_id": "DAYBOOK", "receiver_id": "VENDOR",
        "sponsor": {"name": "HARBOR", "id": "123456789"}, "payer": {"name": "VENDOR", "id": "987654321"},
    }  # fmt: skip
    born = dt.date(1980, 1, 1)
    members = pl.DataFrame(
        {
            "member_key": ["M1"], "subscriber_key": ["M1"], "subscriber_id": ["M1"], "is_subscriber": [True],
            "relationship": ["18"], "last_name": ["SAMPLE"], "city": ["BATH"], "state": ["ME"], "zip": [zip_code],
            "birth_date": [born], "eligibility_begin": [born],
        }
    )  # fmt: skip
    coverages = pl.DataFrame(
        {"member_key": ["M1"], "line": ["HLT"], "plan_code": ["P"], "tier": ["EMP"], "begin": [born]}
    )
    stamp = Stamp(number, number, number, f"F-{number}", dt.datetime.combine(DATE, dt.time(1)))
    return write(Enrollment(members, coverages), Profile.model_validate(terms), stamp)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    place = Home(tmp_path_factory.mktemp("home")).make()
    setup_partners(place, [VENDOR])
    return place


def deliver(home: Home, name: str, data: bytes) -> None:
    """As our transport leaves it: signed by us, encrypted to the vendor."""
    terms = load_partners(home.partners)[VENDOR.code].pgp
    theirs = PartnerKey(VENDOR.code, terms.partner_public_key.read_bytes(), terms.partner_fingerprint)
    with keyring(terms.our_secret_key.read_bytes(), [theirs]) as ring:
        sealed = ring.encrypt_and_sign(data, terms.partner_fingerprint)
    (home.counterparties / VENDOR.code / "inbox" / f"{name}.pgp").write_bytes(sealed)


def received(home: Home, name: str) -> bytes:
    terms = load_partners(home.partners)[VENDOR.code].pgp
    theirs = PartnerKey(VENDOR.code, terms.partner_public_key.read_bytes(), terms.partner_fingerprint)
    with keyring(terms.our_secret_key.read_bytes(), [theirs]) as ring:
        path = home.counterparties / VENDOR.code / "outbox" / f"{name}.pgp"
        return ring.decrypt_verified(path.read_bytes(), terms.partner_fingerprint)


def test_each_file_is_answered_once_and_a_rejection_points_at_a_real_segment(home: Home) -> None:
    deliver(home, "A_1.txt", enrollment_file(1))
    said = answer(home, VENDOR.code, 1, DATE, reject_rate=0)
    assert said == [{"partner": VENDOR.code, "name": "A_1_ta1_999.x12", "answers": "A_1.txt", "verdict": "A"}]
    assert answer(home, VENDOR.code, 1, DATE, reject_rate=0) == []
    data = enrollment_file(2)
    deliver(home, "A_2.txt", data)
    (second,) = answer(home, VENDOR.code, 1, DATE, reject_rate=1)
    assert second["verdict"] == "R"
    acks = read_acks(received(home, second["name"]))
    assert acks.ta1["interchange_control"].to_list() == ["000000002"]
    assert acks.groups["group_control"].to_list() == ["2"]
    (fault,) = acks.errors.iter_rows(named=True)
    start = split(data).segments.filter(pl.col("id") == "ST")["position"].item()
    at = split(data).segments.filter(pl.col("position") == start + fault["segment_position"] - 1)
    assert at["id"].item() == fault["segment"]


def test_the_same_seed_gives_the_same_clear_answer(home: Home) -> None:
    deliver(home, "B.txt", enrollment_file(3))
    answer(home, VENDOR.code, 7, DATE, reject_rate=0.5)
    first = received(home, "B_ta1_999.x12")
    (home.counterparties / VENDOR.code / "outbox" / "B_ta1_999.x12.pgp").unlink()
    answer(home, VENDOR.code, 7, DATE, reject_rate=0.5)
    assert received(home, "B_ta1_999.x12") == first


def test_a_zip_that_no_place_has_is_refused_whatever_the_chances(home: Home) -> None:
    deliver(home, "Z.txt", enrollment_file(4, "00000"))
    (said,) = answer(home, VENDOR.code, 1, DATE, reject_rate=0)
    assert said["verdict"] == "R"
    (fault,) = read_acks(received(home, said["name"])).errors.iter_rows(named=True)
    assert (fault["segment"], fault["element"], fault["element_code"]) == ("N4", 3, "7")


def test_a_list_lacks_one_has_one_too_many_and_one_elsewhere() -> None:
    head = "MemberId,Relationship,SubscriberId,FirstName,LastName,BirthDate,City,End\n"
    people = [f"M{n},SELF,M{n},F{n},L,1980-01-0{n},BATH,\n" for n in (1, 2, 3)]
    child = "M1-2,CHILD,M1,C,L,2010-01-01,BATH,\n"
    own = listed("".join([head, people[0], child, *people[1:]]).encode())
    assert own is not None
    assert own.decode().splitlines(keepends=True) == [
        head, child, people[1].replace("BATH", "ELSEWHERE"), people[2],
        "X000001,SELF,X000001,NOBODY,INVENTED,1970-01-01,BATH,\n",
    ]  # fmt: skip
    assert listed("".join([head, people[0], child]).encode()) is None


def test_what_somebody_else_signed_is_not_opened(home: Home) -> None:
    from formats.errors import ExchangeError

    (home.counterparties / VENDOR.code / "inbox" / "C.txt.pgp").write_bytes(b"not a message")
    try:
        with opened(home, VENDOR.code) as box, pytest.raises(ExchangeError):
            box.open("C.txt")
    finally:
        (home.counterparties / VENDOR.code / "inbox" / "C.txt.pgp").unlink()
