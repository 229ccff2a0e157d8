"""`cure`, `validate-account`, `distribution`: what a person knows of returns and accounts; banks by weight and cap."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command
from pipelines.tables import table
from pipelines.workplace import open_desk

SPREAD = {
    "company": "company",
    "bank": "bank",
    "target_percent": "target %",
    "actual_percent": "actual %",
    "entries": "drafts",
    "amount_cents": "drafted $",
    "monthly_cap_cents": "cap $",
    "left_cents": "left $",
}


class Month(click.ParamType[dt.date]):
    """A month, as its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """The first day of the month, or a usage error that shows the form."""
        try:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is not a month; write it as 2026-11", param, ctx)


@click.command()
@click.argument("company")
@click.argument("entry", type=int)
@click.option("--cause", type=click.Choice(["new_approval", "corrected"]), required=True, help="what has changed")
@click.option("--as", "actor", required=True, help="who says so")
@click.option("--reason", required=True, help="what the payer approved, or what was corrected")
@click.option("--date", "business_date", type=DATE, help="business date; default: the latest night")
@command(lambda r: f"entry {r['entry']} of {r['company']}, returned {r['code']}, is drafted anew by the next night")
def cure(*, company: str, entry: int, cause: str, actor: str, reason: str, business_date: dt.date | None) -> Result:
    """Say that what made the draft ENTRY of COMPANY come back is cured. The next night begins a new series.

    A wrong account needs no word: it is drafted anew as soon as the right one is loaded.
    """
    from pipelines.proofs import cure_entry  # noqa: PLC0415

    return cure_entry(open_desk(), company, entry, cause, actor=actor, reason=reason, business_date=business_date)


@click.command("validate-account")
@click.argument("company")
@click.argument("account_code")
@click.option("--method", type=click.Choice(["micro_entry", "service", "bank_letter"]), required=True)
@click.option("--proof", required=True, help="reference of the proof that is kept")
@click.option("--as", "actor", required=True, help="who has seen it")
@click.option("--date", "business_date", type=DATE, help="business date; default: the latest night")
@command(lambda r: f"account {r['account']} of {r['company']} (version {r['version']}) is proved by {r['method']}")
def validate_account(
    *, company: str, account_code: str, method: str, proof: str, actor: str, business_date: dt.date | None
) -> Result:
    """Put on record that the newest version of ACCOUNT_CODE of COMPANY was proved good without a prenote."""
    from pipelines import proofs  # noqa: PLC0415

    return proofs.validate_account(
        open_desk(), company, account_code, method, proof, actor=actor, business_date=business_date
    )


@click.command()
@click.option("--month", type=Month(), required=True, help="calendar month, as 2026-11")
@command(lambda r: table(r["banks"], SPREAD) if r["banks"] else "no company spreads its drafts over banks")
def distribution(month: dt.date) -> Result:
    """Show how each company's drafts of a month were spread over its banks: target, actual, room under the cap."""
    from pipelines import proofs  # noqa: PLC0415

    return {"month": f"{month:%Y-%m}", "banks": proofs.distribution(open_desk(), month)}
