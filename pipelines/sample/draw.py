"""Numbers from a seed that stay the same from one NumPy to the next.

NumPy keeps its bit generators' streams for ever, but not what its distributions make of them: so only raw bits are
taken, and the few distributions needed are made here.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Draw:
    """A stream of its own for each purpose, so that a change in one leaves the others as they were."""

    def __init__(self, seed: int, purpose: str) -> None:
        """Take the run's seed and what the numbers are for."""
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())]))

    def uniform(self, count: int) -> Floats:
        """Numbers from 0 to below 1."""
        raw: Floats = (self._bits.random_raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return raw

    def whole(self, count: int, low: int, high: int) -> Ints:
        """Whole numbers from low to high, both included."""
        return low + (self.uniform(count) * (high - low + 1)).astype(np.int64)

    def pick(self, count: int, *weights: float) -> Ints:
        """Positions in a list of weights."""
        edges = np.cumsum(np.array(weights))
        found: Ints = np.searchsorted(edges / edges[-1], self.uniform(count), side="right").astype(np.int64)
        return np.minimum(found, len(weights) - 1)

    def chance(self, count: int, share: float) -> npt.NDArray[np.bool_]:
        """True for about this share."""
        return self.uniform(count) < share

    def some(self, among: int, count: int) -> Ints:
        """`count` different positions (fewer if there are fewer), in rising order."""
        return np.sort(np.argsort(self.uniform(among), kind="stable")[:count]).astype(np.int64)
