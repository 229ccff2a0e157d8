"""What stands on each document, as the JSON its template reads; and which documents and messages are due. Pure.

Source: billing reference sections 9 (list bills) and 15 (documents). Templates get figures in cents and days in ISO
form and write them as they like; nothing here is text that a template would run.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from assets.billing.world import Schema

DUE: Schema = {
    "company_id": pl.Int32,
    "kind": pl.String,
    "subject": pl.String,
    "on_date": pl.Date,
    "person_id": pl.Int32,
    "rank": pl.Int32,
    "place": pl.Int64,
}
SUBJECT = ["company_id", "kind", "subject"]
DATA: Schema = {
    "company_id": pl.Int32,
    "subject": pl.String,
    "on_date": pl.Date,
    "person_id": pl.Int32,
    "template": pl.String,
    "data": pl.String,
}
PAYROLL = "payroll"  # the template of what is no PDF: a list bill's deduction file
# Everything but payroll files: those hold what each employee pays, and are fetched.
MAILED = pl.col("kind") != "deductions"
EVENT_KEY = pl.concat_str("kind", pl.lit("/"), "subject").alias("event_key")
_STATEMENT = ("previous_cents", "received_cents", "forward_cents", "current_cents", "retro_cents", "due_cents")


def due(wanted: pl.DataFrame, made: pl.DataFrame, mailed: pl.DataFrame) -> pl.DataFrame:
    """Expected less recorded: what still wants a document or a place on the send list, in the order of numbers.

    Args:
        wanted: `DUE`.
        made: company_id, kind, subject of documents that are there.
        mailed: company_id, event_key of messages that are on the list.

    Returns:
        `DUE`, by company, day, kind and number.
    """
    on_list = wanted.with_columns(EVENT_KEY).join(mailed, on=["company_id", "event_key"], how="semi")
    told = pl.concat([on_list.select(SUBJECT), wanted.filter(~MAILED).select(SUBJECT)])
    done = wanted.join(made, on=SUBJECT, how="semi").join(told, on=SUBJECT, how="semi")
    return wanted.join(done.select(SUBJECT), on=SUBJECT, how="anti").sort("company_id", "on_date", "rank", "place")


def with_statements(bills: pl.DataFrame, figures: pl.DataFrame) -> dict[tuple[int, str], dict[str, int]]:
    """The figures of list bills by (company_id, subject), as their template reads them under `statement`."""
    subjects = bills.filter(pl.col("template") == "list_bill").select("company_id", "subject")
    rows = figures.with_columns(pl.col("company_id").cast(pl.Int32), subject=pl.col("invoice_id").cast(pl.String)).join(
        subjects, on=["company_id", "subject"], how="semi"
    )
    return {
        (row["company_id"], row["subject"]): {name: int(row[name]) for name in _STATEMENT}
        for row in rows.iter_rows(named=True)
    }


def finished(data: str, document_no: int, statement: dict[str, int] | None) -> str:
    """The JSON a template reads: what the record says, the document's number, a list bill's figures."""
    facts: dict[str, Any] = json.loads(data)
    facts["document_no"] = document_no
    if statement is not None:
        facts["statement"] = statement
    return json.dumps(facts, ensure_ascii=False)
