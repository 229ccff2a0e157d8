"""Who gets which invoice: payers, groups, due dates, sequences; a group's night over a record, to its payroll file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from assets.billing.deductions import totals
from assets.billing.employers import payroll_files, statements
from assets.billing.night import fingerprint
from assets.billing.shares import COMPANY, MEMBER
from assets.billing.steps import charge, posted, preview
from assets.steps import Outcome, run_step
from resources.database import Logins, connect
from resources.record import Record
from tests.support.billing import book, changed, compute, rows, world
from tests.support.seed import ONE_MEMBER, night, seed

D = dt.date
GROUPS = [
    {"group_code": "EAST"},
    {"group_code": "SHOP", "parent_code": "EAST", "billed": False},
    {"group_code": "PLANT", "parent_code": "EAST"},
    {"group_code": "LOOSE", "billed": False},
]


def member(number: int, group: str = "", **more: Any) -> dict[str, Any]:
    own = {"subscription_id": number, "code": f"S{number}", "person_id": number, "start_date": D(2027, 4, 1)}
    return {**own, "method": "list_bill", "group_code": group, **more}


def bills(made: Any) -> list[tuple[Any, ...]]:
    return made.invoices.select("person_id", "group_code", "due_date", "total_cents", "sequence").rows()


def test_a_list_bill_goes_to_the_nearest_billed_group_upwards_else_to_the_company() -> None:
    members = [member(n, g) for n, g in enumerate(["", "LOOSE", "EAST", "SHOP", "PLANT"], 1)]
    now = world(sub_groups=GROUPS, subscriptions=[*members, member(6, "PLANT", method="ach")])
    assert bills(compute(now, D(2027, 4, 1))) == [
        (None, "", D(2027, 4, 1), 74480, 1),
        (None, "EAST", D(2027, 4, 1), 74480, 1),
        (None, "PLANT", D(2027, 4, 1), 37240, 1),
        (6, "", D(2027, 4, 1), 37240, 1),
    ]


def test_one_list_bill_per_due_date_and_the_corrections_on_the_first() -> None:
    ahead = {"companies": {"bill_lead_days": 20}, "sub_groups": GROUPS}
    members = [member(1, "EAST"), member(2, "EAST", bill_day=15, start_date=D(2027, 4, 15))]
    now, _ = book(world(**ahead, subscriptions=members), D(2027, 4, 1))
    # 1 May and 15 May come on one night that was late; member 1 got dearer from April on.
    prices = [{}, {"price_id": 2, "company_code": "HARBOR", "member_code": "M1", "amount_cents": 37340}]
    people = [{"company_id": 1, "person_id": 1, "member_code": "M1", "birth_date": D(1980, 1, 1)}]
    _, made = book(changed(now, prices=prices, members=people), D(2027, 4, 25))
    assert bills(made) == [
        (None, "EAST", D(2027, 5, 1), 37340 + 100, 1),
        (None, "EAST", D(2027, 5, 15), 37240, 2),
    ]
    late = replace(
        changed(now, prices=prices, members=people),
        sequences=rows("sequences", {"group_code": "EAST", "sequence": 2}, {"group_code": "PLANT", "sequence": 7}),
    )
    assert [b[4] for b in bills(compute(late, D(2027, 4, 25)))] == [3, 4]


def test_an_individual_has_one_invoice_a_night_due_with_its_earliest_charge() -> None:
    two = [
        member(1, method="ach", bill_day=15, start_date=D(2027, 4, 15)),
        member(2, method="ach", person_id=1, product_id=2),
    ]
    now = world(
        companies={"bill_lead_days": 20},
        products=[{}, {"product_id": 2}],
        fees=[{}, {"fee_id": 2, "product_id": 2}],
        prices=[{}, {"price_id": 2, "fee_id": 2}],
        subscriptions=two,
    )
    assert bills(compute(now, D(2027, 3, 26))) == [(1, "", D(2027, 4, 1), 74480, 1)]


def test_each_debtor_is_billed_where_he_pays() -> None:
    shares = [
        {"subscription_id": n, "part": part, "debtor": debtor, "rate": rate}
        for n in (1, 2)
        for part, debtor, rate in ((1, COMPANY, 600_000), (2, MEMBER, 300_000), (3, 9, 100_000))
    ]
    members = [member(1, "PLANT", method="ach"), member(2, "PLANT")]
    made = compute(world(sub_groups=GROUPS, subscriptions=members, shares=shares), D(2027, 4, 1))
    assert bills(made) == [
        (None, "PLANT", D(2027, 4, 1), 22344 + 22344 + 11172, 1),  # on list bill the member's part comes from his pay
        (1, "", D(2027, 4, 1), 11172, 1),
        (9, "", D(2027, 4, 1), 3724 + 3724, 1),
    ]


def test_the_same_invoices_whatever_the_order_of_the_rows() -> None:
    members = [member(n, g) for n, g in enumerate(["", "LOOSE", "EAST", "SHOP", "PLANT"] * 3, 1)]
    now = world(sub_groups=GROUPS, subscriptions=members)
    turned = replace(now, subscriptions=now.subscriptions.reverse(), sub_groups=now.sub_groups.reverse())
    one, other = compute(now, D(2027, 4, 1)), compute(turned, D(2027, 4, 1))
    assert one.invoices.equals(other.invoices)
    assert one.lines.equals(other.lines)


# Harbor's plant: two employees, the company pays 65 % of the premium; an admin fee; a guest who pays for the second.
PLANT: dict[str, list[dict[str, Any]]] = {
    **ONE_MEMBER,
    "master__fee": [{}, {"fee_id": 2, "code": "TAX", "kind": "tax"}],
    "master__price": [
        {"amount_cents": 41230, "commissionable_cents": 41230},
        {"price_id": 2, "fee_id": 2, "amount_cents": 0, "vendor_cents": 0, "commissionable_cents": 0, "percent": "2"},
    ],
    "master__person": [{}, {"person_id": 2, "code": "M2"}, {"person_id": 3, "code": "G3"}],
    "master__sub_group": [{"code": "EAST"}, {"code": "PLANT", "parent_code": "EAST", "pays_per_year": 26}],
    "master__subscription": [
        {"method": "list_bill", "group_code": "PLANT", "start_date": D(2026, 10, 1)},
        {"subscription_id": 2, "code": "S2", "person_id": 2, "method": "list_bill", "group_code": "PLANT"}
        | {"start_date": D(2026, 10, 1)},
        {"subscription_id": 3, "code": "S3", "person_id": 3, "tier": "ESP", "start_date": D(2026, 10, 1)},
    ],
    "master__payer_share": [
        {"percent": "65"},
        {"part": 2, "payer": "member", "percent": "35"},
        {"subscription_id": 2, "percent": "65"},
        {"subscription_id": 2, "part": 2, "payer": "person", "person_id": 3, "percent": "35"},
    ],
}
DAY = D(2026, 10, 1)


def bill(record: Record, day: dt.date = DAY) -> Outcome:
    return run_step(record, night(record, business_date=day), "billing.charges", charge)


def look(record: Record, text: str) -> pl.DataFrame:
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        return tx.select(text)


INVOICES = "SELECT invoice_id, person_id, group_code, total_cents, sequence FROM billing.invoice ORDER BY invoice_id"
LINES = """SELECT subscription_id, fee_id, part, debtor, amount_cents FROM billing.line
  WHERE revision = 0 ORDER BY subscription_id, fee_id, part"""


def test_a_groups_night_over_the_record(record: Record) -> None:
    seed(record, **PLANT)
    with record.step("billing.charges", run_no=0, companies=[1], business_date=DAY) as tx:
        seen = preview(tx)
    assert bill(record).totals["quarantined"] == 1
    assert look(record, "SELECT subject, rule FROM audit.quarantine").rows() == [
        ("subscription S3", "tier_without_dependents")
    ]
    assert look(record, LINES).rows() == [
        (1, 1, 1, COMPANY, 26800),  # 267.995 and 144.305: a tie of remainders goes to the first part
        (1, 1, 2, MEMBER, 14430),
        (1, 2, 1, COMPANY, 536),  # 2 % of 412.30 is 8.25
        (1, 2, 2, MEMBER, 289),
        (2, 1, 1, COMPANY, 26800),
        (2, 1, 2, 3, 14430),
        (2, 2, 1, COMPANY, 536),
        (2, 2, 2, 3, 289),
    ]
    assert look(record, INVOICES).rows() == [
        (1, None, "PLANT", 26800 + 14430 + 536 + 289 + 26800 + 536, 1),
        (2, 3, "", 14719, 1),
    ]
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        assert posted(tx) == fingerprint(seen.invoices, seen.lines)
        bills = pl.DataFrame({"company_id": [1, 1], "invoice_id": [1, 2]})
        ((number, content),) = payroll_files(tx, bills).items()
        assert statements(tx).select("invoice_id", "current_cents", "due_cents").rows() == [(1, 69391, 69391)]
    assert number == (1, 1)
    assert totals(content) == {"records": 1, "billed_cents": 14719, "once_cents": 0, "year_cents": 176628}
    assert content.decode().splitlines() == [
        "H,HARBOR,PLANT,1,2026-10-01,26",
        # 12 x 147.19 = 1,766.28 over 26 pays.
        "D,M1,2026-10,147.19,0.00,1766.28,10,67.94,16,67.93",
        "T,1,147.19,0.00,1766.28",
    ]
    assert bill(record).rows == {}


def test_a_changed_share_and_late_data_keep_one_sequence_of_numbers(record: Record, logins: Logins) -> None:
    seed(record, **PLANT)
    bill(record)
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.payer_share SET percent = 50 WHERE subscription_id = 1")
        session.execute("DELETE FROM master.payer_share WHERE subscription_id = 2 AND part = 2")
        session.execute("UPDATE master.subscription SET tier = 'EMP' WHERE subscription_id = 3")
    again = bill(record)
    assert again.rows["billing.invoice"] == 2
    assert look(record, INVOICES).select("invoice_id", "person_id", "group_code", "total_cents", "sequence").rows()[
        2:
    ] == [
        # Of subscription 1 nothing moves between bills; what person 3 no longer pays is the own payer's, the company.
        (3, None, "PLANT", 14719, 2),
        (4, 3, "", 42055 - 14719, 2),
    ]
    sums = look(record, "SELECT sum(amount_cents)::bigint FROM billing.line WHERE subscription_id < 3").item()
    assert sums == 2 * 42055
    assert bill(record).rows == {}


def test_shares_of_nobody_and_groups_without_a_place_are_named_over_the_record(record: Record) -> None:
    broken = PLANT | {
        "master__sub_group": [{"code": "A", "parent_code": "B"}, {"code": "B", "parent_code": "A"}],
        "master__subscription": [
            {"group_code": "A"},
            {"subscription_id": 2, "code": "S2", "person_id": 2},
            {"subscription_id": 3, "code": "S3", "person_id": 3, "group_code": "NONE"},
        ],
        "master__payer_share": [
            {"subscription_id": 2, "part": 2, "payer": "person", "person_id": 77, "percent": "35"},
        ],
    }
    seed(record, **broken)
    assert bill(record).totals["lines"] == 0
    assert look(record, "SELECT subject, rule FROM audit.quarantine ORDER BY 1, 2").rows() == [
        ("subscription S1", "group_cycle"),
        ("subscription S2", "unknown_payer"),
        ("subscription S3", "unknown_group"),
    ]


@pytest.mark.parametrize(
    ("child_until", "fit"),
    # The member's own tier takes anybody; a couple only a spouse, a parent only a child, a family both. A child whose
    # end is known fits with the tier before it and with the one after it.
    [(None, [1, 2, 3, 4, 5, 10, 15]), (D(2026, 12, 1), [1, 2, 3, 4, 5, 7, 10, 15])],
)
def test_the_dependents_of_a_tier_are_those_it_covers(
    record: Record, child_until: dt.date | None, fit: list[int]
) -> None:
    people = [
        {"person_id": 2, "code": "D2", "subscriber_id": 1, "relationship": "spouse"},
        {"person_id": 3, "code": "D3", "subscriber_id": 1, "relationship": "child"},
    ]
    tiers = ["EMP", "ESP", "ECH", "FAM"]
    products = [{"product_id": n, "code": f"P{n}"} for n in range(1, 17)]
    covered = {0: [], 1: [2], 2: [3], 3: [2, 3]}  # by the remainder of the product's number
    terms: dict[str, list[dict[str, Any]]] = {
        **ONE_MEMBER,
        "master__person": [{}, *people],
        "master__product": products,
        "master__fee": [{"fee_id": n, "product_id": n} for n in range(1, 17)],
        "master__price": [{"price_id": n, "fee_id": n} for n in range(1, 17)],
        "master__subscription": [
            {"subscription_id": n, "code": f"S{n}", "product_id": n, "tier": tiers[(n - 1) // 4]} for n in range(1, 17)
        ],
        "master__covered": [
            {"company_id": 1, "subscription_id": n, "person_id": p, "end_date": child_until if p == 3 else None}
            for n in range(1, 17)
            for p in covered[n % 4]
        ],
    }
    seed(record, **terms)
    bill(record)
    billed = look(record, "SELECT DISTINCT subscription_id FROM billing.line ORDER BY 1").to_series().to_list()
    assert billed == fit


def paid(number: int, cents: int, **more: Any) -> dict[str, list[dict[str, Any]]]:
    """A draft of invoice 1 whose money was counted as ours on 20 October."""
    own = {"company_id": 1, "attempt_no": 1, "amount_cents": cents, "sec": "CCD", "business_date": DAY, "run_no": 1}
    entry = {
        "entry_id": number,
        "file_id": 1,
        "batch_number": 1,
        "purpose": "premium",
        "source_id": number,
        "description": "PREMIUM",
        "transaction_code": 27,
        "account_id": 1,
        "individual_id": "1",
        "trace_number": f"{number:015d}",
        "effective_date": DAY,
        "journal_id": 1,
    }
    draft = {"attempt_id": number, "invoice_id": 1, "payer_part": number, "account_code": "B1", "wanted_date": DAY}
    settled = {"company_id": 1, "entry_id": number, "amount_cents": cents, "business_date": D(2026, 10, 20)}
    rows_ = {
        "payments__attempt": [own | draft],
        "payments__ach_entry": [own | entry],
        "banking__settlement": [settled | {"journal_id": 1, "run_no": 1}],
    }
    back = {"company_id": 1, "entry_id": number, "sha256": b"x", "position": number, "code": "R01", "journal_id": 1}
    when = {"settlement_date": DAY, "after_settlement": True, "business_date": D(2026, 10, 22), "run_no": 1}
    return rows_ | ({"returns__returned": [back | when | {"amount_cents": cents} | more]} if more else {})


def test_the_balance_forward_is_the_bill_before_less_the_money_that_stayed(record: Record) -> None:
    seed(record, **PLANT)
    bill(record)
    seed(record, **paid(1, 60_000))
    seed(record, **paid(2, 9_000, retry_on=None))
    bill(record, D(2026, 11, 1))
    columns = ["previous_cents", "received_cents", "forward_cents", "current_cents", "retro_cents", "due_cents"]
    for day, expected in (
        (DAY, [(0, 0, 0, 69391, 0, 69391)]),
        (D(2026, 11, 1), [(69391, 60000, 9391, 69391, 0, 78782)]),
        (D(2026, 10, 15), []),
    ):
        with record.step("look", run_no=0, companies=[1], business_date=day) as tx:
            assert statements(tx).select(columns).rows() == expected
