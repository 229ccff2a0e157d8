"""What the demo shows of billing: a look ahead, a credit that two people give, those who do not pay, what payers read.

People's acts here are those of the commands `memo`, `consent`, `document`; what is told is read from the record.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.cli.output import doing
from pipelines.demo.script import APPROVER, OPERATOR, Script
from resources.desk import Desk

_CREDIT_CENTS = 12_000
_CREDIT_REASON = "the promised price was not known before (demo)"
_AGING = ("not_due", "to_30", "to_60", "to_90", "over_90", "credits", "open")


def look_ahead(desk: Desk, date: dt.date, books: list[str]) -> None:
    """Preview the night of each book and keep the hash, to be compared with what the night then posts."""
    from pipelines.receivables import preview_of  # noqa: PLC0415 - polars and the rules

    known = _previewed(desk)
    for book in books:
        if book not in known:
            with doing(f"preview of {date}, book {book}"):
                known[book] = preview_of(desk, date, book).hash
    _previews(desk).write_text(json.dumps(known))


def give_credit(desk: Desk, script: Script) -> None:
    """One person credits the member to whom a price was promised; above the limit, so a second one consents."""
    from pipelines.receivables import account_of, decisions, write_memo  # noqa: PLC0415
    from pipelines.sample.story import COMPANY, story  # noqa: PLC0415

    member, day = story(script.seed, script.date, script.members).promised[1], script.answered_on
    if not [row for row in decisions(desk) if row["kind"] == "memo"]:
        charges = account_of(desk, COMPANY, member, day)["charges"]
        write_memo(
            desk, COMPANY, line=None, invoice=charges[0]["invoice_id"], kind="credit", amount_cents=_CREDIT_CENTS,
            actor=OPERATOR, reason=_CREDIT_REASON, business_date=day,
        )  # fmt: skip
    _allow(desk, "memo", member, day)


def let_lapse(desk: Desk, script: Script) -> None:
    """A second person agrees that the coverage of who did not pay for services ends; the next night acts."""
    from pipelines.sample.story import story  # noqa: PLC0415

    for subscription in story(script.seed, script.date, script.members).ending[:1]:
        _allow(desk, "lapse", _member(subscription), script.settled_on)


def _allow(desk: Desk, kind: str, member: str, day: dt.date) -> None:
    from pipelines.receivables import agree, decisions  # noqa: PLC0415

    for row in decisions(desk):
        if row["waits"] and (row["kind"], row["payer"]) == (kind, member):
            agree(
                desk, row["company"], kind, row["number"], granted=True, actor=APPROVER, reason="looked at (demo)",
                business_date=day,
            )  # fmt: skip


def keep_some(desk: Desk, script: Script) -> None:
    """Ask for an invoice and a memo as their member would, and leave a document of each kind and company to look at."""
    from pipelines.papers import one_document  # noqa: PLC0415
    from pipelines.receivables import account_of  # noqa: PLC0415
    from pipelines.sample.story import COMPANY, story  # noqa: PLC0415

    folder = papers_of(desk)
    folder.mkdir(mode=0o700, exist_ok=True)
    member = story(script.seed, script.date, script.members).promised[1]
    asked = account_of(desk, COMPANY, member, script.settled_on)["charges"][0]["invoice_id"]
    one_document(desk, COMPANY, "invoice", str(asked), None)
    for row in _granted(desk, "memo"):
        one_document(desk, row["company"], "memo", str(row["number"]), None)
    for row in _chosen(_listed(desk, script)):
        one_document(desk, row["company"], row["kind"], row["subject"], folder / _name(row))


def told(desk: Desk, script: Script) -> dict[str, Any]:
    """What the demo's billing came to, as it stands: all of it read again from the record.

    Returns:
        previews (book, date, hash, posted_hash), explained (company, subscription, date, outcome, reason, charges of
        the date), decisions, documents (counts), papers (written to look at), mail (folder, messages, and how often
        each reminder was mailed), receivables (a row per book: aging, unbilled).
    """
    from pipelines.receivables import decisions, preview_of, why_of  # noqa: PLC0415
    from pipelines.sample.story import COMPANY, story  # noqa: PLC0415

    who = story(script.seed, script.date, script.members)
    asked = [(who.promised[0], script.date), *((code, script.overdue_on) for code in who.ending[:1])]
    listed = _listed(desk, script)
    kinds = Counter((row["company"], row["kind"], row["mail"]) for row in listed)
    previews = [
        {"date": script.date.isoformat(), "book": book, "hash": found,
         "posted_hash": preview_of(desk, script.date, book).posted_hash}
        for book, found in sorted(_previewed(desk).items())
    ]  # fmt: skip
    return {
        "previews": previews,
        "explained": [_explained(why_of(desk, code, day, COMPANY)) for code, day in asked],
        "decisions": decisions(desk),
        "documents": [
            {"company": company, "kind": kind, "documents": count, "mail": mail}
            for (company, kind, mail), count in sorted(kinds.items())
        ],
        "papers": [
            {"company": r["company"], "kind": r["kind"], "number": r["subject"], "document_no": r["document_no"],
             "sha256": r["sha256"], "path": str(papers_of(desk) / _name(r))}
            for r in _chosen(listed)
        ],
        "mail": _mail(desk, listed),
        "receivables": [_receivables(desk, book, script) for book in sorted(_previewed(desk))],
    }  # fmt: skip


def _granted(desk: Desk, kind: str) -> list[dict[str, Any]]:
    from pipelines.receivables import decisions  # noqa: PLC0415

    return [row for row in decisions(desk) if row["kind"] == kind and row["granted"]]


def _previews(desk: Desk) -> Path:
    return desk.home.path / "demo-previews.json"


def _previewed(desk: Desk) -> dict[str, str]:
    path = _previews(desk)
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return known


def _member(subscription: str) -> str:
    return subscription.rpartition("-")[0]


def _listed(desk: Desk, script: Script) -> list[dict[str, Any]]:
    """Every document about the days of the demo."""
    from pipelines.papers import listed_documents  # noqa: PLC0415

    days = (script.overdue_on - script.date).days + 1
    return [row for n in range(days) for row in listed_documents(desk, script.date + dt.timedelta(days=n))]


def _chosen(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first document of each company and template."""
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for row in listed:
        first.setdefault((row["company"], row["template"]), row)
    return list(first.values())


def papers_of(desk: Desk) -> Path:
    """Where the demo leaves what a person may look at."""
    return desk.home.path / "papers"


def _name(row: dict[str, Any]) -> str:
    ending = "csv" if row["kind"] == "deductions" else "pdf"
    return f"{row['company']}-{row['kind']}-{row['subject'].replace('/', '-')}.{ending}"


def _explained(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "company": found["company"],
        "subscription": found["subscription"],
        "date": found["date"],
        **{key: found["state"][key] for key in ("outcome", "reason")},
        "charges": [c for c in found["charges"] if c["outcome"] in {"billed", "credited"}],
    }


def _mail(desk: Desk, listed: list[dict[str, Any]]) -> dict[str, Any]:
    from pipelines.simulate.mailsink import folder_of, times_kept  # noqa: PLC0415

    folder = folder_of(desk.home)
    reminders = [
        {"company": row["company"], "number": row["subject"], "mail": row["mail"],
         "times": times_kept(folder, f"{row['company']}/{row['kind']}/{row['subject']}")}
        for row in listed if row["kind"] == "reminder"
    ]  # fmt: skip
    return {"folder": str(folder), "messages": len(list(folder.glob("*.eml"))), "reminders": reminders}


def _receivables(desk: Desk, book: str, script: Script) -> dict[str, Any]:
    from assets.reports.receivables import read_receivables  # noqa: PLC0415
    from pipelines.sample.story import BOOK  # noqa: PLC0415

    companies = desk.record.read("audit/companies_of_book", book=book)["company_id"].to_list()
    day = script.overdue_on if book == BOOK else script.settled_on
    with desk.record.step("reports.billing", run_no=0, companies=companies, business_date=day) as tx:
        tx.read("audit/read_only")
        found = read_receivables(tx)
    aged = found.aging.select(pl.col(f"{part}_cents").sum() for part in _AGING).row(0, named=True)
    totals = {key: found.totals[key] for key in ("difference_cents", "forecast_cents", "unbilled")}
    return {"book": book, "date": day.isoformat(), **aged, **totals}
