"""Delivery over bad lines and to servers that talk oddly: what is said is what is on the partner's disk."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
import time

import asyncssh
import pytest

from resources.loopback import PartnerFolder
from resources.sending import Outcome, Step
from resources.transport import AllowedEndpoint, deliver
from tests.resources.proxy import FaultProxy
from tests.resources.transport.conftest import DATA, NAME, Partner, final_files


def fast(endpoint: AllowedEndpoint, seconds: float = 0.4) -> AllowedEndpoint:
    return endpoint.model_copy(update={"connect_timeout_s": seconds * 2, "op_timeout_s": seconds})


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


def test_answers_may_overtake_each_other(loopback: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may work on several writes at once and answer the later one first; a no among them is heard."""
    write, real = 6, asyncssh.sftp.SFTPServerHandler._process_packet
    met: list[int] = []

    async def out_of_order(self: object, kind: int, number: int, packet: object) -> None:
        if kind != write:
            await real(self, kind, number, packet)
            return

        async def later() -> None:
            await asyncio.sleep(0.02 * (number % 3))
            met.append(number)
            await real(self, kind, number, packet)

        asyncio.get_running_loop().create_task(later())

    monkeypatch.setattr(asyncssh.sftp.SFTPServerHandler, "_process_packet", out_of_order)
    assert deliver(fast(loopback.endpoint, 3), DATA * 4, NAME, lambda _: None).outcome is Outcome.SENT
    assert met != sorted(met)
    assert final_files(loopback) == {NAME: DATA * 4}
    refused = []

    def no_room(self: PartnerFolder, file_obj: object, offset: int, data: bytes) -> int:
        refused.append(offset)
        raise asyncssh.SFTPFailure("No space left on device")

    monkeypatch.setattr(PartnerFolder, "write", no_room)
    said = deliver(fast(loopback.endpoint, 3), DATA * 4, "F2", lambda _: None)
    assert said.outcome is Outcome.FAILED
    assert "upload" in said.detail
    assert "No space left" in said.detail
    assert len(refused) > 2


def ssh_packet(payload: bytes) -> bytes:
    padding = 16 - (len(payload) + 5) % 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def test_a_server_that_breaks_the_handshake_oddly_is_failed(loopback: Partner) -> None:
    """Its key exchange holds a key of five bytes, on which the library raises an error of no SSH kind."""
    methods = (b"curve25519-sha256@libssh.org", b"ssh-ed25519", *[b"aes256-ctr"] * 2, *[b"hmac-sha2-256"] * 2)
    lists = b"".join(struct.pack(">I", len(m)) + m for m in (*methods, b"none", b"none", b"", b""))
    reply = b"".join(struct.pack(">I", len(part)) + part for part in (b"", b"short", b""))
    talk = [b"SSH-2.0-Odd\r\n", ssh_packet(b"\x14" + bytes(16) + lists + bytes(5)), ssh_packet(b"\x1f" + reply)]
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            side, _ = listener.accept()
            with side, contextlib.suppress(OSError):
                side.sendall(b"".join(talk))
                while side.recv(4096):
                    pass

        server = threading.Thread(target=serve)
        server.start()
        endpoint = fast(loopback.endpoint, 1).model_copy(update={"port": listener.getsockname()[1]})
        said = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
        server.join(10)
    assert said.outcome is Outcome.FAILED
    assert "The line was lost at: greet (An X25519 public key" in said.detail


def test_a_host_that_can_be_no_name_is_failed(loopback: Partner) -> None:
    nowhere = loopback.endpoint.model_copy(update={"host": "x" * 64 + ".example"})
    said = deliver(nowhere, DATA, NAME, lambda _: pytest.fail("a step was taken"))
    assert said.outcome is Outcome.FAILED
    assert "No address" in said.detail
