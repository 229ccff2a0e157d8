"""Receive: takes each new content of every partner's outbox once; nothing in it is trusted before its signature."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field

import polars as pl

from assets.delivery.envelope import keyring_of
from assets.delivery.inbound import kind_of
from assets.steps import Run
from formats.errors import ExchangeError, RecordError, SettingsError
from resources import transport
from resources.partners import Partner
from resources.pgp import Keyring
from resources.record import Record
from resources.sealed import FILE_IN
from resources.vault import HOUSE, Vault

log = logging.getLogger("daybook.delivery")

# What each kind of partner has business sending.
_EXPECTED = {"bank": ("nacha", "bai2"), "vendor": ("x12_ack", "edi834", "roster"), "group": ("edi834",)}


@dataclass(frozen=True)
class _Opened:
    """A fetched file after its envelope: clear bytes and kind, or the bytes as they came and what is wrong."""

    partner: str
    name: str
    wire_sha256: bytes
    kind: str
    fault: tuple[str, str] | None  # kind and detail of the exception
    data: bytes = field(repr=False)


def receive(record: Record, run: Run, partners: dict[str, Partner], vault: Vault) -> list[str]:
    """Fetch, decrypt, verify and register what is new at every partner's.

    A file that can't be opened, verified or recognised is registered as unreadable and named; a partner that can't be
    reached is logged and tried at the next poll. Neither hinders the others.

    Returns:
        sha256 (hex) of the clear contents that are new and readable; returns first, then statements, then answers.

    Raises:
        ExchangeError: no partner at all could be reached.
        RecordError: the database does not answer.
    """
    fresh: list[tuple[int, str]] = []
    failed = []
    for code in sorted(partners):
        try:
            fresh += _from_partner(record, run, partners[code], vault)
        except RecordError:
            raise
        except (ExchangeError, SettingsError) as error:
            log.error("nothing taken from %s: %s", code, error)  # noqa: TRY400 - its words say all
            failed.append(str(error))
    if partners and len(failed) == len(partners):
        raise ExchangeError("no partner could be reached", hint=failed[0])
    return [sha256 for _, sha256 in sorted(fresh, key=lambda pair: pair[0])]


def _from_partner(record: Record, run: Run, partner: Partner, vault: Vault) -> list[tuple[int, str]]:
    known = set(record.read("delivery/arrivals", partner=partner.code)["wire_sha256"])
    fetched = transport.fetch(partner.door(), known)
    if not fetched:
        return []
    order = ("nacha", "bai2", "x12_ack", "edi834", "roster", "unreadable")
    new = []
    with keyring_of(partner) as ring:
        for file in fetched:
            try:
                opened = _open(file, partner, ring)
            except SettingsError as error:
                # gpg hung, which says nothing of the file: not registered, so the next poll takes it again.
                log.error("%s not taken: %s", file.name, error)  # noqa: TRY400 - its words say all
                continue
            if _register(record, run, opened, vault) and opened.fault is None:
                new.append((order.index(opened.kind), hashlib.sha256(opened.data).hexdigest()))
    return new


def _open(file: transport.Fetched, partner: Partner, ring: Keyring) -> _Opened:
    wire = bytes.fromhex(file.sha256)
    try:
        clear = ring.decrypt_verified(file.data, partner.pgp.partner_fingerprint)
    except ExchangeError as error:
        return _Opened(partner.code, file.name, wire, "unreadable", ("unverified", str(error)), file.data)
    kind = kind_of(clear)
    if kind == "unreadable" and clear.strip() and partner.enrollment.roster:
        kind = "roster"  # a list in a layout of the vendor's own: only its terms can say so
    fault = None
    if kind == "unreadable":
        what = "neither an ACH file, a BAI2 statement nor an X12 acknowledgement" if clear.strip() else "empty"
        fault = ("unreadable", f"it is {what}")
    elif kind not in _EXPECTED[partner.kind]:
        fault = ("unexpected_kind", f"a {partner.kind} has no business sending a file of kind {kind}")
        kind = "unreadable"
    return _Opened(partner.code, file.name, wire, kind, fault, clear)


def _register(record: Record, run: Run, file: _Opened, vault: Vault) -> bool:
    """Record one arrival, and its content unless it is known; tells whether the content is new."""
    sha256 = hashlib.sha256(file.data).digest()
    if file.fault is not None:
        # Under a name of its own: what nobody vouched for must not make the true content look known.
        sha256 = hashlib.sha256(b"not taken from " + file.partner.encode() + b"\n" + file.data).digest()
    with record.step(
        "delivery.receive", run_no=run.run_no, companies=(), business_date=run.business_date, lock=file.partner
    ) as tx:
        known = tx.read("delivery/known_content", sha256=sha256, wire_sha256=file.wire_sha256).row(0, named=True)
        if known["envelope"]:
            return False  # another poll was quicker
        about = pl.DataFrame({"sha256": [sha256], "partner": [file.partner], "name": [file.name]})
        tx.append("exchange.arrival", about.with_columns(wire_sha256=pl.lit(file.wire_sha256, pl.Binary)))
        if known["content"]:
            return False
        content = about.with_columns(
            size=pl.lit(len(file.data)),
            kind=pl.lit(file.kind),
            sealed=pl.lit(vault.seal_bytes(HOUSE, FILE_IN, file.data), pl.Binary),
            received_on=pl.lit(run.business_date),
        )
        tx.append("exchange.inbound", content)
        if file.fault is not None:
            kind, detail = file.fault
            named = {"sha256": [sha256], "position": [0], "kind": [kind], "detail": [f"{file.name}: {detail}"]}
            tx.append("exchange.exception", pl.DataFrame(named).with_columns(business_date=pl.lit(run.business_date)))
    return True
