"""`originate`: ACH files cut by day, between two nights."""

from __future__ import annotations

import datetime as dt

import click

from pipelines.cli.options import AS_OF, DATE
from pipelines.cli.output import Result, command, doing
from pipelines.tables import FILES, table
from pipelines.workplace import open_desk, open_runner


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the files")
@click.option("--book", "books", multiple=True, help="only these books; default: every book")
@click.option("--as-of", type=AS_OF, help="plan from this moment instead of now, to rehearse a day")
@command(lambda r: table(r["files"], FILES) if r["files"] else "nothing waits for a file")
def originate(business_date: dt.date, books: tuple[str, ...], as_of: dt.datetime | None) -> Result:
    """Cut ACH files now: what a person asked for since the night, same-day entries, what a void file left.

    Effective dates are planned from this moment and the bank's cut-offs. Nothing leaves before it is approved.
    """
    from pipelines.nights import books_of, listed_files  # noqa: PLC0415

    desk = open_desk()
    desk.as_of = as_of
    asked = books_of(desk, books)
    there = {(f["company"], f["file_id"]) for f in listed_files(desk, business_date)}
    with open_runner(desk, business_date) as runner:
        for book in asked:
            with doing(f"originate {book}"):
                runner.originate(business_date, book)
    files = listed_files(desk, business_date)
    return {"files": [f for f in files if (f["company"], f["file_id"]) not in there]}
