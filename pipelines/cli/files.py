"""`files`, `approve`, `resolve`, `recut`: where each outbound file stands, and the decisions only a person makes."""

from __future__ import annotations

import datetime as dt

import click

from pipelines.cli.options import AS_OF, DATE
from pipelines.cli.output import Result, command
from pipelines.tables import FILES, notes, release_text, table
from pipelines.workplace import open_desk


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date the files were made for")
@click.option("--approval", is_flag=True, help="show what an approver looks at: dates, cut-off, approvals, questions")
@command(
    lambda r: (
        (release_text(r["files"]) if r["_approval"] else "\n".join([table(r["files"], FILES), *notes(r["files"])]))
        if r["files"]
        else "no outbound file was made for that date"
    )
)
def files(*, business_date: dt.date, approval: bool) -> Result:
    """List the outbound files of a business date and their states."""
    from pipelines.nights import listed_files  # noqa: PLC0415

    return {"files": listed_files(open_desk(), business_date), "_approval": approval}


def _approved(result: Result) -> str:
    if not result["approved"]:
        return "no file waits for your approval"
    ready = sum(f["state"] == "approved" for f in result["approved"])
    waiting = len(result["approved"]) - ready
    others = f", {waiting} wait for somebody else too" if waiting else ""
    return f"{release_text(result['approved'])}\n\n{ready} files approved by {result['approver']}{others}"


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date the files were made for")
@click.option("--as", "approver", required=True, help="who approves; never the maker of the file")
@click.option("--company", help="only this company's files")
@click.option("--file", "file_id", type=int, help="only this file of the company")
@click.option("--reason", default="", help="kept with the approval; needed where a file is held with questions")
@command(_approved)
def approve(business_date: dt.date, approver: str, company: str | None, file_id: int | None, reason: str) -> Result:
    """Approve the checked files of a business date. The approval holds for these very bytes and no others.

    Look at them first: daybook files --date D --approval. A file that needs two people is approved by the second.
    """
    from pipelines.approvals import approve_checked  # noqa: PLC0415

    desk = open_desk()
    approved = approve_checked(desk, business_date, approver, reason=reason, company=company, file_id=file_id)
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

    The way out of `unknown`: nobody but a person may say that a bank has, or has not, a money file. What a void ACH
    file held is cut again by the next night or originate; what a void file told a vendor, the next night tells again.
    """
    from pipelines.approvals import decide  # noqa: PLC0415

    decide(open_desk(), company, file_id, state, actor=actor, reason=reason)
    return {"company": company, "file_id": file_id, "state": state, "actor": actor}


def _recut(result: Result) -> str:
    told = f"{result['void']} is void: {result['voided']} entries left the books, {result['entries']} were cut"
    aside = f"; {result['quarantined']} are new in quarantine" if result["quarantined"] else ""
    shown = f"\n\n{release_text(result['files'])}" if result["files"] else ", no new file"
    return f"{told}{aside}{shown}"


@click.command()
@click.argument("company")
@click.argument("file_id", type=int)
@click.option("--as", "actor", required=True, help="who has it cut again; somebody else approves the new files")
@click.option("--reason", required=True, help="why the old file must not leave")
@click.option("--as-of", type=AS_OF, help="plan the new dates from this moment instead of now")
@command(_recut)
def recut(company: str, file_id: int, actor: str, reason: str, as_of: dt.datetime | None) -> Result:
    """Make FILE_ID of COMPANY void before it has left, and cut its entries again at once with new dates and traces."""
    from pipelines.approvals import recut as cut_again  # noqa: PLC0415

    return cut_again(open_desk(), company, file_id, actor=actor, reason=reason, as_of=as_of)
