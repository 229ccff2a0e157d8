"""`reverse`, `refund`, `payout`, `release-hold`, `return-rates`: money that goes the other way, and what came back."""

from __future__ import annotations

import datetime as dt

import click

from pipelines.cli.options import DATE, DOLLARS
from pipelines.cli.output import Result, command
from pipelines.tables import money, table
from pipelines.workplace import open_desk

_AS = click.option("--as", "actor", required=True, help="who does it")
_REASON = click.option("--reason", required=True, help="why, in words that an auditor understands")
_DATE = click.option(
    "--date", "business_date", type=DATE, help="business date of the act [default: the latest on record]"
)
_NEXT = "the next ACH files carry it: daybook originate, or the night"


def _reversed(result: Result) -> str:
    columns = {
        "entry_id": "entry",
        "purpose": "was",
        "amount_cents": "$",
        "direction": "goes as",
        "effective_date": "settles",
        "not_after": "at the latest",
        "refusal": "can't be reversed",
    }
    rows = result["entries"]
    asked = sum(row["refusal"] is None for row in rows)
    return f"{table(rows, columns)}\n\n{asked} of {len(rows)} entries will be reversed; {_NEXT}"


@click.command()
@click.argument("company")
@click.option("--entry", type=int, help="this entry alone")
@click.option("--file", "file_id", type=int, help="every entry of this file that may be reversed")
@click.option(
    "--grounds",
    type=click.Choice(["duplicate", "wrong_receiver", "wrong_amount", "wrong_date"]),
    required=True,
    help="the rules know no others; lack of money is none",
)
@_AS
@_REASON
@click.option("--same-day", is_flag=True, help="by a same-day window, where the bank's profile has one")
@_DATE
@command(_reversed)
def reverse(
    *,
    company: str,
    entry: int | None,
    file_id: int | None,
    grounds: str,
    actor: str,
    reason: str,
    same_day: bool,
    business_date: dt.date | None,
) -> Result:
    """Undo an entry that was sent, or a whole file, by entries the other way: within five banking days, same amount.

    The invoice of a reversed draft is open again and is not drafted again by itself. Tell the receiver by the day the
    reversal settles.
    """
    from pipelines.acts import reverse_entries  # noqa: PLC0415

    told = reverse_entries(
        open_desk(),
        company,
        entry=entry,
        file=file_id,
        grounds=grounds,
        actor=actor,
        reason=reason,
        same_day=same_day,
        business_date=business_date,
    )
    return {"company": company, "entries": told}


@click.command()
@click.argument("company")
@click.option("--invoice", type=int, required=True, help="the credit invoice")
@click.option("--amount", type=DOLLARS, help="dollars [default: all that is left of the credit]")
@_AS
@_REASON
@_DATE
@command(lambda r: f"{money(r['amount_cents'])} of invoice {r['invoice']} go to account {r['account_code']}; {_NEXT}")
def refund(
    *, company: str, invoice: int, amount: int | None, actor: str, reason: str, business_date: dt.date | None
) -> Result:
    """Pay out what is left of a credit invoice to the account its payer pays from."""
    from pipelines.acts import refund_invoice  # noqa: PLC0415

    made = refund_invoice(
        open_desk(), company, invoice, amount, actor=actor, reason=reason, business_date=business_date
    )
    return {"company": company, "invoice": invoice, **made}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the payment")
@click.option("--kind", type=click.Choice(["commission", "remittance"]), required=True, help="agents, or vendors")
@click.option("--company", help="only this company's payees")
@_AS
@_REASON
@command(
    lambda r: (
        table(r["payouts"], {"company": "company", "subject": "payee and day", "amount_cents": "$"}) + f"\n\n{_NEXT}"
        if r["payouts"]
        else "nobody is owed enough, or all of it is on its way already"
    )
)
def payout(*, business_date: dt.date, kind: str, company: str | None, actor: str, reason: str) -> Result:
    """Pay agents or vendors what they are owed now, outside the pay days of the bank's profile.

    One payment per payee and day. What is below the minimum, or below zero, waits.
    """
    from pipelines.acts import pay_payees  # noqa: PLC0415

    made = pay_payees(open_desk(), kind, actor=actor, reason=reason, business_date=business_date, company=company)
    return {"date": business_date, "kind": kind, "payouts": made}


@click.command("release-hold")
@click.argument("company")
@click.argument("account")
@_AS
@_REASON
@_DATE
@command(lambda r: f"money may go to account {r['account']} of {r['owner']} {r['owner_code']} (version {r['version']})")
def release_hold(company: str, account: str, actor: str, reason: str, business_date: dt.date | None) -> Result:
    """Let money go to a payee's new or changed ACCOUNT of COMPANY before its hold is over.

    Never by the one who brought the account in: verify it by another channel first.
    """
    from pipelines.acts import let_go  # noqa: PLC0415

    told = let_go(open_desk(), company, account, actor=actor, reason=reason, business_date=business_date)
    return {"company": company, **told}


def _rated(result: Result) -> str:
    rows = [
        {
            **row,
            "rate": f"{row['rate_e4'] / 100:.2f} %",
            "threshold": f"{row['threshold_e4'] / 100:.2f} %",
            "verdict": "OVER" if row["over"] else "",
        }
        for row in result["rates"]
    ]
    columns = {
        "company": "company",
        "bank": "bank",
        "kind": "returns",
        "drafts": "drafts",
        "returned": "came back",
        "rate": "rate",
        "threshold": "threshold",
        "verdict": "",
    }
    return table(rows, columns, right=["rate", "threshold"]) if rows else "nothing was drafted in the last sixty days"


@click.command("return-rates")
@_DATE
@command(_rated, failed=lambda r: any(row["over"] for row in r["rates"]))
def return_rates(business_date: dt.date | None) -> Result:
    """Show the share of drafts of the last sixty days that came back; exit status 1 when one is over its threshold."""
    from pipelines.acts import rates  # noqa: PLC0415

    return {"rates": rates(open_desk(), business_date)}
