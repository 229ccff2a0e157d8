"""The step `payments.originate`: everything that should be an ACH entry and is none yet goes into new files.

Built, recorded and proved in one transaction. The step is a list of calls; each rule stands in the module of its name.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.duplicates import doubles, earlier_entries, marked
from assets.payments.faults import faults
from assets.payments.file import ach_file
from assets.payments.opening import opened
from assets.payments.planner import earliest_effective, planned
from assets.payments.registry import new_files, recorded, register
from assets.payments.segments import arranged, coded
from assets.payments.voids import voids
from assets.steps import quarantine
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.vault import Vault

_ROW = ["company_id", "purpose", "source_id", "attempt_no"]


def originate(tx: Tx, partners: dict[str, Partner], vault: Vault, as_of: dt.datetime | None = None) -> dict[str, int]:
    """Build and check the ACH files with every attempt and instruction that is in none yet.

    Args:
        tx: the step's transaction.
        partners: the banks' profiles.
        vault: opens accounts, seals files.
        as_of: the moment the dates are planned for; None: 01:00 of the business date where the bank is.

    Returns:
        ach_files, ach_entries, ach_debit_cents, ach_credit_cents, quarantined, voided (entries of void files).

    Raises:
        SettingsError: a company's bank has no profile.
        GuardError: a file does not prove, is over a limit, doubles an earlier one, or would be the day's 37th.
        FormatError: the standard forbids a value of the company's own (name, id).
    """
    totals = {"ach_files": 0, "ach_entries": 0, "ach_debit_cents": 0, "ach_credit_cents": 0, "quarantined": 0}
    totals["voided"] = voids(tx)["voided"]
    waiting = tx.read("payments/to_send")
    if waiting.is_empty():
        return totals
    rows = _with_terms(tx, _routed(waiting), partners)
    rows = opened(_with_accounts(tx, rows), vault)
    bad = faults(rows)
    totals["quarantined"] = quarantine(tx, bad)
    usable = rows.join(bad, on=_ROW, how="anti", maintain_order="left")
    earlier = earlier_entries(tx, usable)
    asked_twice = doubles(usable, earlier)
    totals["quarantined"] += quarantine(tx, asked_twice)
    usable = usable.join(asked_twice, on=_ROW, how="anti", maintain_order="left")
    if usable.is_empty():
        return totals
    ready = arranged(coded(planned(usable)))
    files = new_files(tx, ready, partners)
    entries = recorded(tx, ready, files)
    files = marked(tx, files, entries, earlier)
    of_file = entries.partition_by("file", as_dict=True, maintain_order=True)
    built = [(head, ach_file(head, of_file[(head["file"],)])) for head in files.iter_rows(named=True)]
    registered = register(tx, built, partners, vault)
    totals["ach_files"], totals["ach_entries"] = registered.height, entries.height
    totals["ach_debit_cents"] = int(registered["debit_cents"].sum())
    totals["ach_credit_cents"] = int(registered["credit_cents"].sum())
    return totals


def _routed(waiting: pl.DataFrame) -> pl.DataFrame:
    """Add bank: the one of the entry it answers, else the company's."""
    return waiting.with_columns(bank=pl.coalesce("sent_through", "company_bank"))


def _with_terms(tx: Tx, rows: pl.DataFrame, partners: dict[str, Partner]) -> pl.DataFrame:
    """Add what the rules need of each row's bank: odfi, entry_limit_cents, earliest."""
    found = []
    for code in sorted(rows["bank"].unique()):
        terms = bank_terms(partners, code)
        earliest = earliest_effective(tx.business_date, terms)
        found.append(
            {"bank": code, "odfi": terms.odfi, "entry_limit_cents": terms.entry_limit_cents, "earliest": earliest}
        )
    return rows.join(pl.DataFrame(found), on="bank", how="left", maintain_order="left")


def _with_accounts(tx: Tx, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the account version each row goes to and its `stop`."""
    return rows.join(
        tx.read("payments/newest_accounts"), on=["company_id", "account_code"], how="left", maintain_order="left"
    ).join(tx.read("payments/stopped_accounts"), on=["company_id", "account_id"], how="left", maintain_order="left")
