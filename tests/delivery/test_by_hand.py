"""What people do at the desk: approve what they were shown, cut a file again, find the file an entry left in."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assets.delivery.release import release
from assets.payments.originate import originate
from assets.steps import run_step
from formats.errors import GuardError, SettingsError
from pipelines.approvals import approve_checked, decide, recut
from pipelines.cli.main import cli
from pipelines.nights import listed_files
from pipelines.tables import release_text
from pipelines.tracing import trace_entries
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.vault import Vault
from tests.delivery.files import put
from tests.support.bank import accounts, attempt, bank, look
from tests.support.seed import DAY, night, seed

NUMBERS = ("4400012345", "4400067890", "4400011223")
LATER = dt.datetime(2026, 10, 2, 15, 0, tzinfo=dt.UTC)  # the next morning where the bank is


@pytest.fixture
def desk(logins: Logins, vault: Vault, tmp_path: Path) -> Desk:
    """An installation with one company, three members' drafts of the night, and a bank that takes files until eight."""
    made = Desk(Home(tmp_path / "var").make(), logins=logins)
    made.__dict__.update(vault=vault, partners=bank())
    people = [{"person_id": n, "code": f"M{n}"} for n in (1, 2, 3)]
    child = {"person_id": 4, "code": "M4", "subscriber_id": 1, "relationship": "child"}
    owned = [row | {"person_id": n} for n, row in enumerate(accounts(vault, *NUMBERS), start=1)]
    invoices = [
        {"company_id": 1, "invoice_id": 100 + n, "person_id": n, "kind": "individual", "bill_date": DAY,
         "due_date": DAY, "total_cents": 10_000 + n} for n in (1, 2, 3)
    ]  # fmt: skip
    seed(
        made.record,
        master__book=[{}],
        master__company=[{}],
        master__person=[*people, child],
        master__bank_account=owned,
        billing__invoice=invoices,
        payments__attempt=[attempt(n) for n in (1, 2, 3)],
    )
    step = functools.partial(originate, partners=made.partners, vault=vault)
    run_step(made.record, night(made.record), "payments.originate", step)
    return made


def story(desk: Desk, **asked: Any) -> list[str]:
    return [row["story"] for row in trace_entries(desk, **asked)["entries"]]


def test_an_approver_sees_what_he_approves(desk: Desk) -> None:
    (file,) = listed_files(desk, DAY)
    shown = {
        "records": 3, "debit_cents": 30_006, "credit_cents": 0, "effective_from": "2026-10-02",
        "effective_to": "2026-10-02", "send_by": "2026-10-02T00:00Z", "approvals_needed": 1, "approvals": 0,
        "questions": 0, "doubles": [],
    }  # fmt: skip
    assert shown == {key: file[key] for key in shown}
    with pytest.raises(GuardError, match="somebody else than its maker"):
        approve_checked(desk, DAY, "night")
    (done,) = approve_checked(desk, DAY, "ruth", company="HARBOR", file_id=1)
    assert (done["state"], done["approvers"]) == ("approved", ["ruth"])
    assert approve_checked(desk, DAY, "saul") == []
    text = release_text([done])
    assert "1 of 1" in text
    assert "300.06" in text
    assert "2026-10-02T00:00Z" in text


def test_one_of_several_files_and_doubles(desk: Desk, vault: Vault) -> None:
    put(desk.record, vault, 2, sequence=2, approvals_needed=2)
    put(desk.record, vault, 3, sequence=3, questions=1)
    with pytest.raises(SettingsError, match="file numbers count per company"):
        approve_checked(desk, DAY, "ruth", file_id=2)
    with pytest.raises(SettingsError, match="HARBOR has no file 9 of 2026-10-01"):
        approve_checked(desk, DAY, "ruth", company="HARBOR", file_id=9)
    with pytest.raises(SettingsError, match="no company is called HARBUR"):
        approve_checked(desk, DAY, "ruth", company="HARBUR")
    with pytest.raises(GuardError, match=r"needs a reason to be approved: f3\.txt"):
        approve_checked(desk, DAY, "ruth")  # and nothing of it is approved
    assert {f["state"] for f in listed_files(desk, DAY)} == {"checked"}
    (half,) = approve_checked(desk, DAY, "ruth", company="HARBOR", file_id=2)
    assert (half["state"], half["approvals"], half["approvals_needed"]) == ("checked", 1, 2)
    rest = approve_checked(desk, DAY, "ruth", reason="one price, two policies")
    assert [(f["file_id"], f["state"]) for f in rest] == [(1, "approved"), (3, "approved")]
    assert [f["file_id"] for f in approve_checked(desk, DAY, "saul")] == [2]


def test_a_missed_cut_off_is_cut_again_in_one_go(desk: Desk) -> None:
    told = recut(desk, "HARBOR", 1, actor="ruth", reason="missed the evening cut-off", as_of=LATER)
    (file,) = told.pop("files")
    assert told == {
        "company": "HARBOR", "void": "HARBOR_nacha_20261001_01.txt", "business_date": "2026-10-02", "voided": 3,
        "entries": 3, "quarantined": 0,
    }  # fmt: skip
    assert (file["name"], file["created_by"], file["effective_from"], file["send_by"]) == (
        "HARBOR_nacha_20261002_01.txt", "ruth", "2026-10-05", "2026-10-03T00:00Z",
    )  # fmt: skip
    assert desk.record.read("ledger/check_subledgers", companies=[1], business_date=LATER.date()).is_empty()
    # Asked once more it cuts nothing: what stands is in the new file.
    again = recut(desk, "HARBOR", 1, actor="ruth", reason="missed the evening cut-off", as_of=LATER)
    assert (again["voided"], again["entries"], again["files"]) == (0, 0, [])
    actions = look(desk.record, "SELECT actor, action, reason FROM audit.action").rows()
    assert actions == [("ruth", "declare void", "missed the evening cut-off")]
    with pytest.raises(GuardError, match="somebody else than its maker"):
        approve_checked(desk, LATER.date(), "Ruth")
    approve_checked(desk, LATER.date(), "saul")
    decide(desk, "HARBOR", 2, "sent", actor="saul", reason="SFTP down, taken to the bank")
    with pytest.raises(GuardError, match="a file that is sent can't be declared void"):
        recut(desk, "HARBOR", 2, actor="ruth", reason="too late", as_of=LATER)
    with pytest.raises(GuardError, match="HARBOR has no ACH file 7"):
        recut(desk, "HARBOR", 7, actor="ruth", reason="which?", as_of=LATER)


def test_which_file_did_my_entry_go_in(desk: Desk) -> None:
    recut(desk, "HARBOR", 1, actor="ruth", reason="wrong day", as_of=LATER)
    approve_checked(desk, LATER.date(), "saul")
    decide(desk, "HARBOR", 2, "sent", actor="saul", reason="SFTP down")
    back = {
        "company_id": 1, "entry_id": 4, "sha256": b"r", "position": 1, "code": "R02", "amount_cents": 10_001,
        "settlement_date": DAY, "after_settlement": False, "business_date": LATER.date(), "journal_id": 1,
    }  # fmt: skip
    notice = {"company_id": 1, "entry_id": 5, "sha256": b"n", "position": 1, "code": "C01", "outcome": "applied",
              "business_date": LATER.date()}  # fmt: skip
    undo = {
        "company_id": 1, "instruction_id": 1, "purpose": "reversal", "subject": "6", "direction": "credit",
        "account_code": "B3", "account_id": 3, "amount_cents": 10_003, "sec": "PPD", "description": "REVERSAL",
        "individual_id": "103", "wanted_date": LATER.date(), "requested_by": "ruth", "reverses": 6,
        "business_date": LATER.date(),
    }  # fmt: skip
    seed(desk.record, returns__returned=[back], returns__notice=[notice], payments__instruction=[undo])

    first, second = trace_entries(desk, invoice=101)["entries"]
    assert (first["file"], first["modifier"], first["batch_number"], first["trace_number"]) == (
        "HARBOR_nacha_20261001_01.txt", "A", 1, "011000010000001",
    )  # fmt: skip
    assert (second["entry_id"], second["cut"], second["account_last4"]) == (4, 2, "2345")
    assert first["story"] == (
        "in a file that is void (by hand: wrong day), out of the books on 2026-10-02, cut again as entry 4"
    )
    assert second["story"] == "sent by hand: SFTP down, returned on 2026-10-02: R02 account closed"
    assert story(desk, entry=5) == ["sent by hand: SFTP down, notice C01 account number"]
    # A trace number comes back on another day: both answer, with their days.
    assert story(desk, trace="011000010000001") == [first["story"], second["story"]]
    assert [e["entry_id"] for e in trace_entries(desk, member="M1")["entries"]] == [1, 4]
    assert [e["entry_id"] for e in trace_entries(desk, member="M4")["entries"]] == [1, 4]  # through the subscriber
    assert [e["entry_id"] for e in trace_entries(desk, amount_cents=10_003, company="HARBOR")["entries"]] == [3, 6]
    assert trace_entries(desk, invoice=101, amount_cents=10_003) == {"entries": [], "waiting": []}
    # Asked for and in no file yet: the reversal of the third.
    (waits,) = trace_entries(desk, member="M3")["waiting"]
    assert (waits["about"], waits["amount_cents"], waits["reason"]) == ("reversal 6", 10_003, None)
    with pytest.raises(SettingsError, match="say which entry"):
        trace_entries(desk)
    with pytest.raises(SettingsError, match="no company is called HARBUR"):
        trace_entries(desk, company="HARBUR", invoice=1)


def test_the_commands_say_it_in_words_and_in_json(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for module in ("files", "tracing"):
        monkeypatch.setattr(f"pipelines.cli.{module}.open_desk", lambda: desk)

    def say(*words: str) -> str:
        cli.main(words, standalone_mode=False)
        return capfd.readouterr().out

    day = str(DAY)
    assert json.loads(say("files", "--date", day, "--approval", "--json"))["files"][0]["approvals_needed"] == 1
    again = say("recut", "HARBOR", "1", "--as", "ruth", "--reason", "wrong day", "--as-of", LATER.isoformat())
    assert "HARBOR_nacha_20261001_01.txt is void: 3 entries left the books, 3 were cut" in again
    assert "by hand: wrong day" in say("files", "--date", day)
    assert "no file waits for your approval" in say("approve", "--date", day, "--as", "saul")
    approved = say("approve", "--date", "2026-10-02", "--as", "saul", "--company", "HARBOR", "--file", "2")
    assert "1 files approved by saul" in approved
    found = json.loads(say("trace", "--invoice", "101", "--json"))
    assert [e["cut"] for e in found["entries"]] == [1, 2]
    shown = say("trace", "--company", "HARBOR", "--amount", "100.01")
    assert "HARBOR_nacha_20261002_01.txt" in shown
    assert not [number for number in NUMBERS if number in shown or number in json.dumps(found)]


def test_release_says_what_became_of_each_file(
    desk: Desk, vault: Vault, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also of one of another day that still had to leave; and what did not arrive is an exit status."""
    before = DAY - dt.timedelta(days=1)
    for number, day in ((2, before), (3, DAY), (4, before), (5, DAY)):
        put(desk.record, vault, number, business_date=day, sequence=number)
    for day in (before, DAY):
        approve_checked(desk, day, "ruth")
    told = {"company_id": 1, "actor": "release", "business_date": before, "state": "sending", "detail": "renaming"}
    seed(desk.record, exchange__event=[{**told, "file_id": 3, "event_no": 4}])
    for number, state in ((1, "sent"), (4, "sent"), (5, "void")):
        decide(desk, "HARBOR", number, state, actor="saul", reason="by telephone")

    @contextmanager
    def runner(*_: object) -> Iterator[Any]:
        def send(business_date: dt.date, book: str) -> None:
            release(desk.record, night(desk.record), desk.partners, vault, LATER)

        yield SimpleNamespace(release=send)

    monkeypatch.setattr("pipelines.cli.nights.open_desk", lambda: desk)
    monkeypatch.setattr("pipelines.cli.nights.open_runner", runner)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["release", "--date", str(DAY), "--json"], standalone_mode=False)
    assert stopped.value.code == 1
    said = capfd.readouterr()
    listed = {f["file_id"]: f["state"] for f in json.loads(said.out)["files"]}
    assert listed == {2: "failed", 1: "sent", 3: "sending", 5: "void"}  # 4 left yesterday
    assert "daybook: f2.txt to first-harbor is failed: the profile was not read from a folder" in said.err
    assert "they do not have it; release again" in said.err
    assert "f3.txt to first-harbor is sending: it could not be looked for at theirs, and may be there" in said.err
    assert said.err.count("daybook: ") == 2
