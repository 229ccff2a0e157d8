"""Reads the account book, and lays it beside what is to be sent: which version, and whether it may be used."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.payments.accounts import FACTS, TERMS, VERSIONS, Schema, account_states
from resources.partners import Partner, bank_terms
from resources.record import Tx

_OF_ACCOUNT = ["account_id", "owner", "routing", "account_type", "account_sealed", "account_blind", "holder_name"]


@dataclass(frozen=True)
class Few:
    """Some accounts: codes (company_id, account_code), and every account of payers (company_id, payer; 0: itself)."""

    codes: pl.DataFrame
    payers: pl.DataFrame


def account_book(tx: Tx, partners: dict[str, Partner] | None = None, *, few: Few | None = None) -> pl.DataFrame:
    """Every account version of the transaction's companies with its state at the business date (`accounts.STATE`).

    Args:
        tx: the step's transaction.
        partners: for what the companies' banks want; None: stops, closings and first uses online only, and no numbers.
        few: only these accounts; None: all.

    Raises:
        SettingsError: a company's bank has no profile.
    """
    terms = _terms(tx, partners)
    careful = terms.filter(pl.col("prenote") != "never")["company_id"].to_list()
    return account_states(
        tx.business_date,
        _versions(tx, few, sealed=partners is not None),
        _read(tx, "payments/account_facts", FACTS, careful=careful),
        terms,
    )


def _versions(tx: Tx, few: Few | None, *, sealed: bool) -> pl.DataFrame:
    if few is None:
        return _read(tx, "payments/account_versions", VERSIONS, sealed=sealed)
    return _read(
        tx,
        "payments/account_versions_of",
        VERSIONS,
        sealed=sealed,
        of_companies=few.codes["company_id"].to_list(),
        codes=few.codes["account_code"].to_list(),
        payers_of=few.payers["company_id"].to_list(),
        payers=few.payers["payer"].to_list(),
    )


def _read(tx: Tx, name: str, schema: Schema, **values: object) -> pl.DataFrame:
    found = tx.read(name, **values)
    return found.select(pl.col(column).cast(kind) for column, kind in schema.items())


def _terms(tx: Tx, partners: dict[str, Partner] | None) -> pl.DataFrame:
    banks = tx.read("payments/account_banks")
    wanted = list(TERMS)[1:]
    if partners is None:
        rows = [(company, "never", 0, 0, 0) for company in banks["company_id"]]
    else:
        terms = {bank: bank_terms(partners, bank) for bank in banks["bank"].unique().sort()}
        rows = [(company, *(getattr(terms[bank], name) for name in wanted)) for company, bank in banks.iter_rows()]
    return pl.DataFrame(rows, schema=TERMS, orient="row")


def with_accounts(rows: pl.DataFrame, book: pl.DataFrame) -> pl.DataFrame:
    """Add to rows of `payments/to_send` the account version each goes to, and whether it may.

    Returns:
        The rows with account_id (null: there is none), owner, routing, account_type, account_sealed, account_blind,
        holder_name, state, stop (why it can't go, for a person to mend; null: it can), hold (why it has to wait;
        null: it need not) and until (when the waiting ends, if that is known).
    """
    newest = book.filter("newest").select("company_id", "account_code", newest_id="account_id")
    named = rows.join(newest, on=["company_id", "account_code"], how="left", maintain_order="left")
    found = named.with_columns(account_id=pl.coalesce("pinned_id", "newest_id")).drop("newest_id")
    judged = [*_OF_ACCOUNT, "state", "may_debit", "may_credit", "until", "reason"]
    known = found.join(
        book.select("company_id", *judged), on=["company_id", "account_id"], how="left", maintain_order="left"
    )
    # A prenote asks what is not known yet. A reversal takes back our own mistake from where it went.
    free = pl.col("purpose").is_in(["prenote", "reversal"]) & ~pl.col("state").is_in(["blocked", "closed"])
    allowed = pl.when(pl.col("direction") == "debit").then("may_debit").otherwise("may_credit") | free
    lost = pl.col("state").is_in(["blocked", "closed"])
    return known.with_columns(
        stop=pl.when(~allowed & lost).then("reason"),
        hold=pl.when(~allowed & ~lost).then("reason"),
    ).drop("may_debit", "may_credit", "reason")


def holds_in_words(held: pl.DataFrame) -> pl.DataFrame:
    """Sum up what waits, for whoever watches the run, as `planner.distinct_plans` does with what goes.

    Returns:
        company_id, bank, sec, direction, waits_until (null: not known), plan_reason, entries, amount_cents.
    """
    groups = ["company_id", "bank", "sec", "direction", "waits_until", "plan_reason"]
    named = held.rename({"until": "waits_until", "hold": "plan_reason"})
    return named.group_by(groups).agg(entries=pl.len(), amount_cents=pl.col("amount_cents").sum()).sort(groups)
