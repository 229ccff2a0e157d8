"""Control totals straight from the bytes, by another road than the writer's: the last look before release.

Nothing of the reader, the writer or the layouts is used here, so that a mistake in them can't hide itself.
It demands the form in which files leave: 94 plain columns and one kind of line end.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from formats.errors import FormatError

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_DEBITS = (26, 27, 28, 29, 36, 37, 38, 39, 46, 47, 48, 49, 55, 56, 82, 84, 86, 88)
_CREDITS = (21, 22, 23, 24, 31, 32, 33, 34, 41, 42, 43, 44, 51, 52, 53, 54, 81, 83, 85, 87)


@dataclass(frozen=True)
class ControlTotals:
    """What the records of a stream add up to, and where its control records say otherwise."""

    files: int
    batches: int
    entries: int
    addenda: int
    entry_hash: int  # low ten digits over all files
    debit_cents: int
    credit_cents: int
    records: int
    mismatches: tuple[str, ...]  # plain words: line and field of each control that disagrees

    @property
    def agrees(self) -> bool:
        """Whether every control record says what the records are."""
        return not self.mismatches


def totals(data: bytes) -> ControlTotals:
    """Recount a built file: entries, addenda, hash, debits, credits, batches, against both controls.

    Raises:
        FormatError: the bytes are not whole 94-column ASCII records in the order of the standard, so nothing
            can be counted with certainty.
    """
    page = _page(data)
    kind = page[:, 0].copy()
    padding = np.zeros(len(page), np.bool_)
    nines = np.flatnonzero(kind == ord("9"))
    padding[nines] = (page[nines] == ord("9")).all(axis=1)
    heads, tails = np.flatnonzero(kind == ord("5")), np.flatnonzero(kind == ord("8"))
    starts, ends = np.flatnonzero(kind == ord("1")), np.flatnonzero((kind == ord("9")) & ~padding)
    _must_alternate(heads, tails, "batch")
    _must_alternate(starts, ends, "file")
    is_entry, is_addenda = kind == ord("6"), kind == ord("7")
    known = is_entry | is_addenda | padding | np.isin(kind, [ord(c) for c in "1589"])
    if not known.all():
        raise FormatError("a record has an unknown type", where=f"line {int(np.flatnonzero(~known)[0]) + 1}")
    entry_rows = np.flatnonzero(is_entry)
    entries = page[:, :39][entry_rows]
    first, last = np.searchsorted(entry_rows, heads), np.searchsorted(entry_rows, tails)
    # Advices (ADV) have wider amounts in entries and controls.
    advice = (page[heads, 50:53] == np.frombuffer(b"ADV", np.uint8)).all(axis=1)
    code, routing = _number(entries, 2, 3), _number(entries, 4, 11)
    amount = _number(entries, 30, 39)
    for start, end in zip(first[advice], last[advice], strict=True):
        amount[start:end] = _number(entries[start:end], 28, 39)
    debit, credit = amount * np.isin(np.arange(100), _DEBITS)[code], amount * np.isin(np.arange(100), _CREDITS)[code]
    columns = {"hash": routing, "debits": debit, "credits": credit}
    running = {name: np.concatenate([[0], np.cumsum(values)]) for name, values in columns.items()}
    counts = np.concatenate([[0], np.cumsum(is_entry | is_addenda)])
    sums = {name: total[last] - total[first] for name, total in running.items()}
    sums["count"] = counts[tails] - counts[heads]
    sums["advices"] = advice.astype(np.int64)
    wrong = [*_batch_mismatches(page, heads, tails, sums), *_file_mismatches(page, starts, ends, heads, sums)]
    in_batches = int(sums["count"].sum())
    if in_batches != int(counts[-1]):
        wrong.append(f"{int(counts[-1]) - in_batches} entries or addenda stand outside the batches")
    return ControlTotals(
        files=len(starts),
        batches=len(heads),
        entries=int(is_entry.sum()),
        addenda=int(is_addenda.sum()),
        entry_hash=int(routing.sum() % 10**10),
        debit_cents=int(debit.sum()),
        credit_cents=int(credit.sum()),
        records=len(page),
        mismatches=tuple(wrong),
    )


def _page(data: bytes) -> Bytes:
    step = 96 if data[94:96] == b"\r\n" else 95
    if not data or len(data) % step or data[94:step] not in (b"\n", b"\r\n"):
        raise FormatError("the file is not made of whole 94-column records with line ends")
    page = np.frombuffer(data, np.uint8).reshape(-1, step)
    if (page[:, 94:] != page[0, 94:]).any() or page[:, :94].min() < 0x20 or page.max() > 0x7E:
        raise FormatError("a line of the file is not 94 plain characters long")
    return page[:, :94]


def _must_alternate(heads: Numbers, tails: Numbers, what: str) -> None:
    """Every header is closed by its control before the next one opens."""
    if len(heads) != len(tails) or (heads >= tails).any() or (tails[:-1] >= heads[1:]).any():
        raise FormatError(f"{what} headers and controls do not follow each other in pairs")


def _number(rows: Bytes, start: int, end: int) -> Numbers:
    digits = np.ascontiguousarray(rows[:, start - 1 : end].T) - np.uint8(ord("0"))
    if digits.size and digits.max() > 9:
        raise FormatError(f"a number in columns {start}-{end} is not made of digits")
    value: Numbers = np.zeros(len(rows), np.int64)
    for digit in digits:
        value *= 10
        value += digit
    return value


def _told(controls: Bytes, wide: Flags, narrow: tuple[int, int], broad: tuple[int, int]) -> Numbers:
    """Read a total of control records, from its wider columns in those of advices."""
    value: Numbers = np.zeros(len(controls), np.int64)
    for these, (start, end) in ((~wide, narrow), (wide, broad)):
        value[these] = _number(controls[these], start, end)
    return value


def _differences(rows: Numbers, record: str, claims: dict[str, tuple[Numbers, Numbers]]) -> list[str]:
    """Put each control value that differs into words; no more than twenty of a kind."""
    out = []
    for name, (told, counted) in claims.items():
        out += [
            f"line {int(rows[at]) + 1}: {record} control says {name} {int(told[at])}, counted {int(counted[at])}"
            for at in np.flatnonzero(told != counted)[:20]
        ]
    return out


def _batch_mismatches(page: Bytes, heads: Numbers, tails: Numbers, sums: dict[str, Numbers]) -> list[str]:
    control, header = page[tails], page[heads]
    advice = sums["advices"] > 0
    claims = {
        "count": (_number(control, 5, 10), sums["count"]),
        "hash": (_number(control, 11, 20), sums["hash"] % 10**10),
        "debits": (_told(control, advice, (21, 32), (21, 40)), sums["debits"]),
        "credits": (_told(control, advice, (33, 44), (41, 60)), sums["credits"]),
        "service class": (_number(control, 2, 4), _number(header, 2, 4)),
        "ODFI": (_number(control, 80, 87), _number(header, 80, 87)),
        "batch number": (_number(control, 88, 94), _number(header, 88, 94)),
    }
    return _differences(tails, "batch", claims)


def _file_mismatches(
    page: Bytes, starts: Numbers, ends: Numbers, heads: Numbers, sums: dict[str, Numbers]
) -> list[str]:
    control = page[ends]
    first, last = np.searchsorted(heads, starts), np.searchsorted(heads, ends)
    per_file = {
        name: np.concatenate([[0], np.cumsum(values)])[last] - np.concatenate([[0], np.cumsum(values)])[first]
        for name, values in sums.items()
    }
    wide = per_file["advices"] > 0
    until = np.append(starts[1:], len(page))
    claims = {
        "batches": (_number(control, 2, 7), last - first),
        "blocks": (_number(control, 8, 13), (until - starts + 9) // 10),
        "count": (_number(control, 14, 21), per_file["count"]),
        "hash": (_number(control, 22, 31), per_file["hash"] % 10**10),
        "debits": (_told(control, wide, (32, 43), (32, 51)), per_file["debits"]),
        "credits": (_told(control, wide, (44, 55), (52, 71)), per_file["credits"]),
    }
    return _differences(ends, "file", claims)
