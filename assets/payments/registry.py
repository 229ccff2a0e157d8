"""The record's side of a file: its number of the day, its traces, its entries with their journals, its registration.

Here is what needs the transaction; what needs none stands in `segments`, `file` and `proof`.
"""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from assets.ledger.accounts import CONTRA
from assets.ledger.journal import post
from assets.payments.file import MODIFIERS
from assets.payments.proof import SUMS, prove
from assets.payments.segments import FILE_OF, traced
from formats.errors import GuardError
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.sealed import FILE_OUT
from resources.vault import Vault

_HEAD = [
    *("company_id", "file_id", "destination", "destination_name", "origin", "origin_name", "company_name"),
    *("odfi", "line_end", "business_date", "segment"),
]
_ENTRY = [
    *("company_id", "entry_id", "file_id", "batch_number", "purpose", "source_id", "attempt_no", "cut", "reverses"),
    *("contra", "sec", "description", "transaction_code", "account_id", "amount_cents", "individual_id"),
    *("trace_number", "effective_date", "business_date", "journal_id"),
]


def new_files(tx: Tx, arranged: pl.DataFrame, partners: dict[str, Partner]) -> pl.DataFrame:
    """Give every new file its id, sequence of the day, name, head and traces, and record the heads.

    Returns:
        Per file: file, company_id, file_id, bank, sequence, name, cents (in earlier files of the day), first_trace,
        and the columns of `payments/head_of_file`.
    """
    files = arranged.group_by("file", maintain_order=True).agg(
        pl.col(*FILE_OF, "company_code", "odfi", "ach_company_id", "ach_company_name").first(),
        count=pl.len().cast(pl.Int64),
    )
    files = tx.number(files, "exchange.file", "file_id")
    earlier = tx.read("payments/files_of_day")
    files = files.join(earlier, on=["company_id", "bank"], how="left", maintain_order="left").with_columns(
        sequence=pl.col("sequence").fill_null(0).cast(pl.Int64)
        + pl.int_range(1, pl.len() + 1).over("company_id", "bank"),
        cents=pl.col("cents").fill_null(0),
    )
    full = files.filter(pl.col("sequence") > len(MODIFIERS))
    if not full.is_empty():
        raise GuardError(f"company {full.item(0, 'company_code')} has used all 36 file ID modifiers of the day")
    rows = [_head(row, tx, partners[row["bank"]]) for row in files.iter_rows(named=True)]
    files = _take_traces(tx, pl.DataFrame(rows, schema_overrides={"company_id": files.schema["company_id"]}))
    tx.append("payments.ach_file", files.select(_HEAD))
    return files


def _head(row: dict[str, Any], tx: Tx, bank: Partner) -> dict[str, Any]:
    terms = bank_terms({bank.code: bank}, bank.code)
    kept = ("file", "company_id", "file_id", "bank", "segment", "odfi", "sequence", "cents", "count")
    return {
        **{key: row[key] for key in kept},
        "name": bank.named(row["company_code"], "nacha", tx.business_date, row["sequence"]),
        "destination": terms.immediate_destination,
        "destination_name": terms.destination_name,
        "origin": row["ach_company_id"],
        "origin_name": terms.origin_name,
        "company_name": row["ach_company_name"],
        "line_end": terms.line_end,
        "business_date": tx.business_date,
    }


def _take_traces(tx: Tx, files: pl.DataFrame) -> pl.DataFrame:
    """Add first_trace; one block per file, ODFI by ODFI under its lock, so that no other book takes the same."""
    blocks = []
    for odfi in sorted(files["odfi"].unique()):
        tx.read("payments/lock_traces", odfi=odfi)
        first = int(tx.read("payments/next_trace", odfi=odfi).item())
        of_odfi = files.filter(pl.col("odfi") == odfi).sort("file")
        blocks.append(of_odfi.with_columns(first_trace=first + pl.col("count").cum_sum() - pl.col("count")))
    taken = pl.concat(blocks).sort("file")
    rows = taken.select("odfi", "business_date", "count", "company_id", first="first_trace")
    tx.append("payments.trace_block", rows)
    return taken


def recorded(tx: Tx, arranged: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Number, trace, journal and record the entries of new files; the rows with what their file needs of each."""
    of_file = files.select("file", "file_id", "first_trace")
    placed = traced(arranged.join(of_file, on="file", how="left", maintain_order="left"))
    numbered = tx.number(placed, "payments.ach_entry", "entry_id").with_columns(business_date=pl.lit(tx.business_date))
    entries = _journalled(tx, numbered)
    tx.append("payments.ach_entry", entries.select(_ENTRY))
    return entries


def _journalled(tx: Tx, entries: pl.DataFrame) -> pl.DataFrame:
    """Add journal_id: a journal per company and contra account; nothing is journalled for a prenote."""
    debit = pl.col("direction") == "debit"
    signed = entries.with_columns(
        signed_cents=pl.when(debit).then("amount_cents").otherwise(-pl.col("amount_cents")), row=pl.int_range(pl.len())
    )
    prenote = pl.col("purpose") == "prenote"
    parts = [signed.filter(prenote).with_columns(journal_id=pl.lit(None, pl.Int64))]
    for contra, prefix in sorted(CONTRA.items()):
        rows = signed.filter(~prenote & (pl.col("contra") == contra))
        parts.append(post(tx, f"{prefix}submitted", rows, amount="signed_cents"))
    return pl.concat(parts).sort("row").drop("row")


def register(
    tx: Tx, built: list[tuple[dict[str, Any], bytes]], partners: dict[str, Partner], vault: Vault
) -> pl.DataFrame:
    """Record the files with what the recorded entries add up to, seal their bytes, prove them: built, then checked."""
    actor = str(tx.read("audit/actor_of_run", run=tx.run_no).item())
    sums = {(row["company_id"], row["file_id"]): row for row in tx.read("payments/entry_sums").iter_rows(named=True)}
    files, contents, events = [], [], []
    for head, data in built:
        key = {"company_id": head["company_id"], "file_id": head["file_id"]}
        recorded_sums = {name: sums[(head["company_id"], head["file_id"])][name] for name in SUMS}
        prove(data, recorded_sums, bank_terms(partners, head["bank"]), head["cents"], head["name"])
        files.append(
            {
                **key,
                "kind": "nacha",
                "partner": head["bank"],
                "business_date": head["business_date"],
                "sequence": head["sequence"],
                "name": head["name"],
                "sha256": hashlib.sha256(data).digest(),
                "size": len(data),
                "records": recorded_sums["entries"],
                **{name: recorded_sums[name] for name in SUMS[1:]},
                "created_by": actor,
                "fingerprint": head["fingerprint"],
                "questions": head["questions"],
            }
        )
        contents.append({**key, "sealed": vault.seal_bytes(head["company_id"], FILE_OUT, data)})
        for number, (state, detail) in enumerate((("built", ""), ("checked", head["words"])), start=1):
            told = {"event_no": number, "state": state, "detail": detail, "actor": actor}
            events.append({**key, **told, "business_date": tx.business_date})
    registered = pl.DataFrame(files)
    tx.append("exchange.file", registered)
    tx.append("exchange.content", pl.DataFrame(contents))
    tx.append("exchange.event", pl.DataFrame(events))
    return registered
