"""Returns: given what a bank sends back, expect these postings, stops, retries, and names for the rest."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from pathlib import Path

import polars as pl
import pytest

from assets.banking.steps import settle
from assets.delivery.process import process
from assets.payments.originate import originate
from assets.returns.matching import _settlement_date
from assets.returns.rules import judged
from assets.steps import HOUSE, Outcome, Run, open_run, run_step
from resources.database import Logins
from resources.record import Record
from resources.sealed import ACCOUNT
from resources.vault import Vault
from tests.support.answers import ANSWERED, answer_file, arrive, back, drafted, no_rows, send_all
from tests.support.bank import accounts, attempt, bank, look, trial_balance
from tests.support.desk import PRICE, opened
from tests.support.seed import DAY, night, seed

GUILD = {"company_id": 2, "code": "GUILD", "ach_company_id": "1222222222", "ach_company_name": "GUILD"}


@pytest.fixture
def sent(record: Record, vault: Vault, logins: Logins) -> list[dict[str, object]]:
    """Six entries of company 1 (the last a third try) and one of company 2, sent; as the bank sees them."""
    numbers = ["100001", "100002", "100003", "100004", "100005", "100006"]
    seed(
        record,
        master__book=[{}],
        master__company=[{}, GUILD],
        master__bank_account=accounts(vault, *numbers) + accounts(vault, "200001", company_id=2),
        payments__attempt=[
            *(attempt(n) for n in range(1, 6)),
            attempt(6, attempt_no=3),
            attempt(1, company_id=2, amount_cents=500),
        ],
    )
    send_all(logins, vault)
    return drafted(record)


def take(record: Record, vault: Vault, data: bytes, day: dt.date = ANSWERED) -> Outcome:
    run, sha256 = arrive(record, vault, data, day=day)
    return process(record, run, sha256, bank(), vault)


def exceptions(record: Record) -> list[str]:
    return look(record, "SELECT kind FROM exchange.exception ORDER BY position, kind")["kind"].to_list()


def test_returns_are_posted_once_by_the_code_of_each(record: Record, vault: Vault, sent: list) -> None:
    one, two, three, _, five, six, guild = sent
    rows = [
        back(one, "R01"),
        back(two, "R02"),
        back(three, "R10"),
        back(six, "R09"),
        back(guild, "R97"),
        back(one, "R01"),  # the same return again in the same file
        back(five, "R01", amount_cents=1),
        back(five, "R01", trace_number="011000019999999"),
        back(five, "R01", individual_id="7"),
        back(five, "R67", kind="99D", return_trace="0" * 15, return_settlement_day="278", return_reason="01"),
    ]
    data = answer_file(rows)
    out = take(record, vault, data)
    assert out.totals == {
        "returns": 5,
        "returned_cents": sum(e["amount_cents"] for e in (one, two, three, six, guild)),
        "notices": 0,
        "accounts_changed": 0,
        "accounts_stopped": 3,
        "exceptions": 5,
    }
    posted = look(
        record,
        "SELECT company_id, entry_id, code, amount_cents, retry_on, after_settlement, settlement_date "
        "FROM returns.returned ORDER BY company_id, entry_id",
    )
    later = dt.date(2026, 10, 10)
    assert posted.select("company_id", "code", "retry_on").rows() == [
        (1, "R01", later),
        (1, "R02", None),
        (1, "R10", None),
        (1, "R09", None),  # the third try was the last
        (2, "R97", None),
    ]
    assert posted["settlement_date"].unique().to_list() == [ANSWERED]
    stops = look(record, "SELECT company_id, account_id, code, stop FROM returns.account_stop ORDER BY 1, 2")
    assert stops.rows() == [(1, 2, "R02", "hold"), (1, 3, "R10", "yes"), (2, 1, "R97", "review")]
    assert exceptions(record).count("unmatched_return") == 3
    assert {"unknown_return_code", "dishonored_return", "file_check"} >= set(exceptions(record)) - {"unmatched_return"}
    left = 10_004 + 10_005  # what was not returned is still on its way
    assert trial_balance(record, 1, 2) == {1100: -left, 1200: left}
    # The same file; the same returns in another file; another code for the same entry.
    run, sha256 = arrive_again(record, data)
    assert no_rows(process(record, run, sha256, bank(), vault))
    again = take(record, vault, answer_file(rows[:5], day=ANSWERED + dt.timedelta(days=1)))
    assert "returns.returned" not in again.rows
    second = take(record, vault, answer_file([back(one, "R03")]))
    assert second.totals["exceptions"] == 1
    assert "second_return" in exceptions(record)


def arrive_again(record: Record, data: bytes) -> tuple[Run, str]:
    run = open_run(record, job="inbound", book=HOUSE, business_date=ANSWERED)
    return run, hashlib.sha256(data).hexdigest()


def test_money_that_was_ours_goes_back_out_of_cash(record: Record, vault: Vault, sent: list) -> None:
    run = night(record, business_date=dt.date(2026, 10, 9))
    step = functools.partial(settle, partners=bank())
    assert run_step(record, run, "banking.settle", step).totals == {"settled": 7, "settled_cents": 60_521}
    assert no_rows(run_step(record, run, "banking.settle", step))
    assert trial_balance(record, 1, 2) == {1000: 60_521, 1100: -60_521}
    take(record, vault, answer_file([back(sent[0], "R07")]), day=dt.date(2026, 11, 20))
    assert look(record, "SELECT after_settlement FROM returns.returned").item() is True
    assert trial_balance(record, 1, 2) == {1000: 50_520, 1100: -50_520}


def test_returned_money_never_settles(record: Record, vault: Vault, sent: list) -> None:
    take(record, vault, answer_file([back(sent[0], "R01")]))
    step = functools.partial(settle, partners=bank())
    early = run_step(record, night(record, business_date=dt.date(2026, 10, 8)), "banking.settle", step)
    assert early.totals["settled"] == 0  # effective on the 2nd; five banking days end on the 9th
    run = night(record, business_date=dt.date(2026, 10, 9))
    assert run_step(record, run, "banking.settle", step).totals["settled"] == 6
    trial_balance(record, 1, 2)


def test_notices_make_new_versions_and_the_next_draft_uses_them(record: Record, vault: Vault, sent: list) -> None:
    one, two, three, four, five, *_ = sent
    rows = [
        back(one, "C01", corrected_data="987654321"),
        back(two, "C02", corrected_data="011000016"),  # fails its check digit: not for guessing
        back(three, "C03", corrected_data="091000019   55-66"),
        back(four, "C05", corrected_data="37"),
        back(five, "C01", corrected_data="100005"),  # what we have
        back(five, "C09", corrected_data="22"),
        back(one, "C05", corrected_data="37"),  # a second one about the same account
    ]
    out = take(record, vault, answer_file(rows))
    assert (out.totals["notices"], out.totals["accounts_changed"]) == (7, 3)
    outcomes = look(record, "SELECT code, account_id, outcome FROM returns.notice ORDER BY position")
    assert outcomes["outcome"].to_list() == [
        "applied",
        "not applied: the new routing number is not valid",
        "applied",
        "applied",
        "already so",
        "not applied: it is about nothing that an account holds",
        "not applied: another notice of the same file changed the account",
    ]
    versions = look(record, "SELECT * FROM master.bank_account WHERE version = 2 ORDER BY company_id, account_id")
    clear = vault.open(versions["company_id"], versions["account_sealed"], ACCOUNT)
    shown = versions.select("code", "routing", "account_type", "account_last4", "source").with_columns(account=clear)
    assert shown.rows() == [
        ("B1", "011000015", "checking", "4321", "C01", "987654321"),
        ("B3", "091000019", "checking", "66", "C03", "55-66"),
        ("B4", "011000015", "savings", "004", "C05", "100004"),
    ]
    assert exceptions(record).count("notice_not_applied") == 3
    assert "987654321" not in str(look(record, "SELECT detail FROM exchange.exception")["detail"].to_list())
    # The same notice from another file changes nothing more.
    again = take(record, vault, answer_file(rows[:1], day=ANSWERED + dt.timedelta(days=1)))
    assert "master.bank_account" not in again.rows
    seed(record, payments__attempt=[attempt(9, account_code="B1", business_date=ANSWERED)])
    step = functools.partial(originate, partners=bank(), vault=vault)
    run_step(record, night(record, business_date=ANSWERED), "payments.originate", step)
    drafts = look(record, "SELECT account_id FROM payments.ach_entry WHERE source_id = 9")
    assert drafts["account_id"].to_list() == [versions["account_id"][0]]


def test_answers_to_a_file_that_never_left_are_for_a_person(record: Record, vault: Vault, logins: Logins) -> None:
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, "1"),
        payments__attempt=[attempt(1)],
    )
    send_all(logins, vault, until="checked")
    out = take(record, vault, answer_file([back(drafted(record)[0], "R01")]))
    assert (out.totals["returns"], exceptions(record)) == (0, ["answer_to_unsent"])


def test_a_strangers_return_file_ends_as_named_exceptions(record: Record, vault: Vault, corpus: Path) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    stranger = (corpus / "nacha" / "ach" / "testdata" / "return-WEB.ach").read_bytes()
    out = take(record, vault, stranger)
    assert out.totals["returns"] == 0
    assert out.totals["exceptions"] == 2
    assert exceptions(record) == ["unmatched_return", "unmatched_return"]
    run, sha256 = arrive_again(record, stranger)
    assert no_rows(process(record, run, sha256, bank(), vault))
    assert record.read("delivery/inbound_waiting").is_empty()


@pytest.mark.parametrize(
    ("code", "attempt_no", "first", "retry"),
    [
        ("R01", 1, DAY, True),
        ("R09", 2, DAY, True),
        ("R01", 3, DAY, False),
        ("R02", 1, DAY, False),
        ("R08", 1, DAY, False),  # only with fresh approval
        ("R01", 1, dt.date(2026, 4, 14), False),  # the retry would fall on the 181st day
        ("R01", 1, dt.date(2026, 4, 15), True),
        ("R90", 1, DAY, False),  # not in force before 2028
    ],
)
def test_retry(code: str, attempt_no: int, first: dt.date, *, retry: bool) -> None:
    frame = pl.DataFrame({"code": [code], "attempt_no": [attempt_no], "first_effective": [first]})
    row = judged(frame, dt.date(2026, 10, 7), 5).row(0, named=True)
    assert row["retry_on"] == (dt.date(2026, 10, 12) if retry else None)
    assert (row["known"], row["stop"]) == ((False, "review") if code == "R90" else (True, row["stop"]))


@pytest.mark.parametrize(
    ("day", "on", "date"),
    [
        ("278", dt.date(2026, 10, 6), dt.date(2026, 10, 5)),
        ("365", dt.date(2027, 1, 4), dt.date(2026, 12, 31)),
        ("002", dt.date(2026, 12, 31), dt.date(2026, 1, 2)),
        ("", dt.date(2026, 10, 6), dt.date(2026, 10, 4)),
        ("999", dt.date(2026, 10, 6), dt.date(2026, 10, 4)),
    ],
)
def test_the_settlement_day_finds_its_year(day: str, on: dt.date, date: dt.date) -> None:
    frame = pl.DataFrame({"settlement_day": [day], "creation_date": [dt.date(2026, 10, 4)]})
    assert frame.select(_settlement_date(on)).item() == date


def test_a_prenote_that_comes_back_moves_no_money_and_stops_its_account(logins: Logins, vault: Vault) -> None:
    desk = opened(logins, vault, count=2, prenote="always")
    asked = desk.night()
    assert (asked["prenotes"], asked["ach_entries"], asked["ach_debit_cents"]) == (4, 4, 0)
    desk.send()
    desk.day = ANSWERED
    first, second = (e for e in desk.entries("prenote") if e["account_code"] in ("B1", "B2"))
    assert desk.come_back(first, "R03").totals["accounts_stopped"] == 1
    told = desk.come_back(second, "C01", corrected_data="987654321").totals
    assert (told["notices"], told["accounts_changed"]) == (1, 1)
    shown = desk.look("SELECT amount_cents, journal_id, retry_on FROM returns.returned").row(0)
    assert shown == (0, None, None)
    desk.prove()
    # After three banking days the changed account is drafted; the refused one never.
    later = desk.night(dt.date(2026, 10, 9))
    assert (later["ach_entries"], later["ach_debit_cents"]) == (1, PRICE)
    assert desk.entries("premium")[0]["account_id"] == 5
    desk.prove()


def test_a_void_files_entry_is_not_what_came_back(logins: Logins, vault: Vault) -> None:
    desk = opened(logins, vault, count=1)
    desk.night()
    desk.void(1)
    desk.day += dt.timedelta(days=1)
    assert desk.originate().totals["voided"] == 1
    desk.send()
    void, live = desk.entries()
    assert void["trace_number"] == live["trace_number"]  # traces begin anew every night
    desk.day = dt.date(2026, 10, 6)
    assert desk.come_back(live, "R01").totals["returns"] == 1
    assert desk.look("SELECT entry_id FROM returns.returned").item() == live["entry_id"]
    desk.prove()
