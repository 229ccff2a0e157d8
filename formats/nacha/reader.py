"""Reading: records to frames. Never raises on content and never repairs in silence.

Which file, batch and entry a record belongs to follows from the order of record types alone, so it is
computed by running counts over one column; each record type is then sliced by its layout.
"""

import polars as pl

from formats.nacha import structure
from formats.nacha.codes import CONTESTED_CODES, DISHONORED_CODES, REFUSED_NOTICE_CODES
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
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND, ADDENDA_OTHER
from formats.nacha.schema import ADDENDA, BATCHES, ENTRIES, FILE, Nacha, empty, shaped
from formats.nacha.text import records
from formats.problems import WARNING
from formats.rules import Rule, broken, together


def read(data: bytes) -> Nacha:
    """Read one or several ACH files in one stream.

    Returns frames with the columns of `schema`; `problems` holds what could not be read or stands in the
    wrong place. Whether the content obeys the standard is told by `check`.
    """
    lines, found = records(data)
    parts = structure.sort_out(lines)
    problems = [found, parts.problems]
    batches = _batches(parts, problems)
    file = _file(parts, batches, problems)
    family = _family_of_batch(batches)
    entries = _entries(parts, batches, family, problems)
    addenda = _addenda(parts, family, problems)
    return Nacha(file, batches, entries, addenda, together(problems))


def _sliced(field: Field) -> pl.Expr:
    text = pl.col("text").str.slice(field.start - 1, field.width)
    out: pl.Expr
    match field.kind:
        case "int":
            # A sign is no digit, though a cast would take it.
            value = text.cast(pl.Int64, strict=False)
            out = pl.when(text.str.slice(0, 1).is_between(pl.lit("0"), pl.lit("9"))).then(value)
        case "date":
            out = text.str.to_date("%y%m%d", strict=False)
        case "right":
            out = text.str.strip_chars(" ")
        case _:
            out = text.str.strip_chars_end(" ")
    return out.alias(field.name)


def _fields(
    part: pl.DataFrame, layout: Layout, keep: tuple[str, ...], record: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Slice the records of one layout: the frame, and the problems of fields that do not parse."""
    fields = [field for field in layout if field.kind != "fixed"]
    out = part.lazy().select(*keep, *(_sliced(field) for field in fields)).collect()
    required = [field for field in fields if field.required]
    rules = [
        Rule(
            "nacha.field.numeric",
            pl.col(field.name).is_null(),
            field.start,
            f"{field.name.removeprefix('control_')} of the {record} must be {field.width} digits",
            "the sender must correct the record",
        )
        for field in required
    ]
    problems = [broken(out, rules)]
    dates = [field for field in fields if field.kind == "date"]
    for field in dates:
        unread = part.filter(out[field.name].is_null())
        text = pl.col("text").str.slice(field.start - 1, 6).str.strip_chars(" 0") != ""
        rule = Rule(
            "nacha.field.date",
            text,
            field.start,
            f"{field.name} is not a date YYMMDD",
            "read as missing",
            WARNING,
        )
        problems.append(broken(unread, [rule]))
    return out, together(problems)


def _batches(parts: structure.Parts, problems: list[pl.DataFrame]) -> pl.DataFrame:
    international = (pl.col("text").str.slice(50, 3).str.to_uppercase() == "IAT") | (
        pl.col("text").str.slice(4, 16).str.strip_chars_end(" ") == "IATCOR"
    )
    frames = []
    for part, layout in (
        (parts.batch_headers.filter(~international), BATCH_HEADER),
        (parts.batch_headers.filter(international), BATCH_HEADER_OF["iat"]),
    ):
        frame, found = _fields(part, layout, ("batch", "file", "line"), "batch header")
        frames.append(frame)
        problems.append(found)
    headers = pl.concat(frames, how="diagonal").sort("batch")
    adv = headers.filter(pl.col("sec") == "ADV")["batch"].implode()
    controls = []
    for part, layout in (
        (parts.batch_controls.filter(~pl.col("batch").is_in(adv)), BATCH_CONTROL),
        (parts.batch_controls.filter(pl.col("batch").is_in(adv)), BATCH_CONTROL_ADV),
    ):
        control, found = _fields(part, layout, ("batch", "line"), "batch control")
        controls.append(control)
        problems.append(found)
    control = pl.concat(controls, how="diagonal").rename({"line": "control_line"})
    return shaped(headers.join(control, on="batch", how="left", maintain_order="left"), BATCHES)


def _file(parts: structure.Parts, batches: pl.DataFrame, problems: list[pl.DataFrame]) -> pl.DataFrame:
    headers, found = _fields(parts.file_headers, FILE_HEADER, ("file", "line"), "file header")
    problems.append(found)
    adv = batches.filter(pl.col("sec") == "ADV")["file"].unique().implode()
    controls = []
    for part, layout in (
        (parts.file_controls.filter(~pl.col("file").is_in(adv)), FILE_CONTROL),
        (parts.file_controls.filter(pl.col("file").is_in(adv)), FILE_CONTROL_ADV),
    ):
        control, found = _fields(part, layout, ("file", "line"), "file control")
        controls.append(control)
        problems.append(found)
    control = pl.concat(controls, how="diagonal").rename({"line": "control_line"})
    out = parts.files.join(headers, on="file", how="left", maintain_order="left")
    return shaped(out.join(control, on="file", how="left", maintain_order="left"), FILE)


def _family_of_batch(batches: pl.DataFrame) -> pl.Series:
    """Tell how each batch lays out its entries."""
    return batches.select(family_of_batch().alias("family"))["family"]


def _entries(
    parts: structure.Parts, batches: pl.DataFrame, family: pl.Series, problems: list[pl.DataFrame]
) -> pl.DataFrame:
    lines = parts.entries
    frames = []
    for name, part in _by_family(lines, family):
        frame, found = _fields(part, ENTRY[name], ("entry", "batch", "line"), "entry")
        frames.append(frame)
        problems.append(found)
    if not frames:
        return empty(ENTRIES)
    entries = frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal").sort("entry")
    sec = batches["sec"].gather(entries["batch"])
    return shaped(entries.with_columns(sec=sec), ENTRIES)


def _by_family(lines: pl.DataFrame, family: pl.Series) -> list[tuple[str, pl.DataFrame]]:
    kinds = family.unique().to_list()
    if len(kinds) == 1 and lines["batch"].null_count() == 0:
        return [(kinds[0], lines)] if lines.height else []
    lines = lines.with_columns(family=family.gather(lines["batch"]).fill_null("standard"))
    return [(str(key[0]), part) for key, part in lines.group_by("family", maintain_order=True)]


def _addenda(parts: structure.Parts, family: pl.Series, problems: list[pl.DataFrame]) -> pl.DataFrame:
    if parts.addenda.is_empty():
        return empty(ADDENDA)
    text = pl.col("text")
    code = text.str.slice(3, 3)
    kind = (
        pl.when((text.str.slice(1, 2) == "99") & code.is_in(DISHONORED_CODES))
        .then(pl.lit("99D"))
        .when((text.str.slice(1, 2) == "99") & code.is_in(CONTESTED_CODES))
        .then(pl.lit("99C"))
        .when((text.str.slice(1, 2) == "98") & code.is_in(REFUSED_NOTICE_CODES))
        .then(pl.lit("98R"))
        .otherwise(text.str.slice(1, 2))
    )
    iat = (family.gather(parts.addenda["batch"]) == "iat").fill_null(value=False)
    lines = parts.addenda.with_columns(kind=kind, iat=iat)
    wide = pl.when(pl.col("iat") & pl.col("kind").is_in(["98", "99"])).then(pl.lit("I")).otherwise(pl.lit(""))
    frames = []
    for key, part in lines.group_by(pl.col("kind") + wide, maintain_order=True):
        layout = ADDENDA_BY_KIND.get(str(key[0]), ADDENDA_OTHER)
        frame, found = _fields(part, layout, ("addendum", "entry", "batch", "line", "kind"), "addenda")
        frames.append(frame)
        problems.append(found)
    return shaped(pl.concat(frames, how="diagonal").sort("addendum"), ADDENDA)
