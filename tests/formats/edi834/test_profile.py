from pathlib import Path

import pytest

from formats.edi834 import load_profile
from formats.errors import SettingsError
from tests.formats.edi834.book import profile

GOOD = """
name = "carrier"
sender_id = "DAYBOOK"
receiver_id = "CARRIER"
charset = "extended"
end_date = "first_day_not_covered"
max_members_per_set = 500
[sponsor]
name = "ACME BENEFITS"
id = "123456789"
[payer]
name = "CARRIER HEALTH"
id = "987654321"
[tiers]
EMP = "IND"
FAM = "FAM"
"""


def load(tmp_path: Path, text: str) -> str:
    path = tmp_path / "carrier.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_profile(path)
    words = str(refused.value)
    assert "carrier.toml" in words
    return words


def test_a_profile_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "carrier.toml"
    path.write_text(GOOD, encoding="utf-8")
    found = load_profile(path)
    assert found.end_date == "first_day_not_covered"
    assert found.tiers == {"EMP": "IND", "FAM": "FAM"}
    assert found == profile(end_date="first_day_not_covered", max_members_per_set=500, tiers=found.tiers)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('charset = "extended"', 'charset = "ebcdic"', "charset"),
        ('sender_id = "DAYBOOK"', "", "sender_id"),
        ('sender_id = "DAYBOOK"', 'sender_id = "DAYBOOK-DAYBOOK-"', "sender_id"),
        ("max_members_per_set = 500", "max_members_per_set = 0", "max_members_per_set"),
        ("max_members_per_set = 500", 'max_members_per_set = "500"', "max_members_per_set"),
        ("max_members_per_set = 500", 'element = ":"', "delimiters"),
        ("max_members_per_set = 500", 'element = " "', "delimiters"),
        ("max_members_per_set = 500", 'element = "-"\nmaster_policy = "A-1"', "delimiter occurs"),
        ("max_members_per_set = 500", "colour = 1", "colour"),
        ("max_members_per_set = 500", 'member_maintenance = "021"', "action 4"),
        ('EMP = "IND"', 'EMP = "SOLO"', "SOLO"),
        ("[sponsor]", '[sponsor]\nqualifier = "XV"', "sponsor.qualifier"),
        ("[payer]", '[payer]\nqualifier = "24"', "payer.qualifier"),
        ('name = "carrier"', 'name = "carrier', "TOML"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in load(tmp_path, GOOD.replace(old, new))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_profile(tmp_path / "nowhere.toml")
