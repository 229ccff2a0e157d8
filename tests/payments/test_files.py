"""Files in the record: split, apart, balanced, same-day, planned again, approved by two, numbered by their origin."""

from __future__ import annotations

import datetime as dt
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import pytest

from assets.payments.originate import originate
from assets.payments.rebuild import rebuild
from assets.steps import Outcome, run_step
from formats import nacha
from formats.errors import DaybookError
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.bank import accounts, attempt, bank, look, trial_balance
from tests.support.seed import DAY, night, seed

TWO = {"company_id": 2, "code": "GUILD", "ach_company_id": "1222222222", "ach_company_name": "GUILD"}
CUTOFFS = ({"name": "morning", "at": "10:00", "same_day": True}, {"name": "evening", "at": "20:00"})


def instruction(number: int, purpose: str, **more: Any) -> dict[str, Any]:
    """A row of payments.instruction on account B<number>."""
    return {
        "company_id": 1,
        "instruction_id": number,
        "purpose": purpose,
        "subject": str(number),
        "direction": "credit",
        "account_code": f"B{number}",
        "account_id": None,
        "amount_cents": 1000 + number,
        "sec": "PPD",
        "description": purpose[:10].upper(),
        "individual_id": f"i{number}",
        "wanted_date": DAY,
        "not_after": None,
        "same_day": False,
        "addenda": "",
        "reverses": None,
        "invoice_id": None,
        "requested_by": "ann",
        "business_date": DAY,
        "run_no": 1,
        **more,
    }


def world(record: Record, vault: Vault, count: int = 6, **more: Any) -> None:
    """One company with `count` drafts, one per account; its own account is OPER."""
    own = accounts(vault, "4711000099", code="OPER", account_id=99, holder_name="Harbor Plans")
    numbers = [f"77{n:04d}" for n in range(1, count + 1)]
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, *numbers) + own,
        payments__attempt=[attempt(n) for n in range(1, count + 1)],
        **more,
    )


def run(record: Record, vault: Vault, partners: dict[str, Partner], as_of: dt.datetime | None = None) -> Outcome:
    step = functools.partial(originate, partners=partners, vault=vault, as_of=as_of)
    return run_step(record, night(record), "payments.originate", step)


def stored(record: Record, vault: Vault, company: int = 1) -> list[bytes]:
    rows = look(record, f"SELECT sealed FROM exchange.content WHERE company_id = {company} ORDER BY file_id")
    return [vault.open_bytes(company, FILE_OUT, sealed) for sealed in rows["sealed"]]


def rebuilt(record: Record, vault: Vault, company: int = 1) -> list[bytes]:
    with record.step("look", run_no=0, companies=[company], business_date=DAY) as tx:
        ids = tx.select(f"SELECT file_id FROM exchange.file WHERE company_id = {company} ORDER BY 1")["file_id"]
        return [rebuild(tx, company, file_id, vault) for file_id in ids]


def check_files(record: Record) -> list[str]:
    with record.step("look", run_no=0, companies=[1, 2], business_date=DAY) as tx:
        return tx.read("payments/check_files")["failure"].to_list()


def test_files_split_at_the_limit_have_modifiers_and_traces_of_their_own(record: Record, vault: Vault) -> None:
    world(record, vault)
    small = bank(entry_limit_cents=20_000, file_limit_cents=20_007)
    out = run(record, vault, small)
    assert (out.totals["ach_files"], out.totals["ach_entries"]) == (4, 6)
    files = look(record, "SELECT sequence, debit_cents FROM exchange.file ORDER BY sequence")
    assert files.rows() == [(1, 20_003), (2, 20_007), (3, 10_005), (4, 10_006)]
    read = [nacha.read(data) for data in stored(record, vault)]
    assert [one.file["modifier"].item() for one in read] == ["A", "B", "C", "D"]
    assert rebuilt(record, vault) == stored(record, vault)
    assert check_files(record) == []
    assert run(record, vault, small).rows == {}
    assert trial_balance(record) == {1100: -60_021, 1200: 60_021}


@pytest.mark.parametrize("per", ["batch", "file"])
def test_balanced_files_are_recorded_rebuilt_and_checked(record: Record, vault: Vault, per: str) -> None:
    world(record, vault, payments__instruction=[instruction(n, "commission", account_code=f"B{n}") for n in (1, 2)])
    out = run(record, vault, bank(balanced=per, offset_account="OPER"))
    # What moves others' money is counted without the offsets, the registered file as the bank sees it.
    assert (out.totals["ach_debit_cents"], out.totals["ach_credit_cents"]) == (60_021, 2003)
    head = look(record, "SELECT * FROM payments.ach_file").row(0, named=True)
    assert (head["offset_account_id"], head["offset_per"]) == (99, per)
    levels = {"batch": (2003, 60_021), "file": (0, 58_018)}[per]
    assert (head["offset_debit_cents"], head["offset_credit_cents"]) == levels
    file = look(record, "SELECT * FROM exchange.file").row(0, named=True)
    assert file["debit_cents"] == file["credit_cents"] == 60_021 + levels[0]
    assert file["records"] == 8 + (2 if per == "batch" else 1)
    (data,) = stored(record, vault)
    assert rebuilt(record, vault) == [data]
    own = nacha.read(data).entries.filter(pl.col("account") == "4711000099")
    assert own["amount_cents"].sum() == sum(levels)
    assert check_files(record) == []
    block = look(record, "SELECT first, count FROM payments.trace_block").row(0)
    assert block == (1, file["records"])  # the traces of the offsets are taken too
    # The books know nothing of offsets: they are the same money once more.
    assert trial_balance(record) == {1100: -60_021, 1200: 58_018, 2200: 2003}


def test_a_company_without_the_offset_account_is_set_aside(record: Record, vault: Vault) -> None:
    world(record, vault, 2)
    seed(
        record,
        master__company=[TWO],
        master__bank_account=accounts(vault, "9", company_id=2),
        payments__attempt=[attempt(1, company_id=2)],
    )
    out = run(record, vault, bank(balanced="batch", offset_account="OPER"))
    assert out.totals["ach_files"] == 1
    assert "company GUILD has no own account OPER" in out.set_aside[2]


def test_the_check_sees_a_file_that_is_not_its_entries(record: Record, vault: Vault) -> None:
    world(record, vault, 2)
    run(record, vault, bank())
    extra = look(record, "SELECT * FROM payments.ach_entry WHERE entry_id = 1").drop("booked_at", "signed_cents")
    changed = extra.with_columns(
        entry_id=pl.lit(9), source_id=pl.lit(77), trace_number=pl.lit("011000010000009"), amount_cents=pl.lit(1)
    )
    with record.step("seed", run_no=1, companies=[1], business_date=DAY) as tx:
        tx.append("payments.ach_entry", changed)
    (failure,) = check_files(record)
    assert "says 2 entries, 20003 cents of debits and 0 of credits; its entries are 3 with 20004 and 0" in failure


def test_what_goes_the_same_day_has_a_file_of_its_own_and_is_cut_again_when_late(record: Record, vault: Vault) -> None:
    world(record, vault, 3)
    seed(record, payments__attempt=[attempt(9, account_code="B1", same_day=True)])
    wanted = bank(cutoffs=CUTOFFS, same_day="wanted")
    run(record, vault, wanted)
    files = look(
        record,
        "SELECT h.segment, h.send_by, h.planned_at, min(e.effective_date) AS day FROM payments.ach_file h "
        "JOIN payments.ach_entry e USING (company_id, file_id) GROUP BY 1, 2, 3 ORDER BY 1",
    )
    assert files["segment"].to_list() == ["", "same-day"]
    assert [str(day) for day in files["day"]] == ["2026-10-02", "2026-10-01"]
    told = [f"{moment.astimezone(dt.UTC):%m-%d %H:%M}" for moment in files["send_by"]]
    assert told == ["10-02 00:00", "10-01 14:00"]  # 20:00 and 10:00 on the wall of New York
    assert {f"{moment.astimezone(dt.UTC):%m-%d %H:%M}" for moment in files["planned_at"]} == {"10-01 05:00"}
    # Nobody sent it by 10:00: made void and cut again at noon, it settles on the next day.
    same_day = look(record, "SELECT file_id FROM payments.ach_file WHERE segment = 'same-day'").item()
    void = {"company_id": 1, "file_id": same_day, "event_no": 3, "state": "void", "actor": "a", "business_date": DAY}
    seed(record, exchange__event=[void])
    noon = dt.datetime(2026, 10, 1, 16, tzinfo=dt.UTC)
    out = run(record, vault, wanted, noon)
    assert (out.totals["voided"], out.totals["ach_files"]) == (1, 1)
    again = look(record, "SELECT effective_date, cut FROM payments.ach_entry WHERE cut = 2").row(0)
    assert again == (dt.date(2026, 10, 2), 2)
    assert rebuilt(record, vault) == stored(record, vault)


def test_what_is_wanted_later_waits_for_its_night(record: Record, vault: Vault) -> None:
    world(record, vault, 1)
    seed(record, payments__attempt=[attempt(2, account_code="B1", wanted_date=dt.date(2026, 10, 20))])
    out = run(record, vault, bank())
    assert (out.totals["ach_entries"], out.totals["ach_waiting"]) == (1, 1)
    assert out.preview is not None
    assert "it waits for Mon 2026-10-19" in out.preview["plan_reason"].str.join("|").item()
    step = functools.partial(originate, partners=bank(), vault=vault)
    for day, sent in ((dt.date(2026, 10, 16), 0), (dt.date(2026, 10, 17), 1)):
        outcome = run_step(record, night(record, business_date=day), "payments.originate", step)
        assert outcome.totals["ach_entries"] == sent
    assert look(record, "SELECT effective_date FROM payments.ach_entry WHERE source_id = 2").item() == dt.date(
        2026, 10, 20
    )


def test_what_may_settle_no_later_is_named_when_it_would(record: Record, vault: Vault) -> None:
    late = instruction(1, "return_fee", direction="debit", description="RETURN FEE", not_after=DAY)
    world(record, vault, 1, payments__instruction=[late])
    assert run(record, vault, bank()).totals["quarantined"] == 1
    named = look(record, "SELECT subject, rule, reason FROM audit.quarantine").row(0)
    assert named == (
        "return fee 1",
        "too_late",
        "it had to settle by 2026-10-01, and 2026-10-02 is the first day it can",
    )


def test_sec_codes_the_bank_does_not_take_and_limits_of_credits_are_named(record: Record, vault: Vault) -> None:
    rows = [instruction(1, "commission", sec="CTX"), instruction(2, "commission", amount_cents=501)]
    world(record, vault, 2, payments__instruction=rows)
    less = {"entry_limit_cents": 500, "file_limit_cents": 500, "day_limit_cents": 500}
    assert run(record, vault, bank(sec=("PPD",), credits=less)).totals["quarantined"] == 2
    named = look(record, "SELECT subject, rule FROM audit.quarantine ORDER BY 1")
    assert dict(named.iter_rows()) == {"commission 1": "sec_not_taken", "commission 2": "over_entry_limit"}


def test_every_purpose_has_batches_of_its_own_and_its_own_side_of_the_books(record: Record, vault: Vault) -> None:
    rows = [
        instruction(1, "prenote", direction="debit", amount_cents=0, description="PREMIUM", account_id=1),
        instruction(2, "return_fee", direction="debit", description="RETURN FEE"),
        instruction(3, "commission", sec="CCD"),
        instruction(4, "remittance", sec="CTX", addenda="RMR*IV*2026-09"),
    ]
    world(record, vault, 4, payments__instruction=rows)
    run(record, vault, bank(credits_apart=True))
    read = [nacha.read(data) for data in stored(record, vault)]
    told = [one.batches["entry_description"].to_list() for one in read]
    assert told == [["COMMISSION", "REMITTANCE"], ["PREMIUM", "PREMIUM", "RETURN FEE"]]
    assert [set(one.batches["service_class"]) for one in read] == [{220}, {225}]
    assert read[0].addenda["payment_text"].to_list() == ["RMR*IV*2026-09"]
    assert rebuilt(record, vault) == stored(record, vault)
    journals = look(
        record, "SELECT purpose, journal_id IS NULL AS none FROM payments.ach_entry WHERE purpose <> 'premium'"
    )
    assert {purpose for purpose, none in journals.iter_rows() if none} == {"prenote"}
    assert trial_balance(record) == {
        1100: -40_010,
        1200: 40_010 + 1002 - 1003 - 1004,
        2100: 1004,
        2200: 1003,
        4000: -1002,
    }


def test_large_files_ask_for_two_people(record: Record, vault: Vault) -> None:
    world(record, vault, 2)
    run(record, vault, bank(approve_above_cents=20_003, balanced="file", offset_account="OPER"))
    assert look(record, "SELECT approvals_needed FROM exchange.file").item() == 1  # at the threshold, not above it
    seed(record, payments__attempt=[attempt(5, account_code="B1", amount_cents=20_004)])
    run(record, vault, bank(approve_above_cents=20_003, balanced="file", offset_account="OPER"))
    assert look(record, "SELECT approvals_needed FROM exchange.file WHERE sequence = 2").item() == 2


def test_the_thirty_seventh_file_of_an_origin_and_day_is_refused(record: Record, vault: Vault) -> None:
    world(record, vault, 37)
    single = bank(entry_limit_cents=20_000, file_limit_cents=20_000)
    with pytest.raises(DaybookError, match="failed for every company"):
        run(record, vault, single)
    reason = look(record, "SELECT reason FROM audit.set_aside").item()
    assert "company HARBOR would need a 37th file for 2026-10-01" in reason
    assert look(record, "SELECT 1 FROM exchange.file").is_empty()


def test_companies_that_share_an_origin_share_its_modifiers(record: Record, vault: Vault) -> None:
    seed(
        record,
        master__book=[{}, {"book_id": 2, "code": "south"}],
        master__company=[{}, TWO | {"book_id": 2}],
        master__bank_account=accounts(vault, *"1234") + accounts(vault, *"1234", company_id=2),
        payments__attempt=[attempt(n, company_id=c) for c in (1, 2) for n in range(1, 5)],
    )
    shared = bank(immediate_origin="1999999999", entry_limit_cents=20_000, file_limit_cents=20_000)
    step = functools.partial(originate, partners=shared, vault=vault)
    runs = [night(record, book) for book in ("north", "south")]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: run_step(record, each, "payments.originate", step), runs))
    numbers = look(record, "SELECT sequence FROM exchange.file ORDER BY 1")["sequence"].to_list()
    assert numbers == list(range(1, 9))
    for company, own in ((1, "1123456789"), (2, "1222222222")):
        for data in stored(record, vault, company):
            read = nacha.read(data)
            assert (read.file["origin"].item(), set(read.batches["company_id"])) == ("1999999999", {own})
        assert rebuilt(record, vault, company) == stored(record, vault, company)
