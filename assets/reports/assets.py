"""What the reports room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.nightly import night_asset, night_check
from assets.reports.steps import STEP, build_reports
from resources.desk import Desk
from resources.record import Tx


def report_assets() -> list[dg.AssetsDefinition]:
    """The nightly report with its register, and the check that what it says is what the ledger says."""
    return [
        night_asset(
            "reports",
            "nightly",
            step=STEP,
            work=_build,
            whole_book=True,
            deps=["ledger/trial_balance", "payments/ach_files", "enrollment/vendor_files"],
            kinds=("postgres", "duckdb", "html", "excel"),
            description="The night on paper: report with charts, billing register (XLSX, CSV), trial balance, and a "
            "manifest with the sha256 of each. The preview names the files.",
        ),
        night_check(
            "reports/nightly",
            "reports_tie_to_ledger",
            query="reports/check_reports",
            description="Each registered report's total is the ledger's: the register what was charged, the trial "
            "balance the debit side.",
        ),
    ]


def _build(tx: Tx, desk: Desk) -> dict[str, int]:
    return build_reports(tx, desk.home, _book_of(tx))


def _book_of(tx: Tx) -> str:
    """The book of the run: it may have no company left that is not set aside, so the run says it."""
    return str(tx.read("reports/book_of_run", run=tx.run_no).item())
