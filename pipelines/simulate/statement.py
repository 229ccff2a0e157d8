"""Simulation: what the invented bank's statement says of one file, and which entries are about others' accounts."""

from __future__ import annotations

import datetime as dt

import polars as pl

from formats import bai2, nacha

# BAI2 types of a file's money in and out, and of one item that comes back: a draft (out again), a payment (in again).
_SETTLED = {"debit": "166", "credit": "466"}
_RETURNED = {"debit": "557", "credit": "257"}


def _coded(column: str) -> pl.Expr:
    codes = nacha.TRANSACTION_CODES
    known = dict(zip(codes["transaction_code"], codes[column], strict=True))
    return pl.col("transaction_code").replace_strict(known, default=None, return_dtype=pl.String)


def side_of() -> pl.Expr:
    """Whether an entry takes (debit) or pays (credit)."""
    return _coded("direction")


def use_of() -> pl.Expr:
    """Whether an entry is live, a prenote, or a return."""
    return _coded("use")


def of_others(whole: nacha.Nacha) -> pl.DataFrame:
    """The entries that are about somebody else's account: in a level file its last account, held here, levels it."""
    signed = pl.when(side_of() == "debit").then("amount_cents").otherwise(-pl.col("amount_cents"))
    if whole.entries.is_empty() or int(whole.entries.select(signed.sum()).item()):
        return whole.entries
    last = whole.entries.row(-1, named=True)
    if last["rdfi"] != whole.file["destination"][0].strip()[:8] or not last["amount_cents"]:
        return whole.entries
    return whole.entries.filter((pl.col("rdfi") != last["rdfi"]) | (pl.col("account") != last["account"]))


def statement(whole: nacha.Nacha, fates: pl.DataFrame, name: str, date: dt.date) -> bytes:
    """A statement of the day: the file's money in and out under its name, and each returned item with its trace."""
    head = whole.file.row(0, named=True)
    sums = of_others(whole).group_by(side=side_of()).agg(pl.col("amount_cents").sum())
    moved = dict(sums.iter_rows())
    if not any(moved.values()):  # nothing moved, and yet the bank says that it has the file
        moved = {"debit": 0}
    settled = pl.DataFrame(
        [(_SETTLED[side], moved[side]) for side in ("debit", "credit") if side in moved],
        schema={"type_code": pl.String, "amount_cents": pl.Int64},
        orient="row",
    ).select(
        "type_code",
        "amount_cents",
        account=pl.lit(0, pl.Int64),
        bank_reference=pl.lit(""),
        customer_reference=pl.lit(name),
        text=pl.lit("ACH SETTLEMENT SIMULATED"),
    )
    back = fates.filter(pl.col("returned") & (pl.col("amount_cents") > 0)).select(
        "amount_cents",
        account=pl.lit(0, pl.Int64),
        type_code=pl.col("side").replace_strict(_RETURNED, return_dtype=pl.String),
        bank_reference="trace_number",
        customer_reference=pl.lit(name),
        text=pl.format("ACH RETURN {}", "code"),
    )
    lines = pl.concat([settled, back.select(settled.columns)])
    money_in = pl.col("type_code").is_in([_SETTLED["debit"], _RETURNED["credit"]])
    signed = pl.when(money_in).then("amount_cents").otherwise(-pl.col("amount_cents"))
    closing = int(lines.select(signed.sum()).item())
    return bai2.write(
        bai2.Statement(
            file=pl.DataFrame(
                {
                    "sender": [head["destination"]],
                    "receiver": ["DAYBOOK"],
                    "creation_date": [date],
                    "creation_time": ["0700"],
                    "file_id": ["1"],
                }
            ),
            groups=pl.DataFrame(
                {
                    "group": [0],
                    "receiver": ["DAYBOOK"],
                    "originator": [head["destination"]],
                    "status": ["1"],
                    "as_of_date": [date],
                    "currency": ["USD"],
                }
            ),
            accounts=pl.DataFrame(
                {
                    "account": [0],
                    "group": [0],
                    "account_number": [f"99{head['origin'].strip()[-8:]}"],
                    "currency": ["USD"],
                    "opening_ledger_cents": [0],
                    "closing_ledger_cents": [closing],
                }
            ),
            transactions=lines,
        )
    )
