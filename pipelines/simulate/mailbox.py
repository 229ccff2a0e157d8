"""Simulation: an invented partner's side of the exchange, its folders and its PGP keys.

Belongs here: reading what was delivered, as the partner, and putting an answer out. What to answer is bank.py's and
vendor.py's business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.simulate.setup import their_keys
from resources.home import Home
from resources.pgp import Keyring, PartnerKey, keyring

SUFFIX = ".pgp"


@dataclass(frozen=True)
class Mailbox:
    """One invented partner at its desk. Usable inside `with opened(...)` only."""

    inbox: Path
    outbox: Path
    ring: Keyring
    sender: str  # our fingerprint, as the partner pinned it

    def delivered(self) -> list[str]:
        """Names of what lies in the inbox, whole files only, in order; `.pgp` not included."""
        return sorted(path.name.removesuffix(SUFFIX) for path in self.inbox.glob(f"*{SUFFIX}"))

    def open(self, name: str) -> bytes:
        """The clear bytes of a delivered file. Raises ExchangeError when our signature does not hold."""
        return self.ring.decrypt_verified((self.inbox / f"{name}{SUFFIX}").read_bytes(), self.sender)

    def has_sent(self, name: str) -> bool:
        """Whether an answer of this name was put out before."""
        return (self.outbox / f"{name}{SUFFIX}").exists()

    def send(self, name: str, clear: bytes) -> None:
        """Sign, encrypt and put an answer out; it appears under its name only when it is whole."""
        part = self.outbox / f"{name}{SUFFIX}.part"
        part.write_bytes(self.ring.encrypt_and_sign(clear, self.sender))
        part.rename(self.outbox / f"{name}{SUFFIX}")


@contextmanager
def opened(home: Home, code: str) -> Iterator[Mailbox]:
    """The mailbox of an invented partner, with its keys, for the length of a block.

    Raises:
        SettingsError: gpg is missing, or the partner was never set up.
    """
    keys = their_keys(home, code)
    pins = json.loads((keys / "fingerprints.json").read_text(encoding="ascii"))
    ours = PartnerKey("daybook", (keys / "daybook.public.asc").read_bytes(), pins["daybook"])
    folder = home.counterparties / code
    with keyring((keys / "pgp.secret.asc").read_bytes(), [ours]) as ring:
        yield Mailbox(folder / "inbox", folder / "outbox", ring, pins["daybook"])
