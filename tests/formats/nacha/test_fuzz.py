"""Spoiled sample files: whatever the bytes, reading and checking answer and do not raise."""

import random
from pathlib import Path

import pytest

from formats.nacha import check, masked, read


def _spoiled(data: bytes, other: bytes, luck: random.Random) -> bytes:
    out = bytearray(data[:20_000])
    for _ in range(luck.randint(1, 6)):
        at = luck.randrange(len(out) + 1)
        match luck.randrange(8):
            case 0:
                out[at : at + 1] = bytes([luck.randrange(256)])
            case 1:
                del out[at : at + luck.randint(1, 200)]
            case 2:
                out[at:at] = other[: luck.randint(1, 300)]
            case 3:
                out[at:at] = luck.choice([b"\r", b"\n", b"\x00", b"\xff", b"  ", b"9" * 94, b"\xc3\xa9", b"+", b"-"])
            case 4:
                start = at // 95 * 95
                out[at:at] = out[start : start + 95]
            case 5:
                start = at // 95 * 95
                out[start : start + 1] = luck.choice([b"1", b"5", b"6", b"7", b"8", b"9", b"0"])
            case 6:
                start = at // 95 * 95
                out[start + 1 : start + 3] = luck.choice([b"05", b"98", b"99", b"10", b"02", b"81", b"ZZ"])
            case _:
                del out[at:]
    return bytes(out)


def _fuzz(corpus: Path, rounds: int, seed: int) -> None:
    luck = random.Random(seed)  # noqa: S311 - seeded on purpose
    samples = [path.read_bytes() for path in sorted(corpus.rglob("*")) if path.is_file() and path.suffix != ".csv"]
    for _ in range(rounds):
        found = read(_spoiled(luck.choice(samples), luck.choice(samples), luck))
        check(found)
        masked(found)
        assert found.problems.height + found.entries.height + found.file.height > 0


def test_spoiled_samples_never_raise(nacha_corpus: Path) -> None:
    _fuzz(nacha_corpus, 200, seed=20260302)


@pytest.mark.long
def test_a_hundred_thousand_spoiled_samples_never_raise(nacha_corpus: Path) -> None:
    _fuzz(nacha_corpus, 100_000, seed=7)
