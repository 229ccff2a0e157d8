"""The desk a run works at: the record, the vault, the partners.

Opened at first use, so that importing costs nothing and a definition can be looked at without a database.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from formats.errors import SettingsError
from resources.database import Logins, open_database
from resources.home import Home, setting, utc_now
from resources.partners import Partner, load_partners
from resources.record import Record
from resources.vault import ENVIRONMENT, Vault, find


@dataclass(frozen=True)
class Limits:
    """How much of the slow outside referee a night affords; the rest of the checks always run in full."""

    referee_whole_up_to: int | None = 4  # an 834 of at most so many sets is judged whole by pyx12; None: always
    referee_seconds: float = 10.0  # for all larger ones of a night; of each as many sets as its share allows, or one
    referee_processes: int = 2


class Desk:
    """Everything outside the process that a step may touch. Tests hand in their own."""

    def __init__(self, home: Home, logins: Logins | None = None, limits: Limits | None = None) -> None:
        """Nothing is opened yet."""
        self.home = home
        self.limits = limits or Limits()
        self.as_of: dt.datetime | None = None  # with its time zone; a demo and a rehearsal play another day
        self._logins = logins

    def now(self) -> dt.datetime:
        """The moment at which this desk acts: the clock's, unless `as_of` says another. Cut-offs are judged by it."""
        return self.as_of or utc_now()

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
        """The field encryption with this installation's master key.

        Raises:
            SettingsError: the record was sealed with another key.
        """
        vault = find(self.home.keys / "master.key", os.environ)
        with self.record.step("vault", run_no=0, companies=(), business_date=dt.date.min, lock="house") as tx:
            known = tx.read("audit/installation")
            if known.is_empty():
                tx.append("audit.installation", pl.DataFrame({"key_fingerprint": [vault.fingerprint]}))
            elif known.item(0, "key_fingerprint") != vault.fingerprint:
                raise SettingsError(
                    # Eight digits tell them apart; sixteen can look like a number that must not be shown.
                    f"the master key ({vault.fingerprint[:8]}) is not the one this database was sealed with "
                    f"({known.item(0, 'key_fingerprint')[:8]})",
                    where=ENVIRONMENT if setting("MASTER_KEY") else str(self.home.keys / "master.key"),
                    hint="restore the key file, or set DAYBOOK_MASTER_KEY to the right key; nothing was opened",
                )
        return vault

    @cached_property
    def partners(self) -> dict[str, Partner]:
        """Bank and vendor profiles by code."""
        return load_partners(self.home.partners)
