"""What a benchmark measures and how: a step's seconds and memory, and its yardstick's seconds, in the same process."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    cpu_seconds: float | None = None  # of all threads, user and system
    peak_rss_mb: int | None = None  # the most the process held in this step, with the step's own input

    def as_json(self) -> dict[str, Any]:
        """The step in the shape of `daybook bench`."""
        return {
            "step": self.step,
            "rows": self.rows,
            "seconds": round(self.seconds, 5),
            "rows_per_s": round(self.rows / self.seconds) if self.seconds else None,
            "yardstick": self.yardstick,
            "yardstick_seconds": round(self.yardstick_seconds, 5),
            "ratio": round(self.seconds / self.yardstick_seconds, 2) if self.yardstick_seconds else None,
            "cpu_seconds": None if self.cpu_seconds is None else round(self.cpu_seconds, 5),
            "peak_rss_mb": self.peak_rss_mb,
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
    """Seconds of a block: of the wall, and of the processor over all threads."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Measure a block."""
    clock = Clock()
    began, busy = time.perf_counter(), time.process_time()
    yield clock
    clock.seconds, clock.cpu_seconds = time.perf_counter() - began, time.process_time() - busy


@dataclass(frozen=True)
class Rounds:
    """How steps over the same rows are measured: some rounds each, the yardstick before the step in every round."""

    rounds: int
    rows: int
    yardstick: str
    floor: Callable[[], float]  # the yardstick's seconds, measured now

    def step(self, name: str, work: Callable[[], object]) -> Step:
        """Measure the work: its quickest round beside the quickest yardstick, so that noise favours neither."""
        forget_peak()
        floors, clocks = [], []
        for _ in range(self.rounds):
            floors.append(self.floor())
            with timed() as clock:
                result = work()
            del result
            clocks.append(clock)
        best = min(clocks, key=lambda clock: clock.seconds)
        return Step(name, self.rows, best.seconds, self.yardstick, min(floors), best.cpu_seconds, peak_rss_mb())


_PEAK = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def forget_peak() -> None:
    """Start the peak anew from what the process holds now, where the system can (Linux)."""
    # Elsewhere the peak stays that of the whole life of the process: never too small.
    with suppress(OSError):
        _PEAK.write_text("5")


def peak_rss_mb() -> int:
    """The most memory this process has held since `forget_peak`, in megabytes."""
    if _STATUS.exists():
        held = next((line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:")), None)
        if held:
            return int(held.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def copying(data: bytes) -> Iterator[Callable[[], float]]:
    """Give a copy of these bytes, file to file, to be timed: the floor for whatever reads and writes them."""
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        source, target = Path(folder, "yardstick.in"), Path(folder, "yardstick.out")
        source.write_bytes(data)

        def copy() -> float:
            with timed() as clock:
                target.write_bytes(source.read_bytes())
            target.unlink()
            return clock.seconds

        yield copy


@contextmanager
def copying_file() -> Iterator[tuple[Path, Callable[[], float]]]:
    """Give a place for a file and a copy of it to be timed, block by block, so that the file is never in memory."""
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        source, target = Path(folder, "yardstick.in"), Path(folder, "yardstick.out")

        def copy() -> float:
            with timed() as clock, source.open("rb") as given, target.open("wb") as taken:
                shutil.copyfileobj(given, taken, 1 << 20)
            target.unlink()
            return clock.seconds

        yield source, copy
