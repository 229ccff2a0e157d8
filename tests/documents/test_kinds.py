"""What the record makes of list bills and receipts, and what happens when a template can't be set."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from assets.billing.steps import charge
from assets.documents.steps import Room, document, render_night
from assets.steps import run_step
from formats.errors import DaybookError
from resources.record import Record
from tests.documents.conftest import billed, people, table
from tests.support import pdf
from tests.support.seed import DAY, night, seed

NEXT = dt.date(2026, 11, 1)


def test_a_list_bill_from_the_record(record: Record, room: Room) -> None:
    book = people(2, kind="employer")
    book["master__sub_group"] = [{"code": "EAST", "name": "Eastern Plant", "pays_per_year": 26}]
    for row in book["master__subscription"]:
        row |= {"method": "list_bill", "account_code": "", "group_code": "EAST"}
    book["master__person"][1] |= {"first_name": "Beth", "last_name": "Bourne"}
    billed(record, book)
    run = night(record, business_date=NEXT)
    run_step(record, run, "billing.charges", charge)
    made = render_night(room, run)
    assert (made.totals["documents"], made.totals["failed"]) == (2, 0)
    said = pdf.text(document(room, 1, "invoice", "2").content)
    for words in (
        "Group invoice Harbor Plans",
        "Group Eastern Plant (EAST)",
        "Previous bill $744.80 Payments received, thank you $0.00 Balance forward $744.80 Current charges $744.80",
        "Beth Bourne M2 Medical  Member only November 2026 $372.40",
        "Please pay $1,489.60 by November 1, 2026 and name invoice 2.",
    ):
        assert words in said, said
    assert table(record, "billing.mail")["person_id"].to_list() == [None, None]


def test_a_receipt_of_settled_money_only(record: Record, room: Room) -> None:
    run = billed(record, people(2))
    entry = {
        "company_id": 1, "file_id": 1, "batch_number": 1, "purpose": "premium", "attempt_no": 1, "sec": "PPD",
        "description": "PREMIUM", "transaction_code": 27, "amount_cents": 37240, "individual_id": "1",
        "effective_date": DAY, "business_date": DAY, "journal_id": 1,
    }  # fmt: skip
    traces = [f"01100099000000{n}" for n in (1, 2)]
    numbered = [{"entry_id": n, "source_id": n, "account_id": n, "trace_number": traces[n - 1]} for n in (1, 2)]
    seed(
        record,
        payments__ach_entry=[{**entry, **own} for own in numbered],
        banking__settlement=[
            {"company_id": 1, "entry_id": 2, "amount_cents": 37240, "business_date": DAY, "journal_id": 1}
        ],
    )
    assert render_night(room, run).totals["documents"] == 3
    said = pdf.text(document(room, 1, "receipt", "2").content)
    assert "Receipt Ann Sample" in said
    assert "Paid from checking \u2026 6789 $372.40" in said
    assert "Invoice 2 October 1, 2026 $372.40" in said
    with pytest.raises(DaybookError, match="there is no receipt 1"):
        document(room, 1, "receipt", "1")


def test_a_wrong_template_stops_its_company_and_no_other(record: Record, room: Room) -> None:
    book = people(1)
    for name in ("master__company", "master__person", "master__bank_account", "master__subscription"):
        book[name] = [*book[name], {**book[name][0], "company_id": 2}]
    book["master__company"][1] |= {"code": "GUILD"}
    run = billed(record, book)
    own = _own(room, "GUILD")
    (own / "invoice.typ").write_text('#import "page.typ": *\n#d.nothing')
    made = render_night(room, run)
    assert made.totals == {"documents": 1, "mails": 1, "failed": 0}
    assert "the template can't be set" in made.set_aside[2]
    (own / "invoice.typ").unlink()
    assert render_night(room, night(record)).totals["documents"] == 1  # mended: what is missing is made


def test_data_a_template_can_not_take_is_named_without_saying_it(record: Record, room: Room) -> None:
    book = people(3)
    book["master__person"][0]["last_name"] = "Unprintable"
    run = billed(record, book)
    code = '#import "page.typ": *\n#if d.payer.name.contains("Unprint") { panic(d.payer.name) }\n#d.payer.name'
    own = _own(room, "HARBOR")
    (own / "invoice.typ").write_text(code)
    assert render_night(room, run).totals == {"documents": 2, "mails": 2, "failed": 1}
    assert table(record, "billing.document")["document_no"].to_list() == [1, 2]  # no gap where it failed
    named = table(record, "audit.quarantine", columns="subject, rule, reason").row(0)
    assert named[:2] == ("invoice 1", "document_failed")
    assert "Unprintable" not in str(named)
    (own / "invoice.typ").unlink()
    render_night(room, night(record))
    assert table(record, "billing.document")["subject"].to_list() == ["2", "3", "1"]


def _own(room: Room, code: str) -> Path:
    folder = room.home.templates / code
    folder.mkdir(parents=True)
    return folder
