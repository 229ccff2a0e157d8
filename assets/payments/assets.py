"""What the payments room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.nightly import night_asset, night_check
from assets.payments.steps import originate, plan_attempts


def payments_assets() -> list[dg.AssetsDefinition]:
    """Payment attempts, ACH files, and the checks that stand before a file may leave."""
    return [
        night_asset(
            "payments",
            "attempts",
            step="payments.attempts",
            work=lambda tx, _desk: plan_attempts(tx),
            deps=["billing/invoices"],
            description="What each payer owes now, by method and retry policy: first drafts and retries.",
        ),
        night_asset(
            "payments",
            "ach_files",
            step="payments.originate",
            work=lambda tx, desk: originate(tx, desk.partners, desk.vault),
            deps=["payments/attempts"],
            kinds=("postgres", "polars", "nacha"),
            description="One NACHA file per company with the night's drafts, its totals recomputed from its own "
            "bytes. It waits for a second person's approval.",
        ),
        night_check(
            "payments/ach_files",
            "file_totals_equal_entries",
            query="payments/check_files",
            description="The registered totals of each ACH file of the night are the sums of its entries.",
        ),
    ]
