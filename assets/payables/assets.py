"""What the payables room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.nightly import night_asset
from assets.payables.steps import accrue


def payables_assets() -> list[dg.AssetsDefinition]:
    """What vendors are owed."""
    return [
        night_asset(
            "payables",
            "vendor_accruals",
            step="payables.accrue",
            work=lambda tx, _desk: accrue(tx),
            deps=["banking/settlements", "payments/attempts"],
            description="What vendors are owed of settled premium, line by line; returns and credits take it back.",
        )
    ]
