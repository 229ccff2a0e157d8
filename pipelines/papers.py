"""What `documents`, `document` and `mail` do: find, make and send what payers get to read."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

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
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.content)
    except OSError as error:
        raise SettingsError(f"the document can't be written: {error.strerror}", where=str(out)) from error
