"""In which file did an entry leave, and what became of it: asked by invoice, entry, trace number, member or amount."""

from __future__ import annotations

from typing import Any

import polars as pl

from assets.payments.file import MODIFIERS
from formats.errors import SettingsError
from formats.nacha import CHANGE_CODES, RETURN_CODES
from pipelines.nights import house
from resources.desk import Desk

_TITLES = {
    **dict(RETURN_CODES.select("return_code", "title").iter_rows()),
    **dict(CHANGE_CODES.select("change_code", "title").iter_rows()),
}


def trace_entries(
    desk: Desk,
    *,
    company: str | None = None,
    invoice: int | None = None,
    entry: int | None = None,
    trace: str | None = None,
    member: str | None = None,
    amount_cents: int | None = None,
) -> dict[str, Any]:
    """Find entries by everything that is given at once.

    Args:
        desk: of this installation.
        company: only this company's (its code); None: every company's.
        invoice: number of the invoice that an entry drafts, refunds, reverses or charges a fee for.
        entry: number of the entry.
        trace: its trace number of fifteen digits.
        member: code of a person; a dependent's entries are the subscriber's.
        amount_cents: of the entry.

    Returns:
        entries: columns of `delivery/entries_traced` without the sequence, with modifier (of the file) and story (what
            became of it, in words), oldest first. Accounts by their last four.
        waiting: for an invoice or a member, what is in no file that stands, and why: `delivery/waiting_traced`.

    Raises:
        SettingsError: nothing was asked, or no such company.
    """
    if all(asked is None for asked in (invoice, entry, trace, member, amount_cents)):
        raise SettingsError("say which entry", hint="--invoice, --entry, --trace, --member or --amount")
    companies = _companies(desk, company)
    found = desk.record.read(
        "delivery/entries_traced",
        companies=companies,
        invoice=invoice,
        entry=entry,
        trace=trace,
        member=member,
        amount=amount_cents,
    )
    entries = [_told(row) for row in found.iter_rows(named=True)]
    waiting = pl.DataFrame()
    if (invoice is not None or member is not None) and entry is None and trace is None:
        waiting = desk.record.read("delivery/waiting_traced", companies=companies, invoice=invoice, member=member)
    return {"entries": entries, "waiting": waiting.to_dicts()}


def _companies(desk: Desk, company: str | None) -> list[int]:
    known = desk.record.read("audit/companies", companies=house(desk))
    ids = dict(zip(known["code"], known["company_id"], strict=True))
    if company is None:
        return list(ids.values())
    if company not in ids:
        raise SettingsError(f"no company is called {company}", hint=f"companies: {', '.join(sorted(ids))}")
    return [ids[company]]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    shown = {**row, "modifier": MODIFIERS[row["sequence"] - 1], "story": _story(row)}
    del shown["sequence"]
    return shown


def _story(row: dict[str, Any]) -> str:
    """What became of an entry, in words, in the order in which it happens."""
    state, note = row["state"], row["note"]
    told = [f"in a file that is {state}" + (f" ({note})" if note and state not in {"checked", "sent"} else "")]
    if row["sent_on"]:
        told = [f"sent {note}" if note.startswith("by hand") else "sent"]
        told += [f"{state}: {note}"] if state not in {"sent", "acknowledged"} else []
    told += [f"out of the books on {row['voided_on']}"] if row["voided_on"] else []
    told += [f"cut again as entry {row['recut_as']}"] if row["recut_as"] else []
    told += [f"undoes entry {row['reverses']}"] if row["reverses"] else []
    told += [f"notice {_titled(code)}" for code in row["notices"]]
    told += [f"settled on {row['settled_on']}"] if row["settled_on"] else []
    told += [f"returned on {row['returned_on']}: {_titled(row['returned'])}"] if row["returned"] else []
    told += [f"reversed by entry {row['reversed_by']}"] if row["reversed_by"] else []
    return ", ".join(told)


def _titled(code: str) -> str:
    return f"{code} {_TITLES[code]}" if code in _TITLES else code
