"""Any order of nights, any reruns, any late backfill, with terms that change in between: the same final record."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from assets.billing.world import World
from tests.support.billing import book, changed, compute, world
from tests.support.scenario import LAST, Act, Row, Scenario, Tables, balances, play, scenario

FEW, ALL = 4, 50  # seeds of one test; ten tests of fifty with --long


class OnFrames:
    """Plays in memory and checks after every night what must hold whatever came before."""

    def __init__(self, made: Scenario) -> None:
        self.tables = copy.deepcopy(made.tables)
        self.world = world(**frames(self.tables))

    def change(self, acts: list[Act]) -> None:
        """The rows change; what is booked stays."""
        for act in acts:
            act.on(self.tables)
        self.world = changed(self.world, **frames(self.tables))

    def night(self, day: dt.date) -> None:
        """Book a night: invoices are the sums of their lines, and chains of corrections hold."""
        self.world, made = book(self.world, day)
        totals = made.lines.group_by("invoice").agg(pl.col("amount_cents").sum()).sort("invoice")
        assert totals["amount_cents"].to_list() == made.invoices.sort("invoice")["total_cents"].to_list()
        check_chain(self.world)


def check_chain(now: World) -> None:
    """Revisions run without a gap from 0, and no key is ever credited below zero."""
    key = ["company_id", "subscription_id", "fee_id", "coverage_start", "part", "debtor"]
    chains = now.recorded.group_by(key).agg(pl.col("revision").sort(), pl.col("amount_cents").sum())
    assert (chains["amount_cents"] >= 0).all()
    assert (chains["revision"].list.len() == chains["revision"].list.max() + 1).all()


def frames(tables: Tables) -> dict[str, list[Row]]:
    """Master rows as the frames that billing reads of them."""
    debtors = {"company": -1, "member": -2}
    return {
        "companies": [_renamed(r, code="company_code", bill_day="company_bill_day") for r in tables["master.company"]],
        "products": [_renamed(r, code="product_code") for r in tables["master.product"]],
        "fees": [_renamed(r, code="fee_code") for r in tables["master.fee"]],
        "prices": [{**r, "rate": _millionths(r.get("percent"))} for r in tables["master.price"]],
        "subscriptions": tables["master.subscription"],
        "holds": tables["master.hold"],
        "standings": tables["billing.standing"],
        "shares": [
            {**r, "debtor": debtors[r["payer"]], "rate": _millionths(r["percent"])}
            for r in tables["master.payer_share"]
        ],
    }


def _renamed(row: Row, **names: str) -> Row:
    return {names.get(k, k): v for k, v in row.items()}


def _millionths(percent: str | None) -> int | None:
    return None if percent is None else round(float(percent) * 10_000)


def played(made: Scenario, player: Callable[[Scenario], Any], order: list[list[dt.date]]) -> Any:
    """A player at the end of a history."""
    found = player(made)
    play(found, made, order)
    return found


@pytest.mark.parametrize("first", [0, FEW])
def test_the_order_of_nights_does_not_matter(first: int) -> None:
    assert sum(any_order(seed) for seed in range(first, first + FEW)) > 0


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 10 * ALL, ALL))
def test_the_order_of_nights_does_not_matter_for_five_hundred_seeds(first: int) -> None:
    assert sum(any_order(seed) for seed in range(first, first + ALL)) > 0


def any_order(seed: int) -> int:
    """Play a scenario in order, in disorder, and all at once on its last night: all end with the same record.

    Returns how many lines the nights in order have corrected.
    """
    made = scenario(seed)
    straight = played(made, OnFrames, made.in_order())
    wild = played(made, OnFrames, made.in_disorder())
    assert compute(wild.world, LAST).lines.is_empty(), seed
    assert balances(wild.world.recorded) == balances(straight.world.recorded), (seed, made.in_disorder())
    # And the same as a book that is billed for the first time on the last night, with what is known by then.
    once = played(made, OnFrames, [[], [], [LAST]])
    assert balances(once.world.recorded) == balances(straight.world.recorded), seed
    return int((straight.world.recorded["revision"] > 0).sum())
