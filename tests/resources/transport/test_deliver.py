"""Delivery against real servers: each file once and whole, whoever dies on the way."""

import hashlib
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from formats.errors import ExchangeError
from resources.publishing import put
from resources.sending import Outcome, Step, parcel
from resources.transport import connect, deliver
from tests.resources.transport.conftest import DATA, NAME, Partner, final_files


class Interrupted(Exception):
    """Stands for the death of the process at a step."""


# ---- the ordinary way ----


def test_a_file_arrives_whole_and_every_step_is_told_in_order(partner: Partner) -> None:
    steps: list[str] = []
    result = deliver(partner.endpoint, DATA, NAME, steps.append)
    assert result.outcome is Outcome.SENT
    assert not result.found
    assert (result.size, result.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert steps == ["uploading", "uploaded", "verified", "renaming", "sent"]
    assert {p.name: p.read_bytes() for p in partner.inbox.iterdir()} == {NAME: DATA}


@pytest.mark.parametrize("size", [0, 1, 32_768, 32_769, 3_000_001])
def test_every_size_arrives(loopback: Partner, size: int) -> None:
    data = random.Random(size).randbytes(size)  # noqa: S311
    assert deliver(loopback.endpoint, data, NAME, lambda _: None).outcome is Outcome.SENT
    assert final_files(loopback) == {NAME: data}


def test_the_same_content_again_is_found_and_not_sent_again(partner: Partner) -> None:
    deliver(partner.endpoint, DATA, NAME, lambda _: None)
    before = (partner.inbox / NAME).stat().st_mtime_ns
    steps: list[str] = []
    again = deliver(partner.endpoint, DATA, NAME, steps.append)
    assert (again.outcome, again.found, steps) == (Outcome.SENT, True, ["sent"])
    assert (partner.inbox / NAME).stat().st_mtime_ns == before
    assert final_files(partner) == {NAME: DATA}


@pytest.mark.parametrize("other", [b"x", DATA[:-1] + b"X"], ids=["other size", "same size"])
def test_other_content_under_the_name_is_never_overwritten(partner: Partner, other: bytes) -> None:
    (partner.inbox / NAME).write_bytes(other)
    result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    assert result.outcome is Outcome.FAILED
    assert "other content" in result.detail
    assert {p.name: p.read_bytes() for p in partner.inbox.iterdir()} == {NAME: other}
    with connect(partner.endpoint) as session, pytest.raises(ExchangeError, match="never overwritten"):
        put(session, parcel(DATA, NAME), lambda _: None)


def test_the_server_refuses_a_rename_onto_a_name_that_appeared_meanwhile(partner: Partner) -> None:
    def someone_else(step: str) -> None:
        if step == Step.RENAMING:
            (partner.inbox / NAME).write_bytes(b"theirs")

    result = deliver(partner.endpoint, DATA, NAME, someone_else)
    assert result.outcome is Outcome.FAILED
    assert final_files(partner) == {NAME: b"theirs"}


def test_an_unfinished_upload_longer_or_shorter_is_mended(partner: Partner) -> None:
    part = partner.inbox / parcel(DATA, NAME).part_name
    for leftover in (DATA[:50_000], b"", b"z" * len(DATA), DATA + b"tail"):
        part.write_bytes(leftover)
        assert deliver(partner.endpoint, DATA, NAME, lambda _: None).outcome is Outcome.SENT
        assert {p.name: p.read_bytes() for p in partner.inbox.iterdir()} == {NAME: DATA}
        (partner.inbox / NAME).unlink()


def test_a_partner_that_takes_files_at_once_still_counts_as_sent(partner: Partner) -> None:
    stop = threading.Event()

    def take() -> None:
        while not stop.is_set():
            (partner.inbox / NAME).unlink(missing_ok=True)

    taker = threading.Thread(target=take)
    taker.start()
    try:
        assert deliver(partner.endpoint, DATA, NAME, lambda _: None).outcome is Outcome.SENT
    finally:
        stop.set()
        taker.join()


def test_two_senders_of_the_same_bytes_at_once_make_one_whole_file(partner: Partner) -> None:
    """The room's lock forbids it; the protocol survives it.

    Who comes while another is at it may be told FAILED, which is true at that moment: run again, it finds the file.
    """
    outcomes: dict[str, list[Outcome]] = {}
    partial, stop = [], threading.Event()
    data = DATA * 10

    def poll() -> None:
        while not stop.is_set():
            for path in partner.inbox.glob("*.ach"):
                partial.extend([path.name] if path.read_bytes() != data else [])
            time.sleep(0.005)

    def send(name: str) -> None:
        outcomes.setdefault(name, []).append(deliver(partner.endpoint, data, name, lambda _: None).outcome)

    poller = threading.Thread(target=poll)
    poller.start()
    for number in range(4):
        senders = [threading.Thread(target=send, args=(f"TWICE_{number}.ach",)) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
    stop.set()
    poller.join()
    assert partial == []
    assert all(Outcome.SENT in said and Outcome.UNKNOWN not in said for said in outcomes.values())
    again = [deliver(partner.endpoint, data, name, lambda _: None) for name in outcomes]
    assert [(d.outcome, d.found) for d in again] == [(Outcome.SENT, True)] * 4
    assert final_files(partner) == {f"TWICE_{number}.ach": data for number in range(4)}


# ---- death of our process, and resuming ----


BY_RENAME = (Step.UPLOADING, Step.UPLOADED, Step.VERIFIED, Step.RENAMING, Step.SENT)


@pytest.mark.parametrize("death", BY_RENAME)
def test_dying_at_any_step_and_resuming_gives_one_whole_file(partner: Partner, death: Step) -> None:
    stored: list[str] = []

    def die(step: str) -> None:
        stored.append(step)
        if step == death:
            raise Interrupted

    with pytest.raises(Interrupted):
        deliver(partner.endpoint, DATA, NAME, die)
    assert deliver(partner.endpoint, DATA, NAME, stored.append, last_step=stored[-1]).outcome is Outcome.SENT
    assert {p.name: p.read_bytes() for p in partner.inbox.iterdir()} == {NAME: DATA}


def test_a_step_that_could_not_be_stored_is_not_taken(partner: Partner) -> None:
    def database_gone(step: str) -> None:
        if step == Step.RENAMING:
            raise ConnectionError("the record is gone")

    with pytest.raises(ConnectionError, match="the record is gone"):
        deliver(partner.endpoint, DATA, NAME, database_gone)
    assert final_files(partner) == {}


def test_taken_by_the_partner_after_a_lost_rename_is_unknown_and_not_sent_again(partner: Partner) -> None:
    result = deliver(partner.endpoint, DATA, NAME, lambda _: None, last_step="renaming")
    assert result.outcome is Outcome.UNKNOWN
    assert list(partner.inbox.iterdir()) == []


def test_unreachable_after_a_lost_rename_stays_unknown(partner: Partner) -> None:
    partner.stop()
    result = deliver(partner.endpoint, DATA, NAME, lambda _: None, last_step="renaming")
    assert result.outcome is Outcome.UNKNOWN
    assert deliver(partner.endpoint, DATA, NAME, lambda _: None, last_step="verified").outcome is Outcome.FAILED


SENDER = """
import sys
from pathlib import Path
from resources.transport import AllowedEndpoint, deliver
endpoint = AllowedEndpoint.model_validate_json(Path(sys.argv[1]).read_text())
stored = open(sys.argv[3], "a", buffering=1)
stored.write("\\n")
print(deliver(endpoint, Path(sys.argv[2]).read_bytes(), sys.argv[4], lambda s: stored.write(s + "\\n")).outcome)
"""


@pytest.mark.long
def test_two_hundred_killed_senders_lose_double_and_truncate_nothing(partner: Partner, tmp_path: Path) -> None:
    """kill -9 at seeded moments, then resume from the stored step, until it is through: each file once, whole."""
    seeded = random.Random(20260105)  # noqa: S311
    (tmp_path / "endpoint.json").write_text(partner.endpoint.model_dump_json())
    data = seeded.randbytes(4_000_000)
    (tmp_path / "data").write_bytes(data)
    kills = number = 0
    while kills < 200:
        number += 1
        name, stored = f"FILE_{number}.ach", tmp_path / f"steps_{number}"
        command = [
            sys.executable,
            "-P",
            "-c",
            SENDER,
            *map(str, (tmp_path / "endpoint.json", tmp_path / "data", stored)),
            name,
        ]
        for _ in range(8):
            process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
            while not stored.exists() and process.poll() is None:
                time.sleep(0.01)
            try:
                process.wait(seeded.uniform(0, 0.4))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
        told = [step for step in stored.read_text().split() if step in set(Step)]
        result = deliver(
            partner.endpoint,
            (tmp_path / "data").read_bytes(),
            name,
            lambda _: None,
            last_step=told[-1] if told else None,
        )
        assert result.outcome is Outcome.SENT
    assert final_files(partner) == {f"FILE_{n}.ach": data for n in range(1, number + 1)}
    assert not list(partner.inbox.glob("*.part"))
