"""A gpg that hangs at one act: it sleeps, with a child that holds its pipes. Everything else it does."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from resources import pgp_home


@dataclass(frozen=True)
class HangingGpg:
    """Where it keeps the ids of what slept."""

    pids: Path

    def slept(self) -> list[int]:
        return [int(pid) for pid in self.pids.read_text().split()] if self.pids.exists() else []

    def alive(self) -> list[int]:
        """Of what slept, whoever still runs; one that ended and waits for its parent does not."""
        return [pid for pid in self.slept() if _state(pid) not in {"", "Z"}]


def hang(folder: Path, patch: pytest.MonkeyPatch, act: str) -> HangingGpg:
    """Put it before the real one and be patient for three seconds; `act` is a word of gpg's command line."""
    real = shutil.which("gpg")
    pids = folder / "slept"
    program = folder / "gpg"
    program.write_text(
        f'#!/bin/sh\ncase " $* " in *" {act} "*) sleep 300 & echo $$ $! >> {pids}; wait;; *) exec {real} "$@";; esac\n'
    )
    program.chmod(0o755)
    patch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    patch.setattr(pgp_home, "PATIENCE_S", 3.0)
    return HangingGpg(pids)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return ""
