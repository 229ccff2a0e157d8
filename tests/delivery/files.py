"""Puts files into the registry as their rooms would, so that a test says only what is special about one."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from formats import nacha
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.formats.nacha.build import entry
from tests.formats.nacha.build import nacha as stream
from tests.support.bank import BANK
from tests.support.seed import DAY, seed

CUT_OFF = dt.datetime(2026, 10, 1, 18, 0, tzinfo=dt.UTC)


def put(
    record: Record,
    vault: Vault,
    file_id: int = 1,
    *,
    send_by: dt.datetime | None = None,
    stored: bytes | None = None,
    **more: Any,
) -> bytes:
    """A built and checked ACH file of company 1 with two drafts, as it stands before approval; returns its bytes.

    `send_by` is its cut-off, `stored` lies in the registry instead of its bytes, `more` are columns of exchange.file.
    """
    data = nacha.write(stream(entries=[entry(n, amount_cents=10_000 * file_id + n) for n in (1, 2)]))
    sums = nacha.totals(data)
    key = {"company_id": 1, "file_id": file_id}
    event = {**key, "detail": "", "actor": "night", "business_date": DAY}
    head = {
        **key, "destination": "011000015", "destination_name": "B", "origin": "1123456789", "origin_name": "D",
        "company_name": "HARBOR", "odfi": "01100001", "line_end": "lf", "business_date": DAY, "send_by": send_by,
    }  # fmt: skip
    file = {
        **key, "kind": "nacha", "partner": BANK, "business_date": DAY, "sequence": file_id, "name": f"f{file_id}.txt",
        "sha256": hashlib.sha256(data).digest(), "size": len(data), "records": sums.entries,
        "debit_cents": sums.debit_cents, "entry_hash": sums.entry_hash, "created_by": "night", **more,
    }  # fmt: skip
    seed(
        record,
        exchange__file=[file],
        exchange__content=[{**key, "sealed": vault.seal_bytes(1, FILE_OUT, stored or data)}],
        exchange__event=[{**event, "event_no": 1, "state": "built"}, {**event, "event_no": 2, "state": "checked"}],
        payments__ach_file=[head],
    )
    return data
