"""The banking steps: `banking.statement` takes in one statement, `banking.settle` counts money as moved for good."""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.banking.matching import UNPROVED, lines_of, to_entries, to_files, traces, unmatched
from assets.delivery.inbound import EXCEPTIONS, Inbound, an_exception, conclude, inbound
from assets.ledger.journal import post
from formats import bai2
from formats.nacha.calendar import add_banking_days, is_banking_day
from formats.problems import ERROR
from resources.partners import Partner, bank_terms
from resources.record import Tx
from resources.vault import Vault

_LINE = ["position", "account_last4", "statement_date", "type_code", "amount_cents", "reference"]


def statement(tx: Tx, sha256: str, vault: Vault) -> dict[str, int]:
    """Take in one received BAI2 statement: lines on record, matched to files and entries; files acknowledged.

    A settlement line proves that the bank has the file: its state becomes `acknowledged`, from `unknown` too.

    Args:
        tx: a transaction that sees every company, or it can't say that a line matches nothing of ours.
        sha256: of the received file, 64 hex digits.
        vault: opens the file.

    Returns:
        lines, matched, acknowledged (files), exceptions.

    Raises:
        RecordError: no such file, or a row is refused.
    """
    file = inbound(tx, sha256, vault)
    whole = bai2.read(file.data)
    lines, odd = lines_of(whole)
    known = tx.read("banking/lines_of_statement", sha256=file.sha256)
    fresh = lines.join(known, on="position", how="anti", maintain_order="left")
    about = {"sha256": pl.lit(file.sha256, pl.Binary)}
    tx.append("banking.statement_line", fresh.select(_LINE).with_columns(bank=pl.lit(file.partner), **about))
    still_open = lines.join(known.filter("matched"), on="position", how="anti", maintain_order="left")
    names = sorted(still_open["reference"].unique())
    files = tx.read("banking/files_by_name", partner=file.partner, names=names)
    settled, named = to_files(still_open, files)
    entries = tx.read("returns/entries_by_trace", traces=traces(still_open), partner=file.partner)
    returned = to_entries(still_open, files, entries)
    match = ["company_id", "position", "file_id", "difference_cents"]
    matched = pl.concat([settled.select(match), returned.select(match)]).sort("position")
    tx.append("banking.match", matched.with_columns(business_date=pl.lit(tx.business_date), **about))
    rest = still_open.join(pl.concat([matched.select("position"), named.select("position")]), on="position", how="anti")
    exceptions = pl.concat([odd, named, unmatched(rest), _file_exceptions(whole)]).sort("position", "kind")
    return {
        "lines": fresh.height,
        "matched": matched.height,
        "acknowledged": _acknowledge(tx, file, settled),
        "exceptions": conclude(tx, file, exceptions),
    }


def _acknowledge(tx: Tx, file: Inbound, settled: pl.DataFrame) -> int:
    once = settled.unique(["company_id", "file_id"], keep="first", maintain_order=True)
    proved = once.filter(pl.col("state").is_in(UNPROVED)).sort("company_id", "file_id")
    events = proved.select(
        "company_id",
        "file_id",
        event_no=pl.col("event_no") + 1,
        state=pl.lit("acknowledged"),
        detail=pl.format("settled by the bank on {}", "statement_date"),
        actor=pl.lit(file.partner),
        business_date=pl.lit(tx.business_date),
    )
    return tx.append("exchange.event", events)


def _file_exceptions(whole: bai2.Statement) -> pl.DataFrame:
    errors = pl.concat([whole.problems, bai2.check(whole)]).filter(pl.col("severity") == ERROR)
    if errors.is_empty():
        return pl.DataFrame(schema=EXCEPTIONS)
    rules = ", ".join(sorted(errors["rule"].unique()))
    return an_exception("file_check", f"the statement breaks {errors.height} rules of its form: {rules}")


def settle(tx: Tx, partners: dict[str, Partner]) -> dict[str, int]:
    """Count as moved for good the money of entries that were sent, have not come back, and whose hold is over.

    Returns:
        settled (entries), settled_cents (to us less from us).

    Raises:
        SettingsError: a bank that was sent files has no profile any more.
    """
    banks = tx.read("banking/banks")["bank"].to_list()
    cutoffs = [hold_over(tx.business_date, bank_terms(partners, bank).hold_banking_days) for bank in banks]
    due = tx.read("banking/to_settle", banks=banks, cutoffs=cutoffs)
    rows = post(tx, "settled", due).with_columns(business_date=pl.lit(tx.business_date))
    tx.append("banking.settlement", rows)
    return {"settled": due.height, "settled_cents": int(due["amount_cents"].sum())}


def hold_over(business_date: dt.date, hold_banking_days: int) -> dt.date:
    """Return the last effective date whose hold is over on this business date."""
    open_day = business_date if is_banking_day(business_date) else add_banking_days(business_date, -1)
    return add_banking_days(open_day, -hold_banking_days)
