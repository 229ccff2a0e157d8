"""Writing: frames to bytes, column by column, refusing whatever the standard forbids.

The same rules that `check` applies to a file received stand before a file that leaves. Records are built as
one text column per record type and laid into the page at their lines, so no row is touched in Python.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from formats.errors import FormatError
from formats.nacha.bytesof import matrix
from formats.nacha.check import content_problems
from formats.nacha.complete import with_facts
from formats.nacha.fields import Field, Layout
from formats.nacha.layouts import (
    BATCH_CONTROL,
    BATCH_HEADER,
    ENTRY,
    FAMILY_OF_SEC,
    FILE_CONTROL,
    FILE_HEADER,
)
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND
from formats.nacha.profile import STRICT, Profile
from formats.nacha.refusal import fitting_rules, refuse, writing_problems
from formats.nacha.schema import Nacha
from formats.rules import broken, relaxed, together

Page = npt.NDArray[np.uint8]


def write(nacha: Nacha, profile: Profile = STRICT) -> bytes:
    """Write one or several files: deterministic, blocked to ten, with computed controls.

    Columns that follow from the rest may be null (see `complete.completed`). Written are PPD, CCD, CTX, WEB,
    TEL and COR, with addenda 05, notices 98 (also refused ones) and returns 99 (also dishonored, contested).

    Raises:
        FormatError: names the rule, line, record, columns, field and masked value of the first fault.
    """
    whole, entries = with_facts(nacha, profile)
    found = together([content_problems(whole, entries), writing_problems(whole, entries)])
    refuse(whole, relaxed(found, profile.relaxed))
    ends = profile.line_end.encode()
    total = int(whole.file["records"].sum())
    page = np.empty((total, 94 + len(ends)), np.uint8)
    # Behind each control stand rows of nines; every other row is laid below.
    starts = whole.file["line"] - 1
    for control, following in zip(whole.file["control_line"], [*starts[1:], total], strict=True):
        page[control:following, :94] = ord("9")
    page[:, 94:] = np.frombuffer(ends, np.uint8)
    for frame, layout, record in _records(whole):
        _lay(page, frame, layout, record, whole)
    return page.tobytes()


def _records(whole: Nacha) -> list[tuple[pl.DataFrame, Layout, str]]:
    controls = [frame.drop("line").rename({"control_line": "line"}) for frame in (whole.file, whole.batches)]
    out = [
        (whole.file, FILE_HEADER, "file header"),
        (controls[0], FILE_CONTROL, "file control"),
        (whole.batches, BATCH_HEADER, "batch header"),
        (controls[1], BATCH_CONTROL, "batch control"),
    ]
    families = {sec: FAMILY_OF_SEC.get(sec, "standard") for sec in whole.batches["sec"].unique()}
    for family in sorted(set(families.values())):
        secs = [sec for sec, its in families.items() if its == family]
        part = whole.entries if len(secs) == len(families) else whole.entries.filter(pl.col("sec").is_in(secs))
        out.append((part, ENTRY[family], "entry"))
    out += [
        (part, ADDENDA_BY_KIND[str(key[0])], "addenda")
        for key, part in whole.addenda.group_by("kind", maintain_order=True)
    ]
    return out


def _lay(page: Page, frame: pl.DataFrame, layout: Layout, record: str, whole: Nacha) -> None:
    """Put the records of one layout at their lines; a record of another width was given a value too long."""
    if frame.is_empty():
        return
    text = frame.lazy().select(_pieces(layout).alias("text")).collect()["text"]
    fits = text.null_count() == 0 and bool((text.str.len_bytes() == 94).all())
    rows = matrix(text, 94) if fits else None
    if rows is None or rows.min() < 0x20 or rows.max() > 0x7E:
        refuse(whole, broken(frame, fitting_rules(layout)))
        raise FormatError(f"nacha.write.width: a {record} does not come out at 94 plain characters")
    lines = frame["line"].to_numpy() - 1
    first, last = int(lines[0]), int(lines[-1])
    if last - first + 1 == len(lines):
        page[first : last + 1, :94] = rows
    else:
        page[lines, :94] = rows


def _pieces(layout: Layout) -> pl.Expr:
    """Join the fields of a record, with blanks where no field stands."""
    pieces: list[pl.Expr] = []
    column = 1
    for field in sorted(layout, key=lambda each: each.start):
        if field.start > column:
            pieces.append(pl.lit(" " * (field.start - column)))
        pieces.append(_piece(field))
        column = field.end + 1
    if column < 95:
        pieces.append(pl.lit(" " * (95 - column)))
    return pl.concat_str(pieces)


def _piece(field: Field) -> pl.Expr:
    value = pl.col(field.name)
    match field.kind:
        case "fixed":
            return pl.lit(field.value)
        case "int":
            return value.cast(pl.String).str.zfill(field.width)
        case "date":
            return value.dt.strftime("%y%m%d").fill_null(" " * field.width)
        case "right":
            return value.str.pad_start(field.width)
        case "digits":
            # The rules have seen to it that these are full or blank.
            return value.str.pad_end(field.width)
        case _:
            return value.str.pad_end(field.width)
