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

import psycopg

from pipelines.demo import PARTS, Script
from pipelines.nights import house
from pipelines.receivables import write_memo
from pipelines.runner import Runner
from pipelines.workplace import open_runner
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.record import Record, Tx

BOOK, COMPANY = "north", "HARBOR"
# What a customer would load: a ladder for every product, and documents for one company.
TERMS = (
    "INSERT INTO master.dunning_step (ladder, step, after_days, action, template) VALUES "
    "('kills', 1, 3, 'reminder', 'reminder'), ('kills', 2, 6, 'hold', 'reminder') ON CONFLICT DO NOTHING",
    "UPDATE master.product SET dunning = 'kills'",
    "UPDATE master.company SET documents_from = %(date)s WHERE code = %(company)s",
)


def arrears(runner: Runner, script: Script) -> list[Any]:
    """The second night once more, with a memo that came late and a ladder for who has not paid; then its documents."""
    desk = runner.desk
    with psycopg.connect(desk.logins.runtime) as session:
        session.execute("SELECT set_config('daybook.companies', %s, true)", [f"{{{','.join(map(str, house(desk)))}}}"])
        for statement in TERMS:
            session.execute(statement, {"date": script.date, "company": COMPANY})
        memos = session.execute("SELECT FROM billing.memo").fetchall()
        (line,) = session.execute(
            "SELECT min(line_id) FROM billing.line JOIN master.company USING (company_id) "
            "WHERE code = %s AND line.kind = 'charge' AND amount_cents > 1000",
            [COMPANY],
        ).fetchone() or (None,)
    if not memos:  # a person who does not know whether it was taken looks first
        write_memo(
            desk, COMPANY, line=line, invoice=None, kind="credit", amount_cents=500, actor="clerk", reason="promised",
            business_date=script.settled_on,
        )  # fmt: skip
    runner.night(script.settled_on, BOOK)
    runner.documents(script.settled_on, BOOK)
    return []


ALL = (*PARTS, arrears)


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
        ALL[order["part"]](runner, script)
    print("played", flush=True)


if __name__ == "__main__":
    main()
