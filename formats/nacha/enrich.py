"""What the rules need to know about each entry beyond its own record, and the recount of the controls."""

import numpy as np
import polars as pl

from formats.nacha.bytesof import Flags, Numbers, is_digits, numbers, only, routing_facts
from formats.nacha.codes import SEC_CODES, direction, use
from formats.nacha.schema import Nacha

HASH_KEEP = 10**10  # controls carry the low-order ten digits


def entries_with_facts(nacha: Nacha, routing: pl.DataFrame | None = None) -> pl.DataFrame:
    """Add to the entries what the rules ask about; `routing` are their `routing_facts`, if those are known.

    `direction`, `use`, `good_rdfi`, `rdfi_number`, `expected_digit`, `trace` (a number, null if it is none),
    `good_trace` (fifteen digits), `is_rejected` (the operator's REJ in its place), `odfi_fits`, `no_account`,
    `no_name`, `no_id` (both only told where they are needed); of the batch `service_class`, `odfi`, `file`,
    `credits`, `debits`, `written`, `addenda_max`, `is_reversal`, `is_iat`, `needs_name`, `needs_id`; of the
    addenda how many there are (`addenda`), how many are not 98 or 99 (`payments`) and are (`answers`), and
    what they make of the entry (`kinds`: forward, return, dispute or notice).
    """
    entries, about = nacha.entries, _batch_facts(nacha.batches)
    trace, good_trace = numbers(entries["trace_number"], 15)
    rejected = pl.lit(value=False) if good_trace.all() else pl.col("trace_number").str.starts_with("REJ")
    with_batch = entries.with_columns(
        *spread(about, entries["batch"]),
        *(routing_facts(entries["rdfi"]) if routing is None else routing).get_columns(),
        *_addenda_facts(nacha.addenda, entries.height),
        direction=direction(),
        use=use(),
        trace=trace,
        good_trace=good_trace,
        is_rejected=rejected,
        no_account=only(entries["account"], " "),
        no_name=only(entries["name"], " 0") if about["needs_name"].any() else pl.lit(value=False),
        no_id=only(entries["individual_id"], " 0") if about["needs_id"].any() else pl.lit(value=False),
    )
    return with_batch.with_columns(odfi_fits=_odfi_fits(with_batch))


def spread(about: pl.DataFrame, row: pl.Series) -> list[pl.Expr]:
    """Give each row what its batch (or file) has, by position; where all have the same, it is not repeated."""
    if about.height and not row.null_count() and (about.height == 1 or about.unique().height == 1):
        return [pl.lit(about[name][0], about.schema[name]).alias(name) for name in about.columns]
    return [pl.lit(about[name].gather(row)) for name in about.columns]


def _odfi_fits(entries: pl.DataFrame) -> pl.Expr:
    """Whether the first eight digits of the trace are the ODFI's; compared as numbers when all are digits."""
    if entries["good_trace"].all() and not entries["odfi_number"].null_count():
        return pl.col("trace") // 10_000_000 == pl.col("odfi_number")
    return pl.col("trace_number").str.slice(0, 8) == pl.col("odfi")


_MUST = pl.col("mandatory").fill_null([])
_OF_SEC = SEC_CODES.select(
    "sec",
    "credits",
    "debits",
    "addenda_max",
    "written",
    needs_name=_MUST.list.contains("name"),
    needs_id=_MUST.list.contains("individual_id"),
)
_COR_OF_IAT = pl.col("company_name") == "IATCOR"
_BATCH_FACTS = (
    "service_class",
    "odfi",
    "file",
    "credits",
    "debits",
    "written",
    pl.when(is_digits(pl.col("odfi"), 8)).then(pl.col("odfi").cast(pl.Int64, strict=False)).alias("odfi_number"),
    # A notice on an international entry has SEC code COR and carries the addenda of IAT.
    pl.when(_COR_OF_IAT).then(12).otherwise("addenda_max").alias("addenda_max"),
    pl.col("entry_description").str.starts_with("REVERSAL").alias("is_reversal"),
    ((pl.col("sec") == "IAT") | _COR_OF_IAT).alias("is_iat"),
    pl.col("needs_name", "needs_id").fill_null(value=False),
)


def _batch_facts(batches: pl.DataFrame) -> pl.DataFrame:
    return batches.join(_OF_SEC, on="sec", how="left", maintain_order="left").select(_BATCH_FACTS)


def _addenda_facts(addenda: pl.DataFrame, entries: int) -> list[pl.Expr] | list[pl.Series]:
    if addenda.is_empty():
        return _WITHOUT_ADDENDA
    placed = addenda.filter(pl.col("entry").is_not_null())
    entry = placed["entry"].to_numpy()
    notice, back = placed["type_code"].eq_missing("98"), placed["type_code"].eq_missing("99")
    answers = count_at(entry, entries, notice | back)
    every = count_at(entry, entries)
    # What weighs more is laid over what weighs less.
    weights = np.zeros(entries, np.int64)
    for weight, which in enumerate(
        (back, placed["kind"].is_in(["99D", "99C"]).fill_null(value=False), notice), start=1
    ):
        weights[entry[which.to_numpy()]] = weight
    return [
        pl.Series("addenda", every),
        pl.Series("payments", every - answers),
        pl.Series("answers", answers),
        _KINDS.gather(pl.Series(weights)),
    ]


_WITHOUT_ADDENDA = [
    *(pl.lit(0, pl.Int64).alias(name) for name in ("addenda", "payments", "answers")),
    pl.lit("forward").alias("kinds"),
]
_KINDS = pl.Series("kinds", ["forward", "return", "dispute", "notice"])


def count_at(at: Numbers, length: int, which: pl.Series | None = None) -> Numbers:
    """Count how often each position 0 .. `length` - 1 occurs, or occurs where `which` holds."""
    return np.bincount(at if which is None else at[_true(which)], minlength=length)


def _true(which: pl.Series) -> Flags:
    """Where a flag is set; null is not."""
    return (which.fill_null(value=False) if which.null_count() else which).to_numpy()


def _values(numbers: pl.Series) -> Numbers:
    """Give numbers to count with; null counts as nothing."""
    return (numbers.fill_null(0) if numbers.null_count() else numbers).to_numpy()


def count_by_batch(batches: int, rows: pl.DataFrame, which: pl.Series | None = None) -> Numbers:
    """Count the rows of each batch by its position, or those where `which` holds; rows outside are left out."""
    batch, chosen = rows["batch"], which
    if batch.null_count():
        inside = batch.is_not_null()
        batch, chosen = batch.filter(inside), None if which is None else which.filter(inside)
    return count_at(batch.to_numpy(), batches, chosen)


def recount_batches(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Count each batch anew from its records: batch, file, entries, addenda, count, hash, debit_cents, credit_cents.

    `entries` are those of `entries_with_facts`. Counts and hash as in section 2.5: a 6 and a 7 count one
    each, addenda add nothing to the hash, prenotes and notices add zero.
    """
    length = nacha.batches.height
    inside = entries.filter(pl.col("batch").is_not_null()) if entries["batch"].null_count() else entries
    batch = inside["batch"].to_numpy()
    amount, side = _values(inside["amount_cents"]), inside["direction"]
    count, addenda = count_by_batch(length, entries), count_by_batch(length, nacha.addenda)

    return pl.DataFrame(
        {
            "batch": nacha.batches["batch"],
            "file": nacha.batches["file"],
            "entries": count,
            "hash": sum_at(batch, _values(inside["rdfi_number"]), length) % HASH_KEEP,
            "debit_cents": sum_at(batch, np.where(_true(side == "debit"), amount, 0), length),
            "credit_cents": sum_at(batch, np.where(_true(side == "credit"), amount, 0), length),
            "addenda": addenda,
            "count": count + addenda,
        }
    )


def recount_files(nacha: Nacha, batches: pl.DataFrame) -> pl.DataFrame:
    """Sum the recounted batches per file: file, batches, count, hash, debit_cents, credit_cents, blocks."""
    length, file = nacha.file.height, batches["file"].to_numpy()
    sums = {name: sum_at(file, batches[name].to_numpy(), length) for name in _SUMMED}
    sums["hash"] %= HASH_KEEP
    blocks = (nacha.file["records"] + 9) // 10
    return pl.DataFrame({"file": nacha.file["file"], "blocks": blocks, "batches": count_at(file, length), **sums})


_SUMMED = ("count", "hash", "debit_cents", "credit_cents")


def sum_at(at: Numbers, values: Numbers, length: int) -> Numbers:
    """Sum the values of each position 0 .. `length` - 1."""
    out = np.zeros(length, np.int64)
    np.add.at(out, at, values)
    return out
