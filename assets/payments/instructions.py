"""What should become an entry and is no invoice's draft: one frame for every other purpose."""

from __future__ import annotations

import datetime as dt

import polars as pl

from resources.record import Tx

# payments.instruction without what the record adds. The subject is the natural key of its purpose.
INSTRUCTION: dict[str, type[pl.DataType]] = {
    "company_id": pl.Int32,
    "purpose": pl.String,
    "subject": pl.String,
    "direction": pl.String,
    "account_code": pl.String,
    "account_id": pl.Int32,
    "amount_cents": pl.Int64,
    "sec": pl.String,
    "description": pl.String,
    "individual_id": pl.String,
    "wanted_date": pl.Date,
    "not_after": pl.Date,
    "same_day": pl.Boolean,
    "addenda": pl.String,
    "reverses": pl.Int64,
    "invoice_id": pl.Int64,
    "requested_by": pl.String,
    "reason": pl.String,
}
_DEFAULTS = {"same_day": False, "addenda": "", "reason": ""}
_KEY = ["company_id", "purpose", "subject"]
_ID_WIDTH = 15


def instructions(rows: pl.DataFrame) -> pl.DataFrame:
    """Shape rows as `INSTRUCTION`: what they don't name is null, or its default."""
    missing = [pl.lit(_DEFAULTS.get(name)).alias(name) for name in INSTRUCTION if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in INSTRUCTION.items())


def add(tx: Tx, expected: pl.DataFrame) -> pl.DataFrame:
    """Append the expected instructions that are not recorded yet, in the order of their natural keys; returns them.

    Raises:
        RecordError: a constraint refuses one; nothing of the step is kept.
    """
    if expected.is_empty():
        return expected.with_columns(instruction_id=pl.lit(None, pl.Int64))
    known = tx.read("payments/instructed", **{f"{name}s": expected[name].to_list() for name in _KEY})
    fresh = expected.join(known.select(pl.col(n).cast(INSTRUCTION[n]) for n in _KEY), on=_KEY, how="anti").sort(_KEY)
    numbered = tx.number(fresh, "payments.instruction", "instruction_id")
    tx.append("payments.instruction", numbered.with_columns(business_date=pl.lit(tx.business_date)))
    return numbered


def id_of(payee: str, day: dt.date) -> str:
    """The individual id of a payout: the payee and the day, so that two of one amount are never taken for doubles."""
    tail = f"/{day:%y%m%d}"
    return payee[: _ID_WIDTH - len(tail)] + tail
