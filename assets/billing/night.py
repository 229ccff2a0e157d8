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
from assets.billing.expected import expected
from assets.billing.invoices import gathered
from assets.billing.retro import at_edge, inside, outside, review, twice_covered
from assets.billing.shares import explained
from assets.billing.terms import terms_of
from assets.billing.world import KEY, MONEY, QUARANTINED, Bill, World, quarantined

_WHO = ["company_id", "subscription_id"]
# Every booked line (`world.RECORDED`) of the given subscriptions (company_id, subscription_id).
Older = Callable[[pl.DataFrame], pl.DataFrame]


def bill(world: World, day: dt.date, older: Older) -> Bill:
    """Everything to append on a business date.

    Args:
        world: terms, prices, and what is booked inside the retro window.
        day: the business date.
        older: called only when a difference reaches the edge of the retro window.
    """
    good, bad = sound(world)
    terms = terms_of(good, world, day)
    # An earlier night run after a later one: what is booked further ahead is expected too, else it would be credited.
    ahead = dt.timedelta(days=terms.select(pl.col("ahead_days").max().fill_null(0)).item() or 0)
    through = world.recorded.select(pl.max_horizontal(pl.col("coverage_start").max(), pl.lit(day + ahead))).item()
    wanted = expected(terms, world, day, through=through, recorded=world.recorded)
    booked = inside(balances(world.recorded), terms, world)
    lines, stuck = delta(wanted, booked, terms, world.prices, day, memos=world.memos)
    lines = explained(lines, wanted, booked, world)
    lines, aside = _reviewed(lines, terms, world, day, older)
    invoices, lines = gathered(lines, terms, world, day)
    return Bill(invoices, lines, pl.concat([f.select(list(QUARANTINED)) for f in (bad, stuck, aside)]))


def _reviewed(
    lines: pl.DataFrame, terms: pl.DataFrame, world: World, day: dt.date, older: Older
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep back what lies outside the window, and look before it for subscriptions that changed at its edge."""
    late = outside(lines, terms, world)
    named = [pl.DataFrame(schema=QUARANTINED)]
    missing = [late.select(*KEY, "amount_cents")]
    lines = lines.join(late, on=[*KEY, "revision"], how="anti", maintain_order="left")
    edge = at_edge(pl.concat([lines.select(KEY), late.select(KEY)]), terms, world)
    if not edge.is_empty():
        suspects = terms.join(edge, on=_WHO, how="semi", maintain_order="left")
        recorded = older(edge)
        wanted = expected(suspects, world, day, through=day, recorded=recorded, older=True)
        booked = inside(balances(recorded), suspects, world, older=True)
        differing = delta(wanted, booked, suspects, world.prices, day, memos=world.memos)[0]
        missing.append(differing.select(*KEY, "amount_cents"))
        twice = twice_covered(lines, booked)
        lines = lines.join(twice, on=KEY, how="anti", maintain_order="left")
        named.append(_booked_before(twice, suspects))
    return lines, pl.concat([review(pl.concat(missing), terms), *named])


def _booked_before(twice: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    return quarantined(
        twice.join(terms, on=_WHO, how="inner").sort(KEY),
        "days_booked_before",
        pl.format(
            "days from {} on are still booked by coverage that is too old to be corrected without a person",
            pl.col("coverage_start").cast(pl.String),
        ),
    )


def fingerprint(invoices: pl.DataFrame, lines: pl.DataFrame) -> str:
    """sha256 of a night's invoices and lines by their natural keys, without numbers: preview and posted run agree.

    Args:
        invoices: company_id, person_id, group_code, kind, bill_date, due_date, total_cents, sequence.
        lines: `KEY`, coverage_end, revision, kind, `MONEY`, price_id, cause.
    """
    of_invoice = ["company_id", "person_id", "group_code", "kind", "bill_date", "due_date", "total_cents", "sequence"]
    of_line = [*KEY, "coverage_end", "revision", "kind", *MONEY, "price_id", "cause"]
    digest = hashlib.sha256()
    for frame, columns, key in (
        (invoices, of_invoice, ["company_id", "person_id", "group_code", "sequence"]),
        (lines, of_line, [*KEY, "revision"]),
    ):
        digest.update(frame.select(columns).sort(key, nulls_last=True).write_csv().encode())
    return digest.hexdigest()
