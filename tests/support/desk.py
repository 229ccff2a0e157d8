"""A small company whose money really goes round: billed, drafted, sent, settled, paid out, returned, reversed."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from assets.banking.steps import settle
from assets.billing.steps import charge
from assets.commissions.steps import accrue as accrue_commissions
from assets.delivery.approval import approve, decide
from assets.delivery.inbound import kind_of
from assets.delivery.process import process
from assets.payables.steps import accrue as accrue_payables
from assets.payments.instruct import instruct
from assets.payments.originate import originate
from assets.payments.steps import plan_attempts
from assets.steps import Outcome, Run, Step, open_run, run_step
from resources.database import Logins
from resources.partners import Partner
from resources.record import Record, Tx
from resources.vault import Vault
from tests.support.answers import answer_file, arrive, back
from tests.support.bank import accounts, bank
from tests.support.seed import DAY, ONE_MEMBER, seed

PRICE, VENDOR_PART, COMMISSION_PART = 37_240, 26_840, 3_724  # of seed's price and its rate of 10 %
_ENTRIES = """
SELECT e.company_id, e.entry_id, e.file_id, e.purpose, e.source_id, e.cut, e.sec, e.description, e.transaction_code,
  e.amount_cents, e.signed_cents, e.individual_id, e.trace_number, e.effective_date, e.reverses, e.contra, e.addenda,
  e.account_id, left(b.routing, 8) AS rdfi, b.code AS account_code
FROM payments.ach_entry e JOIN master.bank_account b USING (company_id, account_id) ORDER BY e.company_id, e.entry_id
"""


def members(vault: Vault, count: int, company: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Rows for `seed`: one company of members with a subscription each, an agent and a vendor with accounts."""
    key = {"company_id": company}
    people = [{**key, "person_id": n, "code": f"M{n}"} for n in range(1, count + 1)]
    paying = accounts(vault, *(f"44{company:02d}000{n}" for n in range(1, count + 1)), **key)
    payees = accounts(vault, f"77{company:02d}0001", f"88{company:02d}0001", **key)
    owners = (("agent", "A1", "AG"), ("vendor", "evergreen", "VN"))
    return {
        **ONE_MEMBER,
        "master__company": [{**key, **({} if company == 1 else {"code": f"C{company}"})}],
        "master__person": people,
        "master__bank_account": [
            *({**row, "person_id": n, "owner": "payer", "owner_code": ""} for n, row in enumerate(paying, start=1)),
            *(
                {**row, "account_id": count + at, "code": code, "owner": owner, "owner_code": whose, "version": 1}
                for at, (row, (owner, whose, code)) in enumerate(zip(payees, owners, strict=True), start=1)
            ),
        ],
        "master__subscription": [
            {**key, "subscription_id": n, "code": f"S{n}", "person_id": n, "account_code": f"B{n}",
             "start_date": DAY} for n in range(1, count + 1)
        ],
    }  # fmt: skip


@dataclass
class Desk:
    """One company's books and bank, and what a test does with them."""

    logins: Logins
    vault: Vault
    partners: dict[str, Partner] = field(default_factory=bank)
    company: int = 1
    day: dt.date = DAY

    @cached_property
    def record(self) -> Record:
        return Record(self.logins.runtime)

    def run(self, job: str = "night", actor: str = "night") -> Run:
        made = open_run(self.record, job=job, book="north", business_date=self.day, actor=actor)
        return Run(made.run_no, made.book, made.business_date, (self.company,), actor)

    def step(self, name: str, step: Step) -> Outcome:
        out = run_step(self.record, self.run(), name, step)
        assert out.set_aside == {}
        return out

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One of a person's act."""
        run = self.run("act", "rita")
        with self.record.step(
            "payments.act", run_no=run.run_no, companies=[self.company], business_date=self.day, exclusive=True
        ) as tx:
            yield tx

    def instruct(self) -> Outcome:
        return self.step("payments.instruct", functools.partial(instruct, partners=self.partners))

    def originate(self) -> Outcome:
        work = functools.partial(originate, partners=self.partners, vault=self.vault)
        return self.step("payments.originate", work)

    def night(self, day: dt.date | None = None) -> dict[str, int]:
        """The money steps of a night, in their order; all totals together."""
        self.day = day or self.day
        totals: dict[str, int] = {}
        for name, step in (
            ("banking.settle", functools.partial(settle, partners=self.partners)),
            ("billing.charges", charge),
            ("payments.attempts", plan_attempts),
            ("payables.accrue", accrue_payables),
            ("commissions.accrue", accrue_commissions),
        ):
            totals |= self.step(name, step).totals
        return totals | self.instruct().totals | self.originate().totals

    def send(self, until: str = "sent") -> None:
        """Approve and send every file that waits; `until` says how far they get."""
        waiting = self.look(
            "SELECT f.file_id, f.sha256, f.approvals_needed FROM exchange.file f WHERE f.kind = 'nacha' AND "
            "(SELECT v.state FROM exchange.event v WHERE v.company_id = f.company_id AND v.file_id = f.file_id "
            "ORDER BY event_no DESC LIMIT 1) = 'checked' ORDER BY f.file_id"
        )
        for file_id, sha256, needed in waiting.iter_rows():
            for name in ("ruth", "omar", "ines")[:needed]:
                approve(Record(self.logins.releaser), self.company, file_id, sha256, name, reason="looked at")
            if until != "approved":
                self.tell(file_id, until)

    def tell(self, file_id: int, state: str) -> None:
        last = self.look(f"SELECT max(event_no) FROM exchange.event WHERE file_id = {file_id}").item()
        row = {"company_id": self.company, "file_id": file_id, "event_no": last + 1, "state": state, "actor": "test"}
        with self.transaction() as tx:
            tx.append("exchange.event", pl.DataFrame([{**row, "business_date": self.day}]))

    def void(self, file_id: int) -> None:
        decide(Record(self.logins.releaser), self.company, file_id, "void", actor="ruth", reason="wrong")

    def come_back(self, entry: dict[str, Any], code: str, **more: Any) -> Outcome:
        """The bank answers an entry."""
        return self.takes(answer_file([back(entry, code, **more)], day=self.day))

    def takes(self, data: bytes) -> Outcome:
        """A file of the bank arrives and is worked through."""
        run, sha256 = arrive(self.record, self.vault, data, kind=kind_of(data), day=self.day)
        return process(self.record, run, sha256, self.partners, self.vault)

    def own_account(self, code: str, **more: Any) -> None:
        """An account of the company itself."""
        (row,) = accounts(self.vault, "990001", company_id=self.company, **more)
        highest = self.look("SELECT max(account_id) FROM master.bank_account").item()
        seed(self.record, master__bank_account=[{**row, "account_id": highest + 1, "code": code}])

    def look(self, text: str) -> pl.DataFrame:
        with self.record.step("look", run_no=0, companies=[self.company], business_date=self.day) as tx:
            return tx.select(text)

    def read(self, name: str, **values: Any) -> pl.DataFrame:
        return self.record.read(name, companies=[self.company], business_date=self.day, **values)

    def entries(self, purpose: str | None = None) -> list[dict[str, Any]]:
        rows = list(self.look(_ENTRIES).iter_rows(named=True))
        return [row for row in rows if purpose in (None, row["purpose"])]

    def balance(self) -> dict[int, int]:
        """Balance per account that has one, debit positive."""
        rows = self.look("SELECT account, sum(amount_cents)::bigint AS cents FROM ledger.posting GROUP BY 1 ORDER BY 1")
        return {account: cents for account, cents in rows.iter_rows() if cents}

    def prove(self) -> None:
        """Every journal and the books are in balance, every account is its subledger, the aging is the receivable."""
        journals = self.look(
            "SELECT journal_id FROM ledger.posting GROUP BY company_id, journal_id HAVING sum(amount_cents) <> 0"
        )
        assert journals.is_empty()
        for query in ("ledger/check_balance", "ledger/check_subledgers", "payments/check_files"):
            failing = self.read(query)
            assert failing.is_empty(), failing["failure"].to_list()
        assert int(self.read("reports/aging")["open_cents"].sum()) == self.balance().get(1100, 0)


def opened(logins: Logins, vault: Vault, count: int = 3, **changes: Any) -> Desk:
    """A desk over a fresh company of so many members; `changes` are the bank's terms."""
    desk = Desk(logins, vault, bank(**changes))
    seed(desk.record, **members(vault, count))
    return desk
