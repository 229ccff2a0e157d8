"""Billing's own reports: aging by payer, sales, the next twelve months, and periods nobody billed.

Not part of every night: the last two compute the whole book anew. Step `reports.billing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import polars as pl

from assets.billing.forecast import forecast, unbilled
from assets.billing.reading import booked, whole
from assets.ledger.accounts import RECEIVABLE
from assets.reports.publish import Made, publish
from assets.reports.texts import csv_bytes
from assets.reports.workbook import Sheet, workbook
from formats.errors import SettingsError
from resources.home import Home
from resources.record import Tx

STEP = "reports.billing"
UNBILLED = "unbilled.csv"


@dataclass(frozen=True)
class Receivables:
    """The reports as frames.

    aging, sales: sql/reports/aging_by_payer, sales. forecast: company, product, month, charges, amount_cents. unbilled:
    company, subscription, fee, coverage_start, coverage_end, amount_cents.
    """

    aging: pl.DataFrame
    sales: pl.DataFrame
    forecast: pl.DataFrame
    unbilled: pl.DataFrame
    receivable_cents: int  # balance of the control account

    @property
    def totals(self) -> dict[str, int]:
        """What each comes to; difference_cents is the aging less its control account, which is zero."""
        open_cents = int(self.aging["open_cents"].sum())
        return {
            "open_cents": open_cents,
            "difference_cents": open_cents - self.receivable_cents,
            "sales_cents": int(self.sales["amount_cents"].sum()),
            "forecast_cents": int(self.forecast["amount_cents"].sum()),
            "unbilled": self.unbilled.height,
        }


def read_receivables(tx: Tx) -> Receivables:
    """The reports as of the transaction's business date, of its companies."""
    world = whole(tx)
    companies = world.companies.select("company_id", company="company_code")
    products = world.products.select("product_id", product="product_code")
    ahead = forecast(world, tx.business_date).join(companies, on="company_id").join(products, on="product_id")
    missing = (
        unbilled(world, tx.business_date, partial(booked, tx))
        .join(companies, on="company_id", maintain_order="left")
        .join(world.fees.select("fee_id", fee="fee_code"), on="fee_id", maintain_order="left")
    )
    balance = tx.read("reports/trial_balance").filter(pl.col("account") == RECEIVABLE)["closing_cents"].sum()
    return Receivables(
        tx.read("reports/aging_by_payer"),
        tx.read("reports/sales"),
        ahead.select("company", "product", "month", "charges", "amount_cents").sort("company", "product", "month"),
        missing.rename({"code": "subscription"}).select(
            "company", "subscription", "fee", "coverage_start", "coverage_end", "amount_cents"
        ),
        int(balance),
    )


def reports_of(found: Receivables, title: str, night: Tx) -> list[Made]:
    """The files: a CSV each and one workbook of all."""
    frames = {
        "aging": (found.aging, "open_cents"),
        "sales": (found.sales, "amount_cents"),
        "forecast": (found.forecast, "amount_cents"),
        "unbilled": (found.unbilled, "amount_cents"),
    }
    made = [Made(f"{n}.csv", csv_bytes(f), f.height, int(f[total].sum())) for n, (f, total) in frames.items()]
    sheets = [Sheet(n.capitalize(), f, f"{n}.csv") for n, (f, _) in frames.items()]
    book = workbook(sheets, title=title, business_date=night.business_date)
    return [*made, Made("billing.xlsx", book, sum(f.height for f, _ in frames.values()), made[0].total_cents)]


def build_receivables(tx: Tx, home: Home, book: str) -> dict[str, int]:
    """Write billing's reports of a book into its folder and register those whose bytes are new.

    Returns:
        files, new_versions and `Receivables.totals`.

    Raises:
        SettingsError: there is no such book.
    """
    known = tx.read("reports/companies", book=book)
    if known.is_empty():
        raise SettingsError(f"there is no book {book}", hint="load a book first, or name one that is there")
    tx.read("reports/whole_book", book=book)
    tx.companies = known.drop_nulls("company_id")["company_id"].to_list()
    found = read_receivables(tx)
    made = reports_of(found, f"{known.item(0, 'book_name')} {tx.business_date}", tx)
    new = publish(tx, home, book, int(known.item(0, "book_id")), made)
    return {"files": len(made), "new_versions": new, **found.totals}
