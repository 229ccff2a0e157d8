"""What the banking room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.banking.steps import settle
from assets.nightly import night_asset


def banking_assets() -> list[dg.AssetsDefinition]:
    """Settlements: the first thing a night books."""
    return [
        night_asset(
            "banking",
            "settlements",
            step="banking.settle",
            work=lambda tx, desk: settle(tx, desk.partners),
            description="Money that counts as ours from tonight: entries sent, not returned, their hold over. "
            "Moves ACH clearing to trust cash.",
        )
    ]
