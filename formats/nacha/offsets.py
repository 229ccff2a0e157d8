"""Balanced files: the entry on the originator's own account that makes debits equal credits.

Per batch it stands at the end of each uneven batch, whose class becomes 200; per file it stands in a batch of
its own for each ODFI and settlement day, because money of one day does not level another's. An offset that
is already there is known by the batch or day being level, never by a name.
"""

import polars as pl

from formats.errors import FormatError
from formats.nacha.codes import direction
from formats.nacha.layouts import family_of_batch
from formats.nacha.profile import Offset
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, Nacha

# Credit and debit codes of the account types an offset may use.
_CODES = {"checking": (22, 27), "savings": (32, 37), "ledger": (42, 47)}
_DAY = ("file", "odfi", "effective_entry_date")


def with_offsets(nacha: Nacha, offset: Offset) -> Nacha:
    """Level what is uneven among the batches of forward entries; batches of answers and advices stay as they are.

    Traces continue after the highest of the file, so that they still rise in each batch and stay unique:
    whoever hands out trace numbers leaves as many free as there are offsets.

    Raises:
        FormatError: an uneven international batch is to be levelled in itself, where only international
            entries may stand; level the file instead.
    """
    numbered = nacha.batches.with_columns(batch=pl.int_range(pl.len(), dtype=pl.Int64))
    uneven = _uneven(nacha, numbered)
    if offset.per == "file":
        return _per_file(nacha, numbered, uneven, offset)
    uneven = uneven.filter(pl.col("over") != 0)
    if (uneven["family"] == "iat").any():
        raise FormatError(
            "nacha.write.offset: an international batch can't hold an offset", hint="set the profile's offset per file"
        )
    added = _entries(nacha, uneven, offset)
    levelled = pl.col("batch").is_in(uneven["batch"].implode())
    batches = numbered.with_columns(
        service_class=pl.when(levelled).then(pl.lit(200, pl.Int64)).otherwise("service_class")
    )
    return _joined(nacha, batches, added)


def _uneven(nacha: Nacha, batches: pl.DataFrame) -> pl.DataFrame:
    """Tell by how much debits pass credits in each batch of forward entries: batch, file, family, over, ..."""
    amount = pl.col("amount_cents")
    signed = pl.when(direction() == "debit").then(amount).otherwise(-amount)
    over = nacha.entries.group_by("batch").agg(over=signed.sum())
    answers = nacha.addenda.filter(pl.col("kind").str.starts_with("9"))["entry"]
    answering = nacha.entries["batch"].gather(answers).unique().implode()
    forward = batches.with_columns(family=family_of_batch()).filter(
        (pl.col("family") != "adv") & ~pl.col("batch").is_in(answering)
    )
    return forward.join(over, on="batch", how="inner", maintain_order="left")


def _per_file(nacha: Nacha, batches: pl.DataFrame, uneven: pl.DataFrame, offset: Offset) -> Nacha:
    days = (
        uneven.group_by(_DAY, maintain_order=True)
        .agg(pl.col("over").sum(), pl.col("company_name", "company_id").first(), pl.col("family").first())
        .filter(pl.col("over") != 0)
    )
    if days.is_empty():
        return nacha
    new = days.select(
        *_DAY,
        # The name of an international batch is an indicator, not a name.
        company_name=pl.when(pl.col("family") == "iat").then(pl.lit(offset.name[:16])).otherwise("company_name"),
        company_id="company_id",
        sec=pl.lit(offset.sec),
        entry_description=pl.lit(offset.description),
        own=pl.lit(value=True),
    )
    old = batches.with_columns(own=pl.lit(value=False)).rename({"batch": "was"})
    both = pl.concat([old, new], how="diagonal").sort("file", "own", maintain_order=True)
    both = both.with_columns(batch=pl.int_range(pl.len(), dtype=pl.Int64))
    moved = both.filter(~pl.col("own")).sort("was")["batch"]
    entries = nacha.entries.with_columns(batch=moved.gather(nacha.entries["batch"]))
    own = both.filter("own").select("batch", "odfi").with_columns(over=days.sort("file", maintain_order=True)["over"])
    added = _entries(nacha, own, offset)
    shifted = Nacha(nacha.file, nacha.batches, entries, nacha.addenda, nacha.problems)
    return _joined(shifted, both.select(BATCHES.keys()), added)


def _entries(nacha: Nacha, uneven: pl.DataFrame, offset: Offset) -> pl.DataFrame:
    """Make the offset entries: one for each row of `uneven` (batch, odfi, over)."""
    credit, debit = _CODES[offset.account_type]
    last = nacha.entries["trace_number"].str.slice(8).cast(pl.Int64, strict=False).max()
    sequence = pl.lit(last, pl.Int64) + pl.int_range(1, pl.len() + 1)
    return uneven.select(
        batch="batch",
        transaction_code=pl.when(pl.col("over") > 0).then(credit).otherwise(debit).cast(pl.Int64),
        rdfi=pl.lit(offset.rdfi),
        account=pl.lit(offset.account),
        amount_cents=pl.col("over").abs(),
        individual_id=pl.lit(offset.individual_id),
        name=pl.lit(offset.name),
        trace_number=pl.col("odfi") + sequence.cast(pl.String).str.zfill(7),
    )


def _joined(nacha: Nacha, batches: pl.DataFrame, added: pl.DataFrame) -> Nacha:
    """Put each offset behind the entries of its batch; addenda follow their entries to the new places."""
    if added.is_empty():
        return nacha
    both = pl.concat(
        [
            nacha.entries.with_columns(entry=pl.int_range(pl.len(), dtype=pl.Int64), own=pl.lit(value=False)),
            added.with_columns(own=pl.lit(value=True)),
        ],
        how="diagonal",
    ).sort("batch", "own", maintain_order=True)
    moved = both.with_columns(new=pl.int_range(pl.len(), dtype=pl.Int64)).filter(~pl.col("own"))
    addenda = nacha.addenda.with_columns(entry=moved["new"].gather(nacha.addenda["entry"])).select(ADDENDA.keys())
    return Nacha(nacha.file, batches.select(BATCHES.keys()), both.select(ENTRIES.keys()), addenda, nacha.problems)
