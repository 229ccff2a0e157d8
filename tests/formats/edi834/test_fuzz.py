"""The readers never crash: seeded mutations of every sample, a share of them in each run, more under --long."""

import random
from pathlib import Path

import polars as pl
import pytest

from formats.edi834 import COVERAGES, EXTRAS, INTERCHANGE, MEMBERS, check, read, read_acks, rules, write
from formats.problems import PROBLEMS
from tests.formats.edi834.book import STAMP, profile
from tests.formats.edi834.extras_book import loaded

WORDS = [
    b"~", b"*", b"ISA*", b"INS*Y*18", b"HD*", b"LX*1~", b"LS*2700~", b"LE*2700~", b"NM1*36*2~", b"COB*", b"\x00",
    b"\xff\xfe", b"99999999999999999999", b"AK9*", b"IK4*x:y", b"OTI*", b"\r\n", b"DTP*348*D8*", b"GE*", b"SE*",
]  # fmt: skip
KNOWN = set(rules()["rule"])


def mutated(data: bytes, draw: random.Random) -> bytes:
    """The data with some bytes cut, doubled, changed, moved, or words of the standard put in."""
    for _ in range(draw.randint(1, 6)):
        at, width = draw.randrange(len(data) + 1), draw.choice([1, 1, 3, 20, 200])
        piece = data[at : at + width]
        match draw.randrange(6):
            case 0:
                data = data[:at] + data[at + width :]
            case 1:
                data = data[:at] + piece + data[at:]
            case 2:
                data = data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]
            case 3:
                data = data[:at] + draw.choice(WORDS) + data[at:]
            case 4:
                data = data[:at]
            case _:
                other = draw.randrange(len(data) + 1)
                data = data[:other] + piece + data[other:]
    return data


def survives(data: bytes) -> None:
    found = read(data)
    frames = [(found.members, MEMBERS), (found.coverages, COVERAGES), (found.interchange, INTERCHANGE)]
    frames += [(found.extras[name], EXTRAS[name]) for name in EXTRAS]
    for frame, shape in frames:
        assert frame.schema == pl.Schema(shape)
    assert found.problems.schema == pl.Schema(PROBLEMS)
    assert set(found.problems["rule"]) <= KNOWN
    read_acks(data)


def samples(corpus: Path) -> list[bytes]:
    return [p.read_bytes() for p in sorted(corpus.rglob("*")) if p.is_file() and p.suffix != ".csv"]


def test_a_share_of_mutations_is_read(corpus: Path) -> None:
    draw = random.Random(834)  # noqa: S311 - not a secret
    some = [*samples(corpus), write(loaded(), profile(), STAMP)]
    for number in range(120):
        survives(mutated(some[number % len(some)], draw))


def test_what_was_mutated_can_be_checked(corpus: Path) -> None:
    del corpus
    draw = random.Random(5010)  # noqa: S311
    whole = write(loaded(), profile(), STAMP)
    for _ in range(15):
        back = read(mutated(whole, draw))
        assert set(check(back, profile())["rule"]) <= KNOWN


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_many_mutations_are_read(corpus: Path, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    some = [*samples(corpus), write(loaded(), profile(), STAMP)]
    for _ in range(500):
        survives(mutated(draw.choice(some), draw))
