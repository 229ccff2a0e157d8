"""The step `payments.originate`: everything that should be an ACH entry and is none yet goes into new files.

Built, recorded and proved in one transaction. The step is a list of calls; each rule stands in the module of its name.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.distribution import routed
from assets.payments.duplicates import doubles, earlier_entries, marked
from assets.payments.faults import NAMED, faults, too_late
from assets.payments.limits import granted, over_day
from assets.payments.offsets import offsets_of
from assets.payments.opening import opened
from assets.payments.planner import distinct_plans, moment, planned
from assets.payments.registry import built, new_files, recorded, register
from assets.payments.segments import arranged, coded
from assets.payments.standing import account_book, holds_in_words, with_accounts
from assets.payments.voids import voids
from assets.steps import quarantine
from resources.bank_terms import BankTerms
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.vault import Vault

_ROW = NAMED[:4]


def originate(tx: Tx, partners: dict[str, Partner], vault: Vault, as_of: dt.datetime | None = None) -> dict[str, int]:
    """Build and check the ACH files with every attempt and instruction that is in none yet and whose night has come.

    Args:
        tx: the step's transaction.
        partners: the banks' profiles.
        vault: opens accounts, seals files.
        as_of: the moment the dates are planned for; None: 01:00 of the business date where the bank is.

    Returns:
        ach_files, ach_entries, ach_debit_cents and ach_credit_cents (of entries, offsets left out), ach_waiting (their
        day has not come), ach_held (their account must wait, or no bank has room this month), quarantined, voided
        (entries of void files).

    Raises:
        SettingsError: a company's bank has no profile, or its offset account is missing.
        GuardError: a file does not prove, doubles an earlier one, or would be the day's 37th.
        FormatError: the standard forbids a value of the company's own (name, id).
    """
    totals = dict.fromkeys(("ach_files", "ach_entries", "ach_debit_cents", "ach_credit_cents"), 0)
    totals |= {"ach_waiting": 0, "ach_held": 0, "quarantined": 0, "voided": voids(tx)["voided"]}
    waiting = tx.read("payments/to_send")
    if waiting.is_empty():
        return totals
    rows = routed(tx, with_accounts(waiting, account_book(tx, partners)))
    banks = {code: bank_terms(partners, code) for code in sorted(rows["bank"].unique())}
    rows = opened(_with_terms(rows, banks), vault)

    rows = _set_aside(tx, totals, rows, faults(rows))
    free = pl.col("hold").is_null()
    held, rows = rows.filter(~free), rows.filter(free)
    totals["ach_held"] = held.height

    moments = {code: moment(tx.business_date, terms, as_of) for code, terms in banks.items()}
    rows = planned(rows, banks, moments)
    tx.preview = pl.concat([distinct_plans(rows), holds_in_words(held)], how="diagonal_relaxed")
    rows = _set_aside(tx, totals, rows, too_late(rows))
    now = pl.col("waits_until").is_null()
    totals["ach_waiting"], rows = rows.filter(~now).height, rows.filter(now)

    earlier = earlier_entries(tx, rows)
    rows = _set_aside(tx, totals, rows, doubles(rows, earlier))
    rows = _set_aside(tx, totals, rows, over_day(rows, tx.read("payments/sent_today")))
    if rows.is_empty():
        return totals

    ready = arranged(coded(rows), banks).with_columns(planned_at=pl.col("bank").replace_strict(moments))
    files = new_files(tx, ready, offsets_of(tx, ready, banks, vault), partners)
    entries = recorded(tx, ready, files)
    registered = register(tx, built(tx, marked(tx, files, entries, earlier), entries, partners), vault)
    totals["ach_files"], totals["ach_entries"] = registered.height, entries.height
    for side in ("debit", "credit"):
        totals[f"ach_{side}_cents"] = int(entries.filter(pl.col("direction") == side)["amount_cents"].sum())
    return totals


def _with_terms(rows: pl.DataFrame, banks: dict[str, BankTerms]) -> pl.DataFrame:
    """Add what the rules need of each row's bank: odfi, entry_limit_cents, day_limit_cents, sec_taken."""
    about = pl.DataFrame(
        [(code, terms.odfi, list(terms.sec)) for code, terms in banks.items()],
        schema={"bank": pl.String, "odfi": pl.String, "taken": pl.List(pl.String)},
        orient="row",
    )
    found = rows.join(about, on="bank", how="left", maintain_order="left")
    found = found.join(granted(banks), on=["bank", "direction"], how="left", maintain_order="left")
    return found.with_columns(sec_taken=pl.col("taken").list.contains(pl.col("sec"))).drop("taken")


def _set_aside(tx: Tx, totals: dict[str, int], rows: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """Quarantine the rows that are named, count them, and give the others."""
    totals["quarantined"] += quarantine(tx, bad)
    return rows.join(bad, on=_ROW, how="anti", maintain_order="left")
