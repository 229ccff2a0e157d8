"""Which accounts are sent an entry of nothing, to hear whether they are right, before money moves. Mostly pure.

Source: NACHA reference section 9: amount 0, the transaction codes of prenotes, otherwise as the live entry would be.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.instructions import INSTRUCTION, instructions
from assets.payments.standing import account_book
from resources.partners import Partner
from resources.record import Tx

PURPOSE, DESCRIPTION = "prenote", "PRENOTE"
_STEP = "payments.instruct"


def prenotes_due(tx: Tx, partners: dict[str, Partner]) -> pl.DataFrame:
    """Instructions (`INSTRUCTION`) for every account in use that must be proved and that no prenote asks about yet.

    Raises:
        SettingsError: a company's bank has no profile.
    """
    book = account_book(tx, partners)
    unproved = _unproved(book)
    if unproved.is_empty():
        return pl.DataFrame(schema=INSTRUCTION)
    in_use = tx.read("payments/account_in_use").with_columns(pl.col("company_id").cast(pl.Int32))
    others = unproved.join(in_use, on=["company_id", "account_code"], how="anti")["account_code"].unique().sort()
    if not others.is_empty():  # who has left may still owe, or be owed
        awaited = tx.read("payments/account_awaited", accounts=others.to_list())
        in_use = pl.concat([in_use, awaited.with_columns(pl.col("company_id").cast(pl.Int32))])
    return prenotes(book, in_use, tx.business_date)


def prenotes(book: pl.DataFrame, in_use: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Shape the prenotes of a business date, in the order of company and account.

    Args:
        book: every account version with its state (`accounts.STATE`).
        in_use: company_id, account_code.
        day: the business date.

    Returns:
        `INSTRUCTION`; the subject and individual id is the account version.
    """
    wanted = _unproved(book).join(in_use, on=["company_id", "account_code"], how="semi", maintain_order="left")
    payer = pl.col("owner") == "payer"
    by_consent = pl.col("authorised").replace_strict({"web": "WEB", "phone": "TEL"}, default="PPD")
    sec = pl.when(payer & pl.col("person_id").is_not_null()).then(by_consent)
    rows = wanted.select(
        "company_id",
        "account_code",
        "account_id",
        purpose=pl.lit(PURPOSE),
        subject=pl.col("account_id").cast(pl.String),
        direction=pl.when(payer).then(pl.lit("debit")).otherwise(pl.lit("credit")),
        amount_cents=pl.lit(0),
        sec=sec.when(pl.col("owner") == "agent").then(pl.lit("PPD")).otherwise(pl.lit("CCD")),
        description=pl.lit(DESCRIPTION),
        individual_id=pl.format("A{}", "account_id"),
        wanted_date=pl.lit(day),
        requested_by=pl.lit(_STEP),
        reason=pl.lit("the account must be proved before money moves"),
    )
    return instructions(rows)


def _unproved(book: pl.DataFrame) -> pl.DataFrame:
    return book.filter(pl.col("newest") & (pl.col("state") == "new") & (pl.col("reason") != "") & ~pl.col("asked"))
