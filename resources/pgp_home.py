"""The short-lived home of one gpg: a private folder, in memory where the system has such a place, gone with its agent.

gpg waits for its agent without end, and python-gnupg for gpg: so whoever calls it does so within `in_time`.

Does not belong here: keys and messages (pgp.py).
"""

import fcntl
import logging
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import gnupg

from formats.errors import SettingsError

_PREFIX = "dbpgp-"
_LOCK = "held"
STALE_AFTER_S = 60  # a home younger than this may be one whose maker has not taken its lock yet
PATIENCE_S = 60.0  # gpg answers within a second; a busy machine may need many
_BYTES_PER_S = 1_000_000  # and manages some 20 MB/s
_FAREWELL_S = 10.0  # for an agent to hear that it shall end
_ROUNDS = 100  # of looking for what is left of a home, 50 ms apart
_LONGEST_BASE = 60  # the agent's socket path must stay below some 108 bytes

# It logs tracebacks for broken pipes, which are ordinary here, and command lines; we say what happened ourselves.
logging.getLogger("gnupg").propagate = False


@contextmanager
def gpg_home(partner: str = "") -> Iterator[gnupg.GPG]:
    """A gpg with an empty home of its own (0700), swept away with its agent at the end.

    Raises SettingsError, naming the partner it was for, when gpg is missing or does not answer.
    """
    missing = gpg_missing()
    if missing is not None:
        raise SettingsError(missing)
    folder = base()
    sweep(folder)
    home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        # Held as long as we live, kill -9 included: the mark by which a later keyring tells a dead one's home.
        with (home / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with in_time(home, partner):
                # `error`: a key with a passphrase fails instead of asking a person who is not there.
                gpg = gnupg.GPG(gnupghome=str(home), options=["--pinentry-mode", "error"], env=_environment(home))
            yield gpg
    finally:
        end(home)


@contextmanager
def in_time(home: Path | str, partner: str = "", size: int = 0) -> Iterator[None]:
    """End gpg and its agent when the calls in this block take longer than `size` bytes can need.

    Raises SettingsError, naming the partner it was for, instead of whatever the calls made of that.
    """
    limit = PATIENCE_S + size / _BYTES_PER_S
    over = threading.Event()

    def stop() -> None:
        over.set()
        kill(Path(home))

    timer = threading.Timer(limit, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if over.is_set():
            raise SettingsError(
                f"gpg did not answer within {limit:.0f} seconds and was ended; nothing was made or opened",
                where=partner,
                hint="see whether gpg works on this machine (gpg --version, memory, disk); the next run tries again",
            )


def base() -> Path:
    """A short folder for homes: in memory if there is one, for a home holds a secret key."""
    for folder in (Path("/dev/shm"), Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - 0700 homes inside
        if len(str(folder)) <= _LONGEST_BASE and folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    raise SettingsError("No short folder for temporary files", hint="set TMPDIR to a folder with a short name")


def end(home: Path) -> None:
    """End the home's agent, then remove it; in this order, for an agent outlives its folder."""
    _gpgconf(home, "--kill", "all")
    kill(home)  # an agent that hangs does not hear it
    _gpgconf(home, "--remove-socketdir")
    shutil.rmtree(home, ignore_errors=True)


def kill(home: Path) -> None:
    """Kill every process of a home, whoever started it, until none is left."""
    for _ in range(_ROUNDS):
        left = _processes(home)
        if not left:
            return
        for pid in left:
            with suppress(OSError):  # it has just ended
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def _processes(home: Path) -> list[int]:
    """Ids of the processes that were given this home: gpg, its agent, and what they started."""
    mark = f"GNUPGHOME={home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # another user's, or it has just ended
            if mark in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
    return found


def _environment(home: Path) -> dict[str, str]:
    """Ours, and the home: the mark by which all that gpg starts is found, detached or not."""
    return {**os.environ, "GNUPGHOME": str(home)}


def _gpgconf(home: Path, *command: str) -> None:
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(  # noqa: S603 - no shell, our own path
            [shutil.which("gpgconf") or "gpgconf", "--homedir", str(home), *command],
            env=_environment(home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_FAREWELL_S,
            check=False,
        )


def sweep(folder: Path) -> None:
    """Remove homes whose maker was killed: old enough, ours, and their lock held by nobody."""
    for home in folder.glob(_PREFIX + "*"):
        try:
            found = home.stat()
            if found.st_uid != os.geteuid() or time.time() - found.st_mtime < STALE_AFTER_S:
                continue
            with (home / _LOCK).open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                end(home)
        except OSError:
            # Held by a living process, or swept by another one at this moment.
            continue


def gpg_missing() -> str | None:
    """None if gpg is there; else one sentence with the command that installs it on this distribution."""
    missing = [program for program in ("gpg", "gpgconf") if shutil.which(program) is None]
    if not missing:
        return None
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        release = ""
    return f"GnuPG is not installed ({' and '.join(missing)} not found). {install_hint(release)}"


def install_hint(os_release: str) -> str:
    """The install command for the distribution that /etc/os-release describes."""
    words = set(re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)"?$', os_release, re.MULTILINE))
    families = {family for line in words for family in line.split()}
    for names, command in (
        ({"debian", "ubuntu"}, "apt-get install -y gnupg"),
        ({"fedora", "rhel", "centos", "amzn"}, "dnf install -y gnupg2"),
        ({"alpine"}, "apk add gnupg"),
        ({"suse", "opensuse", "sles"}, "zypper install -y gpg2"),
        ({"arch"}, "pacman -S --noconfirm gnupg"),
    ):
        if families & names:
            return f"Run (as root): {command}"
    return "Install it: apt-get install gnupg, dnf install gnupg2 or apk add gnupg"
