"""Whatever is refused, lost, late or answered twice: after a quiet round the vendor's roster is ours.

A vendor that applies what it takes, and answers when it likes, against the pure rules of the change file.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from assets.enrollment.changes import KEY, MEMBER, apply, beliefs, difference, member_actions, replaced
from assets.enrollment.fate import OPEN, set_fates, told_fates

DAY = dt.date(2026, 10, 1)
PEOPLE = {1: 1, 2: 1, 3: 1, 4: 4, 5: 4}  # person: head
SUBSCRIPTIONS = (1, 2)
SET_OF = {1: 1, 4: 2}  # head: which set of the file, counted from the file's first number
_ID = {"company_id": pl.Int32, "partner": pl.String, "person_id": pl.Int32, "subscription_id": pl.Int32}
ROWS = _ID | {"head_id": pl.Int32, "line": pl.String, "plan_code": pl.String, "tier": pl.String, "begin": pl.Date,
              "end": pl.Date, "member_print": pl.Binary}  # fmt: skip
TOLD = ROWS | {"version": pl.Int32, "file_id": pl.Int64, "set_control": pl.Int64}
FILES = {"company_id": pl.Int32, "file_id": pl.Int64, "void": pl.Boolean, "sent": pl.Boolean, "rejected": pl.Boolean,
         "answers_expected": pl.Boolean}  # fmt: skip
ANSWERS = {"company_id": pl.Int32, "file_id": pl.Int64, "level": pl.String, "control_number": pl.Int64,
           "outcome": pl.String}  # fmt: skip
APPLICATIONS = {"company_id": pl.Int32, "file_id": pl.Int64, "set_control": pl.Int64, "person_id": pl.Int32,
                "refused": pl.Boolean}  # fmt: skip
keys = st.tuples(st.sampled_from(sorted(PEOPLE)), st.sampled_from(SUBSCRIPTIONS))


def days(n: int) -> dt.date:
    return DAY + dt.timedelta(days=n)


class Vendor:
    """Applies what it takes and nothing else: coverage by person and plan, the person's data, active or not."""

    def __init__(self) -> None:
        self.coverage: dict[tuple[int, str], tuple[str, dt.date, dt.date | None]] = {}
        self.personal: dict[int, bytes] = {}
        self.active: dict[int, bool] = {}

    def take(self, members: pl.DataFrame, coverages: pl.DataFrame, told: pl.DataFrame, people: set[int]) -> None:
        for row in coverages.filter(pl.col("person_id").is_in(list(people))).iter_rows(named=True):
            if row["action"] == "025":
                assert row["end"] is None
            if row["action"] == "024":
                assert row["end"] is not None
            self.coverage[row["person_id"], row["plan_code"]] = (row["tier"], row["begin"], row["end"])
        for person, fingerprint in told.select("person_id", "member_print").iter_rows():
            if person in people:
                self.personal[person] = fingerprint
        for row in members.filter(pl.col("person_id").is_in(list(people))).iter_rows(named=True):
            person, action = row["person_id"], row["member_action"]
            live = any(c[2] is None for (p, _), c in self.coverage.items() if p == person)
            self.active[person] = {"021": live, "025": True, "024": False}.get(action, self.active.get(person, True))


class Exchange(RuleBasedStateMachine):
    """Nights, deliveries and answers in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.day = 0
        self.world: dict[tuple[int, int], dict[str, Any]] = {}
        self.prints = dict.fromkeys(PEOPLE, 0)
        self.vendor = Vendor()
        self.told: list[dict[str, Any]] = []
        self.files: dict[int, dict[str, Any]] = {}
        self.contents: dict[int, tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = {}
        self.waiting: list[list[dict[str, Any]]] = []  # answers underway, as rows of either frame
        self.answers: list[dict[str, Any]] = []
        self.applications: list[dict[str, Any]] = []

    # The world

    @initialize()
    def one_family(self) -> None:
        for person in (1, 2):
            self.world[person, 1] = {"plan": "a", "tier": "FAM", "begin": days(0), "end": None}

    @rule(key=keys, begin=st.integers(-40, 10))
    def begins(self, key: tuple[int, int], begin: int) -> None:
        if key not in self.world:
            self.world[key] = {"plan": "a", "tier": "EMP", "begin": days(self.day + begin), "end": None}

    @rule(key=keys, end=st.integers(-10, 30))
    def ends(self, key: tuple[int, int], end: int) -> None:
        if key in self.world:
            row = self.world[key]
            row["end"] = max(row["begin"], days(self.day + end))

    @rule(key=keys)
    def goes_on(self, key: tuple[int, int]) -> None:
        if key in self.world:
            self.world[key]["end"] = None

    @rule(key=keys, what=st.sampled_from(["tier", "plan", "begin", "personal"]))
    def changes(self, key: tuple[int, int], what: str) -> None:
        if what == "personal":
            self.prints[key[0]] += 1
        elif key in self.world:
            row = self.world[key]
            flip = {"tier": {"EMP": "FAM", "FAM": "EMP"}, "plan": {"a": "b", "b": "a"}}
            row[what] = row[what] - dt.timedelta(days=3) if what == "begin" else flip[what][row[what]]

    # The exchange

    def expected(self) -> pl.DataFrame:
        rows = [
            {"company_id": 1, "partner": "v", "person_id": person, "subscription_id": number, "head_id": PEOPLE[person],
             "line": "HLT", "plan_code": f"{number}{row['plan']}", "tier": row["tier"], "begin": row["begin"],
             "end": row["end"], "member_print": f"{person}/{self.prints[person]}".encode()}
            for (person, number), row in sorted(self.world.items())
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=ROWS)

    def standing(self) -> pl.DataFrame:
        told = pl.DataFrame(self.told, schema=TOLD)
        files = pl.DataFrame(list(self.files.values()), schema=FILES)
        answers, applications = pl.DataFrame(self.answers, ANSWERS), pl.DataFrame(self.applications, APPLICATIONS)
        sets = told.select("company_id", "file_id", "set_control").unique(maintain_order=True)
        fates = set_fates(sets, files, answers, applications)
        return told_fates(told, fates, applications).with_columns(sound=pl.lit(value=True))

    @rule(later=st.integers(0, 3))
    def night(self, later: int) -> None:
        self.build(later)

    def build(self, later: int) -> bool:
        self.day += later
        rows, told = self.expected(), self.standing()
        held = beliefs(told)
        found = difference(rows, held, days(self.day))
        if found.is_empty():
            return False
        members, file_id = member_actions(rows, held, found), len(self.files) + 1
        shared = [*KEY, "head_id", "line", "plan_code", "tier", "begin", "end", "action"]
        coverages = pl.concat(
            [found.filter(pl.col("action").is_not_null()).select(shared), replaced(found, held).select(shared)]
        )
        assert set(found["person_id"]) == set(members["person_id"])
        before = {(t["person_id"], t["subscription_id"]): t["version"] for t in self.told}
        for row in found.select(list(ROWS)).iter_rows(named=True):
            version = before.get((row["person_id"], row["subscription_id"]), 0) + 1
            self.told.append({**row, "version": version, "file_id": file_id, "set_control": self.number(file_id, row)})
        self.files[file_id] = {"company_id": 1, "file_id": file_id, "void": False, "sent": False, "rejected": False,
                               "answers_expected": True}  # fmt: skip
        self.contents[file_id] = (members, coverages, found)
        return True

    def number(self, file_id: int, row: dict[str, Any]) -> int:
        return 10 * file_id + SET_OF[row["head_id"]]

    def undelivered(self) -> list[int]:
        return [n for n, f in self.files.items() if not f["sent"] and not f["void"]]

    @precondition(lambda self: self.undelivered())
    @rule(
        verdict=st.sampled_from(["A", "A", "A", "TA1", "R", "set", "member", "824", "lost", "mute"]),
        which=st.sampled_from([1, 2]),
    )
    def deliver(self, verdict: str = "A", which: int = 1) -> None:
        file_id = self.undelivered()[0]
        self.files[file_id]["sent"] = True
        members, coverages, told = self.contents[file_id]
        people, mine = set(told["person_id"]), {"company_id": 1, "file_id": file_id}
        sets = {10 * file_id + SET_OF[h] for h in told["head_id"].unique()}
        refused: set[int] = set()
        said = [mine | {"level": "group", "control_number": file_id, "outcome": "accepted"}]
        said += [mine | {"level": "set", "control_number": n, "outcome": "accepted"} for n in sorted(sets)]
        match verdict:
            case "TA1":
                refused, said = people, [mine | {"level": "interchange", "control_number": 1, "outcome": "refused"}]
            case "R":
                refused, said = people, [mine | {"level": "group", "control_number": file_id, "outcome": "refused"}]
            case "set":
                bad = 10 * file_id + which
                refused = {p for p in people if SET_OF[PEOPLE[p]] == which}
                said = [mine | {"level": "group", "control_number": file_id, "outcome": "partial"}] + [
                    mine | {"level": "set", "control_number": n, "outcome": "refused" if n == bad else "accepted"}
                    for n in sorted(sets)
                ]
            case "member":
                person = sorted(people)[which % len(people)]
                refused = {person}
                said.append(mine | {"set_control": 0, "person_id": person, "refused": True})
            case "824":
                refused = people
                said.append(mine | {"set_control": 0, "person_id": 0, "refused": True})
            case "lost" | "mute":
                refused, said = (people if verdict == "lost" else set()), []
        self.vendor.take(members, coverages, told, people - refused)
        if said:
            self.waiting.append(said)

    @precondition(lambda self: self.undelivered())
    @rule()
    def withdraw(self) -> None:
        self.files[self.undelivered()[0]]["void"] = True

    @precondition(lambda self: self.waiting)
    @rule(at=st.integers(0, 9), again=st.booleans())
    def hear(self, at: int = 0, again: bool = False) -> None:
        answer = self.waiting[at % len(self.waiting)]
        if not again:
            self.waiting.remove(answer)
        for row in answer:
            (self.applications if "refused" in row else self.answers).append(row)

    # What must hold

    def teardown(self) -> None:
        rounds = 0
        while self.build(1) or self.undelivered() or self.waiting:
            while self.undelivered():
                self.deliver()
            while self.waiting:
                self.hear()
            rounds += 1
            assert rounds < 6, "it does not come to rest"
        assert (
            self.standing()
            .filter(pl.col("fate") == OPEN)
            .select(KEY)
            .unique()
            .join(self.expected(), on=KEY, how="anti")
            .is_empty()
        )
        live = {(p, f"{n}{r['plan']}"): (r["tier"], r["begin"]) for (p, n), r in self.world.items() if r["end"] is None}
        assert {k: c[:2] for k, c in self.vendor.coverage.items() if c[2] is None} == live
        for (person, number), row in self.world.items():
            held = self.vendor.coverage[person, f"{number}{row['plan']}"]
            assert held[1:] == (row["begin"], row["end"])
        for person in {p for p, _ in live}:
            assert self.vendor.personal[person] == f"{person}/{self.prints[person]}".encode()
            assert self.vendor.active[person]
        for person in {p for p, _ in self.world} - {p for p, _ in live}:
            assert not self.vendor.active[person]


Exchange.TestCase.settings = settings(
    max_examples=25, stateful_step_count=14, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
TestExchange = Exchange.TestCase


def test_what_was_taken_and_the_change_file_give_what_is_expected() -> None:
    made = Exchange()
    made.one_family()
    made.build(0)
    made.deliver()
    made.hear()
    before = beliefs(made.standing())
    made.changes((1, 1), "tier")
    made.begins((4, 1), -5)
    made.ends((2, 1), 5)
    found = difference(made.expected(), before, DAY)
    assert found.select("person_id", "action").rows() == [(1, "001"), (2, "024"), (4, "021")]
    after = apply(before, found)
    assert after.equals(made.expected().select(after.columns))
    assert member_actions(made.expected(), before, found).select(MEMBER[-1], "member_action", "reason").rows() == [
        (1, "001", "29"), (2, "024", "07"), (4, "021", "28"),
    ]  # fmt: skip
