"""The reports step of a night: five or six files in a folder per book and business date, registered by sha256."""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

from assets.reports.figures import Night, read_night
from assets.reports.page import page
from assets.reports.publish import Made, publish
from assets.reports.texts import csv_bytes
from assets.reports.workbook import Sheet, workbook
from resources.home import Home
from resources.record import Tx

STEP = "reports.nightly"


def build_reports(tx: Tx, home: Home, book: str) -> dict[str, int]:
    """Write the night's reports and register those whose bytes are new.

    The folder always holds the latest bytes; the register keeps every version, so that what was on paper when
    somebody signed can be told later. The same record gives the same bytes and registers nothing.

    Returns:
        files, and what they say: billed_cents, companies set aside, proofs failed, new versions.

    Raises:
        SettingsError: there is no such book.
    """
    night = read_night(tx, book)
    made = reports_of(night)
    new = publish(tx, home, book, night.book_id, made)
    return {
        "files": len(made),
        "new_versions": new,
        "billed_cents": night.billed_cents,
        "companies_set_aside_tonight": night.figures["set_aside"],
        "proofs_failed": sum(not proof.passed for proof in night.proofs),
    }


def reports_of(night: Night) -> list[Made]:
    """All files of a night, the manifest last."""
    billed, debits = night.billed_cents, night.debit_balance_cents
    sheets = _sheets(night)
    data = [
        Made("register.csv", csv_bytes(night.register), night.register.height, billed),
        Made("trial_balance.csv", csv_bytes(night.trial_balance), night.trial_balance.height, debits),
        *_distribution(night),
        Made(
            "register.xlsx",
            workbook(sheets, title=f"{night.book_name} {night.business_date}", business_date=night.business_date),
            night.register.height,
            billed,
        ),
        *(
            Made(s.csv, csv_bytes(s.frame), s.frame.height, int(s.frame["amount_cents"].sum()))
            for s in sheets
            if s.too_long and s.csv not in ("register.csv", "trial_balance.csv")  # those are always there
        ),
    ]
    html = Made("nightly.html", page(night, [d.listed() for d in data]), night.register.height, billed)
    return [html, *data, _manifest(night, [html, *data])]


def _distribution(night: Night) -> list[Made]:
    """How the month's drafts were spread over banks, in books where a company has several to choose from."""
    spread = night.distribution
    if spread.is_empty():
        return []
    return [Made("distribution.csv", csv_bytes(spread), spread.height, int(spread["amount_cents"].sum()))]


def _sheets(night: Night) -> list[Sheet]:
    quarantine = night.quarantine.select(
        pl.col("company").alias("from"),
        "step",
        "subject",
        "rule",
        "reason",
        pl.lit(None, pl.Int64).alias("amount_cents"),
    )
    unmatched = night.exceptions.select(
        pl.col("partner").alias("from"),
        pl.lit("inbound").alias("step"),
        pl.concat_str(pl.col("file_name"), pl.lit(" record "), pl.col("position").cast(pl.String)).alias("subject"),
        pl.col("kind").alias("rule"),
        pl.col("detail").alias("reason"),
        "amount_cents",
    )
    aside = night.set_aside.select(
        pl.col("company").alias("from"),
        "step",
        pl.lit("company set aside").alias("subject"),
        pl.lit("set_aside").alias("rule"),
        "reason",
        pl.lit(None, pl.Int64).alias("amount_cents"),
    )
    return [
        Sheet("Register", night.register, "register.csv"),
        Sheet("Invoices", night.invoices, "invoices.csv"),
        Sheet("ACH entries", night.entries, "ach_entries.csv"),
        Sheet("Exceptions", pl.concat([aside, quarantine, unmatched], how="vertical_relaxed"), "exceptions.csv"),
        Sheet("Trial balance", night.trial_balance, "trial_balance.csv"),
    ]


def _manifest(night: Night, files: Sequence[Made]) -> Made:
    register, charged = night.billed_cents, night.charged_cents
    content = {
        "book": night.book,
        "business_date": night.business_date.isoformat(),
        "files": [f.listed() for f in files],
        "ledger_tie": {
            "register_cents": register,
            "receivable_charged_cents": charged,
            "difference_cents": register - charged,
            "ties": register == charged,
        },
        "proofs": [{"proof": p.title, "passed": p.passed, "detail": p.detail} for p in night.proofs],
    }
    return Made("manifest.json", (json.dumps(content, indent=2) + "\n").encode(), len(files), register)
