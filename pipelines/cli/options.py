"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click


class Date(click.ParamType[dt.date]):
    """An ISO date."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """The date, or a usage error that shows the form."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2026-11-02", param, ctx)


DATE = Date()
