"""Reads everything a night's report is made of, as of its business date, and computes its cuts with DuckDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from assets.ledger.accounts import INCOME, RECEIVABLE
from assets.payments.distribution import compared
from formats.errors import SettingsError
from resources.record import Tx, query_text
from resources.redaction import redact

# Checks of other rooms that the report repeats on paper: title, query that returns a row per failure.
REPEATED = (
    ("Every company's postings sum to zero", "ledger/check_balance"),
    ("Control accounts equal the rows that made them", "ledger/check_subledgers"),
    ("Every invoice is the sum of its lines", "billing/check_invoices"),
    ("Totals of each ACH file are the sums of its entries", "payments/check_files"),
    ("No entry of the night is on an account that may not be drawn on", "payments/check_accounts"),
    ("Control numbers given to vendors run without a gap", "enrollment/check_controls"),
)


@dataclass(frozen=True)
class Proof:
    """One thing that must hold, and what was found."""

    title: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Night:
    """A night of a book as frames; columns are those of the query of the same name in sql/reports/.

    `figures` is the row of sql/reports/summary.sql; `register`, `invoices`, `by_line`, `by_vendor` and `by_company`
    come from sql/reports/duckdb/.
    """

    book: str
    book_id: int
    book_name: str
    business_date: dt.date
    companies: pl.DataFrame
    figures: Mapping[str, int]
    register: pl.DataFrame
    invoices: pl.DataFrame
    by_line: pl.DataFrame
    by_vendor: pl.DataFrame
    by_company: pl.DataFrame
    entries: pl.DataFrame
    files: pl.DataFrame
    aging: pl.DataFrame
    history: pl.DataFrame
    returns: pl.DataFrame
    notices: pl.DataFrame
    exceptions: pl.DataFrame
    quarantine: pl.DataFrame
    set_aside: pl.DataFrame
    trial_balance: pl.DataFrame
    distribution: pl.DataFrame  # payments.distribution.compared, the month so far
    charged_cents: int
    proofs: tuple[Proof, ...]

    @property
    def billed_cents(self) -> int:
        """Sum of the register: what the night billed."""
        return int(self.register["amount_cents"].sum())

    @property
    def drafted_cents(self) -> int:
        """Premium drafts of the night, from its entries; those of void files are none."""
        return int(self.drafts["amount_cents"].sum())

    @property
    def drafts(self) -> pl.DataFrame:
        """The entries that draft premium, those of void files left out."""
        return self.entries.filter((pl.col("purpose") == "premium") & pl.col("state").ne_missing("void"))

    def entry_cents(self, side: str) -> int:
        """What the night's entries take (`debit`) or pay (`credit`); those of void files are none."""
        debit = pl.col("transaction_code") % 10 >= 5
        live = self.entries.filter(pl.col("state").ne_missing("void"))
        return int(live.filter(debit if side == "debit" else ~debit)["amount_cents"].sum())

    @property
    def debit_balance_cents(self) -> int:
        """The debit side of the trial balance."""
        return int(self.trial_balance.filter(pl.col("closing_cents") > 0)["closing_cents"].sum())

    def balance(self, account: int) -> int:
        """Balance of an account as of the night, debit positive."""
        return _balance(self.trial_balance, account)

    @property
    def margin_cents(self) -> int:
        """Fee and margin income earned by the night."""
        row = self.trial_balance.filter(pl.col("account") == INCOME)
        return int(row.select((pl.col("credit_cents") - pl.col("debit_cents")).sum()).item())


def read_night(tx: Tx, book: str) -> Night:
    """Read a night of a book: of all its companies, those set aside in this run too.

    Raises:
        SettingsError: there is no such book.
    """
    known = tx.read("reports/companies", book=book)
    if known.is_empty():
        raise SettingsError(f"there is no book {book}", hint="load a book first, or name one that is there")
    companies = known.drop_nulls("company_id")
    # The step runs for the companies that are not set aside; a report that left the others out would not tie.
    tx.read("reports/whole_book", book=book)
    tx.companies = companies["company_id"].to_list()
    figures = tx.read("reports/summary", book=book, run=None).row(0, named=True)
    cuts = _cuts(tx.read("reports/lines"), tx.read("reports/catalogue"))
    aging, trial_balance = tx.read("reports/aging"), tx.read("reports/trial_balance")
    charged = int(tx.read("reports/charged").item())
    return Night(
        book=book,
        book_id=int(known.item(0, "book_id")),
        book_name=str(known.item(0, "book_name")),
        business_date=tx.business_date,
        companies=companies,
        figures={name: int(value) for name, value in figures.items()},
        **cuts,
        entries=tx.read("reports/entries"),
        files=tx.read("reports/files"),
        aging=aging,
        history=tx.read("reports/history"),
        returns=tx.read("reports/returns", book=book),
        notices=tx.read("reports/notices", book=book),
        exceptions=_clean(tx.read("reports/exceptions", book=book), "detail"),
        quarantine=_clean(tx.read("reports/quarantine"), "reason"),
        set_aside=_clean(tx.read("reports/set_aside", book=book), "reason"),
        trial_balance=trial_balance,
        distribution=compared(
            tx.read("payments/distribution", month=tx.business_date, until=tx.business_date), tx.business_date
        ),
        charged_cents=charged,
        proofs=(
            *(_repeated(tx, title, query) for title, query in REPEATED),
            _equal("The register equals the receivable charged tonight", cuts["register"], "amount_cents", charged),
            _equal("The aging equals the receivable account", aging, "open_cents", _balance(trial_balance, RECEIVABLE)),
            _equal("The trial balance sums to zero", trial_balance, "closing_cents", 0),
        ),
    )


def _cuts(lines: pl.DataFrame, catalogue: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The night's lines as register, invoices and sums by product line, vendor and company."""
    with duckdb.connect() as engine:
        engine.register("lines", lines.to_arrow())
        engine.register("catalogue", catalogue.to_arrow())
        return {
            name: _frame(engine, query_text(f"reports/duckdb/{name}"))
            for name in ("register", "invoices", "by_line", "by_vendor", "by_company")
        }


def _frame(engine: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    frame = pl.from_arrow(engine.sql(query).to_arrow_table())
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is always a frame
    return frame


def _clean(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Free text comes from every room; reports leave the house, so it goes through the net once more."""
    texts = frame[column].unique().drop_nulls().to_list()
    return frame.with_columns(pl.col(column).replace(texts, [redact(t) for t in texts]).cast(pl.String))


def _repeated(tx: Tx, title: str, query: str) -> Proof:
    failing = tx.read(query)
    if failing.is_empty():
        return Proof(title, passed=True, detail="no difference")
    more = f", and {failing.height - 1} more" if failing.height > 1 else ""
    return Proof(title, passed=False, detail=redact(str(failing.item(0, "failure"))) + more)


def _equal(title: str, frame: pl.DataFrame, column: str, expected: int) -> Proof:
    found = int(frame[column].sum())
    if found == expected:
        return Proof(title, passed=True, detail="no difference")
    return Proof(title, passed=False, detail=f"{found} cents against {expected}: {found - expected} cents apart")


def _balance(trial_balance: pl.DataFrame, account: int) -> int:
    return int(trial_balance.filter(pl.col("account") == account)["closing_cents"].sum())
