"""Delivery against real servers and bad lines: what is said is what is on the partner's disk."""

import hashlib
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import ExchangeError, SettingsError
from resources import transport
from resources.endpoint import make_ssh_keypair, write_private
from resources.loopback import PartnerFolder
from resources.publishing import put
from resources.sending import Act, Outcome, Seen, Step, after_refused_rename, next_act, parcel
from resources.transport import connect, deliver
from tests.resources.proxy import FaultProxy
from tests.resources.transport.conftest import Partner, loopback_partner, openssh_partner

NAME = "ACH_20260105_A.ach"
DATA = b"101 021000021 1234567892601050100A094101\n" * 2500  # some 100 kB


class Interrupted(Exception):
    """Stands for the death of the process at a step."""


def final_files(partner: Partner) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in partner.inbox.iterdir() if not p.name.endswith(".part")}


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LOOK_AGAIN_AFTER_S", (0.05, 0.1, 0.2))


def fast(endpoint: transport.AllowedEndpoint, seconds: float = 0.4) -> transport.AllowedEndpoint:
    return endpoint.model_copy(update={"connect_timeout_s": seconds * 2, "op_timeout_s": seconds})


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


# ---- bad lines ----


def test_a_reset_at_any_byte_is_failed_or_delivered_and_the_next_run_finishes(
    partner: Partner, proxy: FaultProxy
) -> None:
    """Seeded cuts of the client's stream; a poller meanwhile never sees a partial file under the final name."""
    seeded = random.Random(7)  # noqa: S311
    partial: list[int] = []
    stop = threading.Event()

    def poll() -> None:
        while not stop.is_set():
            for path in partner.inbox.glob("*.ach"):
                try:
                    if path.read_bytes() != DATA:
                        partial.append(1)
                except FileNotFoundError:
                    continue
            time.sleep(0.005)

    poller = threading.Thread(target=poll)
    poller.start()
    outcomes = set()
    try:
        for number in range(12):
            name, stored = f"CUT_{number}.ach", ["planned"]
            proxy.reset_after = seeded.randrange(0, len(DATA) + 12_000)
            first = deliver(fast(partner.through(proxy), 1.5), DATA, name, stored.append)
            outcomes.add(first.outcome)
            on_disk = (partner.inbox / name).exists()
            assert on_disk or first.outcome is not Outcome.SENT
            assert not on_disk or first.outcome is not Outcome.FAILED
            last = stored[-1] if len(stored) > 1 else None
            again = deliver(partner.endpoint, DATA, name, lambda _: None, last_step=last)
            assert again.outcome is Outcome.SENT
    finally:
        stop.set()
        poller.join()
    assert Outcome.FAILED in outcomes
    assert partial == []
    assert final_files(partner) == {f"CUT_{n}.ach": DATA for n in range(12)}


def test_a_lost_reply_to_rename_is_sent_because_looking_again_proves_it(partner: Partner, proxy: FaultProxy) -> None:
    def lose(step: str) -> None:
        if step == Step.RENAMING:
            proxy.drop_replies()

    result = deliver(fast(partner.through(proxy)), DATA, NAME, lose)
    assert (result.outcome, result.found) == (Outcome.SENT, True)
    assert proxy.accepted == 2
    assert final_files(partner) == {NAME: DATA}


def test_a_lost_reply_from_a_partner_that_takes_files_at_once_is_unknown(partner: Partner, proxy: FaultProxy) -> None:
    def lose(step: str) -> None:
        if step == Step.RENAMING:
            proxy.drop_replies()
            threading.Thread(target=take).start()

    def take() -> None:
        while not (partner.inbox / NAME).exists():
            time.sleep(0.002)
        (partner.inbox / NAME).unlink()

    result = deliver(fast(partner.through(proxy)), DATA, NAME, lose)
    assert result.outcome is Outcome.UNKNOWN
    assert list(partner.inbox.iterdir()) == []


def test_a_line_that_dies_at_the_rename_for_good_is_unknown(partner: Partner, proxy: FaultProxy) -> None:
    def die(step: str) -> None:
        if step == Step.RENAMING:
            proxy.refuse = True
            proxy.cut()

    result = deliver(fast(partner.through(proxy)), DATA, NAME, die)
    assert result.outcome is Outcome.UNKNOWN


def test_a_request_that_never_arrived_is_made_again(partner: Partner, proxy: FaultProxy) -> None:
    def die(step: str) -> None:
        if step == Step.RENAMING and proxy.accepted == 1:
            proxy.cut()

    result = deliver(fast(partner.through(proxy)), DATA, NAME, die)
    assert result.outcome is Outcome.SENT
    assert final_files(partner) == {NAME: DATA}


@pytest.mark.parametrize("where", ["before the banner", "in the key exchange", "in the upload"])
def test_a_silent_line_ends_by_its_time_limits(partner: Partner, proxy: FaultProxy, where: str) -> None:
    proxy.silent = where == "before the banner"
    proxy.hang_after = {"before the banner": None, "in the key exchange": 200, "in the upload": 60_000}[where]
    begun = time.monotonic()
    result = deliver(fast(partner.through(proxy), 0.3), DATA, NAME, lambda _: None)
    assert result.outcome is Outcome.FAILED
    assert time.monotonic() - begun < 15
    assert final_files(partner) == {}


def test_a_slow_line_is_not_a_dead_one(partner: Partner, proxy: FaultProxy) -> None:
    proxy.bytes_per_s = 400_000
    assert deliver(partner.through(proxy), DATA, NAME, lambda _: None).outcome is Outcome.SENT


def test_a_refused_connection_is_failed_and_names_the_partner(partner: Partner) -> None:
    partner.stop()
    result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    assert result.outcome is Outcome.FAILED
    assert partner.endpoint.name in result.detail


# ---- the server says no ----


def test_another_host_key_stops_before_the_login(loopback: Partner, tmp_path: Path, our_key: tuple[Path, str]) -> None:
    imposter = loopback_partner(tmp_path / "imposter", our_key)
    try:
        endpoint = imposter.endpoint.model_copy(update={"host_key": loopback.endpoint.host_key})
        result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
        logins = imposter.stop.__self__.logins
    finally:
        imposter.stop()
    assert result.outcome is Outcome.FAILED
    assert "not the pinned one" in result.detail
    assert logins == []
    assert list(imposter.inbox.iterdir()) == []


def test_openssh_with_another_host_key_or_key_type_is_refused(tmp_path: Path, our_key: tuple[Path, str]) -> None:
    partner = openssh_partner(tmp_path / "partner", our_key)
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode().strip()
    try:
        for line, words in ((make_ssh_keypair().public_line, "not the pinned one"), (rsa, "has no ssh-rsa key")):
            endpoint = partner.endpoint.model_copy(update={"host_key": line})
            result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
            assert result.outcome is Outcome.FAILED
            assert words in result.detail
    finally:
        partner.stop()


def test_a_key_the_server_does_not_know_is_refused(partner: Partner, tmp_path: Path) -> None:
    write_private(tmp_path / "stranger", make_ssh_keypair().private)
    endpoint = partner.endpoint.model_copy(update={"private_key_path": tmp_path / "stranger"})
    result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
    assert result.outcome is Outcome.FAILED
    assert "login" in result.detail


def test_password_login(tmp_path: Path, our_key: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    partner = loopback_partner(tmp_path / "partner", our_key, passwords={"daybook": "correct horse"})
    endpoint = partner.endpoint.model_copy(update={"private_key_path": None, "password": "env:PARTNER_PASSWORD"})
    try:
        with pytest.raises(SettingsError, match="PARTNER_PASSWORD is not set"):
            deliver(endpoint, DATA, NAME, lambda _: None)
        monkeypatch.setenv("PARTNER_PASSWORD", "battery staple")
        wrong = deliver(endpoint, DATA, NAME, lambda _: None)
        monkeypatch.setenv("PARTNER_PASSWORD", "correct horse")
        right = deliver(endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert (wrong.outcome, right.outcome) == (Outcome.FAILED, Outcome.SENT)
    assert "battery" not in wrong.detail


class FullDisk(PartnerFolder):
    """Takes 60,000 bytes, then has no space."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if offset > 60_000:
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)


class NoWriting(PartnerFolder):
    """May be read only."""

    def open(self, path: bytes, pflags: int, attrs: object) -> object:
        if pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)


class NoRenaming(PartnerFolder):
    """Uploads are welcome, renames are not."""

    def rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("Rename is not for you")


class Forgetful(PartnerFolder):
    """Says yes to every write and keeps nothing past the first piece."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return len(data) if offset else super().write(file_obj, offset, data)


class Eager(PartnerFolder):
    """Renames, then answers with a failure."""

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().rename(oldpath, newpath)
        raise asyncssh.SFTPFailure("Something else went wrong")


@pytest.mark.parametrize(
    ("folder_class", "outcome", "words"),
    [
        (FullDisk, Outcome.FAILED, "No space left|quota full"),
        (NoWriting, Outcome.FAILED, "Permission denied"),
        (NoRenaming, Outcome.FAILED, "not for you"),
        (Forgetful, Outcome.FAILED, "not what was sent"),
        (Eager, Outcome.SENT, "was already there"),
    ],
)
def test_what_the_server_refuses_is_reported_as_it_is(
    tmp_path: Path, our_key: tuple[Path, str], folder_class: type[PartnerFolder], outcome: Outcome, words: str
) -> None:
    partner = loopback_partner(tmp_path / "partner", our_key, folder_class=folder_class)
    try:
        result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert result.outcome is outcome
    assert re.search(words, result.detail)
    assert (NAME in final_files(partner)) == (outcome is Outcome.SENT)


def test_a_read_only_openssh_is_failed(tmp_path: Path, our_key: tuple[Path, str]) -> None:
    partner = openssh_partner(tmp_path / "partner", our_key, options="-R")
    try:
        result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert result.outcome is Outcome.FAILED
    assert list(partner.inbox.iterdir()) == []


def test_a_missing_inbox_is_failed(partner: Partner) -> None:
    partner.inbox.rmdir()
    assert deliver(partner.endpoint, DATA, NAME, lambda _: None).outcome is Outcome.FAILED


# ---- settings ----


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x.part", "two words", "x" * 181, "nul\0"])
def test_names_that_no_template_may_make(loopback: Partner, name: str) -> None:
    with pytest.raises(SettingsError, match="file name"):
        deliver(loopback.endpoint, DATA, name, lambda _: None)


def test_an_unfit_key_file_is_a_settings_error_before_any_packet(loopback: Partner, our_key: tuple[Path, str]) -> None:
    path = our_key[0]
    with FaultProxy(loopback.endpoint.port) as proxy:
        path.chmod(0o644)
        with pytest.raises(SettingsError, match="chmod 600"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        path.chmod(0o600)
        path.write_text("not a key")
        with pytest.raises(SettingsError, match="not an SSH private key"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        path.unlink()
        with pytest.raises(SettingsError, match="Cannot read"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        assert proxy.accepted == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host_key": "ssh-dss AAAA"}, "host_key must be"),
        ({"host_key": "ssh-ed25519 ???"}, "not base64"),
        ({"host_key": "ssh-ed25519 AAAAB3NzaC1yc2E="}, "names one key type"),
        ({"password": "hunter2"}, "password"),
        ({"password": "env:X"}, "not both"),
        ({"private_key_path": None}, "not both"),
    ],
)
def test_endpoints_that_cannot_be(loopback: Partner, change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        transport.AllowedEndpoint.model_validate(loopback.endpoint.model_dump() | change)
    assert "hunter2" not in str(caught.value)


# ---- the tables ----


@pytest.mark.parametrize(
    ("final", "part", "unanswered", "act"),
    [
        ("ours", "absent", False, "done"),
        ("ours", "ours", True, "done"),
        ("other", "ours", False, "refuse"),
        ("other", "ours", True, "doubt"),
        ("absent", "ours", False, "rename"),
        ("absent", "ours", True, "rename"),
        ("absent", "other", False, "upload"),
        ("absent", "other", True, "doubt"),
        ("absent", "absent", False, "upload"),
        ("absent", "absent", True, "doubt"),
    ],
)
def test_what_is_seen_decides_the_next_act(final: str, part: str, unanswered: bool, act: str) -> None:
    assert next_act(Seen(final), Seen(part), unanswered=unanswered) is Act(act)


@settings(max_examples=50, derandomize=True)
@given(st.sampled_from(Seen), st.sampled_from(Seen), st.booleans())
def test_nothing_is_proved_that_is_not_seen(final: Seen, part: Seen, unanswered: bool) -> None:
    act, outcome = (
        next_act(final, part, unanswered=unanswered),
        after_refused_rename(final, part, unanswered=unanswered),
    )
    assert (act is Act.DONE) == (final is Seen.OURS) == (outcome is Outcome.SENT)
    if unanswered:
        assert act not in (Act.UPLOAD, Act.REFUSE)
        assert outcome is not Outcome.FAILED
