"""A large book: the worst night (all are due) and the night after, in numbers."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from assets.billing.steps import charge
from assets.payments.steps import plan_attempts
from assets.steps import run_step
from resources.record import Record
from tests.support.seed import ONE_MEMBER, night, seed

SUBSCRIPTIONS = 100_000
DAY = dt.date(2026, 10, 1)


def large_book(record: Record, size: int) -> None:
    """Write one company of `size` members on eight prices, a tenth of them on list bill, 2 % with a hold."""
    world = {k: v for k, v in ONE_MEMBER.items() if k.split("__")[1] not in {"person", "bank_account", "subscription"}}
    world["master__company"] = [{"go_live": DAY}]
    world["master__price"] = [
        {"price_id": 1 + n, "agent_code": agent, "step_from": step}
        for n, (agent, step) in enumerate((a, s) for a in ("A0", "A1", "A2", "A3") for s in (1, 4))
    ]
    run = seed(record, **world)
    number = pl.int_range(1, size + 1, dtype=pl.Int32, eager=True).alias("person_id")
    people = pl.DataFrame(number).with_columns(
        company_id=1,
        code=pl.format("M{}", "person_id"),
        relationship=pl.lit("self"),
        birth_date=pl.lit(dt.date(1980, 1, 1)),
        gender=pl.lit("F"),
        **{c: pl.lit("x") for c in ("first_name", "last_name", "address", "city", "state", "zip")},
    )
    accounts = people.select(
        "company_id",
        "person_id",
        account_id="person_id",
        code=pl.format("B{}", "person_id"),
        routing=pl.lit("011000015"),
        account_type=pl.lit("checking"),
        account_sealed=pl.lit(b"s"),
        account_blind=pl.lit(b"b"),
        account_last4=pl.lit("6789"),
        holder_name=pl.lit("x"),
    )
    subscriptions = people.select(
        "company_id",
        "person_id",
        subscription_id="person_id",
        code=pl.format("S{}", "person_id"),
        product_id=1,
        tier=pl.lit("EMP"),
        agent_code=pl.format("A{}", pl.col("person_id") % 4),
        start_date=pl.lit(dt.date(2024, 1, 1)) + pl.duration(days=pl.col("person_id") % 900),
        bill_day=1,
        method=pl.when(pl.col("person_id") % 10 == 0).then(pl.lit("list_bill")).otherwise(pl.lit("ach")),
        account_code=pl.format("B{}", "person_id"),
    )
    holds = subscriptions.filter(pl.col("person_id") % 50 == 1).select(
        "company_id",
        "subscription_id",
        from_date=dt.date(2026, 10, 5),
        to_date=dt.date(2026, 10, 15),
        reason=pl.lit("x"),
    )
    with record.step("seed", run_no=run.run_no, companies=[1], business_date=DAY) as tx:
        tx.append("master.person", people)
        tx.append("master.bank_account", accounts)
        tx.append("master.subscription", subscriptions)
        tx.append("master.hold", holds)


@pytest.mark.long
def test_worst_night_and_the_night_after(record: Record) -> None:
    large_book(record, SUBSCRIPTIONS)
    seconds = {}
    for name, day in (
        ("worst", DAY),
        ("again", DAY),
        ("ordinary", DAY + dt.timedelta(days=1)),
        ("month", dt.date(2026, 11, 1)),
    ):
        run = night(record, business_date=day)
        billed = run_step(record, run, "billing.charges", charge)
        asked = run_step(record, run, "payments.attempts", plan_attempts)
        seconds[name] = (round(billed.seconds, 1), round(asked.seconds, 1))
        if name in {"worst", "month"}:
            assert billed.totals["lines"] == SUBSCRIPTIONS
            # The company's own account is not on record here: its list bills wait.
            assert asked.totals["attempts"] == SUBSCRIPTIONS * 9 // 10
        else:
            assert billed.rows == {}
            assert asked.rows == {}
    print(seconds)
    assert seconds["worst"][0] < 30
    assert seconds["ordinary"][0] < 15
