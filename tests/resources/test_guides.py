"""Guides: a profile names one and lays its own terms over it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from formats.errors import SettingsError
from resources.guides import guide, guides, overlaid
from resources.partners import load_partner
from tests.support.evergreen import PROFILE, evergreen


def test_a_guide_is_the_whole_of_a_partners_terms(tmp_path: Path) -> None:
    exchange = evergreen(tmp_path, "exchange")
    assert exchange.enrollment.folder == tmp_path
    assert (exchange.enrollment.termination_days, exchange.enrollment.retro_days) == (60, 60)
    assert exchange.edi834 is not None
    assert exchange.edi834["end_date"] == "last_day_covered"
    day, time = dt.date(2026, 2, 1), dt.time(1, 30, 15, 45_000)
    assert exchange.named("HARBOR", "edi834", day, 1, time=time) == "DAYBOOK.I834.D260201.T013015045.P"
    carrier = evergreen(tmp_path, "carrier")
    assert carrier.enrollment.termination == "omission"
    assert carrier.named("HARBOR", "edi834", day, 7) == "EVERGREEN_full_HARBOR_20260201_007.P.TXT"


def test_the_guides_schedules(tmp_path: Path) -> None:
    days = [dt.date(2026, 2, d) for d in (1, 2, 3)]  # a Sunday and the days after it
    due = {name: [evergreen(tmp_path, name).enrollment.purposes(day) for day in days] for name in guides()}
    assert due == {
        "carrier": [(), ("full",), ()],
        "exchange": [("change", "audit"), ("change",), ("change",)],
    }


def test_a_profile_is_laid_over_its_guide(tmp_path: Path) -> None:
    top = 'file_name = "{company}_{date}_{sequence}.834"\n'
    ours = evergreen(tmp_path, "exchange", "\n[edi834.change]\nreason = '22'\n[enrollment]\nretro_days = 30\n", top)
    assert (ours.enrollment.retro_days, ours.enrollment.termination_days) == (30, 60)
    assert ours.edi834 is not None
    assert ours.edi834["change"] == {
        "action": "2", "member_maintenance": "001", "coverage_maintenance": "001", "reason": "22",
    }  # fmt: skip
    assert ours.named("HARBOR", "edi834", dt.date(2026, 2, 1), 1) == "HARBOR_20260201_01.834"


def test_tables_are_merged_and_everything_else_replaced() -> None:
    base = {"a": {"b": {"c": 1, "d": [1, 2]}, "e": 5}, "f": 6}
    over = {"a": {"b": {"d": [3]}, "e": {"g": 7}}, "f": 8}
    assert overlaid(base, over) == {"a": {"b": {"c": 1, "d": [3]}, "e": {"g": 7}}, "f": 8}
    assert base == {"a": {"b": {"c": 1, "d": [1, 2]}, "e": 5}, "f": 6}


@pytest.mark.parametrize("name", ["nowhere", "../carrier", "__init__"])
def test_an_unknown_guide_is_named_with_those_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"there is no guide .*evergreen\.toml.*guides: carrier, exchange"):
        evergreen(tmp_path, name)


def test_guides_are_terms_only() -> None:
    for name in guides():
        raw = guide(name)
        assert set(raw) == {"file_name", "enrollment", "edi834"}
        assert not {"name", "sender_id", "receiver_id", "sponsor", "payer", "usage"} & set(raw["edi834"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('termination = "once"\n', "what holds for files of every form is said under [enrollment]: termination"),
        ('termination_days = 9\nretro_days = 3\n', "said under [enrollment]: retro_days, termination_days"),
        ('file_name = "x"\n', "edi834: file_name is said above all tables"),
        ("[edi834.schedule]\nfull = 'daily'\n", "edi834: schedule: Extra inputs are not permitted"),
        ("[edi834.tiers]\nEMP = 'SOLO'\n", "SOLO"),
        ("[edi834]\n", "is not TOML"),
        ("[enrollment]\nfull_weekdays = []\nfull_days = []\ntermination = 'window'\nchange_weekdays = ['monday']\n",
         "enrollment: change_weekdays: with files = full no change file ever goes"),
    ],
)  # fmt: skip
def test_a_wrong_term_is_named_when_the_profile_is_read(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        evergreen(tmp_path, "carrier", more)
    assert said in str(caught.value)


def test_a_name_by_an_id_needs_the_id(tmp_path: Path) -> None:
    path = tmp_path / "evergreen.toml"
    text = PROFILE.replace('guide = "GUIDE"', 'file_name = "{sender}.{date}.{time}"')
    path.write_text(text[: text.index("[edi834]")], encoding="utf-8")
    with pytest.raises(SettingsError, match=r"file_name: \{sender\} is the sender_id of \[edi834\], which is missing"):
        load_partner(path)
