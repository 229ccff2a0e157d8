"""Reading: records to frames. Never raises on content and never repairs in silence.

Which file, batch and entry a record belongs to follows from the order of record types alone (`structure`);
the records of each type are then read column by column by their layout.
"""

from functools import cache

import numpy as np
import polars as pl

from formats.nacha import structure
from formats.nacha.bytesof import Flags, columns
from formats.nacha.codes import CONTESTED_CODES, DISHONORED_CODES, REFUSED_NOTICE_CODES, hinted
from formats.nacha.fields import Field, Layout
from formats.nacha.layouts import (
    BATCH_CONTROL,
    BATCH_CONTROL_ADV,
    BATCH_HEADER,
    BATCH_HEADER_OF,
    ENTRY,
    FILE_CONTROL,
    FILE_CONTROL_ADV,
    FILE_HEADER,
    family_of_batch,
)
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND, ADDENDA_OTHER, addenda_key
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, FILE, Nacha, empty
from formats.nacha.structure import Records, nullable
from formats.nacha.text import records
from formats.problems import WARNING
from formats.rules import reported, together

Schema = dict[str, pl.DataType]
_CONTROL_OF_BATCH: Schema = {"batch": pl.Int64(), "line": pl.Int64()} | {
    name: kind for name, kind in BATCHES.items() if name.startswith("control_") and name != "control_line"
}
_CONTROL_OF_FILE: Schema = {"file": pl.Int64(), "line": pl.Int64()} | {
    name: kind for name, kind in FILE.items() if name.startswith("control_") and name != "control_line"
}
_NO_ADDENDA = empty(ADDENDA)


def read(data: bytes) -> Nacha:
    """Read one or several ACH files in one stream.

    Returns frames with the columns of `schema`; `problems` holds what could not be read or stands in the
    wrong place. Whether the content obeys the standard is told by `check`.
    """
    page, found = records(data)
    parts = structure.sort_out(page)
    problems = [found, parts.problems]
    batches = _batches(parts, problems)
    file = _file(parts, batches, problems)
    family = batches.select(family_of_batch().alias("family"))["family"]
    entries = _entries(parts.entries, batches, family, problems)
    addenda = _addenda(parts.addenda, family, problems)
    return Nacha(file, batches, entries, addenda, hinted(together(problems)))


Sorted = list[tuple[Records, Layout]]


def _fields(sorts: Sorted, schema: Schema, record: str, problems: list[pl.DataFrame]) -> pl.DataFrame:
    """Read records by their layouts, in the order of their lines; what does not parse is added to `problems`."""
    frames = []
    for part, layout in sorts:
        if len(part):
            fields = [field for field in layout if field.kind != "fixed"]
            values = columns(part.page, part.rows, fields)
            problems += [
                _unread(part, field, column, record)
                for field, column in zip(fields, values, strict=True)
                if (field.required or field.kind == "date") and column.null_count()
            ]
            frames.append(_in_shape([*part.columns(), *values], schema))
    if not frames:
        return empty(schema)
    return frames[0] if len(frames) == 1 else pl.concat(frames).sort("line")


def _unread(part: Records, field: Field, values: pl.Series, record: str) -> pl.DataFrame:
    """Report the records whose number or date does not parse; a blank date or one of zeros is none."""
    bad = part.where(values.is_null().to_numpy())
    lines = pl.Series(bad.rows + 1)
    if field.kind == "int":
        words = f"{field.name.removeprefix('control_')} of the {record} must be {field.width} digits"
        return reported(lines, "nacha.field.numeric", field.start, words, "the sender must correct the record")
    lines = lines.filter(bad.text(field.start, field.end).str.strip_chars_start(" 0") != "")
    words = f"{field.name} is not a date YYMMDD"
    return reported(lines, "nacha.field.date", field.start, words, "read as missing", severity=WARNING)


def _split(part: Records, chosen: Flags, layout: Layout, other: Layout) -> Sorted:
    return [(part.where(~chosen), layout), (part.where(chosen), other)]


def _batches(parts: structure.Parts, problems: list[pl.DataFrame]) -> pl.DataFrame:
    headers = parts.batch_headers
    international = (headers.text(51, 53).str.to_uppercase() == "IAT") | (headers.text(5, 20) == "IATCOR")
    sorts = _split(headers, international.to_numpy(), BATCH_HEADER, BATCH_HEADER_OF["iat"])
    batches = _fields(sorts, BATCHES, "batch header", problems)
    controls = parts.batch_controls
    adv = (batches["sec"] == "ADV").to_numpy()[controls.places["batch"]]
    sorts = _split(controls, adv, BATCH_CONTROL, BATCH_CONTROL_ADV)
    return _with_controls(batches, "batch", _fields(sorts, _CONTROL_OF_BATCH, "batch control", problems))


def _file(parts: structure.Parts, batches: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    headers = _fields([(parts.file_headers, FILE_HEADER)], FILE, "file header", problems)
    if headers.height < parts.files.height:
        headers = parts.files.select("file").join(headers, on="file", how="left", maintain_order="left")
    file = _replaced(headers, {"records": parts.files["records"]})
    controls = parts.file_controls
    adv = np.isin(controls.places["file"], batches["file"].filter(batches["sec"] == "ADV"))
    sorts = _split(controls, adv, FILE_CONTROL, FILE_CONTROL_ADV)
    return _with_controls(file, "file", _fields(sorts, _CONTROL_OF_FILE, "file control", problems))


def _with_controls(headers: pl.DataFrame, key: str, controls: pl.DataFrame) -> pl.DataFrame:
    """Put what each control says beside its header."""
    if not headers[key].equals(controls[key]):
        controls = headers.select(key).join(controls, on=key, how="left", maintain_order="left")
    told = {column.name: column for column in controls.get_columns()}
    del told[key]
    return _replaced(headers, {"control_line": told.pop("line"), **told})


def _replaced(frame: pl.DataFrame, columns: dict[str, pl.Series]) -> pl.DataFrame:
    """Put columns in the place of those of the same name; unlike a query this costs next to nothing."""
    return pl.DataFrame([columns.get(old.name, old).alias(old.name) for old in frame.get_columns()])


def _entries(entries: Records, batches: pl.DataFrame, family: pl.Series, problems: list[pl.DataFrame]) -> pl.DataFrame:
    frame = _fields(_by_family(entries, family), ENTRIES, "entry", problems)
    return frame.with_columns(batches["sec"].gather(frame["batch"])) if frame.height else frame


def _by_family(part: Records, family: pl.Series) -> Sorted:
    """Sort records by how their batch lays them out; outside a batch the usual layout is taken."""
    names = family.unique(maintain_order=True).to_list()
    batch = part.places["batch"]
    if len(names) == 1 and (batch >= 0).all():
        return [(part, ENTRY[names[0]])]
    order = list(ENTRY)
    # The place of the standard layout stands last, where the index of nowhere finds it.
    code = np.array([order.index(name) for name in [*family, "standard"]])[batch]
    return [(part.where(code == at), layout) for at, layout in enumerate(ENTRY.values())]


def _addenda(part: Records, family: pl.Series, problems: list[pl.DataFrame]) -> pl.DataFrame:
    if not len(part):
        return _NO_ADDENDA
    batch = nullable("batch", part.places["batch"])
    known = pl.DataFrame([part.text(2, 3).alias("type"), part.text(4, 6).alias("code"), family.gather(batch)])
    kinds = known.select("family", kind=_kind()).with_columns(key=addenda_key(pl.col("family")))
    sorts = [
        (part.where((kinds["key"] == key).to_numpy()), ADDENDA_BY_KIND.get(key, ADDENDA_OTHER))
        for key in kinds["key"].unique(maintain_order=True)
    ]
    return _fields(sorts, ADDENDA, "addenda", problems).with_columns(kinds["kind"])


def _kind() -> pl.Expr:
    """Tell the kinds of 98 and 99 apart by their codes; any other addenda is of the kind its type says."""
    kind, code = pl.col("type"), pl.col("code")
    return (
        pl.when((kind == "99") & code.is_in(DISHONORED_CODES))
        .then(pl.lit("99D"))
        .when((kind == "99") & code.is_in(CONTESTED_CODES))
        .then(pl.lit("99C"))
        .when((kind == "98") & code.is_in(REFUSED_NOTICE_CODES))
        .then(pl.lit("98R"))
        .otherwise(kind)
    )


def _in_shape(found: list[pl.Series], schema: Schema) -> pl.DataFrame:
    """Make a frame of exactly the columns of `schema`; what was not found is null."""
    have = {column.name for column in found}
    return pl.DataFrame(found).select(_column(name, None if name in have else kind) for name, kind in schema.items())


@cache
def _column(name: str, absent: pl.DataType | None) -> pl.Expr:
    return pl.col(name) if absent is None else pl.lit(None, absent).alias(name)
