"""The one door: everything Dagster knows of Daybook is assembled here, and tests build the same thing.

Belongs here: the list of what exists. What a thing does stands in its room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.banking.assets import banking_assets
from assets.billing.assets import billing_assets
from assets.commissions.assets import commission_assets
from assets.delivery.assets import delivery_assets
from assets.documents.assets import document_assets
from assets.enrollment.assets import enrollment_assets
from assets.ledger.assets import ledger_assets
from assets.payables.assets import payables_assets
from assets.payments.assets import payments_assets
from assets.reports.assets import report_assets
from pipelines.jobs import JOBS
from pipelines.schedules import SCHEDULES
from resources.desk import Desk
from resources.home import home
from resources.redaction import install
from sensors import SENSORS


def build(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """All assets, checks, jobs, schedules, sensors and resources; `overrides` replaces resources by key."""
    install()
    rooms = [
        banking_assets(),
        payables_assets(),
        commission_assets(),
        billing_assets(),
        payments_assets(),
        enrollment_assets(),
        ledger_assets(),
        report_assets(),
        delivery_assets(),
        document_assets(),
    ]
    return dg.Definitions(
        assets=[a for room in rooms for a in room if not isinstance(a, dg.AssetChecksDefinition)],
        asset_checks=[c for room in rooms for c in room if isinstance(c, dg.AssetChecksDefinition)],
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=SENSORS,
        # For the command line, which says itself what went wrong; the event log keeps everything.
        loggers={"silent": dg.colored_console_logger.configured({"log_level": "CRITICAL"})},
        resources={"desk": Desk(home()), **(overrides or {})},
        # Frames and the database use the cores; a run of many small processes would only wait for them.
        executor=dg.in_process_executor,
    )


defs = build()
