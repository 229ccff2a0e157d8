"""What rows may say of each other: one drop in which everything is wrong once, beside a world that is right."""

from __future__ import annotations

from pathlib import Path

from resources.record import Record
from resources.vault import Vault
from tests.intake.drops import ACCOUNT, GOOD, OTHER_ROUTING, ROUTING, SSN, counts, findings, good, look, take

ADDRESS = "2 Hill Rd,Portland,ME,04101,,"
# file: rows that are wrong, each with (column, rule) of every finding.
WRONG: dict[str, list[tuple[str, list[tuple[str, str]]]]] = {
    "books": [
        ("house,House,America/New_York", [("book_code", "intake.reserved")]),
        ("mars,Mars,Mars/Olympus", [("time_zone", "intake.zone")]),
        ("north,North again,America/New_York", [("book_code", "intake.duplicate")]),
    ],
    "companies": [
        ("MOON,mars,M,employer,010554322,1 A,B,ME,04101,bank,1010554322,MOON,0,2026-09-02",
         [("book_code", "intake.cascade")]),
        ("SUN,south,S,employer,010554323,1 A,B,ZZ,04101,bank,1010554323,SUN,0,2026-09-02",
         [("state", "intake.choice"), ("book_code", "intake.unknown")]),
    ],
    "vendors": [("Bad Vendor,Name,042110099", [("vendor_code", "intake.shape")])],
    "products": [
        ("P1,nobody,N,HLT,X,actual,", [("vendor_code", "intake.unknown")]),
        ("P2,evergreen,N,CAT,X,actual,", [("line", "intake.choice")]),
        ("MED,evergreen,N,HLT,X,actual,", [("product_code", "intake.duplicate")]),
    ],
    "fees": [
        ("P1,PREMIUM,premium,monthly", [("product_code", "intake.cascade")]),
        ("NONE,PREMIUM,premium,monthly", [("product_code", "intake.unknown")]),
        ("MED,PREMIUM,admin,monthly", [("fee_code", "intake.duplicate")]),
    ],
    "prices": [
        ("MED,ADMIN,,,1,2026-01-01,,5,0,0", [("fee_code", "intake.unknown")]),
        ("MED,PREMIUM,NOBODY,,1,2026-01-01,,5,0,0", [("company_code", "intake.unknown")]),
        ("MED,PREMIUM,MOON,,1,2026-01-01,,5,0,0", [("company_code", "intake.cascade")]),
        ("MED,PREMIUM,,ESP,1,2026-01-01,2026-01-01,5,0,0", [("valid_to", "intake.period")]),
        ("MED,PREMIUM,,ECH,1,2026-01-01,,5,5.01,6",
         [("vendor_share", "intake.share"), ("commissionable", "intake.share")]),
        ("MED,PREMIUM,,EMP,1,2026-01-01,,1,0,0", [("fee_code", "intake.duplicate")]),
        ("MED,PREMIUM,,FAM,1,2026-01-01,,,0,0", [("amount", "intake.required")]),
    ],
    "sub_groups": [
        ("HARBOR,G1,Own parent,G1,,,,", [("parent_code", "intake.tree")]),
        ("HARBOR,G2,Circle,G3,,,,", [("parent_code", "intake.tree")]),
        ("HARBOR,G3,Circle,G2,,,,", [("parent_code", "intake.tree")]),
        ("HARBOR,G4,Nobody above,G9,,,,", [("parent_code", "intake.unknown")]),
        ("HARBOR,G5,Falls with it,G4,,,,", [("parent_code", "intake.cascade")]),
        ("NOBODY,G6,Nobody's,,,,,", [("company_code", "intake.unknown")]),
        ("HARBOR,G7,Drafts a member,,,B1,,", [("account_code", "intake.owner")]),
        ("HARBOR,EAST,Again,,,,,", [("group_code", "intake.duplicate")]),
    ],
    "dunning_steps": [
        ("harsh,ZZ,1,,10,reminder,,,,,,", [("state", "intake.choice")]),
        ("harsh,,1,,10,warning,,,,,,", [("ladder", "intake.cascade")]),
        ("hasty,,0,,10,shout,,,,,,", [("step", "intake.number"), ("action", "intake.choice")]),
    ],
    "payer_shares": [
        ("HARBOR,S9,1,member,,,50,,", [("subscription_code", "intake.unknown")]),
        ("HARBOR,T1,1,member,,,50,,", [("subscription_code", "intake.cascade")]),
    ],
    "agents": [
        ("A3,No Upline,A9,1", [("parent_code", "intake.unknown")]),
        ("C1,Circle One,C2,3", [("parent_code", "intake.tree")]),
        ("C2,Circle Two,C1,3", [("parent_code", "intake.tree")]),
        ("A4,Same Level,A2,2", [("parent_code", "intake.tree")]),
        ("A5,Falls With,A4,1", [("parent_code", "intake.cascade")]),
        ("A6,Own Upline,A6,1", [("parent_code", "intake.tree")]),
    ],
    "commission_rates": [("NONE,1,10,2026-01-01", [("product_code", "intake.unknown")])],
    "people": [
        (f"NOBODY,X1,,self,F,L,,1980-01-01,F,{ADDRESS}", [("company_code", "intake.unknown")]),
        (f"HARBOR,X2,,self,F,L,000-12-3456,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X3,,self,F,L,666-12-3456,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X4,,self,F,L,901-12-3456,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X5,,self,F,L,123-00-3456,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X6,,self,F,L,123-45-0000,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X7,,self,F,L,333-33-3333,1980-01-01,F,{ADDRESS}", [("ssn", "intake.ssn")]),
        (f"HARBOR,X8,,self,F,L,,2026-10-02,F,{ADDRESS}", [("birth_date", "intake.date")]),
        (f"HARBOR,X9,M1,self,F,L,,1980-01-01,F,{ADDRESS}", [("subscriber_code", "intake.family")]),
        (f"HARBOR,X10,,child,F,L,,1980-01-01,F,{ADDRESS}", [("subscriber_code", "intake.required")]),
        (f"HARBOR,X11,M1-2,child,F,L,,1980-01-01,F,{ADDRESS}", [("subscriber_code", "intake.unknown")]),
        (f"HARBOR,X12,X2,child,F,L,,1980-01-01,F,{ADDRESS}", [("subscriber_code", "intake.cascade")]),
        ("HARBOR,X13,,self,F,L,,1980-01-01,F,2 Hill Rd,Portland,ME,,,", [("zip", "intake.required")]),
        (f"HARBOR,M1,,self,F,L,,1980-01-01,F,{ADDRESS}", [("member_code", "intake.duplicate")]),
    ],
    "bank_accounts": [
        (f"HARBOR,B2,M1,011000016,{ACCOUNT},checking,Ann", [("routing", "intake.routing")]),
        (f"HARBOR,B3,M1,000000000,{ACCOUNT},checking,Ann", [("routing", "intake.routing")]),
        (f"HARBOR,B4,X2,{ROUTING},{ACCOUNT},checking,Ann", [("member_code", "intake.cascade")]),
        (f"HARBOR,B5,M9,{ROUTING},{ACCOUNT},checking,Ann", [("member_code", "intake.unknown")]),
        (f"HARBOR,B1,M1,{OTHER_ROUTING},{ACCOUNT},checking,Ann", [("account_code", "intake.duplicate")]),
    ],
    "subscriptions": [
        ("HARBOR,T1,M1,MED,EMP,2026-09-01,2026-08-31,1,ach,B1,A1", [("end_date", "intake.period")]),
        ("HARBOR,T2,M1-1,MED,EMP,2026-09-01,,1,ach,B1,A1", [("member_code", "intake.family")]),
        ("HARBOR,T3,M1,GOLD,EMP,2026-09-01,,1,ach,B1,A1", [("product_code", "intake.unknown")]),
        ("HARBOR,T4,M1,P2,EMP,2026-09-01,,1,ach,B1,A1", [("product_code", "intake.cascade")]),
        ("HARBOR,T5,M1,MED,EMP,2026-09-01,,1,ach,,A1", [("account_code", "intake.required")]),
        ("HARBOR,T6,M1,MED,EMP,2026-09-01,,1,ach,B2,A1", [("account_code", "intake.cascade")]),
        ("HARBOR,T7,M1,MED,EMP,2026-09-01,,1,ach,B9,A9",
         [("account_code", "intake.unknown"), ("agent_code", "intake.unknown")]),
        ("HARBOR,T8,X2,MED,EMP,2026-09-01,,1,list_bill,,A5",
         [("member_code", "intake.cascade"), ("agent_code", "intake.cascade")]),
        ("HARBOR,S1,M1,MED,EMP,2026-09-01,,1,ach,B1,A1", [("subscription_code", "intake.duplicate")]),
    ],
    "covered": [
        ("HARBOR,S1,M1", [("member_code", "intake.family")]),
        ("HARBOR,T1,M1-1", [("subscription_code", "intake.cascade")]),
        ("HARBOR,S9,M1-1", [("subscription_code", "intake.unknown")]),
        ("HARBOR,S1,M1-1", [("subscription_code", "intake.duplicate")]),
    ],
    "holds": [
        ("HARBOR,S1,2026-10-15,2026-10-15,x", [("to_date", "intake.period")]),
        ("HARBOR,S1,2026-08-01,2026-09-01,x", [("from_date", "intake.outside")]),
        ("HARBOR,S1,2026-10-05,2026-10-20,x", [("subscription_code", "intake.duplicate")]),
    ],
    "splits": [
        ("HARBOR,S9,A1,100", [("subscription_code", "intake.unknown")]),
    ],
    "pay_methods": [
        ("HARBOR,M9,1,B1,100,", [("member_code", "intake.unknown")]),
        ("HARBOR,X2,1,B1,100,", [("member_code", "intake.cascade")]),
    ],
    "company_banks": [
        ("NOBODY,first-harbor,100,", [("company_code", "intake.unknown")]),
    ],
}  # fmt: skip


def test_everything_that_is_wrong_is_found_and_nothing_else(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(tmp_path, **{file: [row for row, _ in rows] for file, rows in WRONG.items()})
    result = take(record, vault, folder)
    expected = {
        (f"{file}.csv", 2 + len(GOOD[f"{file}.csv"]) + at, column, rule)
        for file, rows in WRONG.items()
        for at, (_, wrong) in enumerate(rows)
        for column, rule in wrong
    }
    assert set(findings(result)) == expected
    for name, (rows, loaded, unchanged, quarantined) in counts(result).items():
        own, bad = len(GOOD[name]), len(WRONG[name.removesuffix(".csv")])
        assert (rows, loaded, unchanged, quarantined) == (own + bad, own, 0, bad), name
    written = look(record, "SELECT name, line, column_name, rule FROM intake.problem").rows()
    assert set(written) == expected


def test_reasons_name_codes_of_the_catalogue_and_never_a_person(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(
        tmp_path,
        people=[f"HARBOR,X2,,self,Canary,Canary,000-12-3456,1980-01-01,F,Canary 1,Canary,ME,04101,,{SSN}"],
        subscriptions=[
            "HARBOR,T3,M1,GOLD,EMP,2026-09-01,,1,ach,B1,A1",
            # Columns that slipped: an SSN and an account stand where codes are expected.
            f"{SSN},{SSN},{SSN},{SSN},EMP,2026-09-01,,1,ach,{ACCOUNT},{ACCOUNT}",
        ],
    )
    reasons = take(record, vault, folder).problems["reason"].to_list()
    assert "there is no product GOLD" in reasons
    text = " ".join(reasons)
    assert not any(secret in text for secret in (SSN, SSN.replace("-", ""), ACCOUNT, "Canary", "000-12"))


def test_a_cascade_says_where_its_cause_is(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(
        tmp_path,
        people=[f"HARBOR,X2,,self,F,L,000-12-3456,1980-01-01,F,{ADDRESS}"],
        bank_accounts=[f"HARBOR,B4,X2,{ROUTING},{ACCOUNT},checking,Ann"],
    )
    reasons = take(record, vault, folder).problems["reason"].to_list()
    assert reasons[1] == "the member of this company that it names was set aside: people.csv line 5"


def test_a_split_is_loaded_whole_or_not_at_all(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(
        tmp_path,
        subscriptions=[f"HARBOR,S{n},M1,CARD,EMP,2026-09-01,,1,ach,B1,A1" for n in (2, 3)],
        splits=["HARBOR,S2,A1,60", "HARBOR,S2,A2,39.9999", "HARBOR,S3,A1,50", "HARBOR,S3,A9,50"],
    )
    assert findings(take(record, vault, folder)) == [
        ("splits.csv", 4, "percent", "intake.split"),
        ("splits.csv", 5, "percent", "intake.split"),
        ("splits.csv", 6, "subscription_code", "intake.cascade"),
        ("splits.csv", 7, "agent_code", "intake.unknown"),
    ]
    assert look(record, "SELECT count(*) AS n FROM master.split").item() == 2


def test_a_lower_level_for_an_upline_is_refused_when_its_downline_stays(
    record: Record, vault: Vault, tmp_path: Path
) -> None:
    take(record, vault, good(tmp_path / "first"))
    second = tmp_path / "second"
    second.mkdir()
    (second / "agents.csv").write_text("agent_code,name,parent_code,level\nA2,Ula Upline,,1\n", encoding="utf-8")
    assert findings(take(record, vault, second)) == [("agents.csv", 2, "level", "intake.tree")]
