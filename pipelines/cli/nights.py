"""`night`, `release`, `inbound`: the three jobs of a business day, run here and now."""

from __future__ import annotations

import datetime as dt

import click

from pipelines.cli.options import AS_OF, DATE
from pipelines.cli.output import Result, command, console, doing
from pipelines.tables import nights_text
from pipelines.workplace import open_desk, open_runner

# States of a file that should have left, and what a person does about them.
_NOT_SENT = {
    "failed": "they do not have it; release again",
    "sending": "it could not be looked for at theirs, and may be there; release again",
    "unknown": "ask them whether they have it, then: daybook resolve {company} {file_id} sent (or failed)",
}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the night")
@click.option("--book", "books", multiple=True, help="only these books; default: every book")
@command(nights_text, failed=lambda r: any(n["set_aside"] for n in r["nights"]))
def night(business_date: dt.date, books: tuple[str, ...]) -> Result:
    """Run the night of a business date: settle, accrue, bill, draft, enrol, prove, report.

    Running it again appends nothing. Exit status 1 when a company was set aside: the others are done.
    """
    from pipelines.nights import books_of, run_nights  # noqa: PLC0415

    desk = open_desk()
    asked = books_of(desk, books)  # before Dagster, which takes seconds to import
    with open_runner(desk, business_date) as runner:
        return run_nights(runner, business_date, asked)


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the sending")
@click.option("--book", "books", multiple=True, help="only these books; default: every book")
@click.option("--as-of", type=AS_OF, help="judge cut-offs by this moment instead of now, to rehearse a day")
@command(
    lambda r: "\n".join(f"{f['state']:<12} {f['partner']:<14} {f['path']}" for f in r["files"]) or "nothing to send",
    failed=lambda r: any(f["state"] in _NOT_SENT or _late(f) for f in r["files"]),
)
def release(business_date: dt.date, books: tuple[str, ...], as_of: dt.datetime | None) -> Result:
    """Send approved files to banks and vendors, each exactly once. Exit status 1 when one of them did not arrive.

    Lists the files made for that date, and those of other dates that were still to be sent. A file whose cut-off has
    passed is not sent: its dates are no longer those that were approved.
    """
    from pipelines.nights import books_of, released  # noqa: PLC0415

    desk = open_desk()
    desk.as_of = as_of
    asked = books_of(desk, books)
    with open_runner(desk, business_date) as runner:
        files = released(desk, business_date, asked, lambda book: runner.release(business_date, book))
    for file in files:
        if _late(file):
            _tell(file, "did not leave", file["note"])
        elif file["state"] in _NOT_SENT:
            why = "" if file["state"] == "sending" else f"{file['note']}; "
            _tell(file, f"is {file['state']}", why + _NOT_SENT[file["state"]].format(**file))
    return {"files": files}


def _late(file: Result) -> bool:
    return file["state"] in {"approved", "failed"} and file["note"].startswith("missed its cut-off")


def _tell(file: Result, what: str, words: str) -> None:
    console.print(f"daybook: {file['path']} to {file['partner']} {what}: {words}", markup=False)


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the receipt")
@command(lambda r: f"{len(r['received'])} files processed, {r['exceptions']} open exceptions")
def inbound(business_date: dt.date) -> Result:
    """Fetch what banks and vendors left and process each new file once."""
    from pipelines.nights import exceptions  # noqa: PLC0415

    desk = open_desk()
    with open_runner(desk, business_date) as runner, doing("inbound"):
        received = runner.inbound(business_date)
    return {"received": received, "exceptions": exceptions(desk)}
