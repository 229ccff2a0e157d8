"""What Dagster knows of Daybook, as plain text that a person reviews: `python -m tests.pipelines.graph` prints it."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg


def described(definitions: dg.Definitions) -> str:
    """Assets with deps and checks, jobs with their assets, schedules, sensors; one line per fact, in order of names."""
    parts = (_assets(definitions), _jobs(definitions), _schedules(definitions), _sensors(definitions))
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def _assets(definitions: dg.Definitions) -> Iterator[str]:
    graph = definitions.resolve_asset_graph()
    checks = {key: graph.get(key) for key in graph.asset_check_keys}
    for key in sorted(graph.get_all_asset_keys(), key=_name):
        node = graph.get(key)
        pools = f", pool {', '.join(sorted(node.pools))}" if node.pools else ""
        yield f"asset {_name(key)} (group {node.group_name}, {_partitions(node.partitions_def)}{pools})"
        yield from (f"  after {name}" for name in sorted(_name(k) for k in node.parent_keys))
        for check_key in sorted((k for k in checks if k.asset_key == key), key=lambda k: k.name):
            yield f"  check {check_key.name}{' (blocking)' if checks[check_key].blocking else ''}"


def _jobs(definitions: dg.Definitions) -> Iterator[str]:
    for job in sorted(definitions.resolve_all_job_defs(), key=lambda j: j.name):
        if job.name.startswith("__"):
            continue  # Dagster's own, made when assets are materialised by hand
        yield f"job {job.name} ({_partitions(job.partitions_def)})"
        yield from (f"  tag {k}={v}" for k, v in sorted(job.tags.items()))
        yield from (f"  makes {name}" for name in sorted(_name(k) for k in job.asset_layer.executable_asset_keys))


def _schedules(definitions: dg.Definitions) -> Iterator[str]:
    for schedule in sorted(definitions.schedules or [], key=lambda s: s.name):
        when = f"{schedule.cron_schedule} {schedule.execution_timezone}"
        yield f"schedule {schedule.name}: {when}, {schedule.default_status.value}, starts {schedule.job_name}"


def _sensors(definitions: dg.Definitions) -> Iterator[str]:
    for sensor in sorted(definitions.sensors or [], key=lambda s: s.name):
        starts = f", starts {', '.join(t.job_name for t in sensor.targets)}" if sensor.targets else ""
        every = f"every {sensor.minimum_interval_seconds} s, " if sensor.minimum_interval_seconds else ""
        yield f"sensor {sensor.name}: {every}{sensor.default_status.value}{starts}"


def _name(key: dg.AssetKey) -> str:
    return key.to_user_string()


def _partitions(cut: dg.PartitionsDefinition | None) -> str:
    if isinstance(cut, dg.MultiPartitionsDefinition):
        return "by " + " and ".join(sorted(p.name for p in cut.partitions_defs))
    if isinstance(cut, dg.DynamicPartitionsDefinition):
        return f"by {cut.name}"
    return "not partitioned" if cut is None else f"by {cut}"


if __name__ == "__main__":
    from pipelines.definitions import build

    print(described(build()), end="")
