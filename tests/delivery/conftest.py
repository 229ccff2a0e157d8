"""Delivery is tested against a real SSH server and gpg."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from assets.delivery.release import release
from assets.steps import Outcome
from resources.database import Logins
from resources.record import Record
from resources.vault import Vault
from tests.support.counterparties import Counterparties, counterparties, invented
from tests.support.seed import night

MOMENT = dt.datetime(2026, 10, 1, 13, tzinfo=dt.UTC)  # nine in the morning of the seeded business date, in the east

__all__ = ["Desk", "counterparties", "desk", "invented"]


@dataclass(frozen=True)
class Desk:
    """The record under both logins, the vault, and the invented partners."""

    record: Record
    releaser: Record
    vault: Vault
    world: Counterparties

    def send(self, as_of: dt.datetime | None = None) -> Outcome:
        return release(self.record, night(self.record), self.world.partners, self.vault, as_of or MOMENT)


@pytest.fixture
def desk(logins: Logins, vault: Vault, counterparties: Counterparties) -> Desk:
    """A desk over an empty record."""
    return Desk(Record(logins.runtime), Record(logins.releaser), vault, counterparties)
