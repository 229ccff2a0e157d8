"""Sub-groups in a tree, list bill figures, payroll deductions and their comparison: worked tables and identities."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.billing.deductions import DEDUCTIONS, PAYS, compared, deduction_file, planned, totals
from assets.billing.groups import above, billed_at
from assets.billing.list_bills import list_bill_statement
from tests.support.billing import compute, rows, world

D = dt.date
TREE = [
    {"group_code": "R"},
    {"group_code": "S", "parent_code": "R", "billed": False},
    {"group_code": "T", "parent_code": "S", "billed": False},
    {"group_code": "U", "parent_code": "T"},
    {"group_code": "X", "billed": False},
]
# A and B above each other, C below them; D below a group nobody knows, E below D.
LOST = [
    {"group_code": "A", "parent_code": "B"},
    {"group_code": "B", "parent_code": "A"},
    {"group_code": "C", "parent_code": "B"},
    {"group_code": "D", "parent_code": "NOBODY"},
    {"group_code": "E", "parent_code": "D"},
    {"group_code": "F", "parent_code": "F"},
]


def test_the_tree_and_where_each_groups_bill_goes() -> None:
    groups = rows("sub_groups", *TREE, *LOST)
    assert above(groups).select("group_code", "above", "distance").rows() == [
        ("R", "R", 0),
        *[("S", "S", 0), ("S", "R", 1)],
        *[("T", "T", 0), ("T", "S", 1), ("T", "R", 2)],
        *[("U", "U", 0), ("U", "T", 1), ("U", "S", 2), ("U", "R", 3)],
        ("X", "X", 0),
    ]
    assert dict(billed_at(groups).select("group_code", "bill_to").rows()) == {
        **{"R": "R", "S": "R", "T": "R", "U": "U", "X": ""}
    }
    assert above(groups.clear()).is_empty()


def test_a_group_of_another_company_is_another_group() -> None:
    groups = rows("sub_groups", {"group_code": "R"}, {"company_id": 2, "group_code": "S", "parent_code": "R"})
    assert above(groups).rows() == [(1, "R", "R", 0)]


def test_members_of_groups_without_a_place_are_named_and_the_others_billed() -> None:
    members = [
        {
            "subscription_id": n,
            "code": f"S{n}",
            "person_id": n,
            "start_date": D(2027, 4, 1),
            "group_code": g,
            "method": m,
        }
        for n, (g, m) in enumerate(
            [
                ("", "ach"),
                ("T", "list_bill"),
                ("A", "ach"),
                ("C", "list_bill"),
                ("D", "ach"),
                ("E", "ach"),
                ("F", "ach"),
                ("Q", "ach"),
            ],
            1,
        )
    ]
    made = compute(world(sub_groups=TREE + LOST, subscriptions=members), D(2027, 4, 1))
    assert made.lines["subscription_id"].sort().to_list() == [1, 2]
    assert dict(made.quarantined.select("subject", "rule").sort("subject").rows()) == {
        "subscription S3": "group_cycle",
        "subscription S4": "group_cycle",
        "subscription S5": "group_orphan",
        "subscription S6": "group_orphan",
        "subscription S7": "group_cycle",
        "subscription S8": "unknown_group",
    }


@pytest.mark.parametrize(
    ("tier", "spouses", "children"), [("ESP", 0, 0), ("ESP", 1, 2), ("ECH", 1, 1), ("FAM", 1, 0), ("FAM", 0, 2)]
)
def test_a_tier_without_its_dependents_is_named(tier: str, spouses: int, children: int) -> None:
    two = [{"tier": tier}, {"subscription_id": 2, "code": "S2", "person_id": 2}]
    now = world(
        subscriptions=two, misfits={"company_id": 1, "subscription_id": 1, "spouses": spouses, "children": children}
    )
    made = compute(now, D(2027, 3, 10))
    assert made.lines["subscription_id"].to_list() == [2]
    ((subject, rule, reason),) = made.quarantined.select("subject", "rule", "reason").rows()
    assert (subject, rule) == ("subscription S1", "tier_without_dependents")
    assert f"{spouses} spouses and {children} children are covered" in reason


def invoice(number: int, bill: dt.date, group: str = "") -> dict[str, Any]:
    return {"company_id": 1, "group_code": group, "invoice_id": number, "bill_date": bill, "due_date": bill}


def line(number: int, kind: str, cents: int) -> dict[str, Any]:
    return {"company_id": 1, "invoice_id": number, "kind": kind, "amount_cents": cents}


def receipt(day: dt.date, cents: int, group: str = "") -> dict[str, Any]:
    return {"company_id": 1, "group_code": group, "received_on": day, "amount_cents": cents}


FIGURES = ["previous_cents", "received_cents", "forward_cents", "current_cents", "retro_cents", "due_cents"]


def test_the_worked_list_bill() -> None:
    bills = pl.DataFrame([invoice(1, D(2027, 4, 15)), invoice(2, D(2027, 5, 15)), invoice(3, D(2027, 5, 15), "G")])
    lines = pl.DataFrame(
        [line(1, "charge", 241860)]
        + [line(2, "charge", c) for c in (41230, 39875, 80620)]
        + [line(2, "retro_add", 39875), line(2, "retro_term", -41230), line(3, "charge", 100)]
    )
    money = pl.DataFrame([receipt(D(2027, 4, 28), 200000), receipt(D(2027, 5, 15), 30000), receipt(D(2027, 5, 16), 7)])
    found = list_bill_statement(bills, lines, money)
    assert found.select("invoice_id", *FIGURES).rows() == [
        (1, 0, 0, 0, 241860, 0, 241860),
        (2, 241860, 230000, 11860, 161725, -1355, 172230),
        (3, 0, 0, 0, 100, 0, 100),
    ]


def test_two_bills_of_a_night_and_money_that_came_back() -> None:
    bills = pl.DataFrame([invoice(1, D(2027, 4, 1)), invoice(2, D(2027, 4, 1)), invoice(3, D(2027, 5, 1))])
    lines = pl.DataFrame([line(1, "charge", 500), line(2, "charge", 300), line(3, "credit", -900)])
    money = pl.DataFrame([receipt(D(2027, 4, 1), 50), receipt(D(2027, 4, 5), 800), receipt(D(2027, 4, 9), -800)])
    assert list_bill_statement(bills, lines, money).select(FIGURES).rows() == [
        (0, 50, -50, 500, 0, 450),
        (450, 0, 450, 300, 0, 750),
        (750, 0, 750, 0, -900, -150),
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.integers(-9999, 9999), st.sampled_from(["", "G"])), min_size=1, max_size=8
    ),
    st.lists(st.tuples(st.integers(0, 90), st.integers(-9999, 9999), st.sampled_from(["", "G"])), max_size=8),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_last_amount_due_is_everything_billed_less_everything_received(
    billed: list[Any], received: list[Any]
) -> None:
    billed = sorted(billed)
    bills = pl.DataFrame([invoice(n, D(2027, 1, 1) + dt.timedelta(d), g) for n, (d, _, g) in enumerate(billed)])
    lines = pl.DataFrame([line(n, "charge" if c > 0 else "credit", c) for n, (_, c, _) in enumerate(billed)])
    shape = {"company_id": pl.Int64, "group_code": pl.String, "received_on": pl.Date, "amount_cents": pl.Int64}
    money = pl.DataFrame([receipt(D(2027, 1, 1) + dt.timedelta(d), c, g) for d, c, g in received], schema=shape)
    found = list_bill_statement(bills, lines, money)
    for (group,), mine in found.partition_by("group_code", as_dict=True).items():
        last = mine["bill_date"].max()
        owed = sum(c for _, c, g in billed if g == group)
        paid = sum(c for d, c, g in received if g == group and D(2027, 1, 1) + dt.timedelta(d) <= last)
        assert mine["due_cents"][-1] == owed - paid
        assert mine["due_cents"][:-1].to_list() == mine["previous_cents"][1:].to_list()
        shown = mine["forward_cents"] + mine["current_cents"] + mine["retro_cents"]
        assert shown.equals(mine["due_cents"], check_names=False)


def deducted_part(cents: int, pays: int = 26, *, month: int = 4, regular: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "company_id": 1,
        "invoice_id": 1,
        "member_code": "M1",
        "coverage_month": D(2027, month, 1),
        "recurrence": "monthly",
        "regular": regular,
        "pays_per_year": pays,
        "amount_cents": cents,
    } | more


def plan(*parts: dict[str, Any]) -> pl.DataFrame:
    return planned(pl.DataFrame(parts, schema=DEDUCTIONS))


def test_the_worked_deduction_per_pay() -> None:
    # 35 % of 412.30 a month, 1,731.72 a year: 14 pays of 66.60 and 12 of 66.61.
    found = plan(deducted_part(14431)).row(0, named=True)
    assert found["year_cents"] == 173172
    assert (found["more_pays"], found["more_cents"]) == (12, 6661)
    assert (found["fewer_pays"], found["fewer_cents"]) == (14, 6660)


@pytest.mark.parametrize(
    ("pays", "expected"),
    [(12, (0, 0, 12, 14431)), (24, (12, 7216, 12, 7215)), (26, (12, 6661, 14, 6660)), (52, (12, 3331, 40, 3330))],
)
def test_every_pay_frequency(pays: int, expected: tuple[int, ...]) -> None:
    columns = ["more_pays", "more_cents", "fewer_pays", "fewer_cents"]
    assert plan(deducted_part(14431, pays)).select(columns).row(0) == expected


@given(st.integers(1, 10_000_000), st.sampled_from(PAYS), st.sampled_from(["monthly", "weekly", "quarterly", "yearly"]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_pays_of_a_year_are_exactly_a_year_of_the_share(cents: int, pays: int, recurrence: str) -> None:
    periods = {"monthly": 12, "weekly": 52, "quarterly": 4, "yearly": 1}[recurrence]
    found = plan(deducted_part(cents, pays, recurrence=recurrence)).row(0, named=True)
    total = found["more_pays"] * found["more_cents"] + found["fewer_pays"] * found["fewer_cents"]
    assert total == found["year_cents"] == cents * periods
    assert found["more_pays"] + found["fewer_pays"] == pays


def test_a_file_with_totals_that_names_what_is_taken_once() -> None:
    found = plan(
        deducted_part(14431),
        deducted_part(1000),
        deducted_part(-14431, month=3, regular=False),
        deducted_part(2500, recurrence="one_time", member_code="M,2"),
    )
    content = deduction_file(found, company="HARBOR", group="G1", invoice=1, bill_date=D(2027, 3, 20))
    assert content.decode().splitlines() == [
        "H,HARBOR,G1,1,2027-03-20,26",
        'D,"M,2",2027-04,25.00,25.00,0.00,0,0.00,0,0.00',
        "D,M1,2027-03,-144.31,-144.31,0.00,0,0.00,0,0.00",
        "D,M1,2027-04,154.31,0.00,1851.72,0,0.00,26,71.22",
        "T,3,35.00,-119.31,1851.72",
    ]
    assert totals(content) == {"records": 3, "billed_cents": 3500, "once_cents": -11931, "year_cents": 185172}


BILLED = {"A": 14431, "B": 14431, "C": 14431, "D": 14431, "E": 14431, "F": 14431, "G": 14431, "I": 14431, "J": 20000}
TAKEN = {"A": 14431, "C": 12000, "D": 14432, "E": 13321, "F": 19981, "G": 17317, "T": 14431, "U": 5000, "Z": 14431}


def test_each_difference_has_exactly_one_reason() -> None:
    march, april = D(2027, 3, 1), D(2027, 4, 1)
    billed = pl.DataFrame(
        [
            {"company_id": 1, "member_code": c, "coverage_month": april, "billed_cents": n, "pays_per_year": 26}
            for c, n in BILLED.items()
        ]
    )
    taken = pl.DataFrame(
        [{"company_id": 1, "member_code": c, "coverage_month": april, "deducted_cents": n} for c, n in TAKEN.items()]
        + [{"company_id": 1, "member_code": "J", "coverage_month": march, "deducted_cents": 0}]
    )
    known = [{"company_id": 1, "member_code": c, "first_month": D(2026, 1, 1), "end_month": None} for c in "ACDEFGIJU"]
    known += [{"company_id": 1, "member_code": "B", "first_month": april, "end_month": None}]
    known += [{"company_id": 1, "member_code": "T", "first_month": D(2026, 1, 1), "end_month": april}]
    found = compared(billed, taken, pl.DataFrame(known, schema_overrides={"end_month": pl.Date}))
    assert dict(found.select("member_code", "reason").rows()) == {
        "B": "NEW_NOT_DEDUCTED",
        "C": "AMOUNT_DIFFERS",
        "D": "ROUNDING",
        "E": "PAY_FREQUENCY",  # two pays of 66.60
        "F": "PAY_FREQUENCY",  # three pays
        "G": "AMOUNT_DIFFERS",
        "I": "MISSING_EMPLOYEE",
        "J": "AMOUNT_DIFFERS",  # listed in March, not in April
        "T": "TERMED_STILL_DEDUCTED",
        "U": "AMOUNT_DIFFERS",
        "Z": "UNKNOWN_EMPLOYEE",
    }
    assert found["difference_cents"].sum() == sum(BILLED.values()) - sum(TAKEN.values())
