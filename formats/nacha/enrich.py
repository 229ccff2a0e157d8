"""What the rules need to know about each entry beyond its own record, and the recount of the controls."""

import polars as pl

from formats.nacha.bytesof import check_digits, is_digits
from formats.nacha.codes import SEC_CODES, direction, use
from formats.nacha.schema import Nacha

HASH_KEEP = 10**10  # controls carry the low-order ten digits


def entries_with_facts(nacha: Nacha) -> pl.DataFrame:
    """Add to the entries what the rules ask about.

    `direction`, `use`, `good_rdfi`, `expected_digit`; of the batch `service_class`, `odfi`, `file`,
    `credits`, `debits`, `written`, `addenda_max`, `is_reversal`, `is_iat`, `needs_name`, `needs_id`; of the
    addenda how many there are (`addenda`), how many are not 98 or 99 (`payments`) and are (`answers`), and
    what they make of the entry (`kinds`: forward, return, dispute or notice).
    """
    batch = nacha.entries["batch"]
    about = _batch_facts(nacha.batches)
    facts = [about[name].gather(batch) for name in about.columns]
    entries = nacha.entries.with_columns(
        *facts,
        direction=direction(),
        use=use(),
        good_rdfi=is_digits(pl.col("rdfi"), 8),
        expected_digit=check_digits(nacha.entries["rdfi"]),
    )
    if nacha.addenda.is_empty():
        return entries.with_columns(
            addenda=pl.lit(0, pl.Int64),
            payments=pl.lit(0, pl.Int64),
            answers=pl.lit(0, pl.Int64),
            kinds=pl.lit("forward"),
        )
    joined = entries.join(_addenda_facts(nacha.addenda), on="entry", how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("addenda", "payments", "answers").fill_null(0), pl.col("kinds").fill_null("forward")
    )


def _batch_facts(batches: pl.DataFrame) -> pl.DataFrame:
    sec = SEC_CODES.select("sec", "credits", "debits", "addenda_max", "mandatory", "written")
    known = batches.select("sec", "service_class", "odfi", "file", "entry_description", "company_name").join(
        sec, on="sec", how="left", maintain_order="left"
    )
    must = pl.col("mandatory").fill_null([])
    return known.select(
        "service_class",
        "odfi",
        "file",
        "credits",
        "debits",
        "written",
        # A notice on an international entry has SEC code COR and carries the addenda of IAT.
        addenda_max=pl.when(pl.col("company_name") == "IATCOR").then(12).otherwise("addenda_max"),
        is_reversal=pl.col("entry_description").str.starts_with("REVERSAL"),
        is_iat=(pl.col("sec") == "IAT") | (pl.col("company_name") == "IATCOR"),
        needs_name=must.list.contains("name"),
        needs_id=must.list.contains("individual_id"),
    )


def _addenda_facts(addenda: pl.DataFrame) -> pl.DataFrame:
    type_code, kind = pl.col("type_code"), pl.col("kind")
    answer = type_code.is_in(["98", "99"])
    return (
        addenda.filter(pl.col("entry").is_not_null())
        .group_by("entry")
        .agg(
            addenda=pl.len().cast(pl.Int64),
            payments=(~answer).sum().cast(pl.Int64),
            answers=answer.sum().cast(pl.Int64),
            kinds=pl.when((type_code == "98").any())
            .then(pl.lit("notice"))
            .when(kind.is_in(["99D", "99C"]).any())
            .then(pl.lit("dispute"))
            .when((type_code == "99").any())
            .then(pl.lit("return"))
            .otherwise(pl.lit("forward")),
        )
    )


def recount_batches(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Count each batch anew from its records: batch, entries, count, hash, debit_cents, credit_cents.

    `entries` are those of `entries_with_facts`. Counts and hash as in section 2.5: a 6 and a 7 count one
    each, addenda add nothing to the hash, prenotes and notices add zero.
    """
    amount, rdfi = pl.col("amount_cents"), pl.col("rdfi")
    per_batch = entries.group_by("batch").agg(
        entries=pl.len().cast(pl.Int64),
        hash=rdfi.cast(pl.Int64, strict=False).sum() % HASH_KEEP,
        debit_cents=amount.filter(pl.col("direction") == "debit").sum(),
        credit_cents=amount.filter(pl.col("direction") == "credit").sum(),
    )
    addenda = nacha.addenda.group_by("batch").agg(addenda=pl.len().cast(pl.Int64))
    counted = (
        nacha.batches.select("batch", "file")
        .join(per_batch, on="batch", how="left", maintain_order="left")
        .join(addenda, on="batch", how="left", maintain_order="left")
        .with_columns(
            pl.col("entries", "hash", "debit_cents", "credit_cents", "addenda").fill_null(0),
        )
    )
    return counted.with_columns(count=pl.col("entries") + pl.col("addenda"))


def recount_files(nacha: Nacha, batches: pl.DataFrame) -> pl.DataFrame:
    """Sum the recounted batches per file: file, batches, count, hash, debit_cents, credit_cents, blocks."""
    per_file = batches.group_by("file").agg(
        pl.col("count", "debit_cents", "credit_cents").sum(),
        batches=pl.len().cast(pl.Int64),
        hash=pl.col("hash").sum() % HASH_KEEP,
    )
    counted = nacha.file.select("file", "records").join(per_file, on="file", how="left", maintain_order="left")
    return counted.with_columns(
        pl.col("batches", "count", "hash", "debit_cents", "credit_cents").fill_null(0),
        blocks=(pl.col("records") + 9) // 10,
    )
