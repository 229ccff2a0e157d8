"""The night's report of how drafts were spread over banks: only where there is something to choose."""

from __future__ import annotations

import json
from pathlib import Path

from assets.reports.steps import build_reports
from resources.database import Logins
from resources.home import Home
from resources.vault import Vault
from tests.support.bank import BANK
from tests.support.desk import Desk, members
from tests.support.seed import DAY, seed


def test_target_against_actual_is_among_the_reports(logins: Logins, vault: Vault, tmp_path: Path) -> None:
    desk = Desk(logins, vault)
    terms = {"weight": 100, "monthly_cap_cents": 100_000}
    seed(desk.record, **members(vault, 2))
    desk.night()
    home = Home(tmp_path / "var").make()
    folder = home.reports / "north" / DAY.isoformat()
    desk.step("reports.nightly", lambda tx: build_reports(tx, home, "north"))
    assert not (folder / "distribution.csv").exists()
    seed(desk.record, master__company_bank=[{"company_id": 1, "bank": BANK, **terms}])
    desk.step("reports.nightly", lambda tx: build_reports(tx, home, "north"))
    assert (folder / "distribution.csv").read_bytes().decode().split("\r\n") == [
        "company,bank,month,weight,target_percent,actual_percent,entries,amount,monthly_cap,left",
        f"HARBOR,{BANK},2026-10,100,100.0,100.0,2,744.80,1000.00,255.20",
        "",
    ]
    listed = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {"name": "distribution.csv", "rows": 1, "total_cents": 74_480}.items() <= next(
        f for f in listed if f["name"] == "distribution.csv"
    ).items()
