"""While a file is underway nobody says another thing about it, and what is found out later is not overwritten."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from assets.delivery.approval import approve, decide
from assets.delivery.release import release
from formats.errors import GuardError, UnreachableError
from resources import transport
from resources.line import LineLostError
from resources.record import Record
from resources.session import Session
from tests.delivery.conftest import MOMENT, Desk
from tests.delivery.files import put
from tests.delivery.test_release import KilledError, states
from tests.support.bank import BANK, look
from tests.support.seed import DAY, night, seed

Hook = Callable[[str], None]


@pytest.fixture
def data(desk: Desk) -> bytes:
    """The bytes of one approved file, f1.txt."""
    seed(desk.record, master__book=[{}], master__company=[{}])
    data = put(desk.record, desk.vault)
    approve(desk.releaser, 1, 1, hashlib.sha256(data).digest(), "ruth")
    return data


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have something happen before or after a step of the delivery is told."""
    real = transport.deliver

    def happen(step: str, *, before: Hook = lambda _: None, after: Hook = lambda _: None) -> None:
        def deliver(endpoint: Any, what: bytes, name: str, on_step: Hook, **more: Any) -> Any:
            def note(now: str) -> None:
                if now == step:
                    before(now)
                on_step(now)
                if now == step:
                    after(now)

            return real(endpoint, what, name, note, **more)

        monkeypatch.setattr(transport, "deliver", deliver)

    return happen


def event(record: Record, state: str) -> None:
    """What the partner's answer, or a release of another process, adds to the file's history."""
    number = look(record, "SELECT max(event_no) AS n FROM exchange.event").item() + 1
    row = {"company_id": 1, "file_id": 1, "event_no": number, "state": state, "actor": "x", "business_date": DAY}
    seed(record, exchange__event=[row])


def test_a_decision_waits_for_the_release_that_is_at_it(desk: Desk, data: bytes, at_step: Callable[..., None]) -> None:
    """Else a file declared sent by hand would leave a second time, or one that leaves would be cut again as void."""
    said: list[str] = []

    def person(state: str) -> None:
        try:
            decide(desk.releaser, 1, 1, state, actor="ruth", reason="taken to the bank")
        except GuardError as error:
            said.append(error.what)

    people = [threading.Thread(target=person, args=(state,)) for state in ("sent", "void")]

    def ask(_: str) -> None:
        for each in people:
            each.start()
        time.sleep(0.5)
        assert [each.is_alive() for each in people] == [True, True]

    at_step("verified", before=ask)
    assert desk.send().totals["files_sent"] == 1
    for each in people:
        each.join(20)
    assert sorted(said) == ["a file that is sent can't be declared sent", "a file that is sent can't be declared void"]
    assert desk.world.opened() == {"f1.txt.pgp": data}
    assert [state for state, _ in states(desk.record)].count("sent") == 1


def test_what_is_no_longer_underway_is_not_published(desk: Desk, data: bytes, at_step: Callable[..., None]) -> None:
    """A release whose lock was lost with its connection stops before the request that decides."""
    at_step("verified", before=lambda _: event(desk.record, "sent"))
    assert desk.send().totals == dict.fromkeys(desk.send().totals, 0)
    assert [p.suffix for p in desk.world.box("inbox").iterdir()] == [".part"]
    assert states(desk.record)[-1][0] == "sent"


def test_the_partners_answer_is_not_overwritten(desk: Desk, data: bytes, at_step: Callable[..., None]) -> None:
    at_step("renaming", after=lambda _: event(desk.record, "acknowledged"))
    assert desk.send().totals["files_sent"] == 1
    assert states(desk.record)[-1][0] == "acknowledged"
    assert look(desk.record, "SELECT remote_path FROM exchange.receipt").rows() == [("inbox/f1.txt.pgp",)]


def test_settings_that_break_after_the_deciding_request_prove_nothing(
    desk: Desk, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply to the rename is lost, and our key can't be read when we want to look: the file has arrived."""
    key = desk.world.partners[BANK].sftp.private_key_path
    assert key is not None
    rename = Session.rename

    def lost(self: Session, old: str, new: str) -> None:
        rename(self, old, new)
        key.chmod(0o644)
        raise LineLostError("The line was lost")

    try:
        with monkeypatch.context() as patch:
            patch.setattr(Session, "rename", lost)
            assert desk.send().totals["files_waiting"] == 1
    finally:
        key.chmod(0o600)
    assert states(desk.record)[-1] == ("sending", "renaming")
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {"f1.txt.pgp": data}


def test_what_can_not_be_recorded_is_not_done(desk: Desk, data: bytes, at_step: Callable[..., None]) -> None:
    def gone(_: str) -> None:
        raise UnreachableError("the database does not answer")

    at_step("renaming", before=gone)
    with pytest.raises(UnreachableError):
        desk.send()
    assert [p.suffix for p in desk.world.box("inbox").iterdir()] == [".part"]
    at_step("nothing")
    assert desk.send().totals["files_sent"] == 1
    assert desk.world.opened() == {"f1.txt.pgp": data}


def test_a_person_ends_a_sending_that_can_not_be_looked_for(
    desk: Desk, data: bytes, at_step: Callable[..., None]
) -> None:
    """We died at the deciding request, and then the partner left us: only a person can find out."""

    def die(_: str) -> None:
        raise KilledError

    at_step("renaming", after=die)
    with pytest.raises(KilledError):
        desk.send()
    assert release(desk.record, night(desk.record), {}, desk.vault, MOMENT).totals["files_waiting"] == 1
    with pytest.raises(GuardError, match="a file that is sending can't be declared void"):
        decide(desk.releaser, 1, 1, "void", actor="ruth", reason="they are gone")
    decide(desk.releaser, 1, 1, "failed", actor="ruth", reason="they say by telephone that they have nothing")
    decide(desk.releaser, 1, 1, "void", actor="ruth", reason="the company banks elsewhere now")
    assert desk.send().totals == dict.fromkeys(desk.send().totals, 0)
