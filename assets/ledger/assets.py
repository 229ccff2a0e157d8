"""What the ledger room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.ledger.steps import audit, close_month, prove
from assets.nightly import night_asset, night_check

BOOKED = ["banking/settlements", "payables/vendor_accruals", "commissions/commission_accruals", "payments/ach_files"]


def ledger_assets() -> list[dg.AssetsDefinition]:
    """The trial balance with its proofs, month closing, the weekly full audit."""
    return [
        night_asset(
            "ledger",
            "trial_balance",
            step="ledger.prove",
            work=lambda tx, _desk: prove(tx),
            whole_book=True,
            deps=BOOKED,
            description="Balance per account after the night, debit positive. Its checks prove the books to the cent.",
        ),
        night_check(
            "ledger/trial_balance",
            "sum_is_zero",
            query="ledger/check_balance",
            description="Each company's postings sum to zero.",
        ),
        night_check(
            "ledger/trial_balance",
            "subledgers_equal_control_accounts",
            query="ledger/check_subledgers",
            description="Receivable, clearing, cash, vendor and commission payable equal the rows that made them.",
        ),
        night_asset(
            "ledger",
            "closed_months",
            step="ledger.close",
            work=lambda tx, _desk: close_month(tx),
            deps=["ledger/trial_balance"],
            description="Closes the calendar month before the business date; later facts are booked in an open month.",
        ),
        night_asset(
            "ledger",
            "full_audit",
            step="ledger.audit",
            work=lambda tx, desk: audit(tx, desk.vault),
            whole_book=True,
            deps=["ledger/trial_balance"],
            description="Everything proved again from the record: ledger, subledgers, stored files, chain of actions.",
        ),
    ]
