"""Two companies at one vendor, whose people have the same codes: what is said of one file moves no other."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import polars as pl
import pytest

from assets.delivery.approval import approve
from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.steps import build_files
from assets.steps import open_run, run_step
from formats.edi834 import AckStamp, read, write_999, write_ta1
from formats.edi834 import acknowledge as answered
from resources.database import Logins
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from resources.vendor_terms import VendorTerms
from tests.enrollment.exchange import BACK, World, application, change, vendor_partner
from tests.support.seed import DAY, night, seed

HARBOR, GUILD = 1, 2
STAMP = AckStamp(7, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time


class Book:
    """Nights over both companies, their files sent, and what the vendor says of them."""

    def __init__(self, record: Record, releaser: Record, vault: Vault) -> None:
        self.record, self.releaser, self.vault, self.day = record, releaser, vault, 0
        terms = {"enrollment": VendorTerms(files="change")}
        self.partners = {"evergreen": vendor_partner().model_copy(update=terms)}

    @property
    def date(self) -> dt.date:
        return DAY + dt.timedelta(self.day)

    def run(self) -> dict[int, int]:
        """The next night: members told, by company."""
        self.day += 1
        run = night(self.record, business_date=self.date)
        out = run_step(self.record, run, "enrollment.files", lambda tx: build_files(tx, self.partners, self.vault))
        assert not out.set_aside
        return dict(self.look(f"SELECT company_id, records FROM exchange.file WHERE business_date = '{self.date}'"))

    def look(self, text: str) -> list[tuple[Any, ...]]:
        with self.record.step("look", run_no=0, companies=(HARBOR, GUILD), business_date=DAY) as tx:
            return tx.select(text + " ORDER BY 1").rows()

    def send(self, company: int) -> bytes:
        """The company's first file, approved and sent."""
        ((sealed,),) = self.look(f"SELECT sealed FROM exchange.content WHERE company_id = {company} AND file_id = 1")
        data = self.vault.open_bytes(company, FILE_OUT, sealed)
        approve(self.releaser, company, 1, hashlib.sha256(data).digest(), "ruth")
        with self.record.step("test.send", run_no=1, companies=[company], business_date=self.date) as tx:
            row = {"company_id": company, "file_id": 1, "actor": "test", "business_date": self.date}
            states = [row | {"event_no": n, "state": state} for n, state in ((4, "sending"), (5, "sent"))]
            tx.append("exchange.event", pl.DataFrame(states))
        return data

    def hear(self, data: bytes) -> dict[str, int]:
        sha256 = hashlib.sha256(data).digest()
        run = open_run(self.record, job="inbound", book="house", business_date=self.date)
        with self.record.step("received", run_no=run.run_no, companies=run.companies, business_date=self.date) as tx:
            row = {"sha256": sha256, "partner": "evergreen", "name": "ack", "size": len(data), "kind": "x12_ack"}
            tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": b"x", "received_on": self.date}]))
        out = run_step(self.record, run, "enrollment.acknowledge", lambda tx: acknowledge(tx, sha256, data, self.vault))
        assert not out.set_aside
        return out.totals

    def states(self) -> dict[int, str]:
        """How the first file of each company stands."""
        last = "SELECT max(event_no) FROM exchange.event l WHERE (l.company_id, l.file_id) = (e.company_id, 1)"
        text = f"SELECT company_id, state FROM exchange.event e WHERE file_id = 1 AND event_no = ({last})"
        return dict(self.look(text))


@pytest.fixture
def book(record: Record, logins: Logins, vault: Vault, family: World) -> Book:
    world = family()
    world["master__company"] = [{}, {"company_id": GUILD, "code": "GUILD", "name": "Guild"}]
    world["master__person"] = [*world["master__person"], {"company_id": GUILD}]
    world["master__subscription"] = [*world["master__subscription"], {"company_id": GUILD}]
    seed(record, **world)
    return Book(record, Record(logins.releaser), vault)


@pytest.mark.parametrize("kind", ["999", "TA1", "824"])
def test_a_refusal_of_one_company_s_file_is_none_of_the_other_s(book: Book, kind: str) -> None:
    assert book.run() == {HARBOR: 3, GUILD: 1}
    mine, theirs = book.send(HARBOR), book.send(GUILD)
    assert [read(d).interchange["isa_control"].item() for d in (mine, theirs)] == ["000000001", "000000002"]
    assert book.hear(write_999(answered(mine), BACK, STAMP))["acknowledged"] == 1
    fault = {"set_control": "0002", "segment_position": 14, "segment": "N4", "segment_code": "8", "position": 1}
    refusal = {
        "999": write_999(answered(theirs, pl.DataFrame([fault])), BACK, STAMP),
        "TA1": write_ta1(answered(theirs, ta1_verdict="R", note="006"), BACK, STAMP),
        # M1 is a code of both; the item names the group and with it the file.
        "824": application("OTI*IR*23*M1*****2*0002*834", "TED*024"),
    }[kind]
    book.hear(refusal)
    assert book.states() == {HARBOR: "acknowledged", GUILD: "sent" if kind == "824" else "rejected"}
    assert book.run() == {GUILD: 1}
    assert book.look("SELECT value, company_id FROM exchange.control_number WHERE kind = 'ISA13'") == [
        (1, HARBOR), (2, GUILD), (3, GUILD),
    ]  # fmt: skip


def test_one_answer_may_speak_of_both(book: Book) -> None:
    book.run()
    mine, theirs = book.send(HARBOR), book.send(GUILD)
    first, second = (write_999(answered(d), BACK, AckStamp(n, STAMP.created)) for n, d in ((8, mine), (9, theirs)))
    assert book.hear(first + second) == {"acknowledged": 2, "rejected": 0, "exceptions": 0}
    assert book.run() == {}


@pytest.mark.parametrize(("usage", "gets", "waits"), [("T", GUILD, "HARBOR"), ("P", HARBOR, "GUILD")])
def test_invented_people_and_real_ones_never_meet_at_a_vendor(book: Book, usage: str, gets: int, waits: str) -> None:
    change(book.record, f"UPDATE master.company SET test = true WHERE company_id = {GUILD}")
    book.partners = {"evergreen": vendor_partner(usage=usage)}
    assert list(book.run()) == [gets]
    assert book.look("SELECT subject, rule FROM audit.quarantine") == [
        (f"evergreen: company {waits}", "enrollment.test_partner")
    ]
