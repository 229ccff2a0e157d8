"""How commands speak: progress and messages on stderr, the result on stdout, one JSON object with --json."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from rich.console import Console

from formats.errors import DaybookError
from resources.home import home
from resources.redaction import redact

console = Console(stderr=True, highlight=False, soft_wrap=True)
Result = dict[str, Any]


@contextmanager
def only_ours_on_stdout() -> Iterator[Any]:
    """Whatever a library prints goes to stderr; gives the real stdout."""
    sys.stdout.flush()
    keep = os.dup(1)
    os.dup2(2, 1)
    real = os.fdopen(keep, "w", encoding="utf-8")
    try:
        yield real
    finally:
        sys.stdout.flush()
        os.dup2(real.fileno(), 1)
        real.close()


def command(
    show: Callable[[Result], str], failed: Callable[[Result], bool] = lambda _result: False
) -> Callable[[Callable[..., Result]], Callable[..., None]]:
    """Make a function that returns a result into a command with --json.

    Args:
        show: the result as text for a person; keys that start with `_` are for it alone.
        failed: whether this result means exit status 1.
    """

    def wrap(work: Callable[..., Result]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help="print one JSON object and nothing else on stdout")
        @wraps(work)
        def run(*args: Any, as_json: bool, **options: Any) -> None:
            with only_ours_on_stdout() as out:
                result = work(*args, **options)
                public = {k: v for k, v in result.items() if not k.startswith("_")}
                text = json.dumps(public, default=str) if as_json else show(result)
                print(text, file=out)
            if failed(result):
                raise SystemExit(1)

        return run

    return wrap


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    began = time.perf_counter()
    console.print(f"[dim]...[/dim] {what}")
    yield
    console.print(f"[green]ok [/green] {what} [dim]{time.perf_counter() - began:.1f} s[/dim]")


def guarded(main: Callable[[], None]) -> int:
    """Run the command line; every failure becomes one plain message and an exit status, never a traceback.

    Returns:
        0 fine, 1 a failure that is explained, 2 wrong usage, 70 a fault of ours (details in the home's log folder).
    """
    status = 0
    try:
        main()
    except click.exceptions.Exit as stop:
        status = stop.exit_code
    except click.ClickException as wrong:
        wrong.show()
        status = wrong.exit_code
    except DaybookError as error:
        _say(redact(str(error)))
        status = 1
    except (KeyboardInterrupt, click.Abort):
        _say("stopped; what was booked stays, run it again to finish")
        status = 130
    except BrokenPipeError:
        status = 141
    except Exception as error:  # noqa: BLE001 - the last door: a person gets a sentence, the log the rest
        _say(f"a fault of ours: {type(error).__name__}; {_log(error)}")
        status = 70
    return status


def _say(message: str) -> None:
    console.print("[red]daybook:[/red]", end=" ")
    console.print(message, markup=False)


def _log(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - only on a fault

    path = home().path / "log" / "last-fault.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(redact("".join(traceback.format_exception(error))))
    except OSError as unwritable:
        return f"its details could not be kept: {unwritable.strerror} ({path})"
    return f"details in {path}; what was booked stays"
