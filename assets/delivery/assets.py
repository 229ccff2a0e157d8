"""What the delivery room shows in Dagster: approved files out, received files in."""

import datetime as dt

import dagster as dg

from assets.delivery.process import process
from assets.delivery.release import release
from assets.nightly import OWNERS, metadata
from assets.partitions import INBOUND, NIGHTS, night_of
from assets.steps import HOUSE, open_run
from resources.desk import Desk
from resources.redaction import clean_errors


def delivery_assets() -> list[dg.AssetsDefinition]:
    """Deliveries by night and book; inbound files, one partition each."""
    return [deliveries, inbound_files]


@dg.asset(
    key=["delivery", "deliveries"],
    group_name="delivery",
    description="Sends the book's approved files over SFTP with PGP, each exactly once. What can't be known is "
    "`unknown` and waits for a person; what has missed its bank's cut-off is not sent.",
    deps=[dg.AssetKey(["payments", "ach_files"]), dg.AssetKey(["enrollment", "vendor_files"])],
    partitions_def=NIGHTS,
    kinds={"sftp", "pgp"},
    owners=OWNERS,
    pool="release",
)
@clean_errors
def deliveries(context: dg.AssetExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.MaterializeResult[None]:
    """Release what is approved."""
    business_date, book = night_of(context)
    run = open_run(
        desk.record,
        job="release",
        book=book,
        business_date=business_date,
        orchestrator_run=context.run_id,
        actor="release",
    )
    outcome = release(desk.record, run, desk.partners, desk.vault, desk.now())
    if any(outcome.totals[f"files_{state}"] for state in ("unknown", "failed", "waiting", "late")):
        context.log.error("not every file was sent: %s", outcome.totals)
    return dg.MaterializeResult(metadata=metadata(outcome))


@dg.asset(
    key=["delivery", "inbound_files"],
    group_name="delivery",
    description="One received file, once: returns and change notices, statement lines, acknowledgements. What "
    "matches nothing of ours is named as an exception.",
    partitions_def=INBOUND,
    kinds={"nacha", "bai2", "x12"},
    owners=OWNERS,
    pool="inbound",
)
@clean_errors
def inbound_files(context: dg.AssetExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.MaterializeResult[None]:
    """Process the file of this partition."""
    sha256 = context.partition_key
    received = desk.record.read("delivery/received_on", sha256=bytes.fromhex(sha256))
    business_date: dt.date = received.item(0, "received_on")
    run = open_run(
        desk.record,
        job="inbound",
        book=HOUSE,
        business_date=business_date,
        orchestrator_run=context.run_id,
        actor="inbound",
    )
    outcome = process(desk.record, run, sha256, desk.partners, desk.vault)
    return dg.MaterializeResult(
        metadata={"kind": dg.MetadataValue.text(str(received.item(0, "kind"))), **metadata(outcome)}
    )
