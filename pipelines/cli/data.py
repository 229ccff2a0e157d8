"""`sample`, `load`, `simulate`: what goes in, and partners that answer. Simulated partners say that they are."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command, doing
from pipelines.demo import DEMO_DATE
from pipelines.tables import table
from pipelines.workplace import open_desk


@click.command()
@click.option("--members", type=click.IntRange(min=20), default=5_000, show_default=True, help="people who subscribe")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--date", "date", type=DATE, default=DEMO_DATE, show_default=True, help="the night the book is made for")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@command(lambda r: f"{r['members']:,} members in {len(r['files'])} files under {r['out']}")
def sample(members: int, seed: int, date: dt.date, out: Path) -> Result:
    """Write an invented book of business as the CSV files a customer would send. Same seed, same bytes."""
    from pipelines.sample import make_sample  # noqa: PLC0415 - numpy and polars only when asked

    with doing(f"sample of {members:,} members"):
        make_sample(members, seed, out, date)
    files = sorted(str(p.relative_to(out)) for p in out.rglob("*.csv"))
    return {"members": members, "seed": seed, "date": date.isoformat(), "out": str(out), "files": files}


FILES = {"name": "file", "rows": "rows", "loaded": "loaded", "unchanged": "unchanged", "quarantined": "quarantined"}
PROBLEMS = {"file": "file", "line": "line", "column": "column", "reason": "reason"}
_MOST = 30


def _loaded(result: Result) -> str:
    parts = [table(result["files"], FILES, "Loaded")]
    if result["problems"]:
        found = len(result["problems"])
        title = f"Set aside, for {found} reason{'s' if found > 1 else ''} (kept in intake.problem)"
        parts.append(table(result["problems"][:_MOST], PROBLEMS, title))
        if found > _MOST:
            parts.append(f"... and {found - _MOST} more (all with --json)")
    return "\n\n".join(parts)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--date", "date", type=DATE, default=DEMO_DATE, show_default=True, help="business date of the load")
@command(_loaded, failed=lambda r: not any(f["loaded"] or f["unchanged"] for f in r["files"]))
def load(folder: Path, date: dt.date) -> Result:
    """Load a customer's CSV files from FOLDER: good rows go in, bad rows are named with line, column and reason.

    Once only by content: the same files again change nothing. Exit status 1 when nothing at all could be loaded.
    """
    from pipelines.loading import load_folder  # noqa: PLC0415

    return load_folder(open_desk(), folder, date)


@click.command()
@click.argument("who", type=click.Choice(["bank", "vendor"]))
@click.option("--date", "date", type=DATE, default=DEMO_DATE, show_default=True, help="business date of the answer")
@click.option("--seed", type=int, default=1, show_default=True)
@command(lambda r: f"simulated {r['who']}: {len(r['answers'])} files written")
def simulate(who: str, date: dt.date, seed: int) -> Result:
    """Answer, as an invented bank or vendor, what was delivered to the loopback folders. A simulation."""
    from pipelines.simulate import answer  # noqa: PLC0415

    with doing(f"simulated {who} answers"):
        return {"who": who, "simulation": True, "answers": answer(open_desk(), who, date, seed)}
