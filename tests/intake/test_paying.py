"""Whose accounts there are and what is known of them, how payers divide, over which banks a company drafts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from assets.steps import HOUSE, open_run
from resources.record import Record
from resources.vault import Vault
from tests.intake.drops import ACCOUNT, GOOD, OTHER_ROUTING, ROUTING, counts, findings, good, look, take, write
from tests.support.seed import DAY

B1 = GOOD["bank_accounts.csv"][0]
FACTS = "SELECT version, owner, owner_code, authorised, given_on, validated_on, closed_on FROM master.bank_account"
GIVEN = dt.date(2026, 1, 5)


def test_whose_account_it_is(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    rows = [
        f"HARBOR,P1,,{ROUTING},77,checking,Will Writing,A1,,,2026-01-05,",
        f"HARBOR,P2,,{ROUTING},78,checking,Evergreen,,evergreen,,,",
        f"HARBOR,P3,,{ROUTING},79,checking,Nobody,A9,,,,",
        f"HARBOR,P4,M1,{ROUTING},79,checking,Two,A1,,,,",
        f"HARBOR,P5,,{ROUTING},79,checking,Two,A1,evergreen,,,",
        f"HARBOR,P6,M1,{ROUTING},80,checking,Ann,,,fax,,",
    ]
    result = take(record, vault, write(tmp_path / "b", bank_accounts=rows))
    assert findings(result) == [
        ("bank_accounts.csv", 4, "agent_code", "intake.unknown"),
        ("bank_accounts.csv", 5, "member_code", "intake.owner"),
        ("bank_accounts.csv", 6, "member_code", "intake.owner"),
        ("bank_accounts.csv", 7, "authorised", "intake.choice"),
    ]
    assert look(record, f"{FACTS} WHERE code LIKE 'P%' ORDER BY code").rows() == [
        (1, "agent", "A1", "written", DAY, GIVEN, None),
        (1, "vendor", "evergreen", "written", DAY, None, None),
    ]
    wrong = write(tmp_path / "c", subscriptions=["HARBOR,S2,M1,CARD,EMP,2026-10-01,,1,ach,P1,A1"])
    assert findings(take(record, vault, wrong)) == [("subscriptions.csv", 2, "account_code", "intake.owner")]


def test_a_file_without_the_columns_says_nothing_of_them(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    told = write(tmp_path / "b", bank_accounts=[f"{B1},,,web,2026-01-05,2027-01-01"])
    assert counts(take(record, vault, told))["bank_accounts.csv"] == (1, 1, 0, 0)
    silent = write(tmp_path / "c", bank_accounts=[B1, f"HARBOR,B2,M1,{ROUTING},78,checking,Ann Sample"])
    assert counts(take(record, vault, silent))["bank_accounts.csv"] == (2, 1, 1, 0)
    renamed = write(tmp_path / "d", bank_accounts=[B1.replace("Ann Sample", "Ann S Sample")])
    take(record, vault, renamed)
    other = write(tmp_path / "e", bank_accounts=[B1.replace(ROUTING, OTHER_ROUTING)])
    take(record, vault, other)
    closing = dt.date(2027, 1, 1)
    assert look(record, f"{FACTS} WHERE code = 'B1' ORDER BY version").rows() == [
        (1, "payer", "", "written", DAY, None, None),
        (2, "payer", "", "web", DAY, GIVEN, closing),
        (3, "payer", "", "web", DAY, GIVEN, closing),
        (4, "payer", "", "web", DAY, None, None),  # nothing is known of another number
    ]


def test_a_notice_of_change_is_not_undone_by_the_customers_old_row(
    record: Record, vault: Vault, tmp_path: Path
) -> None:
    told = f"{B1},,,web,2026-01-05,"
    take(record, vault, good(tmp_path / "a"))
    take(record, vault, write(tmp_path / "b", bank_accounts=[told]))
    run = open_run(record, job="inbound", book=HOUSE, business_date=DAY)
    with record.step("returns.post", run_no=run.run_no, companies=[1], business_date=DAY) as tx:
        old = tx.select("SELECT * FROM master.bank_account WHERE version = 2").drop("booked_at", "run_no")
        three = pl.lit(3, pl.Int32)
        notice = {"routing": pl.lit(OTHER_ROUTING), "source": pl.lit("C02"), "validated_on": pl.lit(None, pl.Date)}
        tx.append("master.bank_account", old.with_columns(account_id=three, version=three, **notice))
    for at, row in enumerate((told, B1)):
        again = write(
            tmp_path / f"c{at}",
            bank_accounts=[row, f"HARBOR,N{at},M1,{ROUTING},7{at},checking,Ann{',' * 5 if at == 0 else ''}"],
        )
        assert counts(take(record, vault, again))["bank_accounts.csv"] == (2, 1, 1, 0)


def test_how_a_payer_divides(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    accounts = [
        f"HARBOR,B2,M1,{ROUTING},{ACCOUNT}1,checking,Ann",
        f"HARBOR,HQ,,{ROUTING},{ACCOUNT}2,checking,Harbor",
    ]
    rows = ["HARBOR,M1,1,B1,60,", "HARBOR,M1,2,B2,40,"]
    take(record, vault, write(tmp_path / "b", bank_accounts=accounts, pay_methods=rows))
    held = "SELECT part, account_code, percent::text, amount_cents FROM master.pay_method ORDER BY part"
    assert look(record, held).rows() == [(1, "B1", "60.0000", None), (2, "B2", "40.0000", None)]
    take(record, vault, write(tmp_path / "c", pay_methods=["HARBOR,M1,2,B1,100,", "HARBOR,M1,3,B2,,25.50"]))
    assert look(record, held).rows() == [(2, "B1", "100.0000", None), (3, "B2", None, 2550)]
    for at, (wrong, found) in enumerate(
        [
            (["HARBOR,M1,1,B1,60,", "HARBOR,M1,2,B2,30,"], [("percent", "intake.split")] * 2),
            (["HARBOR,M1,1,B1,,10", "HARBOR,M1,2,B2,,30"], [("percent", "intake.split")] * 2),
            (["HARBOR,M1,1,B1,60,5", "HARBOR,M1,2,B2,40,"],
             [("percent", "intake.part"), ("member_code", "intake.cascade")]),
            (["HARBOR,M1,1,B1,,", "HARBOR,M1,2,B2,100,"],
             [("percent", "intake.part"), ("member_code", "intake.cascade")]),
            (["HARBOR,M1,1,HQ,100,"], [("account_code", "intake.owner")]),
            (["HARBOR,M1-1,1,B1,100,"], [("member_code", "intake.family"), ("account_code", "intake.owner")]),
            (["HARBOR,M1,1,B1,100,0.00", "HARBOR,M1,0,B2,100,"],
             [("amount", "intake.money"), ("percent", "intake.part"), ("part", "intake.number")]),
        ]
    ):  # fmt: skip
        result = take(record, vault, write(tmp_path / f"w{at}", pay_methods=wrong))
        assert sorted(f[2:] for f in findings(result)) == sorted(found)
    assert look(record, held).rows() == [(2, "B1", "100.0000", None), (3, "B2", None, 2550)]


def test_over_which_banks_a_company_drafts(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    take(record, vault, write(tmp_path / "b", company_banks=["HARBOR,first-harbor,70,5000", "HARBOR,second,30,"]))
    held = "SELECT bank, weight, monthly_cap_cents FROM master.company_bank ORDER BY bank"
    assert look(record, held).rows() == [("first-harbor", 70, 500_000), ("second", 30, None)]
    wrong = write(tmp_path / "c", company_banks=["HARBOR,first-harbor,0,", "HARBOR,second,0,"])
    assert [f[2:] for f in findings(take(record, vault, wrong))] == [("weight", "intake.split")] * 2
    take(record, vault, write(tmp_path / "d", company_banks=["HARBOR,second,10,"]))
    assert look(record, held).rows() == [("second", 10, None)]
