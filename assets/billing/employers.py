"""What an employer gets with the list bills of a night: each bill's figures and its payroll deduction file.

Reads only; the rules are in list_bills.py and deductions.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.billing.deductions import DEDUCTIONS, deduction_file, planned
from assets.billing.list_bills import list_bill_statement
from assets.billing.world import conform
from resources.record import Tx


@dataclass(frozen=True)
class PayrollFile:
    """One list bill's deduction file."""

    company_id: int
    invoice_id: int
    name: str
    content: bytes


def statements(tx: Tx) -> pl.DataFrame:
    """The figures of the list bills of the transaction's business date: columns of `list_bills.list_bill_statement`."""
    figures = list_bill_statement(
        tx.read("billing/list_bills"), tx.read("billing/list_bill_lines"), tx.read("billing/list_bill_receipts")
    )
    return figures.filter(pl.col("bill_date") == tx.business_date)


def payroll_files(tx: Tx) -> list[PayrollFile]:
    """The deduction files of the list bills of the business date that employees owe a part of; in number order."""
    plan = planned(conform(tx.read("billing/deductions"), DEDUCTIONS))
    bills = tx.read("billing/list_bills").join(plan, on=["company_id", "invoice_id"], how="semi", maintain_order="left")
    files = []
    for bill in bills.iter_rows(named=True):
        own = (pl.col("company_id") == bill["company_id"]) & (pl.col("invoice_id") == bill["invoice_id"])
        content = deduction_file(
            plan.filter(own),
            company=bill["company_code"],
            group=bill["group_code"],
            invoice=bill["invoice_id"],
            bill_date=bill["bill_date"],
        )
        name = f"deductions-{bill['company_code']}-{bill['invoice_id']}.csv"
        files.append(PayrollFile(bill["company_id"], bill["invoice_id"], name, content))
    return files
