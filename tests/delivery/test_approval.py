"""Approval: of these bytes, by as many people as the file asks for, none of them its maker; and void is void."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import psycopg
import pytest

from assets.delivery.approval import approve, decide
from formats.errors import DaybookError, GuardError
from resources.database import Logins, connect
from resources.record import Record
from resources.vault import Vault
from tests.delivery.conftest import MOMENT, Desk
from tests.delivery.files import CUT_OFF, put
from tests.support.bank import BANK, look
from tests.support.seed import seed

APPROVAL: LiteralString = (
    "INSERT INTO exchange.approval (company_id, file_id, sha256, created_by, approved_by, reason) "
    "VALUES (1, 1, %s, %s, %s, %s)"
)
EVENT: LiteralString = (
    "INSERT INTO exchange.event (company_id, file_id, event_no, state, actor, business_date, run_no) "
    "VALUES (1, 1, %s, %s, 'x', now(), 1)"
)
Refused = Callable[..., None]


@pytest.fixture
def company(record: Record) -> Record:
    seed(record, master__book=[{}], master__company=[{}])
    return record


@pytest.fixture
def refused(logins: Logins) -> Refused:
    """Whether the server itself refuses a statement to a login, in words that match."""

    def check(role: str, words: str, text: LiteralString, *values: object) -> None:
        with connect(getattr(logins, role)) as session:
            session.execute("SELECT set_config('daybook.companies', '{1}', false)")
            with pytest.raises((psycopg.errors.IntegrityError, psycopg.errors.InsufficientPrivilege), match=words):
                session.execute(text, values)

    return check


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def states(record: Record) -> list[str]:
    return look(record, "SELECT state FROM exchange.event ORDER BY file_id, event_no")["state"].to_list()


def test_a_file_waits_for_as_many_people_as_it_asks_for(company: Record, vault: Vault, logins: Logins) -> None:
    sha256 = digest(put(company, vault, approvals_needed=2))
    releaser = Record(logins.releaser)
    assert approve(releaser, 1, 1, sha256, "ruth") == "checked"
    assert states(company) == ["built", "checked"]
    for again in ("ruth", "RUTH ", " Ruth"):
        with pytest.raises(GuardError, match="has approved it already, it needs 1 more by somebody else"):
            approve(releaser, 1, 1, sha256, again)
    with pytest.raises(GuardError, match="somebody else than its maker"):
        approve(releaser, 1, 1, sha256, "Night")
    assert approve(releaser, 1, 1, sha256, "saul", reason="looked at") == "approved"
    assert states(company) == ["built", "checked", "approved"]
    with pytest.raises(GuardError, match="the file is approved, only a checked one"):
        approve(releaser, 1, 1, sha256, "tom")
    actions = look(company, "SELECT actor, action, reason FROM audit.action ORDER BY action_no").rows()
    assert actions == [("ruth", "approve", ""), ("saul", "approve", "looked at")]


def test_people_who_approve_at_once_count_once_each(company: Record, vault: Vault, logins: Logins) -> None:
    sha256 = digest(put(company, vault, approvals_needed=3))

    def one(who: str) -> str:
        try:
            return approve(Record(logins.releaser), 1, 1, sha256, who)
        except GuardError as error:
            return str(error)

    with ThreadPoolExecutor(8) as threads:
        said = list(threads.map(one, ["ruth", "saul", "tom", "Ruth", "Saul", "Tom", "una", "vic"]))
    assert sorted(s for s in said if s in {"checked", "approved"}) == ["approved", "checked", "checked"]
    assert states(company) == ["built", "checked", "approved"]
    assert look(company, "SELECT DISTINCT lower(approved_by) FROM exchange.approval").height == 3


def test_the_server_itself_counts_people(company: Record, vault: Vault, refused: Refused, logins: Logins) -> None:
    sha256 = digest(put(company, vault, approvals_needed=2))
    for state in ("approved", "sending", "sent"):  # nobody, then one of two
        refused("releaser", "has not all its approvals", EVENT, 3, state)
        refused("runtime", "has not all its approvals", EVENT, 3, state)
    approve(Record(logins.releaser), 1, 1, sha256, "ruth")
    for state in ("approved", "sending", "sent"):
        refused("releaser", "has not all its approvals", EVENT, 3, state)
        refused("runtime", "has not all its approvals", EVENT, 3, state)
    refused("releaser", "approval_pkey", APPROVAL, sha256, "night", "ruth", "")
    refused("releaser", "approver_once", APPROVAL, sha256, "night", " RUTH", "")
    refused("releaser", "violates check constraint", APPROVAL, sha256, "night", "night", "")
    refused("releaser", "violates check constraint", APPROVAL, sha256, "night", "Night ", "")
    refused("releaser", "violates check constraint", APPROVAL, sha256, "night", " ", "")
    refused("releaser", "violates foreign key", APPROVAL, sha256, "somebody", "night", "")
    refused("releaser", "violates foreign key", APPROVAL, digest(b"other"), "night", "saul", "")
    refused("runtime", "permission denied", APPROVAL, sha256, "night", "saul", "")
    refused("runtime", "permission denied", "UPDATE exchange.file SET approvals_needed = 1")
    refused("releaser", "permission denied", "DELETE FROM exchange.approval")
    refused("owner", "is refused: rows here are never changed", "UPDATE exchange.approval SET approved_by = 'saul'")


def test_possible_doubles_need_a_reason(company: Record, vault: Vault, refused: Refused, logins: Logins) -> None:
    sha256 = digest(put(company, vault, questions=2))
    with pytest.raises(GuardError, match="2 of its entries may be doubles"):
        approve(Record(logins.releaser), 1, 1, sha256, "ruth", reason="  ")
    refused("releaser", "its approval needs a reason", APPROVAL, sha256, "night", "ruth", " ")
    assert approve(Record(logins.releaser), 1, 1, sha256, "ruth", reason="two policies, one price") == "approved"


def test_a_void_file_stays_void(company: Record, vault: Vault, refused: Refused, logins: Logins) -> None:
    sha256 = digest(put(company, vault))
    releaser = Record(logins.releaser)
    decide(releaser, 1, 1, "void", actor="ruth", reason="wrong amounts")
    with pytest.raises(GuardError, match="the file is void, only a checked one"):
        approve(releaser, 1, 1, sha256, "saul")
    for state in ("sent", "failed", "void"):
        with pytest.raises(GuardError, match=f"a file that is void can't be declared {state}"):
            decide(releaser, 1, 1, state, actor="ruth", reason="after all")
    refused("releaser", "is not one that waits for approval", APPROVAL, sha256, "night", "saul", "")
    for state in ("checked", "failed", "unknown", "void", "acknowledged"):
        refused("releaser", "is void for ever", EVENT, 4, state)
        refused("runtime", "is void for ever", EVENT, 9, state)
    assert states(company) == ["built", "checked", "void"]


def test_what_may_have_left_is_not_made_void(company: Record, vault: Vault, refused: Refused, logins: Logins) -> None:
    sha256 = digest(put(company, vault))
    releaser = Record(logins.releaser)
    approve(releaser, 1, 1, sha256, "ruth")
    for number, state in enumerate(("sending", "sent", "acknowledged"), start=4):
        with connect(logins.runtime) as session:
            session.execute("SELECT set_config('daybook.companies', '{1}', false)")
            session.execute(EVENT, (number, state))
        with pytest.raises(GuardError, match=f"a file that is {state} can't be declared void"):
            decide(releaser, 1, 1, "void", actor="ruth", reason="wrong amounts")
        refused("releaser", f"is {state}: it may have left", EVENT, number + 1, "void")
        refused("runtime", f"is {state}: it may have left", EVENT, number + 1, "void")


def test_entries_of_other_files_stay_in_the_books(company: Record, vault: Vault, refused: Refused) -> None:
    put(company, vault)
    entry = {
        "company_id": 1, "entry_id": 7, "file_id": 1, "batch_number": 1, "purpose": "premium", "source_id": 1,
        "attempt_no": 1, "sec": "PPD", "description": "PREMIUM", "transaction_code": 27, "account_id": 1,
        "amount_cents": 100, "individual_id": "1", "trace_number": "0" * 15, "effective_date": MOMENT.date(),
        "business_date": MOMENT.date(), "journal_id": 1,
    }  # fmt: skip
    seed(company, payments__ach_entry=[entry])
    voided = "INSERT INTO payments.voided (company_id, entry_id, business_date, run_no) VALUES (1, %s, now(), 1)"
    refused("runtime", "file 1 of company 1 is not void", voided, 7)
    refused("runtime", "is not void", voided, 8)  # no such entry
    again = (
        "INSERT INTO payments.ach_entry SELECT company_id, 8, file_id, batch_number, purpose, source_id, attempt_no, "
        "sec, description, transaction_code, account_id, amount_cents, individual_id, '000000000000001', "
        "effective_date, business_date, journal_id, run_no, now(), {} FROM payments.ach_entry"
    )
    refused("runtime", "is in a file that is not void", again.format(2))
    refused("runtime", "unique constraint", again.format(1))


def test_of_a_void_and_an_approval_at_once_one_is_refused(company: Record, vault: Vault, logins: Logins) -> None:
    for number in range(1, 7):
        sha256 = digest(put(company, vault, number))

        def void(file: int = number) -> None:
            decide(Record(logins.releaser), 1, file, "void", actor="ruth", reason="wrong")

        def allow(file: int = number, these: bytes = sha256) -> str:
            return approve(Record(logins.releaser), 1, file, these, "saul")

        with ThreadPoolExecutor(2) as threads:
            done = [threads.submit(work) for work in ((void, allow) if number % 2 else (allow, void))]
        errors = [d.exception() for d in done]
        assert all(e is None or isinstance(e, DaybookError) for e in errors)
    last = look(company, "SELECT DISTINCT ON (file_id) state FROM exchange.event ORDER BY file_id, event_no DESC")
    assert set(last["state"]) == {"void"}  # an approved one may still be made void, never the other way round


def test_sent_by_hand_demands_approval_and_is_told(
    company: Record, vault: Vault, refused: Refused, logins: Logins
) -> None:
    sha256 = digest(put(company, vault, send_by=CUT_OFF, approvals_needed=2))
    releaser = Record(logins.releaser)
    reason = "SFTP is down, uploaded at the bank's counter"
    for _ in range(2):
        with pytest.raises(GuardError, match="a file that is checked can't be declared sent"):
            decide(releaser, 1, 1, "sent", actor="ruth", reason=reason)
        refused("releaser", "has not all its approvals", EVENT, 3, "sent")
        if not look(company, "SELECT 1 FROM exchange.approval").height:
            approve(releaser, 1, 1, sha256, "ruth")
    approve(releaser, 1, 1, sha256, "saul")
    decide(releaser, 1, 1, "sent", actor="ruth", reason=reason)
    files = company.read("delivery/files_of_date", companies=[1], business_date=MOMENT.date())
    assert files.select("state", "note", "approvers").rows() == [("sent", f"by hand: {reason}", ["ruth", "saul"])]
    action = look(company, "SELECT actor, action, object, reason FROM audit.action ORDER BY action_no DESC LIMIT 1")
    assert action.rows() == [("ruth", "declare sent", "file 1 of company 1, was approved", reason)]
    assert company.read("audit/check_chain").is_empty()  # each action's hash covers the one before


def test_a_file_past_its_cut_off_is_not_sent(desk: Desk, company: Record) -> None:
    data = put(company, desk.vault, send_by=CUT_OFF)
    for hours, warned in ((3, []), (1, ["f1.txt of HARBOR waits for approval, to be sent by 2026-10-01 18:00 UTC"])):
        before = CUT_OFF - dt.timedelta(hours=hours)
        found = company.read("delivery/unapproved", companies=[1], business_date=MOMENT.date(), as_of=before)
        assert found["detail"].to_list() == warned
    open_end = put(company, desk.vault, 2)  # a vendor's file has no cut-off
    for number, content in ((1, data), (2, open_end)):
        approve(desk.releaser, 1, number, digest(content), "ruth")
    late = desk.send(CUT_OFF + dt.timedelta(seconds=1)).totals
    assert (late["files_late"], late["files_sent"]) == (1, 1)
    assert desk.send(CUT_OFF + dt.timedelta(hours=1)).totals["files_late"] == 1  # said once, counted each time
    told = look(company, "SELECT state, detail FROM exchange.event WHERE file_id = 1 AND event_no > 3").rows()
    (only,) = told
    assert only[0] == "approved"
    assert only[1].startswith(
        "missed its cut-off of 2026-10-01 18:00 UTC and was not sent: make it void and cut it again"
    )
    alerts = company.read(
        "delivery/unapproved", companies=[1], business_date=MOMENT.date(), as_of=CUT_OFF + dt.timedelta(1)
    )
    assert alerts["key"].to_list() == ["missed_cut_off/HARBOR/1"]
    assert desk.send(CUT_OFF).totals["files_sent"] == 1  # the very moment is in time
    assert desk.world.opened() == {"f1.txt.pgp": data, "f2.txt.pgp": open_end}


def test_banks_are_served_before_vendors_that_may_not_answer(desk: Desk, company: Record) -> None:
    for number, partner, cut_off in (
        (1, "evergreen", None),
        (2, BANK, CUT_OFF),
        (3, "evergreen", None),
        (4, BANK, None),
    ):
        data = put(company, desk.vault, number, partner=partner, send_by=cut_off)
        approve(desk.releaser, 1, number, digest(data), "ruth")
    waiting = company.read("delivery/files_to_send", companies=[1])
    assert waiting["file_id"].to_list() == [2, 4, 1, 3]
    assert desk.send().totals["files_sent"] == 4


def test_a_late_file_can_be_made_void(desk: Desk, company: Record) -> None:
    data = put(company, desk.vault, send_by=CUT_OFF)
    approve(desk.releaser, 1, 1, digest(data), "ruth")
    desk.send(CUT_OFF + dt.timedelta(1))
    decide(desk.releaser, 1, 1, "void", actor="ruth", reason="missed its cut-off")
    assert desk.send(CUT_OFF).totals == dict.fromkeys(desk.send(CUT_OFF).totals, 0)
    assert desk.world.opened() == {}


def test_other_bytes_or_other_sums_do_not_leave(desk: Desk, company: Record) -> None:
    whole = put(company, desk.vault)
    flipped = bytearray(whole)
    at = whole.index(b"\n627") + 1 + 29  # the amount of the first entry
    flipped[at + 9] ^= 1
    put(company, desk.vault, 2, stored=bytes(flipped))
    put(company, desk.vault, 3, debit_cents=1)  # the registry and the bytes tell two stories
    registered = look(company, "SELECT file_id, sha256 FROM exchange.file")
    for number, sha256 in registered.iter_rows():
        approve(desk.releaser, 1, number, sha256, "ruth")
    assert desk.send().totals["files_failed"] == 2
    told = look(company, "SELECT detail FROM exchange.event WHERE state = 'failed' ORDER BY file_id")["detail"]
    assert told[0].startswith("the stored bytes are not the approved ones")
    assert "debit_cents 60003 in the file, 1 in the record" in told[1]
    assert desk.world.opened() == {"f1.txt.pgp": whole}
