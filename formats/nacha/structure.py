"""Which file, batch and entry each record belongs to, from the order of record types alone.

Order by the standard: 1, then per batch 5, 6 (each followed by its 7s), 8; then 9; then rows of nines. The few
records that open or close something mark the stream; what stands between two marks shares its place.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from formats.nacha.bytesof import BLANK, Flags, Numbers, Page, text_of
from formats.rules import reported, together

_PADDING, _OTHER = 10, 0
_NINE = ord("9")
_DIGIT = np.zeros(256, np.uint8)
_DIGIT[ord("0") : ord("9") + 1] = range(10)
_KNOWN = np.isin(np.arange(11), [1, 5, 6, 7, 8, 9])
NOWHERE = -1  # the place of a record that stands outside what would hold it


@dataclass(frozen=True)
class Records:
    """Some records of a page: their rows, and their places by name (`NOWHERE` where they have none)."""

    page: Page
    rows: Numbers
    places: dict[str, Numbers] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the records."""
        return len(self.rows)

    def where(self, chosen: Flags) -> "Records":
        """Choose some of the records."""
        if chosen.all():
            return self
        return Records(self.page, self.rows[chosen], {name: place[chosen] for name, place in self.places.items()})

    def text(self, start: int, end: int) -> pl.Series:
        """Give columns `start` to `end` (1-based, inclusive) without blanks at their end."""
        return text_of(self.page, self.rows, start, end)

    def columns(self) -> list[pl.Series]:
        """Give the places (null for nowhere) and the 1-based `line`."""
        return [nullable(name, place) for name, place in self.places.items()] + [pl.Series("line", self.rows + 1)]


@dataclass(frozen=True)
class Parts:
    """The records by type with their places; `files` has `file` and `records`."""

    files: pl.DataFrame
    file_headers: Records  # file
    file_controls: Records  # file
    batch_headers: Records  # batch, file
    batch_controls: Records  # batch
    entries: Records  # entry, batch
    addenda: Records  # addendum, entry, batch
    problems: pl.DataFrame


def sort_out(page: Page) -> Parts:
    """Place every record of the page; misplaced ones are reported and stand `NOWHERE`."""
    kinds = _typed(page)
    typed = np.flatnonzero(_KNOWN[kinds])
    kind = kinds[typed]
    marks = np.flatnonzero((kind != 6) & (kind != 7))
    mark = kind[marks]
    # What was last opened or closed before each mark: 0 at the start of the stream.
    before = np.concatenate([[0], mark[:-1]]).astype(np.uint8) if len(mark) else mark
    file = np.cumsum(mark == 1) - (1 if _opens(kind) else 0)
    batch = np.cumsum(mark == 5) - 1
    rows = typed[marks]

    def records(chosen: Flags, **places: Numbers) -> Records:
        return Records(page, rows[chosen], {name: place[chosen] for name, place in places.items()})

    entries, addenda = _between(page, typed, kind, marks, np.where(mark == 5, batch, NOWHERE))
    control = (mark == 9) & (before != 0)
    own = control & (before != 9)
    own[own] = np.diff(file[own], prepend=NOWHERE) > 0
    file_controls = records(own, file=file)
    batch_controls = records((mark == 8) & (before == 5), batch=batch)
    batch_headers = records(mark == 5, batch=batch, file=file)
    starts = _starts(typed, kind)
    problems = [
        _unknown(page, kinds),
        _after_control(typed, kind, marks, before),
        _missing(starts[:0] if _opens(kind) else starts[:1], starts, file_controls, batch_headers, batch_controls),
        _misplaced(records((mark == 8) & (before != 5)), records(control & ~own), entries, addenda),
    ]
    return Parts(
        _files(starts, kinds != _OTHER),
        records(mark == 1, file=file),
        file_controls,
        batch_headers,
        batch_controls,
        entries,
        addenda,
        together(problems),
    )


def _opens(kind: npt.NDArray[np.uint8]) -> bool:
    """Whether the stream starts with a file header, as it should."""
    return len(kind) > 0 and bool(kind[0] == 1)


def nullable(name: str, place: Numbers) -> pl.Series:
    """Give places as a column that is null for `NOWHERE`."""
    out = pl.Series(name, place)
    return out.set(out < 0, None) if len(place) and place.min() < 0 else out


def _typed(page: Page) -> npt.NDArray[np.uint8]:
    """Tell the type of every record: its first digit, 10 for a row of nines, 0 for none."""
    kinds = _DIGIT[page.lines[:, 0]]
    nines = np.flatnonzero(kinds == 9)
    cells = page.cells[nines]
    count = (cells == _NINE).sum(axis=1)
    # A lone short row of nines could be a control cut to its type; two digits already are padding.
    rest = np.where(np.arange(94) < count[:, None], cells == _NINE, np.isin(cells, [BLANK, 0x0D, 0x0A]))
    kinds[nines[rest.all(axis=1) & (count > 1)]] = _PADDING
    return kinds


def _between(
    page: Page, typed: Numbers, kind: npt.NDArray[np.uint8], marks: Numbers, batch: Numbers
) -> tuple[Records, Records]:
    """Place entries and addenda: `batch` is that of what follows each mark."""
    sixes, sevens = np.flatnonzero(kind == 6), np.flatnonzero(kind == 7)
    entry = np.arange(len(sixes))
    entries = Records(page, typed[sixes], {"entry": entry, "batch": _spread(sixes, marks, batch)})
    # An addenda belongs to the last entry, if no mark stands between and the batch is open.
    last = np.searchsorted(sixes, sevens) - 1
    its_batch = _spread(sevens, marks, batch)
    mark = _spread(sevens, marks, marks)
    has_entry = (last >= 0) & (its_batch != NOWHERE)
    has_entry[has_entry] = sixes[last[has_entry]] > mark[has_entry]
    places = {
        "addendum": np.arange(len(sevens)),
        "entry": np.where(has_entry, last, NOWHERE),
        "batch": its_batch,
    }
    return entries, Records(page, typed[sevens], places)


def _spread(at: Numbers, marks: Numbers, values: Numbers) -> Numbers:
    """Give each place in `at` (rising) the value of the last mark before it; `NOWHERE` before the first."""
    counts = np.diff(np.searchsorted(at, marks), prepend=0, append=len(at))
    return np.repeat(np.concatenate([[NOWHERE], values]), counts)


def _starts(typed: Numbers, kind: npt.NDArray[np.uint8]) -> Numbers:
    """Give the row of each file's first record: a header, or whatever opens the stream."""
    first: Flags = kind == 1
    first[:1] = True
    return typed[first]


def _files(starts: Numbers, held: Flags) -> pl.DataFrame:
    """List the files with the number of their physical records, rows of nines included."""
    rows = np.flatnonzero(held)
    bounds = np.append(np.searchsorted(rows, starts), len(rows))
    if len(starts) == 1:
        bounds[0] = 0
    return pl.DataFrame({"file": np.arange(len(starts)), "records": np.diff(bounds)})


def _unknown(page: Page, kinds: npt.NDArray[np.uint8]) -> pl.DataFrame:
    """Report lines that are neither blank nor of a known type."""
    odd = np.flatnonzero(~_KNOWN[kinds] & (kinds != _PADDING))
    if len(odd):
        odd = odd[(text_of(page, odd).str.strip_chars() != "").to_numpy()]
    return _found(
        odd,
        "nacha.record.unknown",
        "the record does not start with a known record type (1 5 6 7 8 9)",
        "the line was skipped",
        column=1,
    )


def _after_control(
    typed: Numbers, kind: npt.NDArray[np.uint8], marks: Numbers, before: npt.NDArray[np.uint8]
) -> pl.DataFrame:
    """Report the records behind a file control, up to the next mark: that mark too, if it is of a batch."""
    mark = kind[marks]
    late = np.zeros(len(kind), np.bool_)
    late[marks] = (before == 9) & ((mark == 5) | (mark == 8))
    inner = np.flatnonzero((kind == 6) | (kind == 7))
    late[inner] = _spread(inner, marks, mark.astype(np.int64)) == 9
    return _found(
        typed[late],
        "nacha.file.after_control",
        "a record follows the file control",
        "the file control must close the file",
    )


def _missing(
    headless: Numbers, starts: Numbers, controls: Records, batches: Records, batch_controls: Records
) -> pl.DataFrame:
    """Report files and batches that lack their header or control."""
    endless = starts[~np.isin(np.arange(len(starts)), controls.places["file"])]
    open_ended = batches.rows[~np.isin(batches.places["batch"], batch_controls.places["batch"])]
    return together(
        [
            _found(headless, "nacha.file.no_header", "the file has no header (record type 1)"),
            _found(endless, "nacha.file.no_control", "the file has no control (record type 9)"),
            _found(open_ended, "nacha.batch.no_control", "the batch has no control (record type 8)"),
        ]
    )


def _misplaced(stray: Records, second: Records, entries: Records, addenda: Records) -> pl.DataFrame:
    """Report controls without what they control, and entries and addenda outside a batch."""
    found = [
        _found(stray.rows, "nacha.batch.no_header", "a batch control without a batch header"),
        _found(second.rows, "nacha.file.second_control", "a second file control", "only the first counts"),
    ]
    for records, words in ((entries, "entry"), (addenda, "addenda")):
        found.append(
            _found(
                records.rows[records.places["batch"] == NOWHERE],
                "nacha.batch.no_header",
                f"an {words} record stands outside a batch",
                "it was read without the batch's company, SEC code and ODFI",
            )
        )
    orphans = addenda.rows[addenda.places["entry"] == NOWHERE]
    return together([*found, _found(orphans, "nacha.addenda.no_entry", "an addenda record has no entry before it")])


def _found(rows: Numbers, rule: str, message: str, hint: str = "", *, column: int | None = None) -> pl.DataFrame:
    return reported(pl.Series(rows + 1), rule, column, message, hint)
