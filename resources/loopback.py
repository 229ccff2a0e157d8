"""The counterpart: a real SSH/SFTP server on 127.0.0.1 that plays bank and vendors, for demo and tests.

Each user is shut into a folder of its own with `inbox/` (what we deliver) and `outbox/` (what it answers). A
rename onto an existing name is refused, as at a careful partner. As a child process:
`python -m resources.loopback --root DIR --user NAME=PUBLIC_KEY_FILE ...` prints one line of JSON with `port`
and `host_key`.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import asyncssh

from formats.errors import ExchangeError, SettingsError
from resources.endpoint import make_ssh_keypair, write_private

HOST_KEY_FILE = "host_key"
START_LIMIT_S = 15.0

# A client that vanishes is part of the game here, and session logs name files.
logging.getLogger("asyncssh").setLevel(logging.ERROR)


class PartnerFolder(asyncssh.SFTPServer):
    """One user's view: its own folder as the root. Tests subclass it to refuse what a full disk would."""

    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]", root: Path) -> None:
        user = str(channel.get_extra_info("username"))
        super().__init__(channel, chroot=str(root / user).encode())


class _Door(asyncssh.SSHServer):
    """Who may enter: known users by their key, or by password where one is set. Only SFTP is offered."""

    def __init__(self, partner: "LoopbackPartner") -> None:
        self._partner = partner

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._partner.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the library's signature
        self._partner.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        self._partner.logins.append(username)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        line = self._partner.users.get(username)
        return line is not None and asyncssh.import_public_key(line) == key

    def password_auth_supported(self) -> bool:
        return bool(self._partner.passwords)

    def validate_password(self, username: str, password: str) -> bool:
        return self._partner.passwords.get(username) == password


class LoopbackPartner:
    """The running server: `port`, `host_key_line` (to pin), `folder(user)`; ends with `stop()` or its `with`."""

    def __init__(
        self,
        root: Path,
        users: Mapping[str, str],
        *,
        passwords: Mapping[str, str] | None = None,
        port: int = 0,
        folder_class: type[PartnerFolder] = PartnerFolder,
    ) -> None:
        """Prepare folders and the host key under `root`; `users` maps a name to its public key line."""
        self.root, self.users, self.passwords = root, dict(users), dict(passwords or {})
        self.logins: list[str] = []  # user names that began to log in: shows whether a client got that far
        self.port = port
        self._folder_class = folder_class
        for user in {*self.users, *self.passwords}:
            if not user.replace("-", "").replace("_", "").isalnum():
                raise SettingsError(f"{user[:40]!r} can't be a user of the loopback server")
            for folder in (root, root / user, root / user / "inbox", root / user / "outbox"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._host_key = _host_key(root / HOST_KEY_FILE)
        self.host_key_line = self._host_key.export_public_key().decode("ascii").strip()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback-sftp", daemon=True)
        self._server: asyncssh.SSHAcceptor | None = None
        self.connections: set[asyncssh.SSHServerConnection] = set()  # open now, logged in or not

    def start(self) -> Self:
        """Listen on 127.0.0.1. Raises ExchangeError when the port is taken."""
        self._thread.start()
        try:
            self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(START_LIMIT_S)
        except OSError as error:
            self.stop()
            raise ExchangeError(
                f"The loopback server can't listen: {error.strerror}", where=f"port {self.port}"
            ) from error
        self.port = self._server.get_port()
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; safe more than once."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(START_LIMIT_S)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(START_LIMIT_S)
        self._loop.close()

    def folder(self, user: str) -> Path:
        """The user's folder, with `inbox` and `outbox` in it."""
        return self.root / user

    def __enter__(self) -> Self:
        return self if self._thread.is_alive() else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=lambda: _Door(self),
            server_host_keys=[self._host_key],
            sftp_factory=lambda channel: self._folder_class(channel, self.root),
            allow_scp=False,
            login_timeout=20,
            keepalive_interval=30,
        )

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
        leaving = list(self.connections)
        for connection in leaving:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in leaving), return_exceptions=True)


def start(root: Path, users: Mapping[str, str], *, port: int = 0) -> LoopbackPartner:
    """Start the server in a thread of this process; `users` maps a name to its public key line."""
    return LoopbackPartner(root, users, port=port).start()


def _host_key(path: Path) -> asyncssh.SSHKey:
    """The server's own key: made once and kept, or every client that pinned it would rightly refuse us."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        write_private(path, make_ssh_keypair().private)
    return asyncssh.import_private_key(path.read_bytes())


def _wait_for_parent(done: threading.Event) -> None:
    # Not through sys.stdin: a thread inside its lock would abort the interpreter's shutdown.
    while os.read(0, 4096):
        pass
    done.set()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM, SIGINT, or (with --with-parent) until the parent's end of stdin closes."""
    parser = argparse.ArgumentParser(prog="resources.loopback", description="A loopback SFTP partner")
    parser.add_argument("--root", type=Path, required=True, help="folder that holds a folder per user")
    parser.add_argument("--user", action="append", required=True, metavar="NAME=PUBLIC_KEY_FILE")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--with-parent", action="store_true", help="end when stdin closes: no orphan is left")
    options = parser.parse_args(arguments)
    users = {}
    for pair in options.user:
        name, _, key_file = pair.partition("=")
        users[name] = Path(key_file).read_text(encoding="utf-8").strip()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    if options.with_parent:
        threading.Thread(target=_wait_for_parent, args=(done,), daemon=True).start()
    with start(options.root, users, port=options.port) as partner:
        sys.stdout.write(json.dumps({"port": partner.port, "host_key": partner.host_key_line}) + "\n")
        sys.stdout.flush()
        done.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
