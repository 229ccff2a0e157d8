"""Whatever happens in whatever order, every journal sums to zero and every account is its subledger.

Hypothesis draws a course of days and acts over one small company; the steps are the real ones.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.payments.refunds import refund
from assets.payments.reversals import reverse
from formats.errors import GuardError
from formats.nacha.calendar import add_banking_days
from resources.database import Logins
from resources.vault import Vault
from tests.support.bank import bank
from tests.support.desk import Desk, members
from tests.support.seed import DAY, seed

_TERMS = {"payout_days": tuple(range(1, 32)), "return_fee_cents": 2_500, "return_fee_notice": True, "prenote": "new"}
_RETURNS = {"debit": ("R01", "R03", "R07", "R09"), "credit": ("R03", "R23")}
_CHECKED = """
SELECT f.file_id FROM exchange.file f
WHERE (SELECT state FROM exchange.event v WHERE v.file_id = f.file_id AND v.company_id = f.company_id
       ORDER BY event_no DESC LIMIT 1) = 'checked' ORDER BY 1
"""
_SENT = """
SELECT e.entry_id FROM payments.ach_entry e
WHERE (SELECT v.state FROM exchange.event v WHERE v.company_id = e.company_id AND v.file_id = e.file_id
       ORDER BY event_no DESC LIMIT 1) = 'sent' ORDER BY 1
"""
ACTS = ("night", "week", "week", "send", "return", "return", "return", "reverse", "reverse", "refund", "void")


class Course:
    """One company, living through what is drawn."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.left = 0
        self.told: set[tuple[int, str, dt.date]] = set()

    def do(self, act: str, pick: int) -> None:
        getattr(self, f"_{act}")(pick)

    def _night(self, pick: int) -> None:
        self.desk.night(add_banking_days(self.desk.day, 1 + pick % 4))

    def _week(self, _pick: int) -> None:
        """All that is under way settles; what it earned is paid out and sent."""
        self._send(0)
        self.desk.night(add_banking_days(self.desk.day, 6))
        self.desk.send()

    def _send(self, _pick: int) -> None:
        self.desk.originate()
        self.desk.send()

    def _return(self, pick: int) -> None:
        if entry := self._one(pick):
            codes = _RETURNS["debit" if entry["transaction_code"] % 10 >= 5 else "credit"]
            told = (entry["entry_id"], codes[pick % len(codes)], self.desk.day)
            if told not in self.told:  # the same words on the same day are the same file
                self.told.add(told)
                self.desk.come_back(entry, told[1])

    def _reverse(self, pick: int) -> None:
        if entry := self._one(pick):
            try:
                with self.desk.transaction() as tx:
                    number = entry["entry_id"]
                    reverse(
                        tx, self.desk.partners, entry=number, grounds="wrong_date", actor="rita", reason="too early"
                    )
            except GuardError:
                return

    def _refund(self, pick: int) -> None:
        """A member turns out never to have been covered: what he paid is credit, and he wants it back."""
        self.left += 1
        gone = f"UPDATE master.subscription SET end_date = start_date WHERE subscription_id = {self.left} RETURNING 1"
        with self.desk.transaction() as tx:
            tx.select(gone)
        self._night(pick)
        there = self.desk.look("SELECT invoice_id, left_cents FROM payments.credit_left ORDER BY 1").rows()
        for invoice, left in there[:1]:
            with self.desk.transaction() as tx:
                refund(tx, invoice, left - pick * 100, actor="rita", reason="asked for it")

    def _void(self, _pick: int) -> None:
        self.desk.originate()
        files = self.desk.look(_CHECKED)["file_id"].to_list()
        if files:
            self.desk.void(files[0])

    def _one(self, pick: int) -> dict[str, Any] | None:
        """One of the entries that were sent; it may have come back or been reversed already."""
        found = self.desk.look(_SENT)["entry_id"].to_list()
        entries = self.desk.entries()
        return next((e for e in entries if found and e["entry_id"] == found[pick % len(found)]), None)


_SHARED = {"vendor", "product", "fee", "price", "agent", "commission_rate", "book"}


def live(desk: Desk, acts: list[str], picks: list[int]) -> None:
    """One company from its first night to a fortnight after the last act, proved at every step."""
    rows = members(desk.vault, 4, desk.company)
    if desk.company > 1:
        rows = {name: given for name, given in rows.items() if name.removeprefix("master__") not in _SHARED}
    seed(desk.record, **rows)
    life = Course(desk)
    for act, pick in [("night", 0), ("send", 0), *zip(acts, picks, strict=True), ("night", 3)]:
        life.do(act, pick)
        desk.prove()
    desk.night(desk.day + dt.timedelta(days=14))
    desk.prove()
    assert desk.instruct().rows == {}
    assert desk.originate().rows == {}


def test_the_books_hold_whatever_happens(logins: Logins, vault: Vault) -> None:
    companies, seen = iter(range(1, 100)), set()

    # Every course holds every act. Without shrinking: a course takes seconds, and the one that fails is told.
    @settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(st.permutations(ACTS), st.lists(st.integers(0, 11), min_size=len(ACTS), max_size=len(ACTS)))
    def courses(acts: list[str], picks: list[int]) -> None:
        desk = Desk(logins, vault, bank(**_TERMS), company=next(companies), day=DAY)
        live(desk, acts, picks)
        seen.update(entry["purpose"] for entry in desk.entries())

    courses()
    assert seen == {"premium", "return_fee", "reversal", "refund", "commission", "remittance"}
