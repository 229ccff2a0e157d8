"""`test`: the whole test run of this checkout."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from resources.home import ROOT


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--long", "long", is_flag=True, help="also what takes minutes: long fuzz, hundreds of kills")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test(*, long: bool, arguments: tuple[str, ...]) -> None:
    """Run the tests (further ARGUMENTS go to pytest). Ends with pytest's own summary line."""
    # Tests make homes of their own; settings of an installation must not reach them.
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAYBOOK_", "DAGSTER_"))}
    workers = (
        ()
        if any(a.startswith("-n") for a in arguments)
        else ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    )
    command = [sys.executable, "-P", "-m", "pytest", *workers, *(["--long"] if long else []), *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**clean, "PYTHONPATH": str(ROOT)}, check=False)  # noqa: S603
    raise SystemExit(done.returncode)
