"""Origination: given these attempts, on this date, expect these bytes."""

from __future__ import annotations

import datetime as dt
import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assets.payments.originate import originate
from assets.payments.rebuild import rebuild
from assets.steps import Outcome, run_step
from formats import nacha
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.bank import accounts, attempt, bank, look, trial_balance
from tests.support.seed import DAY, night, seed

GOLDEN = Path(__file__).with_name("small.ach")
TWO = {"company_id": 2, "code": "GUILD", "ach_company_id": "1222222222", "ach_company_name": "GUILD"}


def world(record: Record, vault: Vault, *, companies: int = 1) -> None:
    """Three drafts of company 1 (a retry and a company's own account among them) and one of company 2."""
    mine = accounts(vault, "000123456789", "55-0001", "777", holder_name="Zoë Ångström-Fernández y Müller")
    mine[1]["account_type"] = "savings"
    drafts = [
        attempt(3, sec="CCD"),
        attempt(1),
        attempt(2, attempt_no=2, wanted_date=dt.date(2026, 10, 2)),
    ]
    theirs = accounts(vault, "9", company_id=2) if companies == 2 else []
    seed(
        record,
        master__book=[{}],
        master__company=[{}, TWO][:companies],
        master__bank_account=mine + theirs,
        payments__attempt=drafts + ([attempt(1, company_id=2)] if theirs else []),
    )


def run(record: Record, vault: Vault, partners: dict[str, Partner] | None = None, day: dt.date = DAY) -> Outcome:
    step = functools.partial(originate, partners=partners or bank(), vault=vault)
    return run_step(record, night(record, business_date=day), "payments.originate", step)


def stored(record: Record, vault: Vault, company: int = 1, file_id: int = 1) -> bytes:
    rows = look(record, f"SELECT sealed FROM exchange.content WHERE company_id = {company} AND file_id = {file_id}")
    return vault.open_bytes(company, FILE_OUT, rows.item())


def test_small_world_makes_the_golden_bytes(record: Record, vault: Vault) -> None:
    world(record, vault)
    out = run(record, vault)
    assert out.totals == {
        "ach_files": 1,
        "ach_entries": 3,
        "ach_debit_cents": 30_006,
        "ach_credit_cents": 0,
        "ach_waiting": 0,
        "ach_held": 0,
        "quarantined": 0,
        "voided": 0,
    }
    assert stored(record, vault).decode() == GOLDEN.read_text()
    file = look(record, "SELECT * FROM exchange.file").row(0, named=True)
    assert (file["name"], file["sequence"], file["records"], file["debit_cents"]) == (
        "HARBOR_nacha_20261001_01.txt",
        1,
        3,
        30_006,
    )
    states = look(record, "SELECT state FROM exchange.event ORDER BY event_no")["state"].to_list()
    assert states == ["built", "checked"]
    assert trial_balance(record) == {1100: -30_006, 1200: 30_006}


def test_dates_are_banking_days_and_never_before_the_wanted_one(record: Record, vault: Vault) -> None:
    world(record, vault)
    run(record, vault, day=dt.date(2026, 10, 9))  # a Friday; Monday the 12th is Columbus Day
    rows = look(record, "SELECT DISTINCT effective_date FROM payments.ach_entry")
    assert rows["effective_date"].to_list() == [dt.date(2026, 10, 13)]


def test_again_appends_nothing_and_rebuild_equals(record: Record, vault: Vault) -> None:
    world(record, vault, companies=2)
    run(record, vault)
    again = run(record, vault)
    assert (again.rows, again.totals["ach_files"]) == ({}, 0)
    for company in (1, 2):
        with record.step("look", run_no=0, companies=[company], business_date=DAY) as tx:
            assert rebuild(tx, company, 1, vault) == stored(record, vault, company)
    # No trace is given twice, though both companies' files go out through one ODFI.
    traces = look(record, "SELECT trace_number FROM payments.ach_entry ORDER BY 1")["trace_number"].to_list()
    assert traces == [f"01100001{n:07d}" for n in range(1, 5)]


def test_two_books_at_once_share_no_trace(record: Record, vault: Vault) -> None:
    south = {**TWO, "book_id": 2}
    seed(
        record,
        master__book=[{}, {"book_id": 2, "code": "south"}],
        master__company=[{}, south],
        master__bank_account=accounts(vault, *"123456") + accounts(vault, *"123456", company_id=2),
        payments__attempt=[attempt(n, company_id=c) for c in (1, 2) for n in range(1, 7)],
    )
    step = functools.partial(originate, partners=bank(), vault=vault)
    runs = [night(record, book) for book in ("north", "south", "north", "south")]
    with ThreadPoolExecutor(4) as threads:
        outs = list(threads.map(lambda each: run_step(record, each, "payments.originate", step), runs))
    assert sum(out.totals["ach_files"] for out in outs) == 2
    traces = look(record, "SELECT trace_number FROM payments.ach_entry ORDER BY 1")["trace_number"].to_list()
    assert traces == [f"01100001{n:07d}" for n in range(1, 13)]


def test_late_attempts_go_into_a_second_file_of_the_day(record: Record, vault: Vault) -> None:
    world(record, vault)
    run(record, vault)
    seed(record, payments__attempt=[attempt(4, account_code="B1")])
    run(record, vault)
    files = look(record, "SELECT sequence, name FROM exchange.file ORDER BY sequence")
    assert files["sequence"].to_list() == [1, 2]
    assert nacha.read(stored(record, vault, file_id=2)).file["modifier"].item() == "B"


def test_what_the_bank_said_on_a_later_day_is_not_known_to_an_earlier_night(record: Record, vault: Vault) -> None:
    later = DAY + dt.timedelta(days=2)
    world(record, vault)
    stop = {"company_id": 1, "account_id": 1, "code": "R02", "stop": "yes", "business_date": later}
    notice = {
        "company_id": 1, "entry_id": 9, "sha256": b"n", "position": 1, "code": "C01", "account_id": 12, "outcome": "x",
        "business_date": later,
    }  # fmt: skip
    corrected = accounts(vault, "42")[0] | {"account_id": 12, "code": "B2", "version": 2}
    seed(record, returns__account_stop=[stop], returns__notice=[notice], master__bank_account=[corrected])
    run(record, vault)
    assert look(record, "SELECT account_id FROM payments.ach_entry ORDER BY 1")["account_id"].to_list() == [1, 2, 3]
    assert stored(record, vault).decode() == GOLDEN.read_text()


def test_a_bad_account_is_named_and_the_others_go_on(record: Record, vault: Vault) -> None:
    world(record, vault)
    broken = accounts(vault, "1", "2", "3")
    broken[0] |= {"code": "BAD1", "account_id": 11, "account_sealed": b"sealed under no key of ours"}
    broken[1] |= {"code": "BAD2", "account_id": 12, "routing": "011000016"}
    broken[2] |= {"code": "STOPPED", "account_id": 13}
    seed(
        record,
        master__bank_account=broken,
        payments__attempt=[
            attempt(11, account_code="BAD1"),
            attempt(12, account_code="BAD2"),
            attempt(13, account_code="STOPPED"),
            attempt(14, account_code="NONE"),
            attempt(15, account_code="B1", amount_cents=1_000_001),
            attempt(16, account_code="B1", amount_cents=1_000_000),
        ],
        returns__account_stop=[
            {"company_id": 1, "account_id": 13, "code": "R02", "stop": "hold", "business_date": DAY}
        ],
    )
    out = run(record, vault)
    assert (out.totals["ach_entries"], out.totals["quarantined"]) == (4, 5)
    named = look(record, "SELECT subject, rule FROM audit.quarantine ORDER BY subject")
    assert dict(named.iter_rows()) == {
        "invoice 111 part 1 attempt 1": "account_sealed",
        "invoice 112 part 1 attempt 1": "routing_check_digit",
        "invoice 113 part 1 attempt 1": "account_stopped",
        "invoice 114 part 1 attempt 1": "account_missing",
        "invoice 115 part 1 attempt 1": "over_entry_limit",
    }
    assert run(record, vault).rows == {}


def test_what_is_over_the_day_s_limit_waits_named_the_newest_first(record: Record, vault: Vault) -> None:
    world(record, vault, companies=2)
    tight = bank(entry_limit_cents=20_000, file_limit_cents=20_005, day_limit_cents=20_005)
    out = run(record, vault, tight)  # 10,001 and 10,002 fit, 10,003 is asked for last
    assert (out.set_aside, out.totals["ach_entries"], out.totals["quarantined"]) == ({}, 3, 1)
    named = look(record, "SELECT company_id, subject, rule, reason FROM audit.quarantine").rows()
    assert named == [
        (
            1,
            "invoice 103 part 1 attempt 1",
            "over_day_limit",
            "with it the company's debits of the day pass the bank's limit of 200.05 dollars: "
            "it waits for the next day",
        )
    ]
    assert run(record, vault, tight).rows == {}
    assert run(record, vault, tight, DAY + dt.timedelta(days=1)).totals["ach_entries"] == 1
    assert trial_balance(record, 1, 2) == {1100: -40_007, 1200: 40_007}


def test_the_day_limit_counts_earlier_files_of_the_day_but_not_void_ones(record: Record, vault: Vault) -> None:
    world(record, vault)
    run(record, vault)
    seed(record, payments__attempt=[attempt(4, account_code="B1", amount_cents=10)])
    tight = bank(entry_limit_cents=30_000, file_limit_cents=30_006, day_limit_cents=30_015)
    out = run(record, vault, tight)
    assert (out.totals["ach_files"], out.totals["quarantined"]) == (0, 1)
    void = {"company_id": 1, "file_id": 1, "event_no": 3, "state": "void", "actor": "ann", "business_date": DAY}
    seed(record, exchange__event=[void])
    # All four are free again; together they are one cent over the limit, so the newest still waits.
    assert run(record, vault, tight).totals["ach_entries"] == 3


def test_unknown_bank_sets_the_company_aside(record: Record, vault: Vault) -> None:
    seed(
        record,
        master__book=[{}],
        master__company=[{}, TWO | {"bank": "nowhere"}],
        master__bank_account=accounts(vault, "1") + accounts(vault, "2", company_id=2),
        payments__attempt=[attempt(1), attempt(1, company_id=2)],
    )
    out = run(record, vault)
    assert out.totals["ach_files"] == 1
    assert "no bank profile 'nowhere'" in out.set_aside[2]
