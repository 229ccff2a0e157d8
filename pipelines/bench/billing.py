"""`bench billing`: the worst night of a large book (everything is due) and an ordinary one, beside a bare COPY.

A night here is what bills and asks for money: the steps billing.charges and payments.attempts, with what they write of
invoices, lines, journals and attempts. The ordinary one comes the day after: a thirtieth is due and one in a hundred
subscriptions was changed over the day.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from assets.billing.steps import charge
from assets.payments.steps import plan_attempts
from assets.steps import open_run, run_step
from formats.errors import RecordError, SettingsError
from pipelines.bench.measure import Bench, Step, peak_rss_mb, timed
from pipelines.bench.night import YARDSTICK, bare_copy
from pipelines.cli.output import doing
from resources import embedded
from resources.database import connect
from resources.desk import Desk
from resources.home import Home, setting

GO_LIVE = dt.date(2026, 8, 1)
# A month that is billed before anything is measured, the night that bills all of October, and the one after.
EARLIER, WORST, ORDINARY = dt.date(2026, 9, 30), dt.date(2026, 10, 31), dt.date(2026, 11, 1)
HOUSES = 10
_PRODUCTS = 5
_TIERS = ("EMP", "ESP", "ECH", "FAM")


def bench_billing(subscriptions: int) -> Bench:
    """Measure the worst and an ordinary night of so many subscriptions, in a home of its own that is removed.

    Raises:
        SettingsError: a database is set: the bench's invented people belong in none but its own.
    """
    if setting("DATABASE_URL"):
        raise SettingsError(
            "the bench of billing makes a database of its own", hint="take DAYBOOK_DATABASE_URL away for it"
        )
    out = Bench("billing", subscriptions)
    with _desk() as desk:
        with doing(f"inventing {subscriptions:,} subscriptions"):
            _invent(desk, subscriptions)
        _night(desk, EARLIER, "the month before")
        worst = _night(desk, WORST, "worst night")
        with doing("a day's changes"):
            _change(desk)
        out.steps += [*_night(desk, ORDINARY, "ordinary night"), *worst]
    out.peak_rss_mb = peak_rss_mb()
    return out


@contextmanager
def _desk() -> Iterator[Desk]:
    base = Path(tempfile.mkdtemp(prefix="daybook-bench-"))
    base.chmod(0o711)
    home = Home(base / "var").make()
    try:
        yield Desk(home)
    finally:
        embedded.stop(home.path / "server")
        shutil.rmtree(base, ignore_errors=True)


def _night(desk: Desk, day: dt.date, name: str) -> list[Step]:
    """One night of the book: each step and the whole of it, with the yardstick over what they appended."""
    run = open_run(desk.record, job="night", book="bench", business_date=day)
    steps, rows = [], 0
    with doing(f"{name} ({day})"):
        for step, work in (("billing.charges", charge), ("payments.attempts", plan_attempts)):
            with timed() as clock:
                done = run_step(desk.record, run, step, work, in_halves=True)
            if done.set_aside:
                raise RecordError(f"{step} set companies aside: {sorted(done.set_aside.values())[0]}", where=name)
            floor = sum(bare_copy(desk, table, run.run_no) for table in done.rows)
            # The step's own seconds: until its rows are booked and counted. The server's processor time is not in ours.
            appended = sum(done.rows.values())
            steps.append(Step(f"{name}: {step}", appended, done.seconds, YARDSTICK, floor, clock.cpu_seconds))
            rows += steps[-1].rows
    seconds, floor = sum(s.seconds for s in steps), sum(s.yardstick_seconds for s in steps)
    busy = sum(s.cpu_seconds or 0 for s in steps)
    return [Step(name, rows, seconds, YARDSTICK, floor, busy), *steps]


def _invent(desk: Desk, size: int) -> None:
    """Write the catalogue and the people: ten companies on five products at four tiers, prices stepping down."""
    run = open_run(desk.record, job="seed", book="bench", business_date=EARLIER)
    companies = range(1, HOUSES + 1)
    with desk.record.step("bench", run_no=run.run_no, companies=companies, business_date=EARLIER) as tx:
        for table, rows in _catalogue().items():
            tx.append(table, rows)
        first = GO_LIVE - dt.timedelta(days=GO_LIVE.day - 1)
        for query in ("people", "accounts", "subscriptions", "dependents", "covered", "holds"):
            tx.execute(f"bench/{query}", size=size, houses=HOUSES, products=_PRODUCTS, first=first, run=run.run_no)
    # The planner knows a book that has been there for a while.
    with connect(desk.logins.owner) as session:
        session.execute("ANALYZE")


def _catalogue() -> dict[str, pl.DataFrame]:
    companies = pl.DataFrame({"company_id": range(1, HOUSES + 1)}).with_columns(
        book_id=1,
        code=pl.format("HOUSE{}", "company_id"),
        name=pl.format("House {}", "company_id"),
        kind=pl.lit("association"),
        tax_id=pl.lit("123456789"),
        address=pl.lit("1 Pier St"),
        city=pl.lit("Portland"),
        state=pl.lit("ME"),
        zip=pl.lit("04101"),
        bank=pl.lit("bench"),
        ach_company_id=pl.lit("1123456789"),
        ach_company_name=pl.lit("HOUSE"),
        go_live=pl.lit(GO_LIVE),
    )
    products = pl.DataFrame({"product_id": range(1, _PRODUCTS + 1)}).with_columns(
        code=pl.format("PLAN{}", "product_id"),
        name=pl.format("Plan {}", "product_id"),
        vendor_id=1,
        line=pl.lit("HLT"),
        plan_code=pl.format("P{}", "product_id"),
        proration=pl.lit("actual"),
    )
    fees = products.select(
        "product_id",
        fee_id="product_id",
        code=pl.lit("PREMIUM"),
        kind=pl.lit("premium"),
        recurrence=pl.lit("monthly"),
    )
    prices = (
        fees.select("fee_id")
        .join(pl.DataFrame({"tier": _TIERS}), how="cross")
        .join(pl.DataFrame({"step_from": [1, 13]}), how="cross")
        .with_row_index("price_id", 1)
        .with_columns(
            valid_from=dt.date(2020, 1, 1),
            amount_cents=20_000 + pl.col("price_id") * 731,
            vendor_cents=pl.lit(15_000),
            commissionable_cents=pl.lit(18_000),
        )
    )
    book = {"book_id": [1], "code": ["bench"], "name": ["Bench"], "time_zone": ["America/New_York"]}
    vendor = {"vendor_id": [1], "code": ["bench"], "name": ["Bench"], "tax_id": ["987654321"]}
    return {
        "master.book": pl.DataFrame(book),
        "master.company": companies,
        "master.vendor": pl.DataFrame(vendor),
        "master.product": products,
        "master.fee": fees,
        "master.price": prices,
    }


def _change(desk: Desk) -> None:
    """One subscription in a hundred: ends in the past, and holds that began in the past."""
    companies = range(1, HOUSES + 1)
    with desk.record.step("bench", run_no=0, companies=companies, business_date=ORDINARY) as tx:
        tx.execute("bench/ends")
        tx.execute("bench/new_holds")
