"""The step `documents.render` of a night, and one document at a time for whoever asks."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from assets.billing.world import conform
from assets.documents.contents import MADE, numbered
from assets.documents.kits import Kit, kits
from assets.documents.papers import DATA, DUE, EVENT_KEY, MAILED, SUBJECT, due
from assets.documents.samples import proof
from assets.steps import HOUSE, Outcome, Run, open_run, quarantine, run_step
from formats.errors import RecordError
from resources.home import Home
from resources.press import Press, press
from resources.record import Record, Tx
from resources.sealed import DOCUMENT
from resources.vault import Vault

STEP = "documents.render"
KINDS = ("invoice", "receipt", "memo", "reminder", "deductions")
LOOK_BACK_DAYS = 92  # a company that asks for documents gets those of the last quarter at most, and none twice
CHUNK = 500  # documents of one transaction: what a crash costs


@dataclass(frozen=True)
class Room:
    """What documents are made with: the record (runtime login), the home with the companies' kits, the vault."""

    record: Record
    home: Home
    vault: Vault


@dataclass(frozen=True)
class Document:
    """A document as it is kept."""

    kind: str
    subject: str
    number: int  # of all documents of its company
    day: dt.date
    sha256: str
    content: bytes = field(repr=False)


def render_night(room: Room, run: Run, *, chunk: int = CHUNK) -> Outcome:
    """Make every document that is due at the run's business date, and put its message on the send list.

    In chunks, each a transaction of its own: a crash costs one chunk, and the same documents get the same numbers
    whatever the size of a chunk. Run again it makes what is missing, which may be nothing.

    Args:
        room: what they are made with.
        run: the night's.
        chunk: documents of one transaction.

    Returns:
        The step's outcome: rows per table; totals documents, mails and failed (named in quarantine).

    Raises:
        DaybookError: no company at all could do it.
    """
    began = time.perf_counter()
    out = Outcome(STEP, totals={"documents": 0, "mails": 0, "failed": 0})
    with room.record.step(
        f"{STEP}.plan", run_no=run.run_no, companies=run.companies, business_date=run.business_date
    ) as tx:
        rows = waiting(tx)
        codes = _codes(tx)
    if rows.is_empty():
        return out
    with press() as setting:
        for part in rows.iter_slices(chunk):
            step = partial(_render_for_all, rows=part, setting=setting, room=room, codes=codes)
            out.add(run_step(room.record, run, STEP, step))
    out.seconds = time.perf_counter() - began
    return out


def waiting(tx: Tx) -> pl.DataFrame:
    """What is due at the transaction's business date and neither made nor on the send list: `papers.DUE`."""
    wanted = conform(tx.read("documents/wanted", days=LOOK_BACK_DAYS), DUE)
    made = _keyed(tx.read("documents/made", days=LOOK_BACK_DAYS))
    return due(wanted, made, _keyed(tx.read("documents/mailed", days=LOOK_BACK_DAYS)))


def document(room: Room, company: int, kind: str, subject: str) -> Document:
    """One document of a company: as it is kept, or made now and kept. It is about its own day, whenever one asks.

    Args:
        room: what it is made with.
        company: company_id.
        kind: of `KINDS`.
        subject: invoice: its number; receipt: the settled entry; memo: its number; reminder: invoice/step;
            deductions: the list bill's number.

    Raises:
        RecordError: there is nothing of that kind and number, or the kept bytes are not what they were.
        SettingsError: the company's templates are wrong.
    """
    kept = _kept(room, company, kind, subject)
    if kept is not None:
        return kept
    with room.record.step(f"{STEP}.find", run_no=0, companies=[company], business_date=dt.date.min) as tx:
        found = _data(tx, kind, [(company, subject)]) if _is_subject(kind, subject) else pl.DataFrame()
        codes = _codes(tx)
    if found.is_empty():
        raise RecordError(f"there is no {kind} {subject}", hint="see what there is: daybook documents --date D")
    rows = found.select("company_id", pl.lit(kind).alias("kind"), "subject", "on_date", "person_id")
    run = open_run(room.record, job="document", book=HOUSE, business_date=found.item(0, "on_date"))
    own = replace(run, companies=(company,))
    with press(1) as setting:
        step = partial(_render_for_all, rows=rows, setting=setting, room=room, codes=codes, mail=False)
        outcome = run_step(room.record, own, STEP, step)
    kept = _kept(room, company, kind, subject)
    if kept is None:
        reason = outcome.set_aside.get(company, "the template can't be set with what is on it")
        raise RecordError(f"{kind} {subject} could not be made", hint=reason)
    return kept


def _render_for_all(
    tx: Tx, *, rows: pl.DataFrame, setting: Press, room: Room, codes: Mapping[int, str], mail: bool = True
) -> dict[str, int]:
    mine = rows.filter(pl.col("company_id").is_in(list(tx.companies)))
    named = {company: codes[company] for company in mine["company_id"].unique().to_list()}
    with kits(room.home.templates, named) as chosen:
        return render(tx, mine, setting, chosen, room.vault, mail=mail)


def render(
    tx: Tx, rows: pl.DataFrame, setting: Press, chosen: Mapping[int, Kit], vault: Vault, *, mail: bool
) -> dict[str, int]:
    """Set, seal and append what is missing of these rows, and put its messages on the list.

    Args:
        tx: exclusive for its companies, as `run_step` makes it: the numbers are taken from the record.
        rows: company_id, kind, subject, on_date, person_id, in the order of their numbers.
        setting: the press.
        chosen: a kit per company.
        vault: seals.
        mail: whether messages go on the send list.

    Returns:
        documents, mails, failed.

    Raises:
        SettingsError: a template can't be set even with invented data: it is wrong itself.
    """
    there = _numbers(tx, rows)
    made, broken = _set(tx, rows.join(there, on=SUBJECT, how="anti", maintain_order="left"), setting, chosen)
    kept = made.with_columns(
        sealed=pl.Series(
            [vault.seal_bytes(c, DOCUMENT, pdf) for c, pdf in made.select("company_id", "content").iter_rows()],
            dtype=pl.Binary,
        ),
        business_date=pl.col("on_date"),
    )
    tx.append("billing.document", kept.drop("content", "on_date", "person_id"))
    quarantine(tx, broken)
    listed = _listed(tx, rows, pl.concat([there, made.select(there.columns)])) if mail else 0
    return {"documents": made.height, "mails": listed, "failed": broken.height}


def _set(tx: Tx, missing: pl.DataFrame, setting: Press, chosen: Mapping[int, Kit]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(documents with content and number, quarantine rows). A document that fails leaves its number to the next."""
    if missing.is_empty():
        return pl.DataFrame(schema=MADE), pl.DataFrame()
    facts = [
        _data(tx, kind, part.select("company_id", "subject").rows()).with_columns(kind=pl.lit(kind))
        for (kind,), part in missing.group_by("kind", maintain_order=True)
    ]
    data = missing.select(SUBJECT).join(pl.concat(facts), on=SUBJECT, how="inner", maintain_order="left")
    made, good = numbered(tx, data, setting, chosen)
    failed = data.filter(~good)
    for company, template in failed.select("company_id", "template").unique(maintain_order=True).iter_rows():
        proof(setting, chosen[company], template)  # raises when the template itself is wrong
    broken = failed.select(
        "company_id",
        subject=pl.concat_str("kind", pl.lit(" "), "subject"),
        rule=pl.lit("document_failed"),
        reason=pl.lit("the company's template can't be set with what is on this document; it works with invented data"),
    )
    return made, broken


def _listed(tx: Tx, rows: pl.DataFrame, numbers: pl.DataFrame) -> int:
    """Put the messages of these documents on the send list, once per event; returns how many are new."""
    messages = rows.filter(MAILED).join(numbers, on=SUBJECT, how="inner", maintain_order="left").with_columns(EVENT_KEY)
    known = tx.read("documents/events", owners=messages["company_id"].to_list(), keys=messages["event_key"].to_list())
    fresh = messages.join(_keyed(known), on=["company_id", "event_key"], how="anti", maintain_order="left").select(
        "company_id", "event_key", "person_id", "document_no", "template", business_date="on_date"
    )
    return tx.append("billing.mail", tx.number(fresh, "billing.mail", "mail_id"))


def _numbers(tx: Tx, rows: pl.DataFrame) -> pl.DataFrame:
    found = tx.read(
        "documents/numbers",
        owners=rows["company_id"].to_list(),
        kinds=rows["kind"].to_list(),
        subjects=rows["subject"].to_list(),
    )
    return _keyed(found).select(*SUBJECT, "document_no", "template")


def _data(tx: Tx, kind: str, wanted: list[tuple[int, str]]) -> pl.DataFrame:
    owners, subjects = [company for company, _ in wanted], [subject for _, subject in wanted]
    return conform(tx.read(f"documents/{kind}", owners=owners, subjects=subjects), DATA)


def _codes(tx: Tx) -> dict[int, str]:
    return dict(tx.read("documents/codes").rows())


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("company_id").cast(pl.Int32))


def _is_subject(kind: str, subject: str) -> bool:
    number, _, step = subject.partition("/")
    plain = number.isascii() and number.isdigit() and len(number) < 19
    return plain and (step.isascii() and step.isdigit() and len(step) < 3 if kind == "reminder" else "/" not in subject)


def _kept(room: Room, company: int, kind: str, subject: str) -> Document | None:
    rows = room.record.read("documents/stored", companies=[company], company=company, kind=kind, subject=subject)
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    content = room.vault.open_bytes(company, DOCUMENT, row["sealed"])
    if hashlib.sha256(content).digest() != row["sha256"]:
        raise RecordError("the kept document is not what it was", where=f"{kind} {subject}")
    return Document(kind, subject, row["document_no"], row["on_date"], row["sha256"].hex(), content)
