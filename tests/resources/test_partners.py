"""Profiles: a wrong one names the file, the key and what to do, before anything starts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from formats.errors import SettingsError
from resources.partners import bank_terms, load_partners

PROFILE = """
code = "first-harbor"
kind = "bank"
name = "First Harbor Bank"
file_name = "{company}_{kind}_{date}_{sequence}.txt"
[sftp]
host = "127.0.0.1"
port = 2222
username = "x"
private_key_path = "../keys/ssh"
host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0hX0uJ9vBv3Qh8lq8S8W0nq3fGmE1eXy8o1m8s6v3M"
[pgp]
our_fingerprint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
partner_fingerprint = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
our_secret_key = "../keys/pgp"
partner_public_key = "../keys/their.asc"
[nacha]
immediate_destination = "011000992"
destination_name = "FIRST HARBOR BANK"
origin_name = "DAYBOOK"
odfi = "01100099"
entry_limit_cents = 100
file_limit_cents = 200
day_limit_cents = 300
"""


def write(folder: Path, text: str, name: str = "first-harbor") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_count_from_the_profile_and_defaults_hold(tmp_path: Path) -> None:
    folder = tmp_path / "partners"
    folder.mkdir()
    write(folder, PROFILE)
    partner = load_partners(folder)["first-harbor"]
    assert partner.sftp.private_key_path == tmp_path / "keys" / "ssh"
    assert partner.pgp.our_secret_key == tmp_path / "keys" / "pgp"
    assert partner.nacha is not None
    assert (partner.nacha.lead_banking_days, partner.nacha.hold_banking_days, partner.nacha.line_break) == (1, 5, "\n")
    assert partner.named("A & B/1", "nacha", dt.date(2026, 10, 1), 2) == "A-B-1_nacha_20261001_02.txt"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"011000992"', '"011000991"', "nacha.immediate_destination: the ninth digit is not the check digit"),
        ("file_limit_cents = 200", "file_limit_cents = 99", "limits must grow"),
        ('odfi = "01100099"', "", "nacha.odfi: Field required"),
        ('odfi = "01100099"', 'odfi = "01100099"\nbalanced = true', "nacha.balanced"),
        ("_{sequence}", "", "must hold {company}, {date} and {sequence}"),
        ("{company}_", "{company}/", "letters, digits, dots, dashes and underscores only"),
        ("{company}_", "{company", "is not a template"),
        ('kind = "bank"', 'kind = "vendor"', "only a bank has one"),
        ('kind = "bank"', 'kind = "bank"\ncolour = "blue"', "colour: Extra inputs are not permitted"),
        ("port = 2222", "port = 0", "sftp.port"),
        ('"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"', '"AAAA"', "pgp.our_fingerprint"),
        ('code = "first-harbor"', 'code = "second"', "name the file second.toml"),
        ("[nacha]", "[nacha", "is not TOML"),
    ],
)
def test_a_wrong_key_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in PROFILE
    path = write(tmp_path, PROFILE.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_partners(tmp_path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unknown_bank_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match="no bank profile 'nowhere'"):
        bank_terms({}, "nowhere")
