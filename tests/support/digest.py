"""The record as one comparable value: a hash per table of everything that is fact.

Left out is only what says who wrote a row and when, and what is random by design: sealed values and PGP messages.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable

import polars as pl

from resources.record import Record

_ANY = dt.date(2026, 1, 1)
# audit.run is the log of runs itself: a rerun is one more of them; the last three only spare work.
NOT_FACTS = {
    *("audit.run", "audit.installation", "public.schema_migrations"),
    *("billing.settled", "billing.touched", "payments.asked"),
}
WHO_AND_WHEN = {"run_no", "booked_at", "acted_at", "made_at", "own_hash", "previous_hash"}
RANDOM = {
    "master.person": {"ssn_sealed"},
    "master.bank_account": {"account_sealed"},
    "exchange.content": {"sealed"},
    "exchange.inbound": {"sealed", "name", "size"},
    "exchange.arrival": {"wire_sha256"},
    "exchange.parcel": {"content", "sha256"},
    "billing.document": {"sealed"},
    "exchange.receipt": {"sha256", "size"},
}


def tables(record: Record) -> list[str]:
    """Every table of the record."""
    with record.step("digest", run_no=0, companies=(), business_date=_ANY) as tx:
        found = tx.select(
            "SELECT schemaname || '.' || tablename AS name FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'dagster', 'public') ORDER BY 1"
        )
    return [t for t in found["name"] if t not in NOT_FACTS]


def digest(
    record: Record, companies: Iterable[int], *, only: Iterable[str] | None = None, journals_by_name: bool = False
) -> dict[str, str]:
    """`table -> rows and hash`, the same for the same facts whatever the order they were written in.

    `journals_by_name`: a journal stands for its step, date and event instead of its number, which tells the order of
    booking: a night made up for books after what came in meanwhile.
    """
    out = {}
    with record.step("digest", run_no=0, companies=list(companies), business_date=_ANY) as tx:
        names = tx.select(
            "SELECT company_id, journal_id, concat_ws('/', source_kind, source_id, event) AS journal "
            "FROM ledger.journal"
        )
        for table in only or tables(record):
            rows = tx.select(f"SELECT * FROM {table}")
            if journals_by_name and "journal_id" in rows.columns:
                rows = rows.join(names, on=["company_id", "journal_id"], how="left").drop("journal_id")
            drop = [c for c in rows.columns if c in WHO_AND_WHEN or c in RANDOM.get(table, set())]
            out[table] = _hash(rows.drop(drop))
    return out


def _hash(rows: pl.DataFrame) -> str:
    # numeric arrives as text in an extension type that can't be cast
    stored = rows.select(
        pl.col(c).ext.storage() if isinstance(t, pl.BaseExtension) else pl.col(c) for c, t in rows.schema.items()
    )
    plain = stored.select(
        pl.col(c).bin.encode("hex") if t == pl.Binary else pl.col(c).cast(pl.String) for c, t in stored.schema.items()
    )
    lines = sorted("|".join("" if v is None else v for v in row) for row in plain.iter_rows())
    return f"{rows.height} rows {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"
