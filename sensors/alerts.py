"""What a person must look at: raised once per key in the record, and in the log."""

import datetime as dt

import dagster as dg
import polars as pl

from assets.delivery.keys import alarms, keys_of
from resources.allow_list import load_allow_list, version_of
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
    description="Raises an alert for a vendor file not answered in the hours agreed on, for a file whose fate is "
    "unknown, and for one whose sending was begun an hour ago and has no end.",
)
def overdue_acknowledgements(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SkipReason:
    """A vendor file that was sent and not answered in time; a file of unknown fate, or whose sending broke off."""
    return _sense(context, desk, "delivery/overdue")


@dg.sensor(
    minimum_interval_seconds=900,
    description="Raises an alert for a checked file that lacks an approval two hours before its cut-off or on the day "
    "after it was made, for one that has missed its cut-off, and for an approved one that has not left a day later.",
)
def approvals_before_cut_off(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SkipReason:
    """A checked file that nobody has approved while its cut-off is near; one that missed it, or does not leave."""
    return _sense(context, desk, "delivery/unapproved")


@dg.sensor(
    minimum_interval_seconds=21_600,
    description="Raises an alert for each PGP key 30, 14 and 7 days before it expires and when it has, and for each "
    "change of the allow-list of endpoints.",
)
def partner_keys(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SkipReason:
    """Keys near their end; an allow-list that is not the one seen before."""
    today = desk.now().date()
    found = pl.concat([alarms(keys_of(desk.partners.values()), today), _allow_list(desk)])
    for detail in (new := raise_alerts(desk, found, today)):
        context.log.error(detail)
    return dg.SkipReason(f"{len(new)} new alerts, {found.height} open")


def _allow_list(desk: Desk) -> pl.DataFrame:
    """One alert per version of the list, so that every change of it is on the record: key, kind, detail."""
    path = desk.home.allow_list
    row = {"key": [f"allow_list/{version_of(path)}"], "kind": ["allow_list"]}
    if not path.is_file():
        return pl.DataFrame(schema={"key": pl.String, "kind": pl.String, "detail": pl.String})
    listed = load_allow_list(path)
    detail = (
        f"exchange.toml is new or was changed: it admits {', '.join(sorted(listed.endpoints)) or 'nobody'} in "
        f"{', '.join(listed.countries) or 'no country'}; if none of you did it, stop releasing"
    )
    return pl.DataFrame({**row, "detail": [detail]})


@dg.run_failure_sensor(description="Raises an alert for each run that failed.")
def run_failed(context: dg.RunFailureSensorContext, desk: dg.ResourceParam[Desk]) -> None:
    """A failed run: named once."""
    today = utc_today()
    run = context.dagster_run
    what = f"run {run.run_id} of {run.job_name} ({run.tags.get('dagster/partition', 'no partition')}) failed"
    raise_alerts(
        desk, pl.DataFrame({"key": [f"run_failed/{run.run_id}"], "kind": ["run_failed"], "detail": [what]}), today
    )
