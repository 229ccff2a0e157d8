"""Which price decides: company, tier, step, then the latest date; ties and gaps are named."""

from __future__ import annotations

import datetime as dt

from tests.support.billing import amounts, compute, world

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
