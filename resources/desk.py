"""The desk a run works at: the record, the vault, the partners. Opened at first use, so that importing costs nothing
and a definition can be looked at on a machine without a database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from resources.database import Logins, open_database
from resources.home import Home
from resources.partners import Partner, load_partners
from resources.record import Record
from resources.vault import Vault, load_or_create


@dataclass(frozen=True)
class Limits:
    """How much of the slow outside referee a night affords; the rest of the checks always run in full."""

    referee_sets: int | None = None  # transaction sets of one 834 that pyx12 reads; None: all
    referee_processes: int = 2


class Desk:
    """Everything outside the process that a step may touch. Tests hand in their own."""

    def __init__(self, home: Home, logins: Logins | None = None, limits: Limits | None = None) -> None:
        """Nothing is opened yet."""
        self.home = home
        self.limits = limits or Limits()
        self._logins = logins

    @cached_property
    def logins(self) -> Logins:
        """The database's logins; its schema is brought up to date at first use."""
        return self._logins or open_database(self.home.make())

    @cached_property
    def record(self) -> Record:
        """The record under the runtime login."""
        return Record(self.logins.runtime)

    @cached_property
    def releaser(self) -> Record:
        """The record under the login of those who approve."""
        return Record(self.logins.releaser)

    @cached_property
    def vault(self) -> Vault:
        """The field encryption with this installation's master key."""
        return load_or_create(self.home.keys / "master.key")

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Bank and vendor profiles by code."""
        return load_partners(self.home.partners)
