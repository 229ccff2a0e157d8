"""Options that several commands share."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
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


class Moment(click.ParamType[dt.datetime]):
    """An ISO date and time; UTC unless it names another zone."""

    name = "YYYY-MM-DDTHH:MM[+ZZ:ZZ]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """The moment with its zone, or a usage error that shows the form."""
        if isinstance(value, dt.datetime):
            return value
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a moment; write it as 2026-11-02T09:30-05:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


AS_OF = Moment()


class Dollars(click.ParamType[int]):
    """An amount in dollars, 12.34; as cents."""

    name = "DOLLARS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The cents, or a usage error that shows the form."""
        if isinstance(value, int):
            return value
        try:
            cents = Decimal(str(value).replace(",", "")) * 100
        except InvalidOperation:
            self.fail(f"{value!r} is not an amount; write it as 12.34", param, ctx)
        if not cents.is_finite() or cents != int(cents):
            self.fail(f"{value!r} is not an amount in whole cents; write it as 12.34", param, ctx)
        return int(cents)


DOLLARS = Dollars()
