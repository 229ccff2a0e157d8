"""The example guides as profiles, their golden files, and what places, meanings and policies do to a file."""

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from formats.edi834 import Enrollment, Profile, Stamp, check, in_files, load_profile, read, still_told, write
from formats.edi834.profile import GUIDES
from formats.edi834.profile_parts import Retro
from formats.edi834.referee import referee
from formats.errors import FormatError
from formats.problems import ERROR
from tests.formats.edi834.book import DAY, STAMP, book, coverage, enrollment, family, member, profile
from tests.formats.edi834.extras_book import everything, having
from tests.formats.edi834.extras_book import family as small

GOLDEN = Path(__file__).parent / "golden"
PARTIES = {"sponsor": {"name": "ACME BENEFITS", "id": "123456789"}, "payer": {"name": "CARRIER", "id": "987654321"}}
IDS = {"name": "partner", "sender_id": "DAYBOOK", "receiver_id": "CARRIER"}
LATER = Stamp(42, 8, 2001, "FILE-2026-02-01", dt.datetime(2026, 2, 1, 1, 30, 15, 45_000, tzinfo=dt.UTC))


def guide(name: str, **changes: Any) -> Profile:
    return Profile.model_validate({"base": name} | IDS | PARTIES | changes)


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
    found = check(made(), terms, as_of=DAY).filter(pl.col("severity") == ERROR)
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


def test_a_guide_is_laid_under_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(
        'base = "exchange"\nname = "ours"\nsender_id = "DAYBOOK"\nreceiver_id = "CARRIER"\n'
        '[sponsor]\nname = "ACME"\nid = "123456789"\n[payer]\nname = "CARRIER"\nid = "987654321"\n'
        "[retro]\ndays = 30\n"
    )
    terms = load_profile(path)
    assert terms.retro == Retro(days=30, beyond="stop")
    assert terms.schedule.full == "monthly:1"
    with pytest.raises(ValidationError, match="base must be one of carrier, exchange"):
        guide("nowhere")


def test_meanings_of_full_and_change() -> None:
    full, change = guide("carrier"), guide("carrier").for_change()
    lines = write(made(), full, STAMP).decode().split("~\r\n")
    assert next(s for s in lines if s.startswith("BGN")).endswith("|RX")
    assert "INS|Y|18|030|28|A" in next(s for s in lines if s.startswith("INS"))
    assert sum(s.startswith("HD|021||PPO") for s in lines) == 3
    lines = write(made(), change, STAMP).decode().split("~\r\n")
    assert next(s for s in lines if s.startswith("BGN")).endswith("|2")
    assert "INS|Y|18|026|" in next(s for s in lines if s.startswith("INS"))


def test_places_forbidden_constant_and_mapped() -> None:
    data = write(made(), guide("carrier"), STAMP)
    back = read(data)
    assert back.members["phone"].null_count() == back.members.height
    assert back.coverages["premium_cents"].null_count() == back.coverages.height
    assert set(back.coverages["line"]) == {"PPO", "DEN"}
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
        ({"file_name": "{partner}.txt"}, "must hold created or sequence"),
        ({"file_name": "{colour}{sequence}"}, "may hold"),
        ({"file_name": "{partner"}, "template"),
        ({"version": "004010X095A1", "action": "RX"}, "actions 2 and 4"),
        ({"constant": {"HD04": "A*B"}}, "constant"),
        ({"schedule": {"full": "weekly:XXX"}}, "full"),
    ],
)
def test_wrong_terms_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Profile.model_validate(IDS | PARTIES | changes)


def test_names_of_files() -> None:
    assert guide("exchange").named(LATER.created, 1) == "DAYBOOK.I834.D260201.T013015045.T"
    assert guide("carrier", usage="P").named(LATER.created, 7) == "CARRIER_full_20260201_007.P.TXT"
    assert profile().named(LATER.created, 2, change=True) == "carrier_change_20260201_02.834"


def test_schedule() -> None:
    days = [dt.date(2026, 2, d) for d in (1, 2, 3)]  # a Sunday and the days after it
    assert [guide("exchange").due(d) for d in days] == ["full", "change", "change"]
    assert [guide("carrier").due(d) for d in days] == [None, "full", None]
    assert profile().due(DAY) == "full"


ENDED = enrollment(
    [member("a"), member("b"), member("c")],
    [
        coverage("a", coverage_key="a1", end=dt.date(2026, 2, 1)), coverage("a", coverage_key="a2", line="DEN"),
        coverage("b", coverage_key="b1", end=dt.date(2025, 11, 1), begin=dt.date(2025, 1, 1)),
        coverage("c", coverage_key="c1", end=dt.date(2026, 2, 2)),
    ],
)  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        ({"policy": "omission"}, ["a2", "c1"]),
        ({"policy": "window", "days": 30}, ["a1", "a2", "c1"]),
        ({"policy": "window", "days": 92}, ["a1", "a2", "b1", "c1"]),
        ({"policy": "window", "days": 91}, ["a1", "a2", "c1"]),
        ({"policy": "once"}, ["a1", "a2", "c1"]),
    ],
)
def test_terminations(policy: dict[str, Any], left: list[str]) -> None:
    as_of = dt.date(2026, 2, 1)
    told = ENDED.coverages.filter(pl.col("coverage_key") == "b1") if policy["policy"] == "once" else None
    made = still_told(ENDED, Profile.model_validate(IDS | PARTIES | {"termination": policy}), as_of, told)
    assert sorted(made.coverages["coverage_key"]) == left
    assert set(made.members["member_key"]) == {k[0] for k in left}


def test_retro_stops_or_flags() -> None:
    added = family(maintenance_type="021")
    for beyond, severity in (("stop", "error"), ("flag", "warning")):
        terms = profile(retro=Retro(days=60, beyond=beyond), member_identifier="none")
        found = check(added, terms, as_of=DAY + dt.timedelta(days=61))
        assert found.select("rule", "severity").rows() == [("edi834.dates.retro", severity)]
        assert check(added, terms, as_of=DAY + dt.timedelta(days=60)).is_empty()
        assert check(added, terms).is_empty()


def test_members_per_file() -> None:
    files = in_files(book(20), profile(max_members_per_file=7))
    assert [f.members.height for f in files] == [6, 6, 6, 2]
    assert pl.concat([f.members for f in files]).height == 20
    assert all(f.coverages.height == 2 * f.members.height for f in files)
    assert in_files(book(20), profile())[0].members.height == 20
    numbers = [read(write(f, profile(), STAMP)).members.height for f in files]
    assert numbers == [6, 6, 6, 2]


OLD = {"version": "004010X095A1"}
OLD_ROWS = {
    "references": [r for r in everything()["references"] if r["qualifier"] in ("17", "23")],
    "dates": [d for d in everything()["dates"] if d["qualifier"] in ("336", "303")],
    "amounts": everything()["amounts"],
    "names": [n | {"contact": None, "zip": n.get("zip") or (n.get("city") and "61801"),
                   "kind1": n.get("kind1") and "HP"}
              for n in everything()["names"] if n["role"] in ("31", "S3", "GD")],
    "disabilities": everything()["disabilities"][:1],
    "cards": everything()["cards"],
    "providers": everything()["providers"][1:],
}  # fmt: skip


def test_4010_is_valid_to_pyx12_and_read_back() -> None:
    base = small()
    made = having(Enrollment(base.members, base.coverages.drop("late")), OLD_ROWS)
    data = write(made, profile(**OLD), STAMP)
    assert b"*U*00401*" in data
    assert b"ST*834*1001~" in data
    assert b"QTY" not in data
    verdict = referee(data)
    assert verdict.valid, verdict.problems["message"].to_list()
    back = read(data)
    assert back.problems.is_empty()
    assert back.members.height == 3
    assert back.extras["references"].height == 2


def test_4010_refuses_what_it_has_not() -> None:
    base = small()
    plain = Enrollment(base.members, base.coverages.drop("late"))
    with pytest.raises(FormatError, match=r"version\.loop"):
        write(having(plain, {"reporting": everything()["reporting"]}), profile(**OLD), STAMP)


def test_guides_are_terms_only() -> None:
    for path in GUIDES.glob("*.toml"):
        raw = tomllib.loads(path.read_text())
        assert not {"name", "sender_id", "receiver_id", "sponsor", "payer", "usage"} & set(raw)
