"""Rules of the match: which file or entry of ours each line of a bank statement is about."""

from __future__ import annotations

import polars as pl

from assets.delivery.inbound import EXCEPTIONS
from formats.bai2 import Statement, signed_cents

# The states in which a bank's settlement is the proof that the file arrived.
UNPROVED = ("sending", "sent", "unknown")
ARRIVED = (*UNPROVED, "acknowledged", "rejected")
# One item that came back: a draft of ours leaves our account again (555, 557), a payment returns to it (255, 257).
RETURNED_ITEMS = ("255", "257", "555", "557")
_TRACE = r"^[0-9]{15}$"


def lines_of(statement: Statement) -> tuple[pl.DataFrame, pl.DataFrame]:
    """List the transactions of a statement's updates.

    Returns:
        position (line), account_last4, statement_date, type_code, amount_cents (money in is positive), reference (the
        customer's), trace (the bank's reference); and exceptions for what can't be taken as a line.
    """
    groups = statement.groups.select("group", "status", statement_date="as_of_date")
    accounts = statement.accounts.select("account", "group", last4=pl.col("account_number").str.tail(4))
    rows = (
        statement.transactions.join(accounts, on="account", how="left", maintain_order="left")
        .join(groups, on="group", how="left", maintain_order="left")
        .with_columns(signed=signed_cents())
    )
    usable = (
        pl.col("signed").is_not_null() & pl.col("statement_date").is_not_null() & (pl.col("status") == "1")
    ).fill_null(value=False)
    good = rows.filter(usable).select(
        "statement_date",
        "type_code",
        position="line",
        account_last4="last4",
        amount_cents="signed",
        reference="customer_reference",
        trace="bank_reference",
    )
    words = "type {}: no update of a day, or neither a credit nor a debit"
    return good, _exceptions(rows.filter(~usable).rename({"line": "position"}), "statement_line", words, "type_code")


def to_files(lines: pl.DataFrame, files: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match settlements, whose reference is the name of a file of ours: one line for its debits, one for its credits.

    In a balanced file the bank books offset entries instead; they are the same money and the same lines.

    Args:
        lines: as `lines_of` returns them, not matched yet.
        files: `banking/files_by_name`.

    Returns:
        The matched lines with company_id, file_id, state, event_no, difference_cents (line less file); exceptions.
    """
    named = lines.filter(~_returned()).join(
        files, left_on="reference", right_on="name", how="inner", maintain_order="left"
    )
    money_in = pl.col("amount_cents") >= 0
    expected = pl.when(money_in).then(pl.col("debit_cents")).otherwise(-pl.col("credit_cents"))
    settled = pl.when(money_in).then("settled_in").otherwise("settled_out")
    first = ~settled & (pl.int_range(pl.len()).over("company_id", "file_id", money_in) == 0)
    found = named.with_columns(difference_cents=pl.col("amount_cents") - expected, first=first)
    sure = found.filter("first")
    differing = sure.filter(pl.col("difference_cents") != 0)
    return sure, pl.concat(
        [
            _exceptions(found.filter(~pl.col("first")), "second_settlement", "{} was settled before", "reference"),
            _exceptions(
                differing.with_columns(amount_cents="difference_cents"),
                "settlement_difference",
                "{} settled with a difference",
                "reference",
            ),
            _exceptions(
                sure.filter(~pl.col("state").is_in(ARRIVED)),
                "settled_unsent",
                "the bank settles {}, which we have not sent",
                "reference",
            ),
        ]
    )


def traces(lines: pl.DataFrame) -> list[str]:
    """The traces under which returned items were drafted."""
    return sorted(lines.filter(_returned() & pl.col("trace").str.contains(_TRACE))["trace"].unique())


def to_entries(lines: pl.DataFrame, files: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Match returned items, which a bank books one by one, to the very entry: by file name, trace and signed amount.

    Args:
        lines: as `lines_of` returns them, not matched yet.
        files: `banking/files_by_name`.
        entries: `returns/entries_by_trace`.

    Returns:
        The matched lines with company_id, file_id and a difference of zero.
    """
    of_file = lines.filter(_returned()).join(
        files.select("company_id", "file_id", "name"),
        left_on="reference",
        right_on="name",
        how="inner",
        maintain_order="left",
    )
    found = of_file.join(
        entries.select("company_id", "file_id", "trace_number", back=-pl.col("signed_cents")),
        left_on=["company_id", "file_id", "trace", "amount_cents"],
        right_on=["company_id", "file_id", "trace_number", "back"],
        how="semi",
    )
    return found.with_columns(difference_cents=pl.lit(0, pl.Int64))


def _returned() -> pl.Expr:
    return pl.col("type_code").is_in(RETURNED_ITEMS)


def unmatched(lines: pl.DataFrame) -> pl.DataFrame:
    """Name the lines that are about nothing of ours."""
    return _exceptions(
        lines, "unmatched_statement_line", "type {}: its reference is no file or entry of ours", "type_code"
    )


def _exceptions(rows: pl.DataFrame, kind: str, words: str, value: str) -> pl.DataFrame:
    if rows.is_empty():
        return pl.DataFrame(schema=EXCEPTIONS)
    return rows.select(
        "position",
        kind=pl.lit(kind),
        detail=pl.format(words, pl.col(value).fill_null("?")),
        amount_cents=pl.col("amount_cents").cast(pl.Int64),
    )
