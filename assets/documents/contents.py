"""The bytes of documents under their numbers: PDFs from the press, payroll files as they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.billing.deductions import LAYOUT
from assets.billing.employers import payroll_files
from assets.billing.list_bills import list_bill_statement
from assets.billing.world import Schema
from assets.documents.kits import Kit
from assets.documents.papers import PAYROLL, finished, with_statements
from resources.press import Job, Press
from resources.record import Tx

MADE: Schema = {
    "company_id": pl.Int32,
    "kind": pl.String,
    "subject": pl.String,
    "on_date": pl.Date,
    "person_id": pl.Int32,
    "template": pl.String,
    "document_no": pl.Int64,
    "content": pl.Binary,
    "sha256": pl.Binary,
    "size": pl.Int64,
    "template_sha256": pl.Binary,
}


def numbered(tx: Tx, data: pl.DataFrame, setting: Press, chosen: Mapping[int, Kit]) -> tuple[pl.DataFrame, pl.Series]:
    """Make all documents under the numbers they get; when one fails the others once more: no number is lost.

    Args:
        tx: exclusive for its companies.
        data: `papers.DATA` and kind, in the order of their numbers.
        setting: the press.
        chosen: a kit per company.

    Returns:
        The documents (`MADE`); and which rows of data they are.
    """
    figures = with_statements(data, _figures(tx, data))
    payrolls = _payrolls(tx, data.filter(template=PAYROLL))
    good = pl.Series([True] * data.height, dtype=pl.Boolean)
    while True:
        rows = tx.number(data.filter(good), "billing.document", "document_no")
        papers = rows.filter(pl.col("template") != PAYROLL)
        pdfs = setting.pdfs([_job(row, chosen[row["company_id"]], figures) for row in papers.iter_rows(named=True)])
        if None not in pdfs:
            break
        still = iter(pdfs)
        sets = good & (data["template"] != PAYROLL)
        good = pl.Series([next(still) is not None if job else ok for ok, job in zip(good, sets, strict=True)])
    made = iter([pdf for pdf in pdfs if pdf is not None])
    layout = hashlib.sha256(LAYOUT.encode()).digest()
    content, templates = [], []
    for company, subject, template in rows.select("company_id", "subject", "template").iter_rows():
        content.append(payrolls[company, subject] if template == PAYROLL else next(made))
        templates.append(layout if template == PAYROLL else chosen[company].sha256)
    found = rows.with_columns(
        content=pl.Series(content, dtype=pl.Binary),
        sha256=pl.Series([hashlib.sha256(one).digest() for one in content], dtype=pl.Binary),
        size=pl.Series([len(one) for one in content], dtype=pl.Int64),
        template_sha256=pl.Series(templates, dtype=pl.Binary),
    )
    return found.select(list(MADE)), good


def _job(row: dict[str, Any], kit: Kit, figures: Mapping[tuple[int, str], dict[str, int]]) -> Job:
    data = finished(row["data"], row["document_no"], figures.get((row["company_id"], row["subject"])))
    return Job(kit.root, kit.paper(row["template"]), data, row["on_date"])


def _payrolls(tx: Tx, data: pl.DataFrame) -> dict[tuple[int, str], bytes]:
    if data.is_empty():
        return {}
    files = payroll_files(tx, data.select("company_id", invoice_id=pl.col("subject").cast(pl.Int64)))
    return {(company, str(invoice)): content for (company, invoice), content in files.items()}


def _figures(tx: Tx, data: pl.DataFrame) -> pl.DataFrame:
    if not (data["template"] == "list_bill").any():
        return pl.DataFrame(schema={"company_id": pl.Int32, "invoice_id": pl.Int64})
    return list_bill_statement(
        tx.read("billing/list_bills"), tx.read("billing/list_bill_lines"), tx.read("billing/list_bill_receipts")
    )
