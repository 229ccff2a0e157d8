"""The Dagster instance of this installation: its storage is the same PostgreSQL, its folder is in the home."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg

from assets.partitions import BOOKS
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home

# The name of our definitions in the UI, and the tag by which a run of the command line is counted to the same jobs.
LOCATION = "daybook"
OURS = {".dagster/repository": f"__repository__@{LOCATION}"}

# Storage address from the environment: the file holds no password. What must hold: no telemetry, no first-visit
# dialog, no captured output on disk (it could hold a value), a killed run is noticed, nothing is retried unseen.
_YAML = """\
storage:
  postgres:
    postgres_url:
      env: DAYBOOK_DAGSTER_URL
local_artifact_storage:
  module: dagster.core.storage.root
  class: LocalArtifactStorage
  config: {base_dir: "%(home)s/artifacts"}
compute_logs:
  module: dagster.core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
concurrency:
  runs:
    max_concurrent_runs: 2
    # A book's runs one after the other, in the order they were asked for: a backfill is nights in order.
    tag_concurrency_limits:
      - {key: dagster/partition/book, value: {applyLimitPerUniqueValue: true}, limit: 1}
  # Held back in the queue and not inside a run: a killed run would keep its slot, and the next one wait for ever.
  pools: {default_limit: 1, granularity: run}
run_monitoring: {enabled: true, free_slots_after_run_end_seconds: 300}
run_retries: {enabled: false, retry_on_asset_or_op_failure: false}
# At a terminal what people wrote and what failed; the events of every step (DEBUG) are kept and shown in the UI.
python_logs: {python_log_level: INFO}
telemetry: {enabled: false}
nux: {enabled: false}
"""
# The working directory goes first on Dagster's module path: a folder of ours where nothing can shadow a module.
_WORKSPACE = """\
load_from:
  - python_module:
      module_name: pipelines.definitions
      location_name: %(location)s
      working_directory: "%(home)s"
"""


def configure(home: Home, logins: Logins) -> Path:
    """Write `dagster.yaml` and `workspace.yaml`, set the variables Dagster reads; returns DAGSTER_HOME."""
    home.make()
    for name, text in (("dagster.yaml", _YAML), ("workspace.yaml", _WORKSPACE)):
        wanted, path = text % {"home": home.dagster, "location": LOCATION}, home.dagster / name
        if not path.exists() or path.read_text() != wanted:
            path.write_text(wanted)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["DAYBOOK_DAGSTER_URL"] = logins.dagster
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return home.dagster


def open_instance(home: Home, logins: Logins) -> dg.DagsterInstance:
    """The instance; its tables are made at first use."""
    return dg.DagsterInstance.from_config(str(configure(home, logins)))


def register_books(desk: Desk, instance: dg.DagsterInstance) -> list[str]:
    """Make every book of the record a partition, so that its nights can be chosen in the UI; returns the codes."""
    books: list[str] = desk.record.read("audit/books")["code"].to_list()
    instance.add_dynamic_partitions(str(BOOKS.name), books)
    return books
