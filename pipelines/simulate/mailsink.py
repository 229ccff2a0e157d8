"""Simulation: a mail server on this machine that takes everything and keeps it as files, for demo, rehearsal and tests.

Nothing it takes goes anywhere. Messages lie in counterparties/mail as .eml files, named by their Message-ID, so that a
message that came twice is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from resources.home import Home

FOLDER = "mail"
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
    """Run the server in a thread for the length of a block; gives its port on 127.0.0.1."""
    controller = Controller(handler or Keep(folder), hostname="127.0.0.1", port=port, **server)
    controller.start()
    try:
        # Port 0 takes any free one, which only the socket knows.
        sockets: Any = getattr(controller.server, "sockets", ())
        yield int(sockets[0].getsockname()[1])
    finally:
        controller.stop(no_assert=True)


def set_up(home: Home, port: int) -> None:
    """Let this home send its mail to the sink, unless it has settings of its own that name another server."""
    text = (
        f"# Simulation: everything lands in counterparties/{FOLDER}.\n"
        f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "{SENDER}"\n'
    )
    if not home.mail.exists() or home.mail.read_text(encoding="utf-8").startswith("# Simulation"):
        home.mail.write_text(text, encoding="utf-8")


def folder_of(home: Home) -> Path:
    """Where the sink of this home keeps what it takes."""
    return home.counterparties / FOLDER


def kept(folder: Path) -> list[Message]:
    """The messages that were taken, by name."""
    return [message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("*.eml"))]
