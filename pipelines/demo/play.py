"""The parts of the demo in order: each can be played again, and then changes nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from formats.errors import SettingsError
from pipelines.approvals import approve_checked
from pipelines.cli.output import doing
from pipelines.demo.billing import give_credit, keep_some, let_lapse, look_ahead, told
from pipelines.demo.enrollment import keep_lists, told_vendors
from pipelines.demo.script import APPROVER, OPERATOR, Script
from pipelines.loading import load_folder
from resources.desk import Desk
from resources.home import Home

if TYPE_CHECKING:
    from pipelines.runner import Runner

# Business date, book, orchestrator run.
Night = tuple[dt.date, str, str]
# Nobody sends a file of the past by the clock of today: the demo's desk acts in the morning of the day it plays.
_MORNING, _ZONE = dt.time(8), ZoneInfo("America/New_York")


def prepare(desk: Desk, script: Script) -> dict[str, Any]:
    """Partners, the sample book, the first load. Doing it again changes nothing.

    Raises:
        SettingsError: this home already holds a demo with other members, seed or date, or a book that is no demo's.
    """
    from pipelines.simulate.setup import setup_partners, start_server  # noqa: PLC0415 - not needed by an installation

    _same_demo(desk, script)
    with doing("simulated bank and vendors on a loopback SFTP server"):
        setup_partners(desk.home)
        start_server(desk.home)
    with _customer_drop(desk.home, script) as folder:
        return load_folder(desk, folder, script.date, f"the sample book of {script.members:,} members")


Part = Callable[["Runner", Script], list[Night]]


def first_night(runner: Runner, script: Script) -> list[Night]:
    """Look at what will be billed; then bill and draft, build every file, prove."""
    look_ahead(runner.desk, script.date, _books(runner))
    return _night(runner, script.date)


def first_answers(runner: Runner, script: Script) -> list[Night]:
    """Deliver, be answered, reconcile."""
    _exchange(runner, script, script.date, script.answered_on)
    return []


def by_day(runner: Runner, script: Script) -> list[Night]:
    """Between the nights: a draft is reversed by a file of the same day, and two people give a member a credit."""
    from pipelines.nights import house, listed_files  # noqa: PLC0415 - reports

    desk, date = runner.desk, script.answered_on
    with doing(f"a wrong draft is reversed on {date}, the same day"):
        for file in listed_files(desk, script.date):
            if file["kind"] == "nacha" and _reversed(desk, house(desk), file, date):
                break
    _at(desk, date)
    for book in _books(runner):
        with doing(f"ACH files cut by day, book {book}"):
            runner.originate(date, book)
    _exchange(runner, script, date, date)
    with doing("a credit above the limit: one person asks, a second one consents"):
        give_credit(desk, script)
    return []


def _reversed(desk: Desk, companies: list[int], file: dict[str, Any], date: dt.date) -> bool:
    """Ask for the reversal of the file's first draft that the bank let stand, unless one was asked for before."""
    from pipelines.acts import reverse_entries  # noqa: PLC0415

    rows = desk.record.read(
        "payments/reversible", companies=companies, business_date=date, entry=None, file=file["file_id"]
    )
    codes = desk.record.read("audit/companies", companies=companies)
    rows = rows.join(codes.filter(code=file["company"]).select("company_id"), on="company_id", how="semi")
    if not rows["asked_on"].is_null().all():
        return True
    standing = rows.filter(pl.col("returned").is_null() & (pl.col("purpose") == "premium"))
    if standing.is_empty():
        return False
    reverse_entries(
        desk, file["company"], entry=standing["entry_id"][0], file=None, grounds="wrong_amount", actor=OPERATOR,
        reason="drafted in the wrong amount (demo)", same_day=True, business_date=date,
    )  # fmt: skip
    return True


def second_night(runner: Runner, script: Script) -> list[Night]:
    """Late changes come in; the night on which the first night's money is ours, and what it earns is accrued."""
    with _customer_drop(runner.desk.home, script) as folder:
        load_folder(runner.desk, folder / "changes", script.answered_on, "a drop of late changes")
    return _night(runner, script.settled_on)


def second_answers(runner: Runner, script: Script) -> list[Night]:
    """Deliver and be answered again; the reports with all that was learned."""
    _exchange(runner, script, script.settled_on, script.settled_on)
    with doing("reports with what was learned since"):
        for date in (script.date, script.settled_on):
            for book in _books(runner):
                runner.report(date, book)
    return []


def last_night(runner: Runner, script: Script) -> list[Night]:
    """Of the book whose people did not pay: reminders, a lapse somebody agreed to, and what vendors learn of it."""
    from pipelines.nights import books_of  # noqa: PLC0415
    from pipelines.sample.story import BOOK  # noqa: PLC0415

    with doing("a lapse for non-payment: a second person consents"):
        let_lapse(runner.desk, script)
    books = books_of(runner.desk, [BOOK])
    ran = _night(runner, script.overdue_on, books)
    _exchange(runner, script, script.overdue_on, script.overdue_on, books)
    with doing("reports with what was learned since"):
        for book in books:
            runner.report(script.overdue_on, book)
    return ran


def papers(runner: Runner, script: Script) -> list[Night]:
    """Invoices, receipts, memos and reminders as PDF, mailed to a sink on this machine; billing's own reports."""
    from pipelines.sample.story import BOOK  # noqa: PLC0415
    from pipelines.simulate.mailsink import sink_of  # noqa: PLC0415

    _at(runner.desk, script.overdue_on)
    for book in _books(runner):
        date = script.overdue_on if book == BOOK else script.settled_on
        with doing(f"documents up to {date}, book {book}, mailed to a simulated server"), sink_of(runner.desk.home):
            runner.documents(date, book)
        with doing(f"billing's reports of {date}, book {book}"):
            runner.receivables(date, book)
    with doing(f"documents to look at, under {runner.desk.home.path / 'papers'}"):
        keep_some(runner.desk, script)
        keep_lists(runner.desk)
    return []


PARTS: tuple[Part, ...] = (first_night, first_answers, by_day, second_night, second_answers)
# Not for killing half-way (tests/faults): of a message whose sending died nobody can know whether it left.
LATER: tuple[Part, ...] = (last_night, papers)


def play(runner: Runner, script: Script) -> list[Night]:
    """All parts in order; doing it again changes nothing."""
    return [night for part in (*PARTS, *LATER) for night in part(runner, script)]


def finish(desk: Desk, script: Script, nights: list[Night], began: float) -> dict[str, Any]:
    """The demo's result: figures as they stand when all is answered."""
    from pipelines.nights import report, summary  # noqa: PLC0415

    figures = [summary(desk, *night) for night in nights]
    result = report(desk, figures, time.perf_counter() - began, by_day=[script.answered_on])
    return {**result, "billing": told(desk, script), "enrollment": told_vendors(desk, script)}


@contextmanager
def _customer_drop(home: Home, script: Script) -> Iterator[Path]:
    """The customer's files for the length of a load: they hold numbers in clear, so they never rest in the home.

    The folder is the home's own, so that what a killed demo left behind is removed by the next.
    """
    from pipelines.sample import make_sample  # noqa: PLC0415

    mark = hashlib.sha256(str(home.path).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"daybook-drop-{os.geteuid()}-{mark}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        make_sample(script.members, script.seed, folder, script.date)
        yield folder
    finally:
        shutil.rmtree(folder)


def _books(runner: Runner) -> list[str]:
    from pipelines.nights import books_of  # noqa: PLC0415 - reports and Dagster

    return books_of(runner.desk)


def _night(runner: Runner, date: dt.date, books: list[str] | None = None) -> list[Night]:
    ran = []
    for book in books or _books(runner):
        with doing(f"night of {date}, book {book}"):
            ran.append((date, book, runner.night(date, book).run_id))
    return ran


def _at(desk: Desk, date: dt.date) -> None:
    desk.as_of = dt.datetime.combine(date, _MORNING, _ZONE)


def _exchange(runner: Runner, script: Script, sent: dt.date, answered: dt.date, books: list[str] | None = None) -> None:
    """Approve as a second person, release, let the partners answer, take the answers in."""
    from pipelines.simulate import answer  # noqa: PLC0415

    desk = runner.desk
    _at(desk, sent)
    with doing("approval by a second person"):
        approve_checked(desk, sent, APPROVER, reason="demo")
    for book in books or _books(runner):
        with doing(f"release of {sent}, book {book}"):
            runner.release(sent, book)
    for who in ("bank", "vendor"):
        with doing(f"simulated {who} answers"):
            answer(desk, who, answered, script.seed)
    with doing(f"inbound files of {answered}"):
        runner.inbound(answered)


def _same_demo(desk: Desk, script: Script) -> None:
    path = desk.home.path / "demo.json"
    wanted = {**asdict(script), "date": script.date.isoformat()}
    elsewhere = "or take a fresh home: DAYBOOK_HOME=/some/folder ./daybook demo"
    if path.exists():
        if (there := json.loads(path.read_text())) != wanted:
            options = " ".join(f"--{name} {value}" for name, value in there.items())
            raise SettingsError(
                "this home already holds another demo",
                where=str(desk.home.path),
                hint=f"run that one again: ./daybook demo {options}, {elsewhere}",
            )
        return
    if not desk.record.read("audit/books").is_empty():
        raise SettingsError(
            "this database already holds a book of business, which the demo would mix with invented people",
            where=str(desk.home.path),
            hint=f"leave it alone, {elsewhere}",
        )
    path.write_text(json.dumps(wanted))
