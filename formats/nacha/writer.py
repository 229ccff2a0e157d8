"""Writing: frames to bytes, column by column, refusing whatever the standard forbids.

The same rules that `check` applies to a file received stand before a file that leaves. Each column is laid
into the page by the layout of its record type, so no row is touched in Python.
"""

import polars as pl

from formats.errors import FormatError
from formats.nacha.check import content_problems
from formats.nacha.complete import with_facts
from formats.nacha.fields import Layout
from formats.nacha.laying import Sheet
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
    total = int(whole.file["records"].sum())
    sheet = Sheet(total, profile.line_end)
    # Behind each control stand rows of nines; every other row is laid below.
    starts = whole.file["line"] - 1
    for control, following in zip(whole.file["control_line"], [*starts[1:], total], strict=True):
        sheet.nines(control, following)
    for frame, layout, record in _records(whole):
        if frame.height and not sheet.lay(frame, layout):
            refuse(whole, broken(frame, fitting_rules(layout)))
            raise FormatError(f"nacha.write.width: a {record} does not come out at 94 plain characters")
    return sheet.bytes()


def _records(whole: Nacha) -> list[tuple[pl.DataFrame, Layout, str]]:
    family = whole.batches.select(family_of_batch().alias("family"))["family"]
    file, batches = (frame.with_columns(line="control_line") for frame in (whole.file, whole.batches))
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
        parts = whole.batches, batches, whole.entries
        if of_entry is not None:
            its = family == name
            parts = whole.batches.filter(its), batches.filter(its), whole.entries.filter(of_entry == name)
        out += [
            (parts[0], BATCH_HEADER_OF.get(name, BATCH_HEADER), "batch header"),
            (parts[1], BATCH_CONTROL_OF.get(name, BATCH_CONTROL), "batch control"),
            (parts[2], ENTRY[name], "entry"),
        ]
    key = addenda_key(of_addendum).alias("key")
    out += [
        (part, ADDENDA_BY_KIND[str(found[0])], "addenda")
        for found, part in whole.addenda.group_by(key, maintain_order=True)
    ]
    return out
