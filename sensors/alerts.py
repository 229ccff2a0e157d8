"""What a person must look at: raised once per key in the record, and in the log."""

import datetime as dt

import dagster as dg
import polars as pl

from resources.desk import Desk
from resources.home import utc_today

_OUTSIDE_RUNS = 0  # alerts are of the house, not of a run


def raise_alerts(desk: Desk, found: pl.DataFrame, business_date: dt.date) -> list[str]:
    """Add the alerts that are not there yet (key, kind, detail); returns the details of the new ones."""
    with desk.record.step(
        "alerts", run_no=_OUTSIDE_RUNS, companies=(), business_date=business_date, lock="house"
    ) as tx:
        known = tx.read("audit/alerts")
        fresh = found.join(known, on="key", how="anti").with_columns(raised_on=pl.lit(business_date))
        tx.append("audit.alert", fresh)
    return fresh["detail"].to_list()


def _sense(context: dg.SensorEvaluationContext, desk: Desk, query: str) -> dg.SkipReason:
    today = utc_today()
    companies = desk.record.read("audit/companies_of_book", book="house")["company_id"].to_list()
    found = desk.record.read(query, companies=companies, business_date=today, as_of=desk.now())
    for detail in (new := raise_alerts(desk, found, today)):
        context.log.error(detail)
    return dg.SkipReason(f"{len(new)} new alerts, {found.height} open")


@dg.sensor(
    minimum_interval_seconds=900,
    description="Raises an alert for a vendor file not answered in the hours agreed on, and for a file whose fate is "
    "unknown.",
)
def overdue_acknowledgements(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SkipReason:
    """A vendor file that was sent and not answered in time; a file whose fate is unknown."""
    return _sense(context, desk, "delivery/overdue")


@dg.sensor(
    minimum_interval_seconds=900,
    description="Raises an alert for a checked money file that lacks an approval two hours before its cut-off or on "
    "the day after it was made, and for one that has missed its cut-off.",
)
def approvals_before_cut_off(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SkipReason:
    """A checked money file that nobody has approved while its cut-off is near, or that has missed it."""
    return _sense(context, desk, "delivery/unapproved")


@dg.run_failure_sensor(description="Raises an alert for each run that failed.")
def run_failed(context: dg.RunFailureSensorContext, desk: dg.ResourceParam[Desk]) -> None:
    """A failed run: named once."""
    today = utc_today()
    run = context.dagster_run
    what = f"run {run.run_id} of {run.job_name} ({run.tags.get('dagster/partition', 'no partition')}) failed"
    raise_alerts(
        desk, pl.DataFrame({"key": [f"run_failed/{run.run_id}"], "kind": ["run_failed"], "detail": [what]}), today
    )
