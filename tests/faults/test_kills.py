"""kill -9 of the night, at steps' boundaries and at random moments: run again, and nothing shows that it happened.

Under --long at every boundary, else at a seeded third of them.

The record, the files' bytes and what lies at the partners' equal those of an undisturbed installation.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from resources.home import ROOT, Home
from tests.faults.victim import ALL
from tests.night.conftest import fresh_database
from tests.night.test_night import contents
from tests.support.world import World, new_world

SEED = 20261102
RANDOM_KILLS = 1  # in each part, beside one before and one after every step's commit
# Steps of which the demo has none, or not the rows.
BESIDES = {"billing.memo", "billing.memos", "billing.dunning", "documents.render"}
PATIENCE_S = 300.0


class Victim:
    """A warmed-up process that plays one part when told."""

    def __init__(self) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAYBOOK_", "DAGSTER_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.victim"],
            cwd=ROOT,
            env={**clean, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def play(self, world: World, part: int, kill: str | None = None, after_s: float | None = None) -> list[str]:
        """Play; returns the boundaries passed. Dies at `kill`, or `after_s` seconds after the start of the part."""
        order = {
            "home": str(world.home.path),
            "logins": asdict(world.desk.logins),
            "script": {**asdict(world.script), "date": world.script.date.isoformat()},
            "part": part,
            "kill": kill,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        if after_s is not None:
            time.sleep(after_s)
            self.process.kill()
        _, said = self.process.communicate(timeout=PATIENCE_S)
        self.said = said
        return re.findall(r"^boundary (.+)$", said, re.MULTILINE)

    @property
    def died(self) -> bool:
        return self.process.returncode == -signal.SIGKILL

    @property
    def finished(self) -> bool:
        return self.process.returncode == 0

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


def at_partners(world: World) -> dict[str, int]:
    """What the partners hold: names in each inbox, with the count of files of that name or like it."""
    held: dict[str, int] = {}
    for path in Path(world.home.counterparties).glob("*/inbox/*"):
        held[f"{path.parent.parent.name}/{path.name}"] = held.get(f"{path.parent.parent.name}/{path.name}", 0) + 1
    return held


@pytest.fixture(scope="module")
def undisturbed(server_home: Home) -> Iterator[tuple[World, list[dict[str, Any]]]]:
    """A world played without a fault, and what each part passed and how long it took."""
    with new_world(fresh_database(server_home, f"kills_calm_{os.getpid()}")) as world:
        parts = []
        for number in range(len(ALL)):
            victim = Victim()
            began = time.perf_counter()
            passed = victim.play(world, number)
            assert victim.finished, victim.said[-2000:]
            parts.append({"passed": list(dict.fromkeys(passed)), "seconds": time.perf_counter() - began})
        yield world, parts


def test_killed_anywhere_and_run_again_equals_undisturbed(
    undisturbed: tuple[World, list[dict[str, Any]]], server_home: Home, request: pytest.FixtureRequest
) -> None:
    calm, parts = undisturbed
    everywhere = bool(request.config.getoption("--long"))
    rng = random.Random(SEED)  # noqa: S311 - a schedule, not a secret
    killed: list[str] = []
    with new_world(fresh_database(server_home, f"kills_{os.getpid()}"), like=calm.home) as world:
        following = Victim()
        for number, part in enumerate(parts):
            boundaries = [b for b in part["passed"] if b not in killed]
            if not everywhere:
                boundaries = sorted(rng.sample(boundaries, -(-len(boundaries) // 3)), key=part["passed"].index)
            moments = [rng.uniform(0.3, max(0.6, part["seconds"] - 3)) for _ in range(RANDOM_KILLS)]
            for kill, after_s in [(b, None) for b in boundaries] + [(None, m) for m in moments]:
                victim, following = following, Victim()
                victim.play(world, number, kill=kill, after_s=after_s)
                assert victim.died or victim.finished, victim.said[-2000:]
                if victim.died:
                    killed.append(kill or f"{after_s:.2f} s into part {number}")
            victim, following = following, Victim()
            victim.play(world, number)
            assert victim.finished, victim.said[-2000:]
        following.stop()
        if everywhere:
            assert {f"{step} {phase}" for step in BESIDES for phase in ("before", "after")} <= set(killed)
        at_least = 20 if everywhere else 8
        assert len(killed) >= at_least, f"only {len(killed)} kills (seed {SEED}): {killed}"
        assert world.digest() == calm.digest(), f"seed {SEED}, killed at {killed}"
        assert contents(world) == contents(calm)
        assert at_partners(world) == at_partners(calm)
