"""A stock PostgreSQL over TCP, as a house would run it: the system's own if there is one, else the wheel's programs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from resources import embedded_programs as programs
from resources.embedded_programs import Account

_SUPER = "dba"


def bin_folder(account: Account) -> Path:
    """The oldest supported server of this system (15 and on), for what works there works on newer ones."""
    found = {int(p.parent.name): p for p in Path("/usr/lib/postgresql").glob("[0-9]*/bin") if (p / "initdb").exists()}
    return found[oldest] if (oldest := min((v for v in found if v >= 15), default=0)) else programs.programs(account)


@contextmanager
def stock_server() -> Iterator[str]:
    """Run a fresh server on 127.0.0.1 with its defaults; gives the superuser's address."""
    account = _account()
    base = Path(tempfile.mkdtemp(prefix="daybook-stock-"))
    base.chmod(0o711)
    data, log, secret = base / "data", base / "log", base / "secret"
    for folder in (data, log):
        folder.mkdir(mode=0o700)
        os.chown(folder, account.uid, account.gid)
    secret.write_text("s3cret/of the:dba\n")
    secret.chmod(0o644)  # for a folder that is gone in a minute
    folder = bin_folder(account)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    try:
        _do(account, folder / "initdb", "-D", data, "-U", _SUPER, f"--pwfile={secret}", "--auth=scram-sha-256")
        _do(account, folder / "pg_ctl", "-D", data, "-l", log / "server.log", "-w", "-o", options, "start")
        yield f"postgresql://{_SUPER}:s3cret%2Fof%20the%3Adba@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            _do(account, folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(base, ignore_errors=True)


def _do(account: Account, program: Path, *arguments: object) -> None:
    done = programs.run(account, program, *(str(a) for a in arguments))
    if done.returncode != 0:
        pytest.fail(f"{program.name}: {done.stderr or done.stdout}")


def _account() -> Account:
    """Ourselves; as root an account without rights, for PostgreSQL refuses to be root."""
    entry = pwd.getpwuid(os.geteuid()) if os.geteuid() else pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def run_as(address: str, statements: str) -> None:
    """Statements of a DBA, each by itself."""
    with psycopg.connect(address, autocommit=True) as session:
        for statement in filter(None, map(str.strip, statements.split(";"))):
            session.execute(statement)  # type: ignore[call-overload]


def login(address: str, name: str, password: str, database: str) -> str:
    """The address of another login at the same server."""
    return f"postgresql://{name}:{password}@{address.rpartition('@')[2].partition('/')[0]}/{database}"
