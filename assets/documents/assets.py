"""What the documents room shows in Dagster."""

import dagster as dg

from assets.documents.mailing import send_waiting
from assets.documents.steps import Room, render_night
from assets.nightly import OWNERS, metadata, night_run
from assets.partitions import NIGHTS, night_of
from resources.desk import Desk
from resources.mailer import load_settings
from resources.redaction import clean_errors


def document_assets() -> list[dg.AssetsDefinition]:
    """What payers get to read, by night and book."""
    return [papers]


@dg.asset(
    key=["documents", "papers"],
    group_name="documents",
    description="Invoices, receipts, memos and reminders of the night as PDF, numbered without gaps, each kept by its "
    "hash; then the mail that waits, each message once. Without a mail server it waits on.",
    deps=[dg.AssetKey(["payments", "attempts"])],
    partitions_def=NIGHTS,
    kinds={"postgres", "typst", "smtp"},
    owners=OWNERS,
)
@clean_errors
def papers(context: dg.AssetExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.MaterializeResult[None]:
    """Set the night's documents, then send what waits."""
    run = night_run(desk, context.run, *night_of(context))
    room = Room(desk.record, desk.home, desk.vault)
    outcome = render_night(room, run)
    mailed = send_waiting(room, run, load_settings(desk.home.mail), desk.now)
    if not mailed.configured:
        context.log.info("no mail server is set: messages wait")
    outcome.totals.update({f"mail {state}": count for state, count in mailed.states.items()})
    return dg.MaterializeResult(metadata=metadata(outcome))
