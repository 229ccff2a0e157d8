"""The planner: wanted on this day, planned at this moment, expect this date, for this reason."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.planner import AHEAD, moment, plan, planned, same_day_limit
from formats.nacha.calendar import add_banking_days, is_banking_day
from resources.bank_terms import BankTerms
from tests.support.bank import terms

NEW_YORK = ZoneInfo("America/New_York")
CUTOFFS = (
    {"name": "morning", "at": "10:00", "same_day": True},
    {"name": "afternoon", "at": "14:00", "same_day": True},
    {"name": "noon", "at": "12:00"},
    {"name": "evening", "at": "20:00"},
)
BANK = terms(cutoffs=CUTOFFS, same_day="wanted")
LIMIT = 100_000_000


def at(text: str) -> dt.datetime:
    """A moment on the bank's clock: `2026-10-09 01:00`."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def one(as_of: str, wanted: str, bank: BankTerms = BANK, **more: Any) -> dict[str, Any]:
    row = {
        "bank": "b",
        "wanted_date": dt.date.fromisoformat(wanted),
        "sec": "PPD",
        "direction": "debit",
        "same_day": False,
        "amount_cents": 100,
        **more,
    }
    return planned(pl.DataFrame([row]), {"b": bank}, {"b": at(as_of).astimezone(dt.UTC)}).row(0, named=True)


# Friday the 9th stands before a weekend and Columbus Day on Monday the 12th; Thanksgiving is Thursday, Nov 26.
@pytest.mark.parametrize(
    ("as_of", "wanted", "more", "expected"),
    [
        # The night before, and the same day: too late for today, tomorrow is the first day it can settle.
        ("2026-10-01 01:00", "2026-10-02", {}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 01:00", "2026-10-01", {}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 01:00", "2026-01-05", {}, ("2026-10-02", None, "2026-10-01 20:00")),
        # A minute before the last cut-off, at it, and after it.
        ("2026-10-01 19:59", "2026-10-01", {}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 20:00", "2026-10-01", {}, ("2026-10-05", None, "2026-10-02 20:00")),
        ("2026-10-01 23:30", "2026-10-02", {}, ("2026-10-05", None, "2026-10-02 20:00")),
        # A debit goes out one banking day ahead, a credit two.
        ("2026-10-01 01:00", "2026-10-05", {}, ("2026-10-05", "2026-10-02", "2026-10-02 20:00")),
        ("2026-10-01 01:00", "2026-10-05", {"direction": "credit"}, ("2026-10-05", None, "2026-10-02 20:00")),
        ("2026-10-01 01:00", "2026-10-06", {"direction": "credit"}, ("2026-10-06", "2026-10-02", "2026-10-05 20:00")),
        # Weekend and holiday: wanted on Saturday the 10th, money moves on Tuesday the 13th, sent on Friday.
        ("2026-10-08 01:00", "2026-10-10", {}, ("2026-10-13", "2026-10-09", "2026-10-09 20:00")),
        ("2026-10-09 01:00", "2026-10-10", {}, ("2026-10-13", None, "2026-10-09 20:00")),
        ("2026-10-09 21:00", "2026-10-10", {}, ("2026-10-14", None, "2026-10-13 20:00")),  # Friday evening: missed
        ("2026-10-10 01:00", "2026-10-10", {}, ("2026-10-14", None, "2026-10-13 20:00")),
        ("2026-10-12 09:00", "2026-10-12", {}, ("2026-10-14", None, "2026-10-13 20:00")),  # on the holiday itself
        ("2026-11-25 01:00", "2026-11-26", {}, ("2026-11-27", None, "2026-11-25 20:00")),
        ("2026-07-02 01:00", "2026-07-04", {}, ("2026-07-06", "2026-07-03", "2026-07-03 20:00")),  # Friday stays open
        # The same day, when it is wished for and the bank and the standard let it.
        ("2026-10-01 01:00", "2026-10-01", {"same_day": True}, ("2026-10-01", None, "2026-10-01 14:00")),
        ("2026-10-01 13:59", "2026-10-01", {"same_day": True}, ("2026-10-01", None, "2026-10-01 14:00")),
        ("2026-10-01 14:00", "2026-10-01", {"same_day": True}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-09 21:00", "2026-10-09", {"same_day": True}, ("2026-10-13", None, "2026-10-13 14:00")),
        ("2026-10-01 01:00", "2026-10-02", {"same_day": True}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 01:00", "2026-10-01", {"same_day": True, "sec": "IAT"}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 01:00", "2026-10-01", {"same_day": True, "sec": "ENR"}, ("2026-10-02", None, "2026-10-01 20:00")),
        ("2026-10-01 01:00", "2026-10-01", {"same_day": True, "amount_cents": LIMIT},
         ("2026-10-01", None, "2026-10-01 14:00")),
        ("2026-10-01 01:00", "2026-10-01", {"same_day": True, "amount_cents": LIMIT + 1},
         ("2026-10-02", None, "2026-10-01 20:00")),
    ],
)  # fmt: skip
def test_worked_dates(as_of: str, wanted: str, more: dict[str, Any], expected: tuple[str, str | None, str]) -> None:
    out = one(as_of, wanted, **more)
    told = (str(out["effective_date"]), out["waits_until"] and str(out["waits_until"]))
    assert (*told, f"{out['send_by'].astimezone(NEW_YORK):%Y-%m-%d %H:%M}") == expected


@pytest.mark.parametrize(
    ("as_of", "wanted", "more", "words"),
    [
        ("2026-10-01 01:00", "2026-10-02", {}, "settles on the day it is wanted"),
        (
            "2026-10-01 13:00",
            "2026-10-01",
            {},
            "the bank takes it by evening on Thu 2026-10-01 (20:00), so Fri 2026-10-02 is the first day it can settle",
        ),
        (
            "2026-10-09 01:00",
            "2026-10-12",
            {},
            "banks are closed on the wanted Mon 2026-10-12: the next banking day is Tue 2026-10-13",
        ),
        (
            "2026-10-01 01:00",
            "2026-10-20",
            {},
            "a debit goes out at most 1 banking day ahead: it waits for Mon 2026-10-19",
        ),
        (
            "2026-10-01 01:00",
            "2026-10-20",
            {"direction": "credit"},
            "a credit goes out at most 2 banking days ahead: it waits for Fri 2026-10-16",
        ),
        (
            "2026-10-01 01:00",
            "2026-10-01",
            {"same_day": True},
            "settles the same day, Thu 2026-10-01, when sent by morning (10:00)",
        ),
        ("2026-10-01 01:00", "2026-10-02", {"same_day": True, "sec": "IAT"}, "IAT never settles the same day; settles"),
        (
            "2026-10-01 01:00",
            "2026-10-02",
            {"same_day": True, "amount_cents": LIMIT + 1},
            "the amount is over the same-day limit; settles",
        ),
    ],
)
def test_reasons_in_words(as_of: str, wanted: str, more: dict[str, Any], words: str) -> None:
    assert one(as_of, wanted, **more)["plan_reason"].startswith(words)


def test_a_bank_that_never_or_always_settles_the_same_day() -> None:
    never = one("2026-10-01 01:00", "2026-10-01", terms(cutoffs=CUTOFFS, same_day="never"), same_day=True)
    assert (str(never["effective_date"]), never["goes_same_day"]) == ("2026-10-02", False)
    assert never["plan_reason"].startswith("the bank takes nothing for the same day; ")
    always = one("2026-10-01 01:00", "2026-10-01", terms(cutoffs=CUTOFFS, same_day="always"))
    assert (str(always["effective_date"]), always["goes_same_day"]) == ("2026-10-01", True)


def test_the_same_day_limit_is_the_one_of_that_time() -> None:
    days = [dt.date(2016, 9, 22), dt.date(2016, 9, 23), dt.date(2022, 3, 17), dt.date(2022, 3, 18)]
    assert [same_day_limit(day) for day in days] == [None, 2_500_000, 10_000_000, LIMIT]


# In March the clocks go forward in the night to Sunday the 8th, in November back in the night to Sunday the 1st: the
# cut-off stays at 20:00 on the wall and moves by an hour in UTC.
@pytest.mark.parametrize(
    ("as_of", "effective", "send_by"),
    [
        ("2026-03-06T01:00:00-05:00", "2026-03-09", "2026-03-07T01:00:00+00:00"),
        ("2026-03-08T01:00:00-05:00", "2026-03-10", "2026-03-10T00:00:00+00:00"),
        ("2026-03-10T00:30:00+00:00", "2026-03-11", "2026-03-11T00:00:00+00:00"),  # 20:30 in summer time: missed
        ("2026-10-30T01:00:00-04:00", "2026-11-02", "2026-10-31T00:00:00+00:00"),
        ("2026-11-01T01:30:00-04:00", "2026-11-03", "2026-11-03T01:00:00+00:00"),  # the hour that comes twice
        ("2026-11-01T01:30:00-05:00", "2026-11-03", "2026-11-03T01:00:00+00:00"),
        ("2026-11-03T00:30:00+00:00", "2026-11-03", "2026-11-03T01:00:00+00:00"),  # 19:30 in winter time: in time
    ],
)
def test_both_changes_of_the_clock(as_of: str, effective: str, send_by: str) -> None:
    key = {"wanted_from": dt.date(2026, 1, 1), "sec": "PPD", "direction": "debit", "same_day": False,
           "over_same_day": False}  # fmt: skip
    out = plan(BANK, dt.datetime.fromisoformat(as_of), key)
    assert (str(out.effective_date), out.send_by) == (effective, dt.datetime.fromisoformat(send_by))


def test_the_night_is_one_o_clock_where_the_bank_is() -> None:
    assert moment(dt.date(2026, 7, 1), BANK) == dt.datetime(2026, 7, 1, 5, tzinfo=dt.UTC)
    assert moment(dt.date(2026, 12, 1), terms(time_zone="America/Los_Angeles")) == dt.datetime(
        2026, 12, 1, 9, tzinfo=dt.UTC
    )
    said = at("2026-07-01 15:00")
    assert moment(dt.date(2026, 7, 1), BANK, said) == said


MOMENTS = st.datetimes(dt.datetime(2026, 1, 2), dt.datetime(2027, 10, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
BANKS = st.builds(
    lambda lead, same_day, zone: terms(cutoffs=CUTOFFS, lead_banking_days=lead, same_day=same_day, time_zone=zone),
    st.sampled_from([1, 2]),
    st.sampled_from(["never", "wanted", "always"]),
    st.sampled_from(["America/New_York", "America/Los_Angeles", "Pacific/Honolulu"]),
)
KEYS = st.fixed_dictionaries(
    {
        "wanted_from": st.integers(-40, 40),
        "sec": st.sampled_from(["PPD", "CCD", "IAT"]),
        "direction": st.sampled_from(["debit", "credit"]),
        "same_day": st.booleans(),
        "over_same_day": st.booleans(),
    }
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(BANKS, MOMENTS, KEYS, st.integers(0, 10_000))
def test_every_plan_is_legal_never_stale_and_later_when_made_later(
    bank: BankTerms, as_of: dt.datetime, key: dict[str, Any], minutes: int
) -> None:
    today = as_of.astimezone(bank.zone).date()
    key = key | {"wanted_from": today + dt.timedelta(days=key["wanted_from"])}
    out = plan(bank, as_of, key)
    day = out.effective_date
    assert is_banking_day(day)
    assert day >= key["wanted_from"]
    # Never stale: a cut-off is still to come, and none after it would do.
    assert out.send_by > as_of
    taken = out.send_by.astimezone(bank.zone).date()
    assert is_banking_day(taken)
    assert taken == (day if out.goes_same_day else add_banking_days(day, -bank.lead_banking_days))
    # Never earlier than the standard lets it go out.
    ahead = max(bank.lead_banking_days, AHEAD[key["direction"]])
    first = add_banking_days(today, 0)
    if out.waits_until is None:
        assert day <= add_banking_days(first, ahead + 1)  # first day missed: counted from the next
    else:
        assert today <= out.waits_until <= day
    if out.goes_same_day:
        assert key["sec"] != "IAT"
        assert not key["over_same_day"]
        assert bank.same_day == "always" or (bank.same_day == "wanted" and key["same_day"])
    later = plan(bank, as_of + dt.timedelta(minutes=minutes), key)
    assert later.effective_date >= day
    # Made again before its cut-off it is the same day: nothing moves that need not.
    again = plan(bank, out.send_by - dt.timedelta(minutes=1), key)
    assert again.effective_date == day


def test_rows_keep_their_order_and_each_bank_its_own_clock() -> None:
    rows = pl.DataFrame(
        {
            "n": [1, 2, 3],
            "bank": ["west", "east", "west"],
            "wanted_date": [dt.date(2026, 10, 1)] * 3,
            "sec": ["PPD"] * 3,
            "direction": ["debit"] * 3,
            "same_day": [False] * 3,
            "amount_cents": [1, 2, 3],
        }
    )
    west = terms(cutoffs=CUTOFFS, time_zone="America/Los_Angeles")
    now = at("2026-10-01 21:00").astimezone(dt.UTC)  # 18:00 in Los Angeles
    out = planned(rows, {"west": west, "east": BANK}, {"west": now, "east": now})
    assert out["n"].to_list() == [1, 2, 3]
    assert [str(day) for day in out["effective_date"]] == ["2026-10-02", "2026-10-05", "2026-10-02"]
    assert planned(rows.clear(), {}, {}).columns == out.columns
