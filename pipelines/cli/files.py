"""`files`, `approve`, `resolve`: where each outbound file stands, and the decisions only a person makes."""

from __future__ import annotations

import datetime as dt

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command
from pipelines.tables import FILES, table
from pipelines.workplace import open_desk


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date the files were made for")
@command(lambda r: table(r["files"], FILES) if r["files"] else "no outbound file was made for that date")
def files(business_date: dt.date) -> Result:
    """List the outbound files of a business date and their states."""
    from pipelines.nights import listed_files  # noqa: PLC0415

    return {"files": listed_files(open_desk(), business_date)}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True)
@click.option("--as", "approver", required=True, help="who approves; never the maker of the file")
@click.option("--company", help="only this company's files")
@click.option("--reason", default="", help="kept with the approval")
@command(
    lambda r: (
        f"{len(r['approved'])} files approved by {r['approver']}" if r["approved"] else "no file waits for approval"
    )
)
def approve(business_date: dt.date, approver: str, company: str | None, reason: str) -> Result:
    """Approve the checked files of a business date. The approval holds for these very bytes and no others."""
    from pipelines.approvals import approve_checked  # noqa: PLC0415

    approved = approve_checked(open_desk(), business_date, approver, reason=reason, company=company)
    return {"approver": approver, "approved": approved}


@click.command()
@click.argument("company")
@click.argument("file_id", type=int)
@click.argument("state", type=click.Choice(["sent", "failed", "void"]))
@click.option("--as", "actor", required=True, help="who decided")
@click.option("--reason", required=True, help="what was found out, and from whom")
@command(lambda r: f"file {r['file_id']} of {r['company']} is {r['state']}")
def resolve(company: str, file_id: int, state: str, actor: str, reason: str) -> Result:
    """Decide about a file: FILE_ID of COMPANY was sent (also by hand), failed (send it again), or is void.

    The way out of `unknown`: nobody but a person may say that a bank has, or has not, a money file.
    """
    from pipelines.approvals import decide  # noqa: PLC0415

    decide(open_desk(), company, file_id, state, actor=actor, reason=reason)
    return {"company": company, "file_id": file_id, "state": state, "actor": actor}
