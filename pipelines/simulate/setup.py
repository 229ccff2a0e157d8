"""Simulation: makes an invented bank and invented vendors, with keys and profiles, and runs their loopback SFTP server.

Everything here plays a counterparty on this machine; an installation with real partners has no use for it.
Our half of the keys lies in keys/partners/<code>, theirs in counterparties/keys/<code>: neither side reads the other's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from formats.errors import ExchangeError
from pipelines.simulate.invented import INVENTED, LAYOUTS, Invented
from resources.allow_list import AllowList, load_allow_list
from resources.endpoint import make_ssh_keypair, write_private
from resources.home import ROOT, Home
from resources.loopback import HOST_KEY_FILE
from resources.partners import load_partner
from resources.pgp import KeyPair, make_keypair

_START_LIMIT_S = 20.0
_STOP_LIMIT_S = 10.0


def setup_partners(home: Home, invented: Sequence[Invented] = INVENTED) -> list[str]:
    """Make keys, folders and profiles of the invented partners that have no profile yet; returns their codes.

    A profile that is there stays as it is, so that doing it again changes nothing.
    """
    home.make()
    root = home.counterparties
    root.mkdir(mode=0o700, exist_ok=True)
    if not (root / HOST_KEY_FILE).exists():
        pair = make_ssh_keypair()
        (root / f"{HOST_KEY_FILE}.pub").write_text(pair.public_line + "\n", encoding="ascii")
        write_private(root / HOST_KEY_FILE, pair.private)
    port = _port(home)
    missing = [who for who in invented if not (home.partners / f"{who.code}.toml").exists()]
    with ThreadPoolExecutor(max_workers=2) as threads:
        pairs = list(threads.map(make_keypair, [name for who in missing for name in ("Daybook", who.name)]))
    for who, ours, theirs in zip(missing, pairs[::2], pairs[1::2], strict=True):
        _make(home, who, ours, theirs, port)
    _allow(home, [who.code for who in invented])
    return [who.code for who in missing]


def their_keys(home: Home, code: str) -> Path:
    """The invented partner's own half: pgp.secret.asc, and our public key as it got it."""
    return home.counterparties / "keys" / code


def start_server(home: Home) -> int:
    """Start the loopback server of all invented partners as a process of its own, unless it runs; returns its port.

    The port is kept, so that profiles stay true; when another program has taken it, a new one goes into the profiles.

    Raises:
        ExchangeError: it did not come up.
    """
    if _running(home) is not None:
        return _port(home)
    for port in (_port(home), 0):
        child = _spawn(home, port)
        line = _first_line(child)
        if line is not None:
            told = int(json.loads(line)["port"])
            _keep_port(home, told)
            (home.counterparties / "server.pid").write_text(f"{child.pid}\n", encoding="ascii")
            child.returncode = 0  # it goes on without this object, which would warn of that when collected
            return told
        child.kill()
        child.wait()
    said = (home.counterparties / "server.log").read_text(encoding="utf-8", errors="replace").strip().split("\n")[-1]
    raise ExchangeError("the loopback server did not start", where="simulation", hint=said)


def stop_server(home: Home) -> None:
    """End this home's loopback server, by its pid; nothing happens when it does not run."""
    pid = _running(home)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + _STOP_LIMIT_S
    while _running(home) is not None and time.monotonic() < until:
        _reap(pid)
        time.sleep(0.05)
    if _running(home) is not None:
        os.kill(pid, signal.SIGKILL)
        _reap(pid)
    (home.counterparties / "server.pid").unlink(missing_ok=True)


def start_if_set_up(home: Home) -> bool:
    """Start the server when this home has invented partners; tells whether it has."""
    if not (home.counterparties / HOST_KEY_FILE).exists():
        return False
    start_server(home)
    return True


@contextmanager
def served(home: Home) -> Iterator[int]:
    """The server for the length of a block; one that ran before goes on afterwards."""
    ran = _running(home) is not None
    try:
        yield start_server(home)
    finally:
        if not ran:
            stop_server(home)


def _make(home: Home, who: Invented, ours: KeyPair, theirs: KeyPair, port: int) -> None:
    """Both halves of the keys, folders, and the profile last: its being there says that all is made."""
    here, there = home.keys / "partners" / who.code, their_keys(home, who.code)
    for folder in (here, there):
        shutil.rmtree(folder, ignore_errors=True)  # left by a setup that was cut short: no profile knows it
        folder.mkdir(mode=0o700, parents=True)
    for box in ("inbox", "outbox"):
        (home.counterparties / who.code / box).mkdir(mode=0o700, parents=True, exist_ok=True)
    ssh = make_ssh_keypair()
    write_private(here / "ssh", ssh.private)
    write_private(here / "pgp.secret.asc", ours.secret_armor)
    (here / "partner.public.asc").write_bytes(theirs.public_armor)
    write_private(there / "pgp.secret.asc", theirs.secret_armor)
    (there / "daybook.public.asc").write_bytes(ours.public_armor)
    (there / "fingerprints.json").write_text(json.dumps({"daybook": ours.fingerprint, "own": theirs.fingerprint}))
    (there / "ssh.pub").write_text(ssh.public_line + "\n", encoding="ascii")
    host_key = (home.counterparties / f"{HOST_KEY_FILE}.pub").read_text(encoding="ascii").strip()
    if who.layout is not None:
        (home.partners / LAYOUTS.name).mkdir(exist_ok=True)
        shutil.copyfile(LAYOUTS / who.layout, home.partners / LAYOUTS.name / who.layout)
    keys = os.path.relpath(here, home.partners)
    text = f"""\
# An invented {who.kind}: part of the simulation.
code = "{who.code}"
kind = "{who.kind}"
name = "{who.name}"
file_name = "{who.file_name}"

[sftp]
host = "127.0.0.1"
port = {port}
username = "{who.code}"
private_key_path = "{keys}/ssh"
host_key = "{host_key}"

[pgp]
our_fingerprint = "{ours.fingerprint}"
partner_fingerprint = "{theirs.fingerprint}"
our_secret_key = "{keys}/pgp.secret.asc"
partner_public_key = "{keys}/partner.public.asc"

{who.table}"""
    fresh = home.partners / f"{who.code}.new"
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(home.partners / f"{who.code}.toml")


def _allow(home: Home, codes: Sequence[str]) -> None:
    """Put the invented partners on the allow-list, at this machine only; what stands there stays."""
    path = home.allow_list
    known = load_allow_list(path) if path.exists() else AllowList(countries=())
    if not path.exists():
        write_private(path, b'# Who files may be exchanged with. Only a person changes it.\ncountries = ["US"]\n')
    for code in codes:
        partner = load_partner(home.partners / f"{code}.toml")
        if code in known.endpoints or partner.sftp.host != "127.0.0.1":
            continue
        with path.open("a", encoding="utf-8") as stream:
            stream.write(f"""
# Invented: the loopback server of the simulation.
[endpoints.{code}]
country = "US"
hosts = ["127.0.0.1"]
host_keys = ["{partner.sftp.host_key_fingerprint}"]
pgp_keys = ["{partner.pgp.partner_fingerprint}"]
""")


def _port(home: Home) -> int:
    """The port this home's server uses: kept in a file, chosen among free ones at first."""
    path = home.counterparties / "port"
    if not path.exists():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            path.write_text(f"{probe.getsockname()[1]}\n", encoding="ascii")
    return int(path.read_text(encoding="ascii"))


def _keep_port(home: Home, port: int) -> None:
    if port == _port(home):
        return
    for code in sorted(path.name for path in (home.counterparties / "keys").iterdir()):
        path = home.partners / f"{code}.toml"
        if path.exists():
            fresh = path.with_suffix(".new")
            fresh.write_text(re.sub(r"(?m)^port = \d+$", f"port = {port}", path.read_text(encoding="utf-8")))
            fresh.rename(path)
    (home.counterparties / "port").write_text(f"{port}\n", encoding="ascii")


def _spawn(home: Home, port: int) -> subprocess.Popen[bytes]:
    users = [f"{key.parent.name}={key}" for key in sorted((home.counterparties / "keys").glob("*/ssh.pub"))]
    command = [
        sys.executable,
        "-P",
        "-m",
        "resources.loopback",
        "--root",
        str(home.counterparties),
        "--port",
        str(port),
    ]
    with (home.counterparties / "server.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own module
            [*command, *(word for user in users for word in ("--user", user))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


def _first_line(child: subprocess.Popen[bytes]) -> bytes | None:
    """The line in which the server tells its port; None when it ended or said nothing in time."""
    assert child.stdout is not None  # noqa: S101 - it was made with a pipe
    os.set_blocking(child.stdout.fileno(), False)
    until = time.monotonic() + _START_LIMIT_S
    told = b""
    while not told.endswith(b"\n") and time.monotonic() < until:
        told += child.stdout.read() or b""
        if child.poll() is not None:
            break
        time.sleep(0.02)
    child.stdout.close()
    return told if told.endswith(b"\n") else None


def _running(home: Home) -> int | None:
    """The pid of this home's server if it lives: a pid alone may have gone to a stranger."""
    try:
        pid = int((home.counterparties / "server.pid").read_text(encoding="ascii"))
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    ours = b"resources.loopback" in words and str(home.counterparties).encode() in words
    return pid if ours else None


def _reap(pid: int) -> None:
    """Take a child of ours that ended off the process table; one of another process is its parent's business."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
