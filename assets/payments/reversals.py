"""Reversals: which sent entries may be undone by an entry the other way, and until when.

Source: NACHA reference section 9: the reversal reaches the receiving bank within five banking days of the original's
settlement; company id, SEC and amount are the original's, the description is REVERSAL. Codes swap by section 4.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.instructions import add, instructions
from assets.payments.planner import moment, planned
from formats.errors import GuardError, RecordError
from formats.nacha.calendar import plus_banking_days
from resources.bank_terms import BankTerms
from resources.partners import Partner, bank_terms
from resources.record import Tx

REVERSAL = "REVERSAL"  # the rules reserve it, alone in its batch
GROUNDS = ("duplicate", "wrong_receiver", "wrong_amount", "wrong_date")
WITHIN_BANKING_DAYS = 5
_LEFT_US = ("sent", "acknowledged")


def judged(entries: pl.DataFrame, day: dt.date, banks: dict[str, BankTerms], *, same_day: bool) -> pl.DataFrame:
    """Plan the reversal of each entry, and say why one can't be (`refusal`, null where it can).

    Args:
        entries: `payments/reversible`.
        day: the business date.
        banks: terms by bank.
        same_day: a same-day window is wished for.

    Returns:
        The entries with direction (of the reversal), wanted_date (never before the original settles), effective_date
        (of the reversal, as planned at the hour of the night), not_after, refusal.
    """
    last = plus_banking_days(entries["effective_date"], WITHIN_BANKING_DAYS).alias("not_after")
    other = pl.when(pl.col("direction") == "debit").then(pl.lit("credit")).otherwise(pl.lit("debit"))
    wanted = entries.with_columns(
        last,
        direction=other,
        wanted_date=pl.max_horizontal(pl.lit(day), "effective_date"),
        same_day=pl.lit(same_day),
    )
    rows = planned(wanted.drop("effective_date"), banks, {code: moment(day, terms) for code, terms in banks.items()})
    late = "it would settle on {}, and the five banking days after the original's settlement end on {}"
    return rows.with_columns(
        refusal=pl.when(pl.col("purpose") == "prenote")
        .then(pl.lit("a prenote moves no money"))
        .when(pl.col("purpose") == "reversal")
        .then(pl.lit("it is a reversal itself; draft or pay anew instead"))
        .when(~pl.col("state").is_in(_LEFT_US))
        .then(pl.format("its file is {}: only what was sent can be reversed", "state"))
        .when(pl.col("returned").is_not_null())
        .then(pl.format("it has come back by itself as {}", "returned"))
        .when(pl.col("asked_on").is_not_null())
        .then(pl.format("its reversal was asked for on {}", "asked_on"))
        .when(pl.col("effective_date") > pl.col("not_after"))
        .then(pl.format(late, "effective_date", "not_after"))
    )


def reversals(allowed: pl.DataFrame, actor: str, words: str) -> pl.DataFrame:
    """Make the instructions (`INSTRUCTION`) that undo these judged entries: the other way, everything else the same."""
    return instructions(
        allowed.with_columns(
            purpose=pl.lit("reversal"),
            subject=pl.col("entry_id").cast(pl.String),
            description=pl.lit(REVERSAL),
            reverses="entry_id",
            requested_by=pl.lit(actor),
            reason=pl.lit(words),
        )
    )


def reverse(
    tx: Tx,
    partners: dict[str, Partner],
    *,
    entry: int | None = None,
    file: int | None = None,
    grounds: str,
    actor: str,
    reason: str,
    same_day: bool = False,
) -> pl.DataFrame:
    """Ask for the reversal of one entry, or of every entry of a file that may be reversed. The next files carry it.

    Args:
        tx: a transaction of one company.
        partners: for what the bank takes.
        entry: which one; or else `file`: every live entry of it, prenotes left alone.
        file: see `entry`.
        grounds: one of `GROUNDS`; lack of money is none.
        actor: who asks.
        reason: what went wrong, in his words.
        same_day: the reversal is to go by a same-day window.

    Returns:
        entry_id, purpose (of the original), amount_cents, direction and effective_date (of the reversal, as planned
        now), not_after, refusal (null: asked for).

    Raises:
        GuardError: nothing of it can be reversed; says why.
        RecordError: there is no such entry or file.
    """
    if grounds not in GROUNDS:
        raise GuardError(f"{grounds} is no ground for a reversal", hint=f"grounds: {', '.join(GROUNDS)}")
    found = tx.read("payments/reversible", entry=entry, file=file)
    where = f"entry {entry}" if file is None else f"file {file}"
    if found.is_empty():
        raise RecordError(f"the company has no {where} of an ACH file")
    banks = {code: bank_terms(partners, code) for code in found["bank"].unique().sort()}
    if same_day and any(terms.same_day == "never" for terms in banks.values()):
        raise GuardError("the bank's profile takes no same-day entries", hint='same_day = "wanted" in [nacha]')
    told = judged(found, tx.business_date, banks, same_day=same_day)
    allowed = told.filter(pl.col("refusal").is_null())
    if allowed.is_empty():
        words = told["refusal"].unique(maintain_order=True).to_list()
        raise GuardError(f"{where} can't be reversed: {'; '.join(words)}", hint=_INSTEAD)
    add(tx, reversals(allowed, actor, f"{grounds}: {reason}"))
    return told.sort("entry_id").select(_TOLD)


_INSTEAD = "a file that was not sent is made void; later than five banking days a refund pays the money back"
_TOLD = ["entry_id", "purpose", "amount_cents", "direction", "effective_date", "not_after", "refusal"]
