"""A person's acts from the command line to the record: under his name, with a reason, in the chain of actions."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.payments.segments import coded
from assets.returns.rates import return_rates
from formats.errors import GuardError, RecordError, SettingsError
from formats.nacha.reversal import OPPOSITE
from pipelines.acts import latest_day, let_go, pay_payees, rates, refund_invoice, reverse_entries
from resources import desk as real
from resources.database import Logins
from resources.home import Home
from resources.vault import Vault
from tests.support.bank import accounts
from tests.support.cli import daybook
from tests.support.desk import COMMISSION_PART, PRICE, Desk, opened
from tests.support.seed import DAY

WHO = {"actor": "rita", "reason": "wrong month"}


@pytest.fixture
def books(logins: Logins, vault: Vault) -> Desk:
    """Two drafts, sent."""
    books = opened(logins, vault, count=2)
    books.night()
    books.send()
    return books


@pytest.fixture
def desk(books: Desk, tmp_path: Path) -> real.Desk:
    found = real.Desk(Home(tmp_path / "var").make(), logins=books.logins)
    found.__dict__["partners"] = books.partners
    return found


def test_acts_are_under_a_name_and_in_the_chain(desk: real.Desk, books: Desk) -> None:
    told = reverse_entries(desk, "HARBOR", entry=1, file=None, grounds="wrong_date", **WHO)
    assert (told[0]["entry_id"], told[0]["amount_cents"], told[0]["refusal"]) == (1, PRICE, None)
    assert latest_day(desk) == DAY
    books.day = dt.date(2026, 10, 8)
    books.night(dt.date(2026, 10, 9))
    paid = pay_payees(desk, "commission", business_date=dt.date(2026, 10, 9), **WHO)
    assert paid == [{"company": "HARBOR", "subject": "A1/2026-10-09", "amount_cents": 2 * COMMISSION_PART}]
    assert pay_payees(desk, "commission", business_date=dt.date(2026, 10, 9), **WHO) == []
    chain = books.look("SELECT actor, action, object, reason FROM audit.action WHERE actor = 'rita' ORDER BY action_no")
    assert chain.rows() == [
        ("rita", "reverse", "HARBOR: entries 1", "wrong_date: wrong month"),
        ("rita", "payout", "every company: 1 of commission", "wrong month"),
        ("rita", "payout", "every company: 0 of commission", "wrong month"),
    ]
    runs = books.look(
        "SELECT DISTINCT r.actor, r.job FROM payments.instruction n JOIN audit.run r USING (run_no) ORDER BY 2"
    )
    assert runs.rows() == [("rita", "payout"), ("rita", "reverse")]
    assert books.read("audit/check_chain").is_empty()


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        ({"actor": "  "}, GuardError, "needs the name"),
        ({"reason": " "}, GuardError, "needs a reason"),
        ({"company": "NOBODY"}, SettingsError, "no company is called NOBODY"),
        ({"entry": 99}, RecordError, "no entry 99"),
        ({"file": 1}, GuardError, "one entry or one file"),
        ({"entry": None}, GuardError, "one entry or one file"),
    ],
)
def test_what_is_missing_is_said(
    desk: real.Desk, act: dict[str, Any], error: type[Exception], words: str, books: Desk
) -> None:
    wish = {"company": "HARBOR", "entry": 1, "file": None, "grounds": "wrong_date", **WHO, **act}
    company = wish.pop("company")
    with pytest.raises(error, match=words):
        reverse_entries(desk, company, **wish)
    with pytest.raises(GuardError, match="no credit"):
        refund_invoice(desk, "HARBOR", 1, None, **WHO)
    assert books.look("SELECT count(*) FROM payments.instruction").item() == 0


def test_a_payees_new_account_is_let_go_by_somebody_else(desk: real.Desk, books: Desk) -> None:
    (new,) = accounts(books.vault, "770199")
    changed = {
        **new,
        "account_id": 50,
        "code": "AG",
        "version": 2,
        "given_on": DAY,
        "owner": "agent",
        "owner_code": "A1",
    }
    old = books.look("SELECT * FROM master.bank_account WHERE code = 'AG'").drop("run_no", "booked_at")
    with books.transaction() as tx:  # rita changes it
        row = old.with_columns(pl.lit(value, old.schema[name]).alias(name) for name, value in changed.items())
        tx.append("master.bank_account", row)
    with books.transaction() as tx:
        tx.append("payments.instruction", _payout(books))
    out = books.originate().totals
    assert (out["ach_held"], out["ach_entries"]) == (1, 0)
    with pytest.raises(GuardError, match="rita brought in version 2"):
        let_go(desk, "HARBOR", "AG", business_date=DAY, **WHO)
    with pytest.raises(GuardError, match="is a payer's"):
        let_go(desk, "HARBOR", "B1", business_date=DAY, actor="omar", reason="called back")
    told = let_go(desk, "HARBOR", "AG", business_date=DAY, actor="omar", reason="called back on the known number")
    assert told == {"account": "AG", "version": 2, "owner": "agent", "owner_code": "A1"}
    assert books.originate().totals["ach_entries"] == 1
    with pytest.raises(GuardError, match="omar has let go version 2"):
        let_go(desk, "HARBOR", "AG", business_date=DAY, actor="ruth", reason="again")
    with pytest.raises(RecordError, match="no account XX"):
        let_go(desk, "HARBOR", "XX", business_date=DAY, actor="ruth", reason="again")


def _payout(books: Desk) -> pl.DataFrame:
    return pl.DataFrame([{
        "company_id": 1, "instruction_id": 1, "purpose": "commission", "subject": f"A1/{DAY}", "direction": "credit",
        "account_code": "AG", "amount_cents": 500, "sec": "PPD", "description": "COMMISSION", "individual_id": "A1",
        "wanted_date": DAY, "requested_by": "test", "business_date": DAY,
    }])  # fmt: skip


def test_return_rates(desk: real.Desk, books: Desk) -> None:
    books.day = dt.date(2026, 10, 5)
    books.come_back(books.entries()[0], "R10")
    shown = [(row["kind"], row["drafts"], row["returned"], row["rate_e4"], row["over"]) for row in rates(desk)]
    assert shown == [
        ("unauthorized", 2, 1, 5000, True), ("administrative", 2, 0, 0, False), ("overall", 2, 1, 5000, True),
    ]  # fmt: skip
    assert rates(desk, dt.date(2026, 11, 30)) == []  # sixty days later


def test_a_rate_at_its_threshold_is_not_over_it() -> None:
    counts = pl.DataFrame(
        {"company": "C", "bank": "b", "code": ["R29", "R02", "R01", "R97", None], "entries": [1, 6, 22, 1, 170]}
    )
    rows = return_rates(counts)
    # 200 drafts: 1 is 0.5 %, 6 are 3 %, 30 are 15 %, a code of a bank's own among them.
    assert rows.select("kind", "returned", "rate_e4", "over").rows() == [
        ("unauthorized", 1, 50, False), ("administrative", 6, 300, False), ("overall", 30, 1500, False),
    ]  # fmt: skip
    more = return_rates(counts.with_columns(entries=pl.Series([1, 6, 22, 1, 169])))
    assert more["over"].to_list() == [True, True, True]


@pytest.mark.parametrize(("account", "credit", "debit"), [("checking", 22, 27), ("savings", 32, 37)])
def test_the_desk_swaps_codes_as_the_standard_does(account: str, credit: int, debit: int) -> None:
    rows = pl.DataFrame({"account_type": account, "direction": ["credit", "debit"], "purpose": "reversal"})
    assert coded(rows)["transaction_code"].to_list() == [credit, debit]
    assert OPPOSITE[credit] == debit
    assert OPPOSITE[debit] == credit


def test_the_command_line(books: Desk, tmp_path: Path) -> None:
    env = {"DAYBOOK_DATABASE_URL": books.logins.runtime, "DAYBOOK_RELEASER_URL": books.logins.releaser}
    home = tmp_path / "home"
    told = daybook(home, "return-rates", "--json", env=env)
    assert [row["kind"] for row in told.json["rates"]] == ["unauthorized", "administrative", "overall"]
    refused = daybook(home, "refund", "HARBOR", "--invoice", "1", "--as", "rita", "--reason", "asked", env=env)
    assert (refused.code, "invoice 1 is no credit" in refused.plain()) == (1, True)
    wrong = daybook(
        home, "refund", "HARBOR", "--invoice", "1", "--amount", "1.001", "--as", "r", "--reason", "x", env=env
    )
    assert (wrong.code, "whole cents" in wrong.err) == (2, True)
    assert daybook(home, "reverse", "HARBOR", "--grounds", "no-money", "--as", "r", "--reason", "x", env=env).code == 2
