"""What a group tells by 834, and what the record holds then: for tests of inbound files."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import polars as pl

from assets.delivery.process import process
from assets.steps import open_run
from formats.edi834 import Enrollment, Profile, Stamp, write
from formats.edi834.schema import COVERAGES, MEMBERS, conform
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_IN
from resources.vault import HOUSE, Vault
from tests.support.seed import DAY

NUMBER = "517223344"
PROFILE = Profile.model_validate({
    "name": "group", "sender_id": "GROUP", "receiver_id": "DAYBOOK", "usage": "P", "action": "2",
    "sponsor": {"name": "HARBOR", "id": "123456789"}, "payer": {"name": "DAYBOOK", "id": "987654321"},
})  # fmt: skip
GROUP = Partner.model_construct(code="harbor-hr", kind="group", name="Harbor HR")


def person(key: str, action: str, **more: Any) -> dict[str, Any]:
    head = more.pop("head", key)
    row = {
        "member_key": key, "subscriber_key": head, "subscriber_id": head, "is_subscriber": key == head,
        "relationship": "18" if key == head else "19", "last_name": "NEWMAN", "first_name": f"N{key}",
        "policy_number": "HARBOR", "maintenance_type": action, "maintenance_reason": "28", "gender": "F",
        "birth_date": dt.date(1990, 1, 2) if key == head else dt.date(2019, 3, 4), "address1": "1 ELM ST",
        "city": "PORTLAND", "state": "ME", "zip": "04101",
    }  # fmt: skip
    return row | more


def plan(key: str, action: str, **more: Any) -> dict[str, Any]:
    row = {"member_key": key, "line": "HLT", "plan_code": "EG100", "tier": "EMP", "begin": dt.date(2026, 11, 1)}
    return row | {"maintenance_type": action} | more


def file(members: list[dict[str, Any]], coverages: list[dict[str, Any]]) -> bytes:
    whole = Enrollment(
        conform(pl.DataFrame(members, infer_schema_length=None), MEMBERS),
        conform(pl.DataFrame(coverages or [plan("?", "021")], infer_schema_length=None), COVERAGES)[: len(coverages)],
    )
    return write(whole, PROFILE, Stamp(1, 1, 1, "G1", dt.datetime(2026, 10, 1, 9)))  # noqa: DTZ001 - the group's own


def take(record: Record, vault: Vault, data: bytes) -> dict[str, int]:
    sha256 = hashlib.sha256(data).digest()
    run = open_run(record, job="inbound", book="house", business_date=DAY)
    with record.step("received", run_no=run.run_no, companies=run.companies, business_date=DAY) as tx:
        row = {"sha256": sha256, "partner": "harbor-hr", "name": "g", "size": len(data), "kind": "edi834"}
        if tx.read("delivery/inbound_file", sha256=sha256).is_empty():
            sealed = {"sealed": vault.seal_bytes(HOUSE, FILE_IN, data), "received_on": DAY}
            tx.append("exchange.inbound", pl.DataFrame([row | sealed]))
    out = process(record, run, sha256.hex(), {"harbor-hr": GROUP}, vault)
    assert out.step == "intake.enrollment"
    assert not out.set_aside
    return out.totals


def look(record: Record, text: str) -> list[tuple[Any, ...]]:
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        return tx.select(text).rows()


SUBSCRIPTIONS = """SELECT s.code, p.code AS person, s.tier, s.start_date, s.end_date, s.method
FROM master.subscription s JOIN master.person p USING (company_id, person_id) ORDER BY s.code"""
COVERED = """SELECT s.code, p.code AS person, c.end_date
FROM master.covered c JOIN master.subscription s USING (company_id, subscription_id)
JOIN master.person p ON p.company_id = c.company_id AND p.person_id = c.person_id ORDER BY 1, 2"""
