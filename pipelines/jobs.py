"""The jobs people start, schedule and see: which assets run together, and how."""

import datetime as dt
from typing import Any

import dagster as dg

# A money step is finished by running it again, never by a retry that nobody sees.
_MONEY = {"dagster/max_retries": "0"}

NIGHT = dg.define_asset_job(
    "night",
    selection=dg.AssetSelection.groups(
        "banking", "payables", "commissions", "billing", "payments", "enrollment", "ledger", "reports"
    )
    - dg.AssetSelection.assets(
        ["ledger", "closed_months"], ["ledger", "full_audit"], ["commissions", "statements"], ["reports", "receivables"]
    ),
    description="One book's business night: settle, accrue, bill, draft, enrol, prove, report.",
    tags={**_MONEY, "dagster/max_runtime": "7200", "dagster/priority": "5"},
)
ORIGINATE = dg.define_asset_job(
    "originate",
    selection=dg.AssetSelection.assets(["payments", "instructions"], ["payments", "ach_files"]),
    description="Cuts ACH files by day, planned from this moment: what a person asked for since the night, same-day "
    "entries, and what a void file left.",
    tags={**_MONEY, "dagster/max_runtime": "3600"},
)
RELEASE = dg.define_asset_job(
    "release",
    selection=dg.AssetSelection.assets(["delivery", "deliveries"]),
    description="Sends the book's approved files, each exactly once; what can't be known becomes `unknown`.",
    tags={**_MONEY, "dagster/max_runtime": "3600", "dagster/priority": "10"},
)
INBOUND_FILE = dg.define_asset_job(
    "inbound",
    selection=dg.AssetSelection.assets(["delivery", "inbound_files"]),
    description="One received file: returns, change notices, statement lines or acknowledgements, posted once.",
    tags={**_MONEY, "dagster/max_runtime": "3600"},
)
REPORT = dg.define_asset_job(
    "report",
    selection=dg.AssetSelection.assets(["reports", "nightly"]),
    description="The night's report again, with what has been learned since: deliveries, returns, answers.",
)
DOCUMENTS = dg.define_asset_job(
    "documents",
    selection=dg.AssetSelection.assets(["documents", "papers"]),
    description="The night's invoices, receipts, memos and reminders as PDF, and the mail that waits.",
    tags={**_MONEY, "dagster/max_runtime": "7200"},
)
RECEIVABLES = dg.define_asset_job(
    "receivables",
    selection=dg.AssetSelection.assets(["reports", "receivables"]),
    description="Billing's reports over the whole book: aging, sales, forecast, unbilled periods.",
)
COMMISSION_RUN = dg.define_asset_job(
    "commission_run",
    selection=dg.AssetSelection.assets(["commissions", "statements"]),
    description="A statement per agent since the last run; its closing balances are commission payable.",
    tags=_MONEY,
)
CLOSE_MONTH = dg.define_asset_job(
    "close_month",
    selection=dg.AssetSelection.assets(["ledger", "closed_months"]),
    description="Closes the calendar month before the business date, if the ledger proves.",
    tags=_MONEY,
)
FULL_AUDIT = dg.define_asset_job(
    "full_audit",
    selection=dg.AssetSelection.assets(["ledger", "full_audit"]),
    description="Weekly: ledger, subledgers, stored files and the chain of actions, all proved again.",
)


class RetentionConfig(dg.Config):
    """How long the orchestrator's own history is kept. The audit trail lives in the record and is not touched."""

    days: int = 400


@dg.op
def forget_old_runs(context: dg.OpExecutionContext, config: RetentionConfig) -> None:
    """Delete runs, and with them their event logs, that ended before the limit: Dagster never does."""
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=config.days)
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    forgotten = 0
    # In portions: a large house makes more runs in a month than should be held at once.
    while old := context.instance.get_run_records(dg.RunsFilter(statuses=ended, created_before=before), limit=500):
        for record in old:
            context.instance.delete_run(record.dagster_run.run_id)
        forgotten += len(old)
    context.log.info("%d runs older than %d days forgotten", forgotten, config.days)


@dg.job(description="Monthly: forgets the orchestrator's old runs; evidence in the record stays.")
def retention() -> None:
    """Keep the orchestrator's event log from growing for ever."""
    forget_old_runs()


JOBS: list[Any] = [
    NIGHT, ORIGINATE, RELEASE, INBOUND_FILE, REPORT, DOCUMENTS, RECEIVABLES, COMMISSION_RUN, CLOSE_MONTH, FULL_AUDIT,
    retention,
]  # fmt: skip
