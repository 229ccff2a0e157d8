"""Rules of origination: which batch, date, code and trace each draft gets, and what a built file must prove.

Frames in, frames out; no record, no vault.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import polars as pl

from formats import nacha
from formats.errors import GuardError
from formats.nacha.calendar import plus_banking_days
from formats.problems import ERROR
from resources.partners import BankTerms

MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # of the file header, in the order of a day's files
PREMIUM, RETRY = "PREMIUM", "RETRY PYMT"  # the second is reserved by the rules, and alone in its batch
_NAME_WIDTH = 22
_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe"}


def receiving_name(column: str) -> pl.Expr:
    """Return a name as the standard takes it: letters without their accents, plain ASCII, at most 22."""
    plain = pl.col(column).str.replace_many(list(_LETTERS), list(_LETTERS.values())).str.normalize("NFKD")
    ascii_only = plain.str.replace_all(r"[^\x20-\x7E]", "").str.replace_all(r" +", " ").str.strip_chars(" ")
    return ascii_only.str.slice(0, _NAME_WIDTH).str.strip_chars_end(" ")


def faults(attempts: pl.DataFrame) -> pl.DataFrame:
    """Name the attempts that can't become entries.

    Args:
        attempts: `payments/attempts_to_send` with their newest account version (nulls: none), `account` (clear; null:
            it doesn't open), `stop` and `entry_limit_cents`.

    Returns:
        company_id, attempt_id, subject, rule, reason; one row per attempt, the first rule that it breaks.
    """
    routing, account = pl.col("routing"), pl.col("account")
    digit = nacha.check_digits(attempts["routing"].str.slice(0, 8))
    rules = [
        ("account_missing", pl.col("account_id").is_null(), "the payer has no bank account of that code"),
        ("account_stopped", pl.col("stop").is_not_null(), "the account may not be drafted from since it was returned"),
        ("routing_check_digit", routing.str.slice(8) != pl.lit(digit), "the routing number fails its check digit"),
        ("account_sealed", account.is_null(), "the account number can't be opened with this installation's key"),
        (
            "account_form",
            ~account.str.contains(r"^[0-9A-Za-z][0-9A-Za-z -]{0,16}$"),
            "the account number is not 1 to 17 letters, digits, blanks and dashes",
        ),
        (
            "over_entry_limit",
            pl.col("amount_cents") > pl.col("entry_limit_cents"),
            "the amount is over the bank's limit for one entry",
        ),
    ]
    rule, reason = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for name, broken, words in reversed(rules):
        rule = pl.when(broken).then(pl.lit(name)).otherwise(rule)
        reason = pl.when(broken).then(pl.lit(words)).otherwise(reason)
    subject = pl.format("invoice {} part {} attempt {}", "invoice_id", "payer_part", "attempt_no")
    found = attempts.with_columns(rule=rule, reason=reason, subject=subject)
    return found.filter(pl.col("rule").is_not_null()).select("company_id", "attempt_id", "subject", "rule", "reason")


def batched(attempts: pl.DataFrame) -> pl.DataFrame:
    """Put attempts into batches and order: per company by SEC code, description and effective date, then by invoice.

    Args:
        attempts: with `earliest` (the first banking day this bank can still take), `wanted_date`, `account_type`.

    Returns:
        The attempts in file order with effective_date (a banking day, never before the wanted one), description,
        transaction_code (27 checking, 37 savings: debits), individual_id (the invoice number), batch_number from 1.
    """
    wanted = plus_banking_days(attempts["wanted_date"], 0)
    first = pl.col("attempt_no") == 1
    checking = pl.col("account_type") == "checking"
    keys = ["sec", "description", "effective_date"]
    planned = attempts.with_columns(
        effective_date=pl.max_horizontal(pl.col("earliest"), pl.lit(wanted)),
        description=pl.when(first).then(pl.lit(PREMIUM)).otherwise(pl.lit(RETRY)),
        transaction_code=pl.when(checking).then(pl.lit(27)).otherwise(pl.lit(37)).cast(pl.Int64),
        individual_id=pl.col("invoice_id").cast(pl.String),
    ).sort("company_id", *keys, "invoice_id", "payer_part", "attempt_no")
    change = pl.struct(keys).rle_id().over("company_id")
    return planned.with_columns(batch_number=(change + 1).cast(pl.Int64))


def traced(entries: pl.DataFrame) -> pl.DataFrame:
    """Add trace_number: the ODFI's eight digits, then the sequence from each row's `first_trace` on, in row order."""
    sequence = pl.col("first_trace") + pl.int_range(pl.len()).over("company_id")
    return entries.with_columns(trace_number=pl.col("odfi") + sequence.cast(pl.String).str.zfill(7))


def ach_file(head: dict[str, Any], entries: pl.DataFrame) -> bytes:
    """Write one file: the same bytes for the same head and entries, whenever it is asked.

    Args:
        head: columns of `payments/head_of_file`.
        entries: in trace order: batch_number, sec, description, effective_date, transaction_code, routing, account
            (clear), amount_cents, individual_id, holder_name, trace_number.

    Raises:
        FormatError: a value doesn't fit the standard.
    """
    batches = entries.group_by("batch_number", maintain_order=True).first()
    whole = nacha.Nacha(
        file=nacha.file_frame(
            destination=head["destination"],
            origin=head["origin"],
            creation_date=head["business_date"],
            modifier=MODIFIERS[head["sequence"] - 1],
            destination_name=head["destination_name"],
            origin_name=head["origin_name"],
        ),
        batches=batches.select(
            "sec",
            file=pl.lit(0),
            company_name=pl.lit(head["company_name"]),
            company_id=pl.lit(head["origin"]),
            entry_description="description",
            effective_entry_date="effective_date",
            odfi=pl.lit(head["odfi"]),
            batch_number="batch_number",
        ),
        entries=entries.select(
            "sec",
            "transaction_code",
            "account",
            "amount_cents",
            "individual_id",
            "trace_number",
            batch=pl.col("batch_number") - 1,
            rdfi=pl.col("routing").str.slice(0, 8),
            name=receiving_name("holder_name"),
        ),
        addenda=nacha.empty(nacha.ADDENDA),
        problems=pl.DataFrame(),
    )
    line_end: Literal["\n", "\r\n"] = "\n" if head["line_end"] == "lf" else "\r\n"
    return nacha.write(whole, nacha.Profile(line_end=line_end))


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


def earliest_effective(business_date: dt.date, terms: BankTerms) -> dt.date:
    """Return the first banking day on which this bank can still move money of a file of this business date."""
    day: dt.date = plus_banking_days(pl.Series([business_date], dtype=pl.Date), terms.lead_banking_days)[0]
    return day
