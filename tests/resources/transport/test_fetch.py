"""Fetching what partners leave: each content once, nothing hostile, one odd file never hides the others."""

import hashlib
import os
import re
import time

import pytest

from formats.errors import ExchangeError
from resources.loopback import PartnerFolder, _Door
from resources.sending import parcel
from resources.session import Session
from resources.transport import Fetched, connect, fetch
from tests.resources.proxy import FaultProxy
from tests.resources.transport.conftest import Partner

WHAT = parcel(b"x" * 100, "x")
LOOKS = {"path", "look", "look closely", "glimpse"}  # made of the others


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_new_contents_come_whole_and_by_name(partner: Partner) -> None:
    (partner.outbox / "b_returns.ach").write_bytes(b"9" * 2_500_000)
    (partner.outbox / "a_999.edi").write_bytes(b"ISA*")
    first = fetch(partner.endpoint, set())
    assert [(f.name, f.size, f.sha256) for f in first] == [
        ("a_999.edi", 4, sha(b"ISA*")),
        ("b_returns.ach", 2_500_000, sha(b"9" * 2_500_000)),
    ]
    assert [f.data for f in first] == [b"ISA*", b"9" * 2_500_000]
    assert fetch(partner.endpoint, {f.sha256 for f in first}) == []
    assert len(list(partner.outbox.iterdir())) == 2


def test_new_content_under_an_old_name_of_the_same_size_is_not_missed(partner: Partner) -> None:
    path = partner.outbox / "returns.ach"
    path.write_bytes(b"R01" * 940)
    os.utime(path, (1_767_600_000, 1_767_600_000))
    known = {f.sha256 for f in fetch(partner.endpoint, set())}
    path.write_bytes(b"R03" * 940)
    os.utime(path, (1_767_600_000, 1_767_600_000))
    assert [f.data for f in fetch(partner.endpoint, known)] == [b"R03" * 940]


def test_one_content_under_two_names_comes_once(loopback: Partner) -> None:
    for name in ("one.txt", "two.txt"):
        (loopback.outbox / name).write_bytes(b"same")
    assert [f.name for f in fetch(loopback.endpoint, set())] == ["one.txt"]


def test_odd_files_are_left_there_and_told_and_hinder_nobody(partner: Partner) -> None:
    box = partner.outbox
    (box / "good.ach").write_bytes(b"good")
    (box / "big.ach").write_bytes(b"x" * 2000)
    (box / "empty.ach").write_bytes(b"")
    (box / "two words;rm.ach").write_bytes(b"x")
    (box / os.fsdecode(b"caf\xe9.ach")).write_bytes(b"x")
    (box / "line\nbreak.ach").write_bytes(b"x")
    (box / "folder.ach").mkdir()
    (box / "link.ach").symlink_to("good.ach")
    for silent in (".hidden", "half.ach.part", "half.ach.filepart"):
        (box / silent).write_bytes(b"x")
    told: dict[str, str] = {}
    taken = fetch(partner.endpoint, set(), max_bytes=1000, on_skip=told.__setitem__)
    assert [f.name for f in taken] == ["good.ach"]
    assert sorted(told) == sorted(
        ["big.ach", "caf?.ach", "empty.ach", "folder.ach", "line?break.ach", "link.ach", "two words;rm.ach"]
    )
    assert "more than 1000" in told["big.ach"]


def test_the_allow_list_of_a_partner(loopback: Partner) -> None:
    for name in ("RET_20260105.ach", "readme.txt"):
        (loopback.outbox / name).write_bytes(name.encode())
    taken = fetch(loopback.endpoint, set(), names=re.compile(r"RET_\d{8}\.ach"), on_skip=lambda *_: None)
    assert [f.name for f in taken] == ["RET_20260105.ach"]


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_poll(
    loopback: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = loopback.outbox / "growing.ach"
    path.write_bytes(b"first half")
    read = Session.read

    def read_and_grow(self: Session, remote: str, size: int) -> bytes:
        data = read(self, remote, size)
        path.write_bytes(b"first half and the second")
        return data

    with monkeypatch.context() as patched:
        patched.setattr(Session, "read", read_and_grow)
        told: list[str] = []
        assert fetch(loopback.endpoint, set(), on_skip=lambda name, _: told.append(name)) == []
    assert told == ["growing.ach"]
    assert [f.data for f in fetch(loopback.endpoint, set())] == [b"first half and the second"]


def test_a_folder_without_end_is_given_up(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resources.line.MOST_NAMES", 3)
    for number in range(5):
        (partner.outbox / f"{number}.txt").write_bytes(b"x")
    with pytest.raises(ExchangeError, match="more than 3 names"):
        fetch(partner.endpoint, set())


def test_contents_are_not_shown(loopback: Partner) -> None:
    assert "canary" not in repr(Fetched("a", b"canary", "0", 6))


def test_an_unreachable_or_silent_partner_is_an_exchange_error(partner: Partner, proxy: FaultProxy) -> None:
    (partner.outbox / "x.ach").write_bytes(b"x")
    proxy.silent = True
    quick = partner.through(proxy).model_copy(update={"connect_timeout_s": 0.3, "op_timeout_s": 0.3})
    begun = time.monotonic()
    with pytest.raises(ExchangeError, match=partner.endpoint.name):
        fetch(quick, set())
    assert time.monotonic() - begun < 10
    proxy.refuse = True
    with pytest.raises(ExchangeError):
        fetch(quick, set())


ACTS = {
    "list": lambda session: session.list(session.endpoint.outbox),
    "size": lambda session: session.size(session.path("x")),
    "read": lambda session: session.read(f"{session.endpoint.outbox}/x.ach", 1),
    "create": lambda session: session.create(session.path("new")),
    "write over": lambda session: session.write_over(session.path("x"), WHAT),
    "write new": lambda session: session.write_new(session.path("new"), WHAT),
    "rename": lambda session: session.rename(session.path("x"), session.path("y")),
    "discard": lambda session: session.discard(session.path("x")),
}


def test_every_wait_in_a_session_ends(partner: Partner, proxy: FaultProxy) -> None:
    quick = partner.through(proxy).model_copy(update={"op_timeout_s": 0.3})
    (partner.outbox / "x.ach").write_bytes(b"x")
    assert set(ACTS) == {name.replace("_", " ") for name in vars(Session) if name[0] != "_"} - LOOKS
    for act in ACTS.values():
        with connect(quick) as session:
            proxy.drop_replies()
            begun = time.monotonic()
            with pytest.raises(ExchangeError, match="no answer"):
                act(session)
            assert time.monotonic() - begun < 10


@pytest.mark.parametrize(("part", "where"), [(_Door, "log in"), (PartnerFolder, "open sftp")])
def test_every_wait_before_a_session_ends(
    loopback: Partner, monkeypatch: pytest.MonkeyPatch, part: type, where: str
) -> None:
    """The server is silent while it is to let us in, and while it is to begin with SFTP."""
    act = {_Door: "begin_auth", PartnerFolder: "__init__"}[part]
    monkeypatch.setattr(part, act, lambda *_: time.sleep(4))
    begun = time.monotonic()
    with (
        pytest.raises(ExchangeError, match=f"lost at: {where} .(no answer|.*timeout)"),
        connect(loopback.endpoint.model_copy(update={"connect_timeout_s": 2.0})),
    ):
        pytest.fail("it let us in")
    assert time.monotonic() - begun < 10


def test_a_line_that_drips_is_cut_though_no_single_wait_is_long(
    loopback: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    (loopback.outbox / "x.ach").write_bytes(bytes(1_000_000))
    monkeypatch.setattr("resources.session.SLOWEST_BYTES_PER_S", 1_000_000)
    with FaultProxy(loopback.endpoint.port) as proxy:
        dripping = loopback.through(proxy).model_copy(update={"op_timeout_s": 1.0})
        with connect(dripping) as session:
            proxy.bytes_per_s = 150_000
            begun = time.monotonic()
            with pytest.raises(ExchangeError, match="no answer within 2 s"):
                session.read("outbox/x.ach", 1_000_000)
            assert time.monotonic() - begun < 6  # whole it would take longer
