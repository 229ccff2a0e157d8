"""What the reports room shows in Dagster."""

import dagster as dg
import polars as pl

from assets.nightly import night_asset, night_check
from assets.partitions import night_of
from assets.reports.receivables import UNBILLED, build_receivables
from assets.reports.steps import STEP, build_reports
from resources.desk import Desk
from resources.record import Tx


def report_assets() -> list[dg.AssetsDefinition]:
    """The nightly report with its register, billing's own reports, and the checks of what they say."""
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
        nothing_unbilled,
    ]


@dg.asset_check(
    asset=dg.AssetKey(["reports", "receivables"]),
    description="No period is due, priced and not billed, whatever earlier nights took for settled. It stops nothing: "
    "the next night bills what is missing.",
)
def nothing_unbilled(context: dg.AssetCheckExecutionContext, desk: dg.ResourceParam[Desk]) -> dg.AssetCheckResult:
    """The report of unbilled periods is there and empty; what is told are counts."""
    business_date, book = night_of(context)
    # The folder holds the latest bytes; the register only those that were new.
    path = desk.home.reports / book / business_date.isoformat() / UNBILLED
    if not path.is_file():
        return dg.AssetCheckResult(passed=False, description="the report was not made")
    rows = pl.read_csv(path, infer_schema=False)
    subscriptions = rows.n_unique(["company", "subscription"]) if rows.height else 0
    return dg.AssetCheckResult(
        passed=rows.is_empty(),
        metadata={"periods": rows.height, "subscriptions": subscriptions, "companies": rows["company"].n_unique()},
        description=f"{rows.height} periods are due and not billed",
    )


def _build(tx: Tx, desk: Desk) -> dict[str, int]:
    return build_reports(tx, desk.home, _book_of(tx))


def _book_of(tx: Tx) -> str:
    """The book of the run: it may have no company left that is not set aside, so the run says it."""
    return str(tx.read("reports/book_of_run", run=tx.run_no).item())
