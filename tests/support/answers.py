"""A bank's answers as bytes, made for tests, and ways to put them into the record without a server."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from typing import Any

import polars as pl

from assets.delivery.approval import approve
from assets.payments.originate import originate
from assets.steps import HOUSE, Outcome, Run, open_run, run_step
from formats import nacha
from resources.database import Logins
from resources.record import Record
from resources.sealed import FILE_IN
from resources.vault import HOUSE as NOBODY
from resources.vault import Vault
from tests.support.bank import BANK, bank, look
from tests.support.seed import DAY, night

_EXTRA = ("corrected_data", "return_trace", "return_settlement_day", "return_reason")
ANSWERED = dt.date(2026, 10, 5)
CUSTOM, _STANDING_IN = "R97", "R31"


def send_all(logins: Logins, vault: Vault, *, until: str = "sent", day: dt.date = DAY) -> None:
    """Originate what waits; every file is approved and, as far as the record knows, sent."""
    record = Record(logins.runtime)
    run = night(record, business_date=day)
    run_step(record, run, "payments.originate", functools.partial(originate, partners=bank(), vault=vault))
    files = look(
        record,
        "SELECT company_id, file_id, sha256 FROM exchange.file f WHERE NOT EXISTS "
        "(SELECT FROM exchange.approval a WHERE a.company_id = f.company_id AND a.file_id = f.file_id)",
    )
    for company, file_id, sha256 in files.iter_rows():
        if until == "checked":
            continue
        approve(Record(logins.releaser), company, file_id, sha256, "ruth")
        with record.step("test.sent", run_no=run.run_no, companies=[company], business_date=day) as tx:
            row = {"company_id": company, "file_id": file_id, "event_no": 4, "state": until, "actor": "test"}
            tx.append("exchange.event", pl.DataFrame([{**row, "business_date": day}]))


def drafted(record: Record) -> list[dict[str, Any]]:
    """The entries as a bank sees them, in the order they were numbered."""
    rows = look(
        record,
        "SELECT company_id, e.entry_id, e.trace_number, e.amount_cents, e.individual_id, e.sec, e.transaction_code, "
        "left(b.routing, 8) AS rdfi "
        "FROM payments.ach_entry e JOIN master.bank_account b USING (company_id, account_id) "
        "ORDER BY company_id, e.entry_id",
    )
    return list(rows.iter_rows(named=True))


def back(entry: dict[str, Any], code: str, **more: Any) -> dict[str, Any]:
    """What comes back for an entry: a return, or (C codes) a notice; `more` bends it."""
    return {**entry, "code": code, "kind": "98" if code.startswith("C") else "99", **more}


def answer_file(rows: list[dict[str, Any]], *, day: dt.date = ANSWERED) -> bytes:
    """An ACH file that brings these answers, each in a batch of its own."""
    batches, entries, addenda = [], [], []
    for at, row in enumerate(rows):
        notice = row["kind"].startswith("98")
        own = f"{row['rdfi']}{at + 1:07d}"
        batches.append(
            {
                "file": 0,
                "company_name": "HARBOR PLANS",
                "company_id": "1123456789",
                "sec": "COR" if notice else row["sec"],
                "entry_description": "PREMIUM",
                "effective_entry_date": DAY,
                "settlement_day": f"{day:%j}",
                "odfi": row["rdfi"],
            }
        )
        entries.append(
            {
                "batch": at,
                "transaction_code": row["transaction_code"] // 5 * 5 + 1,  # 27 and 28 come back as 26
                "rdfi": "01100001",
                "account": "0",
                "amount_cents": 0 if notice else row["amount_cents"],
                "individual_id": row["individual_id"],
                "name": "A",
                "trace_number": own,
            }
        )
        extra = {
            k: row[k] for k in ("corrected_data", "return_trace", "return_settlement_day", "return_reason") if k in row
        }
        addenda.append(
            {
                "entry": at,
                "kind": row["kind"],
                "change_code" if notice else "return_code": row["code"] if row["code"] != CUSTOM else _STANDING_IN,
                "original_trace": row["trace_number"],
                "original_rdfi": row["rdfi"],
                "trace_number": own,
                **extra,
            }
        )
    file = nacha.file_frame(destination="011000015", origin="011000015", creation_date=day)
    frames = [pl.DataFrame(part, infer_schema_length=None) for part in (batches, entries, addenda)]
    data = nacha.write(nacha.Nacha(file, *frames, problems=pl.DataFrame()))
    for row in rows:  # banks do send codes of their own, which nobody may write
        if row["code"] == CUSTOM:
            data = data.replace(
                f"799{_STANDING_IN}{row['trace_number']}".encode(), f"799{CUSTOM}{row['trace_number']}".encode()
            )
    return data


def arrive(
    record: Record, vault: Vault, data: bytes, kind: str = "nacha", day: dt.date = ANSWERED, *, partner: str = BANK
) -> tuple[Run, str]:
    """Register a received file as receive does; the house's run of the day and the file's sha256 (hex)."""
    run = open_run(record, job="inbound", book=HOUSE, business_date=day)
    sha256 = hashlib.sha256(data).digest()
    with record.step("test.arrive", run_no=run.run_no, companies=(), business_date=day) as tx:
        row = {"sha256": sha256, "partner": partner, "name": f"{sha256.hex()[:8]}.ach", "size": len(data), "kind": kind}
        sealed = vault.seal_bytes(NOBODY, FILE_IN, data)
        tx.append("exchange.inbound", pl.DataFrame([{**row, "sealed": sealed, "received_on": day}]))
    return run, sha256.hex()


def no_rows(out: Outcome) -> bool:
    """Whether a step appended nothing."""
    return out.rows == {}
