"""Where each record of a file to be written stands: its line, from the number of records before it."""

import numpy as np
import polars as pl

from formats.nacha.bytesof import Numbers
from formats.nacha.enrich import count_at, sum_at
from formats.nacha.profile import Profile
from formats.nacha.schema import Nacha


def with_lines(parts: Nacha, profile: Profile) -> Nacha:
    """Give every record the line it will be written on; rows of nines fill each file up to blocks of ten.

    Batches, entries and addenda stand in the order of their file, batch and entry.
    """
    file_of, batch_of, entry_of = (
        frame[name].to_numpy()
        for frame, name in ((parts.batches, "file"), (parts.entries, "batch"), (parts.addenda, "entry"))
    )
    held = count_at(entry_of, parts.entries.height)  # addenda of each entry
    inside = count_at(batch_of, parts.batches.height) + count_at(batch_of[entry_of], parts.batches.height)
    size = sum_at(file_of, inside + 2, parts.file.height) + 2
    block = 10 if profile.blocking else 1
    records = -(-size // block) * block
    file_line = _before(records) + 1
    # A running number over the whole stream, less that of the first in the same file or batch, is the place.
    batch_line = file_line[file_of] + 1 + _before(inside + 2) - _before(size - 2)[file_of]
    ahead = _before(held)  # addenda of earlier entries
    entry_line = (batch_line + 1 - _before(inside))[batch_of] + np.arange(len(batch_of)) + ahead
    addendum_line = (entry_line + 1 - ahead)[entry_of] + np.arange(len(entry_of))
    return Nacha(
        parts.file.with_columns(
            records=pl.Series(records), line=pl.Series(file_line), control_line=pl.Series(file_line + size - 1)
        ),
        parts.batches.with_columns(line=pl.Series(batch_line), control_line=pl.Series(batch_line + inside + 1)),
        parts.entries.with_columns(line=pl.Series(entry_line)),
        parts.addenda.with_columns(line=pl.Series(addendum_line)),
        parts.problems,
    )


def _before(counts: Numbers) -> Numbers:
    """Sum what stands before each."""
    out: Numbers = np.cumsum(counts) - counts
    return out
