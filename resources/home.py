"""Where this installation keeps its things: one folder, by default `var/` beside the code.

The only place that reads DAYBOOK_* settings from the environment.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path

from formats.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folder and what lies where in it."""

    path: Path

    @property
    def keys(self) -> Path:
        """Master key, logins, SSH and PGP keys: 0700, files 0600."""
        return self.path / "keys"

    @property
    def partners(self) -> Path:
        """One TOML profile per bank and vendor."""
        return self.path / "partners"

    @property
    def allow_list(self) -> Path:
        """Who files may be exchanged with at all: changed by a person only."""
        return self.path / "exchange.toml"

    @property
    def reports(self) -> Path:
        """What finance reads: a folder per book and night."""
        return self.path / "reports"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME of this installation."""
        return self.path / "dagster"

    @property
    def templates(self) -> Path:
        """A folder per company with its own templates, words and logo, over the built-in ones."""
        return self.path / "templates"

    @property
    def mail(self) -> Path:
        """How mail leaves: the settings of the SMTP server. Missing: mail waits."""
        return self.path / "mail.toml"

    @property
    def counterparties(self) -> Path:
        """Folders of the loopback bank and vendors: simulation only."""
        return self.path / "counterparties"

    def make(self) -> Home:
        """Create the folders, readable by nobody else where they hold keys.

        Raises:
            SettingsError: it can't be done there.
        """
        try:
            for folder in (self.path, self.partners, self.reports, self.dagster):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"the home folder can't be made: {error.strerror}",
                where=str(error.filename or self.path),
                hint="set DAYBOOK_HOME to a folder you may write to",
            ) from error
        return self


def home() -> Home:
    """The home named by DAYBOOK_HOME, or `var/` of this checkout."""
    return Home(Path(os.environ.get("DAYBOOK_HOME") or ROOT / "var").resolve())


def setting(name: str) -> str | None:
    """The value of DAYBOOK_<name>, or None when it is not set or empty."""
    return os.environ.get(f"DAYBOOK_{name}") or None


def utc_today() -> dt.date:
    """The clock's date: how far the grid of nights reaches, and when something was noticed. Never asked by a rule."""
    return utc_now().date()


def utc_now() -> dt.datetime:
    """Return this moment; with `utc_today` the only place where the clock is read for business."""
    return dt.datetime.now(dt.UTC)
