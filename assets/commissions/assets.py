"""What the commissions room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.commissions.steps import accrue
from assets.nightly import night_asset


def commission_assets() -> list[dg.AssetsDefinition]:
    """What agents are owed, and what is left as margin."""
    return [
        night_asset(
            "commissions",
            "commission_accruals",
            step="commissions.accrue",
            work=lambda tx, _desk: accrue(tx),
            deps=["payables/vendor_accruals"],
            description="What each agent of the path earns on settled premium, by spread over the levels, split to the "
            "cent; what is left after vendor and agents is booked as margin.",
        )
    ]
