"""Polls every partner's outbox; each new content becomes a partition of its own and a run."""

import datetime as dt

import dagster as dg

from assets.delivery.receive import receive
from assets.partitions import INBOUND
from assets.steps import HOUSE, open_run
from resources.desk import Desk
from resources.home import utc_today


def take_in(desk: Desk, instance: dg.DagsterInstance, business_date: dt.date) -> list[str]:
    """Fetch what partners left, register each content once; the partition keys (sha256, hex) that are new."""
    # One run per day, whoever polls: a row for each poll would be half a million a year that say nothing.
    run = open_run(
        desk.record,
        job="receive",
        book=HOUSE,
        business_date=business_date,
        orchestrator_run=f"receive/{business_date}",
        actor="receive",
    )
    fresh = receive(desk.record, run, desk.partners, desk.vault)
    instance.add_dynamic_partitions(str(INBOUND.name), fresh)
    return fresh


@dg.sensor(
    job_name="inbound",
    minimum_interval_seconds=60,
    description="Fetches what banks and vendors left. Each new content becomes a partition and a run of its own, once.",
)
def inbound_files(context: dg.SensorEvaluationContext, desk: dg.ResourceParam[Desk]) -> dg.SensorResult | dg.SkipReason:
    """One run per received file; the same content twice is one run."""
    if not desk.partners:
        return dg.SkipReason("no partner profiles yet")
    take_in(desk, context.instance, utc_today())
    # What is new, and what was registered by a sensor that died before it asked for the run. In the order of the
    # query, which the queue keeps: a statement finds what it answers.
    keys: list[str] = desk.record.read("delivery/inbound_waiting")["sha256"].to_list()
    context.instance.add_dynamic_partitions(str(INBOUND.name), keys)
    if not keys:
        return dg.SkipReason("nothing new")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=key, partition_key=key) for key in keys])
