"""Benchmarks: each speed is a ratio to a yardstick measured in the same run on the same machine."""

from collections.abc import Callable

from pipelines.bench.measure import Bench, Step, peak_rss_mb

__all__ = ["BENCHES", "Bench", "Step", "peak_rss_mb"]


def _night(size: int) -> Bench:
    from pipelines.bench.night import bench_night  # noqa: PLC0415 - each bench loads what it needs

    return bench_night(size)


def _nacha(size: int) -> Bench:
    from pipelines.bench.files import bench_nacha  # noqa: PLC0415

    return bench_nacha(size)


def _edi834(size: int) -> Bench:
    from pipelines.bench.files import bench_edi834  # noqa: PLC0415

    return bench_edi834(size)


def _billing(size: int) -> Bench:
    from pipelines.bench.billing import bench_billing  # noqa: PLC0415

    return bench_billing(size)


BENCHES: dict[str, tuple[int, Callable[[int], Bench]]] = {
    "night": (100_000, _night),
    "billing": (1_000_000, _billing),
    "nacha": (1_000_000, _nacha),
    "edi834": (100_000, _edi834),
}
