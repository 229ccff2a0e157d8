"""Received files as rooms see them: opened from the record, named when they can't be used, ticked off when done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import polars as pl

from formats.edi834 import read, read_acks
from formats.errors import RecordError
from resources.record import Tx
from resources.sealed import FILE_IN
from resources.vault import HOUSE, Vault

_LOOKED_AT = 1_000_000  # bytes
EXCEPTIONS = {"position": pl.Int64(), "kind": pl.String(), "detail": pl.String(), "amount_cents": pl.Int64()}


@dataclass(frozen=True)
class Inbound:
    """One received file: whose, what, and its clear bytes, never shown."""

    sha256: bytes
    partner: str
    name: str
    kind: str
    done: bool
    data: bytes = field(repr=False)


def kind_of(data: bytes) -> str:
    """Tell what clear bytes are by how they begin: nacha, bai2, x12_ack, edi834, or unreadable."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:4000]
    if re.match(rb"101.{31}094", start) or re.match(rb"5(200|220|225|280)", start):
        return "nacha"
    if start.startswith(b"01,"):
        return "bai2"
    if start.startswith(b"ISA") and len(start) > 105:
        separator = re.escape(start[3:4])
        if re.search(rb"[^A-Z0-9]ST" + separator + b"834" + separator, data):
            return "edi834"
        if answers_too(data):
            return "x12_ack"
    return _as_read(data[:_LOOKED_AT])


def _as_read(head: bytes) -> str:
    """What the liberal readers make of the beginning of bytes that look like nothing: another encoding, no ISA ..."""
    if read(head).members.height:
        return "edi834"
    acks = read_acks(head)
    return "x12_ack" if acks.ta1.height or acks.groups.height or acks.applications.height else "unreadable"


def answers_too(data: bytes) -> bool:
    """Whether acknowledgements stand in an interchange, alone or beside an 834."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    separator = re.escape(start[3:4])
    return re.search(rb"[^A-Z0-9](TA1|ST" + separator + rb"(997|999|824))" + separator, data) is not None


def inbound(tx: Tx, sha256: str, vault: Vault) -> Inbound:
    """Open one received file by its sha256 (64 hex digits).

    Raises:
        RecordError: it was never received, or does not open.
    """
    digest = bytes.fromhex(sha256)
    rows = tx.read("delivery/inbound_file", sha256=digest)
    if rows.is_empty():
        raise RecordError(f"no file with the sha256 {sha256[:16]}... was received")
    row = rows.row(0, named=True)
    data = vault.open_bytes(HOUSE, FILE_IN, row["sealed"])
    return Inbound(digest, row["partner"], row["name"], row["kind"], bool(row["done"]), data)


def conclude(tx: Tx, file: Inbound, exceptions: pl.DataFrame) -> int:
    """Name what could not be used of a received file and tick it off; returns how many exceptions are new.

    Only a transaction that sees every company may say that something matches nothing of ours; one that works
    company by company does neither, and the file stays to be done.

    Args:
        tx: the step's transaction.
        file: what it worked on.
        exceptions: position, kind, detail (plain words, nothing personal), amount_cents; one per position and kind.
    """
    if int(tx.read("delivery/companies_unseen").item()):
        return 0
    known = tx.read("delivery/exceptions_of_file", sha256=file.sha256)
    fresh = exceptions.join(known, on=["position", "kind"], how="anti", maintain_order="left")
    about = {"sha256": pl.lit(file.sha256, pl.Binary), "business_date": pl.lit(tx.business_date)}
    added = tx.append("exchange.exception", fresh.with_columns(**about))
    if not file.done:
        tx.append("exchange.processed", pl.DataFrame({"step": [tx.step]}).with_columns(**about))
    return added


def an_exception(kind: str, detail: str, position: int = 0) -> pl.DataFrame:
    """One exception about a whole file, or one position of it."""
    row = {"position": position, "kind": kind, "detail": detail, "amount_cents": None}
    return pl.DataFrame([row], schema=EXCEPTIONS)
