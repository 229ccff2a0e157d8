"""Approval and release: four eyes by constraint, and one file at the bank whatever happens on the way."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from assets.delivery.approval import approve, decide
from assets.delivery.release import release
from assets.payments.originate import originate
from assets.steps import run_step
from formats.errors import GuardError, RecordError
from resources import transport
from resources.database import Logins
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.delivery.conftest import MOMENT, Desk
from tests.support.bank import BANK, accounts, attempt, bank, look
from tests.support.hanging_gpg import hang
from tests.support.seed import night, seed

NAME = "HARBOR_nacha_20261001_01.txt"


@pytest.mark.parametrize("act", ["--import", "--encrypt"])
def test_a_gpg_that_hangs_fails_the_file_and_the_next_release_sends_it(
    act: str, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = approved(desk)
    with monkeypatch.context() as patch:
        gpg = hang(tmp_path, patch, act)
        assert desk.send().totals["files_failed"] == 1
    assert gpg.slept()
    assert gpg.alive() == []
    state, detail = states(desk.record)[-1]
    assert state == "failed"
    assert f"gpg did not answer within 3 seconds and was ended; nothing was made or opened ({BANK})" in detail
    assert desk.world.opened() == {}
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {f"{NAME}.pgp": data}


class KilledError(Exception):
    """Stands for kill -9: nothing of ours catches it."""


def built(record: Record, vault: Vault) -> bytes:
    """One company's checked ACH file; its bytes."""
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, "12345", "67890"),
        payments__attempt=[attempt(1), attempt(2)],
    )
    run_step(record, night(record), "payments.originate", functools.partial(originate, partners=bank(), vault=vault))
    sealed = look(record, "SELECT sealed FROM exchange.content").item()
    return vault.open_bytes(1, FILE_OUT, sealed)


def approved(desk: Desk) -> bytes:
    data = built(desk.record, desk.vault)
    approve(desk.releaser, 1, 1, hashlib.sha256(data).digest(), "ruth", reason="looked at")
    return data


def states(record: Record) -> list[tuple[str, str]]:
    return look(record, "SELECT state, detail FROM exchange.event ORDER BY event_no").rows()


SENT = [
    ("built", ""),
    ("checked", ""),
    ("approved", ""),
    ("sending", ""),
    ("sending", "renaming"),
    ("sent", "delivered and verified"),
]


def test_an_approved_file_arrives_once(desk: Desk) -> None:
    data = built(desk.record, desk.vault)
    assert desk.send().totals["files_sent"] == 0  # nobody has approved it
    digest = hashlib.sha256(data).digest()
    with pytest.raises(GuardError, match="not the ones shown"):
        approve(desk.releaser, 1, 1, hashlib.sha256(b"other").digest(), "ruth")
    with pytest.raises(GuardError, match="somebody else than its maker"):
        approve(desk.releaser, 1, 1, digest, "night")
    approve(desk.releaser, 1, 1, digest, "ruth", reason="looked at")
    with pytest.raises(GuardError, match="only a checked one"):
        approve(desk.releaser, 1, 1, digest, "ruth")
    assert desk.send().totals == {
        "files_sent": 1,
        "files_failed": 0,
        "files_unknown": 0,
        "files_waiting": 0,
        "files_late": 0,
    }
    assert desk.world.opened() == {f"{NAME}.pgp": data}
    assert desk.send().totals["files_sent"] == 0
    assert states(desk.record) == SENT
    receipt = look(
        desk.record,
        "SELECT r.remote_path, r.sha256 = p.sha256 FROM exchange.receipt r JOIN exchange.parcel p USING (file_id)",
    )
    assert receipt.rows() == [(f"inbox/{NAME}.pgp", True)]
    action = look(desk.record, "SELECT actor, action, reason FROM audit.action").rows()
    assert action == [("ruth", "approve", "looked at")]


def test_nobody_approves_alone_in_plain_sql_either(record: Record, vault: Vault, logins: Logins) -> None:
    data = built(record, vault)
    digest = hashlib.sha256(data).digest()
    approval = (
        "INSERT INTO exchange.approval (company_id, file_id, sha256, created_by, approved_by) VALUES (1, 1, %s, %s, %s)"
    )

    def refused(uri: str, error: type[psycopg.Error], text: str, *values: object) -> None:
        with psycopg.connect(uri) as connection:
            connection.execute("SELECT set_config('daybook.companies', '{1}', true)")
            with pytest.raises(error):
                connection.execute(text, values)

    # The maker; the maker under another name; other bytes; the program that makes files.
    refused(logins.releaser, psycopg.errors.CheckViolation, approval, digest, "night", "night")
    refused(logins.releaser, psycopg.errors.ForeignKeyViolation, approval, digest, "somebody", "night")
    refused(logins.releaser, psycopg.errors.ForeignKeyViolation, approval, b"x" * 32, "night", "ruth")
    refused(logins.runtime, psycopg.errors.InsufficientPrivilege, approval, digest, "night", "ruth")
    # Sending without approval, and changing a file afterwards.
    event = "INSERT INTO exchange.event (company_id, file_id, event_no, state, actor, business_date, run_no) "
    refused(logins.runtime, psycopg.errors.CheckViolation, event + "VALUES (1, 1, 9, 'sending', 'x', now(), 1)")
    refused(logins.runtime, psycopg.errors.InsufficientPrivilege, "UPDATE exchange.file SET sha256 = %s", b"x" * 32)
    refused(logins.releaser, psycopg.errors.InsufficientPrivilege, "UPDATE exchange.approval SET approved_by = 'x'")


MOMENTS = [
    ("uploading", "before"),
    ("uploaded", "after"),
    ("verified", "after"),
    ("renaming", "before"),
    ("renaming", "after"),
    ("sent", "before"),
    ("sent", "after"),
]


@pytest.mark.parametrize("moment", MOMENTS, ids="-".join)
def test_killed_at_any_step_it_still_arrives_once(
    moment: tuple[str, str], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, when = moment
    data = approved(desk)
    real = transport.deliver

    def killed(endpoint: Any, what: bytes, name: str, on_step: Callable[[str], None], **more: Any) -> Any:
        def note(now: str) -> None:
            if now == step and when == "before":
                raise KilledError(step)
            on_step(now)
            if now == step:
                raise KilledError(step)

        return real(endpoint, what, name, note, **more)

    monkeypatch.setattr(transport, "deliver", killed)
    with pytest.raises(KilledError):
        desk.send()
    monkeypatch.setattr(transport, "deliver", real)
    again = desk.send().totals
    # After `renaming` the record can't tell whether the request was made; our verified upload still lies there under
    # its temporary name, so asking again is safe.
    assert again["files_sent"] == 1
    assert desk.world.opened() == {f"{NAME}.pgp": data}
    assert states(desk.record) == SENT


def test_killed_after_the_file_is_packed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    data = approved(desk)

    def killed(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(transport, "deliver", killed)
        with pytest.raises(KilledError):
            desk.send()
    parcel = look(desk.record, "SELECT sha256 FROM exchange.parcel").item()
    desk.send()
    assert desk.world.opened() == {f"{NAME}.pgp": data}
    assert hashlib.sha256((desk.world.box("inbox") / f"{NAME}.pgp").read_bytes()).digest() == parcel
    assert states(desk.record) == SENT


def test_a_lost_answer_is_unknown_until_a_person_decides(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    data = approved(desk)
    real = transport.deliver

    def taken_at_once(endpoint: Any, what: bytes, name: str, on_step: Callable[[str], None], **more: Any) -> Any:
        def note(now: str) -> None:
            on_step(now)
            if now == "renaming":  # the bank takes the file the moment it is there, and we die before hearing of it
                for path in desk.world.box("inbox").iterdir():
                    path.unlink()
                raise KilledError

        return real(endpoint, what, name, note, **more)

    with monkeypatch.context() as patch:
        patch.setattr(transport, "deliver", taken_at_once)
        with pytest.raises(KilledError):
            desk.send()
    assert desk.send().totals["files_unknown"] == 1
    assert desk.send().totals["files_unknown"] == 0  # and it is left alone
    assert list(desk.world.box("inbox").iterdir()) == []
    releaser = desk.releaser
    with pytest.raises(GuardError, match="a name and a reason"):
        decide(releaser, 1, 1, "failed", actor="ruth", reason="")
    decide(releaser, 1, 1, "failed", actor="ruth", reason="the bank says by telephone that it has nothing")
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {f"{NAME}.pgp": data}
    with pytest.raises(GuardError, match="can't be declared void"):
        decide(releaser, 1, 1, "void", actor="ruth", reason="too late")


def test_a_bank_out_of_reach_is_a_failure_that_is_tried_again(desk: Desk) -> None:
    data = approved(desk)
    bank_there = desk.world.partners[BANK]
    nowhere = bank_there.sftp.model_copy(update={"port": 9})
    run = night(desk.record)
    out = release(desk.record, run, {BANK: bank_there.model_copy(update={"sftp": nowhere})}, desk.vault, MOMENT)
    assert out.totals["files_failed"] == 1
    assert release(desk.record, run, {}, desk.vault, MOMENT).totals["files_failed"] == 1  # no profile at all
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {f"{NAME}.pgp": data}


def test_a_file_that_is_not_there_can_not_be_approved(record: Record, logins: Logins) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    with pytest.raises(RecordError, match="has no file 7"):
        approve(Record(logins.releaser), 1, 7, b"", "ruth")
