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
time_zone = "America/New_York"
cutoffs = [{ name = "evening", at = "20:00" }]
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
    assert (partner.nacha.lead_banking_days, partner.nacha.hold_banking_days) == (1, 5)
    assert partner.named("A & B/1", "nacha", dt.date(2026, 10, 1), 2) == "A-B-1_nacha_20261001_02.txt"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"011000992"', '"011000991"', "nacha.immediate_destination: the ninth digit is not the check digit"),
        ("file_limit_cents = 200", "file_limit_cents = 99", "limits must grow"),
        ('odfi = "01100099"', "", "nacha.odfi: Field required"),
        ('odfi = "01100099"', 'odfi = "01100099"\nbalanced = true', "nacha.balanced"),
        ('odfi = "01100099"', 'odfi = "01100099"\nbalanced = "file"', "need offset_account"),
        ('odfi = "01100099"', 'odfi = "01100099"\noffset_account = "OPER"', "need offset_account"),
        (
            'odfi = "01100099"',
            'odfi = "01100099"\nbalanced = "batch"\noffset_account = "4711001"',
            "code of an account in the record, never its number",
        ),
        ('odfi = "01100099"', 'odfi = "01100099"\nsec = ["PPD", "IAT"]', "nacha.sec.1"),
        ('odfi = "01100099"', 'odfi = "01100099"\nsec = ["PPD", "PPD"]', "each SEC code the bank takes once"),
        ('odfi = "01100099"', 'odfi = "01100099"\nsame_day = "always"', "needs a cut-off with same_day = true"),
        ('odfi = "01100099"', 'odfi = "01100099"\nlead_banking_days = 0', "nacha.lead_banking_days"),
        ('odfi = "01100099"', 'odfi = "01100099"\nrelaxed = ["nacha.x.y"]', "there is no rule nacha.x.y"),
        ('odfi = "01100099"', 'odfi = "01100099"\nmax_lines = 5', "nacha.max_lines"),
        ('odfi = "01100099"', 'odfi = "01100099"\nimmediate_origin = "12"', "nacha.immediate_origin"),
        ('odfi = "01100099"', 'odfi = "01100099"\nbatch_limit_cents = 99', "must not be below entry_limit_cents"),
        (
            'cutoffs = [{ name = "evening", at = "20:00" }]',
            'cutoffs = [{ name = "evening", at = "20:00", same_day = true }]',
            "one at least must be for the next day",
        ),
        ('at = "20:00"', 'at = "25:00"', "nacha.cutoffs.0.at"),
        ('at = "20:00"', 'at = "20:00:30"', "a time of the bank's own clock, HH:MM"),
        ('"America/New_York"', '"Harbor Time"', "nacha.time_zone: is not a time zone like America/New_York"),
        (
            "day_limit_cents = 300",
            "day_limit_cents = 300\ncredits = { entry_limit_cents = 9, file_limit_cents = 8, day_limit_cents = 9 }",
            "nacha.credits: limits must grow",
        ),
        ("_{sequence}", "", "file_name: must hold {company} and {sequence}, or for a vendor {time}"),
        ("{company}_", "{company}/", "letters, digits, dots, dashes and underscores only"),
        ("{company}_", "{company", "is not a template"),
        ("{company}_", "{company}_{usage}_{sender}", "file_name: a bank's files have no {sender}, {usage}"),
        ('kind = "bank"', 'kind = "vendor"', "only a bank has one"),
        ('kind = "bank"', 'kind = "bank"\ncolour = "blue"', "colour: Extra inputs are not permitted"),
        ("[nacha]", "[enrollment]\n[nacha]", "[edi834] and [enrollment] are a vendor's"),
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
