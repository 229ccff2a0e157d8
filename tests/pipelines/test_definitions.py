"""The one door: what it assembles, reviewed as a text, and what tests may put in its place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context

from assets.partitions import NIGHTS, night_key, nights_until
from pipelines.definitions import build
from resources.home import Home
from tests.pipelines.graph import described

REVIEWED = Path(__file__).with_name("graph.txt")


def test_the_graph_is_the_reviewed_one() -> None:
    assert described(build()) == REVIEWED.read_text(encoding="utf-8"), (
        "the graph changed: look at the difference, then python -m tests.pipelines.graph > tests/pipelines/graph.txt"
    )


def test_everything_loads_and_fits_together() -> None:
    dg.Definitions.validate_loadable(build())


def test_everything_says_what_it_is() -> None:
    definitions = build()
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.group_name == key.path[0]
        assert node.owners, key
        assert node.kinds, key
    for key in graph.asset_check_keys:
        assert graph.get(key).description, key
    jobs = [j for j in definitions.resolve_all_job_defs() if not j.name.startswith("__")]
    for thing in (*jobs, *(definitions.schedules or []), *(definitions.sensors or [])):
        assert thing.description, thing.name


def test_overrides_replace_resources(tmp_path: Path) -> None:
    from resources.desk import Desk

    mine = Desk(Home(tmp_path))
    assert build({"desk": mine}).resources["desk"] is mine  # type: ignore[index]


def test_building_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAYBOOK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    build()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        (None, 2),
        ("2026-11-01", 2),  # asked for a night of the past
        ("2026-11-02", 2),  # today
        ("2026-11-03", 2),
        ("2026-11-04", 3),
        ("2027-11-02", 366),
    ],
)
def test_the_grid_reaches_tomorrow_or_the_furthest_night_asked_for(asked: str | None, days: int) -> None:
    today = dt.date(2026, 11, 2)
    until = nights_until(today, asked)
    assert until == days
    grid = dg.DailyPartitionsDefinition("2026-01-01", end_offset=until)
    now = dt.datetime.combine(today, dt.time(23, 59), dt.UTC)
    last = (today + dt.timedelta(days=days - 1)).isoformat()
    with partition_loading_context(effective_dt=now):
        assert grid.get_last_partition_key() == last
        assert grid.has_partition_key(asked or last)


def test_a_night_is_a_cell_of_the_grid() -> None:
    key = night_key(dt.date(2026, 11, 2), "north")
    assert key.keys_by_dimension == {"book": "north", "date": "2026-11-02"}
    assert NIGHTS.get_partition_key_from_str(str(key)) == key
