"""What the handlers of the files share during one load: the transaction, and the master rows as they are by now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from assets.intake.references import Known
from assets.intake.sheet import Sheet
from assets.intake.writing import Seal, Table, upsert
from resources.record import Tx
from resources.vault import Vault

BOOK = Table("book", ("code",), "book_id", ("name", "time_zone"))
COMPANY = Table(
    "company",
    ("code",),
    "company_id",
    (
        *("book_id", "name", "kind", "tax_id", "address", "city", "state", "zip", "bank"),
        *("ach_company_id", "ach_company_name", "bill_lead_days", "go_live"),
        *("bill_day", "memo_limit_cents", "email", "documents_from", "test"),
    ),
)
VENDOR = Table("vendor", ("code",), "vendor_id", ("name", "tax_id"))
PRODUCT = Table(
    "product",
    ("code",),
    "product_id",
    (
        *("name", "vendor_id", "line", "plan_code", "proration", "trial_days"),
        *("billed", "family", "bill_ahead_days", "trial_billed", "stub_counts", "enrollment_again", "age_on"),
        *("retro_add_days", "retro_term_days", "dunning"),
    ),
)
FEE = Table("fee", ("product_id", "code"), "fee_id", ("kind", "recurrence", "alignment"))
PRICE = Table(
    "price",
    (
        *("fee_id", "company_code", "member_code", "group_code", "agent_code"),
        *("tier", "age_from", "step_from", "valid_from"),
    ),
    "price_id",
    ("valid_to", "amount_cents", "vendor_cents", "commissionable_cents", "age_to", "percent"),
)
AGENT = Table("agent", ("code",), "agent_id", ("name", "parent_code", "level"))
RATE = Table("commission_rate", ("product_code", "level", "valid_from"), "rate_id", ("percent",))
PERSON = Table(
    "person",
    ("company_id", "code"),
    "person_id",
    (
        *("subscriber_id", "relationship", "first_name", "last_name", "birth_date", "gender"),
        *("address", "city", "state", "zip", "phone", "email", "bill_day", "ssn_blind"),
    ),
)
SUBSCRIPTION = Table(
    "subscription",
    ("company_id", "code"),
    "subscription_id",
    (
        *("person_id", "product_id", "tier", "start_date", "end_date", "bill_day"),
        *("method", "account_code", "agent_code", "created_on", "recurring_from", "group_code"),
    ),
)
# What may be named by other rows: the file that brings it and what a person calls it.
_NAMED = {
    "book": ("books.csv", "book"),
    "company": ("companies.csv", "company"),
    "vendor": ("vendors.csv", "vendor"),
    "dunning_step": ("dunning_steps.csv", "ladder"),
    "product": ("products.csv", "product"),
    "fee": ("fees.csv", "fee of this product"),
    "agent": ("agents.csv", "agent"),
    "person": ("people.csv", "member of this company"),
    "bank_account": ("bank_accounts.csv", "bank account of this company"),
    "sub_group": ("sub_groups.csv", "sub-group of this company"),
    "subscription": ("subscriptions.csv", "subscription of this company"),
}


@dataclass
class Load:
    """One load under way."""

    tx: Tx
    vault: Vault
    today: dt.date
    refused: set[str] = field(default_factory=set)  # files refused as a whole
    first_runs: dict[bytes, int] = field(default_factory=dict)  # of files judged again: the run that took them first
    _known: dict[str, Known] = field(default_factory=dict)

    def known(self, table: str) -> Known:
        """The rows of a master table as they are now, read from the record at first use."""
        if table not in self._known:
            file, noun = _NAMED[table]
            rows = self.tx.read(f"intake/{table}")
            self._known[table] = Known(file, noun, rows, refused=file in self.refused)
        return self._known[table]

    def now_known(self, table: str, rows: pl.DataFrame, aside: pl.DataFrame) -> None:
        """Take over what a file left: all rows of the table, and the keys that were set aside."""
        file, noun = _NAMED[table]
        self._known[table] = Known(file, noun, rows, aside)

    def accept(self, sheet: Sheet, table: str, key: list[str]) -> pl.DataFrame:
        """The rows to be loaded. Of a file judged again, none about whose key another file said something since."""
        if sheet.asked is not None:
            newer = self.tx.read(
                "intake/newer", table=f"master.{table}", sha256=sheet.sha256.hex(), since=self.first_runs[sheet.sha256]
            )
            owner = pl.col("company_id").cast(pl.Int64) if "company_id" in sheet.rows.columns else pl.lit(0, pl.Int64)
            name = pl.concat_str([pl.col(c).cast(pl.String) for c in key], separator="|")
            keyed = sheet.rows.select("at", owner=owner, name=name)
            passed = keyed.join(newer.select("name", pl.col("owner").cast(pl.Int64)), on=["owner", "name"], how="semi")[
                "at"
            ]
            sheet.asked = sheet.asked.filter(~sheet.asked.is_in(passed.implode()))
        return sheet.good()

    def write(self, sheet: Sheet, table: Table, rows: pl.DataFrame, seal: Seal | None = None) -> pl.DataFrame:
        """Bring the table up to date with rows of a sheet; returns all its rows afterwards.

        Of columns that the file came without the record keeps what it holds.
        """
        recorded = self.known(table.name).rows if table.name in _NAMED else table.recorded(self.tx)
        silent = [c for c in table.columns if c.removesuffix("_cents") in sheet.absent]
        state, written = upsert(self.tx, table, rows, recorded, sha256=sheet.sha256, seal=seal, silent=silent)
        sheet.loaded += written
        return state
