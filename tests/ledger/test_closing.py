"""Closing a month and the weekly audit: what does not prove is refused, by name."""

from __future__ import annotations

import datetime as dt
import functools
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from assets.billing.steps import charge
from assets.ledger.steps import audit, close_month
from assets.steps import Outcome, run_step, run_whole
from formats.errors import GuardError, RecordError
from resources.database import Logins, connect
from resources.record import Record
from resources.sealed import FILE_OUT
from resources.vault import Vault
from tests.support.answers import send_all
from tests.support.bank import accounts, attempt, look
from tests.support.seed import DAY, ONE_MEMBER, night, seed

SECOND_DAY = dt.date(2026, 11, 2)
GUILD = {"company_id": 2, "code": "GUILD"}
BOTH = {
    **ONE_MEMBER,
    "master__company": [{}, GUILD],
    "master__person": [{}, {"company_id": 2}],
    "master__bank_account": [{}, {"company_id": 2}],
    "master__subscription": [{}, {"company_id": 2}],
}


def bill(record: Record, day: dt.date) -> Outcome:
    return run_step(record, night(record, business_date=day), "billing.charges", charge)


def close(record: Record, day: dt.date = SECOND_DAY) -> Outcome:
    return run_step(record, night(record, business_date=day), "ledger.close", close_month)


def closed(record: Record) -> list[tuple[int, dt.date]]:
    return look(record, "SELECT company_id, month FROM ledger.closed_month ORDER BY 1, 2").rows()


def by_force(logins: Logins, table: str, statement: LiteralString, *values: object) -> None:
    """What somebody with the owner's password could do: switch the guards of a table off, and change it."""
    with connect(logins.owner) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
        guards = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
        name = sql.Identifier(*table.split("."))
        session.execute(guards.format(name, sql.SQL("DISABLE")))
        assert session.execute(statement, values).rowcount == 1
        session.execute(guards.format(name, sql.SQL("ENABLE")))


@pytest.fixture
def billed(record: Record) -> Record:
    """Two companies with October's charges."""
    seed(record, **BOTH)
    assert bill(record, DAY).totals["billed_cents"] != 0
    return record


def test_a_month_is_closed_once(billed: Record) -> None:
    assert close(billed).totals == {"months_closed": 2}
    assert closed(billed) == [(1, dt.date(2026, 10, 1)), (2, dt.date(2026, 10, 1))]
    again = close(billed, dt.date(2026, 11, 3))
    assert (again.totals, again.rows) == ({"months_closed": 0}, {})


def test_a_closed_month_takes_no_more_journals_and_the_next_one_does(billed: Record, logins: Logins) -> None:
    close(billed)
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.subscription SET end_date = '2026-10-01'")  # learned late: not covered any more
    out = bill(billed, dt.date(2026, 10, 31))
    assert out.rows == {}
    assert list(out.set_aside) == [1]  # the other company had nothing to book
    assert "the month of 2026-10-31 is closed for company 1" in out.set_aside[1]
    # The same fact is booked in the open month.
    assert bill(billed, SECOND_DAY).rows["ledger.journal"] == 2
    dates = look(billed, "SELECT DISTINCT business_date FROM ledger.journal ORDER BY 1")["business_date"]
    assert dates.to_list() == [DAY, SECOND_DAY]


@pytest.mark.parametrize(
    ("table", "statement", "hint"),
    [
        (
            "ledger.posting",
            "UPDATE ledger.posting SET amount_cents = amount_cents + 1 WHERE company_id = 1 AND account = 1100",
            "company 1 is out of balance by 1 cents",
        ),
        (
            "billing.line",
            "UPDATE billing.line SET amount_cents = amount_cents + 1 WHERE company_id = 1 AND line_id = 1",
            "company 1, account 1100 Premium receivable: the ledger says",
        ),
    ],
)
def test_a_ledger_that_does_not_prove_is_not_closed(
    billed: Record, logins: Logins, table: str, statement: str, hint: str
) -> None:
    by_force(logins, table, statement)
    out = close(billed)
    # The broken company is set aside by name; the other one's month is closed.
    assert list(out.set_aside) == [1]
    assert "the month can't be closed" in out.set_aside[1]
    assert hint in out.set_aside[1]
    assert closed(billed) == [(2, dt.date(2026, 10, 1))]


def run_audit(record: Record, vault: Vault) -> Outcome:
    return run_whole(record, night(record), "ledger.audit", functools.partial(audit, vault=vault))


@pytest.fixture
def audited(record: Record, vault: Vault, logins: Logins) -> Record:
    """Two companies, a file each, two approvals; all of it proves."""
    seed(
        record,
        master__book=[{}],
        master__company=[{}, {**GUILD, "ach_company_id": "1222222222", "ach_company_name": "GUILD"}],
        master__bank_account=accounts(vault, "12345") + accounts(vault, "67890", company_id=2),
        payments__attempt=[attempt(1), attempt(1, company_id=2)],
    )
    send_all(logins, vault)
    return record


def test_an_audit_opens_every_file_and_books_nothing(audited: Record, vault: Vault) -> None:
    assert look(audited, "SELECT 1 FROM audit.action").height == 2
    out = run_audit(audited, vault)
    assert (out.totals, out.rows) == ({"files_opened": 2}, {})


def test_an_audit_finds_a_stored_file_that_was_exchanged(audited: Record, vault: Vault, logins: Logins) -> None:
    other = vault.seal_bytes(2, FILE_OUT, b"101 another file")
    by_force(logins, "exchange.content", "UPDATE exchange.content SET sealed = %s WHERE company_id = 2", other)
    with pytest.raises(GuardError, match="not the one that was registered") as found:
        run_audit(audited, vault)
    assert found.value.where == "company 2, GUILD_nacha_20261001_01.txt"


def test_an_audit_finds_a_stored_file_that_was_damaged(audited: Record, vault: Vault, logins: Logins) -> None:
    flip = "UPDATE exchange.content SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1) WHERE company_id = 2"
    by_force(logins, "exchange.content", flip)
    with pytest.raises(RecordError, match="company 2"):
        run_audit(audited, vault)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.action SET reason = 'looked at it' WHERE action_no = 2",
        "DELETE FROM audit.action WHERE action_no = 1",
    ],
)
def test_an_audit_finds_a_changed_action(
    audited: Record, vault: Vault, logins: Logins, statement: LiteralString
) -> None:
    by_force(logins, "audit.action", statement)
    with pytest.raises(GuardError, match="the full audit found a difference") as found:
        run_audit(audited, vault)
    assert found.value.where == "audit/check_chain"


def test_an_audit_finds_money_that_was_changed(audited: Record, vault: Vault, logins: Logins) -> None:
    more = "UPDATE payments.ach_entry SET amount_cents = amount_cents + 100 WHERE company_id = 2"
    by_force(logins, "payments.ach_entry", more)
    with pytest.raises(GuardError, match="full audit") as found:
        run_audit(audited, vault)
    assert found.value.where == "ledger/check_subledgers"


def test_the_guards_hold_against_the_owner_by_mistake(audited: Record, logins: Logins) -> None:
    mistakes: list[LiteralString] = [
        "UPDATE ledger.posting SET amount_cents = 0",
        "DELETE FROM audit.action",
        "TRUNCATE exchange.content",
    ]
    for mistake in mistakes:
        with connect(logins.owner) as session, session.transaction():
            session.execute("SELECT set_config('daybook.companies', '{1,2}', true)")
            with pytest.raises(psycopg.errors.RestrictViolation, match="rows here are never changed"):
                session.execute(mistake)
            raise psycopg.Rollback
