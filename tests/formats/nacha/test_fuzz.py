"""Spoiled sample files: whatever the bytes, reading and checking answer, do not raise and do not swell."""

import random
import resource
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from formats.nacha import Nacha, check, masked, read
from formats.problems import PROBLEMS

MOST_BYTES = 20_000  # of a sample: some 200 records
# A line of one letter may become a record with all its columns; nothing may grow beyond such rows.
ROW_BYTES = 2_000
# The same few megabytes serve every round: what the process holds must not grow with the rounds.
GROWTH_MB = 300

Luck = random.Random
Change = Callable[[bytearray, int, bytes, Luck], None]


def _flip_a_bit(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    out[at] ^= 1 << luck.randrange(8)


def _put_any_byte(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    out[at] = luck.randrange(256)


def _cut_a_piece(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    del out[at : at + luck.randint(1, 200)]


def _cut_the_rest(out: bytearray, at: int, _other: bytes, _luck: Luck) -> None:
    del out[at:]


def _cut_a_line(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    """A line loses its end, not its line end."""
    end = out.find(b"\n", at)
    del out[at : end if 0 <= end < at + 94 else at + luck.randint(1, 93)]


def _insert_another_file(out: bytearray, at: int, other: bytes, luck: Luck) -> None:
    out[at:at] = other[: luck.randint(1, 300)]


def _insert_something_odd(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    out[at:at] = luck.choice([b"\x00", b"\xff", b"  ", b"9" * 94, b"\xc3\xa9", b"\xef\xbb\xbf", b"+", b"-", b"\t"])


def _insert_a_line_end(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    out[at:at] = luck.choice([b"\r", b"\n", b"\r\n", b"\n\n"])


def _remove_line_ends(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    """One line end, or all from here on."""
    rest = bytes(out[at:])
    out[at:] = rest.replace(b"\n", b"", 1 if luck.random() < 0.5 else -1)


def _double_a_part(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    out[at:at] = out[at : at + luck.randint(1, 1000)]


def _double_a_record(out: bytearray, at: int, _other: bytes, _luck: Luck) -> None:
    start = at // 95 * 95
    out[at:at] = out[start : start + 95]


def _swap_records(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    one, two = sorted((at // 95 * 95, luck.randrange(len(out)) // 95 * 95))
    if one + 95 <= two:
        out[one : one + 95], out[two : two + 95] = out[two : two + 95], out[one : one + 95]


def _change_a_digit(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    place = next((here for here in range(at, len(out)) if chr(out[here]).isdigit()), at)
    out[place] = ord(str(luck.randrange(10)))


def _change_the_type(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    start = at // 95 * 95
    out[start : start + 1] = luck.choice([b"1", b"5", b"6", b"7", b"8", b"9", b"0"])


def _change_the_code(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    start = at // 95 * 95
    out[start + 1 : start + 3] = luck.choice([b"05", b"98", b"99", b"10", b"02", b"81", b"ZZ"])


def _change_the_sec(out: bytearray, at: int, _other: bytes, luck: Luck) -> None:
    start = out.find(b"\n5", at) + 1 or at // 95 * 95
    out[start + 50 : start + 53] = luck.choice([b"IAT", b"ADV", b"CTX", b"COR", b"SHR", b"ACK", b"ppd", b"   "])


CHANGES: list[Change] = [
    _flip_a_bit,
    _put_any_byte,
    _cut_a_piece,
    _cut_the_rest,
    _cut_a_line,
    _insert_another_file,
    _insert_something_odd,
    _insert_a_line_end,
    _remove_line_ends,
    _double_a_part,
    _double_a_record,
    _swap_records,
    _change_a_digit,
    _change_the_type,
    _change_the_code,
    _change_the_sec,
]


def _spoiled(data: bytes, other: bytes, luck: Luck) -> bytes:
    out = bytearray(data[:MOST_BYTES])
    for change in luck.choices(CHANGES, k=luck.randint(1, 6)):
        if out:
            change(out, luck.randrange(len(out)), other, luck)
    return bytes(out)


def _held(found: Nacha, checked: pl.DataFrame) -> int:
    frames = (found.file, found.batches, found.entries, found.addenda, found.problems, checked)
    return sum(int(frame.estimated_size()) for frame in frames)


def _fuzz(corpus: Path, rounds: int, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311 - seeded on purpose
    samples = [path.read_bytes() for path in sorted(corpus.rglob("*")) if path.is_file() and path.suffix != ".csv"]
    before = 0
    for number in range(rounds):
        data = _spoiled(luck.choice(samples), luck.choice(samples), luck)
        found = read(data)
        checked = check(found)
        masked(found)
        assert checked.schema == pl.Schema(PROBLEMS)
        assert found.problems.height + found.entries.height + found.file.height > 0
        records = len(data) // 94 + data.count(b"\n") + data.count(b"\r") + 20
        assert _held(found, checked) < records * ROW_BYTES + 1000 * len(PROBLEMS) * 100, f"round {number}"
        if number == rounds // 10:
            before = _peak_mb()
    assert _peak_mb() - before < GROWTH_MB


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_spoiled_samples_never_raise(nacha_corpus: Path) -> None:
    _fuzz(nacha_corpus, 300, seed=20260302)


@pytest.mark.long
def test_a_hundred_thousand_spoiled_samples_never_raise(nacha_corpus: Path) -> None:
    _fuzz(nacha_corpus, 100_000, seed=7)
