"""The step `returns.post`: one received ACH file, posted once."""

from __future__ import annotations

import polars as pl

from assets.delivery.inbound import Inbound, conclude, inbound
from assets.ledger.journal import post_entries
from assets.returns.matching import answers, file_exceptions, matched, traces
from assets.returns.notices import corrected
from assets.returns.rules import judged, split_seconds
from formats import nacha
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.sealed import ACCOUNT
from resources.vault import Vault, last4

_RETURNED = ["company_id", "entry_id", "sha256", "position", "code", "amount_cents", "settlement_date"]
_ACCOUNT = [
    *("company_id", "person_id", "owner", "owner_code", "routing", "account_type", "holder_name"),
    *("authorised", "closed_on"),
]


def post_returns(tx: Tx, sha256: str, partners: dict[str, Partner], vault: Vault) -> dict[str, int]:
    """Post what one received ACH file says came back. The same file, or the same return, again is nothing.

    Args:
        tx: a transaction that sees every company, or it can't say that something matches nothing of ours.
        sha256: of the received file, 64 hex digits.
        partners: for the bank's terms.
        vault: opens the file, and seals corrected account numbers.

    Returns:
        returns, returned_cents, notices, accounts_changed, accounts_stopped, exceptions.

    Raises:
        RecordError: no such file, or a row is refused.
        SettingsError: the file came from a partner that is no bank (any more).
    """
    file = inbound(tx, sha256, vault)
    whole = nacha.read(file.data)
    found = answers(whole, tx.business_date)
    entries = tx.read("returns/entries_by_trace", traces=traces(found), partner=file.partner)
    sure, exceptions = matched(found, entries)
    terms = bank_terms(partners, file.partner)
    returned, odd_returns = _post(tx, file, sure.filter(kind="99"), terms.retry_after_days)
    notices, odd_notices = _note(tx, file, sure.filter(kind="98"), vault)
    named = pl.concat([file_exceptions(whole), exceptions, odd_returns, odd_notices]).sort("position", "kind")
    return {
        "returns": returned.height,
        "returned_cents": int(returned["amount_cents"].sum()),
        "notices": notices.height,
        "accounts_changed": int(notices["account_id"].count()),
        "accounts_stopped": _stop(tx, returned),
        "exceptions": conclude(tx, file, named),
    }


def _post(tx: Tx, file: Inbound, returns: pl.DataFrame, retry_after_days: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Book the returns that are not recorded yet; also the exceptions they give rise to."""
    fresh, second = split_seconds(returns)
    told = judged(fresh, tx.business_date, retry_after_days).with_columns(
        sha256=pl.lit(file.sha256, pl.Binary),
        # Only what an invoice owes is asked for again; what else comes back is decided anew.
        retry_on=pl.when(pl.col("purpose") == "premium").then("retry_on"),
    )
    kept = pl.col("settled")
    booked = pl.concat(
        [
            post_entries(tx, "returned", told.filter(~kept)),
            post_entries(tx, "returned_after_settlement", told.filter(kept)),
        ]
    )
    rows = booked.sort("company_id", "entry_id").select(
        *_RETURNED, "retry_on", "journal_id", after_settlement="settled", business_date=pl.lit(tx.business_date)
    )
    tx.append("returns.returned", rows)
    odd = [
        _exception(second, "second_return", "the entry has already come back with another code"),
        _exception(
            told.filter(~pl.col("known")), "unknown_return_code", "not a code of the rules: the money is posted"
        ),
    ]
    return told, pl.concat(odd)


def _stop(tx: Tx, returned: pl.DataFrame) -> int:
    """Stop the accounts whose returns say so, once per account version and code."""
    key = ["company_id", "account_id", "code"]
    stops = returned.filter(pl.col("stop").is_not_null()).unique(key, keep="first").sort(key)
    if stops.is_empty():
        return 0
    fresh = stops.select(*key, "stop").join(tx.read("returns/stops"), on=key, how="anti", maintain_order="left")
    return tx.append("returns.account_stop", fresh.with_columns(business_date=pl.lit(tx.business_date)))


def _note(tx: Tx, file: Inbound, notices: pl.DataFrame, vault: Vault) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take the change notices that are not recorded yet; also an exception for each that changes nothing."""
    fresh = notices.unique(["company_id", "entry_id", "code"], keep="first", maintain_order=True)
    of = {"company_ids": fresh["company_id"].to_list()}
    known = tx.read("returns/noticed", **of, entry_ids=fresh["entry_id"].to_list())
    fresh = fresh.join(known, on=["company_id", "entry_id", "code"], how="anti", maintain_order="left")
    of = {"company_ids": fresh["company_id"].to_list()}
    accounts = tx.read("returns/accounts_of_entries", **of, account_ids=fresh["account_id"].to_list())
    clear = vault.open(accounts["company_id"], accounts["account_sealed"], ACCOUNT).alias("account")
    told = corrected(fresh, accounts.with_columns(clear))
    versions = _new_versions(tx, told.filter("applies"), vault)
    rows = (
        told.drop("account_id")
        .join(versions, on=["company_id", "position"], how="left", maintain_order="left")
        .select(
            *("company_id", "entry_id", "position", "account_id", "outcome"),
            code="change_code",
            sha256=pl.lit(file.sha256, pl.Binary),
            business_date=pl.lit(tx.business_date),
        )
    )
    tx.append("returns.notice", rows)
    idle = told.filter(pl.col("outcome").str.starts_with("not applied")).with_columns(code="change_code")
    return rows, _exception(idle, "notice_not_applied", pl.col("outcome"))


def _new_versions(tx: Tx, changes: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Append a new version per changed account: company_id, position, account_id."""
    ordered = changes.sort("company_id", "position")
    companies, numbers = ordered["company_id"], ordered["account"]
    sealed = ordered.select(
        *_ACCOUNT,
        "position",
        code="code_of_account",
        version=pl.col("version") + 1,
        source="change_code",
        account_sealed=vault.seal(companies, numbers, ACCOUNT),
        account_blind=vault.blind(companies, numbers, ACCOUNT),
        account_last4=last4(numbers),
    )
    numbered = tx.number(sealed, "master.bank_account", "account_id")
    tx.append("master.bank_account", numbered.drop("position"))
    return numbered.select("company_id", "position", "account_id")


def _exception(rows: pl.DataFrame, kind: str, words: str | pl.Expr) -> pl.DataFrame:
    said = pl.lit(words) if isinstance(words, str) else words
    return rows.select(
        "position",
        kind=pl.lit(kind),
        detail=pl.format("{} of trace {}: {}", "code", "trace", said),
        amount_cents=pl.col("amount_cents").cast(pl.Int64),
    )
