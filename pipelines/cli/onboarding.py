"""`bank-test`: what a bank wants to see before it takes the first real file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command
from pipelines.tables import table

_TOTALS = {
    "path": "file",
    "segment": "segment",
    "batches": "batches",
    "entries": "entries",
    "addenda": "addenda",
    "debit_cents": "debits $",
    "credit_cents": "credits $",
    "hash": "entry hash",
    "records": "lines",
    "dates": "settles",
    "by": "send by",
}


def _text(result: Result) -> str:
    rows = [
        {**each, "hash": str(each["entry_hash"]), "dates": ", ".join(each["effective_dates"]), "by": each["send_by"]}
        for each in result["files"]
    ]
    title = f"Control totals of the test files for {result['profile']}, counted from their bytes"
    marked = "Every entry is invented and marked TEST; the live ones are of one cent. Send them as the bank says."
    return f"{table(rows, _TOTALS, title, right=['hash'])}\n{marked}"


@click.command(name="bank-test")
@click.argument("profile")
@click.option("--company", help="code of a company of the record in whose name it goes; else an invented one")
@click.option("--date", "date", type=DATE, default=None, help="creation date; else today")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="where to write it; else named as usual")
@command(_text)
def bank_test(profile: str, company: str | None, date: dt.date | None, out: Path | None) -> Result:
    """Make the ACH file that a bank asks for at onboarding, from PROFILE: a path, or the code of a bank.

    A prenote and a live debit and credit of one cent for every SEC code the bank takes, to invented receivers, planned,
    split and levelled as the profile says, and proved. No database is needed unless a company is named.
    """
    from pipelines import onboarding  # noqa: PLC0415 - polars only when asked
    from pipelines.workplace import open_desk  # noqa: PLC0415
    from resources.home import home, utc_today  # noqa: PLC0415

    return onboarding.bank_test(home(), profile, out, date or utc_today(), company=company, desk=open_desk)
