"""The planner: on which day each entry's money moves, until when its file may be sent, and why, in words.

Frames in, frames out; the moment of planning is an argument. Sources: the effective date stands on a banking day,
credits at most two and debits at most one banking day after the day the bank takes the file; same-day entries are no
IAT or ENR and within a limit that has dates; the cut-offs are the bank's own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from formats.nacha.calendar import add_banking_days
from formats.nacha.codes import LIMITS
from resources.bank_terms import BankTerms, CutOff

AHEAD = {"debit": 1, "credit": 2}  # banking days from taking a file to its latest effective date
_HOUR_OF_NIGHT = dt.time(1)
_KEY = ["bank", "wanted_from", "sec", "direction", "same_day", "over_same_day"]
PLAN: dict[str, pl.DataType] = {
    "effective_date": pl.Date(),
    "goes_same_day": pl.Boolean(),
    "waits_until": pl.Date(),  # the banking day on which its file is to be made; null: now
    "send_by": pl.Datetime("us", "UTC"),
    "plan_reason": pl.String(),
}


@dataclass(frozen=True)
class Window:
    """A cut-off on a certain day: files that arrive before `closes` are taken on `day`."""

    cutoff: CutOff
    day: dt.date
    closes: dt.datetime


@dataclass(frozen=True)
class Plan:
    """What becomes of an entry; fields as in `PLAN`."""

    effective_date: dt.date
    goes_same_day: bool
    waits_until: dt.date | None
    send_by: dt.datetime
    plan_reason: str


def moment(business_date: dt.date, terms: BankTerms, as_of: dt.datetime | None = None) -> dt.datetime:
    """Return the moment dates are planned for, in UTC: as given, or 01:00 of the business date where the bank is."""
    return (as_of or dt.datetime.combine(business_date, _HOUR_OF_NIGHT, terms.zone)).astimezone(dt.UTC)


def planned(rows: pl.DataFrame, banks: dict[str, BankTerms], moments: dict[str, dt.datetime]) -> pl.DataFrame:
    """Plan every row.

    Args:
        rows: bank, wanted_date, sec, direction, same_day (wished for), amount_cents.
        banks: terms by bank.
        moments: by bank, see `moment`.

    Returns:
        The rows with the columns of `PLAN`, in their order.
    """
    if rows.is_empty():
        return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in PLAN.items())
    parts = []
    for bank, of_bank in rows.with_row_index("row").partition_by("bank", as_dict=True, maintain_order=True).items():
        code = str(bank[0])
        today = moments[code].astimezone(banks[code].zone).date()
        parts.append(
            of_bank.with_columns(
                # All days that have passed are planned alike.
                wanted_from=pl.max_horizontal("wanted_date", pl.lit(today - dt.timedelta(days=1))),
                over_same_day=(pl.col("amount_cents") > same_day_limit(today)).fill_null(value=False),
            )
        )
    keyed = pl.concat(parts)
    keys = keyed.select(_KEY).unique(maintain_order=True)
    plans = [plan(banks[key["bank"]], moments[key["bank"]], key) for key in keys.iter_rows(named=True)]
    table = pl.concat([keys, pl.DataFrame([vars(each) for each in plans], schema=PLAN)], how="horizontal")
    joined = keyed.join(table, on=_KEY, how="left", maintain_order="left").sort("row")
    return joined.drop("row", "wanted_from", "over_same_day")


def plan(terms: BankTerms, as_of: dt.datetime, key: dict[str, Any]) -> Plan:
    """Plan one kind of entry.

    Args:
        terms: of the bank.
        as_of: the moment, with its zone.
        key: wanted_from (a date), sec, direction, same_day, over_same_day.
    """
    window = _next(terms, as_of, same_day=False)
    assert window is not None  # noqa: S101 - the profile has one for the next day
    open_on = add_banking_days(key["wanted_from"], 0)
    first = add_banking_days(window.day, terms.lead_banking_days)
    effective = max(first, open_on)
    same = _same_day(terms, as_of, key, open_on)
    if isinstance(same, Window) and same.day < effective:
        return _same_day_plan(terms, as_of, same)
    why = [] if isinstance(same, Window) or not same else [same]
    ahead = max(terms.lead_banking_days, AHEAD[key["direction"]])
    cut_on = add_banking_days(effective, -ahead)
    if cut_on > window.day:
        days = f"{ahead} banking day{'s' if ahead > 1 else ''}"
        why.append(f"a {key['direction']} goes out at most {days} ahead: it waits for {_day(cut_on)}")
        taken_on = cut_on
    else:
        why.append(_why(key["wanted_from"], open_on, effective, window))
        taken_on = None
    send_by = _last(terms, add_banking_days(effective, -terms.lead_banking_days), same_day=False)
    return Plan(effective, goes_same_day=False, waits_until=taken_on, send_by=send_by, plan_reason="; ".join(why))


def _same_day_plan(terms: BankTerms, as_of: dt.datetime, window: Window) -> Plan:
    waits = window.day > _next(terms, as_of, same_day=True).day  # type: ignore[union-attr]
    words = f"settles the same day, {_day(window.day)}, when sent by {window.cutoff.name} ({window.cutoff.at:%H:%M})"
    send_by = _last(terms, window.day, same_day=True)
    waits_until = window.day if waits else None
    return Plan(window.day, goes_same_day=True, waits_until=waits_until, send_by=send_by, plan_reason=words)


def _same_day(terms: BankTerms, as_of: dt.datetime, key: dict[str, Any], open_on: dt.date) -> Window | str:
    """Return the same-day cut-off that serves this entry, or why none does ('' when nobody asked)."""
    if terms.same_day == "never" or not (key["same_day"] or terms.same_day == "always"):
        return "the bank takes nothing for the same day" if key["same_day"] else ""
    if key["sec"] in ("IAT", "ENR"):
        return f"{key['sec']} never settles the same day"
    if key["over_same_day"]:
        return "the amount is over the same-day limit"
    window = _next(terms, as_of, same_day=True)
    assert window is not None  # noqa: S101 - the profile has one
    return window if window.day >= open_on else _window(terms, open_on, window.cutoff)


def _why(wanted: dt.date, open_on: dt.date, effective: dt.date, window: Window) -> str:
    taken = f"the bank takes it by {window.cutoff.name} on {_day(window.day)} ({window.cutoff.at:%H:%M})"
    if effective > open_on:
        return f"{taken}, so {_day(effective)} is the first day it can settle"
    if open_on != wanted:
        return f"banks are closed on the wanted {_day(wanted)}: the next banking day is {_day(open_on)}"
    return "settles on the day it is wanted"


def _next(terms: BankTerms, as_of: dt.datetime, *, same_day: bool) -> Window | None:
    """Return the first cut-off of this kind that closes after the moment; at its very minute it is missed."""
    today = as_of.astimezone(terms.zone).date()
    first = add_banking_days(today, 0)
    days = [first, add_banking_days(first, 1)]
    found = [_window(terms, day, each) for day in days for each in terms.cutoffs if each.same_day == same_day]
    return min((w for w in found if w.closes > as_of), key=lambda w: w.closes, default=None)


def _last(terms: BankTerms, day: dt.date, *, same_day: bool) -> dt.datetime:
    return max(_window(terms, day, each).closes for each in terms.cutoffs if each.same_day == same_day)


def _window(terms: BankTerms, day: dt.date, cutoff: CutOff) -> Window:
    return Window(cutoff, day, dt.datetime.combine(day, cutoff.at, terms.zone).astimezone(dt.UTC))


def same_day_limit(day: dt.date) -> int | None:
    """Return the most cents of one same-day entry on that day; None: there was no same day yet."""
    rows = LIMITS.filter(
        (pl.col("limit") == "same_day")
        & (pl.col("effective_from") <= day)
        & (pl.col("effective_to").is_null() | (pl.col("effective_to") > day))
    )
    return rows["limit_cents"].max()  # type: ignore[return-value]


def _day(day: dt.date) -> str:
    return f"{day:%a} {day}"


def distinct_plans(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum planned rows up by plan, for whoever watches: one row per company, bank, dates and reason."""
    by = ["company_id", "bank", "sec", "direction", "wanted_date", "effective_date", "waits_until", "plan_reason"]
    return rows.group_by(by).agg(entries=pl.len(), amount_cents=pl.col("amount_cents").sum()).sort(by)
