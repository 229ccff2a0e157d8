"""A process that releases what waits and kills itself, with SIGKILL, so many calls after it came to a named place.

Not a test: `test_release_kills.py` starts it. It warms up (imports), says `ready`, waits for one line of JSON on stdin:
`{"home", "runtime", "run", "as_of", "keyrings", "place", "later"}`. Without a place it lives, and tells the places it
came through and how many calls lay between them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from assets.delivery.release import release
from assets.steps import Run
from resources import pgp_home
from resources.partners import load_partners
from resources.record import Record
from resources.vault import load_or_create

# What happens between two of these is one phase of a release; the kill is somewhere in one.
PLACES = {
    "release": "release.py",
    "keyring": "pgp.py",
    "refuse_expired": "pgp.py",
    "_parcel": "release.py",
    "encrypt_and_sign": "pgp.py",
    "put": "publishing.py",
    "greet": "line.py",
    "log_in": "line.py",
    "create": "session.py",
    "write_over": "session.py",
    "_verify": "publishing.py",
    "_on_step": "release.py",
    "_rename": "publishing.py",
    "_conclude": "release.py",
    "end": "pgp_home.py",
}


class Watch:
    """Counts the calls of the main thread, by place; dies at the one it was told."""

    def __init__(self, place: str | None, later: int) -> None:
        self.place, self.later = place, later
        self.passed: list[list[Any]] = []
        self._left: int | None = None

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event not in ("call", "c_call"):
            return
        code = frame.f_code
        if event == "call" and PLACES.get(code.co_name) == code.co_filename.rpartition("/")[2]:
            # A place can be come to several times: _on_step is told of each step, and the last counts too.
            self.passed.append([code.co_name, 0])
            name = f"{code.co_name} {sum(1 for place, _ in self.passed if place == code.co_name)}"
            if name == self.place:
                self._left = self.later
        if self.passed:
            self.passed[-1][1] += 1
        if self._left is not None:
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1


def main() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    order = json.loads(sys.stdin.readline())
    # Keyring homes of its own, whose dead the next victim sweeps at once: nobody else's are among them.
    pgp_home.base = lambda: Path(order["keyrings"])
    pgp_home.STALE_AFTER_S = 0
    run = Run(**{**order["run"], "business_date": dt.date.fromisoformat(order["run"]["business_date"])})
    home = Path(order["home"])
    record, vault, partners = (
        Record(order["runtime"]),
        load_or_create(Path(order["key"])),
        load_partners(home / "partners"),
    )
    as_of = dt.datetime.fromisoformat(order["as_of"])
    watch = Watch(order["place"], order["later"])
    sys.setprofile(watch)
    totals = release(record, run, partners, vault, as_of).totals
    sys.setprofile(None)
    sys.stdout.write(json.dumps({"totals": totals, "passed": watch.passed}) + "\n")


if __name__ == "__main__":
    main()
