"""What a person puts on record: a cure begins a new series, a proof opens an account; both stand in the chain."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from formats.errors import DaybookError, GuardError, SettingsError
from pipelines.cli import proofs as cli
from pipelines.proofs import cure_entry, validate_account
from resources.database import Logins
from resources.desk import Desk as Place
from resources.home import Home
from resources.vault import Vault
from tests.support.bank import BANK, bank
from tests.support.desk import PRICE, Desk, members
from tests.support.seed import DAY, seed

BACK, NEXT = dt.date(2026, 10, 5), dt.date(2026, 10, 6)


@pytest.fixture
def place(logins: Logins, tmp_path: Path) -> Place:
    """An installation as the command line opens it."""
    return Place(Home(tmp_path / "var").make(), logins=logins)


def returned(logins: Logins, vault: Vault, code: str) -> Desk:
    """One draft that went out and came back."""
    desk = Desk(logins, vault, bank())
    world = members(vault, 1)
    world["master__bank_account"] = world["master__bank_account"][:1]
    seed(desk.record, **world)
    desk.night()
    desk.send()
    desk.day = BACK
    desk.come_back(desk.entries("premium")[0], code)
    return desk


@pytest.mark.parametrize(("code", "cause"), [("R07", "new_approval"), ("R08", "new_approval"), ("R11", "corrected")])
def test_a_cure_begins_a_new_series(place: Place, logins: Logins, vault: Vault, code: str, cause: str) -> None:
    desk = returned(logins, vault, code)
    assert desk.night(NEXT)["attempts"] == 0
    told = cure_entry(place, "HARBOR", 1, cause, actor=" ines ", reason="letter of 5 October", business_date=NEXT)
    assert told == {"company": "HARBOR", "entry": 1, "code": code, "cause": cause, "actor": "ines"}
    night = desk.night(NEXT)
    assert (night["new_series"], night["retries"], night["ach_debit_cents"]) == (1, 0, PRICE)
    assert desk.entries("premium")[-1]["description"] == "PREMIUM"  # it is no reinitiation
    assert desk.read("payments/check_accounts").is_empty()
    action = desk.look("SELECT actor, action, object, reason FROM audit.action WHERE action = 'cure'").row(0)
    assert action == ("ines", "cure", f"HARBOR: entry 1, returned {code}", f"{cause}: letter of 5 October")
    with pytest.raises(GuardError, match="ines has said already"):
        cure_entry(place, "HARBOR", 1, cause, actor="omar", reason="again", business_date=NEXT)


def test_a_third_return_of_a_series_needs_a_word_too(place: Place, logins: Logins, vault: Vault) -> None:
    desk = returned(logins, vault, "R01")
    for day in (dt.date(2026, 10, 13), dt.date(2026, 10, 26)):
        assert desk.night(day)["retries"] == 1
        desk.send()
        desk.day = day + dt.timedelta(days=3)
        desk.come_back(desk.entries("premium")[-1], "R01")
    last = desk.entries("premium")[-1]["entry_id"]
    assert desk.night(dt.date(2026, 11, 16))["retries"] == 0
    with pytest.raises(GuardError, match="tried again since"):
        cure_entry(place, "HARBOR", 1, "new_approval", actor="ines", reason="x", business_date=desk.day)
    cure_entry(place, "HARBOR", last, "new_approval", actor="ines", reason="x", business_date=desk.day)
    assert desk.night(desk.day)["new_series"] == 1


@pytest.mark.parametrize(
    ("code", "day", "says"),
    [
        ("R03", NEXT, "load the right one"),
        ("R07", NEXT, "needs a new approval"),
        ("R11", dt.date(2026, 12, 29), "within 60 days"),
    ],
)
def test_what_cannot_be_cured_is_refused_in_words(
    place: Place, logins: Logins, vault: Vault, *, code: str, day: dt.date, says: str
) -> None:
    returned(logins, vault, code)
    cause = "corrected"
    with pytest.raises(GuardError, match=says):
        cure_entry(place, "HARBOR", 1, cause, actor="ines", reason="x", business_date=day)
    for company, entry, actor, reason, words in (
        ("HARBOR", 9, "ines", "x", "no ACH entry 9"),
        ("NOBODY", 1, "ines", "x", "no company is called"),
        ("HARBOR", 1, " ", "x", "name of who does it"),
    ):
        with pytest.raises(DaybookError, match=words):
            cure_entry(place, company, entry, cause, actor=actor, reason=reason, business_date=day)


def test_a_proof_opens_an_account_that_waits_and_one_that_came_back(place: Place, logins: Logins, vault: Vault) -> None:
    desk = Desk(logins, vault, bank(prenote="new"))
    world = members(vault, 1)
    world["master__bank_account"] = [world["master__bank_account"][0] | {"given_on": DAY, "authorised": "web"}]
    seed(desk.record, **world)
    assert (desk.night()["ach_held"], len(desk.entries("premium"))) == (1, 0)
    proof = {"method": "service", "actor": "ines", "business_date": DAY}
    told = validate_account(place, "HARBOR", "B1", proof="report 12", **proof)
    assert told == {"company": "HARBOR", "account": "B1", "version": 1, "method": "service", "actor": "ines"}
    assert desk.night()["ach_held"] == 0
    assert [e["sec"] for e in desk.entries("premium")] == ["WEB"]
    with pytest.raises(GuardError, match="on record already"):
        validate_account(place, "HARBOR", "B1", proof="report 12", **proof)
    desk.send()
    desk.day = BACK
    desk.come_back(desk.entries("premium")[0], "R03")
    assert desk.night(NEXT)["new_series"] == 0
    validate_account(
        place, "HARBOR", "B1", proof="letter 3", **proof | {"method": "bank_letter", "business_date": NEXT}
    )
    assert (desk.night(NEXT)["new_series"], desk.read("payments/check_accounts").height) == (1, 0)
    for account, words in (("B9", "no account B9"), ("B1", "needs a reference")):
        with pytest.raises(DaybookError, match=words):
            validate_account(place, "HARBOR", account, proof=" ", **proof)


def test_the_commands_say_the_same(
    place: Place, logins: Logins, vault: Vault, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = returned(logins, vault, "R10")
    seed(
        desk.record, master__company_bank=[{"company_id": 1, "bank": BANK, "weight": 100, "monthly_cap_cents": 50_000}]
    )
    monkeypatch.setattr(cli, "open_desk", lambda: place)

    def said(name: str, *words: str) -> dict[str, object]:
        result = CliRunner().invoke(getattr(cli, name), [*words, "--json"], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        out: dict[str, object] = json.loads(capfd.readouterr().out)
        return out

    who = ["--as", "ines", "--date", "2026-10-06"]
    assert said("cure", "HARBOR", "1", "--cause", "new_approval", "--reason", "x", *who)["code"] == "R10"
    proved = said("validate_account", "HARBOR", "B1", "--method", "micro_entry", "--proof", "two cents", *who)
    assert (proved["account"], proved["version"]) == ("B1", 1)
    assert said("distribution", "--month", "2026-10") == {
        "month": "2026-10",
        "banks": [
            {"company": "HARBOR", "bank": BANK, "month": "2026-10", "weight": 100, "target_percent": 100.0,
             "actual_percent": 100.0, "entries": 1, "amount_cents": PRICE, "monthly_cap_cents": 50_000,
             "left_cents": 50_000 - PRICE}
        ],
    }  # fmt: skip
    assert CliRunner().invoke(cli.distribution, ["--month", "October"]).exit_code == 2
    with pytest.raises(SettingsError):
        cure_entry(place, "NOBODY", 1, "corrected", actor="ines", reason="x")
