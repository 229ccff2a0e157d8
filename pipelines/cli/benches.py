"""`bench`: speeds as ratios to a yardstick of the same run."""

from __future__ import annotations

import click

from pipelines.bench import BENCHES
from pipelines.cli.output import Result, command
from pipelines.tables import table

STEPS = {"step": "step", "rows": "rows", "seconds": "seconds", "rows_per_s": "rows/s", "yardstick": "yardstick",
         "yardstick_seconds": "its seconds", "ratio": "ratio"}  # fmt: skip


def _text(result: Result) -> str:
    steps = table(result["steps"], STEPS, f"{result['bench']} of {result['size']:,}")
    return f"{steps}\npeak memory {result['peak_rss_mb']:,} MB"


@click.command()
@click.argument("name", type=click.Choice(sorted(BENCHES)))
@click.option(
    "--members", "--entries", "--subscriptions", "--size", "size", type=click.IntRange(min=20), help="how many"
)
@command(_text)
def bench(name: str, size: int | None) -> Result:
    """Measure NAME on this machine and print rows per second beside the yardstick, and peak memory."""
    default, run = BENCHES[name]
    return run(size or default).as_json()
