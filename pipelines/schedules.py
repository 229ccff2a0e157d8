"""When things run by themselves. The business date of a night is the local date of its book when it starts.

All schedules stand still until somebody switches them on.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from assets.partitions import BOOKS, night_key
from formats.nacha.calendar import is_banking_day
from pipelines.jobs import CLOSE_MONTH, COMMISSION_RUN, DOCUMENTS, FULL_AUDIT, NIGHT, RECEIVABLES, RELEASE, retention
from resources.desk import Desk

EVERY_HOUR, ANY_HOUR = "0 * * * *", range(24)


def local_books(desk: Desk, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Each book's code and its local time."""
    books = desk.record.read("audit/books")
    return [(code, now.astimezone(ZoneInfo(zone))) for code, zone in books.select("code", "time_zone").iter_rows()]


def by_book(
    name: str,
    job: Any,
    description: str,
    *,
    cron: str | Sequence[str] = EVERY_HOUR,
    hours: Collection[int] = ANY_HOUR,
    banking_days: bool = False,
) -> dg.ScheduleDefinition:
    """A schedule of a job by book: one run for each book whose local hour it is when the schedule looks.

    Args:
        name: of the schedule.
        job: what it starts, for the book's local date.
        description: what people read in the UI.
        cron: when it looks, in UTC.
        hours: of the book's own clock.
        banking_days: only on those.
    """
    at = " and ".join(f"{hour:02d}:00" for hour in hours)
    idle = "no books yet" if hours == ANY_HOUR else f"no book's local hour is {at}"

    @dg.schedule(name=name, cron_schedule=cron, job=job, execution_timezone="UTC", description=description)
    def _schedule(
        context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        due = [(b, local) for b, local in local_books(desk, context.scheduled_execution_time) if local.hour in hours]
        context.instance.add_dynamic_partitions(str(BOOKS.name), [book for book, _ in due])
        open_days = [(b, local) for b, local in due if not banking_days or is_banking_day(local.date())]
        if due and not open_days:
            return dg.SkipReason("not a banking day")
        # The key holds the local date and hour: the hour that daylight saving repeats does not run twice.
        return [
            dg.RunRequest(f"{local:%Y-%m-%d/%H}/{book}", partition_key=night_key(local.date(), book))
            for book, local in open_days
        ] or dg.SkipReason(idle)

    return _schedule


nightly = by_book(
    "nightly",
    NIGHT,
    "Each book's night at 01:00 of its own time zone, every day of the year. Looks every hour who is due.",
    hours=(1,),
)
# Before the last window of the Federal Reserve for next-day settlement, with room for the bank's own cut-off.
releases = by_book(
    "releases",
    RELEASE,
    "Approved files leave at 09:00 and 13:00 of the book's time zone, on banking days.",
    hours=(9, 13),
    banking_days=True,
)
# After the night, which they need not wait for: what it makes too late the next day's run finds.
nightly_documents = by_book(
    "nightly_documents",
    DOCUMENTS,
    "The night's invoices, receipts, memos and reminders as PDF and by mail, at 05:00 of the book's time zone.",
    hours=(5,),
)
nightly_receivables = by_book(
    "nightly_receivables",
    RECEIVABLES,
    "Aging, sales, forecast and the check for unbilled periods, at 04:00 of the book's time zone.",
    hours=(4,),
)
commission_runs = by_book(
    "commission_runs",
    COMMISSION_RUN,
    "Agents' statements every Friday and on the first of a month, for every book.",
    cron=["0 14 * * 5", "0 14 1 * *"],  # a Friday that is a first is one run, by its key
)
monthly_close = by_book(
    "monthly_close",
    CLOSE_MONTH,
    "Closes the month before on the second day of a month, for every book.",
    cron="0 12 2 * *",
)
weekly_audit = by_book(
    "weekly_audit",
    FULL_AUDIT,
    "Every Sunday: everything of every book proved again.",
    cron="0 12 * * 0",
)
monthly_retention = dg.ScheduleDefinition(
    name="monthly_retention",
    cron_schedule="0 10 3 * *",
    job=retention,
    execution_timezone="UTC",
    description="Forgets the orchestrator's own old runs on the third day of a month.",
)

SCHEDULES = [
    nightly, releases, nightly_documents, nightly_receivables, commission_runs, monthly_close, weekly_audit,
    monthly_retention,
]  # fmt: skip
