"""A process that plays the nights and kills itself, with SIGKILL, at a named boundary of a step.

Not a test: `test_kills.py` starts it. It warms up (imports), says `ready`, waits for one line of JSON on stdin:
`{"home", "logins", "script", "part", "kill"}` where kill is null or `"<step> before|after"`: it dies the first time it
comes there with something to commit. Boundaries passed are written to stderr.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from pipelines.demo import PARTS, Script
from pipelines.workplace import open_runner
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.record import Record, Tx


class MortalRecord(Record):
    """Dies when told: right before a step's commit, or right after it."""

    kill: ClassVar[str | None] = None

    @contextmanager
    def step(self, step: str, **options: Any) -> Iterator[Tx]:
        with super().step(step, **options) as tx:
            yield tx
            if tx.appended:
                self._boundary(step, "before")
        if tx.appended:
            self._boundary(step, "after")

    def _boundary(self, step: str, phase: str) -> None:
        name = f"{step} {phase}"
        print(f"boundary {name}", file=sys.stderr, flush=True)
        if name == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    print("ready", flush=True)
    order = json.loads(sys.stdin.readline())
    script = Script(**{**order["script"], "date": dt.date.fromisoformat(order["script"]["date"])})
    desk = Desk(Home(Path(order["home"])), logins=Logins(**order["logins"]))
    record = MortalRecord(desk.logins.runtime)
    MortalRecord.kill = order["kill"]
    desk.__dict__["record"] = record
    with open_runner(desk, script.overdue_on) as runner:
        PARTS[order["part"]](runner, script)
    print("played", flush=True)


if __name__ == "__main__":
    main()
