"""The figures of a night as one flat dict: what `demo` and `night` print as JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from assets.reports.figures import REPEATED
from resources.record import Record

COUNTED = (
    "invoices",
    "billed_cents",
    "attempts",
    "ach_files",
    "ach_entries",
    "ach_debit_cents",
    "ach_credit_cents",
    "returns",
    "notices",
    "settled_cents",
    "vendor_files",
    "acknowledged",
    "commission_cents",
    "payable_cents",
    "set_aside",
    "quarantined",
    "rows_appended",
)


def night_summary(
    record: Record, run_companies: Sequence[int], business_date: dt.date, book: str, run_no: int | None = None
) -> dict[str, str | int | bool]:
    """What this night of this book made and got; each figure is defined in docs/rooms/reports.md.

    Args:
        record: the record.
        run_companies: all companies of the book, those set aside too.
        business_date: the night.
        book: code of the book.
        run_no: the run whose rows and set-asides are counted; None: the latest run of that night.

    Returns:
        date (ISO), book, companies, the columns of `COUNTED` (counts, or cents where the name says so),
        ledger_balanced, proofs_failed (of `REPEATED`).
    """
    with record.step("reports.summary", run_no=0, companies=run_companies, business_date=business_date) as tx:
        row = tx.read("reports/summary", book=book, run=run_no).row(0, named=True)
        failed = sum(not tx.read(query).is_empty() for _, query in REPEATED)
        balanced = tx.read("ledger/check_balance").is_empty() and tx.read("ledger/check_subledgers").is_empty()
    return {
        "date": business_date.isoformat(),
        "book": book,
        "companies": len(run_companies),
        **{name: int(row[name]) for name in COUNTED},
        "ledger_balanced": balanced,
        "proofs_failed": failed,
    }
