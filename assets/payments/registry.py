"""The record's side of a file: its modifier of the day, its traces, its entries with their journals, its registration.

Here is what needs the transaction; what needs none stands in `segments`, `file` and `proof`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.ledger.accounts import CONTRA
from assets.ledger.journal import post
from assets.payments.file import MODIFIERS, ach_file, meant, profile
from assets.payments.offsets import OFFSET
from assets.payments.proof import SUMS, prove
from assets.payments.segments import FILE_OF, traced
from formats.errors import GuardError
from resources.bank_terms import BankTerms
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.sealed import FILE_OUT
from resources.vault import Vault

_HEAD = [
    *("company_id", "file_id", "destination", "destination_name", "origin", "origin_name", "company_name"),
    *("ach_company_id", "odfi", "line_end", "blocking", "relaxed", "business_date", "segment", "planned_at", "send_by"),
    *("offset_account_id", "offset_per", "offset_debit_cents", "offset_credit_cents"),
]
_ENTRY = [
    *("company_id", "entry_id", "file_id", "batch_number", "purpose", "source_id", "attempt_no", "cut", "reverses"),
    *("contra", "sec", "description", "transaction_code", "account_id", "amount_cents", "individual_id", "addenda"),
    *("trace_number", "effective_date", "business_date", "journal_id"),
]


@dataclass(frozen=True)
class Built:
    """A file and the record's word for it: its head, bytes, and what its entries add up to."""

    head: dict[str, Any]
    data: bytes
    sums: dict[str, int]
    terms: BankTerms


def new_files(tx: Tx, arranged: pl.DataFrame, offsets: pl.DataFrame, partners: dict[str, Partner]) -> pl.DataFrame:
    """Give every new file its id, sequence of the day, name, head and traces, and record the heads.

    Args:
        tx: the step's transaction.
        arranged: the entries in their files and batches, planned.
        offsets: per file the columns of `offsets.OFFSET`.
        partners: for the banks' terms and the names of files.

    Returns:
        Per file: file, company_id, file_id, bank, sequence, name, first_trace, and the columns of
        `payments/head_of_file`; `account` (clear) is the offset account's.
    """
    files = arranged.group_by("file", maintain_order=True).agg(
        pl.col(*FILE_OF, "company_code", "odfi", "ach_company_id", "ach_company_name", "planned_at").first(),
        pl.col("send_by").min(),
        count=pl.len().cast(pl.Int64),
    )
    files = tx.number(files.join(offsets, on="file", maintain_order="left"), "exchange.file", "file_id")
    rows = [_head(row, tx, bank_terms(partners, row["bank"])) for row in files.iter_rows(named=True)]
    kinds = {name: files.schema[name] for name in ("company_id", "planned_at", "send_by")}
    heads = _take_modifiers(tx, pl.DataFrame(rows, schema_overrides={**kinds, **OFFSET}))
    names = [
        partners[row["bank"]].named(row["company_code"], "nacha", tx.business_date, row["sequence"])
        for row in heads.iter_rows(named=True)
    ]
    named = _take_traces(tx, heads.with_columns(name=pl.Series(names)))
    tx.append("payments.ach_file", named.select(_HEAD))
    return named


def _head(row: dict[str, Any], tx: Tx, terms: BankTerms) -> dict[str, Any]:
    return {
        **row,
        "count": row["count"] + row["offset_entries"],
        "destination": terms.immediate_destination,
        "destination_name": terms.destination_name,
        "origin": terms.immediate_origin or row["ach_company_id"],
        "origin_name": terms.origin_name,
        "company_name": row["ach_company_name"],
        "line_end": terms.line_end,
        "blocking": terms.blocking,
        "relaxed": ",".join(sorted(terms.relaxed)),
        "business_date": tx.business_date,
    }


def _take_modifiers(tx: Tx, files: pl.DataFrame) -> pl.DataFrame:
    """Add sequence: the next file ID modifiers of each origin and day, under its lock, so that none is taken twice."""
    origins = sorted(files["origin"].unique())
    tx.read("payments/lock_modifiers", origins=origins)
    used = tx.read("payments/last_modifiers", origins=origins)
    where = ["destination", "origin"]
    taken = files.join(used, on=where, how="left", maintain_order="left").with_columns(
        sequence=pl.col("sequence").fill_null(0) + pl.int_range(1, pl.len() + 1).over(where)
    )
    full = taken.filter(pl.col("sequence") > len(MODIFIERS))
    if not full.is_empty():
        raise GuardError(
            f"company {full.item(0, 'company_code')} would need a 37th file for {tx.business_date}: the file header "
            "has 36 file ID modifiers a day",
            hint="raise the bank's limit or lines of a file, or ask it for another immediate origin",
        )
    tx.append("payments.file_modifier", taken.select(*where, "business_date", "sequence", "company_id", "file_id"))
    return taken


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


def built(tx: Tx, files: pl.DataFrame, entries: pl.DataFrame, partners: dict[str, Partner]) -> list[Built]:
    """Write every file and prove it against the record.

    Raises:
        GuardError: a file does not prove.
        FormatError: the standard forbids a value.
    """
    sums = {(row["company_id"], row["file_id"]): row for row in tx.read("payments/entry_sums").iter_rows(named=True)}
    of_file = entries.partition_by("file", as_dict=True, maintain_order=True)
    out = []
    for head in files.iter_rows(named=True):
        its = of_file[(head["file"],)]
        data, counted = ach_file(head, its), sums[(head["company_id"], head["file_id"])]
        prove(data, meant(head, its), {name: counted[name] for name in SUMS}, profile(head), head["name"])
        out.append(Built(head, data, counted, bank_terms(partners, head["bank"])))
    return out


def register(tx: Tx, files: list[Built], vault: Vault) -> pl.DataFrame:
    """Record proved files with what their entries add up to, and seal their bytes: built, then checked."""
    actor = str(tx.read("audit/actor_of_run", run=tx.run_no).item())
    rows, contents, events = [], [], []
    for each in files:
        head = each.head
        key = {"company_id": head["company_id"], "file_id": head["file_id"]}
        rows.append({**key, **_row(each), "created_by": actor})
        contents.append({**key, "sealed": vault.seal_bytes(head["company_id"], FILE_OUT, each.data)})
        for number, (state, detail) in enumerate((("built", ""), ("checked", head["words"])), start=1):
            told = {"event_no": number, "state": state, "detail": detail, "actor": actor}
            events.append({**key, **told, "business_date": tx.business_date})
    registered = pl.DataFrame(rows)
    tx.append("exchange.file", registered)
    tx.append("exchange.content", pl.DataFrame(contents))
    tx.append("exchange.event", pl.DataFrame(events))
    return registered


def _row(each: Built) -> dict[str, Any]:
    """The columns of exchange.file beside its key and maker."""
    head, sums = each.head, each.sums
    others = max(sums["debit_cents"] - sums["offset_debit_cents"], sums["credit_cents"] - sums["offset_credit_cents"])
    threshold = each.terms.approve_above_cents
    return {
        "kind": "nacha",
        "partner": head["bank"],
        "business_date": head["business_date"],
        "sequence": head["sequence"],
        "name": head["name"],
        "sha256": hashlib.sha256(each.data).digest(),
        "size": len(each.data),
        "records": sums["entries"],
        **{name: sums[name] for name in SUMS[1:]},
        "approvals_needed": 2 if threshold is not None and others > threshold else 1,
        "fingerprint": head["fingerprint"],
        "questions": head["questions"],
    }
