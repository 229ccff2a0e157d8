"""The ledger's steps of a night: the trial balance and the proofs; closing a month; the weekly full audit."""

from __future__ import annotations

import hashlib

import polars as pl

from formats.errors import GuardError
from resources.record import Tx
from resources.sealed import FILE_OUT
from resources.vault import Vault


def prove(tx: Tx) -> dict[str, int]:
    """Read the trial balance of the book. Appends nothing: the checks beside it say whether it proves.

    Returns:
        Cents per side, and the difference, which is zero.
    """
    balance = tx.read("ledger/trial_balance")
    tx.preview = balance
    debit = int(balance.filter(pl.col("balance_cents") > 0)["balance_cents"].sum())
    credit = -int(balance.filter(pl.col("balance_cents") < 0)["balance_cents"].sum())
    return {"debit_cents": debit, "credit_cents": credit, "difference_cents": debit - credit}


def close_month(tx: Tx) -> dict[str, int]:
    """Close the calendar month before the business date for every company that is not closed yet.

    Raises:
        GuardError: the ledger does not prove; nothing is closed.
    """
    for query in ("ledger/check_balance", "ledger/check_subledgers"):
        failing = tx.read(query)
        if not failing.is_empty():
            raise GuardError("the month can't be closed", hint=str(failing.item(0, "failure")))
    rows = tx.read("ledger/companies_to_close")
    tx.append("ledger.closed_month", rows)
    return {"months_closed": rows.height}


def audit(tx: Tx, vault: Vault) -> dict[str, int]:
    """Weekly: everything again from the record. Every stored file is opened and hashed, the chain of actions followed.

    Raises:
        GuardError: names the first thing that does not prove.
    """
    for query in ("ledger/check_balance", "ledger/check_subledgers", "audit/check_chain"):
        failing = tx.read(query)
        if not failing.is_empty():
            raise GuardError("the full audit found a difference", where=query, hint=str(failing.item(0, "failure")))
    files = tx.read("ledger/sealed_files")
    for row in files.iter_rows(named=True):
        clear = vault.open_bytes(row["company_id"], FILE_OUT, row["sealed"])
        if hashlib.sha256(clear).digest() != row["sha256"]:
            raise GuardError(
                "a stored file is not the one that was registered", where=f"company {row['company_id']}, {row['name']}"
            )
    return {"files_opened": files.height}
