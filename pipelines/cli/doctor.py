"""`doctor`: what this machine and installation have and lack. `stop`: ends what runs in the background."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable

import click

from formats.errors import DaybookError
from pipelines.cli.output import Result, command
from resources.home import home, setting


def _python() -> str:
    return f"Python {platform.python_version()} at {sys.prefix}"


def _gpg() -> str:
    from resources.pgp_home import gpg_missing  # noqa: PLC0415

    if missing := gpg_missing():
        raise DaybookError(missing)
    return str(shutil.which("gpg"))


def _home() -> str:
    place = home().make()
    if not os.access(place.path, os.W_OK):
        raise DaybookError("the home folder is not writable", where=str(place.path), hint="set DAYBOOK_HOME")
    return str(place.path)


def _database() -> str:
    from resources.database import connect, open_database  # noqa: PLC0415

    with connect(open_database(home()).runtime) as connection:
        row = connection.execute("SELECT current_setting('server_version'), current_user").fetchone()
    kind = "shared" if setting("DATABASE_URL") else "embedded"
    return f"{kind} PostgreSQL {row[0]} as {row[1]}" if row else kind


def _keys() -> str:
    from resources.desk import Desk  # noqa: PLC0415

    return f"master key {Desk(home()).vault.fingerprint[:8]}"


def _partners() -> str:
    from resources.partners import load_partners  # noqa: PLC0415

    known = load_partners(home().partners)
    return ", ".join(sorted(known)) or "none yet: write home/partners/<code>.toml (the demo makes five)"


def _exchange() -> str:
    from resources.partners import load_partners  # noqa: PLC0415

    known = load_partners(home().partners)
    refused = []
    for partner in known.values():
        try:
            partner.door()
        except DaybookError as error:
            refused.append(str(error))
    if refused:
        raise DaybookError("; ".join(refused))
    return f"the allow-list admits {len(known)} of {len(known)} partners"


CHECKS: dict[str, Callable[[], str]] = {
    "python": _python,
    "gnupg": _gpg,
    "home": _home,
    "database": _database,
    "keys": _keys,
    "partners": _partners,
    "exchange": _exchange,
}


@click.command()
@command(
    lambda r: "\n".join(f"{'ok ' if c['ok'] else 'NO '} {c['name']:<9} {c['detail']}" for c in r["checks"]),
    failed=lambda r: not all(c["ok"] for c in r["checks"]),
)
def doctor() -> Result:
    """Check what Daybook needs, one by one, and say what to do about what is missing."""
    found = []
    for name, check in CHECKS.items():
        try:
            found.append({"name": name, "ok": True, "detail": check()})
        except DaybookError as error:
            found.append({"name": name, "ok": False, "detail": str(error)})
    return {"checks": found}


@click.command()
@command(lambda r: "stopped: " + ", ".join(r["stopped"]))
def stop() -> Result:
    """Stop the embedded database and the loopback partners of this home. Nothing is lost."""
    from pipelines.simulate.setup import stop_server  # noqa: PLC0415
    from resources import embedded  # noqa: PLC0415

    stop_server(home())
    embedded.stop(home().path / "server")
    return {"stopped": ["loopback partners", "embedded database"]}
