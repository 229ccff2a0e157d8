"""Reads what a night's attempts are planned from, and writes down which invoices need not be looked at again.

An invoice that was asked for, or that credit has paid, never becomes one to be asked for again: returns are found by
their own rows. So a night looks at the invoices since the last one and at those it left waiting (`payments.asked`, no
fact: emptied, it costs one night that looks at all of them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.payments.again import RETURNED
from assets.payments.attempts import GROUPS, OPEN, Plan, Sources
from assets.payments.splits import METHODS
from assets.payments.standing import Few, account_book
from resources.record import Tx

_INVOICE = ["company_id", "invoice_id"]
_CODE = ["company_id", "account_code"]
# Up to so many invoices their accounts are looked up one by one; above, all accounts are read.
_FEW = 100_000
# The subscriptions of invoices' lines.
_LINES = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "code": pl.String,
    "person_id": pl.Int32,
    "account_code": pl.String,
}

Columns = Mapping[str, pl.DataType | type[pl.DataType]]


@dataclass(frozen=True)
class Asking:
    """What a night looks at.

    opened: `OPEN`, of the business date or before; later: company_id, invoice_id of later dates, which wait; returned:
    `RETURNED`; upto: company_id, upto, the last invoice there was when it began to look.
    """

    opened: pl.DataFrame
    later: pl.DataFrame
    returned: pl.DataFrame
    upto: pl.DataFrame


def read(tx: Tx, name: str, schema: Columns, **values: list[int]) -> pl.DataFrame:
    """The rows of a query of this step with the columns of a schema."""
    found = tx.read(f"payments/attempt_{name}", **values)
    return found.select(pl.col(c).cast(t) for c, t in schema.items())


def asking(tx: Tx) -> Asking:
    """What may be asked for at the transaction's business date."""
    # Before the invoices are looked at: one that is added meanwhile is left to the next night.
    upto = read(tx, "last_invoices", {"company_id": pl.Int32, "upto": pl.Int64})
    opened = read(tx, "open", {**OPEN, "bill_date": pl.Date}).sort(_INVOICE)
    known = pl.col("bill_date") <= tx.business_date
    return Asking(
        opened=opened.filter(known).drop("bill_date"),
        later=opened.filter(~known).select(_INVOICE),
        returned=read(tx, "returned", RETURNED),
        upto=upto,
    )


def sources(tx: Tx, asked: Asking) -> Sources:
    """Everything that tells whom these invoices are drafted from."""
    methods, groups = read(tx, "methods", METHODS), read(tx, "groups", GROUPS)
    whose = pl.concat([rows.select(*_INVOICE, "payer", "kind") for rows in (asked.opened, asked.returned)]).unique()
    pays_for = _pays_for(tx, asked, whose)
    few = None
    if whose.height <= _FEW:
        divided = methods.join(whose, on=["company_id", "payer"], how="semi")
        codes = pl.concat([rows.select(_CODE) for rows in (pays_for, divided, groups, asked.returned)])
        # A person's first account is asked for only where the subscription is another's; a company's for its bills.
        others = pays_for.filter(pl.col("account_code").is_null())
        payers = whose.filter((pl.col("kind") == "list_bill") | _among(others))
        few = Few(codes.filter(pl.col("account_code") != "").unique(), payers.select("company_id", "payer").unique())
    return Sources(pays_for=pays_for, methods=methods, groups=groups, book=account_book(tx, few=few))


def _pays_for(tx: Tx, asked: Asking, whose: pl.DataFrame) -> pl.DataFrame:
    """`PAYS_FOR` of open invoices of individuals and of all whose drafts came back."""
    wanted = whose.filter((pl.col("kind") == "individual") | _among(asked.returned))
    if wanted.height <= _FEW:
        lines = [_lines_of(tx, wanted)]
    else:
        lines = [read(tx, "subscriptions", _LINES), _lines_of(tx, asked.returned)]
    return (
        pl.concat(lines)
        .join(wanted.select(*_INVOICE, "payer"), on=_INVOICE, how="inner")
        .select(*_INVOICE, "code", account_code=pl.when(pl.col("person_id") == pl.col("payer")).then("account_code"))
    )


def _lines_of(tx: Tx, invoices: pl.DataFrame) -> pl.DataFrame:
    keys = invoices.select(_INVOICE).unique()
    return read(
        tx,
        "subscriptions_of",
        _LINES,
        of_companies=keys["company_id"].to_list(),
        invoices=keys["invoice_id"].to_list(),
    )


def _among(invoices: pl.DataFrame) -> pl.Expr:
    return pl.struct(_INVOICE).is_in(invoices.select(pl.struct(_INVOICE)).to_series().implode())


def write_down(tx: Tx, asked: Asking, made: Plan | None) -> None:
    """Write down what need not be looked at again: of everything open, all but what still waits."""
    waiting = asked.opened
    if made is not None:
        used = made.uses.group_by("company_id", invoice_id="to_invoice").agg(used=pl.col("amount_cents").sum())
        waiting = (
            waiting.join(made.attempts.select(_INVOICE), on=_INVOICE, how="anti")
            .join(used, on=_INVOICE, how="left")
            .filter(pl.col("open_cents") > pl.col("used").fill_null(0))
        )
    waiting = pl.concat([waiting.select(_INVOICE), asked.later])
    tx.execute(
        "payments/attempt_asked",
        of_companies=asked.upto["company_id"].to_list(),
        uptos=asked.upto["upto"].to_list(),
        waiting_of=waiting["company_id"].to_list(),
        waiting=waiting["invoice_id"].to_list(),
    )
