"""Which file, batch and entry each record belongs to, from the order of record types alone.

Order by the standard: 1, then per batch 5, 6 (each followed by its 7s), 8; then 9; then rows of nines.
"""

from dataclasses import dataclass

import polars as pl

from formats.rules import Rule, broken, together

_PADDING, _OTHER = 10, 0


@dataclass(frozen=True)
class Parts:
    """The records by type, each with `text`, `line` and its positions; `files` has `file`, `records`."""

    files: pl.DataFrame
    file_headers: pl.DataFrame
    file_controls: pl.DataFrame
    batch_headers: pl.DataFrame
    batch_controls: pl.DataFrame
    entries: pl.DataFrame
    addenda: pl.DataFrame
    problems: pl.DataFrame


def sort_out(lines: pl.DataFrame) -> Parts:
    """Place every record of `lines` (`text`, `line`); misplaced ones are reported and keep null positions."""
    kinds = _typed(lines)
    typed = kinds.filter(pl.col("type").is_in([1, 5, 6, 7, 8, 9]))
    kind = pl.col("type")
    opener = pl.when(kind.is_in([1, 5, 8, 9])).then(kind).forward_fill()
    first = pl.int_range(pl.len()) == 0
    placed = (
        typed.lazy()
        .with_columns(
            file=((kind == 1) | first).cast(pl.Int64).cum_sum() - 1,
            batch=(kind == 5).cast(pl.Int64).cum_sum() - 1,
            entry=(kind == 6).cast(pl.Int64).cum_sum() - 1,
            opener=opener,
            before=opener.shift(1),
            parent=pl.when(kind != 7).then(kind).forward_fill(),
        )
        .collect()
    )
    controls = placed.filter(kind == 9)
    own = controls.filter(pl.col("before") != 9)
    stray = placed.filter((kind == 8) & (pl.col("before").is_null() | (pl.col("before") != 5)))
    headers = placed.filter(kind == 1)
    batches = placed.filter(kind == 5)
    batch_controls = placed.filter((kind == 8) & (pl.col("before") == 5))
    in_batch = pl.when(pl.col("opener") == 5).then("batch").alias("batch")
    own_entry = pl.when((pl.col("opener") == 5) & (pl.col("parent") == 6)).then("entry").alias("entry")
    entries = placed.filter(kind == 6).with_columns(in_batch)
    addenda = placed.filter(kind == 7).with_columns(in_batch, own_entry).with_row_index("addendum")
    problems = [
        broken(kinds, _type_rules()),
        _order_problems(placed),
        _missing(placed, headers, own, batches, batch_controls),
        broken(stray, [_stray_control()]),
        broken(controls.filter(pl.col("before") == 9), [_second_control()]),
        broken(entries, [_outside("entry")]),
        broken(addenda, [_outside("addenda"), _orphan()]),
    ]
    return Parts(_files(kinds, placed), headers, own, batches, batch_controls, entries, addenda, together(problems))


def _typed(lines: pl.DataFrame) -> pl.DataFrame:
    """Add `type`: the record type, 10 for a row of nines, 0 for blank and unknown lines."""
    kinds = lines.with_columns(type=pl.col("text").str.slice(0, 1).cast(pl.UInt8, strict=False).fill_null(_OTHER))
    nines = kinds.filter(
        (pl.col("type") == 9) & (pl.col("text").str.strip_chars_end(" \r\n").str.strip_chars("9") == "")
    )
    # A lone short row of nines could be a control cut to its type; two digits already are padding.
    nines = nines.filter(pl.col("text").str.strip_chars_end(" \r\n").str.len_bytes() > 1)
    return kinds.with_columns(
        type=pl.when(pl.col("line").is_in(nines["line"].implode())).then(pl.lit(_PADDING, pl.UInt8)).otherwise("type")
    )


def _type_rules() -> list[Rule]:
    known = pl.col("type").is_in([1, 5, 6, 7, 8, 9, _PADDING])
    return [
        Rule(
            "nacha.record.unknown",
            ~known & (pl.col("text").str.strip_chars() != ""),
            1,
            "the record does not start with a known record type (1 5 6 7 8 9)",
            "the line was skipped",
        ),
    ]


def _order_problems(placed: pl.DataFrame) -> pl.DataFrame:
    after = (pl.col("before") == 9) & pl.col("type").is_in([5, 6, 7, 8])
    return broken(
        placed,
        [
            Rule(
                "nacha.file.after_control",
                after,
                None,
                "a record follows the file control",
                "the file control must close the file",
            )
        ],
    )


def _missing(
    placed: pl.DataFrame,
    headers: pl.DataFrame,
    controls: pl.DataFrame,
    batches: pl.DataFrame,
    batch_controls: pl.DataFrame,
) -> pl.DataFrame:
    firsts = placed.group_by("file", maintain_order=True).first()
    headless = firsts.join(headers, on="file", how="anti")
    endless = firsts.join(controls, on="file", how="anti")
    open_ended = batches.join(batch_controls, on="batch", how="anti")
    always = pl.lit(value=True)
    return together(
        [
            broken(
                headless,
                [Rule("nacha.file.no_header", always, None, "the file has no header (record type 1)")],
            ),
            broken(
                endless,
                [Rule("nacha.file.no_control", always, None, "the file has no control (record type 9)")],
            ),
            broken(
                open_ended,
                [Rule("nacha.batch.no_control", always, None, "the batch has no control (record type 8)")],
            ),
        ]
    )


def _stray_control() -> Rule:
    return Rule("nacha.batch.no_header", pl.lit(value=True), None, "a batch control without a batch header")


def _second_control() -> Rule:
    return Rule("nacha.file.second_control", pl.lit(value=True), None, "a second file control", "only the first counts")


def _outside(record: str) -> Rule:
    return Rule(
        "nacha.batch.no_header",
        pl.col("batch").is_null(),
        None,
        f"an {record} record stands outside a batch",
        "it was read without the batch's company, SEC code and ODFI",
    )


def _orphan() -> Rule:
    return Rule("nacha.addenda.no_entry", pl.col("entry").is_null(), None, "an addenda record has no entry before it")


def _files(kinds: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """List the files with the number of their physical records, rows of nines included."""
    starts = placed.group_by("file", maintain_order=True).agg(first_line=pl.col("line").first())
    if starts.height <= 1:
        counted = kinds.filter(pl.col("type") != _OTHER).height
        return starts.select("file", records=pl.lit(counted, pl.Int64))
    rows = kinds.filter(pl.col("type") != _OTHER).select("line").sort("line")
    owned = rows.join_asof(starts.sort("first_line"), left_on="line", right_on="first_line")
    counts = owned.group_by("file").agg(records=pl.len().cast(pl.Int64))
    return starts.select("file").join(counts, on="file", how="left", maintain_order="left")
