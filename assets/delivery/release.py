"""Release: sends approved files, each exactly once, and records what is known about each.

What travels is made once and kept, so that a second look at the partner can recognise it. Every fact has a
transaction of its own, told before the act it allows: a crash at any point leaves a history that says where to look.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import polars as pl

from assets.delivery.envelope import keyring_of
from assets.payments.proof import adds_up
from assets.steps import Outcome, Run
from formats.errors import DaybookError, GuardError, SettingsError, UnreachableError
from resources import transport
from resources.partners import Partner
from resources.pgp import Keyring
from resources.record import Record, Tx
from resources.sealed import FILE_OUT
from resources.sending import DECISIVE, Delivery
from resources.sending import Outcome as Truth
from resources.vault import Vault

log = logging.getLogger("daybook.delivery")

LOCK = "delivery.release"  # the step under whose lock, per file, a release sends and a person decides
_SENDABLE = ("approved", "sending", "failed")
_COUNTED = ("sent", "failed", "unknown", "waiting", "late")
_DETAIL = {"sent": "delivered and verified"}


@dataclass(frozen=True)
class _File:
    """One file underway, and the tools to tell the record about it."""

    record: Record
    run: Run
    company: int
    file_id: int
    send_by: dt.datetime | None  # its bank's cut-off, null: none

    def step(self, lock: str = "") -> Any:
        return self.record.step(
            LOCK,
            run_no=self.run.run_no,
            companies=[self.company],
            business_date=self.run.business_date,
            lock=lock,
        )

    def history(self, tx: Tx) -> pl.DataFrame:
        return tx.read("delivery/events_of_file", company=self.company, file_id=self.file_id)

    def tell(self, tx: Tx, state: str, detail: str = "") -> None:
        number = int(self.history(tx)["event_no"].max()) + 1  # type: ignore[arg-type]
        told = {"event_no": number, "state": state, "detail": detail, "actor": self.run.actor}
        self.add(tx, "exchange.event", {**told, "business_date": self.run.business_date})

    def add(self, tx: Tx, table: str, row: dict[str, Any]) -> None:
        tx.append(table, pl.DataFrame([{"company_id": self.company, "file_id": self.file_id, **row}]))


def release(record: Record, run: Run, partners: dict[str, Partner], vault: Vault, as_of: dt.datetime) -> Outcome:
    """Send every approved file of the run's companies that is not known to have arrived.

    Files in state `unknown` are left alone: only a person (approval.decide) or the partner's answer moves them. A file
    whose cut-off has passed at `as_of` is not sent: its effective dates are no longer what was planned and approved.

    Args:
        record: the record under the runtime login.
        run: whose files; everything told is told under it.
        partners: profiles by code.
        vault: opens the stored bytes.
        as_of: the moment of the release, with its time zone.

    Returns:
        Totals files_sent, files_failed (the next release tries again), files_unknown, files_waiting (an earlier try
        can't be looked for just now; the next release does), files_late (past their cut-off: a person makes them void).

    Raises:
        UnreachableError: the database does not answer; nothing is sent that can't be recorded.
    """
    out = Outcome(LOCK, totals={f"files_{state}": 0 for state in _COUNTED})
    waiting = record.read("delivery/files_to_send", companies=run.companies, business_date=run.business_date)
    for code, rows in groupby(waiting.iter_rows(named=True), key=lambda row: str(row["partner"])):
        with ExitStack() as stack:
            packer = _Packer(partners.get(code), stack, as_of)
            for row in rows:
                file = _File(record, run, row["company_id"], row["file_id"], row["send_by"])
                state = _send(file, packer, vault, as_of)
                if state is not None:
                    out.totals[f"files_{state}"] += 1
    return out


class _Packer:
    """Encrypts and signs for one partner; its keyring is opened at first use and kept for its other files."""

    def __init__(self, partner: Partner | None, stack: ExitStack, as_of: dt.datetime) -> None:
        self._partner, self._stack, self._as_of = partner, stack, as_of
        self._ring: Keyring | None = None

    def partner(self) -> Partner:
        """The profile. Raises SettingsError when there is none."""
        if self._partner is None:
            raise SettingsError("the partner has no profile", hint="add it under partners/")
        return self._partner

    def ready(self) -> Keyring:
        """The keyring, with keys that are good at this moment. Raises ExchangeError when one has expired."""
        if self._ring is None:
            ring = self._stack.enter_context(keyring_of(self.partner()))
            ring.refuse_expired(self.partner().pgp.partner_fingerprint, self._as_of)
            self._ring = ring
        return self._ring

    def pack(self, data: bytes) -> bytes:
        """The message that travels."""
        terms = self.partner().pgp
        return self.ready().encrypt_and_sign(data, terms.partner_fingerprint, armor=terms.armor)


def _send(file: _File, packer: _Packer, vault: Vault, as_of: dt.datetime) -> str | None:
    """Send one file under its own lock; its new state, or None when it is no longer to be sent."""
    # The lock's transaction stays open while we send, so that no second release works on the same file.
    with file.step(lock=f"{file.company}/{file.file_id}") as lock:
        history = file.history(lock)
        if history["state"][-1] not in _SENDABLE:
            return None
        try:
            # An earlier try may have arrived: then what became of it must be known first, whatever the hour.
            if file.send_by is not None and as_of > file.send_by and _last_step(history) is None:
                return _late(file, file.send_by, history)
            door = packer.partner().door()
            if _last_step(history) is None:
                packer.ready()  # also for what was packed earlier: nothing leaves for a key that has expired since
            parcel = _parcel(file, packer, vault)
            told = transport.deliver(
                door,
                parcel["parcel"],
                parcel["parcel_name"],
                lambda step: _on_step(file, step),
                last_step=_last_step(history),
            )
        except UnreachableError:
            raise
        except DaybookError as error:
            now = file.history(lock)
            if now["state"][-1] not in _SENDABLE:
                return None  # a person, or the partner's answer, was quicker than we
            if _last_step(now) is not None:
                # This try or an earlier one may have arrived: it stays `sending`, and the next release looks again.
                log.error("file %s of company %s can't be looked for: %s", file.file_id, file.company, error)  # noqa: TRY400
                return "waiting"
            return _failed(file, str(error))  # no decisive request was made: nothing of the file has left us
        return _conclude(file, told, parcel["parcel_sha256"])


def _late(file: _File, send_by: dt.datetime, history: pl.DataFrame) -> str:
    """Say once that the cut-off has passed. The state stays; a try that was begun and did not leave has failed."""
    words = (
        f"missed its cut-off of {send_by.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC and was not sent: make it void and cut "
        "it again (daybook recut), or hand it to the bank in person and declare it sent"
    )
    state, detail = history["state"][-1], history["detail"][-1]
    if detail != words:
        with file.step() as tx:
            file.tell(tx, "failed" if state == "sending" else state, words)
    log.error("file %s of company %s %s", file.file_id, file.company, words)
    return "late"


def _parcel(file: _File, packer: _Packer, vault: Vault) -> dict[str, Any]:
    """What travels: made and recorded once, with the event that sending begins."""
    with file.step() as tx:
        found = tx.read("delivery/file_to_pack", company=file.company, file_id=file.file_id)
        row: dict[str, Any] = found.row(0, named=True)
        clear = vault.open_bytes(file.company, FILE_OUT, row["sealed"])
        if hashlib.sha256(clear).digest() != row["sha256"] or not row["approved"]:
            raise GuardError("the stored bytes are not the approved ones", where=str(row["name"]))
        if row["kind"] == "nacha":
            # Once more before money leaves, straight from what is about to travel.
            adds_up(clear, row, str(row["name"]))
        if row["parcel"] is None:
            made = packer.pack(clear)
            row |= {"parcel": made, "parcel_name": f"{row['name']}.pgp", "parcel_sha256": hashlib.sha256(made).digest()}
            file.add(
                tx,
                "exchange.parcel",
                {"name": row["parcel_name"], "sha256": row["parcel_sha256"], "content": row["parcel"]},
            )
        if file.history(tx)["state"][-1] != "sending":
            file.tell(tx, "sending")
    return row


def _last_step(history: pl.DataFrame) -> str | None:
    """The current try's first decisive step, or none. A person's word or a proved failure starts anew."""
    fresh = history.filter(pl.col("state").is_in(["approved", "failed"]))["event_no"].max()
    current = history.filter((pl.col("event_no") > fresh) & (pl.col("state") == "sending"))
    return next((step for step in current["detail"] if step in DECISIVE), None)


def _on_step(file: _File, step: str) -> None:
    """Keep the one step that decides what may be done after a crash; the request is made only when it is kept."""
    if step not in DECISIVE:
        return
    with file.step() as tx:
        history = file.history(tx)
        if history["state"][-1] != "sending":
            raise GuardError(f"the file was declared {history['state'][-1]} while it was underway")
        if _last_step(history) is None:
            file.tell(tx, "sending", step)


def _conclude(file: _File, told: Delivery, sha256: bytes) -> str:
    state = {Truth.SENT: "sent", Truth.FAILED: "failed", Truth.UNKNOWN: "unknown"}[told.outcome]
    with file.step() as tx:
        if told.outcome is Truth.SENT:
            file.add(tx, "exchange.receipt", {"remote_path": told.final_path, "size": told.size, "sha256": sha256})
        # What the partner answered meanwhile says more than what we saw.
        if file.history(tx)["state"][-1] == "sending":
            # The same words however it was found out: a delivery resumed after a crash is the same delivery.
            file.tell(tx, state, _DETAIL.get(state, told.detail))
    if told.outcome is not Truth.SENT:
        log.error("file %s of company %s is %s: %s", file.file_id, file.company, state, told.detail)
    return state


def _failed(file: _File, reason: str) -> str:
    with file.step() as tx:
        file.tell(tx, "failed", reason)
    log.error("file %s of company %s was not sent: %s", file.file_id, file.company, reason)
    return "failed"
