"""`discrepancy`, `allow-retro`: a vendor's list against ours, and changes that wait because they are old."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command
from pipelines.tables import table
from pipelines.workplace import open_desk

ROWS = {"company": "company", "kind": "list", "member": "member", "line": "line", "plan_code": "plan",
        "columns": "what differs"}  # fmt: skip
_MOST = 50


def _shown(result: Result) -> str:
    if not result["rows"]:
        return f"{result['partner']} and we agree, or no list of theirs has come yet"
    counts = ", ".join(f"{result[n]} {n.replace('_', ' ')}" for n in ("missing_there", "missing_here", "different"))
    parts = [table(result["rows"][:_MOST], ROWS, f"{result['partner']} as of {result['as_of']}: {counts}")]
    if len(result["rows"]) > _MOST:
        parts.append(f"... and {len(result['rows']) - _MOST} more (all with --json or --csv)")
    if "csv" in result:
        parts.append(f"written to {result['csv']}")
    return "\n".join(parts)


@click.command()
@click.option("--partner", required=True, help="the vendor's code")
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="a list to compare now")
@click.option("--date", "date", type=DATE, help="the day it is held against, if it does not say [default: latest]")
@click.option("--csv", "out", type=click.Path(path_type=Path, dir_okay=False), help="write the rows here as CSV")
@command(_shown)
def discrepancy(partner: str, file: Path | None, date: dt.date | None, out: Path | None) -> Result:
    """Hold a vendor's roster against ours: missing there, missing here, different.

    Without --file the last list that came from the vendor. Rows hold codes and column names, no name and no number.
    """
    from pipelines.vendors import discrepancy as compare  # noqa: PLC0415

    return compare(open_desk(), partner, file=file, date=date, out=out)


@click.command("allow-retro")
@click.argument("company")
@click.argument("partner")
@click.argument("member")
@click.option("--from", "effective", type=DATE, required=True, help="the day from which the change holds")
@click.option("--as", "actor", required=True, help="who lets it go")
@click.option("--reason", required=True, help="what was agreed on with the vendor, and with whom")
@click.option("--date", "business_date", type=DATE, help="business date of the act [default: the latest on record]")
@command(lambda r: f"the change of {r['member']} from {r['from']} goes with the next file to {r['partner']}")
def allow_retro(
    *,
    company: str,
    partner: str,
    member: str,
    effective: dt.date,
    actor: str,
    reason: str,
    business_date: dt.date | None,
) -> Result:
    """Let a change of MEMBER of COMPANY go to PARTNER although it takes effect before the vendor's limit."""
    from pipelines.vendors import allow_retro as allow  # noqa: PLC0415

    about: Result = {"company": company, "member": member, "effective": effective}
    return allow(open_desk(), partner, **about, actor=actor, reason=reason, business_date=business_date)
