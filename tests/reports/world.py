"""A small believable book with nights behind it, put straight into the record, and the facts it was made from.

Every fact is also kept as a plain dict, so that tests add up what reports must say without any query.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections import defaultdict
from typing import Any

import polars as pl

from assets.ledger.accounts import EVENTS
from assets.steps import open_run
from resources.record import Record
from tests.support.seed import DAY, night, seed

CANARY_SSN, CANARY_ACCOUNT, CANARY_NAME = "219-09-9931", "88177266554", "Quillfeather"
BOOKS = {"north": (1, 2, 3), "south": (4,)}
COMPANIES = [
    {"company_id": 1, "code": "HARBOR", "name": "Harbor Plans"},
    {"company_id": 2, "code": "GUILD", "name": "Artisans & Makers Guild", "kind": "association"},
    {"company_id": 3, "code": "QUARRY", "name": "Granite Quarry Co.", "kind": "employer"},
    {"company_id": 4, "code": "SOUTH", "name": "Southern Works", "kind": "employer", "book_id": 2},
]
VENDORS = [
    (1, "evergreen", "Evergreen Health"),
    (2, "brightsmile", "BrightSmile Dental"),
    (3, "clearview", "Clearview Vision"),
    (4, "steadfast", "Steadfast Life & Disability"),
]
PRODUCTS = [
    (1, "MED-GOLD", "Gold medical", 1, "HLT", 48_215),
    (2, "MED-SILVER", "Silver medical", 1, "HLT", 37_240),
    (3, "DEN-PLUS", "Dental Plus", 2, "DEN", 4_690),
    (4, "VIS-1", "Vision One", 3, "VIS", 1_875),
    (5, "STD-60", "Short-term disability", 4, "STD", 3_310),
    (6, "CLUB", "Membership", 2, "", 1_250),
]
REASON = "the account B-17 has no routing number"


class World:
    """Builds nights up to `last`, the last one complete with files; `facts` holds rows per table."""

    def __init__(self, record: Record, *, members: int = 90, nights: int = 4, last: dt.date = DAY, seed_no: int = 7):
        self.record, self.last = record, last
        self.dice = random.Random(seed_no)  # noqa: S311 - a world that is the same each time
        self.facts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.journals: dict[tuple[int, str, dt.date], int] = {}
        self.runs: dict[tuple[str, dt.date], int] = {}
        self.next: dict[tuple[str, int], int] = defaultdict(int)
        self._master(members)
        for back in range(nights - 1, -1, -1):
            for book in BOOKS:
                self.day = last - dt.timedelta(days=back)
                if back < 2:
                    self.runs[book, self.day] = night(record, book, self.day).run_no
                self._night(book, self.day)
        self._write()

    def _journal(self, company: int, event: str, day: dt.date) -> int:
        """The journal of a company, event and night, opened at first use."""
        found = self.journals.get((company, event, day))
        if found is None:
            found = self.journals[company, event, day] = self._id("journal", company)
            self.facts["ledger.journal"].append(
                {
                    "company_id": company,
                    "journal_id": found,
                    "source_kind": "world",
                    "source_id": f"{day}/1",
                    "event": event,
                    "business_date": day,
                }
            )
        return found

    def _write(self) -> None:
        """Put all facts into the record, one append per table."""
        run = open_run(self.record, job="seed", book="house", business_date=self.last)
        with self.record.step("world", run_no=run.run_no, companies=run.companies, business_date=self.last) as tx:
            for table, rows in self.facts.items():
                if table != "margin" and rows:
                    tx.append(table, pl.DataFrame(rows, infer_schema_length=None))

    def of(self, table: str, book: str = "north", **equal: Any) -> list[dict[str, Any]]:
        """Facts of a book with these values."""
        return [
            row
            for row in self.facts[table]
            if row.get("company_id", 1) in BOOKS[book] and all(row[k] == v for k, v in equal.items())
        ]

    def total(self, table: str, column: str = "amount_cents", book: str = "north", **equal: Any) -> int:
        """Sum of a column over facts."""
        return sum(row[column] for row in self.of(table, book, **equal))

    def _id(self, kind: str, company: int) -> int:
        self.next[kind, company] += 1
        return self.next[kind, company]

    def _master(self, members: int) -> None:
        self.subs = []
        people, accounts = [], []
        for company in (c["company_id"] for c in COMPANIES):
            for n in range(1, members + 1):
                product = self.dice.choice([1, 2, 2, 3, 3, 4, 5, 6])
                day = 1 if self.dice.random() < 0.3 else self.dice.randint(1, 30)
                self.subs.append(
                    {
                        "company_id": company,
                        "subscription_id": n,
                        "code": f"S-{company}{n:04d}",
                        "person_id": n,
                        "product_id": product,
                        "bill_day": day,
                    }
                )
                people.append(
                    {
                        "company_id": company,
                        "person_id": n,
                        "code": f"M-{company}{n:04d}",
                        "first_name": CANARY_NAME,
                        "last_name": CANARY_NAME,
                    }
                )
                accounts.append(
                    {
                        "company_id": company,
                        "account_id": n,
                        "code": f"B-{n}",
                        "person_id": n,
                        "holder_name": CANARY_NAME,
                        "account_last4": "6554",
                    }
                )
        seed(
            self.record,
            master__book=[{"name": "North Region"}, {"book_id": 2, "code": "south", "name": "South Region"}],
            master__company=COMPANIES,
            master__vendor=[{"vendor_id": i, "code": c, "name": n} for i, c, n in VENDORS],
            master__product=[
                {"product_id": i, "code": c, "name": n, "vendor_id": v, "line": line}
                for i, c, n, v, line, _ in PRODUCTS
            ],
            master__fee=[{"fee_id": p[0], "product_id": p[0]} for p in PRODUCTS],
            master__price=[
                {
                    "price_id": p[0],
                    "fee_id": p[0],
                    "amount_cents": p[5],
                    "vendor_cents": p[5] * 7 // 10,
                    "commissionable_cents": p[5],
                }
                for p in PRODUCTS
            ],
            master__agent=[{}],
            master__person=people,
            master__bank_account=accounts,
            master__subscription=self.subs,
        )

    def _night(self, book: str, day: dt.date) -> None:
        for make in (self._come_back, self._settle, self._bill, self._draft, self._tell):
            make(book, day)

    def _append(self, table: str, rows: list[dict[str, Any]], event: str = "") -> None:
        """Keep rows as facts; of an event, under a journal for each of their companies."""
        if event:
            rows = [r | {"journal_id": self._journal(r["company_id"], event, self.day)} for r in rows]
            for company in {r["company_id"] for r in rows}:
                cents = sum(r["amount_cents"] for r in rows if r["company_id"] == company)
                number = self._journal(company, event, self.day)
                self.facts["ledger.posting"] += [
                    {"company_id": company, "journal_id": number, "account": account, "amount_cents": sign * cents}
                    for account, sign in EVENTS[event]
                    if cents
                ]
        self.facts[table] += rows

    def _bill(self, book: str, day: dt.date) -> None:
        invoices, lines = [], []
        for sub in (s for s in self.subs if s["company_id"] in BOOKS[book]):
            if sub["bill_day"] != day.day and not (day == self.last and sub["subscription_id"] <= 6):
                continue
            company, amount = sub["company_id"], PRODUCTS[sub["product_id"] - 1][5]
            listed = {"company_id": company, "invoice_id": self._id("invoice", company)}
            two = day == self.last and sub["subscription_id"] == 2
            cents = [amount, -amount // 2] if two else [amount]
            for revision, part in enumerate(cents):
                lines.append(
                    {
                        **listed,
                        "line_id": self._id("line", company),
                        "fee_id": sub["product_id"],
                        "subscription_id": sub["subscription_id"],
                        "coverage_start": day,
                        "coverage_end": day + dt.timedelta(days=30),
                        "revision": revision,
                        "kind": "retro_term" if revision else "charge",
                        "amount_cents": part,
                        "vendor_cents": part * 7 // 10,
                        "commissionable_cents": part,
                        "price_id": sub["product_id"],
                        "cause": "coverage period",
                    }
                )
            invoices.append(
                {
                    **listed,
                    "person_id": sub["person_id"],
                    "kind": "individual",
                    "bill_date": day,
                    "due_date": day + dt.timedelta(days=5),
                    "total_cents": sum(cents),
                }
            )
        self._append("billing.invoice", invoices)
        self._append("billing.line", lines, "charged")

    def _draft(self, book: str, day: dt.date) -> None:
        attempts, entries, files = [], [], []
        drafted = {(a["company_id"], a["invoice_id"]) for a in self.facts["payments.attempt"]}
        for invoice in self.of("billing.invoice", book):
            key = (invoice["company_id"], invoice["invoice_id"])
            if key not in drafted and key[1] % 7:
                attempts.append(
                    {
                        "company_id": key[0],
                        "attempt_id": self._id("attempt", key[0]),
                        "invoice_id": key[1],
                        "attempt_no": 1,
                        "account_code": f"B-{invoice['person_id']}",
                        "sec": "PPD",
                        "amount_cents": invoice["total_cents"],
                        "wanted_date": day,
                        "business_date": day,
                    }
                )
        for company in BOOKS[book]:
            mine = [a for a in attempts if a["company_id"] == company]
            if not mine:
                continue
            files.append(self._file(company, "nacha", "first-harbor", day, mine))
            for a in mine:
                serial = company * 100_000 + self._id("trace", company)
                entries.append(
                    {
                        "company_id": company,
                        "entry_id": self._id("entry", company),
                        "file_id": files[-1]["file_id"],
                        "batch_number": 1,
                        "purpose": "premium",
                        "source_id": a["attempt_id"],
                        "attempt_no": 1,
                        "sec": "PPD",
                        "description": "PREMIUM",
                        "transaction_code": 27,
                        "account_id": 1,
                        "amount_cents": a["amount_cents"],
                        "individual_id": CANARY_ACCOUNT,
                        "trace_number": f"01100001{serial:07d}",
                        "effective_date": day + dt.timedelta(days=1),
                        "business_date": day,
                    }
                )
        events = [e for f in files for e in self._events(f, day)]
        self._append("payments.attempt", attempts)
        self._append("exchange.file", files)
        self._append("exchange.event", events)
        self._append("payments.ach_entry", entries, "submitted")

    def _file(self, company: int, kind: str, partner: str, day: dt.date, held: list[dict[str, Any]]) -> dict[str, Any]:
        number = self._id("file", company)
        ending = "ach" if kind == "nacha" else "x12"
        name = f"{COMPANIES[company - 1]['code']}-{day:%Y%m%d}-{partner}.{ending}"
        return {
            "company_id": company,
            "file_id": number,
            "kind": kind,
            "partner": partner,
            "business_date": day,
            "sequence": 1,
            "name": name,
            "sha256": hashlib.sha256(name.encode()).digest(),
            "size": 940,
            "records": len(held),
            "debit_cents": sum(h["amount_cents"] for h in held),
            "credit_cents": 0,
            "entry_hash": 1,
            "created_by": "night",
        }

    def _events(self, file: dict[str, Any], day: dt.date) -> list[dict[str, Any]]:
        return [
            {
                "company_id": file["company_id"],
                "file_id": file["file_id"],
                "event_no": n,
                "state": state,
                "actor": "night",
                "business_date": day,
            }
            for n, state in enumerate(("built", "checked"), 1)
        ]

    def _come_back(self, book: str, day: dt.date) -> None:
        """Every fifth entry of the night before comes back."""
        rows = [
            {
                "company_id": e["company_id"],
                "entry_id": e["entry_id"],
                "sha256": hashlib.sha256(f"{book}{day}".encode()).digest(),
                "position": 1000 * e["company_id"] + e["entry_id"],
                "code": ("R01", "R03", "R10")[e["entry_id"] % 3],
                "amount_cents": e["amount_cents"],
                "settlement_date": day,
                "after_settlement": False,
                "retry_on": day + dt.timedelta(days=5) if e["entry_id"] % 3 == 0 else None,
                "business_date": day,
            }
            for e in self.of("payments.ach_entry", book, business_date=day - dt.timedelta(days=1))
            if e["entry_id"] % 5 == 3
        ]
        self._append("returns.returned", rows, "returned")

    def _settle(self, book: str, day: dt.date) -> None:
        back = {(r["company_id"], r["entry_id"]) for r in self.facts["returns.returned"]}
        rows = [
            {
                "company_id": e["company_id"],
                "entry_id": e["entry_id"],
                "amount_cents": e["amount_cents"],
                "business_date": day,
            }
            for e in self.of("payments.ach_entry", book, business_date=day - dt.timedelta(days=2))
            if (e["company_id"], e["entry_id"]) not in back
        ]
        self._append("banking.settlement", rows, "settled")
        owed = [(r["company_id"], r["entry_id"], r["amount_cents"]) for r in rows]
        keys = ("company_id", "line_id", "amount_cents")
        vendors = [{**dict(zip(keys, (c, e, a * 7 // 10), strict=True)), "vendor_id": 1} for c, e, a in owed]
        agents = [{**dict(zip(keys, (c, e, a // 10), strict=True)), "agent_id": 1, "level": 1} for c, e, a in owed]
        dated = {"revision": 0, "business_date": day}
        self._append("payables.accrual", [r | dated for r in vendors], "vendor_accrued")
        self._append("commissions.accrual", [r | dated for r in agents], "commission_accrued")
        margin = [{"company_id": c, "amount_cents": a - a * 7 // 10 - a // 10} for c, _, a in owed]
        self._append("margin", [m | dated for m in margin], "margin_earned")

    def _tell(self, book: str, day: dt.date) -> None:
        """Vendor files each night; those of the night before are acknowledged, but one. One row is quarantined."""
        files = [self._file(c, "edi834", v[1], day, []) for c in BOOKS[book] for v in VENDORS[:2]]
        self._append("exchange.file", files)
        self._append("exchange.event", [e for f in files for e in self._events(f, day)])
        told = self.of("exchange.file", book, business_date=day - dt.timedelta(days=1))
        self._append(
            "exchange.event",
            [
                {
                    "company_id": f["company_id"],
                    "file_id": f["file_id"],
                    "event_no": 3,
                    "state": "rejected"
                    if f["partner"] == "brightsmile" and f["company_id"] == 1 and day == self.last
                    else "acknowledged",
                    "actor": "inbound",
                    "business_date": day,
                }
                for f in told
            ],
        )
        broken = [
            {
                "company_id": company,
                "step": "payments.attempts",
                "subject": f"subscription S-{company}{n:04d} {day}",
                "rule": "account_missing",
                "reason": REASON,
                "business_date": day,
            }
            for company in BOOKS[book][:2]
            for n in range(1, 6 if company == 1 else 2)
        ]
        self._append("audit.quarantine", broken)
