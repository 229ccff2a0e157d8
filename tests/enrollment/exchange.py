"""What a vendor is told and what it says, step by step: our side of the exchange with one vendor, for tests."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl
import psycopg

from assets.delivery.approval import approve
from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.steps import build_files
from assets.steps import Outcome, open_run, run_step
from formats.edi834 import AckStamp, Route, read, write_999
from formats.edi834 import acknowledge as answered
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from resources.vendor_terms import VendorTerms
from tests.support.seed import DAY, night

World = Callable[..., dict[str, list[dict[str, Any]]]]
BACK = Route("EVERGREEN", "DAYBOOK")
TERMS: dict[str, Any] = {"sender_id": "DAYBOOK", "receiver_id": "EVERGREEN", "action": "RX", "usage": "P"}


def vendor_partner(code: str = "evergreen", **terms: Any) -> Partner:
    """A vendor whose transport nobody uses here."""
    return Partner.model_construct(
        code=code, kind="vendor", name=code, file_name="{company}_{kind}_{date}_{sequence}.txt", edi834=TERMS | terms
    )


@dataclass
class Vendor:
    """One vendor and our side of the exchange with it."""

    record: Record
    releaser: Record
    vault: Vault
    terms: VendorTerms
    more: dict[str, Any]
    day: int = 0
    answers: int = 0

    @property
    def partners(self) -> dict[str, Partner]:
        return {"evergreen": vendor_partner(**self.more).model_copy(update={"enrollment": self.terms})}

    def run(self, later: int = 1) -> Outcome:
        """The next night's files."""
        self.day += later
        return self.again()

    def again(self) -> Outcome:
        run = night(self.record, business_date=DAY + dt.timedelta(days=self.day))
        out = run_step(self.record, run, "enrollment.files", lambda tx: build_files(tx, self.partners, self.vault))
        assert not out.set_aside
        return out

    def look(self, text: str) -> list[tuple[Any, ...]]:
        with self.record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
            return tx.select(text).rows()

    def bytes_of(self, file_id: int) -> bytes:
        sealed = self.look(f"SELECT sealed FROM exchange.content WHERE file_id = {file_id}")[0][0]
        return self.vault.open_bytes(1, FILE_OUT, sealed)

    @property
    def last(self) -> int:
        return int(self.look("SELECT max(file_id) FROM exchange.file")[0][0])

    def send(self, file_id: int | None = None, reason: str = "") -> bytes:
        """Approve and send a file, the last one unless another is named."""
        number = file_id or self.last
        data = self.bytes_of(number)
        approve(self.releaser, 1, number, hashlib.sha256(data).digest(), "ruth", reason=reason)
        self.tell(number, "sending", "sent")
        return data

    def tell(self, file_id: int, *states: str) -> None:
        day = DAY + dt.timedelta(days=self.day)
        with self.record.step("test.tell", run_no=1, companies=[1], business_date=day) as tx:
            for state in states:
                last = tx.select(f"SELECT max(event_no) FROM exchange.event WHERE file_id = {file_id}").item()
                row = {"company_id": 1, "file_id": file_id, "event_no": last + 1, "state": state, "actor": "test"}
                tx.append("exchange.event", pl.DataFrame([row | {"business_date": day}]))

    def hear(self, data: bytes, kind: str = "x12_ack") -> dict[str, int]:
        sha256, day = hashlib.sha256(data).digest(), DAY + dt.timedelta(days=self.day)
        run = open_run(self.record, job="inbound", book="house", business_date=day)
        with self.record.step("received", run_no=run.run_no, companies=run.companies, business_date=day) as tx:
            row = {"sha256": sha256, "partner": "evergreen", "name": "ack", "size": len(data), "kind": kind}
            tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": b"x", "received_on": day}]))
        out = run_step(self.record, run, "enrollment.acknowledge", lambda tx: acknowledge(tx, sha256, data, self.vault))
        assert not out.set_aside
        return out.totals

    def answer(self, file_id: int, faults: pl.DataFrame | None = None) -> dict[str, int]:
        """The vendor's 999 on a file; with faults it refuses the sets they are in."""
        self.answers += 1
        stamp = AckStamp(self.answers, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
        return self.hear(write_999(answered(self.bytes_of(file_id), faults), BACK, stamp))


def change(record: Record, statement: str) -> None:
    with psycopg.connect(record.uri) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1}', true)")
        connection.execute(statement)


def actions(data: bytes) -> list[tuple[Any, ...]]:
    """Name, INS03 and INS04 of each member, and HD01, plan and end of its coverages."""
    found = read(data)
    held = found.coverages.group_by("member_key", maintain_order=True).agg(
        pl.concat_str("maintenance_type", "plan_code", pl.col("end").cast(pl.String).fill_null("-"), separator=" ")
    )
    members = found.members.select("member_key", "first_name", "maintenance_type", "maintenance_reason")
    rows = members.join(held.rename({"maintenance_type": "held"}), on="member_key", how="left", maintain_order="left")
    return rows.drop("member_key").rows()


def application(*items: str) -> bytes:
    """An 824 with these OTI segments."""
    isa = "ISA*00*          *00*          *ZZ*EVERGREEN      *ZZ*DAYBOOK        *261002*0900*^*00501*000000099*0*P*:~"
    body = ["ST*824*0001", "BGN*11*X1*20261002*0900", *items]
    ends = [f"SE*{len(body) + 1}*0001", "GE*1*99", "IEA*1*000000099"]
    return (isa + "~".join(["GS*AG*EVERGREEN*DAYBOOK*20261002*0900*99*X*005010X186A1", *body, *ends]) + "~").encode()


def many(count: int) -> dict[str, Any]:
    people = [{"person_id": n, "code": f"M{n}", "last_name": f"Sample{n}"} for n in range(1, count + 1)]
    held = [{"subscription_id": n, "code": f"S{n}", "person_id": n} for n in range(1, count + 1)]
    base = {f"master__{t}": [{}] for t in ("book", "company", "vendor", "product")}
    return {**base, "master__person": people, "master__subscription": held}
