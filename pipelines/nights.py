"""What `night` and `demo` report: the nights' figures, the files and where they stand, the reports."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from assets.reports.summary import night_summary
from formats.errors import SettingsError
from pipelines.cli.output import console, doing
from resources.desk import Desk

if TYPE_CHECKING:
    from pipelines.runner import Runner

Files = list[dict[str, Any]]


def books_of(desk: Desk, asked: Sequence[str] = ()) -> list[str]:
    """The codes of the books asked for, or of all.

    Raises:
        SettingsError: a book is not known, or there is none yet.
    """
    known: list[str] = desk.record.read("audit/books")["code"].to_list()
    if not known:
        raise SettingsError("there is no book of business yet", hint="load one: daybook load DIR, or try daybook demo")
    if unknown := [b for b in asked if b not in known]:
        raise SettingsError(f"no book is called {unknown[0]}", hint=f"books: {', '.join(known)}")
    return list(asked) or known


def run_nights(runner: Runner, business_date: dt.date, asked: Sequence[str] = ()) -> dict[str, Any]:
    """Run the night of each book and report it (the JSON shape of `daybook night`)."""
    began = time.perf_counter()
    nights = []
    for book in books_of(runner.desk, asked):
        with doing(f"night of {business_date}, book {book}"):
            result = runner.night(business_date, book)
        nights.append(summary(runner.desk, business_date, book, result.run_id))
        for told in set_aside(runner.desk, business_date, book):
            console.print(f"[red]daybook:[/red] {escape(told)}")
    return report(runner.desk, nights, time.perf_counter() - began)


def summary(desk: Desk, business_date: dt.date, book: str, orchestrator_run: str = "") -> dict[str, Any]:
    """The figures of one night (keys: docs/rooms/reports.md)."""
    companies = desk.record.read("audit/companies_of_book", book=book)["company_id"].to_list()
    run = desk.record.read("audit/run_of", orchestrator_run=orchestrator_run) if orchestrator_run else None
    run_no = int(run.item(0, "run_no")) if run is not None and not run.is_empty() else None
    return dict(night_summary(desk.record, companies, business_date, book, run_no))


def set_aside(desk: Desk, business_date: dt.date, book: str) -> list[str]:
    """Whom the last run of a night set aside: company, step, reason and what to do, a sentence each."""
    companies = desk.record.read("audit/companies_of_book", book=book)["company_id"].to_list()
    rows = desk.record.read("reports/set_aside", companies=companies, business_date=business_date, book=book)
    return [
        f"company {row['company']} was set aside in {row['step']}: {row['reason']}. The others are done; mend this one "
        f"and run the night of {business_date} again"
        for row in rows.iter_rows(named=True)
    ]


def report(desk: Desk, nights: list[dict[str, Any]], seconds: float, by_day: Sequence[dt.date] = ()) -> dict[str, Any]:
    """Nights, files (by day too, on further dates), what the ACH files hold, reports, exceptions: one object."""
    dates = sorted({dt.date.fromisoformat(n["date"]) for n in nights} | set(by_day))
    return {
        "nights": nights,
        "files": [f for d in dates for f in listed_files(desk, d)],
        "ach": [row for d in dates for row in listed_ach(desk, d)],
        "reports": [r for d in dates for r in listed_reports(desk, d)],
        "exceptions": exceptions(desk),
        "seconds": round(seconds, 2),
    }


def house(desk: Desk) -> list[int]:
    """Every company."""
    companies: list[int] = desk.record.read("audit/companies_of_book", book="house")["company_id"].to_list()
    return companies


def listed_files(desk: Desk, business_date: dt.date, companies: Sequence[int] | None = None) -> Files:
    """The outbound files of a business date (columns of `delivery/files_of_date`), oldest first per company.

    Those of every company unless some are named.
    `path` is where a file lies at the partner's, or its name; `doubles` is a list: what an approver must look at.
    """
    whose = house(desk) if companies is None else companies
    rows = desk.record.read("delivery/files_of_date", companies=whose, business_date=business_date)
    return [{**row, "doubles": row["doubles"].splitlines()} for row in rows.iter_rows(named=True)]


def released(desk: Desk, business_date: dt.date, books: Sequence[str], send: Callable[[str], object]) -> Files:
    """Release book by book and tell what became of each file.

    Args:
        desk: of this installation.
        business_date: the day of the sending.
        books: codes; their files alone are sent and told.
        send: releases what is approved of one book.

    Returns:
        As `listed_files` shows them: the files made for this date, and every other one that was to be sent.
    """
    told: Files = []
    for book in books:
        companies = desk.record.read("audit/companies_of_book", book=book)["company_id"].to_list()
        owed = desk.record.read("delivery/files_to_send", companies=companies)
        asked = set(owed.select("company", "file_id").iter_rows())
        with doing(f"release {book}"):
            send(book)
        for date in sorted({business_date, *owed["business_date"]}):
            files = listed_files(desk, date, companies)
            told += [f for f in files if date == business_date or (f["company"], f["file_id"]) in asked]
    return told


def listed_ach(desk: Desk, business_date: dt.date) -> list[dict[str, Any]]:
    """What the ACH files of a business date hold (columns of `payments/kinds_of_date`)."""
    rows = desk.record.read("payments/kinds_of_date", companies=house(desk), business_date=business_date)
    return list(rows.iter_rows(named=True))


def listed_reports(desk: Desk, business_date: dt.date) -> list[dict[str, Any]]:
    """The reports of a business date: name, path, sha256."""
    rows = desk.record.read("reports/reports_of_date", business_date=business_date)
    return [{**row, "path": str(desk.home.path / row["path"])} for row in rows.iter_rows(named=True)]


def exceptions(desk: Desk) -> int:
    """How many inbound items wait for a person."""
    return int(desk.record.read("delivery/open_exceptions").item(0, "exceptions"))
