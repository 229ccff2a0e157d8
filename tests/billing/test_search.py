"""A night that looks only where something can have changed books what a night that looks everywhere would."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import polars as pl
import pytest

from assets.billing.calendar import CYCLES
from assets.billing.night import fingerprint
from assets.billing.reading import sight
from assets.billing.search import asked
from assets.billing.steps import charge, preview
from assets.billing.world import Bill
from assets.steps import run_step
from resources.database import Logins, connect
from resources.record import Record, Tx
from tests.support.billing import rows
from tests.support.seed import ONE_MEMBER, night, seed

D = dt.date
COMPANIES = [1, 2]
ALIGNED = [(r, a) for r in CYCLES for a in ("subscription", "customer", "company")]
PEOPLE = 60
# Month ends, a gap of five weeks, a leap day, a night made up for, the same night twice.
NIGHTS = [
    *(D(2027, 12, d) for d in (30, 31)),
    *(D(2028, 1, d) for d in (1, 2, 3, 15, 31)),
    D(2028, 2, 1),
    D(2028, 1, 20),
    D(2028, 2, 1),
    *(D(2028, 2, d) for d in (14, 28, 29)),
    *(D(2028, 3, d) for d in (1, 2)),
    D(2028, 4, 6),
    D(2028, 4, 7),
]


def book(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Two companies, a product for each recurrence and alignment, and people on plans of all kinds."""
    products = [
        {
            "product_id": n,
            "code": f"P{n}",
            "trial_days": chance.choice((0, 0, 10, 40)),
            "trial_billed": chance.choice(("start", "end")),
            "family": chance.choice(("", "F", "F")),
            "bill_ahead_days": chance.choice((None, 0, 12)),
            "enrollment_again": True,
        }
        for n in range(1, len(ALIGNED) + 1)
    ]
    fees = [
        {"product_id": p["product_id"], "code": code, "kind": kind, "recurrence": recurrence, "alignment": alignment}
        for p in products
        for code, kind, recurrence, alignment in (
            ("PREMIUM", "premium", *ALIGNED[p["product_id"] - 1]),
            ("TRIAL", "trial", "one_time", "subscription"),
            ("JOIN", "enrollment", "one_time", "subscription"),
        )
    ]
    fees = [{"fee_id": n, **f} for n, f in enumerate(fees, 1)]
    who = [{"company_id": 1 + n % 2, "person_id": 1 + n // 2, "code": f"M{n}"} for n in range(PEOPLE)]
    subscriptions = []
    for n, person in enumerate(who):
        start = D(2027, 11, 1) + dt.timedelta(days=chance.randrange(130))
        change = start + dt.timedelta(days=chance.randrange(5, 90)) if n % 3 == 0 else None
        plans = [(start, change)] if change is None else [(start, change), (change, None)]
        for at, (begins, ends) in enumerate(plans):
            subscriptions.append(
                {
                    **{k: person[k] for k in ("company_id", "person_id")},
                    "subscription_id": person["person_id"] * 2 + at,
                    "code": f"S{n}.{at}",
                    "product_id": chance.randrange(1, len(products) + 1),
                    "start_date": begins,
                    "end_date": ends,
                    "bill_day": chance.randrange(1, 32),
                    "recurring_from": begins + dt.timedelta(days=17) if chance.random() < 0.1 else None,
                    "created_on": begins + dt.timedelta(days=20) if chance.random() < 0.2 else None,
                }
            )
    return {
        **{k: v for k, v in ONE_MEMBER.items() if k in {"master__book", "master__vendor"}},
        "master__company": [
            {"go_live": D(2027, 11, 1), "bill_day": 10, "bill_lead_days": 0},
            {"company_id": 2, "code": "GUILD", "go_live": D(2027, 11, 1), "bill_day": 1, "bill_lead_days": 3},
        ],
        "master__product": products,
        "master__fee": fees,
        "master__price": [{"price_id": f["fee_id"], "fee_id": f["fee_id"]} for f in fees],
        "master__person": [p | {"bill_day": chance.choice((None, chance.randrange(1, 32)))} for p in who],
        "master__subscription": subscriptions,
    }


class Undo(Exception):
    """Takes back what a test did inside a transaction."""


def everywhere(record: Record, day: dt.date) -> Bill:
    """What a night books that knows nothing of earlier nights' work."""
    found: list[Bill] = []

    def look(tx: Tx) -> None:
        with tx.connection.cursor() as cursor:
            cursor.execute("UPDATE billing.settled SET digest = 'other terms'")
        assert sight(tx).world.subscriptions["settled_to"].is_null().all()
        found.append(preview(tx))
        raise Undo

    with pytest.raises(Undo), record.step("look", run_no=0, companies=COMPANIES, business_date=day) as tx:
        look(tx)
    return found[0]


EVENT = (
    "INSERT INTO billing.standing "
    "(company_id, subscription_id, event_no, event, effective_date, business_date, run_no) "
)
CHANGES = [
    "UPDATE master.subscription SET end_date = start_date + {n} WHERE subscription_id = {s}",
    "UPDATE master.subscription SET end_date = NULL WHERE subscription_id = {s}",
    "UPDATE master.subscription SET bill_day = {n} % 31 + 1 WHERE subscription_id = {s}",
    "UPDATE master.person SET bill_day = {n} % 31 + 1 WHERE person_id = {s} / 2",
    "INSERT INTO master.hold SELECT company_id, subscription_id, start_date + {n}, start_date + {n} + 9, 'x' "
    "FROM master.subscription WHERE subscription_id = {s} ON CONFLICT DO NOTHING",
    "DELETE FROM master.hold",
    EVENT + "SELECT company_id, subscription_id, 1 + (SELECT count(*) FROM billing.standing e "
    "WHERE e.company_id = s.company_id AND e.subscription_id = s.subscription_id), 'lapse', start_date + {n}, "
    "'{day}'::date + 1, 1 FROM master.subscription s WHERE subscription_id = {s}",
    EVENT + "SELECT company_id, subscription_id, 1 + count(*), 'reinstatement', max(effective_date) + 7, '{day}', 1 "
    "FROM billing.standing WHERE subscription_id = {s} GROUP BY 1, 2",
    "UPDATE master.price SET amount_cents = amount_cents + 100 WHERE price_id = {n} % 63 + 1",
    "UPDATE master.product SET bill_ahead_days = {n} % 20 WHERE product_id = {n} % 21 + 1",
    "UPDATE master.company SET bill_lead_days = {n} % 9 WHERE company_id = 2",
]


def change(logins: Logins, chance: random.Random, day: dt.date) -> None:
    """A few rows change, by whatever program."""
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
        for statement in chance.choices(CHANGES, k=4):
            text = statement.format(n=chance.randrange(60), s=chance.randrange(2, PEOPLE), day=day)
            session.execute(text)  # type: ignore[call-overload]  # composed of this file's own words


@pytest.mark.parametrize("start", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, 8))])
def test_looking_less_books_the_same(record: Record, logins: Logins, start: int) -> None:
    chance = random.Random(start)  # noqa: S311 - a test's dice
    seed(record, **book(chance))
    spared = 0
    for turn, day in enumerate(NIGHTS):
        if turn % 2:
            change(logins, chance, day)
        expected = everywhere(record, day)
        with record.step("look", run_no=0, companies=COMPANIES, business_date=day) as tx:
            seen, made = sight(tx).world.subscriptions, preview(tx)
        assert made.lines.rows() == expected.lines.rows(), day
        assert fingerprint(made.invoices, made.lines) == fingerprint(expected.invoices, expected.lines)
        spared += (PEOPLE * 4 // 3 - seen.height) * (turn > 0)
        out = run_step(record, night(record, business_date=day), "billing.charges", charge)
        assert out.set_aside == {}
        assert out.totals["lines"] == made.lines.height
    assert spared > PEOPLE * 2  # it did look at less


def test_what_is_settled_is_forgotten_by_other_terms_and_by_earlier_nights(record: Record, logins: Logins) -> None:
    seed(record, **{**ONE_MEMBER, "master__company": [{}]})
    day = D(2026, 10, 1)
    run_step(record, night(record, business_date=day), "billing.charges", charge)

    def looks_at(on: dt.date) -> int:
        with record.step("look", run_no=0, companies=[1], business_date=on) as tx:
            return sight(tx).world.subscriptions.height

    assert looks_at(day) == 0
    assert looks_at(day + dt.timedelta(days=1)) == 0
    assert looks_at(D(2026, 11, 1)) == 1
    assert looks_at(day - dt.timedelta(days=1)) == 1  # an earlier night looks at everything
    run_step(record, night(record, business_date=D(2026, 9, 20)), "billing.charges", charge)
    assert looks_at(day) == 0  # and does not forget the later one
    with connect(logins.runtime) as session, session.transaction():
        session.execute("UPDATE master.price SET amount_cents = amount_cents + 1")
    assert looks_at(day) == 1
    assert run_step(record, night(record, business_date=day), "billing.charges", charge).totals["lines"] == 2
    assert looks_at(day) == 0


def test_a_change_that_is_not_committed_yet_is_left_to_the_next_night(record: Record, logins: Logins) -> None:
    seed(record, **ONE_MEMBER)
    day = D(2026, 10, 1)
    run_step(record, night(record, business_date=day), "billing.charges", charge)
    with connect(logins.runtime) as session:
        with session.transaction():
            session.execute("SELECT set_config('daybook.companies', '{1}', true)")
            session.execute("UPDATE master.subscription SET end_date = '2026-09-20'")
            assert run_step(record, night(record, business_date=day), "billing.charges", charge).rows == {}
        assert run_step(record, night(record, business_date=day), "billing.charges", charge).totals["lines"] == 2


@pytest.mark.parametrize(
    ("settled_on", "day", "bits"),
    [
        (None, D(2027, 3, 1), set()),  # nothing is known: everything is looked at anyway
        (D(2027, 3, 1), D(2027, 3, 1), set()),  # the same night again: nothing is new
        (D(2027, 3, 1), D(2027, 3, 3), {2, 3}),
        (D(2027, 2, 27), D(2027, 3, 1), {1, 28, 29, 30, 31}),
        (D(2028, 2, 28), D(2028, 2, 29), {29, 30, 31}),
        (D(2027, 4, 29), D(2027, 4, 30), {30, 31}),
        (D(2027, 3, 1), D(2027, 4, 2), set(range(1, 32))),
        (D(2027, 3, 9), D(2027, 3, 1), set()),  # settled by a later night: looked at wholly
    ],
)
def test_the_bill_days_that_a_night_asks_for(settled_on: dt.date | None, day: dt.date, bits: set[int]) -> None:
    settled = pl.DataFrame(
        {"company_id": [1], "product_id": [1], "digest": ["d"], "settled_on": [settled_on], "latest": [settled_on]},
        schema_overrides={"company_id": pl.Int32, "product_id": pl.Int32, "settled_on": pl.Date},
    )
    found = asked(settled, rows("companies", {}), rows("products", {}), rows("fees", {}), day)
    assert {n for n in range(64) if found.item(0, "own_days") >> n & 1} == bits
    assert found.item(0, "customer_days") == 0
