"""The bytes of an ACH file: the same for the same record, whenever they are asked for. No record, no vault."""

from __future__ import annotations

from typing import Any

import polars as pl

from formats import nacha

MODIFIERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"  # of the file header, in the order of a day's files
_NAME_WIDTH = 22
_NAME_WIDTH_OF = {"CTX": 16}  # its addenda count stands in the first columns of the name
_RECURRING = ("WEB", "TEL")  # say in the discretionary columns that the debit recurs
_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "œ": "oe"}


def receiving_name(column: str) -> pl.Expr:
    """Return a name as the standard takes it: letters without their accents, plain ASCII, at most 22."""
    plain = pl.col(column).str.replace_many(list(_LETTERS), list(_LETTERS.values())).str.normalize("NFKD")
    ascii_only = plain.str.replace_all(r"[^\x20-\x7E]", "").str.replace_all(r" +", " ").str.strip_chars(" ")
    return ascii_only.str.slice(0, _NAME_WIDTH).str.strip_chars_end(" ")


def meant(head: dict[str, Any], entries: pl.DataFrame) -> nacha.Nacha:
    """Lay a file out as frames, without what follows from the rest (offsets, controls).

    Args:
        head: columns of `payments/head_of_file`; a test file also has a `reference`.
        entries: in trace order: batch_number, sec, description, effective_date, transaction_code, routing, account
            (clear), amount_cents, individual_id, holder_name, trace_number, addenda ('': none).
    """
    batches = entries.group_by("batch_number", maintain_order=True).first()
    name = receiving_name("holder_name")
    for sec, width in _NAME_WIDTH_OF.items():
        name = pl.when(pl.col("sec") == sec).then(name.str.slice(0, width).str.strip_chars_end(" ")).otherwise(name)
    recurring = pl.col("sec").is_in(_RECURRING)
    numbered = entries.with_row_index("entry")
    return nacha.Nacha(
        file=nacha.file_frame(
            destination=head["destination"],
            origin=head["origin"],
            creation_date=head["business_date"],
            modifier=MODIFIERS[head["sequence"] - 1],
            destination_name=head["destination_name"],
            origin_name=head["origin_name"],
            reference=head.get("reference", ""),
        ),
        batches=batches.select(
            "sec",
            file=pl.lit(0),
            company_name=pl.lit(head["company_name"]),
            company_id=pl.lit(head["ach_company_id"]),
            entry_description="description",
            effective_entry_date="effective_date",
            odfi=pl.lit(head["odfi"]),
            batch_number="batch_number",
        ),
        entries=numbered.select(
            "sec",
            "transaction_code",
            "account",
            "amount_cents",
            "individual_id",
            "trace_number",
            batch=pl.col("batch_number") - 1,
            rdfi=pl.col("routing").str.slice(0, 8),
            name=name,
            discretionary=pl.when(recurring).then(pl.lit("R")).otherwise(pl.lit("")),
        ),
        addenda=numbered.filter(pl.col("addenda") != "").select(
            pl.col("entry").cast(pl.Int64),
            type_code=pl.lit("05"),
            kind=pl.lit("05"),
            payment_text="addenda",
        ),
        problems=pl.DataFrame(),
    )


def profile(head: dict[str, Any]) -> nacha.Profile:
    """Return how the head says that its bytes are written; `account` (clear) is the offset account's."""
    offset = None
    if head["offset_per"] is not None:
        offset = nacha.Offset(
            rdfi=head["offset_routing"][:8],
            account=head["account"],
            name=_plain(head["offset_name"]),
            account_type=head["offset_type"],
            per=head["offset_per"],
        )
    return nacha.Profile(
        line_end="\n" if head["line_end"] == "lf" else "\r\n",
        blocking=head["blocking"],
        offset=offset,
        relaxed=frozenset(filter(None, head["relaxed"].split(","))),
    )


def _plain(name: str) -> str:
    return str(pl.DataFrame({"name": [name]}).select(receiving_name("name")).item())


def ach_file(head: dict[str, Any], entries: pl.DataFrame) -> bytes:
    """Write one file: the same bytes for the same head and entries.

    Args:
        head: as for `meant` and `profile`.
        entries: as for `meant`.

    Raises:
        FormatError: a value doesn't fit the standard.
    """
    return nacha.write(meant(head, entries), profile(head))
