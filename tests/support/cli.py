"""Runs the command line as a person or a cron job does: a process of its own, an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.home import ROOT

LAUNCHER = (str(ROOT / "daybook"),)
MODULE = (sys.executable, "-P", "-m", "pipelines")
PATIENCE_S = 300


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object that must be all of stdout."""
        value = json.loads(self.out)
        assert isinstance(value, dict), self.out
        assert self.out.count("\n") == 1, "more than one line on stdout"
        return value

    def plain(self) -> str:
        """What a person reads on stderr; no traceback among it."""
        assert "Traceback" not in self.err, self.err
        assert "fault of ours" not in self.err, self.err
        return " ".join(self.err.split())


def daybook(home: Path, *words: str, program: Sequence[str] = MODULE, env: Mapping[str, str] | None = None) -> Said:
    """Run `daybook WORDS` in a home, with these environment variables and no other DAYBOOK_* setting."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAYBOOK_", "DAGSTER_", "PYTEST_"))}
    done = subprocess.run(
        [*program, *words],
        cwd=tempfile.gettempdir(),  # a module of the project is found wherever one stands
        env={**clean, "PYTHONPATH": str(ROOT), "DAYBOOK_HOME": str(home), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)
