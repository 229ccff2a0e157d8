"""`trace`: which file did my entry go in?"""

from __future__ import annotations

import click

from pipelines.cli.options import DOLLARS
from pipelines.cli.output import Result, command
from pipelines.tables import table
from pipelines.workplace import open_desk

_ENTRIES = {
    "company": "company", "entry_id": "entry", "about": "for", "amount_cents": "$", "direction": "goes as",
    "account_last4": "account ..", "effective_date": "effective", "file": "file", "modifier": "id",
    "batch_number": "batch", "trace_number": "trace", "story": "what became of it",
}  # fmt: skip
_WAITING = {
    "company": "company",
    "about": "for",
    "amount_cents": "$",
    "wanted_date": "wanted on",
    "reason": "why it waits",
}


def _text(result: Result) -> str:
    parts = []
    if result["entries"]:
        parts.append(table(result["entries"], _ENTRIES, right=("account_last4",)))
    if result["waiting"]:
        rows = [{**row, "reason": row["reason"] or "the next ACH files carry it"} for row in result["waiting"]]
        parts.append(table(rows, _WAITING, "In no file that stands"))
    return "\n\n".join(parts) or "no entry is like that"


@click.command()
@click.option("--company", help="only this company's entries")
@click.option("--invoice", type=int, help="drafts, refunds, reversals and fees of this invoice")
@click.option("--entry", type=int, help="the entry of this number")
@click.option("--trace", "trace_number", help="its trace number, fifteen digits")
@click.option("--member", help="code of a person")
@click.option("--amount", type=DOLLARS, help="dollars, as 12.34")
@command(_text, failed=lambda r: not r["entries"] and not r["waiting"])
def trace(
    *,
    company: str | None,
    invoice: int | None,
    entry: int | None,
    trace_number: str | None,
    member: str | None,
    amount: int | None,
) -> Result:
    """Find ACH entries: in which file each one left, under which trace, and what became of it since.

    Void and cut again, returned, changed, settled, reversed: all of it, oldest first. Exit status 1 when there is none.
    """
    from pipelines.tracing import trace_entries  # noqa: PLC0415

    return trace_entries(
        open_desk(),
        company=company,
        invoice=invoice,
        entry=entry,
        trace=trace_number,
        member=member,
        amount_cents=amount,
    )
