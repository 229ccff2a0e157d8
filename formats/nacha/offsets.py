"""Balanced files: the entry on the originator's own account that makes a batch's debits equal its credits."""

import polars as pl

from formats.nacha.codes import direction
from formats.nacha.profile import Offset
from formats.nacha.schema import ENTRIES, Nacha

# Credit and debit codes of the account types an offset may use.
_CODES = {"checking": (22, 27), "savings": (32, 37), "ledger": (42, 47)}


def with_offsets(nacha: Nacha, offset: Offset) -> Nacha:
    """Append to every batch that is not level one entry on the offset account; its class becomes 200.

    Its trace number continues after the highest of the file, so that traces still rise in each batch and
    stay unique in the file: whoever hands out trace numbers leaves as many free as there are batches.
    """
    amount = pl.col("amount_cents")
    signed = pl.when(direction() == "debit").then(amount).otherwise(-amount)
    uneven = (
        nacha.entries.group_by("batch", maintain_order=True)
        .agg(over=signed.sum())
        .filter(pl.col("over") != 0)
        .sort("batch")
    )
    if uneven.is_empty():
        return nacha
    credit, debit = _CODES[offset.account_type]
    last = nacha.entries["trace_number"].str.slice(8).cast(pl.Int64, strict=False).max()
    sequence = pl.lit(last, pl.Int64) + pl.int_range(1, pl.len() + 1)
    added = uneven.select(
        batch="batch",
        transaction_code=pl.when(pl.col("over") > 0).then(credit).otherwise(debit).cast(pl.Int64),
        rdfi=pl.lit(offset.rdfi),
        account=pl.lit(offset.account),
        amount_cents=pl.col("over").abs(),
        individual_id=pl.lit(offset.individual_id),
        name=pl.lit(offset.name),
        trace_number=pl.lit(nacha.batches["odfi"].gather(uneven["batch"])) + sequence.cast(pl.String).str.zfill(7),
    )
    both = pl.concat(
        [
            nacha.entries.with_columns(entry=pl.int_range(pl.len(), dtype=pl.Int64), own=pl.lit(value=False)),
            added.with_columns(own=pl.lit(value=True)),
        ],
        how="diagonal",
    ).sort("batch", "own", maintain_order=True)
    moved = both.with_columns(new=pl.int_range(pl.len(), dtype=pl.Int64)).filter(~pl.col("own"))
    addenda = nacha.addenda.with_columns(entry=moved["new"].gather(nacha.addenda["entry"]))
    levelled = pl.col("batch").is_in(uneven["batch"].implode())
    batches = nacha.batches.with_columns(batch=pl.int_range(pl.len(), dtype=pl.Int64)).with_columns(
        service_class=pl.when(levelled).then(pl.lit(200, pl.Int64)).otherwise("service_class")
    )
    return Nacha(nacha.file, batches, both.select(ENTRIES.keys()), addenda, nacha.problems)
