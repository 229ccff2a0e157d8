"""Seeded histories of a book: terms that change at fixed points, and nights in between that may run in any order.

A history is played over plain frames or over a real record; both start from the same master rows. Everything lies
inside the retro window of every night: what an early night leaves undone a later one can still make good.
"""

from __future__ import annotations

import copy
import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

D = dt.date
Row = dict[str, Any]
Tables = dict[str, list[Row]]
NIGHTS = (D(2027, 4, 3), D(2027, 4, 20), D(2027, 5, 8), D(2027, 5, 31), D(2027, 6, 14), D(2027, 6, 30))
LAST = NIGHTS[-1]
GO_LIVE = D(2027, 4, 1)
POLICIES = ("actual", "fixed30", "fixed28", "whole", "fifteenth", "none")
RECURRENCES = ("monthly", "monthly", "monthly", "quarterly", "semimonthly", "biweekly", "yearly")
ALWAYS = D(1900, 1, 1)


@dataclass(frozen=True)
class Act:
    """One change of a master row, as intake or a person makes it: `where` names it, empty means a new one."""

    table: str
    where: Row
    values: Row

    def on(self, tables: Tables) -> None:
        """Apply to plain rows; a named row without values goes."""
        rows = tables.setdefault(self.table, [])
        if not self.where:
            rows.append(dict(self.values))
            return
        for row in [r for r in rows if all(r.get(k) == v for k, v in self.where.items())]:
            if self.values:
                row.update(self.values)
            else:
                rows.remove(row)


@dataclass
class Scenario:
    """A book as master rows, and what changes after the second and after the fourth night."""

    seed: int
    tables: Tables = field(default_factory=dict)
    changes: tuple[list[Act], list[Act]] = field(default_factory=lambda: ([], []))

    def in_order(self) -> list[list[dt.date]]:
        """The nights as they should run; the changes come between the lists."""
        return [list(NIGHTS[:2]), list(NIGHTS[2:4]), list(NIGHTS[4:])]

    def in_disorder(self) -> list[list[dt.date]]:
        """Nights left out, too early, made up for late, several times; the last date once after the last change."""
        dice = random.Random(f"order {self.seed}")  # noqa: S311 - the same each time
        before = [dice.choices(NIGHTS, k=dice.randint(0, 3)) for _ in range(2)]
        end = [LAST, *dice.choices(NIGHTS, k=dice.randint(1, 4))]
        dice.shuffle(end)
        return [*before, end]


class Player(Protocol):
    """Where a history is played."""

    def change(self, acts: list[Act]) -> None:
        """Make these changes."""

    def night(self, day: dt.date) -> None:
        """Bill a night."""


def play(player: Player, scenario: Scenario, order: list[list[dt.date]]) -> None:
    """Run the nights of each part, with the scenario's changes in between."""
    for at, days in enumerate(order):
        if at:
            player.change(scenario.changes[at - 1])
        for day in days:
            player.night(day)


def balances(lines: pl.DataFrame) -> list[tuple[Any, ...]]:
    """What is booked per key in the end, keys that net to nothing left out.

    A one-time fee stays on the day it was first booked for, so the order may move it and nothing else.
    """
    money = ["amount_cents", "vendor_cents", "commissionable_cents"]
    once = pl.col("coverage_end") == pl.col("coverage_start")
    key = ["subscription_id", "fee_id", "day", "part", "debtor"]
    return (
        lines.with_columns(once.all().over("subscription_id", "fee_id", "coverage_start").alias("_once"))
        .with_columns(day=pl.when("_once").then(None).otherwise("coverage_start"))
        .group_by(key)
        .agg(pl.col(*money).sum())
        .filter(pl.any_horizontal(pl.col(c) != 0 for c in money))
        .sort(key, nulls_last=True)
        .rows()
    )


def scenario(seed: int, subscriptions: int = 30) -> Scenario:
    """A book and two sets of changes, all drawn from the seed."""
    made = Scenario(seed)
    dice = random.Random(seed)  # noqa: S311 - the same each time
    made.tables.update(_catalogue(dice))
    made.tables.update(
        {t: [] for t in ("master.subscription", "master.hold", "master.payer_share", "billing.standing")}
    )
    maker = _Maker(dice, copy.deepcopy(made.tables))
    for _ in range(subscriptions):
        maker.enter(None)
    for act in maker.acts:
        act.on(made.tables)
    for changes, day in zip(made.changes, (NIGHTS[1], NIGHTS[3]), strict=True):
        maker.acts.clear()
        for _ in range(dice.randint(6, 14)):
            maker.any_change(day)
        changes.extend(maker.acts)
    maker.acts.clear()
    maker.mend()
    made.changes[1].extend(maker.acts)
    return made


def _catalogue(dice: random.Random) -> Tables:
    products: list[Row] = []
    fees: list[Row] = []
    prices: list[Row] = []
    for number, policy in enumerate(POLICIES, 1):
        trial = dice.choice([0, 0, 21, 45])
        products.append(
            {
                "product_id": number,
                "code": f"P{number}",
                "proration": policy,
                "trial_days": trial,
                "family": "F" if number < 3 else "",
                "bill_ahead_days": dice.choice([None, 0, 10, 30]),
                "trial_billed": dice.choice(["start", "end"]),
                "stub_counts": dice.random() < 0.5,
                "enrollment_again": dice.random() < 0.5,
            }
        )
        kinds = [("PREMIUM", "premium", dice.choice(RECURRENCES)), ("JOIN", "enrollment", "one_time")]
        kinds += [("TRIAL", "trial", "one_time")] if trial else []
        kinds += [("TAX", "tax", "monthly")] if dice.random() < 0.4 else []
        for code, kind, recurrence in kinds:
            fee = len(fees) + 1
            alignment = dice.choice(["subscription", "subscription", "company"])
            fees.append(
                {
                    "fee_id": fee,
                    "product_id": number,
                    "code": code,
                    "kind": kind,
                    "recurrence": recurrence,
                    "alignment": alignment,
                }
            )
            prices += _prices(dice, fee, kind)
    for at, price in enumerate(prices, 1):
        price["price_id"] = at
    company = {"go_live": GO_LIVE, "bill_lead_days": dice.choice([0, 5]), "bill_day": dice.choice([1, 1, 15, 31])}
    return {"master.company": [company], "master.product": products, "master.fee": fees, "master.price": prices}


def _prices(dice: random.Random, fee: int, kind: str) -> list[Row]:
    if kind == "tax":
        return [{"fee_id": fee, "percent": "2.5", "amount_cents": 0, "vendor_cents": 0, "commissionable_cents": 0}]
    if kind != "premium":
        return [_price(fee, 2500)]
    dear = dice.randint(10_000, 60_000)
    return [
        _price(fee, dear),
        _price(fee, dear * 17 // 10, tier="ESP"),
        _price(fee, dear - 333, step_from=3),
        _price(fee, dear + 1111, valid_from=D(2027, 5, 15)),
    ]


def _price(fee: int, cents: int, **values: Any) -> Row:
    parts = {"vendor_cents": cents * 7 // 10, "commissionable_cents": cents}
    return {"fee_id": fee, "valid_from": D(2020, 1, 1), "amount_cents": cents, **parts, **values}


class _Maker:
    """Draws acts that leave every subscription sound in the end; keeps rows of its own to know what stands."""

    def __init__(self, dice: random.Random, tables: Tables) -> None:
        self.dice, self.tables = dice, tables
        self.acts: list[Act] = []
        self.broken: dict[int, dt.date | None] = {}

    def _do(self, table: str, where: Row, **values: Any) -> None:
        act = Act(table, where, values)
        act.on(self.tables)
        self.acts.append(act)

    @property
    def _subs(self) -> list[Row]:
        return self.tables["master.subscription"]

    def _day(self, first: dt.date, days: int) -> dt.date:
        return first + dt.timedelta(days=self.dice.randint(0, days))

    def enter(self, created: dt.date | None, **values: Any) -> None:
        """A new subscription, of a new person unless said otherwise."""
        number = len(self._subs) + 1
        start = self._day(D(2026, 12, 1), 170)
        long = self.dice.random() < 0.6
        row = {
            "subscription_id": number,
            "code": f"S{number}",
            "person_id": number,
            "product_id": self.dice.randint(1, len(POLICIES)),
            "tier": self.dice.choice(["EMP", "ESP"]),
            "created_on": created,
            "start_date": start,
            "recurring_from": None,
            "end_date": None if long else self._day(start, 150),
            "bill_day": self.dice.choice([1, 1, 15, 28, 29, 30, 31, self.dice.randint(1, 31)]),
            "method": self.dice.choice(["ach", "ach", "list_bill"]),
            **values,
        }
        self._do("master.subscription", {}, **row)

    def any_change(self, day: dt.date) -> None:
        """One change of any kind, told on the given business date."""
        kinds = [self._end, self._start, self._bill_day, self._tier, self._hold, self._release, self._reprice]
        kinds += [self._new_price, self._share, self._standing, self._plan, self._break, self._enter]
        self.dice.choice(kinds)(self.dice.choice(self._subs), day)

    def mend(self) -> None:
        """Nothing stays broken: what is quarantined in the end stays as the last sound night left it."""
        for number, end in self.broken.items():
            self._do("master.subscription", {"subscription_id": number}, end_date=end)

    def _set(self, sub: Row, **values: Any) -> None:
        if sub["subscription_id"] not in self.broken:
            self._do("master.subscription", {"subscription_id": sub["subscription_id"]}, **values)

    def _followed(self, sub: Row) -> bool:
        return sum(s["person_id"] == sub["person_id"] for s in self._subs) > 1

    def _end(self, sub: Row, _day: dt.date) -> None:
        if not self._followed(sub):
            self._set(sub, end_date=self.dice.choice([None, self._day(sub["start_date"], 180)]))

    def _start(self, sub: Row, _day: dt.date) -> None:
        start = sub["start_date"] + dt.timedelta(days=self.dice.randint(-40, 40))
        product = next(p for p in self.tables["master.product"] if p["product_id"] == sub["product_id"])
        # A one-time fee that is booked stays, also when it would be due later only: that would depend on the order.
        due = start + dt.timedelta(days=product["trial_days"]) <= LAST
        if due and not self._followed(sub) and (sub["end_date"] is None or start <= sub["end_date"]):
            self._set(sub, start_date=start)

    def _bill_day(self, sub: Row, _day: dt.date) -> None:
        self._set(sub, bill_day=self.dice.randint(1, 31))

    def _tier(self, sub: Row, _day: dt.date) -> None:
        self._set(sub, tier="ESP" if sub["tier"] == "EMP" else "EMP")

    def _hold(self, sub: Row, _day: dt.date) -> None:
        since = self._day(D(2027, 3, 20), 90)
        key = {"subscription_id": sub["subscription_id"], "from_date": since}
        if not any(all(h[k] == v for k, v in key.items()) for h in self.tables["master.hold"]):
            self._do("master.hold", {}, **key, to_date=since + dt.timedelta(days=self.dice.randint(1, 60)))

    def _release(self, _sub: Row, _day: dt.date) -> None:
        if held := self.tables["master.hold"]:
            hold = self.dice.choice(held)
            self._do("master.hold", {k: hold[k] for k in ("subscription_id", "from_date")})

    def _reprice(self, _sub: Row, _day: dt.date) -> None:
        price = self.dice.choice([p for p in self.tables["master.price"] if p["amount_cents"] > 2500])
        fresh = _price(0, price["amount_cents"] + self.dice.randint(-900, 900))
        self._do("master.price", {"price_id": price["price_id"]}, **{k: fresh[k] for k in fresh if k.endswith("cents")})

    def _new_price(self, _sub: Row, day: dt.date) -> None:
        fee = self.dice.choice([f for f in self.tables["master.fee"] if f["kind"] == "premium"])
        since = day + dt.timedelta(days=self.dice.randint(-20, 20))
        prices = self.tables["master.price"]
        if not any(p["fee_id"] == fee["fee_id"] and p.get("valid_from") == since for p in prices):
            row = _price(fee["fee_id"], self.dice.randint(10_000, 60_000), valid_from=since)
            self._do("master.price", {}, **row, price_id=len(prices) + 1)

    def _share(self, sub: Row, _day: dt.date) -> None:
        """A set of payers, once: dated ones of the premium only, so that a one-time fee's day can't matter."""
        shares, number = self.tables["master.payer_share"], sub["subscription_id"]
        fees = self.tables["master.fee"]
        premium = next(f["fee_id"] for f in fees if f["product_id"] == sub["product_id"] and f["kind"] == "premium")
        since, fee = self.dice.choice([(ALWAYS, None), (D(2027, 5, 1), premium)])
        if any(s["subscription_id"] == number and s["valid_from"] == since for s in shares):
            return
        key = {"subscription_id": number, "valid_from": since, "fee_id": fee}
        self._do("master.payer_share", {}, **key, part=1, payer="company", percent="60", amount_cents=None)
        if self.dice.random() < 0.5:
            self._do("master.payer_share", {}, **key, part=2, payer="member", percent=None, amount_cents=1500)

    def _standing(self, sub: Row, day: dt.date) -> None:
        """A lapse, or the reinstatement of one."""
        number = sub["subscription_id"]
        before = [e for e in self.tables["billing.standing"] if e["subscription_id"] == number]
        lapsed = bool(before) and before[-1]["event"] == "lapse"
        values = {"event": "reinstatement" if lapsed else "lapse", "business_date": day}
        when = self._day(before[-1]["effective_date"] if lapsed else D(2027, 4, 1), 40)
        self._do(
            "billing.standing",
            {},
            subscription_id=number,
            event_no=len(before) + 1,
            effective_date=when,
            **values,
        )

    def _plan(self, sub: Row, day: dt.date) -> None:
        """From one product of the family to the other."""
        if sub["product_id"] < 3 and not self._followed(sub) and sub["end_date"] is None and sub["start_date"] < day:
            when = self._day(max(sub["start_date"] + dt.timedelta(days=1), D(2027, 4, 2)), 60)
            self._set(sub, end_date=when)
            if sub["end_date"] == when:
                person = {"person_id": sub["person_id"], "product_id": 3 - sub["product_id"]}
                self.enter(day, **person, start_date=when, end_date=None)

    def _break(self, sub: Row, _day: dt.date) -> None:
        """It ends before it starts, for a while."""
        if sub["subscription_id"] not in self.broken:
            end = sub["end_date"]
            self._set(sub, end_date=sub["start_date"] - dt.timedelta(days=1))
            self.broken[sub["subscription_id"]] = end

    def _enter(self, _sub: Row, day: dt.date) -> None:
        self.enter(self.dice.choice([None, day]))
