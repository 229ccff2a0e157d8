"""What the commissions room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.commissions.statements import STEP, statements
from assets.commissions.steps import accrue
from assets.nightly import night_asset, night_check


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
        ),
        night_asset(
            "commissions",
            "statements",
            step=STEP,
            work=lambda tx, desk: statements(tx, desk.home, str(tx.read("reports/book_of_run", run=tx.run_no).item())),
            whole_book=True,
            deps=["commissions/commission_accruals"],
            kinds=("postgres", "csv"),
            description="A statement per agent: opening + accrued - reversed - paid = closing, since the last run.",
        ),
        night_check(
            "commissions/statements",
            "statements_equal_commission_payable",
            query="commissions/check_statements",
            description="The statements' closing balances sum to commission payable in the ledger.",
        ),
    ]
