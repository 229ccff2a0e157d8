"""The bytes of an ACH file: the same for the same record, whenever they are asked for. No record, no vault."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from formats import nacha

MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # of the file header, in the order of a day's files
_NAME_WIDTH = 22
_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe"}


def receiving_name(column: str) -> pl.Expr:
    """Return a name as the standard takes it: letters without their accents, plain ASCII, at most 22."""
    plain = pl.col(column).str.replace_many(list(_LETTERS), list(_LETTERS.values())).str.normalize("NFKD")
    ascii_only = plain.str.replace_all(r"[^\x20-\x7E]", "").str.replace_all(r" +", " ").str.strip_chars(" ")
    return ascii_only.str.slice(0, _NAME_WIDTH).str.strip_chars_end(" ")


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
