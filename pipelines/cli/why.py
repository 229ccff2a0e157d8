"""`explain`, `preview`, `reports`: what billing did and why, what it would do, and what it comes to."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from formats.errors import SettingsError
from pipelines.cli.options import DATE
from pipelines.cli.output import Result, command, doing
from pipelines.tables import money, table
from pipelines.workplace import open_desk
from resources.desk import Desk

_CHARGES = {
    "fee": "fee",
    "coverage_start": "from",
    "coverage_end": "to",
    "outcome": "outcome",
    "expected_cents": "expected $",
    "booked_cents": "booked $",
    "price": "price",
    "reason": "why",
}
_LINES = {
    "line_id": "line",
    "fee": "fee",
    "coverage_start": "from",
    "coverage_end": "to",
    "kind": "kind",
    "amount_cents": "$",
    "invoice_id": "invoice",
    "bill_date": "billed on",
    "payer": "payer",
    "document_no": "document",
    "ach_state": "draft",
    "cause": "cause",
}


def _told(result: Result) -> str:
    state = result["state"]
    outcome = state["outcome"].replace("_", " ")
    head = [
        f"{result['company']} subscription {result['subscription']} of member {result['member']} on {result['date']}:",
        state["reason"] if state["reason"].startswith(outcome) else f"{outcome}: {state['reason']}",
        *(f"quarantined ({q['rule']}): {q['reason']}" for q in result["quarantined"]),
    ]
    charges = [c | {"price": _price(c["price"])} for c in result["charges"]]
    parts = ["\n".join(head)]
    parts += [table(charges, _CHARGES, "Charges around the day")] if charges else []
    parts += [table(result["lines"], _LINES, "Lines")] if result["lines"] else []
    return "\n\n".join(parts)


def _price(price: dict[str, Any]) -> str:
    if price["price_id"] is None:
        return ""
    cents = "" if price["amount_cents"] is None else f" {money(price['amount_cents'])}"
    return f"{price['price_id']}{cents} ({price['because']})"


@click.command()
@click.option("--subscription", required=True, metavar="CODE", help="code of the subscription")
@click.option("--date", "business_date", type=DATE, required=True, help="business date")
@click.option("--company", default="", metavar="CODE", help="its company, when several have this code")
@command(_told)
def explain(subscription: str, business_date: dt.date, company: str) -> Result:
    """Say what was billed of a subscription on a date, which price row and rule decided, or why nothing was."""
    from pipelines.receivables import why_of  # noqa: PLC0415 - polars takes a moment to import

    return why_of(open_desk(), subscription, business_date, company)


_NIGHT = {
    "book": "book",
    "invoices": "invoices",
    "lines": "lines",
    "billed_cents": "billed $",
    "credited_cents": "credited $",
    "quarantined": "quarantined",
    "hash": "hash of what would be posted",
    "posted_hash": "hash of what is posted",
}
_INVOICES = {
    "company": "company",
    "payer": "payer",
    "group_code": "group",
    "kind": "kind",
    "due_date": "due",
    "lines": "lines",
    "total_cents": "total $",
}
_SHOWN = 20


def _previews(result: Result) -> str:
    parts = [table(result["nights"], _NIGHT, f"Preview of {result['date']}: nothing is posted")]
    parts += [
        f"company {row['company']} of {night['book']} would be set aside, the others are shown: {row['reason']}"
        for night in result["nights"]
        for row in night["set_aside"]
    ]
    for book, rows in result["_invoices"].items():
        more = f" (the first {_SHOWN} of {len(rows):,})" if len(rows) > _SHOWN else ""
        parts += [table(rows[:_SHOWN], _INVOICES, f"Invoices of {book}{more}")] if rows else []
    return "\n\n".join(parts)


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date of the night")
@click.option("--book", "books", multiple=True, help="only these books; default: every book")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="also write invoices and lines as CSV there"
)
@command(_previews, failed=lambda r: any(n["set_aside"] for n in r["nights"]))
def preview(business_date: dt.date, books: tuple[str, ...], out: Path | None) -> Result:
    """Show the invoices that a night would make now, without posting. Its hash is that of the night that then runs.

    Exit status 1 when a company would be set aside: the others are shown.
    """
    from pipelines.nights import books_of  # noqa: PLC0415

    desk = open_desk()
    nights, shown = [], {}
    for book in books_of(desk, books):
        with doing(f"preview of {business_date}, book {book}"):
            told, invoices = _preview(desk, business_date, book, out)
        nights.append(told)
        shown[book] = invoices
    return {"date": business_date, "nights": nights, "_invoices": shown}


def _preview(desk: Desk, day: dt.date, book: str, out: Path | None) -> tuple[Result, list[Result]]:
    import polars as pl  # noqa: PLC0415

    from assets.reports.texts import csv_bytes  # noqa: PLC0415
    from pipelines.receivables import preview_of  # noqa: PLC0415

    found = preview_of(desk, day, book)
    files = []
    if out is not None:
        for name, frame in (("invoices", found.invoices), ("lines", found.lines), ("quarantined", found.quarantined)):
            files.append(_write(out / f"preview-{book}-{day}-{name}.csv", csv_bytes(frame)))
    amount = pl.col("amount_cents")
    told = {
        "date": day,
        "book": book,
        "invoices": found.invoices.height,
        "lines": found.lines.height,
        "billed_cents": int(found.lines.filter(amount > 0)["amount_cents"].sum()),
        "credited_cents": int(found.lines.filter(amount < 0)["amount_cents"].sum()),
        "quarantined": found.quarantined.height,
        "set_aside": found.set_aside.to_dicts(),
        "hash": found.hash,
        "posted_hash": found.posted_hash,
        "files": files,
    }
    return told, found.invoices.to_dicts()


def _write(path: Path, content: bytes) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"it can't be written: {error.strerror}", where=str(path)) from None
    return str(path)


_REPORTS = {
    "book": "book",
    "open_cents": "open receivables $",
    "difference_cents": "aging less account 1100 $",
    "sales_cents": "sales of 13 months $",
    "forecast_cents": "forecast of 12 months $",
    "unbilled": "unbilled periods",
    "folder": "reports",
}


@click.command()
@click.option("--date", "business_date", type=DATE, required=True, help="business date the reports are as of")
@click.option("--book", "books", multiple=True, help="only these books; default: every book")
@command(
    lambda r: table(r["books"], _REPORTS),
    failed=lambda r: any(b["unbilled"] or b["difference_cents"] for b in r["books"]),
)
def reports(business_date: dt.date, books: tuple[str, ...]) -> Result:
    """Write billing's reports: aging, sales, twelve months ahead, unbilled periods (exit status 1 if there are any)."""
    from assets.reports.receivables import STEP, build_receivables  # noqa: PLC0415
    from assets.steps import open_run, run_whole  # noqa: PLC0415
    from pipelines.nights import books_of  # noqa: PLC0415

    desk = open_desk()
    told = []
    for book in books_of(desk, books):
        with doing(f"reports of {business_date}, book {book}"):
            run = open_run(desk.record, job="billing_reports", book=book, business_date=business_date)
            outcome = run_whole(desk.record, run, STEP, lambda tx, of=book: build_receivables(tx, desk.home, of))  # type: ignore[misc]
        folder = desk.home.reports / book / business_date.isoformat()
        told.append({"book": book, **outcome.totals, "folder": str(folder)})
    return {"date": business_date, "books": told}
