"""The account state machine: every transition as a row, and that no sequence of events draws on what may not be."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.payments.accounts import FACTS, TERMS, VERSIONS, account_states
from formats.nacha.calendar import add_banking_days

DAY = dt.date(2026, 10, 1)  # a Thursday; Columbus Day is 12 October
LONG_AGO = dt.date(2024, 3, 4)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


def version(number: int = 1, **more: Any) -> dict[str, Any]:
    row = {
        "company_id": 1,
        "account_code": "B1",
        "account_id": number,
        "version": number,
        "owner": "payer",
        "owner_code": "",
        "person_id": 1,
        "routing": "011000015",
        "account_type": "checking",
        "account_sealed": b"s",
        "account_blind": b"one",
        "holder_name": "Ann Sample",
        "authorised": "written",
        "source": "intake",
        "given_on": DAY,
        "validated_on": None,
        "closed_on": None,
    }
    return row | more


def fact(kind: str, on: dt.date, run: int = 1, code: str = "", account: int = 1) -> dict[str, Any]:
    return {"company_id": 1, "account_id": account, "fact": kind, "day": on, "run_no": run, "code": code}


def states(
    on: dt.date, versions: list[dict[str, Any]], facts: list[dict[str, Any]], prenote: str = "new"
) -> pl.DataFrame:
    terms = pl.DataFrame([(1, prenote, 3, 3, 5)], schema=TERMS, orient="row")
    known = [f for f in facts if f["day"] <= on or f["fact"] == "prenote"]
    return account_states(on, pl.DataFrame(versions, schema=VERSIONS), pl.DataFrame(known, schema=FACTS), terms)


def newest(*args: Any, **more: Any) -> tuple[str, bool, bool, dt.date | None]:
    row = states(*args, **more).filter("newest").row(0, named=True)
    assert (row["reason"] == "") == (row["may_debit"] and row["may_credit"]) or row["may_credit"]
    return row["state"], row["may_debit"], row["may_credit"], row["until"]


SENT = [fact("asked", DAY), fact("prenote", day("10-02"))]  # settles on Friday; Monday, Tuesday, Wednesday are waited
OTHER = {"account_blind": b"two"}
FREE, SHUT = (True, True), (False, False)

TRANSITIONS: list[tuple[str, str, list[dict[str, Any]], list[dict[str, Any]], str, tuple[bool, bool], str | None]] = [
    ("new, nothing happened", "10-01", [version()], [], "new", SHUT, None),
    ("new -> asked, not sent yet", "10-01", [version()], SENT[:1], "new", SHUT, None),
    ("new -> prenote sent", "10-01", [version()], SENT, "prenote_sent", SHUT, "10-07"),
    ("prenote sent -> waiting on its settlement", "10-02", [version()], SENT, "waiting", SHUT, "10-07"),
    ("waiting over the weekend", "10-06", [version()], SENT, "waiting", SHUT, "10-07"),
    ("waiting -> validated", "10-07", [version()], SENT, "validated", FREE, None),
    ("waiting over a holiday", "10-13", [version()], [fact("prenote", day("10-08"))], "waiting", SHUT, "10-14"),
    ("after the holiday", "10-14", [version()], [fact("prenote", day("10-08"))], "validated", FREE, None),
    ("waiting -> blocked by a return", "10-06", [version()],
     [*SENT, fact("refused", day("10-05"), 2, "R03"), fact("stopped", day("10-05"), 2, "R03")], "blocked", SHUT, None),
    ("a technical return blocks too", "10-20", [version()], [*SENT, fact("refused", day("10-05"), 2, "R26")],
     "blocked", SHUT, None),
    ("blocked -> validated by a person's proof", "10-20", [version()],
     [*SENT, fact("refused", day("10-05"), 2, "R03"), fact("stopped", day("10-05"), 2, "R03"),
      fact("validated", day("10-06"), 3)], "validated", FREE, None),
    ("blocked again after the proof", "10-20", [version()],
     [fact("validated", day("10-06"), 3), fact("stopped", day("10-07"), 4, "R03")], "blocked", SHUT, None),
    ("blocked -> new with another number", "10-06", [version(), version(2, **OTHER, given_on=day("10-06"))],
     [*SENT, fact("stopped", day("10-05"), 2, "R03")], "new", SHUT, None),
    ("the same number again is the same account", "10-06", [version(), version(2, given_on=day("10-06"))],
     [*SENT, fact("stopped", day("10-05"), 2, "R03")], "blocked", SHUT, None),
    ("the same number under another name is not", "10-06", [version(), version(2, holder_name="Ann Other")],
     [fact("stopped", day("10-05"), 2, "R03")], "new", SHUT, None),
    ("waiting -> change pending by a notice", "10-06", [version(), version(2, **OTHER, source="C01", given_on=None)],
     SENT, "change_pending", SHUT, "10-07"),
    ("change pending -> validated", "10-07", [version(), version(2, **OTHER, source="C01", given_on=None)],
     SENT, "validated", FREE, None),
    ("a notice that is not applied", "10-20", [version()], [*SENT, fact("notice", day("10-05"), 2, "C01")],
     "change_pending", SHUT, None),
    ("... until a person proves the account", "10-20", [version()],
     [*SENT, fact("notice", day("10-05"), 2, "C01"), fact("validated", day("10-06"), 3)], "validated", FREE, None),
    ("... or it is changed after all", "10-20", [version(), version(2, **OTHER, source="C01", given_on=None)],
     [*SENT, fact("notice", day("10-05"), 2, "C01")], "validated", FREE, None),
    ("a notice about a validated account", "10-20",
     [version(validated_on=LONG_AGO), version(2, **OTHER, source="C02", given_on=None)], [], "validated", FREE, None),
    ("validated elsewhere", "10-01", [version(validated_on=LONG_AGO)], [], "validated", FREE, None),
    ("validated elsewhere later than today", "10-01", [version(validated_on=day("10-09"))], [], "new", SHUT, None),
    ("drafted and settled before", "10-01", [version()], [fact("settled", day("09-09"))], "validated", FREE, None),
    ("validated -> another number", "10-01", [version(validated_on=LONG_AGO), version(2, **OTHER)], [], "new", SHUT,
     None),
    ("validated -> closed", "10-01", [version(validated_on=LONG_AGO, closed_on=DAY)], [], "closed", SHUT, None),
    ("closed tomorrow", "10-01", [version(validated_on=LONG_AGO, closed_on=day("10-02"))], [], "validated", FREE, None),
    ("closed outranks blocked", "10-01", [version(closed_on=DAY)], [fact("stopped", DAY, 1, "R02")], "closed", SHUT,
     None),
    ("not authorised: no debit, credits may go", "10-01", [version(validated_on=LONG_AGO)],
     [fact("stopped", DAY, 1, "R10")], "blocked", (False, True), None),
    ("... cured by a new approval", "10-02", [version(validated_on=LONG_AGO)],
     [fact("stopped", DAY, 1, "R10"), fact("cured", day("10-02"), 2, "R10")], "validated", FREE, None),
    ("... of another code is no cure", "10-02", [version(validated_on=LONG_AGO)],
     [fact("stopped", DAY, 1, "R10"), fact("cured", day("10-02"), 2, "R08")], "blocked", (False, True), None),
    ("... and refused again", "10-09", [version(validated_on=LONG_AGO)],
     [fact("cured", day("10-02"), 2, "R10"), fact("stopped", day("10-08"), 3, "R10")], "blocked", (False, True), None),
    ("a proof cures no missing approval", "10-02", [version()],
     [fact("stopped", DAY, 1, "R10"), fact("validated", day("10-02"), 2)], "blocked", (False, True), None),
    ("frozen: nothing cures but another account", "10-09", [version(validated_on=LONG_AGO)],
     [fact("stopped", DAY, 1, "R16"), fact("cured", day("10-02"), 2, "R16"), fact("validated", day("10-02"), 2)],
     "blocked", SHUT, None),
    ("given online long ago, never used", "10-01", [version(authorised="web", given_on=None)], [], "new", SHUT, None),
    ("given online, used before", "10-01", [version(authorised="web", given_on=None)],
     [fact("settled", day("09-09"))], "validated", FREE, None),
]  # fmt: skip


@pytest.mark.parametrize(("told", "on", "versions", "facts", "state", "may", "until"), TRANSITIONS)
def test_every_transition(  # noqa: PLR0917 - the columns of the table
    told: str,
    on: str,
    versions: list[dict[str, Any]],
    facts: list[dict[str, Any]],
    state: str,
    may: tuple[bool, bool],
    until: str | None,
) -> None:
    assert newest(day(on), versions, facts) == (state, *may, day(until) if until else None), told


@pytest.mark.parametrize(
    ("prenote", "authorised", "given_on", "may"),
    [
        ("never", "written", DAY, True),
        ("never", "phone", DAY, True),
        ("never", "web", DAY, False),
        ("new", "written", DAY, False),
        ("new", "written", None, True),
        ("always", "written", None, False),
        ("always", "web", None, False),
    ],
)
def test_who_must_be_proved_first(prenote: str, authorised: str, given_on: dt.date | None, may: bool) -> None:
    assert newest(DAY, [version(authorised=authorised, given_on=given_on)], [], prenote=prenote)[1] is may


PAYEE = {"owner": "agent", "owner_code": "A1", "person_id": None, "validated_on": LONG_AGO}


@pytest.mark.parametrize(
    ("on", "versions", "facts", "state", "until"),
    [
        ("10-03", [version(**PAYEE)], [], "waiting", "10-04"),
        ("10-04", [version(**PAYEE)], [], "validated", None),
        ("10-05", [version(**PAYEE), version(2, **PAYEE, **OTHER, given_on=None) | {"given_on": day("10-05")}], [],
         "waiting", "10-10"),
        ("10-05", [version(**PAYEE), version(2, **PAYEE, **OTHER, given_on=None) | {"given_on": day("10-05")}],
         [fact("released", day("10-05"), account=2)], "validated", None),
        ("10-05", [version(**PAYEE), version(2, **PAYEE) | {"given_on": day("10-05")}], [], "validated", None),
        ("10-01", [version(**PAYEE) | {"given_on": None}], [], "validated", None),
    ],
)  # fmt: skip
def test_money_to_a_payees_new_or_changed_account_waits(
    on: str, versions: list[dict[str, Any]], facts: list[dict[str, Any]], state: str, until: str | None
) -> None:
    expected = (state, until is None, until is None, day(until) if until else None)
    assert newest(day(on), versions, facts) == expected


def test_accounts_of_companies_and_codes_do_not_touch_each_other() -> None:
    rows = [version(), version(account_id=2, version=1, account_code="B2"), version() | {"company_id": 2}]
    terms = pl.DataFrame([(1, "new", 3, 3, 5), (2, "new", 3, 3, 5)], schema=TERMS, orient="row")
    facts = pl.DataFrame([fact("validated", DAY)], schema=FACTS)
    found = account_states(DAY, pl.DataFrame(rows, schema=VERSIONS), facts, terms)
    assert found["state"].to_list() == ["validated", "new", "new"]
    assert account_states(DAY, pl.DataFrame(schema=VERSIONS), pl.DataFrame(schema=FACTS), terms).is_empty()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["prenote", "refused", "stopped", "cured", "validated", "notice", "settled", "given", "renamed", "changed",
             "closed"]
        ),
        st.integers(0, 20),
        st.sampled_from(["R03", "R10", "R16"]),
    ),
    max_size=9,
)  # fmt: skip


@dataclass
class Story:
    """What a story-teller knows of the newest number, event by event."""

    versions: list[dict[str, Any]]
    facts: list[dict[str, Any]] = field(default_factory=list)
    proved: bool = False
    stops: set[str] = field(default_factory=set)
    pending: bool = False
    closed: bool = False
    spoilt: bool = False
    prenotes: list[dt.date] = field(default_factory=list)
    refused: bool = False

    def give(self, kind: str, run: int, moment: dt.date) -> None:
        """A further version."""
        last = self.versions[-1]
        number = {"account_blind": f"n{run}".encode()}
        fresh: dict[str, Any] = {"account_id": last["account_id"] + 1, "version": last["version"] + 1}
        fresh |= {"given_on": moment, "source": "intake", "closed_on": moment if kind == "closed" else None}
        self.closed = kind == "closed"
        if kind == "given":
            fresh |= number
            self.proved = self.pending = self.spoilt = self.refused = False
            self.stops, self.prenotes = set(), []
        elif kind == "renamed":
            fresh |= {"holder_name": f"Name {run}"}
            self.stops = set()
        elif kind == "changed":
            fresh |= number | {"source": "C01", "given_on": None}
            self.stops, self.pending = set(), False
        self.versions.append(last | fresh)

    def happen(self, kind: str, run: int, moment: dt.date, code: str) -> None:
        """Something that befalls the newest version."""
        day = add_banking_days(moment, 1) if kind == "prenote" else moment
        self.facts.append(fact(kind, day, run, code, self.versions[-1]["account_id"]))
        if kind == "prenote":
            self.prenotes.append(day)
        elif kind == "refused":
            self.spoilt = self.refused = True
        elif kind == "stopped":
            self.stops.add(code)
        elif kind == "cured" and code != "R16":
            self.stops.discard(code)
        elif kind == "validated":
            self.proved, self.spoilt, self.pending = True, False, False
            self.stops.discard("R03")
        elif kind == "settled":
            self.proved = True
        elif kind == "notice":
            self.pending = True


@settings(max_examples=300, derandomize=True, deadline=None)
@given(EVENTS, st.integers(0, 25), st.sampled_from(["written", "web"]), st.sampled_from(["never", "new", "always"]))
def test_no_sequence_of_events_draws_on_an_account_that_may_not_be(
    events: list[tuple[str, int, str]], at: int, authorised: str, policy: str
) -> None:
    """Told in the order of the days, beside a story-teller who walks through them one by one."""
    on = DAY + dt.timedelta(days=at)
    story = Story([version(authorised=authorised)])
    for run, (kind, offset, code) in enumerate(sorted(events, key=lambda e: e[1]), start=1):
        moment = DAY + dt.timedelta(days=offset)
        if moment > on:
            break
        if kind in {"given", "renamed", "changed", "closed"}:
            story.give(kind, run, moment)
        else:
            story.happen(kind, run, moment, code)
    sent = bool(story.prenotes) and not story.refused
    waited = sent and add_banking_days(max(story.prenotes), 3) <= on
    wanted = authorised == "web" or policy != "never"
    row = states(on, story.versions, story.facts, policy).filter("newest").row(0, named=True)
    if row["may_debit"]:
        assert (story.stops, story.closed, story.pending, story.spoilt) == (set(), False, False, False)
        assert story.proved or waited or not wanted
    else:
        assert row["reason"]
