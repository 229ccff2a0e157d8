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
import logging
import os
import pwd
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from formats.errors import SettingsError
from resources import embedded_programs as programs
from resources.embedded_process import end
from resources.embedded_programs import Account, open_folder, reaches

log = logging.getLogger(__name__)

# sun_path holds 108 bytes with the closing NUL; "/.s.PGSQL.5432" and its lock file need 19 of them.
LONGEST_SOCKET_DIR = 88


@dataclass(frozen=True)
class Place:
    """One home's paths. `base` belongs to whoever made the home; the account owns what lies in it."""

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


def settle(home: Path) -> Place:
    """Choose account, folder and programs for this home, make what is missing, and return them.

    Raises:
        SettingsError: no account to run as, no folder it can reach, or programs that don't run here.
    """
    root = os.geteuid() == 0
    base = base_of(home)
    link = home / "data"
    if root and link.is_symlink() and link.lstat().st_uid != 0:
        raise SettingsError("Root follows no link that another account made", where=str(link))
    if not base.is_dir():
        raise SettingsError("The database that this links to is gone", where=str(link))
    account = _account(base / "data")
    if root and not (base / "data").exists() and not reaches(account, "-x", base):
        base = _shared_base(home)
        link.symlink_to(base / "data")
    if root and not reaches(account, "-x", base):
        raise SettingsError(
            f"The account {account.name}, which owns the database, can't reach it",
            where=str(base),
            hint=f"open the folders above it for {account.name}, or move the database",
        )
    private_folder(base / "log", account)
    return Place(base, programs.programs(account), account)


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
                hint="look who made it, then remove it",
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
            and reaches(place.account, "-x", parent)
        ):
            private_folder(parent / name, place.account)
            return parent / name
    raise SettingsError(
        "No temp folder for the database's socket: it must be short, sticky or our own, and reachable",
        where=tempfile.gettempdir(),
        hint="set TMPDIR to such a folder",
    )


def _safe_parent(parent: Path) -> bool:
    with contextlib.suppress(OSError):
        seen = parent.stat()
        return (
            stat.S_ISDIR(seen.st_mode)
            and os.access(parent, os.W_OK)
            and seen.st_uid in {0, os.geteuid()}
            and bool(not seen.st_mode & 0o022 or seen.st_mode & stat.S_ISVTX)
        )
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
                hint="run as its owner" if owner else "PostgreSQL does not run as root: give it an owner",
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
        hint="run as an ordinary user, or set DAYBOOK_DATABASE_URL",
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _shared_base(home: Path) -> Path:
    """Make a folder under /var/lib/daybook for a home that the account can't reach.

    Its name holds a token besides the hash, for somebody who deletes his home expects an empty
    database next time and not the old one, whose key went with the home. What he left is stopped and
    named, not removed.
    """
    digest = _digest(home)
    open_folder(programs.SHARED)
    for left in programs.SHARED.glob(f"{digest}-*"):
        end(left / "data")
        log.warning("a database of a deleted home remains in %s; remove it when it is not needed", left)
    base = programs.SHARED / f"{digest}-{secrets.token_hex(4)}"
    open_folder(base)
    return base
