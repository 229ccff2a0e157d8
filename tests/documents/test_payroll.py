"""A list bill's payroll file: made with the night's documents, kept by its hash, the same whoever asks and when."""

from __future__ import annotations

import hashlib
from typing import Any

from assets.documents.steps import Room, document, render_night
from resources.database import Logins, connect
from resources.record import Record
from tests.documents.conftest import billed, people, table
from tests.support.seed import DAY, night

SAID = [
    "H,HARBOR,EAST,1,2026-10-01,26",
    # Two months of 35 % of 372.40: September is over and taken once, October comes again, 1,564.08 a year.
    "D,M1,2026-09,130.34,130.34,0.00,0,0.00,0,0.00",
    "D,M1,2026-10,130.34,0.00,1564.08,18,60.16,8,60.15",
    "T,2,260.68,130.34,1564.08",
]


def plant(count: int = 1, **company: Any) -> dict[str, list[dict[str, Any]]]:
    """A group of employees who owe a part of their coverage, and a payer of his own."""
    book = people(count + 1, **company)
    book["master__sub_group"] = [{"code": "EAST", "pays_per_year": 26}]
    for row in book["master__subscription"][:count]:
        row |= {"method": "list_bill", "account_code": "", "group_code": "EAST", "start_date": DAY.replace(month=9)}
    book["master__payer_share"] = [
        {"subscription_id": n, "part": part, "payer": payer, "percent": percent}
        for n in range(1, count + 1)
        for part, payer, percent in ((1, "company", "65"), (2, "member", "35"))
    ]
    return book


def test_a_night_keeps_a_list_bills_payroll_file_once_and_mails_it_to_nobody(record: Record, room: Room) -> None:
    run = billed(record, plant())
    assert render_night(room, run).totals == {"documents": 3, "mails": 2, "failed": 0}
    kept = table(record, "billing.document")
    assert kept.select("document_no", "kind", "subject", "template").rows() == [
        (1, "invoice", "1", "list_bill"),
        (2, "invoice", "2", "invoice"),
        (3, "deductions", "1", "payroll"),
    ]
    assert table(record, "billing.mail")["event_key"].to_list() == ["invoice/1", "invoice/2"]
    file = document(room, 1, "deductions", "1")
    assert file.content.decode().splitlines() == SAID
    assert kept["sha256"][2] == hashlib.sha256(file.content).digest()
    assert not [line for line in SAID if line.encode() in kept["sealed"][2]]
    assert render_night(room, night(record)).rows == {}


def test_the_same_file_after_the_terms_have_changed(record: Record, room: Room, logins: Logins) -> None:
    run = billed(record, plant())
    first = document(room, 1, "deductions", "1")  # asked for before the night gets to it
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.price SET amount_cents = 50000")
        session.execute("UPDATE master.sub_group SET pays_per_year = 52")
    assert render_night(room, run).totals == {"documents": 2, "mails": 2, "failed": 0}
    assert document(room, 1, "deductions", "1") == first
    assert first.content.decode().splitlines() == SAID


def test_a_broken_template_loses_no_number_of_a_payroll_file(record: Record, room: Room) -> None:
    book = plant(documents_from=DAY)
    book["master__person"][1] |= {"first_name": "fails on purpose"}
    own = room.home.templates / "HARBOR"
    own.mkdir(parents=True)
    code = '#import "page.typ": *\n#if d.payer.name.contains("purpose") { panic("no") }\n#d.payer.name'
    (own / "invoice.typ").write_text(code)
    assert render_night(room, billed(record, book)).totals == {"documents": 2, "mails": 1, "failed": 1}
    assert table(record, "billing.document").select("document_no", "kind").rows() == [(1, "invoice"), (2, "deductions")]
