"""Makes the nightly report as one HTML page that needs nothing else: style and charts inside, no script."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from assets.ledger.accounts import CLEARING
from assets.reports import charts, texts
from assets.reports.figures import Night
from formats.nacha.codes import CHANGE_CODES, RETURN_CODES

MOST_FILES, MOST_EXCEPTIONS = 40, 25  # of a list on paper; the workbook has all
LINES = {
    "": "Not insured",
    "HLT": "Medical",
    "HMO": "Medical (HMO)",
    "PPO": "Medical (PPO)",
    "POS": "Medical (POS)",
    "EPO": "Medical (EPO)",
    "MM": "Major medical",
    "DEN": "Dental",
    "DCP": "Dental (capitation)",
    "VIS": "Vision",
    "PDG": "Prescription drug",
    "STD": "Short-term disability",
    "LTD": "Long-term disability",
    "LTC": "Long-term care",
    "AH": "24-hour care",
    "AK": "Mental health",
}
AGES = {
    0: ("Not yet due", "age0"),
    1: ("1 to 30 days past due", "age1"),
    31: ("31 to 60 days", "age2"),
    61: ("61 to 90 days", "age3"),
    91: ("Over 90 days", "age4"),
    -1: ("Credits not yet used", "credit"),
}
_GOOD, _BAD = ("sent", "acknowledged"), ("unknown", "failed", "rejected", "void")


def page(night: Night, listed: Sequence[Mapping[str, Any]]) -> bytes:
    """The page.

    Args:
        night: what to show.
        listed: the files beside it, for the footer: name, rows, total_cents, sha256 (hex).
    """
    return _environment().get_template("nightly.html.j2").render(**_words(night), files_listed=listed).encode()


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in ("money", "count", "plural", "short_date", "long_date"):
        environment.filters[name] = getattr(texts, name)
    return environment


def _words(night: Night) -> dict[str, Any]:
    """Everything the template shows, in the order of the page."""
    return {
        "night": night,
        "figures": night.figures,
        "kinds": _kinds(night.companies),
        "set_aside": night.set_aside.rows(named=True),
        "failed": sum(not proof.passed for proof in night.proofs),
        "flow": _flow(night),
        "by_line": charts.ranking(night.by_line.with_columns(pl.col("label").replace(LINES))),
        "by_vendor": charts.ranking(night.by_vendor),
        "by_company": _by_company(night),
        "strip": charts.strip(night.history),
        "history": night.history.filter((pl.col("billed_cents") != 0) | (pl.col("settled_cents") != 0)).rows(
            named=True
        ),
        **_aging(night),
        "returns": _titled(night.returns, RETURN_CODES, "return_code", night.business_date),
        "notices": _titled(night.notices, CHANGE_CODES, "change_code", night.business_date),
        "ach_files": _files(night.files, "nacha"),
        "vendor_files": _files(night.files, "edi834", "tabular"),
        "most_files": MOST_FILES,
        "quarantine": _grouped(night.quarantine),
        "exceptions": night.exceptions.head(MOST_EXCEPTIONS).rows(named=True),
        "most_exceptions": MOST_EXCEPTIONS,
        "trial_balance": night.trial_balance.rows(named=True),
    }


def _kinds(companies: pl.DataFrame) -> str:
    """`2 companies: 1 employer, 1 individual`, so that a reader knows whose night this is."""
    if companies.is_empty():
        return "no companies"
    counts = companies.group_by("kind").len().sort("kind")
    return f"{texts.plural(companies.height, 'company', 'companies')}: " + ", ".join(
        f"{number} {kind}" for kind, number in counts.iter_rows()
    )


def _flow(night: Night) -> charts.Flow:
    """Tonight's movements, with ACH clearing in the middle: what was in it and what came in is what left and stays."""
    f, margin = night.figures, night.margin_cents
    clearing = night.balance(CLEARING)
    in_time = f["returned_cents"] - int(night.returns["late_cents"].sum())
    drafted, paid = night.entry_cents("debit"), night.entry_cents("credit")
    before = clearing + f["settled_cents"] + in_time + paid - drafted
    entries = texts.plural(f["ach_entries"], "entry", "entries")
    stages = [
        charts.Stage("Billed", night.billed_cents, texts.plural(f["invoices"], "invoice"), "billed", 0),
        charts.Stage("Drafted by ACH", drafted, entries, "drafted", 1),
        charts.Stage("Drafted before", before, "waiting to settle", "clearing", 1),
        charts.Stage("ACH clearing", max(before, 0) + drafted, "at the bank", "clearing", 2),
        charts.Stage("Settled", f["settled_cents"], texts.plural(f["settlements"], "entry", "entries"), "settled", 3),
        charts.Stage("Returned", f["returned_cents"], texts.plural(f["returns"], "return"), "returned", 3),
        charts.Stage("Still in clearing", clearing, "settles later", "clearing", 3),
        charts.Stage("Owed to vendors", f["payable_cents"], "accrued tonight", "vendors", 4),
        charts.Stage("Owed to agents", f["commission_cents"], "accrued tonight", "agents", 4),
        charts.Stage("Fees and margin", margin, "earned tonight", "margin", 4),
    ]
    if paid:
        stages.append(charts.Stage("Paid out by ACH", paid, "refunds, reversals, payouts", "clearing", 3))
    earned = [(s.label, max(s.cents, 0)) for s in stages if s.column == 4]
    # Corrections of earlier nights can make more than what settled tonight: a ribbon never shows more than its bar.
    most = max(sum(cents for _, cents in earned), f["settled_cents"], 1)
    return charts.flow(
        stages,
        [
            charts.Link("Billed", "Drafted by ACH", min(night.billed_cents, drafted)),
            charts.Link("Drafted by ACH", "ACH clearing", drafted),
            charts.Link("Drafted before", "ACH clearing", before),
            charts.Link("ACH clearing", "Settled", f["settled_cents"]),
            charts.Link("ACH clearing", "Returned", in_time),
            charts.Link("ACH clearing", "Still in clearing", clearing),
            *([charts.Link("ACH clearing", "Paid out by ACH", paid)] if paid else []),
            *(charts.Link("Settled", label, cents * f["settled_cents"] // most) for label, cents in earned),
        ],
    )


def _by_company(night: Night) -> list[dict[str, Any]]:
    """Every company of the book with what it billed and drafted; zeros for one that did neither."""
    drafted = night.drafts.group_by("company").agg(
        pl.len().alias("entries"), pl.col("amount_cents").sum().alias("drafted_cents")
    )
    return (
        night.companies.select("company", "company_name", "kind")
        .join(night.by_company, on="company", how="left", maintain_order="left")
        .join(drafted, on="company", how="left", maintain_order="left")
        .with_columns(pl.col("invoices", "lines", "amount_cents", "entries", "drafted_cents").fill_null(0))
        .rows(named=True)
    )


def _aging(night: Night) -> dict[str, Any]:
    parts = [
        charts.Stage(AGES[row["bucket"]][0], row["open_cents"], texts.count(row["invoices"]), AGES[row["bucket"]][1])
        for row in night.aging.iter_rows(named=True)
    ]
    return {
        "aging": parts,
        "aging_bar": charts.stacked(parts),
        "aging_total": sum(p.cents for p in parts),
        "aging_invoices": int(night.aging["invoices"].sum()),
    }


def _titled(rows: pl.DataFrame, codes: pl.DataFrame, key: str, day: dt.date) -> list[dict[str, Any]]:
    """Rows by code with the code's title of that day; a code that the table lacks keeps its place without one."""
    valid = codes.filter(
        (pl.col("effective_from").is_null() | (pl.col("effective_from") <= day))
        & (pl.col("effective_to").is_null() | (pl.col("effective_to") > day))
    )
    titles = valid.unique(key, keep="last", maintain_order=True).select(pl.col(key).alias("code"), "title")
    return (
        rows.join(titles, on="code", how="left", maintain_order="left")
        .with_columns(pl.col("title").fill_null("not a code of the standard"))
        .rows(named=True)
    )


def _files(files: pl.DataFrame, *kinds: str) -> list[dict[str, Any]]:
    tone = (
        pl.when(pl.col("state").is_in(_GOOD))
        .then(pl.lit("good"))
        .when(pl.col("state").is_in(_BAD))
        .then(pl.lit("bad"))
        .otherwise(pl.lit("waiting"))
    )
    return files.filter(pl.col("kind").is_in(kinds)).with_columns(tone=tone).rows(named=True)


def _grouped(quarantine: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of one cause as one line: how many, the first three subjects, the first reason; the biggest first."""
    return (
        quarantine.group_by("company", "step", "rule", maintain_order=True)
        .agg(pl.len().alias("rows"), pl.col("subject").head(3).alias("subjects"), pl.col("reason").first())
        .sort(pl.col("rows"), descending=True, maintain_order=True)
        .head(MOST_EXCEPTIONS)
        .rows(named=True)
    )
