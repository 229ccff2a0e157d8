"""A vendor that knows nothing but the files it was sent, and a book that changes at random: for test_histories.py."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import psycopg

from formats.edi834 import AckStamp, read, write_999, write_ta1
from formats.edi834 import acknowledge as answered
from formats.tabular import load_layout
from formats.tabular import read as read_layout
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import BACK, application
from tests.support.seed import DAY

LAYOUT = Path(__file__).parent / "layouts" / "evergreen.toml"
STAMPED = dt.datetime(2026, 10, 1, 9)  # noqa: DTZ001 - a vendor's own wall time
AHEAD = 31
PRODUCTS = {1: "EG100", 2: "EG200", 3: "ED100", 4: "ED200"}

Key = tuple[str, str, str]  # subscriber, member, plan
Cover = tuple[str, dt.date, dt.date | None]  # tier, begin, first day not covered


def live(held: dict[Key, Cover], day: dt.date) -> dict[Key, Cover]:
    """What of it covers on the day or later."""
    return {key: cover for key, cover in held.items() if cover[2] is None or cover[2] > max(day, cover[1])}


def in_force(held: dict[Key, Cover], day: dt.date) -> set[Key]:
    return {key for key, cover in live(held, day).items() if cover[1] <= day}


@dataclass
class Sent:
    """A file as the vendor reads it: of which members it tells what."""

    company: int
    purpose: str
    day: dt.date  # its business date
    covers: dict[Key, Cover]
    names: dict[tuple[str, str], tuple[str, str]]  # (subscriber, member): first name, city
    ended: dict[tuple[str, str], dt.date]  # members who are ended as a whole
    sets: dict[str, list[str]]  # set control number: members

    @classmethod
    def of(cls, data: bytes, company: int, purpose: str, day: dt.date, *, layout: bool) -> Sent:
        found = read_layout(data, load_layout(LAYOUT)) if layout else read(data)
        assert found.problems.is_empty()
        member = pl.col("member_key" if layout else "member_id").alias("member")
        members = found.members.select("member_key", "subscriber_id", member, "first_name", "city",
                                       "maintenance_type", "eligibility_end", "set_no")  # fmt: skip
        held = found.coverages.join(members.select("member_key", "subscriber_id", "member"), on="member_key")
        numbers = dict(enumerate(found.interchange["set_control"].to_list(), 1))
        sent = cls(company, purpose, day, {}, {}, {}, {number: [] for number in numbers.values()})
        for row in held.iter_rows(named=True):
            assert row["maintenance_type"] != "024" or row["end"] is not None
            assert row["maintenance_type"] != "025" or row["end"] is None
            key = (row["subscriber_id"], row["member"], row["plan_code"])
            assert key not in sent.covers, "the same coverage twice"
            sent.covers[key] = (row["tier"], row["begin"], row["end"])
        for row in members.iter_rows(named=True):
            whom = (row["subscriber_id"], row["member"])
            sent.names[whom] = (row["first_name"], row["city"])
            if not layout:
                sent.sets[numbers[row["set_no"]]].append(row["member"])
                if row["maintenance_type"] == "024":
                    sent.ended[whom] = row["eligibility_end"]
        return sent


@dataclass
class Reader:
    """A vendor: applies what it takes by the meaning of the file, and nothing else."""

    held: dict[int, dict[Key, Cover]] = field(default_factory=lambda: {1: {}, 2: {}})
    names: dict[int, dict[tuple[str, str], tuple[str, str]]] = field(default_factory=lambda: {1: {}, 2: {}})

    def take(self, sent: Sent, refused: set[str]) -> None:
        """Apply a file but for the refused members; one to compare with changes nothing."""
        if sent.purpose == "audit":
            return
        before = self.held[sent.company]
        told = {key: cover for key, cover in sent.covers.items() if key[1] not in refused}
        after = before | told
        if sent.purpose == "full":  # who is not in it is no longer held
            after = {key: cover for key, cover in before.items() if key[1] in refused} | told
        for (head, member), end in sent.ended.items():
            if member in refused:
                continue
            for key, cover in after.items():
                if key[:2] == (head, member) and (cover[2] is None or cover[2] > end):
                    after[key] = (cover[0], cover[1], max(cover[1], end))
        self.held[sent.company] = after
        self.names[sent.company] |= {whom: name for whom, name in sent.names.items() if whom[1] not in refused}


@dataclass
class Answering:
    """What a vendor does with a file, at random: whom it refuses, and the answers to come, if any."""

    rng: Random
    stamps: int = 0

    def plain(self, data: bytes) -> list[bytes]:
        return [self._999(data)]

    def answer(self, data: bytes, sent: Sent, *, waited_for: bool) -> tuple[set[str] | None, list[bytes]]:
        """The members it refuses (None: all, it never saw them) and its answers."""
        said = ["A"] * 5 + ["twice", "TA1", "set", "824", "824"] + ([] if waited_for else ["lost", "mute"])
        match self.rng.choice(said):
            case "lost" | "mute" as word:
                return (None if word == "lost" else set()), []
            case "TA1":
                self.stamps += 1
                stamp = AckStamp(self.stamps, STAMPED)
                return None, [write_ta1(answered(data, ta1_verdict="R", note="006"), BACK, stamp)]
            case "set":
                bad = self.rng.sample(sorted(sent.sets), self.rng.randint(1, len(sent.sets)))
                return {m for number in bad for m in sent.sets[number]}, [self._999(data, bad)]
            case "824":
                number = self.rng.choice(sorted(sent.sets))
                member = self.rng.choice(sent.sets[number])
                group = int(read(data).interchange["gs_control"][0])
                item = f"OTI*IR*23*{member}*****{group}*{number}*834"
                return {member}, [self._999(data), application(item, "TED*024")]
            case "twice":
                return set(), [self._999(data), self._999(data)]
        return set(), self.plain(data)

    def _999(self, data: bytes, refused: list[str] | None = None) -> bytes:
        self.stamps += 1
        fault = {"segment_position": 9, "segment": "INS", "segment_code": "8", "position": 1}
        faults = pl.DataFrame([fault | {"set_control": number} for number in refused or ()])
        return write_999(answered(data, faults if refused else None), BACK, AckStamp(self.stamps, STAMPED))


def random_terms(rng: Random) -> tuple[VendorTerms, dict[str, Any]]:
    """What was agreed on with the vendor, and how its 834s look."""
    files = rng.choice(["full", "change", "change", "change_and_audit"])
    layout = rng.random() < 0.25
    terms: dict[str, Any] = {
        "files": files,
        "retro_days": rng.choice([None, None, 30]),
        "guard_from": rng.choice([3, 10]),
    }
    terms["termination"] = rng.choice(["once", "window", *(["omission"] if files == "full" else [])])
    if layout:
        terms["format"] = str(LAYOUT)
    elif files != "full":
        terms["unanswered"] = rng.choice(["repeat", "repeat", "wait"])
    if rng.random() < 0.3:
        terms["full_weekdays" if files == "full" else "change_weekdays"] = ("monday", "wednesday", "friday")
    if files == "change_and_audit":
        terms["full_weekdays"] = ("tuesday",)
    return VendorTerms(**terms), {"member_identifier": "member_id", "max_members_per_set": rng.choice([4, 8, 100])}


class World:
    """The master data of two companies: families with dependents, some with two subscriptions."""

    def __init__(self, uri: str, rng: Random) -> None:
        self.uri, self.rng = uri, rng

    @staticmethod
    def tables(rng: Random) -> dict[str, list[dict[str, Any]]]:
        """For `seed`: persons 10 n are subscribers, those after them dependents; subscriptions 10 n and 10 n + 1."""
        plans = [{"product_id": n, "code": f"P{n}", "line": "HLT" if n < 3 else "DEN", "plan_code": p}
                 for n, p in PRODUCTS.items()]  # fmt: skip
        people: list[dict[str, Any]] = []
        subscriptions: list[dict[str, Any]] = []
        covered: list[dict[str, Any]] = []
        for company in (1, 2):
            for n in range(1, 5):
                head = {"company_id": company, "person_id": 10 * n, "code": f"M{10 * n}", "last_name": f"Family{n}"}
                people.append(head)
                kin = 0 if n == 1 else rng.randint(1, 3)  # the first family is one person, and stays so
                people += [dependent(company, 10 * n, k) for k in range(1, kin + 1)]
                for m, product in [(0, 1), (1, 3)][: rng.randint(1, 2)]:
                    own = {"company_id": company, "subscription_id": 10 * n + m, "code": f"S{10 * n + m}"}
                    start = DAY + dt.timedelta(rng.randint(-60, 10))
                    subscriptions.append(own | {"person_id": 10 * n, "product_id": product, "start_date": start,
                                                "tier": "FAM" if kin else "EMP"})  # fmt: skip
                    covered += [{"company_id": company, "subscription_id": 10 * n + m, "person_id": 10 * n + k}
                                for k in range(1, kin + 1)]  # fmt: skip
        return {
            "master__book": [{}],
            "master__company": [{}, {"company_id": 2, "code": "GUILD", "name": "Guild"}],
            "master__vendor": [{}],
            "master__product": plans,
            "master__person": people,
            "master__subscription": subscriptions,
            "master__covered": covered,
        }

    def turn(self, day: dt.date) -> None:
        """One change of the master data."""
        rng, some = self.rng, "(company_id, subscription_id) = (%(company)s, %(sub)s)"
        person = "(company_id, person_id) = (%(company)s, %(head)s"
        statement = rng.choice([
            f"UPDATE master.subscription SET end_date = greatest(start_date + 1, %(when)s) WHERE {some}",
            f"UPDATE master.subscription SET end_date = greatest(start_date + 1, %(when)s) WHERE {some}",
            f"UPDATE master.subscription SET end_date = NULL WHERE {some}",
            f"UPDATE master.subscription SET end_date = NULL WHERE {some}",
            f"UPDATE master.subscription SET start_date = least(%(start)s, end_date - 1) WHERE {some}",
            f"UPDATE master.subscription SET product_id = ('{{2,1,4,3}}'::int[])[product_id] WHERE {some}",
            "UPDATE master.subscription SET tier = CASE tier WHEN 'FAM' THEN 'ESP' WHEN 'ESP' THEN 'FAM' ELSE tier "
            f"END WHERE {some}",
            f"DELETE FROM master.covered WHERE {some} AND person_id = %(head)s + %(kin)s",
            f"UPDATE master.covered SET end_date = %(when)s WHERE {some} AND person_id = %(head)s + %(kin)s",
            f"UPDATE master.covered SET end_date = NULL WHERE {some} AND person_id = %(head)s + %(kin)s",
            "INSERT INTO master.covered (company_id, subscription_id, person_id) SELECT company_id, subscription_id, "
            f"person_id + %(kin)s FROM master.subscription s WHERE {some} AND EXISTS (SELECT FROM master.person p "
            "WHERE p.company_id = s.company_id AND p.person_id = s.person_id + %(kin)s) ON CONFLICT DO NOTHING",
            f"UPDATE master.person SET city = %(city)s WHERE {person})",
            f"UPDATE master.person SET first_name = %(name)s WHERE {person} + %(kin)s)",
            "INSERT INTO master.hold (company_id, subscription_id, from_date, to_date, reason) SELECT company_id, "
            f"subscription_id, %(when)s, %(until)s, 'leave' FROM master.subscription WHERE {some} "
            "ON CONFLICT DO NOTHING",
            f"DELETE FROM master.hold WHERE {some}",
        ])  # fmt: skip
        head = 10 * rng.randint(1, 4)
        when = day + dt.timedelta(rng.randint(-12, 30))
        values = {
            "company": rng.randint(1, 2), "head": head, "sub": head + rng.randint(0, 1), "kin": rng.randint(1, 3),
            "when": when, "until": when + dt.timedelta(rng.randint(1, 30)),
            "start": day + dt.timedelta(rng.randint(-50, 40)), "city": rng.choice(["Bath", "Bangor", "Saco"]),
            "name": rng.choice(["Bo", "Cy", "Flo"]),
        }  # fmt: skip
        self._do(statement, values)

    def _do(self, statement: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.uri) as connection:
            connection.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
            found = connection.execute(statement.encode(), values)
            return found.fetchall() if found.description else []

    def covered(self, day: dt.date) -> dict[int, dict[Key, Cover]]:
        """Who is covered on the day or will be within `AHEAD` days, worked out one by one."""
        holds: dict[tuple[int, int], list[tuple[dt.date, dt.date]]] = {}
        text = "SELECT company_id, subscription_id, from_date, to_date FROM master.hold ORDER BY from_date"
        for company, number, begin, end in self._do(text):
            holds.setdefault((company, number), []).append((begin, end))
        kin: dict[tuple[int, int], list[tuple[str, dt.date | None]]] = {}
        text = "SELECT company_id, subscription_id, code, end_date FROM master.covered JOIN master.person "
        for company, number, code, until in self._do(text + "USING (company_id, person_id)"):
            kin.setdefault((company, number), []).append((code, until))
        seen: dict[int, dict[Key, Cover]] = {1: {}, 2: {}}
        text = "SELECT company_id, subscription_id, person_id, product_id, tier, start_date, end_date "
        for company, number, head, product, tier, start, end in self._do(text + "FROM master.subscription"):
            begin, over = _piece(start, end, holds.get((company, number), []), day)
            if begin is None or begin > day + dt.timedelta(AHEAD):
                continue
            for code, until in [(f"M{head}", None), *kin.get((company, number), [])]:
                last = min((d for d in (over, until) if d), default=None)
                if last is None or last > max(day, begin):
                    seen[company][f"M{head}", code, PRODUCTS[product]] = (tier, begin, last)
        return seen

    def names(self, company: int) -> dict[str, tuple[str, str]]:
        found = self._do(f"SELECT code, upper(first_name), upper(city) FROM master.person WHERE company_id = {company}")
        return {code: (first, city) for code, first, city in found}


def dependent(company: int, head: int, k: int) -> dict[str, Any]:
    relationship = "spouse" if k == 1 else "child"
    born = dt.date(1981, 2, 3) if k == 1 else dt.date(2010 + k, 7, 9)
    return {"company_id": company, "person_id": head + k, "code": f"M{head + k}", "subscriber_id": head,
            "relationship": relationship, "first_name": f"Kin{k}", "last_name": "Kin", "birth_date": born}  # fmt: skip


def _piece(
    start: dt.date, end: dt.date | None, holds: list[tuple[dt.date, dt.date]], day: dt.date
) -> tuple[dt.date | None, dt.date | None]:
    """The period in force on the day, else the next one, of what the holds leave; no begin: there is none."""
    pieces: list[tuple[dt.date, dt.date | None]] = []
    begin = start
    for from_date, to_date in holds:
        if to_date <= begin:
            continue
        if from_date > begin:
            pieces.append((begin, from_date if end is None else min(from_date, end)))
        begin = max(begin, to_date)
    pieces.append((begin, end))
    for piece in pieces:
        if (piece[1] is None or piece[1] > piece[0]) and (piece[1] is None or piece[1] > day):
            return piece
    return None, None
