"""When things run by themselves. The business date of a night is the local date of its book when it starts.

All schedules stand still until somebody switches them on.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import dagster as dg

from assets.partitions import BOOKS, night_key
from formats.nacha.calendar import is_banking_day
from pipelines.jobs import CLOSE_MONTH, COMMISSION_RUN, DOCUMENTS, FULL_AUDIT, NIGHT, RELEASE, retention
from resources.desk import Desk

NIGHT_HOUR = 1  # of the book's own time zone
DOCUMENTS_HOUR = 5  # when the night is done, and people's mail comes before they get up
# Before the last window of the Federal Reserve for next-day settlement, with room for the bank's own cut-off.
RELEASE_HOURS = (9, 13)


def local_books(desk: Desk, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Each book's code and its local time."""
    books = desk.record.read("audit/books")
    return [(code, now.astimezone(ZoneInfo(zone))) for code, zone in books.select("code", "time_zone").iter_rows()]


def _requests(
    context: dg.ScheduleEvaluationContext, desk: Desk, hours: tuple[int, ...]
) -> list[tuple[str, dt.datetime, dg.RunRequest]]:
    now = context.scheduled_execution_time
    due = [(book, local) for book, local in local_books(desk, now) if local.hour in hours]
    context.instance.add_dynamic_partitions(str(BOOKS.name), [book for book, _ in due])
    return [
        # The key holds the local date and hour: the hour that daylight saving repeats does not run twice.
        (book, local, dg.RunRequest(f"{local:%Y-%m-%d/%H}/{book}", partition_key=night_key(local.date(), book)))
        for book, local in due
    ]


@dg.schedule(
    cron_schedule="0 * * * *",
    job=NIGHT,
    execution_timezone="UTC",
    description="Each book's night at 01:00 of its own time zone, every day of the year. Looks every hour who is due.",
)
def nightly(context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]) -> list[dg.RunRequest] | dg.SkipReason:
    """Each book's night at 01:00 of its own time zone, every day of the year."""
    due = [request for _, _, request in _requests(context, desk, (NIGHT_HOUR,))]
    return due or dg.SkipReason(f"no book's local hour is {NIGHT_HOUR:02d}:00")


@dg.schedule(
    cron_schedule="0 * * * *",
    job=DOCUMENTS,
    execution_timezone="UTC",
    description="The night's documents and the mail that waits, at 05:00 of the book's time zone.",
)
def documents_and_mail(
    context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
) -> list[dg.RunRequest] | dg.SkipReason:
    """What payers get to read, every morning of the book's time zone."""
    due = [request for _, _, request in _requests(context, desk, (DOCUMENTS_HOUR,))]
    return due or dg.SkipReason(f"no book's local hour is {DOCUMENTS_HOUR:02d}:00")


@dg.schedule(
    cron_schedule="0 * * * *",
    job=RELEASE,
    execution_timezone="UTC",
    description="Approved files leave at 09:00 and 13:00 of the book's time zone, on banking days.",
)
def releases(
    context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Approved files leave in the morning and at noon of the book's time zone, on banking days."""
    due = [r for _, local, r in _requests(context, desk, RELEASE_HOURS) if is_banking_day(local.date())]
    return due or dg.SkipReason("no release hour of any book, or not a banking day")


@dg.schedule(
    cron_schedule=["0 14 * * 5", "0 14 1 * *"],
    job=COMMISSION_RUN,
    execution_timezone="UTC",
    description="Agents' statements every Friday and on the first of a month, for every book.",
)
def commission_runs(
    context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Weekly and monthly; a Friday that is a first is one run, by its key."""
    due = [request for _, _, request in _requests(context, desk, tuple(range(24)))]
    return due or dg.SkipReason("no books yet")


@dg.schedule(
    cron_schedule="0 12 2 * *",
    job=CLOSE_MONTH,
    execution_timezone="UTC",
    description="Closes the month before on the second day of a month, for every book.",
)
def monthly_close(
    context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
) -> list[dg.RunRequest] | dg.SkipReason:
    """The month before is closed on the second day of a month."""
    due = [request for _, _, request in _requests(context, desk, tuple(range(24)))]
    return due or dg.SkipReason("no books yet")


@dg.schedule(
    cron_schedule="0 12 * * 0",
    job=FULL_AUDIT,
    execution_timezone="UTC",
    description="Every Sunday: everything of every book proved again.",
)
def weekly_audit(
    context: dg.ScheduleEvaluationContext, desk: dg.ResourceParam[Desk]
) -> list[dg.RunRequest] | dg.SkipReason:
    """Every Sunday, all books."""
    due = [request for _, _, request in _requests(context, desk, tuple(range(24)))]
    return due or dg.SkipReason("no books yet")


monthly_retention = dg.ScheduleDefinition(
    name="monthly_retention",
    cron_schedule="0 10 3 * *",
    job=retention,
    execution_timezone="UTC",
    description="Forgets the orchestrator's own old runs on the third day of a month.",
)

SCHEDULES = [nightly, documents_and_mail, releases, commission_runs, monthly_close, weekly_audit, monthly_retention]
