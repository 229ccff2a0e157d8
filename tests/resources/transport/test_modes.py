"""Every fault in every mode against both servers: what is told is what the partner has, and nothing comes twice."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources import transport
from resources.endpoint import make_ssh_keypair
from resources.loopback import PartnerFolder
from resources.sending import DECISIVE, Act, Mode, Outcome, Seen, Step, next_act_marked, next_act_once
from resources.transport import AllowedEndpoint, deliver
from tests.resources.proxy import FaultProxy
from tests.resources.transport.conftest import Partner, loopback_partner, openssh_partner

NAME = "CHANGES_20260105_01.txt.pgp"
MARKER = ".ok"
DATA = bytes(n * 7 % 251 for n in range(100_000))
CUT = 60_000
SENT, FAILED, UNKNOWN = Outcome.SENT, Outcome.FAILED, Outcome.UNKNOWN
DECIDES = {Mode.RENAME: Step.RENAMING, Mode.MARKER: Step.MARKING, Mode.WRITE_ONCE: Step.WRITING}


class House(PartnerFolder):
    """What a server of each mode allows, with a fault that can be mended."""

    mode = Mode.RENAME
    fault = ""

    def open(self, path: bytes, pflags: int, attrs: object) -> object:
        if self.fault == "permission" and pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        if self.mode is Mode.WRITE_ONCE and pflags & asyncssh.FXF_READ:
            raise asyncssh.SFTPPermissionDenied("A drop box is not read")
        return super().open(path, pflags, attrs)

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if self.fault == "keeps nothing" and offset:
            return len(data)
        if offset + len(data) > CUT and self.fault in ("disk full", "quota"):
            raise asyncssh.SFTPFailure("No space left on device" if self.fault == "disk full" else "Quota exceeded")
        return super().write(file_obj, offset, data)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if self.mode is not Mode.RENAME:
            raise asyncssh.SFTPPermissionDenied("Files are not renamed here")
        super().rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        if self.mode is Mode.WRITE_ONCE:
            raise asyncssh.SFTPPermissionDenied("Files are not removed here")
        super().remove(path)


FORBIDDEN = {
    Mode.RENAME: "posix-rename",
    Mode.MARKER: "posix-rename,rename,hardlink",
    Mode.WRITE_ONCE: "posix-rename,rename,hardlink,remove,read,setstat,fsetstat",
}


@dataclass
class Place:
    """A partner in one mode behind the faulty line, and how its fault is mended."""

    partner: Partner
    mode: Mode
    mend: Callable[[], None] = field(default=lambda: None)

    def published(self) -> dict[str, bytes]:
        """What the partner would take: in marker mode only what is marked."""
        found = {p.name: p.read_bytes() for p in self.partner.inbox.iterdir() if not p.name.endswith(".part")}
        if self.mode is not Mode.MARKER:
            return found
        return {name: data for name, data in found.items() if name + MARKER in found}

    @property
    def endpoint(self) -> AllowedEndpoint:
        return self.partner.endpoint


def small_disk(inbox: Path) -> Callable[[], None]:
    """Put the folder on a disk of its own, of 64 kB; returns how to make it larger."""
    inbox.mkdir(parents=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", inbox], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"a full disk needs the right to mount one: {made.stderr.decode().strip()}")
    return lambda: subprocess.run(["mount", "-o", "remount,size=1m", inbox], check=True) and None


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, our_key: tuple[Path, str]) -> Iterator[Place]:
    """The server, mode and fault that the test is parametrised with."""
    server, mode, fault = request.param
    root = tmp_path / "partner"
    mend: Callable[[], None] = lambda: None  # noqa: E731
    if server == "asyncssh":
        house = type("House", (House,), {"mode": mode, "fault": fault})
        partner = loopback_partner(root, our_key, folder_class=house)
        mend = lambda: setattr(house, "fault", "")  # noqa: E731
    else:
        if fault == "disk full":
            mend = small_disk(root / "inbox")
        forbidden = FORBIDDEN[mode] + (",write,mkdir" if fault == "permission" else "")
        readonly = " -R" if fault == "permission" else ""
        limit = CUT if fault == "quota" else None
        partner = openssh_partner(root, our_key, options=f"-P {forbidden}{readonly}", file_limit=limit)
        if fault in ("permission", "quota"):

            def mend() -> None:
                config = root / "sshd_config"
                config.write_text(config.read_text().replace(",write,mkdir -R", ""))
                partner.stop()
                partner.start()

    partner.endpoint = partner.endpoint.model_copy(update={"mode": mode, "marker": MARKER})
    yield Place(partner, mode, mend)
    partner.stop()
    if server == "openssh" and fault == "disk full":
        subprocess.run(["umount", root / "inbox"], check=True)


def lossy(proxy: FaultProxy, place: Place) -> None:
    proxy.drop_replies()


def restarted(proxy: FaultProxy, place: Place) -> None:
    place.partner.stop()
    proxy.cut()
    place.partner.start()


def gone(proxy: FaultProxy, place: Place) -> None:
    proxy.refuse = True
    proxy.cut()


# What happens, when (on the line from the start, or at the request that decides), and what is then true per mode.
# A drop box that was begun can't be begun again, nor looked into: what was cut there is for a person to ask.
FAULTS: dict[
    str, tuple[dict[str, int], Callable[[FaultProxy, Place], None] | None, tuple[Outcome, Outcome, Outcome]]
] = {
    "none": ({}, None, (SENT, SENT, SENT)),
    "slow line": ({"bytes_per_s": 300_000}, None, (SENT, SENT, SENT)),
    "reset": ({"reset_after": CUT}, None, (FAILED, FAILED, UNKNOWN)),
    "black hole": ({"hang_after": CUT}, None, (FAILED, FAILED, UNKNOWN)),
    "deciding reply lost": ({}, lossy, (SENT, SENT, UNKNOWN)),
    "server restart": ({}, restarted, (SENT, SENT, UNKNOWN)),
    "server gone": ({}, gone, (UNKNOWN, UNKNOWN, UNKNOWN)),
    "disk full": ({}, None, (FAILED, FAILED, UNKNOWN)),
    "quota": ({}, None, (FAILED, FAILED, UNKNOWN)),
    "permission": ({}, None, (FAILED, FAILED, FAILED)),
    "host key": ({}, None, (FAILED, FAILED, FAILED)),
    "keeps nothing": ({}, None, (FAILED, FAILED, UNKNOWN)),  # says yes to every write
}
# What a person reads about it: the server's own no, at the act it said it to.
WORDS = {
    "disk full": "The server refused: upload",
    "quota": "The server refused: upload",
    "permission": "The server refused: create",
    "host key": "is not the pinned one; nothing was sent",
    "keeps nothing": "instead of|not what was sent",
}
MATRIX = [
    pytest.param((server, mode, fault), fault, id=f"{fault}-{mode}-{server}")
    for fault in FAULTS
    for mode in Mode
    for server in ("asyncssh", "openssh")
    if (fault, server) != ("keeps nothing", "openssh")  # it does not lie
]


@pytest.mark.parametrize(("place", "fault"), MATRIX, indirect=["place"])
def test_whatever_happens_the_truth_is_told_and_nothing_comes_twice(place: Place, fault: str) -> None:
    line, at_decision, truths = FAULTS[fault]
    expected = truths[list(Mode).index(place.mode)]
    stored: list[str] = []
    with FaultProxy(place.endpoint.port) as proxy:
        for name, value in line.items():
            setattr(proxy, name, value)

        def on_step(step: str) -> None:
            first = step not in stored
            stored.append(step)
            if at_decision is not None and first and step == DECIDES[place.mode]:
                at_decision(proxy, place)

        changed = {"port": proxy.port, "connect_timeout_s": 3.0, "op_timeout_s": 1.0 if "hang_after" in line else 1.5}
        if fault == "host key":
            changed["host_key"] = make_ssh_keypair().public_line
        said = deliver(place.endpoint.model_copy(update=changed), DATA, NAME, on_step)
    assert said.outcome is expected, said.detail
    assert re.search(WORDS.get(fault, ""), said.detail)
    assert (Step.SENT in stored) == (expected is SENT)
    assert fault != "host key" or stored == []
    if expected is SENT:
        assert place.published() == {NAME: DATA}
    if expected is FAILED:
        assert place.published() == {}
    place.mend()
    the_next_release_finishes(place, said, stored)


def the_next_release_finishes(place: Place, said: transport.Delivery, stored: list[str]) -> None:
    """As the room does it: what failed starts anew, what is unknown is only looked for."""
    whole = place.published() == {NAME: DATA}
    decided = next((step for step in stored if step in DECISIVE), None) if said.outcome is not FAILED else None
    before = {p.name: p.stat().st_mtime_ns for p in place.partner.inbox.iterdir()}
    again: list[str] = []
    after = deliver(place.endpoint, DATA, NAME, again.append, last_step=decided)
    if said.outcome is FAILED:
        assert after.outcome is SENT
    elif said.outcome is SENT:
        assert (after.outcome, after.found, again) == (SENT, True, [Step.SENT])
        assert {p.name: p.stat().st_mtime_ns for p in place.partner.inbox.iterdir()} == before
    else:
        assert Step.UPLOADING not in again
        assert Step.WRITING not in again
        # A verified upload that is not published yet may be: of two such requests the server obeys one.
        assert whole or after.outcome is (UNKNOWN if place.mode is Mode.WRITE_ONCE else SENT)
    assert (place.published() == {NAME: DATA}) == (after.outcome is SENT)


def modes(*modes: Mode, servers: tuple[str, ...] = ("asyncssh", "openssh"), fault: str = "") -> pytest.MarkDecorator:
    cases = [pytest.param((server, mode, fault), id=f"{mode}-{server}") for mode in modes for server in servers]
    return pytest.mark.parametrize("place", cases, indirect=True)


@modes(Mode.RENAME, Mode.MARKER)
def test_a_reader_never_sees_a_part_of_a_file(place: Place) -> None:
    """It looks every few milliseconds while whole, slow, cut and resumed deliveries go on; rename: at final names,
    marker: at marked ones."""
    seen: list[tuple[str, int]] = []
    looks, done = [0], threading.Event()

    def poll() -> None:
        while not done.is_set():
            looks[0] += 1
            seen.extend((name, len(data)) for name, data in place.published().items() if data != DATA)
            time.sleep(0.003)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for number in range(5):
            with FaultProxy(place.endpoint.port) as proxy:
                proxy.bytes_per_s = 500_000
                proxy.reset_after = 20_000 + 22_000 * number
                stored: list[str] = []
                endpoint = place.endpoint.model_copy(update={"port": proxy.port, "op_timeout_s": 2.0})
                said = deliver(endpoint, DATA, f"F{number}", stored.append)
                decided = next((step for step in stored if step in DECISIVE), None)
                proxy.reset_after = None
                if said.outcome is not SENT:
                    again = deliver(endpoint, DATA, f"F{number}", stored.append, last_step=decided)
                    assert again.outcome is SENT
    finally:
        done.set()
        reader.join()
    assert seen == []
    assert looks[0] > 50
    assert place.published() == {f"F{number}": DATA for number in range(5)}


# ---- marker files ----


@pytest.mark.parametrize("death", [Step.UPLOADING, Step.UPLOADED, Step.VERIFIED, Step.MARKING, Step.SENT])
@modes(Mode.MARKER, servers=("asyncssh",))
def test_a_marker_comes_last_whenever_we_die(place: Place, death: Step) -> None:
    class Died(Exception):
        pass

    def die(step: str) -> None:
        if step == death:
            raise Died

    with pytest.raises(Died):
        deliver(place.endpoint, DATA, NAME, die)
    assert (place.published() == {NAME: DATA}) == (death is Step.SENT)
    last = death if death in DECISIVE else None
    assert deliver(place.endpoint, DATA, NAME, lambda _: None, last_step=last).outcome is SENT
    assert {p.name: p.read_bytes() for p in place.partner.inbox.iterdir()} == {NAME: DATA, NAME + MARKER: b""}


@pytest.mark.parametrize(
    ("there", "outcome"),
    [(b"", SENT), (DATA[:70_000], SENT), (b"theirs", FAILED), (DATA[:-1] + b"X", FAILED), (DATA + b"more", FAILED)],
    ids=["empty", "begun", "another", "same size", "longer"],
)
@modes(Mode.MARKER)
def test_only_our_own_beginning_is_continued(place: Place, there: bytes, outcome: Outcome) -> None:
    (place.partner.inbox / NAME).write_bytes(there)
    assert deliver(place.endpoint, DATA, NAME, lambda _: None).outcome is outcome
    assert (place.partner.inbox / NAME).read_bytes() == (DATA if outcome is SENT else there)
    assert (place.published() != {}) == (outcome is SENT)


@modes(Mode.MARKER)
def test_nothing_is_written_under_a_marker_that_is_there(place: Place) -> None:
    (place.partner.inbox / (NAME + MARKER)).touch()
    assert deliver(place.endpoint, DATA, NAME, lambda _: None).outcome is FAILED
    # The same sight after we asked for the marker: the vendor may have taken the file and left the marker.
    assert deliver(place.endpoint, DATA, NAME, lambda _: None, last_step="marking").outcome is UNKNOWN
    assert not (place.partner.inbox / NAME).exists()


# ---- drop boxes ----


class TakenAtOnce(House):
    """A drop box that takes each file away the moment it is closed."""

    mode = Mode.WRITE_ONCE

    def close(self, file_obj: object) -> None:
        super().close(file_obj)
        for path in (Path(os.fsdecode(self._chroot)) / "inbox").iterdir():
            path.rename(path.parent.parent / "outbox" / path.name)


class Blind(TakenAtOnce):
    """One that lets nobody look either."""

    def stat(self, path: bytes) -> object:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("Nobody looks here")

    def fstat(self, file_obj: object) -> object:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("Nobody looks here")


@pytest.mark.parametrize(("folder", "outcome"), [(TakenAtOnce, SENT), (Blind, UNKNOWN)])
def test_a_drop_box_that_takes_files_at_once(
    tmp_path: Path, our_key: tuple[Path, str], folder: type[PartnerFolder], outcome: Outcome
) -> None:
    """The size of the open file is proof; where not even that is told, nobody knows, and nothing is sent again."""
    partner = loopback_partner(tmp_path / "partner", our_key, folder_class=folder)
    endpoint = partner.endpoint.model_copy(update={"mode": Mode.WRITE_ONCE})
    try:
        assert deliver(endpoint, DATA, NAME, lambda _: None).outcome is outcome
        resumed = deliver(endpoint, DATA, NAME, lambda _: None, last_step="writing")
    finally:
        partner.stop()
    assert resumed.outcome is UNKNOWN
    assert {p.name: p.read_bytes() for p in partner.outbox.iterdir()} == {NAME: DATA}
    assert list(partner.inbox.iterdir()) == []


@modes(Mode.WRITE_ONCE)
def test_a_drop_box_is_never_written_twice(place: Place) -> None:
    box = place.partner.inbox / NAME
    box.write_bytes(DATA)
    # It has our name and size, and we did begin: each piece was confirmed before the next, so it is whole.
    assert deliver(place.endpoint, DATA, NAME, lambda _: None, last_step="writing").outcome is SENT
    # We never began: it is somebody else's.
    assert deliver(place.endpoint, DATA, NAME, lambda _: None).outcome is FAILED
    box.write_bytes(DATA[:CUT])
    assert deliver(place.endpoint, DATA, NAME, lambda _: None, last_step="writing").outcome is UNKNOWN
    assert deliver(place.endpoint, DATA, NAME, lambda _: None).outcome is FAILED
    assert box.read_bytes() == DATA[:CUT]


# ---- the tables ----


@settings(max_examples=60, derandomize=True)
@given(st.sampled_from(Seen), st.booleans(), st.booleans())
def test_the_tables_prove_nothing_that_is_not_seen(final: Seen, marked: bool, unanswered: bool) -> None:
    by_marker = next_act_marked(final, marked=marked, unanswered=unanswered)
    assert (by_marker is Act.DONE) == (final is Seen.OURS and marked)
    assert (by_marker is Act.MARK) == (final is Seen.OURS and not marked)
    assert not (by_marker is Act.UPLOAD and (marked or unanswered))
    once = next_act_once(final, unanswered=unanswered)
    assert (once is Act.DONE) == (final is Seen.OURS or (final is Seen.SIZED and unanswered))
    assert not (once is Act.UPLOAD and (unanswered or final not in (Seen.ABSENT, Seen.HIDDEN)))
