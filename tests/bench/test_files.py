"""The bench of file formats: what it measures is a sound file, and several sizes stand side by side."""

import json

import pytest
from click.testing import CliRunner

from formats import nacha
from pipelines.bench import files
from pipelines.cli.main import cli


def test_the_file_of_the_bench_obeys_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "IN_BATCH", 40)
    data = nacha.write(files.ach_file(100))
    found = nacha.read(data)
    assert (found.file.height, found.batches.height, found.entries.height) == (1, 3, 100)
    assert found.problems.is_empty()
    assert nacha.check(found).is_empty()
    assert nacha.totals(data).agrees


def test_sizes_stand_side_by_side(capfd: pytest.CaptureFixture[str]) -> None:
    said = CliRunner().invoke(cli, ["bench", "nacha", "--sizes", "30,60", "--json"])
    assert said.exit_code == 0, said.output
    told = json.loads(capfd.readouterr().out)
    assert (told["bench"], told["size"]) == ("nacha", 60)
    assert [(step["step"], step["rows"]) for step in told["steps"]] == [
        (step, size) for size in (30, 60) for step in ("write", "read", "read+check")
    ]
    assert all(step["seconds"] > 0 and step["yardstick_seconds"] > 0 for step in told["steps"])
    assert all(0 < step["peak_rss_mb"] <= told["peak_rss_mb"] for step in told["steps"])


@pytest.mark.parametrize("sizes", ["10", "1e6", "30,x"])
def test_sizes_that_are_none_are_refused(sizes: str) -> None:
    assert CliRunner().invoke(cli, ["bench", "nacha", "--sizes", sizes]).exit_code == 2
