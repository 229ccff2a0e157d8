"""The files a bank asks for at onboarding: from the profile alone, invented, marked, proved."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from assets.payments.onboarding import Identity, trial_files
from formats import nacha
from formats.errors import SettingsError
from pipelines.cli.onboarding import bank_test
from pipelines.onboarding import bank_test as made
from resources.desk import Desk
from resources.home import Home
from resources.record import Record
from resources.vault import Vault
from tests.resources.test_partners import PROFILE
from tests.support.bank import accounts, terms
from tests.support.seed import DAY, seed


def test_a_prenote_and_a_live_entry_for_every_code_and_direction() -> None:
    (trial,) = trial_files(terms(), Identity(), DAY)
    read = nacha.read(trial.data)
    assert nacha.check(read).is_empty()
    assert read.problems.is_empty()
    told = {
        sec: sorted(codes)
        for sec, codes in read.entries.group_by("sec").agg("transaction_code").iter_rows()
    }  # fmt: skip
    assert {sec: len(codes) for sec, codes in told.items()} == {"CCD": 4, "CTX": 4, "PPD": 4, "TEL": 2, "WEB": 2}
    assert set(read.entries["amount_cents"]) == {0, 1}
    assert read.file["reference"].item() == "TEST"
    assert set(read.batches["entry_description"]) == {"TEST"}
    assert read.entries["individual_id"].str.starts_with("TEST").all()
    assert (trial.totals.debit_cents, trial.totals.credit_cents, trial.totals.entries) == (5, 3, 16)
    assert trial.totals.agrees
    assert trial.effective_dates == (dt.date(2026, 10, 2),)


@pytest.mark.parametrize(
    ("wishes", "segments", "entries"),
    [
        ({"sec": ("PPD",)}, [""], 4),
        ({"credits_apart": True}, ["credits", "debits"], 16),
        ({"per_sec": True, "sec": ("PPD", "CCD")}, ["CCD", "PPD"], 8),
        ({"balanced": "batch", "offset_account": "OPER", "sec": ("PPD", "WEB")}, [""], 6 + 3),
        ({"balanced": "file", "offset_account": "OPER", "sec": ("WEB",)}, [""], 2 + 1),
        ({"max_lines": 20, "line_end": "crlf", "blocking": False}, ["", "", ""], 16),
    ],
)
def test_files_are_as_the_profile_wants_them(wishes: dict[str, Any], segments: list[str], entries: int) -> None:
    trials = trial_files(terms(**wishes), Identity(), DAY)
    assert [trial.segment for trial in trials] == segments
    assert sum(trial.totals.entries for trial in trials) == entries
    for trial in trials:
        if "balanced" in wishes:
            assert trial.totals.debit_cents == trial.totals.credit_cents
        assert trial.data.count(b"\r\n") == (trial.totals.records if wishes.get("line_end") == "crlf" else 0)
        assert nacha.check(nacha.read(trial.data)).filter(severity="error").is_empty()
    traces = pl.concat([nacha.read(trial.data).entries["trace_number"] for trial in trials])
    assert traces.n_unique() == len(traces)


def never() -> Desk:
    raise AssertionError("no database is asked")


def test_the_command_needs_no_database_and_says_what_it_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))
    profile = tmp_path / "first-harbor.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    out = tmp_path / "test.ach"
    done = CliRunner().invoke(bank_test, [str(profile), "--date", "2026-10-01", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    told = made(Home(tmp_path / "home"), str(profile), out, DAY, company=None, desk=never)
    assert json.loads(json.dumps(told)) == told
    (file,) = told["files"]
    assert file["path"] == str(out)
    assert (file["entries"], file["debit_cents"], file["credit_cents"]) == (16, 5, 3)
    assert nacha.totals(out.read_bytes()).entry_hash == file["entry_hash"]
    again = made(Home(tmp_path / "home"), str(profile), out, DAY, company=None, desk=never)
    assert again == told


def test_several_files_are_numbered_and_a_code_finds_its_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)
    home.partners.mkdir()
    (home.partners / "first-harbor.toml").write_text(f"{PROFILE}credits_apart = true\n", encoding="utf-8")
    told = made(home, "first-harbor", tmp_path / "t.ach", DAY, company=None, desk=never)
    assert [Path(each["path"]).name for each in told["files"]] == ["t.ach", "t-2.ach"]
    monkeypatch.chdir(tmp_path)
    named = made(home, "first-harbor", None, DAY, company=None, desk=never)
    assert [each["path"] for each in named["files"]] == ["TEST_test_20261001_01.txt", "TEST_test_20261001_02.txt"]
    with pytest.raises(SettingsError, match=r"there is no profile second .* one of: first-harbor"):
        made(home, "second", None, DAY, company=None, desk=never)


def test_a_company_of_the_record_lends_its_name_and_offset_account(
    record: Record, vault: Vault, tmp_path: Path
) -> None:
    own = accounts(vault, "4711000099", code="OPER", holder_name="Harbor Plans")
    seed(record, master__book=[{}], master__company=[{}], master__bank_account=own)
    home = Home(tmp_path)
    home.partners.mkdir()
    wishes = 'balanced = "file"\noffset_account = "OPER"\nsec = ["WEB"]\n'
    (home.partners / "first-harbor.toml").write_text(PROFILE + wishes, encoding="utf-8")
    desk = Desk(home)
    desk.__dict__.update(record=record, vault=vault)
    out = tmp_path / "t.ach"
    made(home, "first-harbor", out, DAY, company="HARBOR", desk=lambda: desk)
    read = nacha.read(out.read_bytes())
    assert set(read.batches["company_id"]) == {"1123456789"}
    assert read.entries.filter(pl.col("account") == "4711000099")["amount_cents"].to_list() == [1]
    with pytest.raises(SettingsError, match="no company is called GUILD; companies: HARBOR"):
        made(home, "first-harbor", out, DAY, company="GUILD", desk=lambda: desk)
    (home.partners / "first-harbor.toml").write_text(PROFILE + wishes.replace("OPER", "NONE"), encoding="utf-8")
    with pytest.raises(SettingsError, match="company HARBOR has no own account NONE"):
        made(home, "first-harbor", out, DAY, company="HARBOR", desk=lambda: desk)
