"""The night from end to end: what it makes, that it makes it once, and that it keeps secrets dark."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from pipelines.demo import finish, play
from pipelines.demo.billing import told
from pipelines.demo.enrollment import told_vendors
from pipelines.demo.script import APPROVER
from pipelines.demo.shown import billing_text, enrollment_text, right
from pipelines.nights import books_of, house, listed_ach, listed_files, summary
from pipelines.sample.story import story
from resources.database import connect
from tests.support.world import World

NIGHT_KEYS = [
    "date", "book", "companies", "invoices", "billed_cents", "attempts", "ach_files", "ach_entries",
    "ach_debit_cents", "ach_credit_cents", "returns", "notices", "settled_cents", "vendor_files", "acknowledged",
    "commission_cents", "payable_cents", "set_aside", "quarantined", "rows_appended", "ledger_balanced",
    "proofs_failed",
]  # fmt: skip


def contents(world: World) -> dict[str, bytes]:
    """Every outbound file's bytes by company, name and partner."""
    with world.desk.record.step("t", run_no=0, companies=house(world.desk), business_date=world.script.date) as tx:
        rows = tx.select(
            "SELECT f.company_id, f.kind, f.partner, f.name, c.sealed FROM exchange.file f "
            "JOIN exchange.content c USING (company_id, file_id)"
        )
    return {
        f"{r['partner']}/{r['name']}": world.desk.vault.open_bytes(r["company_id"], "exchange.content", r["sealed"])
        for r in rows.iter_rows(named=True)
    }


def reports(world: World) -> dict[str, bytes]:
    return {
        str(p.relative_to(world.home.reports)): p.read_bytes() for p in world.home.reports.rglob("*") if p.is_file()
    }


def test_the_nights_bill_draft_settle_accrue_and_balance(played: World) -> None:
    script = played.script
    first = {b: summary(played.desk, script.date, b) for b in books_of(played.desk)}
    last = {b: summary(played.desk, script.settled_on, b) for b in books_of(played.desk)}
    assert list(first["north"]) == NIGHT_KEYS
    assert all(n["ledger_balanced"] for n in (*first.values(), *last.values()))
    assert all(n["set_aside"] == n["proofs_failed"] == 0 for n in (*first.values(), *last.values()))
    assert all(n["invoices"] and n["billed_cents"] > 0 and n["ach_files"] == 2 for n in first.values())
    # What is not drafted waits for the prenote of its account.
    assert all(0 < n["ach_debit_cents"] <= n["billed_cents"] for n in first.values())
    assert all(n["vendor_files"] and n["settled_cents"] > 0 for n in last.values())
    assert all(0 < n["commission_cents"] + n["payable_cents"] <= n["settled_cents"] for n in last.values())


def test_the_desk_proves_accounts_tries_again_and_undoes_the_same_day(played: World) -> None:
    script = played.script
    first, by_day, last = (
        listed_ach(played.desk, date) for date in (script.date, script.answered_on, script.settled_on)
    )
    assert {"premium", "prenote"} <= {row["purpose"] for row in first}
    assert [(row["purpose"], row["description"], row["same_day"]) for row in by_day] == [("reversal", "REVERSAL", True)]
    assert by_day[0]["credit_cents"] > 0
    assert "RETRY PYMT" in {row["description"] for row in last}
    # What waited for its prenote on the first night is drafted once the account is proved.
    assert sum(row["entries"] for row in last if row["description"] == "PREMIUM")
    assert {f["state"] for f in listed_files(played.desk, script.answered_on)} == {"acknowledged"}


def test_every_file_left_and_was_answered(played: World) -> None:
    states = {(f["kind"], f["state"]) for f in listed_files(played.desk, played.script.date)}
    # A layout of a vendor's own knows no acknowledgement.
    assert {s for k, s in states if k != "tabular"} <= {"acknowledged", "rejected"}
    assert {("nacha", "acknowledged"), ("edi834", "acknowledged"), ("tabular", "sent")} <= states
    assert all(len(f["sha256"]) == 64 for f in listed_files(played.desk, played.script.date))


def test_the_result_has_the_agreed_shape(played: World) -> None:
    nights = [(played.script.date, book, "") for book in books_of(played.desk)]
    result = finish(played.desk, played.script, nights, 0.0)
    assert list(result) == ["nights", "files", "ach", "reports", "exceptions", "seconds", "billing", "enrollment"]
    assert [list(n) for n in result["nights"]] == [NIGHT_KEYS, NIGHT_KEYS]
    assert all({"kind", "partner", "path", "sha256", "state"} <= set(f) for f in result["files"])
    assert all({"name", "path", "sha256"} <= set(r) and Path(r["path"]).is_file() for r in result["reports"])
    assert isinstance(result["exceptions"], int)


def test_each_vendor_is_told_as_it_agreed(played: World) -> None:
    found = told_vendors(played.desk, played.script)
    assert {(f["partner"], f["kind"], f["purpose"]) for f in found["files"]} == {
        ("brightsmile", "edi834", "change"), ("clearview", "tabular", "full"), ("evergreen", "edi834", "full"),
        ("lifeguard", "tabular", "full"),
    }  # fmt: skip
    first = {n for n in contents(played) if "_change_20261102_" in n}
    later = {n for n in contents(played) if "_change_" in n} - first
    assert first, "the first change file tells everybody"
    assert later
    sent = contents(played)
    for name in later:  # and later ones tell less
        same = [n for n in first if n.partition("_")[0] == name.partition("_")[0] and "HARBOR" not in n]
        assert all(len(sent[name]) < len(sent[n]) for n in same)
    (csv_file, *_) = sorted(n for n in sent if n.startswith("clearview/"))
    assert sent[csv_file].startswith(b"Group,MemberId,SubscriberId,Relationship,")
    (fixed, *_) = sorted(n for n in sent if n.startswith("lifeguard/"))
    lines = sent[fixed].decode().removesuffix("\r\n").split("\r\n")
    assert {len(line) for line in lines} == {160}
    assert (lines[0][0], lines[-1][0], int(lines[-1][15:22])) == ("H", "T", len(lines))
    assert enrollment_text(found)


def test_what_a_vendor_refused_is_told_again_corrected_and_with_new_numbers(played: World) -> None:
    found = told_vendors(played.desk, played.script)
    (refused,) = [r for r in found["refused"] if r["partner"] == "brightsmile"]
    assert "N4" in refused["why"]
    assert "element 3: a code it does not know (8, 7)" in refused["why"]
    (again,) = refused["again"]
    assert again["members"] == refused["members"] > 0
    assert again["interchange"] > refused["interchange"]
    sent = contents(played)
    wrong, right_again = (sent[f"brightsmile/{name}"] for name in (refused["name"], again["name"]))
    assert b"*00000~" in wrong
    assert b"*00000~" not in right_again
    assert b"~BGN*15*" in right_again
    # Nothing of it is refused twice.
    assert not [r for r in found["refused"] if r["name"] == again["name"]]


def test_a_vendors_list_is_held_against_ours(played: World) -> None:
    (found,) = told_vendors(played.desk, played.script)["discrepancies"]
    assert found["partner"] == "clearview"
    assert (found["missing_there"], found["missing_here"], found["different"]) == (1, 1, 1)
    by_kind = {row["kind"]: row for row in found["rows"]}
    assert by_kind["different"]["columns"] == "city"
    assert by_kind["missing_here"]["member"].startswith("position ")
    with Path(found["csv"]).open(encoding="utf-8", newline="") as rows:
        written = list(csv.DictReader(rows))
    assert [(row["kind"], row["member"]) for row in written] == [(row["kind"], row["member"]) for row in found["rows"]]
    assert found["csv"] in enrollment_text({"files": [], "refused": [], "discrepancies": [found]})


def test_what_billing_did_is_seen(played: World) -> None:
    script, billing = played.script, told(played.desk, played.script)
    who = story(script.seed, script.date, script.members)
    assert right(billing)
    assert [p["book"] for p in billing["previews"]] == ["north", "south"]
    assert all(len(p["hash"]) == 64 and p["hash"] == p["posted_hash"] for p in billing["previews"])
    # A price of his own, and why there is nothing any more.
    promised, ended = billing["explained"]
    assert promised["subscription"] == who.promised[0]
    assert any(f"member {who.promised[1]}" in c["price"]["because"] for c in promised["charges"])
    assert (ended["subscription"], ended["outcome"]) == (who.ending[0], "not_covered")
    assert "lapsed for non-payment" in ended["reason"]
    assert [c["outcome"] for c in ended["charges"]] == ["credited"]
    assert [(r["book"], r["unbilled"], r["difference_cents"]) for r in billing["receivables"]] == [
        ("north", 0, 0), ("south", 0, 0)
    ]  # fmt: skip
    assert billing_text(billing)


def test_two_people_credit_and_let_lapse(played: World) -> None:
    billing = told(played.desk, played.script)
    memos = [d for d in billing["decisions"] if d["kind"] == "memo"]
    assert sum(d["amount_cents"] for d in memos) == 12_000
    lapses = [d for d in billing["decisions"] if d["kind"] == "lapse"]
    allowed = [d for d in (*memos, *lapses) if d["granted"]]
    assert [d["kind"] for d in allowed] == ["memo"] * len(memos) + ["lapse"]
    assert all((d["decided_by"], d["waits"]) == (APPROVER, False) != d["requested_by"] for d in allowed)
    # Nobody is lapsed, or told so, whom nobody looked at.
    waiting = {(d["company"], str(d["number"])) for d in lapses if d["waits"]}
    assert waiting
    assert not waiting & {(r["company"], r["number"].partition("/")[0]) for r in billing["mail"]["reminders"]}


def test_payers_get_each_document_once(played: World) -> None:
    billing = told(played.desk, played.script)
    sent = {(d["company"], d["kind"]) for d in billing["documents"] if d["mail"] == "sent"}
    assert {("GUILD", "invoice"), ("MILLWORK", "receipt"), ("MILLWORK", "invoice"), ("HARBOR", "reminder")} <= sent
    assert not [d for d in billing["documents"] if d["mail"] not in {"sent", ""}]
    mail = billing["mail"]
    assert mail["messages"] == sum(d["documents"] for d in billing["documents"] if d["mail"] == "sent")
    assert len(mail["reminders"]) >= 2
    assert {r["times"] for r in mail["reminders"]} == {1}
    for paper in billing["papers"]:
        content = Path(paper["path"]).read_bytes()
        assert content.startswith(b"H," if paper["kind"] == "deductions" else b"%PDF")
        assert hashlib.sha256(content).hexdigest() == paper["sha256"]
    assert {p["kind"] for p in billing["papers"]} == {"invoice", "receipt", "memo", "reminder", "deductions"}
    assert not played.home.mail.exists(), "nothing goes on mailing to a server that is gone"


def test_running_everything_again_appends_no_row_and_makes_the_same_bytes(played: World) -> None:
    before, files, papers = played.digest(), contents(played), reports(played)
    with played.runner() as runner:
        nights = play(runner, played.script)
    assert played.digest() == before
    assert contents(played) == files
    assert reports(played) == papers
    assert [summary(played.desk, *n)["rows_appended"] for n in nights] == [0] * len(nights)


def test_no_clear_number_rests_anywhere(played: World, clear_numbers: set[str], server_home: object) -> None:
    needles = [n.encode() for n in clear_numbers]
    seen = 0
    for path in [*played.home.path.rglob("*"), *_server_files(server_home)]:
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            seen += 1
            assert not [n for n in needles if n in data], f"a clear number in {path.name}"
    assert seen > 50


def test_no_clear_number_in_any_table_not_even_dagsters(played: World, clear_numbers: set[str]) -> None:
    found = 0
    with connect(played.desk.logins.runtime) as c:
        c.execute(
            "SELECT set_config('daybook.companies', %s, false)", ["{" + ",".join(map(str, house(played.desk))) + "}"]
        )
        names = c.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public')"
        ).fetchall()
        for (name,) in names:
            for (text,) in c.execute(f"SELECT t::text FROM {name} t"):  # type: ignore[arg-type]
                found += 1
                assert not [n for n in clear_numbers if n in text], f"a clear number in {name}"
    assert found > 1000


def _server_files(server_home: object) -> list[Path]:
    from resources.embedded import data_dir
    from resources.home import Home

    assert isinstance(server_home, Home)
    return list(data_dir(server_home.path / "server").rglob("*"))
