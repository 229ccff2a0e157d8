"""What the reports room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.nightly import night_asset, night_check
from assets.reports.receivables import build_receivables
from assets.reports.steps import STEP, build_reports
from resources.desk import Desk
from resources.record import Tx


def report_assets() -> list[dg.AssetsDefinition]:
    """The nightly report with its register, billing's own reports, and the check that they say what the ledger says."""
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
        night_asset(
            "reports",
            "receivables",
            step="reports.billing",
            work=lambda tx, desk: build_receivables(tx, desk.home, _book_of(tx)),
            whole_book=True,
            deps=["billing/invoices"],
            kinds=("postgres", "polars", "excel"),
            description="Aging, sales by product, agent and month, the next twelve months, and the periods that should "
            "be billed and are not (none). It looks at the whole book and has a job of its own.",
        ),
    ]


def _build(tx: Tx, desk: Desk) -> dict[str, int]:
    return build_reports(tx, desk.home, _book_of(tx))


def _book_of(tx: Tx) -> str:
    """The book of the run: it may have no company left that is not set aside, so the run says it."""
    return str(tx.read("reports/book_of_run", run=tx.run_no).item())
