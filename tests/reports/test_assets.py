"""The room in Dagster: the asset leaves its files, its check reads the ledger."""

from __future__ import annotations

import datetime as dt

import dagster as dg
import pytest

from assets.billing.steps import charge
from assets.partitions import night_key
from assets.reports.assets import report_assets
from assets.steps import open_run, run_step
from resources.database import Logins
from resources.desk import Desk
from resources.home import Home
from resources.record import Record
from tests.support.seed import ONE_MEMBER, seed

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
        assert {c.check_name: c.passed for c in checks} == {"reports_tie_to_ledger": True, "nothing_unbilled": True}
        shown = result.asset_materializations_for_node("reports__nightly")[0].metadata["preview"].value
    assert (home.path / "reports/north/2026-01-05/nightly.html").is_file()
    assert "reports/north/2026-01-05/nightly.html" in str(shown)


@pytest.mark.parametrize(("billed_until", "periods"), [(dt.date(2026, 2, 1), 1), (dt.date(2026, 3, 1), 0)])
def test_unbilled_periods_fail_a_check_that_stops_nothing_and_tells_counts(
    record: Record, logins: Logins, home: Home, billed_until: dt.date, periods: int
) -> None:
    seed(record, **{**ONE_MEMBER, "master__subscription": [{"start_date": dt.date(2026, 1, 1)}]})
    run = open_run(record, job="night", book="north", business_date=billed_until)
    run_step(record, run, "billing.charges", charge)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("book", ["north"])
        result = dg.materialize(
            report_assets(),
            selection=dg.AssetSelection.assets(["reports", "receivables"]),
            instance=instance,
            partition_key=night_key(dt.date(2026, 3, 1), "north"),
            resources={"desk": Desk(home, logins)},
        )
    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.blocking) == ("nothing_unbilled", periods == 0, False)
    told = {name: value.value for name, value in check.metadata.items()}
    assert told == dict.fromkeys(("periods", "subscriptions", "companies"), periods)
    assert check.description == f"{periods} periods are due and not billed"
