"""The proof of a built file: read back from its own bytes, it must be the record, sound, and within limits."""

from __future__ import annotations

import polars as pl

from formats import nacha
from formats.errors import GuardError
from formats.problems import ERROR
from resources.partners import BankTerms

SUMS = ("entries", "debit_cents", "credit_cents", "entry_hash")


def prove(data: bytes, recorded: dict[str, int], terms: BankTerms, earlier_today_cents: int, where: str) -> None:
    """Read a built file back and refuse it unless it is the record's, sound, within limits and without doubles.

    Args:
        data: the file's bytes.
        recorded: entries, debit_cents, credit_cents, entry_hash: sums over the recorded entries.
        terms: the bank's.
        earlier_today_cents: what this company's files of the same business date already hold.
        where: the file's name, for the message.

    Raises:
        GuardError: says which of it failed.
    """
    found = nacha.totals(data)
    counted = {
        "entries": found.entries,
        "debit_cents": found.debit_cents,
        "credit_cents": found.credit_cents,
        "entry_hash": found.entry_hash,
    }
    told = [f"{name} {counted[name]} in the file, {recorded[name]} in the record" for name in counted]
    differing = [text for name, text in zip(counted, told, strict=True) if counted[name] != recorded[name]]
    if differing or not found.agrees:
        words = "; ".join([*differing, *found.mismatches])
        raise GuardError(f"the file's own bytes do not add up to the record: {words}", where=where)
    whole = nacha.read(data)
    problems = pl.concat([whole.problems, nacha.check(whole)]).filter(pl.col("severity") == ERROR)
    if not problems.is_empty():
        raise GuardError(f"the file breaks the standard: {problems.item(0, 'message')}", where=where)
    same = ["rdfi", "account", "amount_cents", "individual_id"]
    if doubles := whole.entries.height - whole.entries.n_unique(same):
        raise GuardError(f"{doubles} entries draft the same invoice from the same account again", where=where)
    _within_limits(whole.entries["amount_cents"], terms, earlier_today_cents, where)


def _within_limits(amounts: pl.Series, terms: BankTerms, earlier_today_cents: int, where: str) -> None:
    total = int(amounts.sum())
    for what, cents, limit in (
        ("an entry", int(amounts.max() or 0), terms.entry_limit_cents),  # type: ignore[arg-type]
        ("the file", total, terms.file_limit_cents),
        ("the business date", total + earlier_today_cents, terms.day_limit_cents),
    ):
        if cents > limit:
            raise GuardError(
                f"{what} comes to {cents} cents, over the bank's limit of {limit}",
                where=where,
                hint="ask the bank for a higher limit and enter it in the profile, or split the drafts",
            )
