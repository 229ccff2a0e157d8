"""What billing goes by comes in whole: terms, bands, sub-groups, payers' shares, ladders; silence says nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from assets.intake.layouts import BY_NAME
from resources.record import Record
from resources.vault import Vault
from tests.intake.drops import GOOD, counts, findings, good, look, take, write

COMPANY, ANN = GOOD["companies.csv"][0], GOOD["people.csv"][0]
MED, SUBSCRIPTION = GOOD["products.csv"][0], GOOD["subscriptions.csv"][0]
# file, its row with every optional column told, its table, and the columns with what they then hold.
TOLD = [
    ("companies", f"{COMPANY},15,250.00,office@example.com,2026-11-01,yes", "company WHERE code = 'HARBOR'",
     "bill_day, memo_limit_cents, email, documents_from, test",
     (1, 10_000, "", None, False), (15, 25_000, "office@example.com", dt.date(2026, 11, 1), True)),
    ("people", f"{ANN},31", "person WHERE code = 'M1'", "bill_day", (None,), (31,)),
    ("products", f"{MED},no,MEDS,10,end,no,yes,year_start,0,365,gentle", "product WHERE code = 'MED'",
     "billed, family, bill_ahead_days, trial_billed, stub_counts, enrollment_again, age_on, retro_add_days, "
     "retro_term_days, dunning",
     (True, "", None, "start", True, False, "coverage_start", None, None, ""),
     (False, "MEDS", 10, "end", False, True, "year_start", 0, 365, "gentle")),
    ("fees", "MED,PREMIUM,premium,monthly,company", "fee WHERE fee_id = 1", "alignment",
     ("subscription",), ("company",)),
    ("prices", "MED,PREMIUM,,EMP,,2026-01-01,,372.40,268.4,372.40,,,,,64,", "price WHERE price_id = 1", "age_to",
     (150,), (64,)),
    ("subscriptions", f"{SUBSCRIPTION},2026-08-20,2026-10-01,EAST", "subscription WHERE code = 'S1'",
     "created_on, recurring_from, group_code",
     (None, None, ""), (dt.date(2026, 8, 20), dt.date(2026, 10, 1), "EAST")),
    ("covered", "HARBOR,S1,M1-1,2026-12-31", "covered WHERE person_id = 2", "end_date",
     (None,), (dt.date(2026, 12, 31),)),
]  # fmt: skip
SHARES = (
    "SELECT valid_from::text, part, payer, person_id, fee_id, percent::text, amount_cents FROM master.payer_share "
    "ORDER BY valid_from, part"
)
STEPS = (
    "SELECT state, valid_from::text, step, after_months, after_days, action, template, least_cents, needs_consent, "
    "keep_months, reinstate_days FROM master.dunning_step ORDER BY ladder, state, valid_from, step"
)
AGES = "SELECT age_from, age_to, amount_cents, percent::text FROM master.price WHERE fee_id = 2 ORDER BY age_from"


@pytest.mark.parametrize(("file", "row", "table", "columns", "before", "after"), TOLD, ids=[t[0] for t in TOLD])
def test_an_optional_column_is_taken_and_its_absence_says_nothing(
    record: Record, vault: Vault, tmp_path: Path, *, file: str, row: str, table: str, columns: str,
    before: tuple[object, ...], after: tuple[object, ...],
) -> None:  # fmt: skip
    held = f"SELECT {columns} FROM master.{table}"
    take(record, vault, good(tmp_path / "a"))
    assert look(record, held).row(0) == before
    told = write(tmp_path / "b", **{file: [row]})
    assert counts(take(record, vault, told)) == {f"{file}.csv": (1, 1, 0, 0)}
    assert look(record, held).row(0) == after
    silent = write(tmp_path / "c", **{file: [GOOD[f"{file}.csv"][0], ""]})  # other bytes, the same row
    assert counts(take(record, vault, silent)) == {f"{file}.csv": (1, 0, 1, 0)}
    assert look(record, held).row(0) == after
    layout = BY_NAME[f"{file}.csv"]
    empty = ",".join([GOOD[f"{file}.csv"][0], *[""] * (len(layout.header) - len(layout.must))])
    assert take(record, vault, write(tmp_path / "d", **{file: [empty]})).problems.is_empty()
    assert look(record, held).row(0) == before  # told, and empty


def test_every_kind_of_fee_and_proration_is_taken(record: Record, vault: Vault, tmp_path: Path) -> None:
    recurrences = ["weekly", "biweekly", "semimonthly", "quarterly", "halfyearly", "yearly", "one_time"]
    folder = good(
        tmp_path,
        products=[f"P-{p},evergreen,P,,X,{p}," for p in ("fixed28", "fifteenth")],
        fees=[f"MED,F{at},tax,{r}" for at, r in enumerate(recurrences)],
    )
    assert take(record, vault, folder).problems.is_empty()
    fees = look(record, "SELECT recurrence FROM master.fee WHERE kind = 'tax' ORDER BY code")
    assert fees["recurrence"].to_list() == recurrences


def test_prices_of_ages_members_groups_agents_and_percents(record: Record, vault: Vault, tmp_path: Path) -> None:
    rows = [
        "CARD,PREMIUM,,,,2026-01-01,,12,,,,,,0,29,",
        "CARD,PREMIUM,,,,2026-01-01,,14,,,,,,30,64,",
        "CARD,PREMIUM,,,,2026-01-01,,,,,,,,65,,4.75",
        "MED,PREMIUM,HARBOR,,,2026-01-01,,300,,,M1,,,,,",
        "MED,PREMIUM,HARBOR,,,2026-01-01,,310,,,,EAST,,,,",
        "MED,PREMIUM,,,,2026-01-01,,320,,,,,A1,,,",
    ]
    take(record, vault, good(tmp_path / "a"))
    assert counts(take(record, vault, write(tmp_path / "b", prices=rows))) == {"prices.csv": (6, 6, 0, 0)}
    assert look(record, AGES).rows() == [(0, 29, 1200, None), (30, 64, 1400, None), (65, 150, 0, "4.7500")]
    own = look(record, "SELECT member_code, group_code, agent_code, amount_cents FROM master.price "
                       "WHERE fee_id = 1 ORDER BY price_id").rows()  # fmt: skip
    assert own[1:] == [("M1", "", "", 30_000), ("", "EAST", "", 31_000), ("", "", "A1", 32_000)]
    # An amount takes the place of a percent, and the other way round.
    take(record, vault, write(tmp_path / "c", prices=["CARD,PREMIUM,,,,2026-01-01,,9,,,,,,65,,"]))
    assert look(record, AGES).row(2) == (65, 150, 900, None)
    take(record, vault, write(tmp_path / "d", prices=["CARD,PREMIUM,,,,2026-01-01,,,,,,,,0,29,3"]))
    assert look(record, AGES).row(0) == (0, 29, 0, "3.0000")
    take(record, vault, write(tmp_path / "e", prices=["CARD,PREMIUM,,,,2026-01-01,,8,,"]))
    assert look(record, AGES).row(0) == (0, 29, 800, None)


def test_wrong_prices(record: Record, vault: Vault, tmp_path: Path) -> None:
    key = "MED,PREMIUM"
    wrong = {
        f"{key},,,,2027-01-01,,5,,,,,,,,2": [("percent", "intake.part")],
        f"{key},,,,2027-01-02,,,,,,,,,,": [("amount", "intake.required")],
        f"{key},,,,2027-01-03,,,1,,,,,,,2": [("vendor_share", "intake.share")],
        f"{key},,,,2027-01-04,,5,,,,,,40,39,": [("age_to", "intake.period")],
        f"{key},,,,2027-01-05,,5,,,M1,,,,,": [("company_code", "intake.required")],
        f"{key},,,,2027-01-06,,5,,,,EAST,,,,": [("company_code", "intake.required")],
        f"{key},HARBOR,,,2027-01-07,,5,,,M9,G9,A9,,,": [
            ("member_code", "intake.unknown"), ("group_code", "intake.unknown"), ("agent_code", "intake.unknown")
        ],
        f"{key},,,,2027-01-08,,x,,,,,,,,": [("amount", "intake.money")],
        f"{key},,,,2027-01-09,,,,,,,,,,100.1": [("percent", "intake.percent")],
    }  # fmt: skip
    take(record, vault, good(tmp_path / "a"))
    result = take(record, vault, write(tmp_path / "b", prices=list(wrong)))
    expected = {("prices.csv", 2 + at, *found) for at, faults in enumerate(wrong.values()) for found in faults}
    assert set(findings(result)) == expected


def test_sub_groups_are_a_tree_that_a_file_changes_in_part(record: Record, vault: Vault, tmp_path: Path) -> None:
    held = "SELECT code, parent_code, billed, account_code, pays_per_year, email FROM master.sub_group ORDER BY code"
    account = "HARBOR,HQ,,011000015,77001,checking,Harbor"
    take(record, vault, good(tmp_path / "a", bank_accounts=[account]))
    before = [("EAST", "NORTH-EAST", False, "", 12, ""), ("NORTH-EAST", "", True, "", 26, "ne@example.com")]
    assert look(record, held).rows() == before
    # The upper group would hang below its own lower one: the record's tree and the file's are one.
    circle = write(tmp_path / "b", sub_groups=["HARBOR,NORTH-EAST,North-east,EAST,,,,"])
    assert findings(take(record, vault, circle)) == [("sub_groups.csv", 2, "parent_code", "intake.tree")]
    assert look(record, held).rows() == before
    rows = ["HARBOR,EAST,Eastern piers,,yes,HQ,52,east@example.com", "HARBOR,SOUTH,South,EAST,,,,"]
    assert counts(take(record, vault, write(tmp_path / "c", sub_groups=rows))) == {"sub_groups.csv": (2, 2, 0, 0)}
    assert look(record, held).rows() == [
        ("EAST", "", True, "HQ", 52, "east@example.com"), before[1], ("SOUTH", "EAST", True, "", 12, "")
    ]  # fmt: skip
    again = write(tmp_path / "d", sub_groups=[*rows, "HARBOR,WEST,West,,,,,"])
    assert counts(take(record, vault, again)) == {"sub_groups.csv": (3, 1, 2, 0)}
    lost = write(tmp_path / "e", subscriptions=[f"{SUBSCRIPTION},,,NOWHERE"])
    assert findings(take(record, vault, lost)) == [("subscriptions.csv", 2, "group_code", "intake.unknown")]


def test_who_pays_which_part(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    first = ("1900-01-01", 1, "company", None, None, "60.0000", None)
    assert look(record, SHARES).rows() == [first, ("2026-09-15", 2, "member", None, 1, None, 2550)]
    rows = ["HARBOR,S1,1,company,,,50,,2026-09-15", "HARBOR,S1,2,person,M1-1,,80,,2026-09-15"]
    take(record, vault, write(tmp_path / "b", payer_shares=rows))
    held = [
        first,
        ("2026-09-15", 1, "company", None, None, "50.0000", None),
        ("2026-09-15", 2, "person", 2, None, "80.0000", None),
    ]  # 130 percent: judged where it is billed
    assert look(record, SHARES).rows() == held
    take(record, vault, write(tmp_path / "c", payer_shares=[rows[0]]))
    assert look(record, SHARES).rows() == held[:2]
    for at, (row, found) in enumerate(
        [
            ("HARBOR,S1,2,person,,,10,,", ("member_code", "intake.required")),
            ("HARBOR,S1,2,member,M1,,10,,", ("member_code", "intake.payer")),
            ("HARBOR,S1,2,person,M9,,10,,", ("member_code", "intake.unknown")),
            ("HARBOR,S1,2,member,,ADMIN,10,,", ("fee_code", "intake.unknown")),
            ("HARBOR,S1,2,member,,,10,5,", ("percent", "intake.part")),
            ("HARBOR,S1,2,member,,,,,", ("percent", "intake.part")),
            ("HARBOR,S1,2,member,,,0,,", ("percent", "intake.percent")),
            ("HARBOR,S1,2,member,,,,0,", ("amount", "intake.money")),
            ("HARBOR,S1,0,member,,,10,,", ("part", "intake.number")),
            ("HARBOR,S1,2,agent,,,10,,", ("payer", "intake.choice")),
        ]
    ):
        wrong = write(tmp_path / f"w{at}", payer_shares=["HARBOR,S1,1,company,,,90,,", row])
        assert [f[1:] for f in findings(take(record, vault, wrong))] == [
            (2, "subscription_code", "intake.cascade"), (3, *found)
        ]  # fmt: skip
    assert look(record, SHARES).rows() == held[:2]


def test_a_ladder_is_replaced_whole_as_of_a_day(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    reminder = ("", "1900-01-01", 1, 0, 10, "reminder", "", 1, True, 0, 0)
    lapse = ("", "1900-01-01", 2, 1, 5, "lapse", "", 500, False, 1, 30)
    assert look(record, STEPS).rows() == [reminder, lapse]
    rows = ["gentle,,1,,20,reminder,first-letter,,,,,2027-01-01", "gentle,ME,1,,30,hold,,,,,,"]
    take(record, vault, write(tmp_path / "b", dunning_steps=rows))
    later = ("", "2027-01-01", 1, 0, 20, "reminder", "first-letter", 1, True, 0, 0)
    maine = ("ME", "1900-01-01", 1, 0, 30, "hold", "", 1, True, 0, 0)
    assert look(record, STEPS).rows() == [reminder, lapse, later, maine]
    take(record, vault, write(tmp_path / "c", dunning_steps=["gentle,,1,,10,reminder,,,,,,"]))
    assert look(record, STEPS).rows() == [reminder, later, maine]
    fallen = write(
        tmp_path / "d",
        dunning_steps=["harsh,,1,,10,warning,,,,,,", "harsh,,2,,10,shout,,,,,,"],
        products=[f"{MED},,,,,,,,,,harsh", "P2,evergreen,P,,X,none,,,,,,,,,,,none-such"],
    )
    assert findings(take(record, vault, fallen)) == [
        ("dunning_steps.csv", 2, "ladder", "intake.cascade"),
        ("dunning_steps.csv", 3, "action", "intake.choice"),
        ("products.csv", 2, "dunning", "intake.cascade"),
        ("products.csv", 3, "dunning", "intake.unknown"),
    ]
