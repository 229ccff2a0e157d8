"""The loopback partner is a real server that behaves like a careful one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import paramiko
import pytest

from formats.errors import ExchangeError, SettingsError
from resources.endpoint import make_ssh_keypair, write_private
from resources.home import ROOT
from resources.loopback import LoopbackPartner, start
from resources.transport import AllowedEndpoint, Outcome, connect, deliver, fetch
from tests.resources.transport.conftest import Partner


def endpoint_of(port: int, host_key: str, user: str, key: Path) -> AllowedEndpoint:
    return AllowedEndpoint(
        name=user, host="127.0.0.1", port=port, username=user, private_key_path=key, host_key=host_key
    )


def test_users_are_shut_into_their_own_folders(tmp_path: Path) -> None:
    keys = {}
    for user in ("bank", "vendor"):
        pair = make_ssh_keypair()
        write_private(tmp_path / user, pair.private)
        keys[user] = pair.public_line
    (tmp_path / "outside").write_text("secret")
    with start(tmp_path / "root", keys) as server:
        bank = endpoint_of(server.port, server.host_key_line, "bank", tmp_path / "bank")
        assert deliver(bank, b"file", "a.ach", lambda _: None).outcome is Outcome.SENT
        (server.folder("bank") / "outbox/r.ach").write_bytes(b"returned")
        assert [f.data for f in fetch(bank, set())] == [b"returned"]
        with connect(bank) as session:
            for path in ("../../outside", "/../../outside", "../vendor/inbox", "/host_key"):
                assert session.size(path) is None
        as_vendor = bank.model_copy(update={"username": "vendor"})
        assert deliver(as_vendor, b"file", "b.ach", lambda _: None).outcome is Outcome.FAILED
    assert [p.name for p in (tmp_path / "root/bank/inbox").iterdir()] == ["a.ach"]
    assert list((tmp_path / "root/vendor/inbox").iterdir()) == []


def test_plain_rename_never_overwrites(loopback: Partner) -> None:
    (loopback.inbox / "old").write_bytes(b"old")
    (loopback.inbox / "new").write_bytes(b"new")
    with connect(loopback.endpoint) as session, pytest.raises(OSError, match="exists"):
        session._sftp.rename("inbox/new", "inbox/old")
    assert (loopback.inbox / "old").read_bytes() == b"old"


def test_no_shell_is_offered(loopback: Partner) -> None:
    with connect(loopback.endpoint) as session:
        channel = session._line._transport.open_session(timeout=5)
        with pytest.raises(paramiko.SSHException):
            channel.exec_command("id")


def test_the_host_key_is_kept_private_and_survives_a_restart(tmp_path: Path) -> None:
    lines, ports = [], []
    for _ in range(2):
        with LoopbackPartner(tmp_path, {"bank": make_ssh_keypair().public_line}) as server:
            lines.append(server.host_key_line)
            ports.append(server.port)
    assert lines[0] == lines[1]
    assert (tmp_path / "host_key").stat().st_mode & 0o777 == 0o600
    assert all(port > 1023 for port in ports)


def test_a_taken_port_and_an_odd_user_are_said(tmp_path: Path) -> None:
    key = make_ssh_keypair().public_line
    with start(tmp_path, {"bank": key}) as server, pytest.raises(ExchangeError, match="can't listen"):
        start(tmp_path, {"bank": key}, port=server.port)
    with pytest.raises(SettingsError):
        start(tmp_path, {"../bank": key})


@pytest.mark.parametrize("end", ["term", "parent"])
def test_as_a_child_process_it_says_its_port_and_ends_when_told_or_orphaned(tmp_path: Path, end: str) -> None:
    pair = make_ssh_keypair()
    write_private(tmp_path / "key", pair.private)
    (tmp_path / "key.pub").write_text(pair.public_line)
    options = ["--root", str(tmp_path / "root"), "--user", f"bank={tmp_path / 'key.pub'}", "--with-parent"]
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "resources.loopback", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        said = json.loads(child.stdout.readline())
        bank = endpoint_of(said["port"], said["host_key"], "bank", tmp_path / "key")
        assert deliver(bank, b"file", "a.ach", lambda _: None).outcome is Outcome.SENT
        if end == "term":
            child.send_signal(signal.SIGTERM)
        else:
            child.stdin.close()
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        child.stdin.close()
