"""What the payments room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.nightly import night_asset, night_check
from assets.payments.instruct import instruct
from assets.payments.originate import originate
from assets.payments.steps import plan_attempts


def payments_assets() -> list[dg.AssetsDefinition]:
    """Payment attempts, ACH files, and the checks that stand before a file may leave."""
    return [
        night_asset(
            "payments",
            "attempts",
            step="payments.attempts",
            work=lambda tx, _desk: plan_attempts(tx),
            in_halves=True,
            deps=["billing/invoices"],
            description="What each payer owes now, by method and retry policy: first drafts and retries.",
        ),
        night_asset(
            "payments",
            "instructions",
            step="payments.instruct",
            work=lambda tx, desk: instruct(tx, desk.partners),
            deps=["payments/attempts", "commissions/commission_accruals"],
            description="What else the bank must be told: prenotes of accounts to be proved, fees of returned drafts, "
            "payouts to agents and vendors.",
        ),
        night_asset(
            "payments",
            "ach_files",
            step="payments.originate",
            work=lambda tx, desk: originate(tx, desk.partners, desk.vault),
            by_day=lambda tx, desk: originate(tx, desk.partners, desk.vault, as_of=desk.now()),
            deps=["payments/attempts", "payments/instructions"],
            kinds=("postgres", "polars", "nacha"),
            description="NACHA files per company and bank with every attempt and instruction that is in none yet, each "
            "proved from its own bytes. They wait for a second person's approval.",
        ),
        night_check(
            "payments/ach_files",
            "file_totals_equal_entries",
            query="payments/check_files",
            description="The registered totals of each ACH file of the night are the sums of its entries.",
        ),
        night_check(
            "payments/ach_files",
            "accounts_may_be_drawn_on",
            query="payments/check_accounts",
            description="No live entry of the night is on an account that is blocked, closed or waits for its proof.",
        ),
    ]
