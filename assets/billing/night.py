"""A night's billing as one pure function: a world and a business date in, invoices and lines out.

The run posts what this returns and a preview shows it; they can't differ.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable

import polars as pl

from assets.billing.broken import sound
from assets.billing.delta import balances, delta
from assets.billing.expected import expected, terms_of
from assets.billing.invoices import gathered
from assets.billing.retro import at_edge, review, twice_covered, window_start
from assets.billing.shares import explained
from assets.billing.world import KEY, MONEY, QUARANTINED, Bill, World, quarantined

# Booked lines (`world.RECORDED`) before the window, of the given subscriptions (company_id, subscription_id).
Older = Callable[[pl.DataFrame], pl.DataFrame]


def bill(world: World, day: dt.date, older: Older) -> Bill:
    """Everything to append on a business date.

    Args:
        world: terms, prices, and what is booked inside the retro window.
        day: the business date.
        older: called only when a difference reaches the edge of the retro window.
    """
    good, bad = sound(world)
    terms = terms_of(good, world)
    first = window_start(day)
    # An earlier night run after a later one: what is booked further ahead is expected too, else it would be credited.
    ahead = [day, world.recorded["coverage_start"].max()]
    lead = int(world.companies["bill_lead_days"].max() or 0)  # type: ignore[arg-type]  # an Int32 column's maximum
    last = max([d for d in ahead if isinstance(d, dt.date)]) + dt.timedelta(days=lead)
    wanted = expected(terms, world, day, scope=(first, last), recorded=world.recorded)
    booked = balances(world.recorded).filter(pl.col("coverage_start") >= first)
    lines, stuck = delta(wanted, booked, terms, world.prices, day)
    lines = explained(lines, wanted, booked, world)
    lines, outside = _reviewed(lines, terms, world, day, older)
    invoices, lines = gathered(lines, terms, world, day)
    return Bill(invoices, lines, pl.concat([f.select(list(QUARANTINED)) for f in (bad, stuck, outside)]))


def _reviewed(
    lines: pl.DataFrame, terms: pl.DataFrame, world: World, day: dt.date, older: Older
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare what lies before the window for subscriptions that changed at its edge; nothing of it is posted."""
    edge = at_edge(lines, day)
    none = pl.DataFrame(schema=QUARANTINED)
    if edge.is_empty():
        return lines, none
    suspects = terms.join(edge, on=["company_id", "subscription_id"], how="semi", maintain_order="left")
    recorded = older(edge)
    before = (dt.date.min, window_start(day) - dt.timedelta(days=1))
    wanted = expected(suspects, world, day, scope=before, recorded=recorded)
    booked = balances(recorded)
    missing, _ = delta(wanted, booked, suspects, world.prices, day)
    twice = twice_covered(lines, booked)
    named = quarantined(
        twice.join(suspects, on=["company_id", "subscription_id"], how="inner").sort(KEY),
        "days_booked_before",
        pl.format(
            "days from {} on are still booked by coverage that is too old to be corrected without a person",
            pl.col("coverage_start").cast(pl.String),
        ),
    )
    return lines.join(twice, on=KEY, how="anti", maintain_order="left"), pl.concat(
        [none, review(missing, suspects, day), named]
    )


def fingerprint(invoices: pl.DataFrame, lines: pl.DataFrame) -> str:
    """sha256 of a night's invoices and lines by their natural keys, without numbers: preview and posted run agree.

    Args:
        invoices: company_id, person_id, kind, bill_date, due_date, total_cents, sequence.
        lines: `KEY`, coverage_end, revision, kind, `MONEY`, price_id, cause.
    """
    of_invoice = ["company_id", "person_id", "kind", "bill_date", "due_date", "total_cents", "sequence"]
    of_line = [*KEY, "coverage_end", "revision", "kind", *MONEY, "price_id", "cause"]
    digest = hashlib.sha256()
    for frame, columns, key in (
        (invoices, of_invoice, ["company_id", "person_id", "sequence"]),
        (lines, of_line, [*KEY, "revision"]),
    ):
        digest.update(frame.select(columns).sort(key, nulls_last=True).write_csv().encode())
    return digest.hexdigest()
