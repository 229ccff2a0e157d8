"""Commission to the cent: the worked tables of the field, and sums that hold for every line."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.commissions.amounts import due
from assets.commissions.paths import WHOLE, paths, uplines
from assets.payables.funding import delta, to_date

START = dt.date(2026, 9, 1)


def line(base: int, funded: int, total: int, line_id: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "company_id": [1], "line_id": [line_id], "subscription_id": [1], "commissionable_cents": [base],
            "total_cents": [total], "funded_cents": [funded],
        }
    )  # fmt: skip


def path(*rungs: tuple[int, float, float], agents: tuple[int, ...] | None = None) -> pl.DataFrame:
    """Rungs of (level, cumulative percent, share); agent ids run from 1."""
    rows = [
        (1, 1, level, agents[i] if agents else i + 1, round(percent * 10_000), round(share * 10_000))
        for i, (level, percent, share) in enumerate(rungs)
    ]
    names = ["company_id", "subscription_id", "level", "agent_id", "percent_e4", "share_e4"]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")


def amounts(found: pl.DataFrame) -> list[int]:
    return found.sort("level", "agent_id")["amount_cents"].to_list()


def test_part_payments_complete_the_total() -> None:
    eleven = path((1, 11, 100))
    paid = [amounts(due(line(64000, funded, 64000), eleven))[0] for funded in (21500, 43000, 64000)]
    assert [paid[0], paid[1] - paid[0], paid[2] - paid[1]] == [2365, 2365, 2310]
    assert paid[2] == 7040


def test_levels_are_paid_the_spread_of_rounded_cumulative_amounts() -> None:
    tree = path((1, 12, 100), (2, 17, 100), (3, 19, 100), (4, 24.5, 100))
    assert amounts(due(line(43190, 43190, 43190), tree)) == [5183, 2159, 864, 2376]


@pytest.mark.parametrize(
    ("shares", "paid"),
    [((60, 40), [3110, 2073]), ((33.3333, 33.3333, 33.3334), [1728, 1727, 1728]), ((100,), [5183])],
)
def test_splits_keep_every_cent(shares: tuple[float, ...], paid: list[int]) -> None:
    split = path(*((1, 12, share) for share in shares))
    assert amounts(due(line(43190, 43190, 43190), split)) == paid


def test_a_tie_of_remainders_goes_to_the_lowest_agent() -> None:
    assert amounts(due(line(1010, 1010, 1010), path((1, 10, 50), (1, 10, 50)))) == [51, 50]


def test_a_credit_takes_back_what_its_charge_gave() -> None:
    tree = path((1, 12, 60), (1, 12, 40), (2, 17, 100))
    gave, took = due(line(43190, 43190, 43190), tree), due(line(-43190, -43190, -43190), tree)
    assert amounts(gave) == [-cents for cents in amounts(took)]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    base=st.integers(-2_000_000, 2_000_000),
    percents=st.lists(st.integers(0, WHOLE), min_size=1, max_size=5),
    shares=st.lists(st.integers(1, 1000), min_size=1, max_size=4),
    total=st.integers(1, 3_000_000),
    part=st.floats(0, 1),
)
def test_levels_and_shares_sum_to_the_rounded_top_amount(
    base: int, percents: list[int], shares: list[int], total: int, part: float
) -> None:
    cuts = [share * WHOLE // sum(shares) for share in shares]
    cuts[0] += WHOLE - sum(cuts)
    rising = sorted(percents)
    rows = [(1, 1, 1, n, rising[0], cut) for n, cut in enumerate(cuts)]
    rows += [(1, 1, level, 100 + level, percent, WHOLE) for level, percent in enumerate(rising[1:], start=2)]
    names = ["company_id", "subscription_id", "level", "agent_id", "percent_e4", "share_e4"]
    tree = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")
    funded = round(total * part)
    top = half_up(half_up(base * rising[-1], WHOLE) * funded, total)
    assert sum(amounts(due(line(base, funded, total), tree))) == top


def half_up(numerator: int, denominator: int) -> int:
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    amount=st.integers(-1_000_000, 1_000_000),
    total=st.integers(1, 1_000_000),
    parts=st.lists(st.floats(0, 1), max_size=5),
)
def test_whatever_the_payments_were_the_parts_sum_to_the_whole_and_a_return_to_nothing(
    amount: int, total: int, parts: list[float]
) -> None:
    key = {"company_id": [1], "line_id": [1]}
    names = ["company_id", "line_id", "recorded_cents", "highest"]
    booked = pl.DataFrame(schema=dict.fromkeys(names, pl.Int64) | {"later": pl.Boolean})
    for n, funded in enumerate([*(round(total * p) for p in parts), total, 0, total]):
        state = pl.DataFrame(key | {"total_cents": [total], "funded_cents": [funded]})
        new = delta(state.with_columns(amount_cents=to_date(pl.lit(amount))), booked, list(key))
        done = int(booked["recorded_cents"].sum() + new["amount_cents"].sum())
        booked = pl.DataFrame(key | {"recorded_cents": [done], "highest": [n], "later": [False]})
        if funded in (0, total):
            assert done == (amount if funded else 0)


def agents(*rows: tuple[str, str, int]) -> pl.DataFrame:
    names = {"agent_id": pl.Int32, "code": pl.String, "parent_code": pl.String, "level": pl.Int32}
    return pl.DataFrame([(n, *row) for n, row in enumerate(rows, start=1)], schema=names, orient="row")


TREE = (("A", "B", 1), ("B", "C", 2), ("C", "", 4), ("LOST", "NOBODY", 1), ("X", "Y", 1), ("Y", "X", 2))


def test_a_path_leads_to_the_top_and_a_cycle_or_orphan_to_a_reason() -> None:
    rungs, bad = uplines(agents(*TREE))
    assert rungs.filter(pl.col("agent_code") == "A").select("level", "agent_id").rows() == [(1, 1), (2, 2), (4, 3)]
    assert dict(bad.unique("agent_code").sort("agent_code").iter_rows()) == {
        "LOST": "agent NOBODY is on the path and is not known",
        "X": "agent X is not at a higher level than the one below: a cycle, or wrong levels",
        "Y": "agent X is not at a higher level than the one below: a cycle, or wrong levels",
    }


def rates(*rows: tuple[str, int, float, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(p, level, dt.date.fromisoformat(day), round(percent * 10_000)) for p, level, percent, day in rows],
        schema={"product_code": pl.String, "level": pl.Int32, "valid_from": pl.Date, "percent_e4": pl.Int64},
        orient="row",
    )


def sold(agent: str = "A", product: str = "MED") -> pl.DataFrame:
    return pl.DataFrame(
        {"company_id": [1], "subscription_id": [1], "code": ["S1"], "product_code": [product], "start_date": [START],
         "agent_code": [agent]},
        schema_overrides={"company_id": pl.Int32, "subscription_id": pl.Int32},
    )  # fmt: skip


def splits(*rows: tuple[str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [(1, 1, agent, round(share * 10_000)) for agent, share in rows],
        schema={"company_id": pl.Int32, "subscription_id": pl.Int32, "agent_code": pl.String, "share_e4": pl.Int64},
        orient="row",
    )


GENERAL = (("", 1, 10, "2026-01-01"), ("", 4, 20, "2026-01-01"))


def test_rates_are_the_products_own_then_the_latest_before_the_start() -> None:
    table = rates(*GENERAL, ("MED", 1, 12, "2026-01-01"), ("MED", 1, 13, "2026-06-01"), ("MED", 1, 99, "2026-09-02"))
    found = paths(sold(), agents(*TREE), table, splits()).rows
    assert found.select("level", "agent_id", "percent_e4").rows() == [(1, 1, 130_000), (4, 3, 200_000)]
    other = paths(sold(product="DEN"), agents(*TREE), table, splits()).rows
    assert other["percent_e4"].to_list() == [100_000, 200_000]


def test_a_split_divides_the_writing_agents_rung_alone() -> None:
    found = paths(sold(), agents(*TREE), rates(*GENERAL), splits(("A", 60), ("LOST", 40))).rows
    assert found.select("level", "agent_id", "share_e4").rows() == [(1, 1, 600_000), (1, 4, 400_000), (4, 3, WHOLE)]


@pytest.mark.parametrize(
    ("agent", "table", "split", "rule"),
    [
        ("X", GENERAL, (), "agent_path"),
        ("NEW", GENERAL, (), "agent_path"),
        ("A", (("", 1, 20, "2026-01-01"), ("", 2, 10, "2026-01-01")), (), "negative_spread"),
        ("A", GENERAL, (("A", 60),), "split"),
        ("A", GENERAL, (("A", 60), ("NEW", 40)), "split"),
    ],
)
def test_what_cannot_be_paid_is_named(
    agent: str, table: tuple[tuple[str, int, float, str], ...], split: tuple[tuple[str, float], ...], rule: str
) -> None:
    found = paths(sold(agent), agents(*TREE), rates(*table), splits(*split))
    assert found.rows.is_empty()
    assert found.unusable.select("subject", "rule").rows() == [("subscription S1", rule)]
