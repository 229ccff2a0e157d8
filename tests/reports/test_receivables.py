"""Billing's reports tie: aging to the receivable account, sales to what was charged, nothing unbilled."""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.steps import charge
from assets.reports.receivables import STEP, build_receivables, read_receivables
from assets.steps import open_run, run_step, run_whole
from resources.database import Logins
from resources.home import Home
from resources.record import Record
from tests.billing.test_any_order_recorded import OnRecord
from tests.reports.world import World
from tests.support.scenario import LAST, play, scenario
from tests.support.seed import DAY, ONE_MEMBER, seed


def test_totals_equal_the_control_accounts(record: Record, logins: Logins, home: Home) -> None:
    made = scenario(1)
    play(OnRecord(record, logins, made), made, made.in_order())
    run = open_run(record, job="billing_reports", book="north", business_date=LAST)
    out = run_whole(record, run, STEP, lambda tx: build_receivables(tx, home, "north"))
    with record.step("look", run_no=0, companies=[1], business_date=LAST) as tx:
        account = tx.select("SELECT sum(amount_cents)::bigint FROM ledger.posting WHERE account = 1100").item()
        charged = tx.select(
            "SELECT to_char(j.business_date, 'YYYY-MM') AS month, sum(p.amount_cents)::bigint AS cents "
            "FROM ledger.journal j JOIN ledger.posting p USING (company_id, journal_id) "
            "WHERE j.event = 'charged' AND p.account = 1100 GROUP BY 1 ORDER BY 1"
        )
        found = read_receivables(tx)
    assert out.totals["open_cents"] == account
    assert out.totals["difference_cents"] == 0
    assert out.totals["unbilled"] == 0
    assert out.totals["forecast_cents"] == found.forecast["amount_cents"].sum() > 0
    sales = found.sales.group_by(pl.col("month").cast(pl.String).str.head(7)).agg(pl.col("amount_cents").sum())
    assert sales.sort("month").rows() == charged.rows()
    buckets = found.aging.select(pl.col("^(not_due|to|over|credits)_.*$")).sum_horizontal()
    assert buckets.equals(found.aging["open_cents"].rename(buckets.name))
    folder = home.reports / "north" / str(LAST)
    names = {"aging.csv", "sales.csv", "forecast.csv", "unbilled.csv", "billing.xlsx"}
    assert {p.name for p in folder.iterdir()} == names
    # The same record gives the same bytes.
    again = run_whole(record, run, STEP, lambda tx: build_receivables(tx, home, "north"))
    assert again.totals["new_versions"] == 0


def test_aging_by_payer_is_the_nights_aging_also_with_money_that_came_and_went(world: World) -> None:
    with world.record.step("look", run_no=0, companies=[1, 2, 3], business_date=world.last) as tx:
        whole, by_payer = tx.read("reports/aging"), tx.read("reports/aging_by_payer")
    names = {0: "not_due", 1: "to_30", 31: "to_60", 61: "to_90", 91: "over_90", -1: "credits"}
    assert whole["open_cents"].sum() == by_payer["open_cents"].sum() != 0
    for bucket, cents in whole.select("bucket", "open_cents").iter_rows():
        assert by_payer[f"{names[bucket]}_cents"].sum() == cents
    assert by_payer["invoices"].sum() == whole["invoices"].sum()


def test_a_night_that_did_not_run_leaves_unbilled_periods(record: Record, home: Home) -> None:
    seed(record, **ONE_MEMBER)
    run = open_run(record, job="night", book="north", business_date=DAY)
    run_step(record, run, "billing.charges", charge)
    later = open_run(record, job="billing_reports", book="north", business_date=DAY + dt.timedelta(days=31))
    out = run_whole(record, later, STEP, lambda tx: build_receivables(tx, home, "north"))
    assert out.totals["unbilled"] == 1
    told = (home.reports / "north" / "2026-11-01" / "unbilled.csv").read_text()
    assert told.splitlines()[1] == "HARBOR,S1,PREMIUM,2026-11-01,2026-12-01,372.40"
