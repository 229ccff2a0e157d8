"""What an employer gets with the list bills of a night: each bill's figures and its payroll deduction file.

Reads only; the rules are in list_bills.py and deductions.py.
"""

from __future__ import annotations

import polars as pl

from assets.billing.deductions import DEDUCTIONS, deduction_file, planned
from assets.billing.list_bills import list_bill_statement
from assets.billing.world import conform
from resources.record import Tx


def statements(tx: Tx) -> pl.DataFrame:
    """The figures of the list bills of the transaction's business date: columns of `list_bills.list_bill_statement`."""
    figures = list_bill_statement(
        tx.read("billing/list_bills"), tx.read("billing/list_bill_lines"), tx.read("billing/list_bill_receipts")
    )
    return figures.filter(pl.col("bill_date") == tx.business_date)


def payroll_files(tx: Tx, bills: pl.DataFrame) -> dict[tuple[int, int], bytes]:
    """The deduction files of list bills by company_id and invoice_id; none where employees owe no part of the bill.

    Args:
        tx: sees the bills' companies.
        bills: company_id, invoice_id.
    """
    parts = tx.read("billing/deductions", owners=bills["company_id"].to_list(), invoices=bills["invoice_id"].to_list())
    plan = planned(conform(parts, DEDUCTIONS))
    heads = parts.select("company_id", "invoice_id", "company_code", "group_code", "bill_date").unique()
    files = {}
    for head in heads.sort("company_id", "invoice_id").iter_rows(named=True):
        number = (int(head["company_id"]), int(head["invoice_id"]))
        files[number] = deduction_file(
            plan.filter(company_id=number[0], invoice_id=number[1]),
            company=head["company_code"],
            group=head["group_code"],
            invoice=number[1],
            bill_date=head["bill_date"],
        )
    return files
