"""Void and cut again: out of the books to the cent, into them once, under other numbers, and the old bytes stay."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from assets.delivery.approval import approve, decide
from assets.payments.duplicates import refuse_same_file
from assets.payments.originate import originate
from assets.steps import Outcome, open_run, run_step
from formats import nacha
from formats.errors import DaybookError, GuardError, RecordError
from resources.database import Logins
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.bank import accounts, attempt, bank, look, trial_balance
from tests.support.seed import DAY, seed

NAMES = "HARBOR_nacha_20261001_01.txt", "HARBOR_nacha_20261001_02.txt"


def instruction(number: int, purpose: str, direction: str, cents: int, **more: Any) -> dict[str, Any]:
    return {
        "company_id": 1, "instruction_id": number, "purpose": purpose, "subject": f"{purpose} {number}",
        "direction": direction, "account_code": "B1", "amount_cents": cents, "sec": "CCD", "description": "TEST",
        "individual_id": f"I{number}", "wanted_date": DAY, "requested_by": "test", "business_date": DAY, **more,
    }  # fmt: skip


def world(record: Record, vault: Vault, drafts: int = 3, **more: Any) -> None:
    """Company 1 with so many drafts of invoices 101, 102 ..., each from an account of its own."""
    numbers = range(1, drafts + 1)
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, *(f"44000{n}" for n in numbers)),
        billing__invoice=[
            {"company_id": 1, "invoice_id": 100 + n, "kind": "list_bill", "bill_date": DAY, "due_date": DAY,
             "total_cents": 10_000 + n, "sequence": n} for n in numbers
        ],
        payments__attempt=[attempt(n) for n in numbers],
        **more,
    )  # fmt: skip


def cut(record: Record, vault: Vault, partners: dict[str, Partner] | None = None, actor: str = "night") -> Outcome:
    run = open_run(record, job="night", book="north", business_date=DAY, actor=actor)
    step = functools.partial(originate, partners=partners or bank(), vault=vault)
    return run_step(record, run, "payments.originate", step)


def stored(record: Record, vault: Vault, file_id: int) -> bytes:
    sealed = look(record, f"SELECT sealed FROM exchange.content WHERE file_id = {file_id}").item()
    return vault.open_bytes(1, FILE_OUT, sealed)


def void(logins: Logins, file_id: int = 1) -> None:
    decide(Record(logins.releaser), 1, file_id, "void", actor="ruth", reason="wrong day")


STANDING = """
SELECT e.purpose, e.source_id, e.cut, e.file_id FROM payments.ach_entry e
WHERE NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id)
ORDER BY 1, 2
"""


SPENT = """
SELECT sum(e.amount_cents)::bigint FROM payments.ach_entry e
WHERE NOT EXISTS (SELECT FROM payments.voided v WHERE v.company_id = e.company_id AND v.entry_id = e.entry_id)
"""


def test_a_void_file_is_cut_again_once(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault)
    cut(record, vault)
    before, bytes_before = trial_balance(record), stored(record, vault, 1)
    void(logins)
    again = cut(record, vault)
    assert (again.totals["voided"], again.totals["ach_entries"], again.totals["ach_debit_cents"]) == (3, 3, 30_006)
    assert cut(record, vault).rows == {}  # and only once

    # Each invoice is drafted exactly once, by its second cut, and the books are what they were.
    assert look(record, STANDING).rows() == [("premium", n, 2, 2) for n in (1, 2, 3)]
    assert trial_balance(record) == before == {1100: -30_006, 1200: 30_006}
    entries = pl.Series([10_001, 10_002, 10_003])
    assert look(record, "SELECT amount_cents FROM billing.line").is_empty()  # invoices only: 1100 is the drafts alone
    proofs = record.read("ledger/check_subledgers", companies=[1], business_date=DAY)
    assert proofs.is_empty(), proofs["failure"].to_list()
    assert -before[1100] == entries.sum()

    # Another modifier, name and block of traces; the old bytes lie as they were.
    files = look(record, "SELECT sequence, name, records, debit_cents FROM exchange.file ORDER BY file_id").rows()
    assert files == [(1, NAMES[0], 3, 30_006), (2, NAMES[1], 3, 30_006)]
    old, new = nacha.read(stored(record, vault, 1)), nacha.read(stored(record, vault, 2))
    assert stored(record, vault, 1) == bytes_before
    assert (old.file["modifier"].item(), new.file["modifier"].item()) == ("A", "B")
    assert set(old.entries["trace_number"]).isdisjoint(new.entries["trace_number"])
    told = ["account", "amount_cents", "individual_id", "name", "rdfi", "transaction_code"]
    assert old.entries.select(told).equals(new.entries.select(told))


def test_only_the_new_file_can_leave(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault)
    cut(record, vault)
    void(logins)
    cut(record, vault, actor="ruth")
    first, second = (hashlib.sha256(stored(record, vault, n)).digest() for n in (1, 2))
    releaser = Record(logins.releaser)
    with pytest.raises(GuardError, match="the file is void"):
        approve(releaser, 1, 1, first, "saul")
    with pytest.raises(GuardError, match="somebody else than its maker"):
        approve(releaser, 1, 2, second, "ruth")  # who has it cut again has made it
    approve(releaser, 1, 2, second, "saul")
    sendable = record.read("delivery/files_to_send", companies=[1], business_date=DAY)
    assert sendable["file_id"].to_list() == [2]
    # Void once more, and a third time it is cut.
    void(logins, 2)
    cut(record, vault)
    assert look(record, STANDING)["cut"].to_list() == [3, 3, 3]
    assert record.read("ledger/check_subledgers", companies=[1], business_date=DAY).is_empty()


def test_every_kind_of_entry_leaves_the_books_again(record: Record, vault: Vault, logins: Logins) -> None:
    mixed = [
        instruction(1, "commission", "credit", 500),
        instruction(2, "remittance", "credit", 700),
        instruction(3, "return_fee", "debit", 2_500, description="RETURN FEE"),
        instruction(4, "prenote", "debit", 0),
    ]
    world(record, vault, 1, payments__instruction=mixed)
    cut(record, vault)
    booked = trial_balance(record)
    assert booked == {1100: -10_001, 1200: 10_001 + 2_500 - 1_200, 2100: 700, 2200: 500, 4000: -2_500}
    files = look(record, "SELECT file_id FROM exchange.file ORDER BY 1")["file_id"].to_list()
    for file_id in files:
        void(logins, file_id)
    nowhere = {"first-harbor": bank()["first-harbor"].model_copy(update={"nacha": None})}
    with pytest.raises(DaybookError):  # nothing can be cut: then nothing is taken out either, it is one transaction
        cut(record, vault, nowhere)
    assert trial_balance(record) == booked
    again = cut(record, vault)
    assert again.totals["voided"] == 5
    assert trial_balance(record) == booked
    journals = look(record, "SELECT v.journal_id IS NULL AS silent FROM payments.voided v ORDER BY 1")["silent"]
    assert journals.to_list() == [False] * 4 + [True]  # nothing is journalled for a prenote
    assert look(record, STANDING)["cut"].to_list() == [2] * 5


def test_what_is_asked_for_twice_is_left_aside(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault)
    cut(record, vault)
    # The same invoices asked for once more, as a fault upstream would: each is a double of an entry that stands.
    seed(record, payments__attempt=[attempt(10 + n, invoice_id=100 + n, account_code=f"B{n}", amount_cents=10_000 + n,
                                            payer_part=2) for n in (1, 2, 3)])  # fmt: skip
    out = cut(record, vault)
    assert (out.totals["ach_files"], out.totals["quarantined"]) == (0, 3)
    reasons = look(record, "SELECT DISTINCT rule FROM audit.quarantine")["rule"].to_list()
    assert reasons == ["double_entry"]
    assert NAMES[0] in look(record, "SELECT reason FROM audit.quarantine LIMIT 1").item()
    # The first file void, its own entries and the doubles ask for the same money: one set goes, one stays aside.
    void(logins)
    assert cut(record, vault).totals["ach_entries"] == 3


def test_a_file_of_the_same_payments_is_refused(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault)
    cut(record, vault)
    known = look(record, "SELECT company_id, fingerprint, sha256 FROM exchange.file")
    again = known.with_columns(name=pl.lit("again.txt"))

    def ask(days: int) -> None:
        later = DAY + dt.timedelta(days=days)
        with record.step("look", run_no=0, companies=[1], business_date=later) as tx:
            refuse_same_file(tx, again)

    for days in (0, 90):
        with pytest.raises(GuardError, match=f"same people the same amounts as {NAMES[0]} of {DAY}"):
            ask(days)
    ask(91)
    other = again.with_columns(fingerprint=pl.lit(b"x" * 32))
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        refuse_same_file(tx, other)
    # The same bytes under another number are refused for ever, by constraint.
    copy = {"company_id": 1, "file_id": 2, "kind": "nacha", "partner": "first-harbor", "business_date": DAY,
            "sequence": 2, "name": "copy.txt", "sha256": known.item(0, "sha256"), "size": 1, "records": 1,
            "created_by": "x"}  # fmt: skip
    with pytest.raises(RecordError, match="file_bytes_once"):
        seed(record, exchange__file=[copy])
    void(logins)
    ask(0)  # a void file is no file


def test_what_looks_like_a_double_is_put_to_the_approver(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault)
    seed(record, payments__attempt=[attempt(11, account_code="B1", amount_cents=10_001, invoice_id=201)])
    cut(record, vault)
    file = look(record, "SELECT questions, length(fingerprint) FROM exchange.file").row(0)
    assert file == (1, 32)
    words = look(record, "SELECT detail FROM exchange.event WHERE state = 'checked'").item()
    assert "premium 201 and 101 (entry" in words
    assert "both ask one account for 100.01 on 2026-10-02" in words
    digest = hashlib.sha256(stored(record, vault, 1)).digest()
    with pytest.raises(GuardError, match="1 of its entries may be doubles"):
        approve(Record(logins.releaser), 1, 1, digest, "ruth")
    approve(Record(logins.releaser), 1, 1, digest, "ruth", reason="two policies of one price")


def test_a_retry_of_a_whole_file_is_no_double(record: Record, vault: Vault) -> None:
    world(record, vault, 1)
    cut(record, vault)
    back = {
        "company_id": 1, "entry_id": 1, "sha256": b"r", "position": 1, "code": "R01", "amount_cents": 10_001,
        "settlement_date": DAY, "after_settlement": False, "retry_on": DAY, "business_date": DAY, "journal_id": 1,
    }  # fmt: skip
    seed(record, returns__returned=[back], payments__attempt=[attempt(2, invoice_id=101, account_code="B1",
         amount_cents=10_001, attempt_no=2)])  # fmt: skip
    assert cut(record, vault).totals["ach_entries"] == 1
    prints = look(record, "SELECT count(DISTINCT fingerprint)::int FROM exchange.file").item()
    assert prints == 1  # the same people, the same amounts: allowed, because the first came back


def test_who_cuts_at_once_keeps_limits_and_sources(record: Record, vault: Vault, logins: Logins) -> None:
    world(record, vault, 8)
    tight = bank(entry_limit_cents=20_000, file_limit_cents=100_000, day_limit_cents=100_000)  # 8 drafts fit, 10 don't
    with ThreadPoolExecutor(8) as threads:
        outs = list(threads.map(lambda _: cut(record, vault, tight), range(8)))
    assert sorted(o.totals["ach_files"] for o in outs) == [0] * 7 + [1]
    assert look(record, STANDING).height == 8
    # Two more come in during the day and four people cut at once: one fits under the day's limit, the other waits.
    late = [attempt(20 + n, account_code=f"B{n}", amount_cents=11_000) for n in (1, 2)]
    seed(record, payments__attempt=late)
    with ThreadPoolExecutor(4) as threads:
        outs = list(threads.map(lambda _: cut(record, vault, tight), range(4)))
    assert sorted(o.totals["ach_entries"] for o in outs) == [0, 0, 0, 1]
    assert look(record, SPENT).item() == 91_036
    # A void file does not count, and what it held still fits; the last one goes when there is room for it.
    void(logins)
    with ThreadPoolExecutor(4) as threads:
        outs = list(threads.map(lambda _: cut(record, vault, tight), range(4)))
    assert sorted(o.totals["ach_entries"] for o in outs) == [0, 0, 0, 8]
    assert look(record, SPENT).item() == 91_036
    roomy = bank(entry_limit_cents=20_000, file_limit_cents=50_000, day_limit_cents=102_036)
    assert cut(record, vault, roomy).totals["ach_entries"] == 1
    standing = look(record, STANDING)
    assert standing.unique(["purpose", "source_id"]).height == standing.height == 10


def test_splitting_a_file_does_not_stretch_the_limit(record: Record, vault: Vault) -> None:
    world(record, vault, 8)
    # Files of two drafts each; the day has room for five.
    tight = bank(entry_limit_cents=15_000, file_limit_cents=20_010, day_limit_cents=50_040)
    with ThreadPoolExecutor(2) as threads:
        outs = list(threads.map(lambda _: cut(record, vault, tight), range(2)))
    assert sum(o.totals["ach_entries"] for o in outs) == 5
    assert look(record, "SELECT records::int FROM exchange.file ORDER BY file_id")["records"].to_list() == [2, 2, 1]
    assert look(record, SPENT).item() == 50_015
