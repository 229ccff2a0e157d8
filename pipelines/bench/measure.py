"""What a benchmark measures and how: wall seconds of a step, and of its yardstick, in the same process."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Step:
    """One measured step; the yardstick says what the same rows or bytes cost without us."""

    step: str
    rows: int
    seconds: float
    yardstick: str
    yardstick_seconds: float

    def as_json(self) -> dict[str, Any]:
        """The step in the shape of `daybook bench`."""
        return {
            "step": self.step,
            "rows": self.rows,
            "seconds": round(self.seconds, 3),
            "rows_per_s": round(self.rows / self.seconds) if self.seconds else None,
            "yardstick": self.yardstick,
            "yardstick_seconds": round(self.yardstick_seconds, 3),
            "ratio": round(self.seconds / self.yardstick_seconds, 2) if self.yardstick_seconds else None,
        }


@dataclass
class Bench:
    """The result of one benchmark."""

    bench: str
    size: int
    steps: list[Step] = field(default_factory=list)
    peak_rss_mb: int = 0

    def as_json(self) -> dict[str, Any]:
        """The shape machines read."""
        return {
            "bench": self.bench,
            "size": self.size,
            "steps": [s.as_json() for s in self.steps],
            "peak_rss_mb": self.peak_rss_mb,
        }


class Clock:
    """Seconds of a block."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Measure a block's wall time."""
    clock = Clock()
    began = time.perf_counter()
    yield clock
    clock.seconds = time.perf_counter() - began


def peak_rss_mb() -> int:
    """The most memory this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def copy_seconds(data: bytes, folder: Path) -> float:
    """How long it takes to copy these bytes from file to file: the floor for anything that reads and writes them."""
    source, target = folder / "yardstick.in", folder / "yardstick.out"
    source.write_bytes(data)
    try:
        with timed() as clock:
            target.write_bytes(source.read_bytes())
        return clock.seconds
    finally:
        source.unlink()
        target.unlink(missing_ok=True)
