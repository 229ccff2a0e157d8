"""Banking: given the bank's own words, expect matches to the cent, proofs of arrival, and names for the rest."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from assets.banking.matching import to_files
from assets.banking.steps import hold_over
from assets.delivery.process import process
from assets.payments.reversals import reverse
from assets.steps import Outcome
from formats import bai2
from resources.database import Logins
from resources.record import Record
from resources.vault import Vault
from tests.support.answers import ANSWERED, arrive, drafted, no_rows, send_all
from tests.support.bank import accounts, attempt, bank, look
from tests.support.desk import PRICE, opened
from tests.support.seed import seed

NAME = "HARBOR_nacha_20261001_01.txt"


def statement_file(*lines: tuple[str, int, str, str], status: str = "1") -> bytes:
    """A statement of these transactions: type code, cents, bank reference, customer reference."""
    groups: dict[str, Any] = {"group": [0], "receiver": ["DAYBOOK"], "originator": ["011000015"], "status": [status]}
    names = ["type_code", "amount_cents", "bank_reference", "customer_reference"]
    rows = pl.DataFrame(list(lines), schema=names, orient="row")
    return bai2.write(
        bai2.Statement(
            file=pl.DataFrame(
                {"sender": ["011000015"], "receiver": ["DAYBOOK"], "creation_date": [ANSWERED], "file_id": ["1"]}
            ),
            groups=pl.DataFrame({**groups, "as_of_date": [ANSWERED]}),
            accounts=pl.DataFrame({"account": [0], "group": [0], "account_number": ["9900112233"]}),
            transactions=rows.with_columns(account=pl.lit(0)),
        )
    )


@pytest.fixture
def sent(record: Record, vault: Vault, logins: Logins) -> list[dict[str, Any]]:
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, "1", "2"),
        payments__attempt=[attempt(1), attempt(2)],
    )
    send_all(logins, vault, until="sent")
    return drafted(record)


def take(record: Record, vault: Vault, data: bytes) -> Outcome:
    run, sha256 = arrive(record, vault, data, kind="bai2")
    out = process(record, run, sha256, bank(), vault)
    assert no_rows(process(record, run, sha256, bank(), vault))
    return out


def test_lines_are_matched_and_the_file_is_acknowledged(
    record: Record, vault: Vault, sent: list[dict[str, Any]]
) -> None:
    first, second = sent
    data = statement_file(
        ("166", 20_003, "", NAME),
        ("557", first["amount_cents"], first["trace_number"], NAME),
        ("557", second["amount_cents"] + 1, second["trace_number"], NAME),  # not what we drafted
        ("166", 20_003, "", NAME),  # twice
        ("166", 5, "", "SOMEBODY_ELSE.txt"),
        ("699", 1_500, "", ""),
    )
    out = take(record, vault, data)
    assert out.totals == {"lines": 6, "matched": 2, "acknowledged": 1, "exceptions": 4}
    lines = look(
        record,
        "SELECT l.amount_cents, m.difference_cents, l.account_last4 FROM banking.statement_line l "
        "LEFT JOIN banking.match m USING (sha256, position) ORDER BY l.position",
    )
    assert lines["amount_cents"].to_list() == [20_003, -10_001, -10_003, 20_003, 5, -1_500]
    assert lines["difference_cents"].to_list() == [0, 0, None, None, None, None]
    assert lines["account_last4"].unique().to_list() == ["2233"]
    named = look(record, "SELECT kind, amount_cents FROM exchange.exception ORDER BY position")
    assert named.rows() == [
        ("unmatched_statement_line", -10_003),
        ("second_settlement", 20_003),
        ("unmatched_statement_line", 5),
        ("unmatched_statement_line", -1_500),
    ]
    state = look(record, "SELECT state, detail, actor FROM exchange.event ORDER BY event_no DESC LIMIT 1")
    assert state.rows() == [("acknowledged", "settled by the bank on 2026-10-05", "first-harbor")]
    # The next day's statement can't settle the file again.
    again = take(record, vault, statement_file(("166", 20_003, "", NAME), ("699", 1, "", "")))
    assert (again.totals["matched"], again.totals["acknowledged"]) == (0, 0)


def test_a_difference_is_named_and_a_correction_is_for_a_person(
    record: Record, vault: Vault, sent: list[dict[str, Any]]
) -> None:
    assert len(sent) == 2
    held = take(record, vault, statement_file(("166", 20_003, "", NAME), status="3"))
    assert (held.totals["lines"], held.totals["exceptions"]) == (0, 1)
    out = take(record, vault, statement_file(("166", 20_000, "", NAME)))
    assert out.totals == {"lines": 1, "matched": 1, "acknowledged": 1, "exceptions": 1}
    assert look(record, "SELECT difference_cents FROM banking.match").item() == -3
    named = look(record, "SELECT kind, amount_cents FROM exchange.exception ORDER BY kind")
    assert named.rows() == [("settlement_difference", -3), ("statement_line", 20_003)]


def test_a_statement_decides_an_unknown_file(record: Record, vault: Vault, logins: Logins) -> None:
    seed(
        record,
        master__book=[{}],
        master__company=[{}],
        master__bank_account=accounts(vault, "1"),
        payments__attempt=[attempt(1)],
    )
    send_all(logins, vault, until="unknown")
    assert take(record, vault, statement_file(("166", 10_001, "", NAME))).totals["acknowledged"] == 1


@pytest.mark.parametrize(
    ("day", "hold", "last"),
    [
        (dt.date(2026, 10, 9), 5, dt.date(2026, 10, 2)),
        (dt.date(2026, 10, 10), 5, dt.date(2026, 10, 2)),  # a Saturday counts as the Friday before
        (dt.date(2026, 10, 12), 5, dt.date(2026, 10, 2)),  # Columbus Day too
        (dt.date(2026, 10, 13), 5, dt.date(2026, 10, 5)),
        (dt.date(2026, 10, 13), 0, dt.date(2026, 10, 13)),
    ],
)
def test_the_hold_counts_banking_days(day: dt.date, hold: int, last: dt.date) -> None:
    assert hold_over(day, hold) == last


def test_a_file_of_both_signs_is_settled_by_two_lines(logins: Logins, vault: Vault) -> None:
    desk = opened(logins, vault, count=2, balanced="file", offset_account="OWN")
    desk.own_account("OWN")
    desk.night()
    desk.send()
    file = desk.look("SELECT name, debit_cents, credit_cents FROM exchange.file").row(0)
    assert file == (NAME, 2 * PRICE, 2 * PRICE)  # with the entry that levels it
    with desk.transaction() as tx:
        reverse(tx, desk.partners, entry=1, grounds="wrong_amount", actor="rita", reason="old price")
    desk.originate()
    desk.send()
    second = NAME.replace("_01.txt", "_02.txt")
    desk.day = ANSWERED
    undo = desk.entries("reversal")[0]
    lines = (
        ("166", 2 * PRICE, "", NAME),
        ("466", PRICE, "", second),
        ("257", PRICE, undo["trace_number"], second),  # the reversal comes back to us
        ("557", PRICE, undo["trace_number"], second),  # and never leaves us twice
        ("466", PRICE, "", NAME),  # nothing of the first file was a credit to others
    )
    out = desk.takes(statement_file(*lines))
    assert (out.totals["matched"], out.totals["acknowledged"]) == (4, 2)
    named = desk.look("SELECT kind, amount_cents FROM exchange.exception ORDER BY position")
    assert named.rows() == [("unmatched_statement_line", -PRICE), ("settlement_difference", -PRICE)]


def test_lines_in_and_out_of_one_file_are_each_matched_once() -> None:
    files = pl.DataFrame(
        {"company_id": [1], "file_id": [1], "name": ["F"], "debit_cents": [500], "credit_cents": [200],
         "state": ["sent"], "event_no": [4], "settled_in": [False], "settled_out": [False]}
    )  # fmt: skip
    lines = pl.DataFrame(
        {"position": [1, 2, 3], "type_code": ["166", "466", "466"], "amount_cents": [500, -200, -200],
         "reference": "F", "trace": ""}
    )  # fmt: skip
    sure, named = to_files(lines, files)
    assert sure.select("position", "difference_cents").rows() == [(1, 0), (2, 0)]
    assert named.select("position", "kind").rows() == [(3, "second_settlement")]
