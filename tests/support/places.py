"""Where the servers of tests live: in memory where there is plenty of it, for what they prove needs no disk.

They are the same servers with the same settings. A test session that is killed cannot tidy up: the next one does.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from formats.errors import DaybookError
from resources import embedded

MEMORY = Path("/dev/shm")  # noqa: S108 - folders within are made by mkdtemp
PLENTY = 12 << 30  # bytes: the servers of two workers with their logs, and room to work


def quick_folder(name: str) -> Path:
    """A new folder that the database's own account may pass through; the caller removes it."""
    where = MEMORY if _plenty() else Path(tempfile.gettempdir())
    _sweep(where)
    base = tempfile.mkdtemp(prefix=f"daybook-{name}-{os.getpid()}-", dir=where)
    Path(base).chmod(0o711)
    return Path(base)


def _plenty() -> bool:
    try:
        known = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    available = int(known.group(1)) << 10 if known else 0
    return MEMORY.is_dir() and min(available, shutil.disk_usage(MEMORY).free) >= PLENTY


def _sweep(where: Path) -> None:
    """Stop the servers of sessions that are gone, and remove their folders."""
    for base in where.glob("daybook-*-*-*"):
        maker = base.name.split("-")[2]
        with contextlib.suppress(OSError, DaybookError):  # another session may be sweeping too
            if maker.isdecimal() and base.stat().st_uid == os.getuid() and _gone(int(maker)):
                embedded.stop(base / "var" / "server")
                shutil.rmtree(base, ignore_errors=True)


def _gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
