"""The example guides as profiles, their golden files, and what places, meanings and policies do to a file."""

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from formats.edi834 import Enrollment, Meaning, Profile, check, in_files, read, write
from formats.edi834.referee import referee
from formats.problems import ERROR
from tests.formats.edi834.book import STAMP, book, profile
from tests.formats.edi834.extras_book import everything, having
from tests.formats.edi834.extras_book import family as small

GOLDEN = Path(__file__).parent / "golden"
GUIDES = Path(__file__).parents[3] / "resources" / "guides"
PARTIES = {"sponsor": {"name": "ACME BENEFITS", "id": "123456789"}, "payer": {"name": "CARRIER", "id": "987654321"}}
IDS = {"name": "partner", "sender_id": "DAYBOOK", "receiver_id": "CARRIER"}


def guide(name: str, **changes: Any) -> Profile:
    """A guide's table [edi834] as a profile; the rest of its terms is agreed on for files of every form."""
    table = tomllib.loads((GUIDES / f"{name}.toml").read_text(encoding="utf-8"))["edi834"]
    return Profile.model_validate(table | IDS | PARTIES | changes)


def made() -> Enrollment:
    """A family that both guides take: references, member ids, plans."""
    rows = {
        "references": [{"member_key": k, "qualifier": q, "value": f"{q}-{k}"} for k in ("head", "mate", "kid")
                       for q in ("17", "23")]
        + [{"member_key": c["member_key"], "coverage_key": c["coverage_key"], "qualifier": "CE", "value": "CLASS-1"}
           for c in small().coverages.iter_rows(named=True)],
        "details": [d for d in everything()["details"] if d["member_key"] == "kid"],
        "names": [n for n in everything()["names"] if n["role"] in ("31", "GD")],
    }  # fmt: skip
    base = small()
    members = base.members.with_columns(
        pl.format("M-{}", "member_key").alias("member_id"),
        pl.concat_str(pl.lit("12345678"), pl.int_range(pl.len()).cast(pl.String)).alias("ssn"),
        pl.lit("28").alias("maintenance_reason"),
        pl.lit("A").alias("benefit_status"),
    )
    return having(Enrollment(members, base.coverages), rows)


@pytest.mark.parametrize("name", [p.stem for p in sorted(GUIDES.glob("*.toml"))])
def test_golden_files_of_the_example_guides(name: str) -> None:
    terms = guide(name)
    data = write(made(), terms, STAMP)
    assert data == (GOLDEN / f"{name}.834").read_bytes()
    verdict = referee(data, deviations=terms.deviations)
    assert verdict.valid, verdict.problems["message"].to_list()
    found = check(made(), terms).filter(pl.col("severity") == ERROR)
    assert found.is_empty(), found["message"].to_list()


@pytest.mark.parametrize(
    "terms",
    [
        guide("carrier"),
        guide("exchange"),
        profile(tiers={"FAM": "E1D"}, codes={"HD03": {"HLT": "PPO", "DEN": "HLT"}}),
        profile(subscriber_reference="ssn", member_identifier="member_id"),
    ],
)
def test_what_was_written_is_clean_when_it_is_read_back(terms: Profile) -> None:
    back = read(write(made(), terms, STAMP), end_date=terms.end_date)
    found = check(back, terms.of_sent()).filter(pl.col("severity") == ERROR)
    assert found.is_empty(), found["message"].to_list()


def test_meanings_of_full_and_change() -> None:
    full = guide("carrier", change={"member_maintenance": "025"})
    lines = write(made(), full, STAMP).decode().split("~\r\n")
    assert next(s for s in lines if s.startswith("BGN")).endswith("|RX")
    assert "INS|Y|18|030|28|A" in next(s for s in lines if s.startswith("INS"))
    assert sum(s.startswith("HD|021||PPO") for s in lines) == 3
    lines = write(made(), full.for_change(), STAMP).decode().split("~\r\n")
    assert next(s for s in lines if s.startswith("BGN")).endswith("|2")
    assert "INS|Y|18|025|" in next(s for s in lines if s.startswith("INS"))
    assert sum(s.startswith("HD|001||PPO") for s in lines) == 3


def test_a_maintenance_type_outside_the_guide_is_declared() -> None:
    terms = profile(change=Meaning(member_maintenance="026"), deviations={"INS03": ["026"]}).for_change()
    data = write(made(), terms, STAMP)
    assert b"INS*Y*18*026*28*A" in data
    assert check(made(), terms).filter(pl.col("severity") == ERROR).is_empty()
    assert referee(data, deviations=terms.deviations).valid
    assert not referee(data).valid


def test_places_forbidden_constant_and_mapped() -> None:
    data = write(made(), guide("carrier"), STAMP)
    back = read(data)
    assert back.members["phone"].null_count() == back.members.height
    assert back.coverages["premium_cents"].null_count() == back.coverages.height
    assert set(back.coverages["line"]) == {"PPO", "DNT"}
    state = back.extras["references"].filter(pl.col("qualifier") == "ZX")
    assert set(state["value"]) == {"STATE"}
    assert state["coverage_key"].sort().equals(back.coverages["coverage_key"].sort())


@pytest.mark.parametrize(
    ("terms", "written", "absent"),
    [
        ({"forbidden": ["NM109"]}, b"NM1*IL*1*Doe*Head~", b"123456780"),
        ({"forbidden": ["N3"]}, b"N4*Springfield*IL", b"N3*1 Main"),
        ({"forbidden": ["PER"]}, b"NM1*IL*1*Doe*Head****34*123456780~\nN3", b"PER*IP"),
        ({"forbidden": ["2100G.PER"]}, b"PER*IP", b"PER*RP"),
        ({"forbidden": ["REF*17"]}, b"REF*23*", b"REF*17*"),
        ({"forbidden": ["2300.HD05"]}, b"HD*030**HLT*GOLD~", b"*FAM~"),
        ({"forbidden": ["INS09"]}, b"INS*N*19*030*28*A****", b"**F*Y"),
        ({"constant": {"HD04": "PLAN-9"}}, b"HD*030**HLT*PLAN-9*FAM", b"GOLD"),
        ({"constant": {"REF*17": "ALL"}}, b"REF*17*ALL~", b"REF*17*17-"),
        ({"codes": {"INS04": {"28": "XN"}}}, b"INS*Y*18*030*XN*A", b"*030*28*"),
        ({"codes": {"2000.REF01": {"17": "ZZ", "23": "23"}}}, b"REF*ZZ*17-head", b"REF*17*"),
        ({"codes": {"2300.REF*CE02": {"CLASS-1": "C1"}}}, b"REF*CE*C1~", b"CLASS-1"),
    ],
)  # fmt: skip
def test_one_place_at_a_time(terms: dict[str, Any], written: bytes, absent: bytes) -> None:
    data = write(made(), profile(**terms), STAMP)
    assert written in data
    assert absent not in data


@pytest.mark.parametrize(
    ("terms", "element"),
    [
        ({"required": ["NM105"]}, "NM105"),
        ({"required": ["DTP*357"]}, r"DTP\*357"),
        ({"required_subscriber": ["REF*DX"]}, r"REF\*DX"),
        ({"required": ["2300.REF*XM"]}, r"2300.REF\*XM"),
        ({"codes": {"HD04": {"SILVER": "S"}}}, "HD04"),
    ],
)
def test_what_a_partner_requires_is_checked(terms: dict[str, Any], element: str) -> None:
    found = check(made(), profile(**terms)).filter(pl.col("severity") == ERROR)
    assert found["message"].str.contains(element).any()


def test_required_of_subscribers_only() -> None:
    terms = profile(required_subscriber=["INS08"])
    assert check(made(), terms).filter(pl.col("rule") == "edi834.partner.required").is_empty()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"required": ["NM199"]}, "NM199"),
        ({"forbidden": ["XYZ01"]}, "XYZ01"),
        ({"member_maintenance": "026", "action": "RX"}, "026"),
        ({"version": "004010X095A1", "action": "RX"}, "actions 2 and 4"),
        ({"constant": {"HD04": "A*B"}}, "constant"),
        ({"schedule": {"full": "weekly:MON"}}, "schedule"),
    ],
)
def test_wrong_terms_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Profile.model_validate(IDS | PARTIES | changes)


def test_members_per_file() -> None:
    files = in_files(book(20), profile(max_members_per_file=7))
    assert [f.members.height for f in files] == [6, 6, 6, 2]
    assert pl.concat([f.members for f in files]).height == 20
    assert all(f.coverages.height == 2 * f.members.height for f in files)
    assert in_files(book(20), profile())[0].members.height == 20
    numbers = [read(write(f, profile(), STAMP)).members.height for f in files]
    assert numbers == [6, 6, 6, 2]
