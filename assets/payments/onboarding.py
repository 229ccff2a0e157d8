"""The files a bank asks for before the first real one: from its profile alone, with invented receivers. Pure.

A prenote and a live entry of one cent for every SEC code and direction it takes, planned, segmented, levelled and
proved by the very rules of a real night. `TEST` stands in the header's reference, in every description and every id.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.payments.file import ach_file, meant, profile
from assets.payments.offsets import levelling
from assets.payments.planner import moment, planned
from assets.payments.proof import prove
from assets.payments.segments import arranged, coded, traced
from formats import nacha
from resources.bank_terms import BankTerms

_CENT = 1
_BANK = "bank"
# Credits of these are for others than us: between persons (WEB), or none at all (TEL).
_DEBITS_ONLY = ("WEB", "TEL")


@dataclass(frozen=True)
class Identity:
    """In whose name the files go, and on which account they are levelled (clear; asked for by balanced banks only)."""

    code: str = "TEST"
    ach_company_id: str = "TEST000001"
    ach_company_name: str = "TEST COMPANY"
    offset_routing: str = ""
    offset_account: str = "TESTOFFSET"
    offset_type: str = "checking"
    offset_name: str = "TEST COMPANY"


@dataclass(frozen=True)
class Trial:
    """One file, its control totals as counted from its own bytes, and what it was planned to be."""

    sequence: int
    segment: str
    data: bytes
    totals: nacha.ControlTotals
    effective_dates: tuple[dt.date, ...]
    send_by: dt.datetime  # where the bank is


def trial_files(terms: BankTerms, who: Identity, business_date: dt.date) -> list[Trial]:
    """Make the files, in the order of their sequence.

    Args:
        terms: the bank's.
        who: the company, or an invented one.
        business_date: creation date of the files.

    Raises:
        FormatError: the standard forbids a value of the profile or the company.
        GuardError: a file does not prove.
    """
    rows = pl.DataFrame(_entries(terms, who, business_date))
    plan = planned(rows, {_BANK: terms}, {_BANK: moment(business_date, terms)})
    placed = arranged(coded(plan), {_BANK: terms})
    files = levelling(placed, {_BANK: terms})
    counts = placed.group_by("file", maintain_order=True).agg(count=pl.len())
    taken = (files["offset_entries"] + counts["count"]).cum_sum()
    first = placed.join(
        files.select("file", first_trace=1 + taken.shift(1, fill_value=0)), on="file", how="left", maintain_order="left"
    )
    of_file = traced(first.with_columns(odfi=pl.lit(terms.odfi))).partition_by("file", maintain_order=True)
    local = [rows.with_columns(pl.col("send_by").dt.convert_time_zone(terms.time_zone)) for rows in of_file]
    return [_trial(at, rows, _head(at, terms, who, business_date)) for at, rows in enumerate(local, start=1)]


def _trial(sequence: int, rows: pl.DataFrame, head: dict[str, Any]) -> Trial:
    data = ach_file(head, rows)
    found = nacha.totals(data)
    how = profile(head)
    intended = nacha.completed(meant(head, rows), how)
    prove(data, meant(head, rows), _sums(intended), how, f"test file {sequence}")
    days = tuple(sorted(set(rows["effective_date"])))
    return Trial(sequence, rows.item(0, "segment"), data, found, days, rows["send_by"].min())  # type: ignore[arg-type]


def _sums(intended: nacha.Nacha) -> dict[str, int]:
    """The control totals of what was meant, by the format's own recount; the proof counts the bytes."""
    control = intended.file.row(0, named=True)
    told = {name: int(control[f"control_{name}"]) for name in ("debit_cents", "credit_cents")}
    return {**told, "entries": intended.entries.height, "entry_hash": int(control["control_hash"])}


def _head(sequence: int, terms: BankTerms, who: Identity, business_date: dt.date) -> dict[str, Any]:
    return {
        "destination": terms.immediate_destination,
        "destination_name": terms.destination_name,
        "origin": terms.immediate_origin or who.ach_company_id,
        "origin_name": terms.origin_name,
        "company_name": who.ach_company_name,
        "ach_company_id": who.ach_company_id,
        "odfi": terms.odfi,
        "line_end": terms.line_end,
        "blocking": terms.blocking,
        "relaxed": ",".join(sorted(terms.relaxed)),
        "business_date": business_date,
        "sequence": sequence,
        "reference": "TEST",
        "offset_per": None if terms.balanced == "none" else terms.balanced,
        "offset_routing": who.offset_routing or terms.immediate_destination,
        "offset_type": who.offset_type,
        "offset_name": who.offset_name,
        "account": who.offset_account,
    }


def _entries(terms: BankTerms, who: Identity, business_date: dt.date) -> list[dict[str, Any]]:
    kinds = [
        (sec, direction, purpose)
        for sec in sorted(terms.sec)
        for direction in ("credit", "debit")
        if not (direction == "credit" and sec in _DEBITS_ONLY)
        for purpose in ("prenote", "live")
    ]
    return [
        {
            "company_id": 1,
            "company_code": who.code,
            "bank": _BANK,
            "purpose": purpose,
            "source_id": number,
            "attempt_no": 1,
            "direction": direction,
            "sec": sec,
            "description": "TEST",
            "amount_cents": 0 if purpose == "prenote" else _CENT,
            "individual_id": f"TEST{number:04d}",
            "holder_name": f"TEST RECEIVER {number:02d}",
            "routing": terms.immediate_destination,
            "account": f"TEST{number:04d}",
            "account_type": "savings" if number // 2 % 2 else "checking",
            "wanted_date": business_date,
            "same_day": False,
            # Remittance text is what CTX is for.
            "addenda": "TEST" if sec == "CTX" and purpose == "live" else "",
        }
        for number, (sec, direction, purpose) in enumerate(kinds, start=1)
    ]
