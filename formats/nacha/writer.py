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
    BATCH_CONTROL_OF,
    BATCH_HEADER,
    BATCH_HEADER_OF,
    ENTRY,
    FILE_CONTROL,
    FILE_CONTROL_ADV,
    FILE_HEADER,
    family_of_batch,
)
from formats.nacha.layouts_addenda import ADDENDA_BY_KIND, addenda_key
from formats.nacha.profile import STRICT, Profile
from formats.nacha.refusal import fitting_rules, refuse, writing_problems
from formats.nacha.schema import Nacha
from formats.rules import broken, relaxed, together

Page = npt.NDArray[np.uint8]


def write(nacha: Nacha, profile: Profile = STRICT) -> bytes:
    """Write one or several files: deterministic, blocked to ten, with computed controls.

    Columns that follow from the rest may be null (see `complete.completed`). Written are PPD, CCD, CTX, WEB,
    TEL, COR, ENR, IAT (with IATCOR) and ADV, with addenda 05, 10 to 18, notices 98 (also refused ones) and
    returns 99 (also dishonored and contested ones).

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
    family = whole.batches.select(family_of_batch().alias("family"))["family"]
    file, batches = (frame.drop("line").rename({"control_line": "line"}) for frame in (whole.file, whole.batches))
    adv = whole.file["file"].is_in(whole.batches["file"].filter(family == "adv").implode())
    out = [
        (whole.file, FILE_HEADER, "file header"),
        (file.filter(~adv), FILE_CONTROL, "file control"),
        (file.filter(adv), FILE_CONTROL_ADV, "file control"),
    ]
    names = sorted(family.unique())
    # The usual file has one family; then nothing is looked up or filtered.
    of_entry = family.gather(whole.entries["batch"]) if len(names) > 1 else None
    of_addendum = pl.lit(family.gather(whole.addenda["batch"]) if len(names) > 1 else "".join(names))
    for name in names:
        its = family == name
        out += [
            (whole.batches.filter(its), BATCH_HEADER_OF.get(name, BATCH_HEADER), "batch header"),
            (batches.filter(its), BATCH_CONTROL_OF.get(name, BATCH_CONTROL), "batch control"),
            (whole.entries if of_entry is None else whole.entries.filter(of_entry == name), ENTRY[name], "entry"),
        ]
    key = addenda_key(of_addendum).alias("key")
    out += [
        (part, ADDENDA_BY_KIND[str(found[0])], "addenda")
        for found, part in whole.addenda.group_by(key, maintain_order=True)
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
