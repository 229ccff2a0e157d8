"""Sending what stands on the send list: each message once, and what became of it told as it was.

Before a message goes to the server `sending` is on record; after it, what the server said. A run that dies in between
leaves `sending`, which the next run makes `unknown`: a person asks the receiver, nobody sends it again blindly. One
sender at a time per company, by a lock; a second one waits and then finds nothing left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from assets.documents.kits import Kit, kits
from assets.documents.steps import Room, document
from assets.steps import Run
from formats.errors import DaybookError, RecordError, SettingsError
from resources.mailer import Attachment, MailSettings, Outcome, Session, connect, message
from resources.record import Record, Tx

log = logging.getLogger("daybook.documents")

STEP = "documents.mail"
MOST_TRIES = 10  # of a message that the server could not take: then a person looks
NO_ADDRESS = "no_address"


@dataclass
class Mailed:
    """How many messages ended in which state in this run, and whether there is a server at all."""

    configured: bool
    states: dict[str, int] = field(default_factory=dict)

    def add(self, state: str) -> None:
        """Count one."""
        self.states[state] = self.states.get(state, 0) + 1


@dataclass(frozen=True)
class _Office:
    """What a sender works with."""

    room: Room
    run: Run
    settings: MailSettings
    now: Callable[[], datetime]


def send_waiting(room: Room, run: Run, settings: MailSettings | None, now: Callable[[], datetime]) -> Mailed:
    """Send what waits up to the run's business date, company by company, in the order of the list.

    Args:
        room: what the documents are made with.
        run: whose companies' mail it is.
        settings: of the server; None: nothing is sent and everything waits.
        now: the moment a message says it was written.

    Returns:
        Messages by state: sent, refused, failed (tried again by the next run), unknown, no_address, waiting (no server
        is configured).

    Raises:
        ExchangeError: the server can't be reached or does not prove who it is; nothing was lost.
        DaybookError: the database does not answer, or a document does not open.
    """
    done = Mailed(settings is not None)
    for company in run.companies:
        if settings is None:
            for _ in range(_waiting(room.record, run, company).height):
                done.add("waiting")
            continue
        # Held open while the company's messages go out, each written down in a transaction of its own.
        with room.record.step(
            f"{STEP}.turn", run_no=run.run_no, companies=[company], business_date=run.business_date, lock=str(company)
        ) as turn:
            rows = _open_ends(room.record, run, turn.read("documents/mail_waiting"), done)
            _send_all(_Office(room, run, settings, now), company, rows, done)
    return done


def _open_ends(record: Record, run: Run, rows: pl.DataFrame, done: Mailed) -> pl.DataFrame:
    """What a dead sender left in the middle becomes unknown; the rest is returned."""
    for row in rows.filter(pl.col("state") == "sending").iter_rows(named=True):
        _tell(record, run, row, Outcome.UNKNOWN, "the program ended while it was being sent")
        done.add(Outcome.UNKNOWN)
        log.error("mail %s of company %s: nobody knows whether it left", row["event_key"], row["company"])
    left = rows.filter(pl.col("state") != "sending", pl.col("event_no") < 2 * MOST_TRIES)
    # No address yesterday and none today is nothing new.
    return left.filter((pl.col("state") != NO_ADDRESS) | (pl.col("address") != ""))


def _send_all(office: _Office, company: int, rows: pl.DataFrame, done: Mailed) -> None:
    if rows.is_empty():
        return
    nobody = rows.filter(pl.col("address") == "")
    for row in nobody.iter_rows(named=True):
        _tell(office.room.record, office.run, row, NO_ADDRESS, "no address is known")
        done.add(NO_ADDRESS)
    todo = list(rows.filter(pl.col("address") != "").iter_rows(named=True))
    with kits(office.room.home.templates, {company: rows.item(0, "company")}) as chosen:
        while todo:
            with connect(office.settings) as session:
                while todo and not session.lost:
                    done.add(_send(office, session, chosen[company], todo.pop(0)))


def _send(office: _Office, session: Session, kit: Kit, row: dict[str, Any]) -> str:
    """One message to the end; returns its state."""
    try:
        letter = _letter(office, kit, row)
    except RecordError:
        raise
    except SettingsError as error:
        state = NO_ADDRESS if error.what == "the address is not one" else str(Outcome.REFUSED)
        _tell(office.room.record, office.run, row, state, error.what)
        return state
    _tell(office.room.record, office.run, row, "sending", "")
    said = session.send(letter)
    _tell(office.room.record, office.run, {**row, "event_no": row["event_no"] + 1}, said.outcome, said.detail)
    if said.outcome is not Outcome.SENT:
        log.warning("mail %s of company %s is %s: %s", row["event_key"], row["company"], said.outcome, said.detail)
    return str(said.outcome)


def _letter(office: _Office, kit: Kit, row: dict[str, Any]) -> Any:
    paper = document(office.room, row["company_id"], row["kind"], row["subject"])
    name = row["subject"].replace("/", "-")
    facts = {
        "number": row["subject"],
        "invoice": row["subject"].partition("/")[0],
        "date": kit.day(paper.day),
        "company": row["company_name"],
        "event": row["event_key"],
    }
    subject, text = kit.mail(row["template"], facts)
    return message(
        office.settings,
        name=row["company_name"],
        to=row["address"],
        subject=subject,
        text=text,
        key=f"{row['company']}/{row['event_key']}",
        at=office.now(),
        attached=Attachment(f"{row['kind']}-{name}.pdf", paper.content),
    )


def _waiting(record: Record, run: Run, company: int) -> pl.DataFrame:
    return record.read("documents/mail_waiting", companies=[company], business_date=run.business_date)


def _tell(record: Record, run: Run, row: dict[str, Any], state: str, detail: str) -> None:
    def add(tx: Tx) -> None:
        # The next number follows what was looked at: if anything happened in between, the key refuses this event.
        known = {"company": row["company_id"], "mail": row["mail_id"], "event_no": row["event_no"] + 1}
        tx.execute("documents/add_mail_event", **known, state=str(state), detail=detail, run=run.run_no)

    with record.step(STEP, run_no=run.run_no, companies=[row["company_id"]], business_date=run.business_date) as tx:
        try:
            add(tx)
        except DaybookError as error:
            raise RecordError(
                f"mail {row['event_key']} of company {row['company']} is being sent by somebody else", hint=str(error)
            ) from None
