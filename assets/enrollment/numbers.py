"""Control numbers of a partner: unique for ever and without gaps.

They are taken in the transaction that records the file, under a lock per partner.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from resources.record import Tx

KINDS = ("ISA13", "GS06", "ST02")
NUMBERS = {"kind": pl.String, "value": pl.Int64}


class Numbers:
    """Gives out the next numbers per partner."""

    def __init__(self, tx: Tx, partners: Iterable[str]) -> None:
        """Lock the partners in one order, so that two writers never wait for each other, and read how far they are."""
        names = sorted(set(partners))
        for name in names:
            tx.read("enrollment/lock_partner", partner=name)
        found = tx.read("enrollment/highest_numbers", partners=names)
        self._last = {(p, k): int(v) for p, k, v in found.select("partner", "kind", "highest").iter_rows()}

    def take(self, partner: str, sets: int) -> tuple[int, int, int]:
        """The numbers of one file: its ISA13, its GS06 and the first of its `sets` ST02."""
        firsts = []
        for kind, count in zip(KINDS, (1, 1, sets), strict=True):
            last = self._last.get((partner, kind), 0)
            self._last[partner, kind] = last + count
            firsts.append(last + 1)
        return firsts[0], firsts[1], firsts[2]


def given(numbers: tuple[int, int, int], sets: int) -> pl.DataFrame:
    """The numbers of one file as rows of exchange.control_number: kind, value."""
    values = [("ISA13", numbers[0]), ("GS06", numbers[1]), *(("ST02", numbers[2] + n) for n in range(sets))]
    return pl.DataFrame(values, schema=NUMBERS, orient="row")
