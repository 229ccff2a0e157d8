"""Simulation: a mail server on this machine that takes everything and keeps it as files, for demo, rehearsal and tests.

Nothing it takes goes anywhere. Messages lie in counterparties/mail as .eml files, named by their Message-ID, so that a
message that came twice is seen.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from formats.errors import ExchangeError
from resources.home import Home

FOLDER = "mail"
_START_LIMIT_S = 10.0

# It would write down every line it hears, addresses and messages among them.
logging.getLogger("mail.log").setLevel(logging.ERROR)
SENDER = "billing@daybook.example"


class Keep:
    """Writes each message it is given under `<Message-ID>-<n>.eml`, n counting from 1. Tests subclass it to refuse."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made."""
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802 - the library's
        """Keep the message; the answer is what the client reads."""
        self.keep(bytes(envelope.content))
        return "250 taken"

    def keep(self, content: bytes) -> Path:
        """Write the message; nobody sees it before it is whole."""
        known = str(message_from_bytes(content).get("Message-ID", "")).strip("<> ").partition("@")[0]
        stem = known if known.isalnum() else hashlib.sha256(content).hexdigest()[:40]
        number = 1
        while (path := self.folder / f"{stem}-{number}.eml").exists():
            number += 1
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.rename(path)
        return path


@contextmanager
def mail_sink(folder: Path, handler: Any = None, port: int = 0, **server: Any) -> Iterator[int]:
    """Run the server in a thread for the length of a block; gives its port on 127.0.0.1, any free one for 0.

    Args:
        folder: where messages are kept.
        handler: what answers; by default everything is kept.
        port: to listen on.
        server: further arguments of `aiosmtpd.smtp.SMTP`, such as a certificate.

    Raises:
        ExchangeError: it can't listen there.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail-sink", daemon=True)
    thread.start()
    taking = handler or Keep(folder)

    def door() -> SMTP:
        return SMTP(taking, hostname="localhost", loop=loop, **server)

    async def listen() -> asyncio.Server:
        return await loop.create_server(door, "127.0.0.1", port)

    async def close(open_server: asyncio.Server) -> None:
        open_server.close()
        await open_server.wait_closed()

    try:
        try:
            listening = asyncio.run_coroutine_threadsafe(listen(), loop).result(_START_LIMIT_S)
        except OSError as error:
            raise ExchangeError(f"the mail sink can't listen: {error.strerror}", where=f"port {port}") from error
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            asyncio.run_coroutine_threadsafe(close(listening), loop).result(_START_LIMIT_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_START_LIMIT_S)
        loop.close()


def set_up(home: Home, port: int) -> None:
    """Let this home send its mail to the sink, unless it has settings of its own that name another server."""
    text = (
        f"# Simulation: everything lands in counterparties/{FOLDER}.\n"
        f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "{SENDER}"\n'
    )
    if not home.mail.exists() or home.mail.read_text(encoding="utf-8").startswith("# Simulation"):
        home.mail.write_text(text, encoding="utf-8")


@contextmanager
def sink_of(home: Home) -> Iterator[None]:
    """The sink of this home, which its mail goes to for the length of a block; afterwards its mail waits as before."""
    with mail_sink(folder_of(home)) as port:
        set_up(home, port)
        try:
            yield
        finally:
            if home.mail.read_text(encoding="utf-8").startswith("# Simulation"):
                home.mail.unlink()


def times_kept(folder: Path, key: str) -> int:
    """How often the message of this key was taken: `resources.mailer.message` names it after its key."""
    return len(list(folder.glob(f"{hashlib.sha256(key.encode()).hexdigest()[:40]}-*.eml")))


def folder_of(home: Home) -> Path:
    """Where the sink of this home keeps what it takes."""
    return home.counterparties / FOLDER


def kept(folder: Path) -> list[Message]:
    """The messages that were taken, by name."""
    return [message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]
