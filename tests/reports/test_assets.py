"""The room in Dagster: the asset leaves its files, its check reads the ledger."""

from __future__ import annotations

import datetime as dt

import dagster as dg

from assets.partitions import night_key
from assets.reports.assets import report_assets
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.record import Record
from tests.support.seed import seed

NIGHT = dt.date(2026, 1, 5)


def test_the_asset_leaves_a_report_and_its_check_passes(record: Record, logins: Logins, home: Home) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("book", ["north"])
        result = dg.materialize(
            report_assets(),
            instance=instance,
            partition_key=night_key(NIGHT, "north"),
            resources={"desk": Desk(home, logins)},
        )
        assert result.success
        checks = result.get_asset_check_evaluations()
        assert [(c.check_name, c.passed) for c in checks] == [("reports_tie_to_ledger", True)]
        shown = result.asset_materializations_for_node("reports__nightly")[0].metadata["preview"].value
    assert (home.path / "reports/north/2026-01-05/nightly.html").is_file()
    assert "reports/north/2026-01-05/nightly.html" in str(shown)
