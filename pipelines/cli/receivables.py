"""`memo`, `consent`, `consents`, `account`: what a person changes about what a payer owes, allows, and wants to see."""

from __future__ import annotations

import datetime as dt

import click

from formats.errors import GuardError
from pipelines.cli.options import DATE, DOLLARS
from pipelines.cli.output import Result, command
from pipelines.tables import money, table
from pipelines.workplace import open_desk

_AS = click.option("--as", "actor", required=True, help="who does it")
_DATE = click.option(
    "--date", "business_date", type=DATE, help="business date of the act [default: the latest on record]"
)


def _written(result: Result) -> str:
    columns = {"memo_id": "memo", "line_id": "line", "kind": "kind", "amount_cents": "$", "needs_approval": "waits"}
    waiting = [str(m["memo_id"]) for m in result["memos"] if m["needs_approval"]]
    then = (
        f"above the limit, a second person decides: daybook consent {result['company']} memo {waiting[0]} --as NAME"
        if waiting
        else "the next night posts it"
    )
    return f"{table(result['memos'], columns)}\n\n{then}"


@click.command()
@click.argument("company")
@click.option("--line", type=int, help="of this charge")
@click.option("--invoice", type=int, help="of this invoice's charges, oldest coverage first")
@click.option("--kind", type=click.Choice(["credit", "debit", "write_off"]), help="what it does to the debt")
@click.option("--amount", type=DOLLARS, help="dollars, above zero")
@click.option("--reverse", type=int, help="instead: take this posted memo back")
@_AS
@click.option("--reason", required=True, help="why, in words that an auditor understands")
@_DATE
@command(_written)
def memo(
    *,
    company: str,
    line: int | None,
    invoice: int | None,
    kind: str | None,
    amount: int | None,
    reverse: int | None,
    actor: str,
    reason: str,
    business_date: dt.date | None,
) -> Result:
    """Correct what a payer owes by a credit, a debit or a write-off, never by more than is left of the charge.

    Above the company's limit a second person must consent. The next night posts it.
    """
    from pipelines.receivables import reverse_memo, write_memo  # noqa: PLC0415

    if reverse is not None:
        if (line, invoice, kind, amount) != (None, None, None, None):
            raise GuardError("a memo is taken back as it is", hint="--reverse N, without line, invoice, kind, amount")
        made = reverse_memo(open_desk(), company, reverse, actor=actor, reason=reason, business_date=business_date)
    elif kind is None or amount is None:
        raise GuardError("a memo needs its kind and amount", hint="--kind credit --amount 12.34, or --reverse N")
    else:
        made = write_memo(
            open_desk(),
            company,
            line=line,
            invoice=invoice,
            kind=kind,
            amount_cents=amount,
            actor=actor,
            reason=reason,
            business_date=business_date,
        )
    return {"company": company, "memos": made}


@click.command()
@click.argument("company")
@click.argument("kind", type=click.Choice(["memo", "lapse", "reinstatement"]))
@click.argument("number", type=int)
@_AS
@click.option("--refuse", is_flag=True, help="it shall not happen; needs a reason")
@click.option("--reason", default="", help="kept with the decision")
@_DATE
@command(lambda r: f"{r['kind']} {r['number']} of {r['company']} is {'allowed' if r['granted'] else 'refused'}")
def consent(
    *, company: str, kind: str, number: int, actor: str, refuse: bool, reason: str, business_date: dt.date | None
) -> Result:
    """Allow, as a second person, memo NUMBER of COMPANY, or what follows from its unpaid invoice NUMBER.

    A lapse ends coverage where payment ended; a reinstatement takes it back inside the ladder's window although the
    money did not come through us. The next night acts.
    """
    from pipelines.receivables import agree  # noqa: PLC0415

    agree(
        open_desk(),
        company,
        kind,
        number,
        granted=not refuse,
        actor=actor,
        reason=reason,
        business_date=business_date,
    )
    return {"company": company, "kind": kind, "number": number, "granted": not refuse, "actor": actor}


_ASKED = {
    "company": "company",
    "kind": "kind",
    "number": "number",
    "payer": "payer",
    "amount_cents": "$",
    "asked_on": "asked on",
    "requested_by": "by",
    "reason": "why",
}


@click.command()
@command(lambda r: table(r["waiting"], _ASKED) if r["waiting"] else "nothing waits for a second person")
def consents() -> Result:
    """List the memos above the limit and the lapses that wait for a second person; `daybook consent` decides."""
    from pipelines.receivables import decisions  # noqa: PLC0415

    return {"waiting": [row for row in decisions(open_desk()) if row["waits"]]}


def _statement(result: Result) -> str:
    columns = {
        "subscription": "subscription",
        "coverage_start": "from",
        "coverage_end": "to",
        "fee": "fee",
        "invoice_id": "invoice",
        "amount_cents": "$",
        "paid_cents": "paid $",
        "open_cents": "open $",
    }
    paid = table(result["paid_to"], {"subscription": "subscription", "paid_to": "first day not paid for"})
    owes = f"balance {money(result['balance_cents'])}, credit not used {money(result['unapplied_cents'])}"
    return f"{table(result['charges'], columns)}\n\n{paid}\n\n{owes}"


@click.command()
@click.argument("company")
@click.option("--member", help="code of the payer [default: the company itself]")
@_DATE
@command(_statement)
def account(company: str, member: str | None, business_date: dt.date | None) -> Result:
    """Show what a payer of COMPANY was charged, what his money paid, and through which day, as a date begins."""
    from pipelines.receivables import account_of  # noqa: PLC0415

    return {"company": company, "member": member, **account_of(open_desk(), company, member, business_date)}
