"""What the billing room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.billing.steps import charge
from assets.nightly import night_asset, night_check


def billing_assets() -> list[dg.AssetsDefinition]:
    """Invoices and their lines, and the check that they add up."""
    return [
        night_asset(
            "billing",
            "invoices",
            step="billing.charges",
            work=lambda tx, _desk: charge(tx),
            deps=["banking/settlements"],
            description="Invoices and lines whose bill date has come: charges, retro adds and terms, repricing. "
            "Only the difference to what is booked is added.",
        ),
        night_check(
            "billing/invoices",
            "invoices_equal_lines",
            query="billing/check_invoices",
            description="Every invoice of the night is the sum of its lines.",
        ),
    ]
