"""Reversals: only what was sent, within five banking days, the other way and otherwise the same; then the books."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

import polars as pl
import pytest

from assets.payments.cures import cure
from assets.payments.originate import originate
from assets.payments.reversals import judged, reverse
from formats import nacha
from formats.errors import GuardError, RecordError
from resources.database import Logins
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.bank import BANK, bank, terms
from tests.support.desk import COMMISSION_PART, PRICE, VENDOR_PART, Desk, opened
from tests.support.seed import DAY

NEXT = dt.date(2026, 10, 2)  # effective date of what DAY's night cuts; a Friday


def ask(desk: Desk, **more: Any) -> pl.DataFrame:
    wish = {"grounds": "wrong_amount", "actor": "rita", "reason": "billed the old price", **more}
    with desk.transaction() as tx:
        return reverse(tx, desk.partners, **wish)


@pytest.fixture
def sent(logins: Logins, vault: Vault) -> Desk:
    """Three drafts of DAY, sent, effective the next day."""
    desk = opened(logins, vault)
    assert desk.night()["ach_entries"] == 3
    desk.send()
    return desk


def entry(**more: Any) -> dict[str, Any]:
    return {
        "company_id": 1, "entry_id": 1, "purpose": "premium", "sec": "PPD", "direction": "debit", "account_code": "B1",
        "account_id": 1, "amount_cents": 100, "individual_id": "1", "effective_date": NEXT, "bank": BANK,
        "state": "sent", "returned": None, "asked_on": None, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "day", "words"),
    [
        ({}, DAY, None),
        ({"state": "acknowledged"}, dt.date(2026, 10, 8), None),
        # Friday the 2nd and five banking days: Friday the 9th; cut on the 8th it still settles then, on the 9th not.
        ({}, dt.date(2026, 10, 9), "would settle on 2026-10-13, .* end on 2026-10-09"),
        ({"state": "checked"}, DAY, "its file is checked"),
        ({"state": "unknown"}, DAY, "its file is unknown"),
        ({"state": "void"}, DAY, "its file is void"),
        ({"returned": "R01"}, DAY, "come back by itself as R01"),
        ({"asked_on": DAY}, DAY, "was asked for on 2026-10-01"),
        ({"purpose": "prenote", "amount_cents": 0}, DAY, "moves no money"),
        ({"purpose": "reversal"}, DAY, "is a reversal itself"),
        ({"purpose": "commission", "direction": "credit"}, DAY, None),
    ],
)
def test_what_may_be_reversed_and_until_when(changes: dict[str, Any], day: dt.date, words: str | None) -> None:
    frame = pl.DataFrame(
        [entry(**changes)], schema_overrides={"returned": pl.String, "asked_on": pl.Date, "effective_date": pl.Date}
    )
    row = judged(frame, day, {BANK: terms()}, same_day=False)
    if words is None:
        assert row["refusal"].item() is None
        assert row["effective_date"].item() >= NEXT  # never before the original settles
        assert row["direction"].item() != frame["direction"].item()
    else:
        assert pl.select(pl.lit(row["refusal"].item()).str.contains(words)).item()
    assert row["not_after"].item() == dt.date(2026, 10, 9)


def test_a_reversal_is_the_entry_the_other_way(sent: Desk, vault: Vault) -> None:
    first = sent.entries()[0]
    told = ask(sent, entry=first["entry_id"])
    assert told.select("entry_id", "amount_cents", "direction", "effective_date", "refusal").row(0) == (
        first["entry_id"], PRICE, "credit", NEXT, None,
    )  # fmt: skip
    assert sent.originate().totals["ach_credit_cents"] == PRICE
    (undo,) = sent.entries("reversal")
    same = ("amount_cents", "sec", "account_id", "individual_id", "effective_date", "contra")
    assert {name: undo[name] for name in same} == {name: first[name] for name in same}
    assert (undo["transaction_code"], undo["description"], undo["reverses"]) == (22, "REVERSAL", first["entry_id"])
    assert sent.originate().rows == {}  # once
    batches = _file(sent, vault, undo["file_id"]).batches
    assert batches.select("company_id", "sec", "entry_description", "service_class").rows() == [
        ("1123456789", "PPD", "REVERSAL", 220)
    ]
    sent.prove()


def _file(desk: Desk, vault: Vault, file_id: int) -> nacha.Nacha:
    sealed = desk.look(f"SELECT sealed FROM exchange.content WHERE file_id = {file_id}").item()
    return nacha.read(vault.open_bytes(1, FILE_OUT, sealed))


def test_it_opens_the_invoice_and_takes_back_what_the_settlement_earned(sent: Desk) -> None:
    first = sent.entries()[0]
    sent.night(dt.date(2026, 10, 8))
    ask(sent, entry=first["entry_id"], grounds="duplicate", reason="drafted by hand, too")
    sent.originate()
    sent.send()
    settled = sent.night(dt.date(2026, 10, 9))
    assert settled["settled_cents"] == 3 * PRICE
    assert settled["commission_cents"] == 3 * COMMISSION_PART
    sent.prove()
    assert sent.balance()[1100] == PRICE  # open since the reversal was cut
    late = sent.night(dt.date(2026, 10, 19))  # the reversal's own hold is over
    assert late["settled_cents"] == -PRICE
    assert (late["payable_cents"], late["commission_cents"]) == (-VENDOR_PART, -COMMISSION_PART)
    assert late["attempts"] == 0  # a person's cure drafts it again, nothing else
    sent.prove()
    assert sent.balance()[1000] == 2 * PRICE


def test_a_returned_reversal_pays_the_invoice_again(sent: Desk) -> None:
    ask(sent, entry=1)
    sent.originate()
    sent.send()
    assert sent.balance()[1100] == PRICE
    (undo,) = sent.entries("reversal")
    assert sent.come_back(undo, "R02").totals["returned_cents"] == PRICE
    assert sent.balance().get(1100, 0) == 0
    assert sent.look("SELECT retry_on FROM returns.returned").item() is None
    sent.prove()


def test_a_whole_file_is_reversed_but_for_what_came_back(sent: Desk) -> None:
    sent.come_back(sent.entries()[1], "R01")
    told = ask(sent, file=1, grounds="duplicate")
    assert told["refusal"].to_list() == [None, "it has come back by itself as R01", None]
    assert sent.originate().totals["ach_credit_cents"] == 2 * PRICE
    sent.send()
    sent.prove()
    with pytest.raises(GuardError, match="asked for on 2026-10-01"):
        ask(sent, file=1)
    with pytest.raises(RecordError, match="no file 7"):
        ask(sent, file=7)
    with pytest.raises(GuardError, match="is no ground"):
        ask(sent, entry=1, grounds="no money")


def test_an_original_that_comes_back_first_is_not_reversed(sent: Desk) -> None:
    ask(sent, entry=1)
    sent.come_back(sent.entries()[0], "R10")
    out = sent.originate()
    assert out.totals["ach_entries"] == 0
    reasons = sent.look("SELECT subject, reason FROM audit.quarantine").rows()
    assert reasons == [("reversal 1", "what it reverses came back as R10")]
    sent.prove()


def test_one_that_missed_its_last_day_is_not_sent(sent: Desk) -> None:
    ask(sent, entry=1)
    sent.day = dt.date(2026, 10, 9)
    assert sent.originate().totals["ach_entries"] == 0
    assert "it had to settle by 2026-10-09" in sent.look("SELECT reason FROM audit.quarantine").item()


def test_same_day_is_for_banks_that_take_it(sent: Desk, logins: Logins, vault: Vault) -> None:
    with pytest.raises(GuardError, match="takes no same-day entries"):
        ask(sent, entry=1, same_day=True)
    cutoffs = ({"name": "same-day", "at": "10:00", "same_day": True}, {"name": "evening", "at": "20:00"})
    quick = Desk(logins, vault, bank(cutoffs=cutoffs, same_day="wanted"), day=dt.date(2026, 10, 9))
    # The last day of the five: only a same-day entry reaches it.
    told = ask(quick, entry=1, same_day=True)
    assert told["effective_date"].item() == dt.date(2026, 10, 9)
    work = functools.partial(originate, partners=quick.partners, vault=vault)
    assert quick.step("payments.originate", work).totals["ach_entries"] == 1
    assert quick.entries("reversal")[0]["effective_date"] == dt.date(2026, 10, 9)


def test_two_who_ask_at_once_get_one_reversal(sent: Desk) -> None:
    ask(sent, entry=1)
    with pytest.raises(GuardError, match="asked for"):
        ask(sent, entry=1)
    row = sent.look("SELECT * FROM payments.instruction").drop("run_no", "booked_at")
    again = row.with_columns(instruction_id=pl.lit(99))
    with pytest.raises(RecordError, match="duplicate key"), sent.transaction() as tx:
        tx.append("payments.instruction", again)


def test_a_cure_drafts_the_reversed_invoice_again(sent: Desk) -> None:
    ask(sent, entry=1)
    with sent.transaction() as tx, pytest.raises(GuardError):
        cure(tx, 1, "corrected", actor="rita", reason="not reversed yet")
    sent.originate()
    with sent.transaction() as tx:
        cure(tx, 1, "corrected", actor="rita", reason="the price is right after all")
    again = sent.night(NEXT)
    assert (again["attempts"], again["attempt_cents"], again["ach_entries"]) == (1, PRICE, 1)
    attempt = sent.look("SELECT invoice_id, series, attempt_no, cures FROM payments.attempt ORDER BY attempt_id DESC")
    assert attempt.row(0) == (1, 2, 1, 1)
    sent.prove()
