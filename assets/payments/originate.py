"""The step `payments.originate`: attempts that are in no file yet go into one new file per company.

Built, recorded and proved in one transaction. Account numbers are opened here and nowhere else.
"""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from assets.ledger.journal import post
from assets.payments.origination import MODIFIERS, ach_file, batched, earliest_effective, faults, prove, traced
from assets.steps import quarantine
from formats.errors import GuardError, RecordError
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.sealed import ACCOUNT, FILE_OUT
from resources.vault import Vault

_ENTRY = [
    *("company_id", "entry_id", "file_id", "batch_number", "purpose", "source_id", "attempt_no", "sec", "description"),
    *("transaction_code", "account_id", "amount_cents", "individual_id", "trace_number", "effective_date"),
    *("business_date", "journal_id"),
]
_SUMS = ("entries", "debit_cents", "credit_cents", "entry_hash")


def originate(tx: Tx, partners: dict[str, Partner], vault: Vault) -> dict[str, int]:
    """Build and check one ACH file per company with every attempt that is in none yet.

    Returns:
        ach_files, ach_entries, ach_debit_cents, ach_credit_cents, quarantined.

    Raises:
        SettingsError: a company's bank has no profile.
        GuardError: a file does not prove, is over a limit, or would be the day's 37th.
        FormatError: the standard forbids a value of the company's own (name, id).
    """
    totals = {"ach_files": 0, "ach_entries": 0, "ach_debit_cents": 0, "ach_credit_cents": 0, "quarantined": 0}
    waiting = tx.read("payments/attempts_to_send")
    if waiting.is_empty():
        return totals
    attempts = _with_accounts(tx, waiting.join(_terms(tx, waiting, partners), on="bank", how="left"), vault)
    bad = faults(attempts)
    totals["quarantined"] = quarantine(tx, bad)
    usable = attempts.join(bad, on=["company_id", "attempt_id"], how="anti")
    if usable.is_empty():
        return totals
    planned = batched(usable)
    files = _new_files(tx, planned, partners)
    entries = _entries(tx, planned.join(files, on="company_id", how="left", maintain_order="left"))
    tx.append("payments.ach_entry", entries.select(_ENTRY))
    built = _build(files, entries)
    registered = _register(tx, built, partners, vault)
    totals["ach_files"], totals["ach_entries"] = registered.height, entries.height
    totals["ach_debit_cents"] = int(registered["debit_cents"].sum())
    totals["ach_credit_cents"] = int(registered["credit_cents"].sum())
    return totals


def rebuild(tx: Tx, company: int, file_id: int, vault: Vault) -> bytes:
    """Make the bytes of a recorded file again, from the record alone.

    Raises:
        RecordError: there is no such file, or an account can't be opened.
    """
    head = tx.read("payments/head_of_file", company=company, file_id=file_id)
    if head.is_empty():
        raise RecordError(f"company {company} has no ACH file {file_id}")
    entries = tx.read("payments/entries_of_file", company=company, file_id=file_id)
    account = vault.open(entries["company_id"], entries["account_sealed"], ACCOUNT).alias("account")
    return ach_file(head.row(0, named=True), entries.with_columns(account))


def _terms(tx: Tx, waiting: pl.DataFrame, partners: dict[str, Partner]) -> pl.DataFrame:
    """What the rules need of each bank: bank, odfi, entry_limit_cents, earliest."""
    rows = []
    for code in sorted(waiting["bank"].unique()):
        terms = bank_terms(partners, code)
        earliest = earliest_effective(tx.business_date, terms)
        rows.append(
            {"bank": code, "odfi": terms.odfi, "entry_limit_cents": terms.entry_limit_cents, "earliest": earliest}
        )
    return pl.DataFrame(rows)


def _with_accounts(tx: Tx, waiting: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Add the newest version of each account, its `stop`, and `account`, clear; null where it doesn't open.

    One damaged value must not hide the others.
    """
    attempts = waiting.join(
        tx.read("payments/newest_accounts"), on=["company_id", "account_code"], how="left", maintain_order="left"
    ).join(tx.read("payments/stopped_accounts"), on=["company_id", "account_id"], how="left", maintain_order="left")
    companies, sealed = attempts["company_id"], attempts["account_sealed"]
    try:
        opened = vault.open(companies, sealed, ACCOUNT)
    except RecordError:
        opened = pl.concat([_open_one(companies[at : at + 1], sealed[at : at + 1], vault) for at in range(len(sealed))])
    return attempts.with_columns(opened.alias("account")).drop("account_sealed")


def _open_one(company: pl.Series, sealed: pl.Series, vault: Vault) -> pl.Series:
    try:
        return vault.open(company, sealed, ACCOUNT)
    except RecordError:
        return pl.Series(sealed.name, [None], dtype=pl.String)


def _new_files(tx: Tx, planned: pl.DataFrame, partners: dict[str, Partner]) -> pl.DataFrame:
    """One file per company: ids, sequence of the day, name, head, first trace; the traces are taken."""
    files = planned.group_by("company_id", maintain_order=True).agg(
        pl.col("company_code", "bank", "odfi", "ach_company_id", "ach_company_name").first(),
        count=pl.len().cast(pl.Int64),
    )
    files = tx.number(files, "exchange.file", "file_id")
    earlier = tx.read("payments/files_of_day")
    files = files.join(earlier, on=["company_id", "bank"], how="left", maintain_order="left").with_columns(
        sequence=pl.col("sequence").fill_null(0).cast(pl.Int64) + 1, cents=pl.col("cents").fill_null(0)
    )
    full = files.filter(pl.col("sequence") > len(MODIFIERS))
    if not full.is_empty():
        raise GuardError(f"company {full.item(0, 'company_code')} has used all 36 file ID modifiers of the day")
    rows = [_head(row, tx, partners[row["bank"]]) for row in files.iter_rows(named=True)]
    files = _take_traces(tx, pl.DataFrame(rows, schema_overrides={"company_id": files.schema["company_id"]}))
    heads = ["company_id", "file_id", "destination", "destination_name", "origin", "origin_name", "company_name"]
    tx.append("payments.ach_file", files.select(*heads, "odfi", "line_end", "business_date"))
    return files


def _head(row: dict[str, Any], tx: Tx, bank: Partner) -> dict[str, Any]:
    terms = bank_terms({bank.code: bank}, bank.code)
    return {
        **{key: row[key] for key in ("company_id", "file_id", "bank", "odfi", "sequence", "cents", "count")},
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
    """Add first_trace; one block per company, ODFI by ODFI under its lock, so that no other book takes the same."""
    blocks = []
    for odfi in sorted(files["odfi"].unique()):
        tx.read("payments/lock_traces", odfi=odfi)
        first = int(tx.read("payments/next_trace", odfi=odfi).item())
        of_odfi = files.filter(pl.col("odfi") == odfi).sort("company_id")
        blocks.append(of_odfi.with_columns(first_trace=first + pl.col("count").cum_sum() - pl.col("count")))
    taken = pl.concat(blocks).sort("company_id")
    rows = taken.select("odfi", "business_date", "count", "company_id", first="first_trace")
    tx.append("payments.trace_block", rows)
    return taken


def _entries(tx: Tx, planned: pl.DataFrame) -> pl.DataFrame:
    """Number, trace and journal the entries; the columns of payments.ach_entry and what the file needs of each."""
    numbered = tx.number(traced(planned), "payments.ach_entry", "entry_id")
    named = numbered.with_columns(
        purpose=pl.lit("premium"), source_id=pl.col("attempt_id"), business_date=pl.lit(tx.business_date)
    )
    return post(tx, "submitted", named)


def _build(files: pl.DataFrame, entries: pl.DataFrame) -> list[tuple[dict[str, Any], bytes]]:
    of_company = entries.partition_by("company_id", as_dict=True, maintain_order=True)
    return [(head, ach_file(head, of_company[(head["company_id"],)])) for head in files.iter_rows(named=True)]


def _register(
    tx: Tx, built: list[tuple[dict[str, Any], bytes]], partners: dict[str, Partner], vault: Vault
) -> pl.DataFrame:
    """Record the files with what the recorded entries add up to, seal their bytes, prove them: built, then checked."""
    actor = str(tx.read("audit/actor_of_run", run=tx.run_no).item())
    sums = {(row["company_id"], row["file_id"]): row for row in tx.read("payments/entry_sums").iter_rows(named=True)}
    files, contents, events = [], [], []
    for head, data in built:
        key = {"company_id": head["company_id"], "file_id": head["file_id"]}
        recorded = {name: sums[(head["company_id"], head["file_id"])][name] for name in _SUMS}
        prove(data, recorded, bank_terms(partners, head["bank"]), head["cents"], head["name"])
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
                "records": recorded["entries"],
                **{name: recorded[name] for name in _SUMS[1:]},
                "created_by": actor,
            }
        )
        contents.append({**key, "sealed": vault.seal_bytes(head["company_id"], FILE_OUT, data)})
        for number, state in enumerate(("built", "checked"), start=1):
            events.append(
                {**key, "event_no": number, "state": state, "actor": actor, "business_date": tx.business_date}
            )
    registered = pl.DataFrame(files)
    tx.append("exchange.file", registered)
    tx.append("exchange.content", pl.DataFrame(contents))
    tx.append("exchange.event", pl.DataFrame(events))
    return registered
