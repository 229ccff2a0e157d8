"""What `documents`, `document`, `deductions` and `mail` do: find, make and send what payers get to read."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import polars as pl

from assets.billing.deductions import totals
from assets.documents.mailing import Mailed, send_waiting
from assets.documents.steps import Document, Room, document
from assets.steps import HOUSE, open_run
from formats.errors import SettingsError
from pipelines.nights import house
from resources.desk import Desk
from resources.mailer import load_settings


def listed_documents(desk: Desk, business_date: dt.date, company: str | None = None) -> list[dict[str, Any]]:
    """The documents about a day: company, document_no, kind, subject, size, sha256, mail.

    Raises:
        SettingsError: no such company.
    """
    if company is not None:
        _company(desk, company)
    rows = desk.record.read("documents/of_date", companies=house(desk), business_date=business_date)
    return [row for row in rows.iter_rows(named=True) if company in (None, row["company"])]


def one_document(desk: Desk, company: str, kind: str, subject: str, out: Path | None) -> dict[str, Any]:
    """Find a document, or make it, and write it to `out` for its owner alone; tells what it is.

    Raises:
        SettingsError: no such company, or `out` can't be written.
        RecordError: there is nothing of that kind and number.
    """
    made = document(room_of(desk), _company(desk, company), kind, subject)
    if out is not None:
        _write(out, made)
    return {
        "company": company,
        "kind": kind,
        "number": subject,
        "document_no": made.number,
        "date": made.day.isoformat(),
        "sha256": made.sha256,
        "size": len(made.content),
        "path": str(out) if out else None,
    }


def deduction_files(
    desk: Desk, business_date: dt.date, *, group: str | None, company: str | None, out: Path | None
) -> list[dict[str, Any]]:
    """The payroll deduction files of a day's list bills, as they are kept, or made now and kept.

    Args:
        desk: of the installation.
        business_date: of the bills.
        group: code of a sub-group, or of a company for the bill of its own; None: every group.
        company: code of the only company; None: every company.
        out: folder the files are written into, for their owner alone.

    Returns:
        company, group, invoice, document_no, records, billed_cents, once_cents, year_cents, size, sha256, path.

    Raises:
        SettingsError: no such company or group, several companies have the group, or `out` can't be written.
    """
    if company is not None:
        _company(desk, company)
    rows = desk.record.read("documents/payrolls", companies=house(desk), business_date=business_date)
    rows = rows.filter(company=company) if company is not None else rows
    if group is not None:
        own = (pl.col("group_code") == "") & (pl.col("company") == group)
        rows = rows.filter((pl.col("group_code") == group) | own)
        if rows["company"].n_unique() != 1:
            codes = ", ".join(rows["company"].unique().sort())
            told = f"several companies have a group {group}: {codes}" if codes else f"no group is called {group}"
            raise SettingsError(told, hint="name one: --company CODE" if codes else "see the loaded sub-groups")
    bills = rows.drop_nulls("invoice_id")
    return [_deductions(desk, bill, out) for bill in bills.iter_rows(named=True)]


def _deductions(desk: Desk, bill: dict[str, Any], out: Path | None) -> dict[str, Any]:
    made = document(room_of(desk), bill["company_id"], "deductions", str(bill["invoice_id"]))
    path = None
    if out is not None:
        path = out / f"deductions-{bill['company']}-{bill['invoice_id']}.csv"
        _write(path, made)
    return {
        "company": bill["company"],
        "group": bill["group_code"],
        "invoice": bill["invoice_id"],
        "document_no": made.number,
        **totals(made.content),
        "size": len(made.content),
        "sha256": made.sha256,
        "path": str(path) if path else None,
    }


def send_mail(desk: Desk, business_date: dt.date) -> Mailed:
    """Send every message that waits, up to a business date.

    Raises:
        SettingsError: the mail settings are wrong.
        ExchangeError: the mail server can't be reached.
    """
    settings = load_settings(desk.home.mail)
    run = open_run(desk.record, job="mail", book=HOUSE, business_date=business_date)
    return send_waiting(room_of(desk), run, settings, desk.now)


def room_of(desk: Desk) -> Room:
    """What this desk makes documents with."""
    return Room(desk.record, desk.home, desk.vault)


def _company(desk: Desk, code: str) -> int:
    rows = desk.record.read("audit/companies", companies=house(desk))
    known = dict(zip(rows["code"], rows["company_id"], strict=True))
    if code not in known:
        raise SettingsError(f"no company is called {code}", hint=f"companies: {', '.join(sorted(known)) or 'none yet'}")
    return int(known[code])


def _write(out: Path, made: Document) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.content)
    except OSError as error:
        raise SettingsError(f"the document can't be written: {error.strerror}", where=str(out)) from error
