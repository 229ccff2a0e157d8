"""`demo`: a whole business night from nothing, on this machine alone."""

from __future__ import annotations

import datetime as dt
import time

import click

from formats.errors import SettingsError
from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command, console, doing
from pipelines.demo import DEMO_DATE, Script, finish, play, prepare
from pipelines.demo.shown import billing_text, enrollment_text, proven, right
from pipelines.tables import nights_text
from pipelines.workplace import open_desk, open_runner
from resources.desk import Limits


@click.command()
@click.option("--members", type=click.IntRange(min=20), default=5_000, show_default=True, help="people who subscribe")
@click.option("--date", "date", type=DATE, default=DEMO_DATE, show_default=True, help="business date of the night")
@click.option("--seed", type=int, default=1, show_default=True)
@command(
    lambda r: f"{nights_text(r)}\n\n{enrollment_text(r['enrollment'])}\n\n{billing_text(r['billing'])}",
    failed=lambda r: not (all(proven(n) for n in r["nights"]) and right(r["billing"])),
)
def demo(members: int, date: dt.date, seed: int) -> Result:
    """Run a whole business night with an invented book, a loopback bank and four vendors.

    Previews, bills, drafts by ACH, enrols by 834 and in vendors' own layouts, delivers over SFTP with PGP, is answered,
    reconciles, settles, accrues, credits, reminds, lets lapse, mails PDFs to a sink, proves the ledger and writes the
    reports. Everything stays under the home folder (var/). Run it again: nothing is appended.
    """
    from resources.pgp import gpg_missing  # noqa: PLC0415

    if missing := gpg_missing():
        raise SettingsError(missing)
    began = time.perf_counter()
    script = Script(members, seed, date)
    with doing("database"):
        desk = open_desk(Limits(referee_whole_up_to=None))  # every 834 of the demo is judged whole
    loaded = prepare(desk, script)
    console.print(f"    {sum(f['loaded'] for f in loaded['files']):,} rows loaded, "
                  f"{len(loaded['problems']):,} set aside with a reason")  # fmt: skip
    with open_runner(desk, script.overdue_on) as runner:
        nights = play(runner, script)
        result = finish(desk, script, nights, began)
    console.print(f"\nEverything lies under {desk.home.path}. Look at the runs: ./daybook ui", markup=False)
    return result
