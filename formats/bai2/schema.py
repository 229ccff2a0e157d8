"""The columns of a BAI2 balance and transaction statement as frames, declared once.

Five frames, joined by position. Amounts are integer cents as the file has them (BAI2 implies two decimals
for the currencies served); whether a transaction is a credit or a debit follows from its type code.
"""

from dataclasses import dataclass, field

import polars as pl

from formats.problems import PROBLEMS

I64, STR, DATE = pl.Int64(), pl.String(), pl.Date()

FILE: dict[str, pl.DataType] = {
    "line": I64,
    "sender": STR,
    "receiver": STR,
    "creation_date": DATE,
    "creation_time": STR,  # HHMM
    "file_id": STR,
    "control_line": I64,
    "control_cents": I64,  # sum of the groups' control totals
    "control_groups": I64,
    "control_records": I64,
    "records": I64,  # physical records counted, 01 and 99 included
}
GROUPS: dict[str, pl.DataType] = {
    "group": I64,
    "line": I64,
    "receiver": STR,
    "originator": STR,  # the bank, usually its routing number
    "status": STR,  # 1 update, 2 deletion, 3 correction, 4 test
    "as_of_date": DATE,
    "as_of_time": STR,
    "currency": STR,
    "control_line": I64,
    "control_cents": I64,
    "control_accounts": I64,
    "control_records": I64,
    "records": I64,  # 02 and 98 included
}
ACCOUNTS: dict[str, pl.DataType] = {
    "account": I64,  # 0-based position
    "group": I64,
    "line": I64,
    "account_number": STR,
    "currency": STR,
    "opening_ledger_cents": I64,  # type code 010
    "closing_ledger_cents": I64,  # type code 015
    "control_line": I64,
    "control_cents": I64,  # sum of all amounts of the account's 03 and 16 records
    "control_records": I64,
    "records": I64,  # 03, 16, 88 and 49
}
SUMMARIES: dict[str, pl.DataType] = {
    "account": I64,
    "line": I64,
    "type_code": STR,  # of the 03 record other than 010 and 015
    "amount_cents": I64,
    "item_count": I64,
    "funds_type": STR,
    "availability": STR,  # what follows funds types S, V and D, as written
}
TRANSACTIONS: dict[str, pl.DataType] = {
    "transaction": I64,  # 0-based position
    "account": I64,  # null when no account is open
    "line": I64,
    "type_code": STR,  # three digits: 100-399 credits, 400-699 debits
    "amount_cents": I64,
    "funds_type": STR,
    "availability": STR,
    "bank_reference": STR,
    "customer_reference": STR,
    "text": STR,
}


def _none(schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True)
class Statement:
    """One BAI2 file as frames (columns of `FILE`, `GROUPS`, `ACCOUNTS`, `SUMMARIES`, `TRANSACTIONS`)."""

    file: pl.DataFrame
    groups: pl.DataFrame
    accounts: pl.DataFrame
    transactions: pl.DataFrame = field(default_factory=lambda: _none(TRANSACTIONS))
    summaries: pl.DataFrame = field(default_factory=lambda: _none(SUMMARIES))
    problems: pl.DataFrame = field(default_factory=lambda: _none(PROBLEMS))


def signed_cents() -> pl.Expr:
    """Sign a transaction's amount by its type code: credits (100-399) plus, debits (400-699) minus."""
    code = pl.col("type_code").cast(pl.Int64, strict=False)
    amount = pl.col("amount_cents")
    return pl.when(code.is_between(100, 399)).then(amount).when(code.is_between(400, 699)).then(-amount)
