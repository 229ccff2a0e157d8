"""Which process serves a data folder, told from the files a PostgreSQL server leaves and from /proc.

The number in `postmaster.pid` proves little: a killed server stays a zombie until its parent reaps it,
which in a container may be never, and a restarted container hands out the same low numbers again.
PostgreSQL itself, and pg_ctl, believe the number alone.
"""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from formats.errors import RecordError

PATIENCE_S = 300.0  # recovery replays up to max_wal_size


@dataclass(frozen=True)
class Postmaster:
    """What a lock file says of the server that wrote it; that process may be long dead."""

    pid: int
    port: int
    socket_dir: Path
    shared_memory: str  # the System V segment's id

    @staticmethod
    def of(lock_file: Path) -> "Postmaster | None":
        """Read `postmaster.pid` or a socket's lock file; None without one or while it is being written."""
        try:
            lines = lock_file.read_text(encoding="utf-8").splitlines()
            segment = (lines[6:7] or ["0 0"])[0].split()[1]  # a socket's lock file has five lines
            return Postmaster(int(lines[0]), int(lines[3]), Path(lines[4]), segment)
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def alive(self, data: Path) -> bool:
        """Tell whether this process is a server on this data, and not a zombie or a stranger."""
        if _proc():
            try:
                words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                return False
            return os.fsencode(data) in words  # a zombie's is empty
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def orphans(self) -> bool:
        """Tell whether children of a killed server still work on its shared memory."""
        try:
            table = Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return False
        rows = (line.split() for line in table[1:])
        return any(row[1] == self.shared_memory and row[6] != "0" for row in rows)


def clear_away_the_dead(data: Path) -> None:
    """Remove the lock files of a killed server, once none of its children works on the data any more.

    Raises:
        RecordError: they still do after a long wait.
    """
    seen = Postmaster.of(data / "postmaster.pid")
    if seen is None or not _proc():
        return
    until = time.monotonic() + PATIENCE_S
    while seen.orphans():
        _tick(until, data)
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (f".s.PGSQL.{seen.port}.lock", f".s.PGSQL.{seen.port}"):
        (seen.socket_dir / name).unlink(missing_ok=True)


def end_one_without_data(data: Path, socket_lock: Path) -> None:
    """End a server that still serves this path although its folder was deleted, and maybe made anew.

    It would notice within a minute and end itself in the same way; until then it holds our socket.
    """
    seen = Postmaster.of(socket_lock)
    if seen is None or not _proc() or not seen.alive(data):
        return
    until = time.monotonic() + PATIENCE_S
    with contextlib.suppress(ProcessLookupError):
        os.kill(seen.pid, signal.SIGQUIT)
    while seen.alive(data):
        _tick(until, data)


def end(data: Path) -> None:
    """Ask the server on this data, if there is one, to stop; don't wait."""
    seen = Postmaster.of(data / "postmaster.pid")
    if seen is not None and seen.alive(data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(seen.pid, signal.SIGINT)


def _tick(until: float, data: Path) -> None:
    if time.monotonic() > until:
        raise RecordError(
            "Processes of an earlier database server are still at work",
            where=str(data),
            hint="end them, then start again",
        )
    time.sleep(0.02)


def _proc() -> bool:
    return Path("/proc/self/cmdline").exists()
