"""What one row says of another: keys that repeat, codes that nobody knows, rows that fall with the row they name."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from assets.intake.layouts import CODE
from assets.intake.sheet import Sheet


@dataclass
class Known:
    """The rows of one master table as they are now, and the keys that this drop set aside.

    `rows` hold the key columns and what referring rows take from them; `aside` the key columns and `at`, the line.
    """

    file: str
    noun: str  # what a person calls it: product, member ...
    rows: pl.DataFrame
    aside: pl.DataFrame = field(default_factory=pl.DataFrame)
    refused: bool = False  # the file that should have brought them was refused as a whole


def blame_repeats(sheet: Sheet) -> None:
    """Set aside every row after the first with the same key."""
    key = list(sheet.layout.key)
    rows = sheet.rows.drop_nulls([c for c in key if sheet.rows[c].null_count()])
    first = pl.col("at").min().over(key)
    repeats = rows.filter(rows.select(key).is_duplicated()).with_columns(first=first)
    if repeats.is_empty():
        return
    sheet.rows = sheet.rows.join(repeats.select("at", "first"), on="at", how="left", maintain_order="left")
    sheet.blame(
        pl.col("first") < pl.col("at"),
        key[-1] if len(key) < 3 else key[1],
        "intake.duplicate",
        pl.format("line {} holds the same {} already", "first", pl.lit(" and ".join(key))),
    )
    sheet.rows = sheet.rows.drop("first")


def refer(sheet: Sheet, known: Known, on: dict[str, str], take: dict[str, str], *, shown: bool = True) -> None:
    """Look up what rows name; take columns from it (null where it names nothing), set aside those that nobody knows.

    Args:
        sheet: gains the columns of `take`.
        known: what may be named.
        on: columns of the sheet to the key columns of `known.rows`; the last is the one to blame. An empty or null
            value names nothing.
        take: new column of the sheet to column of `known.rows`.
        shown: whether the code may stand in the reason; codes of people and accounts may not.
    """
    column = list(on)[-1]
    target = known.rows.select(*(pl.col(t).alias(s) for s, t in on.items()), known_=pl.lit(value=True), **{
        new: pl.col(old) for new, old in take.items()})  # fmt: skip
    # An account has a row per version: the join must not repeat the row that names it.
    target = target.unique(list(on), keep="last", maintain_order=True)
    sheet.rows = sheet.rows.join(target.cast({c: sheet.rows.schema[c] for c in on}), on=list(on), how="left",
                                 maintain_order="left")  # fmt: skip
    named = pl.all_horizontal(pl.col(c).is_not_null() for c in on) & (pl.col(column).cast(pl.String) != "")
    if not sheet.rows.select((named & pl.col("known_").is_null()).any()).item():
        sheet.rows = sheet.rows.drop("known_")
        return
    if known.aside.is_empty():
        sheet.rows = sheet.rows.with_columns(cause_=pl.lit(None, pl.Int64))
    else:
        aside = known.aside.rename({t: s for s, t in on.items()} | {"at": "cause_"})
        aside = aside.cast({c: sheet.rows.schema[c] for c in on})
        sheet.rows = sheet.rows.join(aside, on=list(on), how="left", maintain_order="left")
    unknown = named & pl.col("known_").is_null()
    sheet.blame(
        unknown & pl.col("cause_").is_not_null(),
        column,
        "intake.cascade",
        pl.format(f"the {known.noun} that it names was set aside: {known.file} line {{}}", "cause_"),
    )
    if known.refused:
        rule, end = "intake.cascade", f"; {known.file} was refused as a whole"
    else:
        rule, end = "intake.unknown", ""
    code = _shown(pl.col(column).cast(pl.String)) if shown else pl.lit("")
    says = pl.format("there is no {}{}{}", pl.lit(known.noun), code, pl.lit(end))
    sheet.blame(unknown & pl.col("cause_").is_null(), column, rule, says)
    sheet.rows = sheet.rows.drop("known_", "cause_")


def _shown(code: pl.Expr) -> pl.Expr:
    """A code that looks like one, after a blank; nothing if it may be a number that slipped into the wrong column."""
    digits = code.str.replace_all(r"[^0-9]", "").str.len_chars()
    return pl.when(code.str.contains(CODE) & (digits < 7)).then(pl.lit(" ") + code).otherwise(pl.lit(""))
