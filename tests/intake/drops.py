"""Small folders of customer files, so that a test reads as: given this drop, expect these findings."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from assets.intake import LoadResult, load
from assets.intake.layouts import BY_NAME
from assets.steps import HOUSE, open_run
from resources.record import Record
from resources.vault import Vault
from tests.support.seed import DAY

ROUTING, OTHER_ROUTING = "011000015", "021000021"
SSN, ACCOUNT = "412-55-0197", "4471902286"  # canaries: must never stand in the clear

# One good world: two products, an agent tree of two, a family of three, one subscription.
GOOD: dict[str, list[str]] = {
    "books.csv": ["north,North,America/New_York"],
    "companies.csv": [
        "HARBOR,north,Harbor Plans,individual,01-0554321,1 Pier Rd,Portland,ME,04101,first-harbor,1010554321,HARBOR,,"
        "2026-09-02"
    ],
    "vendors.csv": ["evergreen,Evergreen,042110011"],
    "dunning_steps.csv": ["gentle,,1,,10,reminder,,,,,,", "gentle,,2,1,5,lapse,,5,no,1,30,"],
    "products.csv": ["MED,evergreen,Medical,HLT,EG1,actual,", "CARD,evergreen,Discount card,,EG2,none,30"],
    "fees.csv": ["MED,PREMIUM,premium,monthly", "CARD,PREMIUM,premium,monthly"],
    "agents.csv": ["A2,Ula Upline,,2", "A1,Will Writing,A2,1"],
    "commission_rates.csv": [",1,12.5,2026-01-01"],
    "people.csv": [
        f"HARBOR,M1,,self,Ann,Sample,{SSN},1980-05-17,F,2 Hill Rd,Portland,ME,04101,207-555-0101,m1@example.com",
        "HARBOR,M1-1,M1,spouse,Bo,Sample,,1981-05-17,M,,,,,,",
        "HARBOR,M1-2,M1,child,Cy,Sample,,2015-05-17,,,,,,,",
    ],
    "bank_accounts.csv": [f"HARBOR,B1,M1,{ROUTING},{ACCOUNT},checking,Ann Sample"],
    "sub_groups.csv": [
        "HARBOR,EAST,Eastern piers,NORTH-EAST,no,,,",
        "HARBOR,NORTH-EAST,North-east,,,,26,ne@example.com",
    ],
    "prices.csv": ["MED,PREMIUM,,EMP,,2026-01-01,,372.40,268.4,372.40", "CARD,PREMIUM,,,1,2026-01-01,,12,,"],
    "subscriptions.csv": ["HARBOR,S1,M1,MED,FAM,2026-09-01,,1,ach,B1,A1"],
    "covered.csv": ["HARBOR,S1,M1-1", "HARBOR,S1,M1-2"],
    "holds.csv": ["HARBOR,S1,2026-10-05,2026-10-12,leave of absence"],
    "splits.csv": ["HARBOR,S1,A1,62.5", "HARBOR,S1,A2,37.5"],
    "payer_shares.csv": ["HARBOR,S1,1,company,,,60,,", "HARBOR,S1,2,member,,PREMIUM,,25.50,2026-09-15"],
    "pay_methods.csv": ["HARBOR,M1,1,B1,100,"],
    "company_banks.csv": ["HARBOR,first-harbor,100,"],
}


def write(folder: Path, **more: list[str]) -> Path:
    """Files of these rows under their right headers; `people=[...]` is people.csv.

    Files come as those of old did, without the optional columns, unless their rows are longer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in more.items():
        layout = BY_NAME[f"{name}.csv"]
        short = len(layout.must) < len(layout.header) and rows and rows[0].count(",") < len(layout.must)
        text = "\n".join([",".join(layout.must if short else layout.header), *rows]) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def good(folder: Path, **more: list[str]) -> Path:
    """The good world with further rows behind its own."""
    rows = {name.removesuffix(".csv"): [*good_rows] for name, good_rows in GOOD.items()}
    return write(folder, **{name: [*own, *more.get(name, [])] for name, own in rows.items()})


def take(record: Record, vault: Vault, folder: Path) -> LoadResult:
    """Load a folder in a run of its own."""
    return load(record, vault, open_run(record, job="load", book=HOUSE, business_date=DAY), folder)


def findings(result: LoadResult) -> list[tuple[str, int | None, str, str]]:
    """file, line, column, rule of each problem."""
    return result.problems.select("file", "line", "column", "rule").rows()


def counts(result: LoadResult) -> dict[str, tuple[int, int, int, int]]:
    """rows, loaded, unchanged, quarantined by file."""
    return {f.name: (f.rows, f.loaded, f.unchanged, f.quarantined) for f in result.files}


def look(record: Record, text: str) -> pl.DataFrame:
    """Rows of a query, with the eyes of every company."""
    with record.step("look", run_no=0, companies=range(1, 10), business_date=DAY) as tx:
        return tx.select(text)
