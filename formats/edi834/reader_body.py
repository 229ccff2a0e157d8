"""A piece of an 834 as segments apart by id, their elements as columns, and columns gathered by owner.

A `Body` notes which segments were taken, so that whatever nobody took can be told (reader_left.py).
"""

import numpy as np
import polars as pl

from formats.edi834.extras import Schema
from formats.edi834.layout import Segment
from formats.edi834.segments import SEPARATOR, Region, elements
from formats.problems import ERROR

AMOUNT = r"^-?\d{1,13}(\.\d{0,2}0*)?$|^-?\.\d{1,2}0*$"

MOST_ELEMENTS = 30  # of a segment; no segment of the guide has as many

_LEFT_OUT = "It was left out; ask the sender to correct it"


class Body:
    """The segments of members, by id; `wide` gives them with their elements e1, e2 ... (empty is null)."""

    def __init__(self, located: pl.DataFrame, region: Region) -> None:
        """Take segments that are placed, and the marks of their interchange."""
        self.region = region
        inside = located.filter(pl.col("member").is_not_null()).drop("interchange", "in_834")
        self.by_id = {str(key[0]): frame for key, frame in inside.partition_by("id", as_dict=True).items()}
        self._wide: dict[str, pl.DataFrame] = {}
        self.ins = self.by_id["INS"]["position"].to_numpy() if "INS" in self.by_id else np.zeros(0, np.int64)
        self.hd = self.by_id["HD"]["position"].to_numpy() if "HD" in self.by_id else np.zeros(0, np.int64)
        self.inside = inside
        self._start = int(inside["position"][0]) if inside.height else 0
        self._taken = np.zeros(int(inside["position"][-1]) - self._start + 1 if inside.height else 0, dtype=np.bool_)

    def take(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Note that these segments were read, and give them back."""
        self._taken[rows["position"].to_numpy() - self._start] = True
        return rows

    def left(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Those of the segments that were not taken."""
        taken = self._taken[rows["position"].to_numpy() - self._start]
        return rows.filter(pl.Series(~taken)) if taken.any() else rows

    def first(self, rows: pl.DataFrame, owner: str) -> pl.DataFrame:
        """Take the first segment of each owner: `owner` is member, coverage or node."""
        owners = rows[owner].to_numpy()
        again = owners[1:] == owners[:-1]
        return self.take(rows.filter(pl.Series(np.r_[True, ~again])) if again.any() else rows)

    def wide(self, name: str) -> pl.DataFrame:
        """All segments of that id with as many element columns as the longest of them has, one at least."""
        if name not in self._wide:
            frame = self.by_id.get(name, self.inside.clear())
            most = frame["text"].str.count_matches(SEPARATOR, literal=True).max()
            count = min(max(int(most) if isinstance(most, int) else 1, 1), MOST_ELEMENTS)
            count += name == "PER" and count % 2  # its elements come in pairs
            self._wide[name] = elements(frame, count).drop("text", "id")
        return self._wide[name]

    def rows(self, segment: Segment, loops: list[int]) -> pl.DataFrame:
        """The segments of a kind in some loops; with the qualifier that the layout gives it."""
        frame = self.wide(segment.name)
        chosen = pl.col("loop").is_in(loops) if frame["loop"].n_unique() > 1 else None
        if frame.height and chosen is None and frame["loop"][0] not in loops:
            return frame.clear()
        if segment.qualifier and segment.name in ("REF", "DTP", "AMT"):
            mine = pl.col("e1") == segment.qualifier
            chosen = mine if chosen is None else chosen & mine
        return frame if chosen is None else frame.filter(chosen)


def values(segment: Segment, schema: Schema, given: pl.DataFrame, region: Region) -> list[pl.Expr]:
    """The columns a kind of segment carries, of those that the longest of the given ones reaches."""
    made: list[pl.Expr] = []
    for element in segment.elements:
        name = f"e{element.number}"
        if name not in given.columns:
            continue
        column = element.columns[0] if element.columns else ""
        match element.kind:
            case "value" if column in schema:
                made.append(_typed(name, column, schema[column]))
            case "composite":
                parts = pl.col(name).str.split_exact(region.component, 1).struct
                made += [_filled(parts[i]).alias(c) for i, c in enumerate(element.columns) if c in schema]
            case "repeat":
                marks = [region.component, region.repetition]
                made.append(pl.col(name).str.replace_many(marks, [":", "^"]).alias(column))
            case "range":
                made.append(day(name).alias(column))
                made.append(pl.col(name).str.slice(9, 8).str.to_date("%Y%m%d", strict=False).alias(element.columns[1]))
    return made


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _typed(name: str, column: str, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return day(name).alias(column)
    if column == "cents" or column.endswith("_cents"):
        return cents(name).alias(column)
    if dtype == pl.Int64:
        return pl.col(name).cast(pl.Int64, strict=False).alias(column)
    return pl.col(name).alias(column)


def day(column: str) -> pl.Expr:
    """CCYYMMDD, or the first day of a range of two; null when it is none."""
    return pl.col(column).str.slice(0, 8).str.to_date("%Y%m%d", strict=False)


def cents(column: str) -> pl.Expr:
    """Dollars with at most two decimals that count, as cents; null when it is no such amount."""
    plain = pl.col(column).str.contains(AMOUNT)
    return (pl.when(plain).then(pl.col(column)).cast(pl.Decimal(18, 2), strict=False) * 100).cast(pl.Int64)


def gathered(owners: np.ndarray, frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """The rows of `frame`, one for each of `count` owners, or nulls; `owners` says whose each row is, ascending."""
    if len(owners) == count:
        return frame
    index = np.full(count, len(owners), dtype=np.int64)
    index[owners] = np.arange(len(owners))
    rows = pl.Series("i", index).cast(pl.Int64)
    return frame.select(pl.all().gather(pl.lit(rows.set(rows == len(owners), None))))


def faults(
    rows: pl.DataFrame, rule: str, column: int | None, *, message: str | pl.Expr, hint: str, severity: str = ERROR
) -> pl.DataFrame:
    """A problem row for each of the segments; its message begins with the key of the member it stands under."""
    words = pl.lit(message) if isinstance(message, str) else message
    return rows.select(
        pl.lit(rule).alias("rule"),
        pl.lit(severity).alias("severity"),
        pl.col("position").alias("line"),
        pl.lit(column, pl.Int64).alias("column"),
        pl.coalesce(pl.format("member seg{}: {}", "member", words), words).alias("message"),
        pl.lit(hint).alias("hint"),
    )


def bad_values(rows: pl.DataFrame, segment: Segment, schema: Schema) -> list[pl.DataFrame]:
    """Problems of dates, amounts and whole numbers that are none."""
    found = []
    for element in segment.elements:
        name = f"e{element.number}"
        if element.kind not in ("value", "range") or name not in rows.columns:
            continue
        column = element.columns[0]
        dtype = schema.get(column)
        where = f"{segment.name}{element.number:02d}"
        if dtype == pl.Date:
            read, rule, words = day(name), "edi834.read.date", f"{where} is not a date of the form CCYYMMDD"
        elif column == "cents" or column.endswith("_cents"):
            read, rule, words = cents(name), "edi834.read.amount", f"{where} is not an amount of dollars and cents"
        elif dtype == pl.Int64:
            read = pl.col(name).cast(pl.Int64, strict=False)
            rule, words = "edi834.read.number", f"{where} is not a whole number"
        else:
            continue
        bad = rows.filter(pl.col(name).is_not_null() & read.is_null())
        if not bad.is_empty():
            found.append(faults(bad, rule, element.number, message=words, hint=_LEFT_OUT))
    return found
