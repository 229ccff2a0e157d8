"""`bench`: speeds as ratios to a yardstick of the same run."""

from __future__ import annotations

from dataclasses import replace

import click

from pipelines.bench import BENCHES
from pipelines.cli.output import Result, command
from pipelines.tables import table

STEPS = {"step": "step", "rows": "rows", "seconds": "seconds", "rows_per_s": "rows/s", "yardstick": "yardstick",
         "yardstick_seconds": "its seconds", "ratio": "ratio", "cpu_seconds": "cpu seconds",
         "peak_rss_mb": "peak MB"}  # fmt: skip
SMALLEST = 20


def _text(result: Result) -> str:
    steps = table(result["steps"], STEPS, f"{result['bench']} of {result['size']:,}")
    return f"{steps}\npeak memory {result['peak_rss_mb']:,} MB"


def _sizes(_context: click.Context, _option: click.Parameter, text: str | None) -> list[int]:
    """Read sizes between commas."""
    try:
        sizes = [int(part) for part in (text or "").replace("_", "").split(",") if part.strip()]
    except ValueError:
        raise click.BadParameter("whole numbers between commas, such as 10000,100000") from None
    if any(size < SMALLEST for size in sizes):
        raise click.BadParameter(f"each at least {SMALLEST}")
    return sizes


@click.command()
@click.argument("name", type=click.Choice(sorted(BENCHES)))
@click.option(
    "--members", "--entries", "--subscriptions", "--size", "size", type=click.IntRange(min=SMALLEST), help="how many"
)
@click.option("--sizes", callback=_sizes, help="several, as 10000,100000: shows how time and memory grow")
@command(_text)
def bench(name: str, size: int | None, sizes: list[int]) -> Result:
    """Measure NAME on this machine and print rows per second beside the yardstick, and peak memory."""
    default, run = BENCHES[name]
    done = [run(each) for each in (sizes or [size or default])]
    whole = replace(
        max(done, key=lambda one: one.size),
        steps=[step for one in done for step in one.steps],
        peak_rss_mb=max(one.peak_rss_mb for one in done),
    )
    return whole.as_json()
