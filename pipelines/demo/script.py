"""What a demo is made of, who acts in it, and on which days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from formats.nacha.calendar import add_banking_days

# A Monday with the first of the month just behind it: the night on which most is due.
DEMO_DATE = dt.date(2026, 11, 2)
APPROVER, OPERATOR = "second-person (demo)", "operator (demo)"
# Two weeks after the first night's due date somebody is reminded (pipelines/sample).
_OVERDUE_DAYS = 14


@dataclass(frozen=True)
class Script:
    """What a demo is made of; two runs with the same one are the same demo."""

    members: int
    seed: int
    date: dt.date

    @property
    def answered_on(self) -> dt.date:
        """The day the bank's returns and the vendors' acknowledgements are taken in."""
        return add_banking_days(self.date, 2)

    @property
    def settled_on(self) -> dt.date:
        """The first night after the hold of what the first night drafted: one day to settle, five of hold."""
        return add_banking_days(self.date, 7)

    @property
    def overdue_on(self) -> dt.date:
        """The last night: who has not paid is reminded, and what a person agreed to lapses."""
        return self.date + dt.timedelta(days=_OVERDUE_DAYS)
