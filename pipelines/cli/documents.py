"""`documents`, `document`, `deductions`, `mail`: what payers get to read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command, doing
from pipelines.tables import table
from pipelines.workplace import open_desk, open_runner

COLUMNS = {
    "company": "company",
    "document_no": "document",
    "kind": "kind",
    "subject": "number",
    "mail": "mail",
    "size": "bytes",
    "sha256": "sha256",
}
_STATES = {
    "sent": "sent",
    "waiting": "waiting: no mail server is set, see docs/rooms/documents.md",
    "failed": "not taken by the server now; the next `daybook mail` tries again",
    "refused": "refused by the server",
    "no_address": "without an address: print them, see `daybook documents`",
    "unknown": "unknown: nobody can say whether they left; ask the receiver",
}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="the day the documents are about")
@click.option("--company", help="only this company's")
@click.option("--make", is_flag=True, help="first make what is due up to that day, of every book, and send what waits")
@command(lambda r: table(r["documents"], COLUMNS) if r["documents"] else "there is no document about that day")
def documents(*, business_date: dt.date, company: str | None, make: bool) -> Result:
    """List the invoices, receipts, memos, reminders and payroll files about a day, and what became of their mail."""
    from pipelines.papers import listed_documents  # noqa: PLC0415

    desk = open_desk()
    if make:
        from pipelines.nights import books_of  # noqa: PLC0415 - reports

        with open_runner(desk, business_date) as runner:
            for book in books_of(desk):
                with doing(f"documents of {business_date}, book {book}"):
                    runner.documents(business_date, book)
    return {"documents": listed_documents(desk, business_date, company)}


@click.command()
@click.argument("company")
@click.argument("kind", type=click.Choice(["invoice", "receipt", "memo", "reminder", "deductions"]))
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="write it there, for you alone")
@command(
    lambda r: f"{r['kind']} {r['number']} of {r['company']}, document {r['document_no']}: {r['path'] or r['sha256']}"
)
def document(company: str, kind: str, number: str, out: Path | None) -> Result:
    """Get one document of COMPANY: as it was made, or made now and kept. A PDF; deductions: the payroll file.

    NUMBER is the invoice's or memo's; for a receipt the settled entry's; for a reminder invoice/step; for deductions
    the list bill's.
    """
    from pipelines.papers import one_document  # noqa: PLC0415

    return one_document(open_desk(), company, kind, number, out)


_PAYROLL = {
    "company": "company",
    "group": "group",
    "invoice": "invoice",
    "records": "records",
    "billed_cents": "on the bill $",
    "once_cents": "of it once $",
    "year_cents": "a year $",
    "sha256": "sha256",
    "path": "file",
}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="bill date of the list bills")
@click.option("--group", metavar="CODE", help="only this group's; a company's code: the bill of its own")
@click.option("--company", metavar="CODE", help="only this company's")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="write the files there, for you alone")
@command(lambda r: table(r["files"], _PAYROLL) if r["files"] else "employees owe nothing on a list bill of that day")
def deductions(business_date: dt.date, group: str | None, company: str | None, out: Path | None) -> Result:
    """Get the payroll deduction files of a day's list bills: as they were made, or made now and kept."""
    from pipelines.papers import deduction_files  # noqa: PLC0415

    return {"files": deduction_files(open_desk(), business_date, group=group, company=company, out=out)}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="send what waits up to this business date")
@command(
    lambda r: "\n".join(f"{n:>7,} {_STATES[state]}" for state, n in r["mail"].items()) or "no mail waits",
    failed=lambda r: any(r["mail"].get(state) for state in ("failed", "refused", "unknown")),
)
def mail(business_date: dt.date) -> Result:
    """Send the mail that waits, each message once. Exit status 1 when one was not taken."""
    from pipelines.papers import send_mail  # noqa: PLC0415

    done = send_mail(open_desk(), business_date)
    return {"configured": done.configured, "mail": done.states}
