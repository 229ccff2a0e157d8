"""Opens what a command works with: the desk of this home and, where jobs run, a runner."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from resources.desk import Desk, Limits
from resources.home import home

if TYPE_CHECKING:
    from pipelines.runner import Runner


def open_desk(limits: Limits | None = None) -> Desk:
    """The desk of the home, its database answering and up to date."""
    desk = Desk(home().make(), limits=limits)
    _ = desk.logins
    return desk


def reach(business_date: dt.date) -> None:
    """Make the grid of nights reach this date; must come before the definitions are imported."""
    asked = os.environ.get("DAYBOOK_NIGHTS_UNTIL", "")
    os.environ["DAYBOOK_NIGHTS_UNTIL"] = max(asked, business_date.isoformat())


@contextmanager
def open_runner(desk: Desk, until: dt.date) -> Iterator[Runner]:
    """A runner over this installation's Dagster instance, for business dates up to `until`.

    Raises:
        SettingsError: the master key is not the one this record was sealed with.
    """
    _ = desk.vault  # a wrong master key stops here, before a step has written anything
    reach(until)
    from pipelines.instance import open_instance  # noqa: PLC0415 - Dagster takes seconds to import
    from pipelines.runner import Runner  # noqa: PLC0415

    with open_instance(desk.home, desk.logins) as instance:
        # Dagster connects anew for every question, which is a third of a small night; so it keeps connections instead.
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=20)
        yield Runner.at(desk, instance)
