"""Files in a vendor's own layout, made of the same members: written, proven, and what did not fit left out."""

from __future__ import annotations

import datetime as dt
from typing import Literal, cast

import polars as pl

from assets.enrollment.drafts import Draft, Part, without
from assets.enrollment.numbers import NUMBERS
from assets.enrollment.plan import SEQUENCES, moment
from formats.edi834 import without_families
from formats.errors import GuardError
from formats.problems import ERROR
from formats.tabular import Layout, Stamp, check, write


def asks_ssn(layout: Layout) -> bool:
    """Whether anything this vendor gets is an SSN."""
    return any(
        source.rpartition(".")[2] == "ssn"
        for record in layout.records
        for cell in record.fields
        for source in cell.sources()
    )


def fill(draft: Draft, layout: Layout, people: pl.DataFrame, usage: str, day: dt.date) -> Draft:
    """The draft with its bytes, without families of which a value does not fit; they are named.

    Args:
        draft: is changed.
        layout: the vendor's own.
        people: person_id and code, of everybody in the draft.
        usage: T test, P production.
        day: the business date; it and the sequence are the file's reference and creation time.

    Raises:
        GuardError: the bytes do not say what they were made of.
        FormatError: the layout can't be filled for the file as a whole.
    """
    sequence = SEQUENCES[draft.task.purpose]
    stamp = Stamp(
        reference=f"{day:%Y%m%d}-{sequence}",
        created=moment(day, draft.task.company_id, sequence),
        sequence=sequence,
        usage=cast(Literal["T", "P"], usage),
    )
    written = write(draft.meant, layout, stamp)
    if not written.left_out.is_empty():
        said = pl.format("member {}: {} {}", pl.col("member_key").fill_null("?"), "field", "words")
        faults = written.left_out.select("subscriber_key", "rule", message=said).unique(maintain_order=True)
        draft = without(draft, faults, without_families(draft.meant, faults), people)
    for file in written.files:
        wrong = check(file.data, layout, file.meant).filter(pl.col("severity") == ERROR)
        if not wrong.is_empty():
            row = wrong.row(0, named=True)
            raise GuardError(
                f"the file in the layout {layout.name} was refused: {row['message']}",
                where=f"rule {row['rule']}, line {row['line']}, {wrong.height} findings in all",
                hint=row["hint"] or "",
            )
        places = file.meant.members.select("member_key", set_control=pl.lit(0, pl.Int64))
        proof = f"read back and held against its members, {file.rows} lines, {file.families} families"
        draft.parts.append(Part(file.data, file.meant.members.height, proof, places, pl.DataFrame(schema=NUMBERS)))
    return draft
