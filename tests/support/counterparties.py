"""The invented bank and vendors, set up once per test session, with empty folders for every test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.simulate.invented import BANK
from pipelines.simulate.setup import setup_partners, start_server, stop_server, their_keys
from resources.home import Home
from resources.partners import Partner, load_partners
from resources.pgp import PartnerKey, keyring
from tests.support.places import quick_folder


@dataclass(frozen=True)
class Counterparties:
    """Their home, their profiles, and their side of the exchange."""

    home: Home
    partners: dict[str, Partner]

    def box(self, name: str, code: str = BANK) -> Path:
        return self.home.counterparties / code / name

    def opened(self, code: str = BANK) -> dict[str, bytes]:
        """What lies in the partner's inbox, decrypted and verified with its own keys."""
        there, ours = their_keys(self.home, code), self.partners[code].pgp.our_fingerprint
        secret = (there / "pgp.secret.asc").read_bytes()
        key = PartnerKey("daybook", (there / "daybook.public.asc").read_bytes(), ours)
        with keyring(secret, [key]) as ring:
            return {
                p.name: ring.decrypt_verified(p.read_bytes(), ours) for p in sorted(self.box("inbox", code).iterdir())
            }

    def leave(self, name: str, data: bytes, code: str = BANK, signer: str | None = None) -> Path:
        """Put a message to us into the partner's outbox, signed by it (or by another one)."""
        ours = self.partners[code].pgp.our_fingerprint
        secret = (their_keys(self.home, signer or code) / "pgp.secret.asc").read_bytes()
        key = PartnerKey("daybook", (their_keys(self.home, code) / "daybook.public.asc").read_bytes(), ours)
        with keyring(secret, [key]) as ring:
            path = self.box("outbox", code) / name
            path.write_bytes(ring.encrypt_and_sign(data, ours))
        return path


@pytest.fixture(scope="session")
def invented() -> Iterator[Counterparties]:
    """One home with partners and a running server for the whole session."""
    home = Home(quick_folder("partners") / "var")
    setup_partners(home)
    start_server(home)
    yield Counterparties(home, load_partners(home.partners))
    stop_server(home)
    shutil.rmtree(home.path.parent)


@pytest.fixture
def counterparties(invented: Counterparties) -> Counterparties:
    """The partners with empty folders."""
    for code in invented.partners:
        for name in ("inbox", "outbox"):
            for path in invented.box(name, code).iterdir():
                path.unlink()
    shutil.rmtree(invented.home.counterparties / "answered", ignore_errors=True)
    return invented
