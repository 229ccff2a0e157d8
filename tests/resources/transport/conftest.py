"""Two real servers to deliver to: asyncssh in this process, and OpenSSH's sshd where it is installed."""

import getpass
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from resources import transport
from resources.allow_list import AllowedEndpoint
from resources.endpoint import make_ssh_keypair, write_private
from resources.line import RefusedError
from resources.loopback import LoopbackPartner
from resources.session import connect
from tests.resources.proxy import FaultProxy

NAME = "ACH_20260105_A.ach"
DATA = b"101 021000021 1234567892601050100A094101\n" * 2500  # some 100 kB


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LOOK_AGAIN_AFTER_S", (0.05, 0.2, 0.5))


@dataclass
class Partner:
    """A running server seen from both sides: how to reach it, and the folders on its disk."""

    endpoint: AllowedEndpoint
    inbox: Path
    outbox: Path
    stop: Callable[[], None]
    start: Callable[[], None]  # again, on the same port

    def through(self, proxy: FaultProxy) -> AllowedEndpoint:
        return self.endpoint.model_copy(update={"port": proxy.port})


def final_files(partner: Partner) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in partner.inbox.iterdir() if not p.name.endswith(".part")}


@pytest.fixture
def our_key(tmp_path: Path) -> tuple[Path, str]:
    """Private key file and public line of our side."""
    pair = make_ssh_keypair()
    path = tmp_path / "our_key"
    write_private(path, pair.private)
    return path, pair.public_line


def loopback_partner(root: Path, our_key: tuple[Path, str], **options: object) -> Partner:
    server = LoopbackPartner(root, {"daybook": our_key[1]}, **options).start()
    endpoint = AllowedEndpoint(
        name="First Loopback Bank",
        host="127.0.0.1",
        port=server.port,
        username="daybook",
        private_key_path=our_key[0],
        host_key=server.host_key_line,
        connect_timeout_s=5,
        op_timeout_s=5,
    )

    def start() -> None:
        partner.stop = LoopbackPartner(root, {"daybook": our_key[1]}, port=server.port, **options).start().stop

    partner = Partner(endpoint, root / "daybook/inbox", root / "daybook/outbox", server.stop, start)
    return partner


@pytest.fixture
def loopback(tmp_path: Path, our_key: tuple[Path, str]) -> Iterator[Partner]:
    partner = loopback_partner(tmp_path / "partner", our_key)
    yield partner
    partner.stop()


def find_sshd() -> str | None:
    return shutil.which("sshd") or next(
        (p for p in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(p).exists()), None
    )


def openssh_partner(
    root: Path, our_key: tuple[Path, str], *, options: str = "", file_limit: int | None = None
) -> Partner:
    """An sshd of its own, as the user who runs the tests, on a high port of 127.0.0.1.

    `options` are those of its SFTP server (-R reads only, -P forbids requests); past `file_limit` bytes a file stops
    growing, as with a quota, until the server is started again.
    """
    program = find_sshd()
    if program is None:
        pytest.skip("OpenSSH's sshd is not installed (apt-get install openssh-server)")
    if os.geteuid() == 0:
        # sshd as root insists on this folder, which its service would have made.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for folder in ("inbox", "outbox"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    host = make_ssh_keypair()
    write_private(root / "host_key", host.private)
    (root / "authorized_keys").write_text(our_key[1] + "\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (root / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {root}/host_key\nAuthorizedKeysFile {root}/authorized_keys\n"
        f"PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        f"MaxStartups 100\nSubsystem sftp internal-sftp {options}\nLogLevel INFO\n"
    )
    process = _run_sshd(program, root, port, file_limit)
    endpoint = AllowedEndpoint(
        name="OpenSSH Vendor",
        host="127.0.0.1",
        port=port,
        username=getpass.getuser(),
        private_key_path=our_key[0],
        host_key=host.public_line,
        inbox=str(root / "inbox"),
        outbox=str(root / "outbox"),
        connect_timeout_s=5,
        op_timeout_s=5,
    )
    try:
        with connect(endpoint):
            pass
    except RefusedError:
        _end(process)
        # Without PAM a locked account, or one without a shell, is refused whatever its key; any other no is ours.
        reason = re.search(r"User .* not allowed because .*", (root / "sshd.log").read_text())
        if reason is None:
            raise
        pytest.skip(f"sshd lets nobody in under this account: {reason[0]}")

    def start() -> None:
        again = _run_sshd(program, root, port, None)
        partner.stop = lambda: _end(again)

    partner = Partner(endpoint, root / "inbox", root / "outbox", lambda: _end(process), start)
    return partner


def _run_sshd(program: str, root: Path, port: int, file_limit: int | None) -> subprocess.Popen[bytes]:
    with (root / "sshd.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(root / "sshd_config")],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            restore_signals=False,  # or the limit's signal ends the server instead of failing its write
        )
    if file_limit is not None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_limit, file_limit))
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        if process.poll() is not None:
            break
        time.sleep(0.05)
    else:
        _end(process)
    if process.poll() is not None:
        pytest.fail(f"sshd is installed and does not start: {(root / 'sshd.log').read_text()[-400:]}")
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(10)


@pytest.fixture(params=["asyncssh", "openssh"])
def partner(request: pytest.FixtureRequest, tmp_path: Path, our_key: tuple[Path, str]) -> Iterator[Partner]:
    """Either server; a test that takes this runs against both."""
    make = loopback_partner if request.param == "asyncssh" else openssh_partner
    running = make(tmp_path / "partner", our_key)
    yield running
    running.stop()


@pytest.fixture
def proxy(partner: Partner) -> Iterator[FaultProxy]:
    with FaultProxy(partner.endpoint.port) as running:
        yield running
