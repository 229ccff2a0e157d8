"""What the billing room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.billing.memos import post_memos
from assets.billing.overdue import dun
from assets.billing.steps import charge
from assets.nightly import night_asset, night_check


def billing_assets() -> list[dg.AssetsDefinition]:
    """Memos, overdue accounts, invoices and their lines, and the check that they add up."""
    return [
        night_asset(
            "billing",
            "memos",
            step="billing.memos",
            work=lambda tx, _desk: post_memos(tx),
            deps=["banking/settlements"],
            description="Credit and debit memos and write-offs that people asked for, with a second person's consent "
            "where the amount asks for it: each one line, never more than its charge has left.",
        ),
        night_asset(
            "billing",
            "overdue",
            step="billing.dunning",
            work=lambda tx, _desk: dun(tx),
            deps=["billing/memos"],
            description="Unpaid invoices climb their product's ladder, each step once: reminder, payment hold, lapse "
            "with consent, reinstatement. What lapses is reversed by the invoices of the same night.",
        ),
        night_asset(
            "billing",
            "invoices",
            step="billing.charges",
            work=lambda tx, _desk: charge(tx),
            in_halves=True,
            deps=["billing/overdue"],
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
