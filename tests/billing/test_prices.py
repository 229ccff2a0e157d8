"""Which price decides: member, group, company, agent, tier, age band, step, date; ties and gaps are named; taxes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.billing.ages import age
from assets.billing.prices import priced
from tests.support.billing import amounts, balance, book, changed, compute, rows, shown, world

D = dt.date
START = D(2027, 1, 1)


def reasons(now, day: dt.date) -> list[tuple[str, str, str]]:
    return compute(now, day).quarantined.select("subject", "rule", "reason").rows()


def test_the_most_specific_price_wins_then_the_latest() -> None:
    prices = [
        {"price_id": 1, "amount_cents": 1000},
        {"price_id": 2, "amount_cents": 2000, "valid_from": D(2021, 1, 1)},
        {"price_id": 3, "amount_cents": 3000, "tier": "EMP"},
        {"price_id": 4, "amount_cents": 4000, "company_code": "HARBOR"},
        {"price_id": 5, "amount_cents": 5000, "company_code": "GUILD", "tier": "EMP"},
        {"price_id": 6, "amount_cents": 6000, "tier": "FAM"},
        {"price_id": 7, "amount_cents": 7000, "company_code": "HARBOR", "valid_from": D(2028, 1, 1)},
        {"price_id": 8, "amount_cents": 8000, "company_code": "HARBOR", "tier": "EMP", "valid_to": D(2027, 1, 1)},
    ]
    member = {"start_date": START}
    expected = [8000, 4000, 3000, 2000, 1000]  # best first; 8 has run out on its last day
    left = prices
    for best, amount in zip([8, 4, 3, 2, 1], expected, strict=True):
        if best != 8:
            now = world(prices=[p | {"vendor_cents": 0, "commissionable_cents": 0} for p in left], subscriptions=member)
            assert amounts(compute(now, START)) == [amount]
        left = [p for p in left if p["price_id"] != best]


def test_step_down_by_billed_month() -> None:
    steps = [(1, 8900), (4, 7450), (13, 6125)]
    prices = [
        {"price_id": i, "step_from": s, "amount_cents": a, "vendor_cents": 0, "commissionable_cents": 0}
        for i, (s, a) in enumerate(steps)
    ]
    now = world(prices=prices, subscriptions={"start_date": START})
    made = [amounts(compute(now, D(2027, month, 1)))[-1] for month in range(1, 13)]
    assert made == [8900] * 3 + [7450] * 9
    assert sum(made[:5]) == 41600
    assert amounts(compute(now, D(2028, 1, 1)))[-1] == 6125


def test_a_wholly_held_month_is_not_a_billed_month() -> None:
    prices = [{"price_id": 1, "amount_cents": 30000}, {"price_id": 2, "step_from": 3, "amount_cents": 27000}]
    held = {"from_date": D(2027, 2, 1), "to_date": D(2027, 3, 1)}
    now = world(prices=prices, subscriptions={"start_date": START}, holds=held)
    assert amounts(compute(now, D(2027, 4, 1))) == [30000, 30000, 27000]  # January, March, April


def test_no_price_and_a_tie_are_named_and_the_rest_is_billed() -> None:
    others = [
        {"subscription_id": 1, "start_date": START},
        {"subscription_id": 2, "code": "S2", "person_id": 2, "tier": "FAM", "start_date": START},
    ]
    none = world(prices={"tier": "EMP"}, subscriptions=others)
    assert amounts(compute(none, START)) == [37240]
    assert reasons(none, START) == [("subscription S2", "no_price", "fee 1 has no price for tier FAM on 2027-01-01")]
    tie = world(prices=[{}, {"price_id": 2, "tier": "FAM"}, {"price_id": 3, "tier": "FAM"}], subscriptions=others)
    assert amounts(compute(tie, START)) == [37240]
    assert [r[:2] for r in reasons(tie, START)] == [("subscription S2", "price_tie")]


def test_a_price_that_is_negative_or_does_not_fit_is_refused() -> None:
    for bad in ({"amount_cents": -1}, {"amount_cents": 9_000_000_001}, {"vendor_cents": -5}):
        now = world(prices=bad, subscriptions={"start_date": START})
        assert compute(now, START).lines.is_empty()
        assert [r[1] for r in reasons(now, START)] == ["price_out_of_range"]


def test_vendor_and_commissionable_parts_take_the_same_fraction() -> None:
    line = compute(world(), D(2027, 3, 10)).lines.row(0, named=True)
    assert (line["amount_cents"], line["vendor_cents"], line["commissionable_cents"]) == (26428, 19048, 26428)


# What a member of team T, below shop S, below region R may be priced by, the most specific first.
LADDER: list[dict[str, Any]] = [
    {"company_code": "HARBOR", "member_code": "M1"},
    {"company_code": "HARBOR", "group_code": "T"},
    {"company_code": "HARBOR", "group_code": "S", "agent_code": "A1", "tier": "EMP", "age_from": 40},
    {"company_code": "HARBOR", "group_code": "R", "agent_code": "A1"},
    {"company_code": "HARBOR", "group_code": "R"},
    {"company_code": "HARBOR", "agent_code": "A1"},
    {"company_code": "HARBOR", "tier": "EMP", "age_from": 40},
    {"company_code": "HARBOR", "tier": "EMP"},
    {"company_code": "HARBOR"},
    {"agent_code": "A1", "tier": "EMP"},
    {"agent_code": "A1", "age_from": 40, "age_to": 49},
    {"agent_code": "A1"},
    {"tier": "EMP", "age_to": 49},
    {"tier": "EMP", "step_from": 1, "valid_from": D(2026, 1, 1)},
    {"tier": "EMP"},
    {"age_from": 46, "age_to": 46},
    {"valid_from": D(2026, 12, 31)},
    {},
]
# Fits nobody: another member, group, company, agent, tier, an age just missed, a later step, a later and a past price.
FOREIGN: list[dict[str, Any]] = [
    {"company_code": "HARBOR", "member_code": "M2"},
    {"company_code": "HARBOR", "group_code": "X"},
    {"company_code": "GUILD", "group_code": "T"},
    {"company_code": "GUILD", "member_code": "M1"},
    {"agent_code": "A2"},
    {"tier": "FAM", "age_from": 46, "age_to": 46},
    {"company_code": "HARBOR", "age_from": 47},
    {"company_code": "HARBOR", "age_to": 45},
    {"company_code": "HARBOR", "step_from": 2},
    {"company_code": "HARBOR", "valid_from": D(2027, 1, 2)},
    {"company_code": "HARBOR", "valid_to": D(2027, 1, 1)},
]
GROUPS = [
    {"group_code": "R"},
    {"group_code": "S", "parent_code": "R", "billed": False},
    {"group_code": "T", "parent_code": "S"},
    {"group_code": "X"},
]
MEMBER = {"start_date": START, "agent_code": "A1", "group_code": "T"}
BORN = {"company_id": 1, "person_id": 1, "member_code": "M1", "birth_date": D(1980, 5, 17)}


def numbered(prices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Price n costs n dollars and has the id n."""
    return [
        {"price_id": n, "amount_cents": 100 * n, "vendor_cents": 0, "commissionable_cents": 0} | p
        for n, p in enumerate(prices, 1)
    ]


def test_every_step_of_specificity_wins_over_those_below_it() -> None:
    prices = numbered(LADDER + FOREIGN)
    for best in range(len(LADDER)):
        now = world(prices=prices[best:], sub_groups=GROUPS, members=BORN, subscriptions=MEMBER)
        assert amounts(compute(now, START)) == [100 * (best + 1)], LADDER[best]


@given(st.permutations(range(len(LADDER + FOREIGN))), st.sets(st.integers(0, len(LADDER) - 1), min_size=1))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_the_order_of_the_rows_decides_nothing(order: list[int], kept: set[int]) -> None:
    prices = numbered(LADDER + FOREIGN)
    offered = [prices[n] for n in order if n >= len(LADDER) or n in kept]
    now = world(prices=offered, sub_groups=GROUPS, members=BORN, subscriptions=MEMBER)
    assert amounts(compute(now, START)) == [100 * (min(kept) + 1)]


def test_a_price_of_a_group_is_of_all_groups_below_it_and_of_no_other() -> None:
    members = [
        {"subscription_id": n, "code": f"S{n}", "person_id": n, "start_date": START, "group_code": g}
        for n, g in enumerate(["", "R", "S", "T", "X"], 1)
    ]
    prices = numbered(
        [{}, {"company_code": "HARBOR", "group_code": "R"}, {"company_code": "HARBOR", "group_code": "S"}]
    )
    made = compute(world(prices=prices, sub_groups=GROUPS, subscriptions=members), START)
    assert amounts(made) == [100, 200, 300, 300, 100]


@pytest.mark.parametrize(
    "tied",
    [
        [{"agent_code": "A1"}, {"agent_code": "A1"}],
        [{"age_from": 40}, {"age_to": 50}],
        [{"company_code": "HARBOR", "group_code": "T"}, {"company_code": "HARBOR", "group_code": "T"}],
    ],
)
def test_two_prices_that_are_equally_specific_are_a_named_error(tied: list[dict[str, Any]]) -> None:
    now = world(prices=numbered([{}, *tied]), sub_groups=GROUPS, members=BORN, subscriptions=MEMBER)
    assert compute(now, START).lines.is_empty()
    assert reasons(now, START) == [
        ("subscription S1", "price_tie", "two prices of fee 1 are equally specific for tier EMP on 2027-01-01")
    ]
    # A later one among them settles it.
    later = numbered([{}, *tied])
    later[1]["valid_from"] = D(2026, 1, 1)
    assert amounts(compute(changed(now, prices=later), START)) == [200]


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (D(1980, 5, 17), D(2027, 5, 16), 46),
        (D(1980, 5, 17), D(2027, 5, 17), 47),
        (D(2004, 2, 29), D(2027, 2, 28), 22),
        (D(2004, 2, 29), D(2027, 3, 1), 23),
        (D(2004, 2, 29), D(2028, 2, 29), 24),
        (D(1999, 12, 31), D(2027, 1, 1), 27),
        (D(2027, 6, 1), D(2027, 1, 1), 0),
    ],
)
def test_age_in_completed_years(born: dt.date, on: dt.date, years: int) -> None:
    assert pl.DataFrame({"b": [born], "o": [on]}).select(age(pl.col("b"), pl.col("o"))).item() == years


@pytest.mark.parametrize(
    ("age_on", "amounts_by_month"),
    [
        # 64 until 10 April 2027, 65 from then on; covered since December.
        ("coverage_start", [100, 100, 100, 100, 100, 200]),
        ("year_start", [100, 100, 100, 100, 100, 100]),
        ("subscription_start", [100, 100, 100, 100, 100, 100]),
    ],
)
def test_the_age_counts_on_the_day_the_product_says(age_on: str, amounts_by_month: list[int]) -> None:
    prices = numbered([{"age_to": 64}, {"age_from": 65}])
    now = world(
        products={"age_on": age_on},
        prices=prices,
        members=BORN | {"birth_date": D(1962, 4, 10)},
        subscriptions={"start_date": D(2026, 12, 1)},
    )
    found = []
    for month in ((2026, 12), (2027, 1), (2027, 2), (2027, 3), (2027, 4), (2027, 5)):
        now, made = book(now, D(*month, 1))
        found += amounts(made)
    assert found == amounts_by_month
    if age_on == "year_start":
        assert amounts(compute(now, D(2028, 1, 1)))[-1] == 200


def test_an_unknown_birth_date_has_only_a_price_for_every_age() -> None:
    now = world(prices=numbered([{"age_from": 40}]), subscriptions={"start_date": START})
    assert [r[1] for r in reasons(now, START)] == ["no_price"]
    assert amounts(compute(changed(now, prices=numbered([{"age_from": 40}, {}])), START)) == [200]


def test_a_percent_of_something_else_than_a_tax_is_refused() -> None:
    now = world(prices={"rate": 25_000}, subscriptions={"start_date": START})
    assert [r[1] for r in reasons(now, START)] == ["price_percent"]


TAXED: dict[str, Any] = {
    "fees": [{}, {"fee_id": 2, "fee_code": "TAX", "kind": "tax"}],
    "prices": [
        {"vendor_cents": 0},
        {"price_id": 2, "fee_id": 2, "amount_cents": 0, "vendor_cents": 0, "commissionable_cents": 0, "rate": 24_750},
    ],
}


def test_a_tax_is_a_percent_of_the_rounded_premium_line() -> None:
    now, made = book(world(**TAXED, subscriptions={"end_date": D(2027, 6, 14)}), D(2027, 6, 1))
    # 2.475 % of 264.28, 372.40, 372.40 and 161.37, half up.
    assert [b[3] for b in balance(now)] == [26428, 37240, 37240, 16137, 654, 922, 922, 399]
    assert made.lines.filter(pl.col("fee_id") == 2)["vendor_cents"].sum() == 0


def test_each_premium_of_a_coverage_is_taxed_for_itself() -> None:
    fees = [*TAXED["fees"], {"fee_id": 3, "fee_code": "RIDER"}]
    prices = [*TAXED["prices"], {"price_id": 3, "fee_id": 3, "amount_cents": 1030}]
    now = world(fees=fees, prices=prices, subscriptions={"start_date": START})
    # 9.2169 and 0.254925: 9.22 + 0.25, where the sum's tax would be 9.47 as well; 10.60 shows the difference.
    assert amounts(compute(now, START)) == [37240, 947, 1030]
    prices[0] = prices[0] | {"amount_cents": 1030}
    assert amounts(compute(changed(now, prices=prices), START)) == [1030, 50, 1030]  # 2 x 0.25, of 20.60 it were 0.51


def test_credits_of_a_taxed_line_take_what_is_left_of_its_tax() -> None:
    member = {"start_date": D(2027, 4, 1)}
    now, _ = book(world(**TAXED, subscriptions=member), D(2027, 4, 1))
    for last, tax in ((D(2027, 4, 21), 614), (D(2027, 4, 8), 215), (D(2027, 4, 1), 0)):
        now, made = book(changed(now, subscriptions=member | {"end_date": last}), D(2027, 4, 2))
        assert [line[1] for line in shown(made)] == ["retro_term", "retro_term"]
        assert sum(b[3] for b in balance(now) if b[1] == 2) == tax
    assert balance(now) == []
    assert now.recorded.filter(pl.col("fee_id") == 2)["amount_cents"].to_list() == [922, -308, -399, -215]


def test_a_tax_waits_for_its_premium_and_an_amount_is_prorated_with_it() -> None:
    fixed = [TAXED["prices"][0], TAXED["prices"][1] | {"rate": None, "amount_cents": 310}]
    now = world(fees=TAXED["fees"], prices=fixed)
    assert amounts(compute(now, D(2027, 3, 10))) == [26428, 220]
    none = changed(now, prices=[TAXED["prices"][1]])
    assert compute(none, D(2027, 3, 10)).lines.is_empty()
    assert [r[1] for r in reasons(none, D(2027, 3, 10))] == ["no_price", "no_premium"]


def test_a_million_charges_are_decided_by_their_few_combinations() -> None:
    size = 200_000
    prices = numbered(
        [{"agent_code": f"A{n}", "tier": t} for n in range(300) for t in ("EMP", "FAM")]
        + [{"age_from": 5 * n, "age_to": 5 * n + 4} for n in range(20)]
        + [{"company_code": "HARBOR", "member_code": f"M{n}"} for n in range(5000)]
        + [{}]
    )
    now = world(prices=prices, subscriptions=[])
    who = pl.DataFrame({"subscription_id": pl.int_range(size, dtype=pl.Int32, eager=True)}).with_columns(
        company_id=pl.lit(1, pl.Int32), person_id=pl.col("subscription_id")
    )
    base = rows("subscriptions", {}).drop("subscription_id", "company_id", "person_id", "agent_code")
    subscriptions = (
        who.join(base, how="cross")
        .with_columns(agent_code=pl.format("A{}", pl.col("subscription_id") % 600))
        .select(now.subscriptions.columns)
    )
    members = who.with_columns(
        member_code=pl.format("M{}", "person_id"),
        birth_date=pl.date(1940 + pl.col("person_id") % 70, 1, 1),
    ).drop("subscription_id")
    big = replace(now, subscriptions=subscriptions, members=members)
    charges = who.select("company_id", "subscription_id").with_columns(
        fee_id=pl.lit(1, pl.Int32),
        company_code=pl.lit("HARBOR"),
        tier=pl.lit("EMP"),
        number=pl.lit(1, pl.Int32),
        coverage_start=pl.lit(D(2027, 1, 1)) + pl.duration(days=pl.col("subscription_id") % 31),
    )
    found = priced(charges, big)
    assert found["subscription_id"].equals(charges["subscription_id"])
    # 5,000 have a price of their own, of the others every second one an agent with a price, the rest go by age.
    own = found.filter(pl.col("price_id") > 620, pl.col("price_id") <= 5620).height
    by_agent = found.filter(pl.col("price_id") <= 600).height
    assert (own, by_agent) == (5000, sum(1 for n in range(5000, size) if n % 600 < 300))
    assert found["problem"].unique().to_list() == [""]
