"""The documents of a night: once, by numbers without gaps, the same bytes for ever."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import polars as pl
import pytest

from assets.documents import steps
from assets.documents.steps import Room, document, render_night
from formats.errors import RecordError
from resources.record import Record
from tests.documents.conftest import billed, people, table
from tests.support import pdf
from tests.support.seed import DAY, night, seed

PLAIN = "company_id, document_no, kind, subject, template, encode(sha256, 'hex') AS sha256, size, business_date"


def test_a_night_makes_each_invoice_once_and_lists_its_mail(record: Record, room: Room) -> None:
    run = billed(record, people(3))
    made = render_night(room, run)
    assert made.totals == {"documents": 3, "mails": 3, "failed": 0}
    kept = table(record, "billing.document")
    assert kept["document_no"].to_list() == [1, 2, 3]
    assert kept["subject"].to_list() == ["1", "2", "3"]
    assert table(record, "billing.mail")["event_key"].to_list() == ["invoice/1", "invoice/2", "invoice/3"]
    again = render_night(room, night(record))
    assert again.rows == {}
    assert again.totals == {"documents": 0, "mails": 0, "failed": 0}


def test_an_invoice_says_what_is_owed_and_how_it_is_paid(record: Record, room: Room) -> None:
    run = billed(record, people(1))
    render_night(room, run)
    said = pdf.text(document(room, 1, "invoice", "1").content)
    for words in (
        "Harbor Plans Invoice Ann Sample 2 Hill Rd Portland, ME 04101 Number 1 Date October 1, 2026",
        "Medical  Member only October 2026 $372.40",
        "Amount due $372.40",
        "We will draft $372.40 from your checking account ending in 6789 on October 1, 2026.",
        "Document 1 Page 1 of 1",
    ):
        assert words in said, said


def test_the_same_document_whoever_asks_and_when(record: Record, room: Room) -> None:
    run = billed(record, people(2))
    first = document(room, 1, "invoice", "2")  # asked for before the night gets to it
    assert (first.number, first.day) == (1, DAY)
    assert render_night(room, run).totals == {"documents": 1, "mails": 2, "failed": 0}
    again = document(room, 1, "invoice", "2")
    assert again == first
    assert hashlib.sha256(again.content).hexdigest() == again.sha256


def test_numbers_and_bytes_do_not_depend_on_the_chunk(record: Record, room: Room) -> None:
    book = people(3)
    for name in ("master__company", "master__person", "master__bank_account", "master__subscription"):
        book[name] = [*book[name], *({**row, "company_id": 2} for row in book[name])]
    book["master__company"][1] |= {"code": "GUILD"}
    run = billed(record, book)
    render_night(room, replace(run, companies=(1,)), chunk=2)
    render_night(room, replace(run, companies=(2,)), chunk=500)
    rows = table(record, "billing.document", (1, 2), PLAIN)
    one, other = (rows.filter(pl.col("company_id") == c).drop("company_id") for c in (1, 2))
    assert one.height == 3
    assert one.equals(other)


def test_a_crash_costs_a_chunk_and_no_number(record: Record, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    run = billed(record, people(3))
    calls = []
    real = steps.render

    def dies(*args: object, **named: object) -> dict[str, int]:
        calls.append(1)
        done = real(*args, **named)  # type: ignore[arg-type]
        if len(calls) == 2:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(steps, "render", dies)
    with pytest.raises(KeyboardInterrupt):
        render_night(room, run, chunk=1)
    assert table(record, "billing.document").height == 1
    render_night(room, night(record), chunk=1)
    assert table(record, "billing.document")["document_no"].to_list() == [1, 2, 3]
    assert table(record, "billing.mail")["mail_id"].to_list() == [1, 2, 3]


def test_who_ask_at_once_get_one_sequence_without_gaps(record: Record, room: Room) -> None:
    run = billed(record, people(6))

    def ask(subject: int) -> steps.Document:
        return document(room, 1, "invoice", str(subject))

    with ThreadPoolExecutor(4) as threads:
        night_ = threads.submit(render_night, room, run, chunk=2)
        asked = list(threads.map(ask, [1, 2, 3, 4, 5, 6, 6, 5]))
        night_.result()
    kept = table(record, "billing.document")
    assert kept["document_no"].to_list() == [1, 2, 3, 4, 5, 6]
    assert {a.subject: a.number for a in asked} == dict(kept.select("subject", "document_no").rows())
    assert table(record, "billing.mail").height == 6


def test_only_companies_that_ask_and_from_their_day_on(record: Record, room: Room) -> None:
    assert render_night(room, billed(record, people(1, documents_from=None))).rows == {}
    assert table(record, "billing.document").is_empty()
    assert document(room, 1, "invoice", "1").number == 1  # by hand it is there for everybody
    assert table(record, "billing.mail").is_empty()


def test_older_than_the_wish_is_not_documented(record: Record, room: Room) -> None:
    billed(record, people(1, documents_from=DAY + dt.timedelta(1)))
    assert render_night(room, night(record)).rows == {}
    later = replace(night(record), business_date=DAY + dt.timedelta(2))
    assert render_night(room, later).rows == {}


def test_what_there_is_not_is_said(record: Record, room: Room) -> None:
    billed(record, people(1))
    for subject in ("2", "0", "x", "1/1", "", "9" * 30, "1; DROP TABLE billing.document"):
        with pytest.raises(RecordError, match="there is no invoice"):
            document(room, 1, "invoice", subject)


def test_a_name_is_text_and_nothing_else(record: Record, room: Room) -> None:
    book = people(1)
    name = '#read("/etc/passwd") *b* $x$ \\ [ ] @a <b> // {{ 1 }}'
    book["master__person"][0] |= {"first_name": name, "last_name": '"; #panic()'}
    render_night(room, billed(record, book))
    said = pdf.text(document(room, 1, "invoice", "1").content).replace("\u201d", '"').replace("\u201c", '"')
    assert name in said
    assert '"; #panic()' in said


def test_bytes_rest_sealed_and_are_checked(record: Record, room: Room) -> None:
    render_night(room, billed(record, people(1)))
    kept = table(record, "billing.document").row(0, named=True)
    assert b"%PDF-1." not in kept["sealed"]
    assert kept["size"] + 29 == len(kept["sealed"])
    assert len(kept["template_sha256"]) == 32


def test_memos_and_reminders_are_told_once(record: Record, room: Room) -> None:
    run = billed(record, people(1))
    memo = {"company_id": 1, "line_id": 1, "kind": "credit", "amount_cents": 500, "reason": "waived"}
    memo |= {"requested_by": "clerk", "reverses": None, "business_date": DAY}
    seed(
        record,
        billing__memo=[{**memo, "memo_id": 1, "needs_approval": False}, {**memo, "memo_id": 2, "needs_approval": True}],
        billing__dunning=[
            {
                "company_id": 1,
                "invoice_id": 1,
                "step": 2,
                "action": "warning",
                "open_cents": 37240,
                "business_date": DAY,
            }
        ],
    )
    assert render_night(room, run).totals == {"documents": 3, "mails": 3, "failed": 0}
    assert "$5.00" in pdf.text(document(room, 1, "memo", "1").content)
    with pytest.raises(RecordError, match="there is no memo 2"):  # a second person has not agreed
        document(room, 1, "memo", "2")
    letter = pdf.text(document(room, 1, "reminder", "1/2").content)
    assert "Final notice before action" in letter
    assert "$372.40" in letter
    assert set(table(record, "billing.mail")["event_key"]) == {"invoice/1", "memo/1", "reminder/1/2"}
