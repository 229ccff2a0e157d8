"""The nightly report: what it says, that it is the same twice, what it must not hold."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from assets.reports import workbook
from assets.reports.figures import read_night
from assets.reports.steps import build_reports
from assets.reports.texts import csv_bytes
from assets.steps import Outcome, Run, run_step
from formats.errors import SettingsError
from resources.home import Home
from resources.record import Record
from tests.reports.world import BOOKS, CANARY_ACCOUNT, CANARY_NAME, CANARY_SSN, PRODUCTS, World
from tests.support.seed import DAY, night, seed

FILES = {"nightly.html", "register.xlsx", "register.csv", "trial_balance.csv", "manifest.json"}
VOID = {"meta", "link", "br", "hr", "img", "input"}


def build(record: Record, home: Home, book: str = "north", run: Run | None = None) -> tuple[Outcome, Path]:
    """Run the step as a night does; gives its outcome and the folder."""
    run = run or night(record, book)
    done = run_step(record, run, "reports.nightly", lambda tx: build_reports(tx, home, book))
    return done, home.reports / book / run.business_date.isoformat()


def aside(record: Record, run: Run, company: int, reason: str) -> None:
    with record.step("audit.set_aside", run_no=run.run_no, companies=[company], business_date=run.business_date) as tx:
        rows = {"company_id": [company], "step": ["billing.charges"], "reason": [reason]}
        tx.append("audit.set_aside", pl.DataFrame(rows).with_columns(business_date=pl.lit(run.business_date)))


def failures(record: Record, book: str = "north") -> list[str]:
    return record.read("reports/check_reports", companies=BOOKS[book], business_date=DAY)["failure"].to_list()


class Wellformed(HTMLParser):
    """Fails on a tag that is not closed in its place; gathers ids, resources and headings."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.pointed: list[str] = []
        self.fetched: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if values.get("id") else []
        for name in ("aria-labelledby", "aria-describedby"):
            self.pointed += (values.get(name) or "").split()
        self.fetched += [
            v for k, v in attrs if v and (k == "src" or (k == "href" and tag != "a") or k.startswith("on"))
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closed out of place"


def checked(html: str) -> Wellformed:
    page = Wellformed()
    page.feed(html)
    page.close()
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.pointed) <= set(page.ids)
    assert page.fetched == []
    assert not {"script", "link", "iframe", "img"} & set(page.tags)
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption") + html.count('class="alarm"')
    assert "url(" not in html
    assert "@import" not in html
    return page


def test_a_night_is_on_paper_and_ties_to_the_ledger(record: Record, world: World, home: Home) -> None:
    assert failures(record) == [f"{name} was not made" for name in sorted(FILES)]
    done, folder = build(record, home)
    assert done.set_aside == {}
    assert {p.name for p in folder.iterdir()} == FILES
    billed = world.total("billing.invoice", "total_cents", bill_date=DAY)
    assert done.totals["billed_cents"] == billed
    assert done.totals["proofs_failed"] == 0
    assert failures(record) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["ledger_tie"] == {
        "register_cents": billed,
        "receivable_charged_cents": billed,
        "difference_cents": 0,
        "ties": True,
    }
    for file in manifest["files"]:
        assert hashlib.sha256((folder / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    html = (folder / "nightly.html").read_text()
    checked(html)
    for text in (
        "North Region",
        "Artisans &amp; Makers Guild",
        f"${billed // 100:,}.{billed % 100:02d}",
        "insufficient funds",
        "Books proven to the cent",
        "the account B-17 has no routing number",
    ):
        assert text in html


def test_rerun_makes_the_same_bytes_and_registers_nothing(record: Record, world: World, home: Home) -> None:
    first, folder = build(record, home)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    again, _ = build(record, home)
    assert first.rows == {"reports.report": 5}
    assert again.rows == {}
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_later_night_does_not_change_an_earlier_report(record: Record, world: World, home: Home) -> None:
    earlier = min(day for _, day in world.runs)
    assert earlier < DAY
    _, folder = build(record, home, run=night(record, "north", earlier))
    html = (folder / "nightly.html").read_text()
    billed = world.total("billing.invoice", "total_cents", bill_date=earlier)
    assert f'<span class="value">${billed // 100:,}.{billed % 100:02d}</span>' in html
    assert "rejected" not in re.sub(r"<style>.*</style>", "", html, flags=re.S)  # the vendor said so a night later
    until = {(j["company_id"], j["journal_id"]) for j in world.of("ledger.journal") if j["business_date"] <= earlier}
    for row in csv.DictReader(io.StringIO((folder / "trial_balance.csv").read_text())):
        postings = world.of("ledger.posting", account=int(row["account"]))
        cents = sum(p["amount_cents"] for p in postings if (p["company_id"], p["journal_id"]) in until)
        assert round(float(row["closing"]) * 100) == cents
    assert len(until) < len(world.of("ledger.journal"))


def test_the_aging_is_the_receivable_account(record: Record, world: World) -> None:
    with record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
        seen = read_night(tx, "north")
    returned = {(r["company_id"], r["entry_id"]) for r in world.of("returns.returned")}
    invoice_of = {(a["company_id"], a["attempt_id"]): a["invoice_id"] for a in world.of("payments.attempt")}
    drafted = {
        (e["company_id"], invoice_of[e["company_id"], e["source_id"]])
        for e in world.of("payments.ach_entry")
        if (e["company_id"], e["entry_id"]) not in returned
    }
    owed = [i for i in world.of("billing.invoice") if (i["company_id"], i["invoice_id"]) not in drafted]
    assert sum(seen.aging["open_cents"]) == sum(i["total_cents"] for i in owed) > 0
    assert sum(seen.aging["invoices"]) == len(owed)
    assert all(p.passed for p in seen.proofs)


def test_register_and_cuts_are_the_lines(record: Record, world: World, home: Home) -> None:
    _, folder = build(record, home)
    rows = list(csv.DictReader(io.StringIO((folder / "register.csv").read_bytes().decode())))
    tonight = {(i["company_id"], i["invoice_id"]) for i in world.of("billing.invoice", bill_date=DAY)}
    lines = [x for x in world.of("billing.line") if (x["company_id"], x["invoice_id"]) in tonight]
    assert sorted(round(float(r["amount"]) * 100) for r in rows) == sorted(x["amount_cents"] for x in lines)
    with record.step("look", run_no=0, companies=(), business_date=DAY) as tx:
        seen = read_night(tx, "north")
    for label, cents in seen.by_line.select("label", "amount_cents").iter_rows():
        products = {p[0] for p in PRODUCTS if p[4] == label}
        assert cents == sum(x["amount_cents"] for x in lines if x["fee_id"] in products)
    assert seen.by_line["amount_cents"].sum() == seen.by_vendor["amount_cents"].sum() == seen.billed_cents


def test_a_company_set_aside_is_prominent_and_still_counted(record: Record, world: World, home: Home) -> None:
    whole, folder = build(record, home)
    run = night(record)
    aside(record, run, 3, "two prices hold <b>at once</b>")
    done, _ = build(record, home, run=run)
    html = (folder / "nightly.html").read_text()
    checked(html)
    assert "1 company set aside" in html
    assert "Granite Quarry Co." in html
    assert "two prices hold &lt;b&gt;at once&lt;/b&gt;" in html
    assert done.totals["billed_cents"] == whole.totals["billed_cents"]
    assert done.rows == {"reports.report": 3}  # the page, the workbook and the manifest are new versions
    assert failures(record) == []


def test_all_companies_set_aside_still_leaves_a_report(record: Record, world: World, home: Home) -> None:
    run = night(record)
    for company in BOOKS["north"]:
        aside(record, run, company, "no price")
    done, folder = build(record, home, run=run)
    assert done.totals["companies_set_aside_tonight"] == 3
    assert "3 companies set aside" in (folder / "nightly.html").read_text()


def test_an_empty_night_looks_like_one(record: Record, home: Home) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    done, folder = build(record, home)
    html = (folder / "nightly.html").read_text()
    checked(html)
    for text in (
        "Nothing was billed tonight",
        "No entry has come back",
        "No ACH file was made",
        "No vendor file was made",
        "No row was quarantined",
        "no invoices",
        "Books proven to the cent",
        "Nothing billed or settled",
    ):
        assert text in html
    assert "set aside" not in html
    assert (folder / "register.csv").read_bytes().count(b"\r\n") == 1
    assert done.totals["billed_cents"] == 0
    assert failures(record) == []


def test_a_book_without_companies_and_no_book_at_all(record: Record, home: Home) -> None:
    seed(record, master__book=[{}, {"book_id": 2, "code": "empty", "name": "Empty"}], master__company=[{}])
    done, folder = build(record, home, "empty")
    assert done.totals["files"] == 5
    checked((folder / "nightly.html").read_text())
    with (
        record.step("look", run_no=0, companies=(), business_date=DAY) as tx,
        pytest.raises(SettingsError, match="nowhere"),
    ):
        build_reports(tx, home, "nowhere")


def test_a_failed_proof_is_said_in_plain_words(record: Record, world: World, home: Home) -> None:
    run = night(record)
    with record.step("billing.charges", run_no=run.run_no, companies=(1,), business_date=DAY) as tx:
        number = max(i["invoice_id"] for i in world.of("billing.invoice", company_id=1)) + 1
        tx.append(
            "billing.invoice",
            pl.DataFrame(
                [
                    {
                        "company_id": 1,
                        "invoice_id": number,
                        "kind": "list_bill",
                        "bill_date": DAY,
                        "due_date": DAY,
                        "total_cents": 4200,
                    }
                ]
            ),
        )
    done, folder = build(record, home, run=run)
    html = (folder / "nightly.html").read_text()
    checked(html)
    assert done.totals["proofs_failed"] == 1
    assert "1 of 9 proofs fail" in html
    assert f"invoice {number} of company 1 is 4200 cents, its lines are 0" in html


def test_a_register_that_lies_is_caught(record: Record, world: World, home: Home) -> None:
    build(record, home)
    run = night(record)
    with record.step("reports.nightly", run_no=run.run_no, companies=(1,), business_date=DAY) as tx:
        row = {"book_id": 1, "business_date": DAY, "name": "register.csv", "path": "x", "sha256": b"x", "rows": 1}
        tx.append("reports.report", pl.DataFrame([row | {"total_cents": 5}]))
    billed = world.total("billing.invoice", "total_cents", bill_date=DAY)
    assert failures(record) == [f"register.csv says 5 cents, the ledger {billed}"]
    assert failures(record, "south") == [f"{name} was not made" for name in sorted(FILES)]


def test_no_secret_reaches_a_file(record: Record, world: World, home: Home) -> None:
    run = night(record)
    reason = f"{CANARY_SSN} and {CANARY_ACCOUNT} are not to be shown"
    aside(record, run, 2, reason)
    with record.step("payments.attempts", run_no=run.run_no, companies=(1,), business_date=DAY) as tx:
        held = {"company_id": 1, "step": "payments.attempts", "subject": "S-1", "rule": "x", "reason": reason}
        tx.append("audit.quarantine", pl.DataFrame([held | {"business_date": DAY}]))
        found = {"sha256": b"s", "position": 1, "kind": "unmatched_return", "detail": reason, "business_date": DAY}
        tx.append("exchange.exception", pl.DataFrame([found]))
    done, folder = build(record, home, run=run)
    everything = b"".join(p.read_bytes() for p in folder.iterdir() if p.suffix != ".xlsx")
    with zipfile.ZipFile(folder / "register.xlsx") as book:
        everything += b"".join(book.read(name) for name in book.namelist())
    assert everything.count(b"[withheld]") >= 6
    for canary in (CANARY_SSN, CANARY_ACCOUNT, CANARY_NAME):
        assert canary.encode() not in everything
        assert canary not in str(done)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_is_never_a_formula(start: str) -> None:
    text = f'{start}HYPERLINK("http://x")'
    frame = pl.DataFrame({"code": [text, "a=b"], "amount_cents": [-1205, None]})
    rows = list(csv.reader(io.StringIO(csv_bytes(frame).decode(), newline="")))
    assert rows == [["code", "amount"], ["'" + text, "-12.05"], ["a=b", ""]]
    held = workbook.workbook([workbook.Sheet("S", frame, "s.csv")], title="t", business_date=DAY)
    with zipfile.ZipFile(io.BytesIO(held)) as book:
        strings = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - written two lines above
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml").replace(b"<f>SUBTOTAL", b"")
    said = ["".join(t.itertext()) for t in strings]
    assert not any(s.startswith(tuple("=+-@\t\r\n")) for s in said)
    assert any(s.startswith("'") and "HYPERLINK" in s for s in said)


def test_cells_have_types(record: Record, world: World, home: Home) -> None:
    _, folder = build(record, home)
    with zipfile.ZipFile(folder / "register.xlsx") as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        assert names == ["Register", "Invoices", "ACH entries", "Exceptions", "Trial balance"]
        assert "2026-10-01T00:00:00Z" in book.read("docProps/core.xml").decode()
        sheet = book.read("xl/worksheets/sheet2.xml").decode()
        totals = re.findall(r"<f>SUBTOTAL\(109,G2:G(\d+)\)</f><v>([^<]+)</v>", sheet)
    invoices = world.of("billing.invoice", bill_date=DAY)
    assert totals == [(str(len(invoices) + 1), f"{sum(i['total_cents'] for i in invoices) / 100:.16g}")]
    assert '<c r="E2" s=' in sheet  # the due date is a number with a date format
    assert 't="s"' not in re.search(r'<c r="E2"[^>]*>', sheet).group()  # type: ignore[union-attr]


def test_what_is_too_long_for_a_sheet_lies_in_a_csv(
    record: Record, world: World, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    _, folder = build(record, home)
    assert {p.name for p in folder.iterdir()} - FILES == {"ach_entries.csv", "exceptions.csv", "invoices.csv"}
    with zipfile.ZipFile(folder / "register.xlsx") as book:
        said = book.read("xl/sharedStrings.xml").decode()
    assert "rows are too many for a worksheet: they are in register.csv" in said
    assert CANARY_ACCOUNT not in (folder / "ach_entries.csv").read_text()
    assert (
        len((folder / "invoices.csv").read_text().splitlines()) == len(world.of("billing.invoice", bill_date=DAY)) + 1
    )
    assert failures(record) == []
