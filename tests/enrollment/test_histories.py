"""Weeks of an exchange at random against the real record: in the end the vendor holds whom we cover.

The vendor is a reader of the very bytes it was sent. It refuses, loses and answers as it likes; the master data change
every day, people approve late or not at all. See exchange.py for one step at a time, test_exchange.py for the rules.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from random import Random
from typing import Any

import polars as pl
import pytest

from assets.delivery.approval import approve
from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.steps import build_files
from assets.steps import open_run, run_step
from resources.database import Logins
from resources.record import Record, Tx
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.enrollment.exchange import vendor_partner
from tests.enrollment.histories import Answering, Reader, Sent, World, in_force, live, random_terms
from tests.support.seed import DAY, night, seed

COMPANIES = (1, 2)
STATES = """
SELECT f.company_id, f.file_id, f.purpose, f.business_date, f.sha256, c.sealed, e.state, e.event_no
FROM exchange.file f JOIN exchange.content c USING (company_id, file_id)
JOIN LATERAL (SELECT state, event_no FROM exchange.event v WHERE (v.company_id, v.file_id) = (f.company_id, f.file_id)
  ORDER BY event_no DESC LIMIT 1) e ON true
WHERE e.state IN ('checked', 'approved') ORDER BY f.company_id, f.file_id"""


class _UndoneError(RuntimeError):
    """Of a night that is taken back."""


class History:
    """Our side of the exchange and the vendor's, night by night."""

    def __init__(self, record: Record, releaser: Record, vault: Vault, rng: Random) -> None:
        self.record, self.releaser, self.vault, self.rng, self.day = record, releaser, vault, rng, 0
        self.terms, edi834 = random_terms(rng)
        self.partners = {"evergreen": vendor_partner(**edi834).model_copy(update={"enrollment": self.terms})}
        seed(record, **World.tables(rng))
        self.world, self.vendor, self.answering = World(record.uri, rng), Reader(), Answering(rng)
        self.covered_on: dict[dt.date, dict[int, set[Any]]] = {}
        self.letters: list[bytes] = []
        self.heard: set[bytes] = set()

    @property
    def date(self) -> dt.date:
        return DAY + dt.timedelta(self.day)

    def look(self, text: str) -> list[tuple[Any, ...]]:
        with self.record.step("look", run_no=0, companies=COMPANIES, business_date=self.date) as tx:
            return tx.select(text).rows()

    # Nights

    def night(self) -> dict[str, int]:
        """The files of the business date; what was appended."""
        self.covered_on[self.date] = {c: in_force(held, self.date) for c, held in self.world.covered(self.date).items()}
        once = self._undone() if self.rng.random() < 0.3 else None
        run = night(self.record, business_date=self.date)
        out = run_step(self.record, run, "enrollment.files", lambda tx: build_files(tx, self.partners, self.vault))
        assert not out.set_aside
        assert once in (None, self._hashes())
        assert self.look("SELECT subject, reason FROM audit.quarantine WHERE rule <> 'enrollment.retro'") == []
        return out.rows

    def _hashes(self, tx: Tx | None = None) -> list[tuple[Any, ...]]:
        made = "SELECT company_id, file_id, name, sha256 FROM exchange.file"
        text = f"{made} WHERE business_date = '{self.date}' ORDER BY 1, 2"
        return tx.select(text).rows() if tx else self.look(text)

    def _undone(self) -> list[tuple[Any, ...]]:
        """What the night would make; it dies before it is booked."""
        made: list[tuple[Any, ...]] = []

        def step(tx: Tx) -> dict[str, int]:
            build_files(tx, self.partners, self.vault)
            made.extend(self._hashes(tx))
            raise _UndoneError

        with pytest.raises(_UndoneError):
            run_step(self.record, night(self.record, business_date=self.date), "enrollment.files", step)
        return made

    def let_go(self) -> int:
        """Release every change that waits because it is too old."""
        waiting = self.look("SELECT DISTINCT company_id, subject FROM audit.quarantine WHERE rule = 'enrollment.retro'")
        released = 0
        for company, subject in waiting:
            member, effective = subject.removeprefix("evergreen: member ").split(", from ")
            run = open_run(self.record, job="allow", book="house", business_date=self.date)
            with self.record.step("x", run_no=run.run_no, companies=[company], business_date=self.date) as tx:
                rows = tx.read("enrollment/retro_waiting", company=company, partner="evergreen", member=member,
                               effective=dt.date.fromisoformat(effective))  # fmt: skip
                said = {"actor": pl.lit("ruth"), "reason": pl.lit("agreed"), "business_date": pl.lit(self.date)}
                released += tx.append("enrollment.retro_release", rows.with_columns(**said))
        return released

    # Delivery

    def deliver(self, *, quiet: bool) -> None:
        """People approve, files leave in their order, the vendor takes or refuses them; not always all of it."""
        for company, file_id, purpose, day, sha256, sealed, state, event_no in self.look(STATES):
            if state == "checked":
                if not quiet and self.rng.random() < 0.15:
                    continue
                approve(self.releaser, company, file_id, sha256, "ruth", reason="looked at")
                event_no += 1  # noqa: PLW2901 - the approval's
            if not quiet and self.rng.random() < 0.1:
                break
            self._tell(company, file_id, event_no)
            data = self.vault.open_bytes(company, FILE_OUT, sealed)
            assert hashlib.sha256(data).digest() == sha256
            self._arrives(data, Sent.of(data, company, purpose, day, layout=self.terms.layout is not None), quiet=quiet)

    def _tell(self, company: int, file_id: int, event_no: int) -> None:
        row = {"company_id": company, "file_id": file_id, "actor": "test", "business_date": self.date}
        states = [row | {"event_no": event_no + n, "state": state} for n, state in ((1, "sending"), (2, "sent"))]
        with self.record.step("test.tell", run_no=1, companies=[company], business_date=self.date) as tx:
            tx.append("exchange.event", pl.DataFrame(states))

    def _arrives(self, data: bytes, sent: Sent, *, quiet: bool) -> None:
        before = in_force(self.vendor.held[sent.company], sent.day)
        refused: set[str] | None = set()
        if self.terms.layout is None:
            if quiet:
                letters = self.answering.plain(data)
            else:
                waited_for = self.terms.unanswered == "wait"
                refused, letters = self.answering.answer(data, sent, waited_for=waited_for)
            self.letters += letters
        if refused is None:
            return
        self.vendor.take(sent, refused)
        after = in_force(self.vendor.held[sent.company], sent.day)
        ended = (before - after) & self.covered_on[sent.day][sent.company]
        assert not ended, f"{sent.purpose} of {sent.day} ends {ended}, who are covered"

    def hear(self, *, quiet: bool) -> None:
        """Answers arrive in any order, and some of them later."""
        self.rng.shuffle(self.letters)
        later = []
        for data in self.letters:
            if not quiet and self.rng.random() < 0.35:
                later.append(data)
                continue
            sha256 = hashlib.sha256(data).digest()
            if sha256 in self.heard:
                continue
            self.heard.add(sha256)
            run = open_run(self.record, job="inbound", book="house", business_date=self.date)
            where: dict[str, Any] = {"run_no": run.run_no, "companies": run.companies, "business_date": self.date}
            with self.record.step("received", **where) as tx:
                row = {"sha256": sha256, "partner": "evergreen", "name": "ack", "size": len(data), "kind": "x12_ack"}
                tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": b"x", "received_on": self.date}]))
            out = run_step(
                self.record,
                run,
                "enrollment.acknowledge",
                lambda tx, d=data, s=sha256: acknowledge(tx, s, d, self.vault),  # type: ignore[misc]
            )
            assert not out.set_aside
        self.letters = later

    # The whole

    def busy(self, nights: int) -> None:
        for _ in range(nights):
            self.day += self.rng.choice([1, 1, 1, 2])
            for _ in range(self.rng.randint(0, 5)):
                self.world.turn(self.date)
            self.night()
            self.deliver(quiet=False)
            self.hear(quiet=False)
            if self.rng.random() < 0.1:
                self.let_go()

    def quiet(self) -> None:
        """Nothing changes, everything arrives and is taken and answered, until nothing is left to tell."""
        still = 0
        for _ in range(12):
            self.hear(quiet=True)
            self.to_next()
            rows = self.night()
            self.deliver(quiet=True)
            self.hear(quiet=True)
            still = still + 1 if not self.let_go() and "enrollment.member_state" not in rows else 0
            if still == 2:
                return
        raise AssertionError("it does not come to rest")

    def to_next(self) -> None:
        """The next day on which a file is due that the vendor loads."""
        self.day += 1
        while not {"full", "change"} & set(self.terms.purposes(self.date)):
            self.day += 1

    def compare(self) -> None:
        covered = self.world.covered(self.date)
        for company in COMPANIES:
            held = live(self.vendor.held[company], self.date)
            assert held == covered[company]
            names = self.world.names(company)
            if self.terms.layout is None:
                for head, member in {key[:2] for key in held}:
                    assert self.vendor.names[company][head, member] == names[member], (company, member)

    def numbers(self) -> None:
        found = self.look("SELECT kind, value, partner FROM exchange.control_number ORDER BY 1, 2")
        for kind in ("ISA13", "GS06", "ST02"):
            values = [value for k, value, _ in found if k == kind]
            assert values == list(range(1, len(values) + 1))
        assert self.look("SELECT count(*) FROM exchange.file WHERE kind = 'edi834'") == [
            (sum(kind == "ISA13" for kind, _, _ in found),)
        ]


def tell(record: Record, logins: Logins, vault: Vault, seed_no: int, nights: int) -> None:
    history = History(record, Record(logins.releaser), vault, Random(seed_no))  # noqa: S311 - a test's
    history.busy(nights)
    history.quiet()
    history.compare()
    history.numbers()


@pytest.mark.parametrize("seed_no", [1, 2])
def test_in_the_end_the_vendor_holds_whom_we_cover(record: Record, logins: Logins, vault: Vault, seed_no: int) -> None:
    tell(record, logins, vault, seed_no, 6)


@pytest.mark.long
@pytest.mark.parametrize("seed_no", range(3, 60))
def test_in_the_end_the_vendor_holds_whom_we_cover_long(
    record: Record, logins: Logins, vault: Vault, seed_no: int
) -> None:
    tell(record, logins, vault, seed_no, 12)
