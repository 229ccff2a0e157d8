"""A company with broken data is set aside with its reason; everybody else's files are built, checked and leave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pipelines.approvals import approve_checked
from pipelines.nights import listed_files, summary
from pipelines.simulate.setup import start_server, stop_server
from tests.support.cli import Said, daybook
from tests.support.world import World, morning

BOOK, BROKEN, SOUND = "north", "GUILD", "HARBOR"
NOT_A_BANK = "bank-nobody-knows"


@dataclass
class Night:
    world: World
    first: Said


def change(world: World, statement: str) -> None:
    """What intake may do: correct master rows."""
    with psycopg.connect(world.desk.logins.runtime) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1,2,3,4}', true)")
        connection.execute(statement)


def look(world: World, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(world.desk.logins.runtime) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1,2,3,4}', true)")
        return connection.execute(query).fetchall()


def break_account(world: World) -> str:
    """A new version, under no key of ours, of an account that the night will draft from; returns the account's code."""
    change(
        world,
        f"""INSERT INTO master.bank_account (company_id, account_id, code, version, person_id, routing, account_type,
              account_sealed, account_blind, account_last4, holder_name, run_no)
            SELECT b.company_id,
              (SELECT max(account_id) + 1 FROM master.bank_account x WHERE x.company_id = b.company_id),
              b.code, 2, b.person_id, b.routing, b.account_type, 'sealed under another key', b.account_blind,
              b.account_last4, b.holder_name, b.run_no
            FROM master.bank_account b JOIN master.company c USING (company_id)
            JOIN master.subscription s ON s.company_id = b.company_id AND s.account_code = b.code
            WHERE c.code = '{SOUND}' AND s.bill_day <= 2 AND s.end_date IS NULL AND s.start_date < '2026-10-01'
            ORDER BY b.account_id LIMIT 1""",
    )
    return str(look(world, "SELECT code FROM master.bank_account WHERE version = 2")[0][0])


def shared(world: World) -> dict[str, str]:
    """The settings of an installation on a PostgreSQL of its own."""
    logins = world.desk.logins
    return {"DAYBOOK_DATABASE_URL": logins.runtime, "DAYBOOK_RELEASER_URL": logins.releaser}


@pytest.fixture(scope="module")
def night(world: World) -> Night:
    """The first night over a company whose bank has no profile, and one account of another that does not open."""
    change(world, f"UPDATE master.company SET bank = '{NOT_A_BANK}' WHERE code = '{BROKEN}'")
    break_account(world)
    date = world.script.date.isoformat()
    return Night(world, daybook(world.home.path, "night", "--date", date, "--book", BOOK, "--json", env=shared(world)))


def test_the_command_fails_and_names_company_step_and_reason(night: Night) -> None:
    assert night.first.code == 1, night.first.err
    told = night.first.plain()
    print(night.first.err)
    assert BROKEN in told
    assert "payments.instruct" in told
    assert NOT_A_BANK in told
    assert "run" in told.partition(NOT_A_BANK)[2], "what to do about it"


def test_only_that_company_is_set_aside_and_books_balance(night: Night) -> None:
    (figures,) = night.first.json["nights"]
    assert (figures["companies"], figures["set_aside"], figures["ach_files"]) == (2, 1, 1)
    assert figures["ledger_balanced"]
    page = Path(next(r["path"] for r in night.first.json["reports"] if r["name"] == "north/nightly.html"))
    assert NOT_A_BANK in page.read_text(encoding="utf-8")


def test_a_report_made_again_still_names_it(night: Night) -> None:
    world = night.world
    with world.runner() as runner:
        runner.report(world.script.date, BOOK)
    assert summary(world.desk, world.script.date, BOOK)["set_aside"] == 1
    page = world.home.reports / BOOK / world.script.date.isoformat() / "nightly.html"
    assert NOT_A_BANK in page.read_text(encoding="utf-8")


def test_a_row_that_can_not_be_used_is_named_and_its_company_goes_on(night: Night) -> None:
    rows = look(
        night.world, "SELECT c.code, q.rule FROM audit.quarantine q JOIN master.company c USING (company_id) "
        "WHERE q.step = 'payments.originate'"
    )  # fmt: skip
    assert rows == [(SOUND, "account_sealed")]


def test_a_release_to_partners_that_are_down_fails_and_says_what_to_do(night: Night) -> None:
    world = night.world
    date = world.script.date
    approve_checked(world.desk, date, "second person")
    stop_server(world.home)
    words = ["--date", date.isoformat(), "--book", BOOK, "--as-of", morning(date).isoformat(), "--json"]
    said = daybook(world.home.path, "release", *words, env=shared(world))
    start_server(world.home)
    assert said.code == 1
    assert {f["state"] for f in said.json["files"]} == {"failed"}
    told = said.plain()
    assert all(f["path"] in told for f in said.json["files"])
    assert "they do not have it; release again" in told


def test_the_others_files_leave_on_time(night: Night) -> None:
    world = night.world
    date = world.script.date
    with world.runner() as runner:
        runner.desk.as_of = morning(date)
        runner.release(date, BOOK)
    files = listed_files(world.desk, date)
    assert {f["state"] for f in files} == {"sent"}
    drafting = {f["company"] for f in files if f["kind"] == "nacha"}
    assert drafting == {SOUND}
    assert SOUND in {f["company"] for f in files if f["kind"] == "edi834"}


def test_once_mended_the_same_night_again_finishes_it(night: Night) -> None:
    world = night.world
    date = world.script.date
    before = {(f["company"], f["path"]): f["sha256"] for f in listed_files(world.desk, date)}
    change(world, f"UPDATE master.company SET bank = 'first-harbor' WHERE code = '{BROKEN}'")
    with world.runner() as runner:
        done = runner.night(date, BOOK)
        figures = summary(world.desk, date, BOOK, done.run_id)
        assert (figures["set_aside"], figures["ach_files"]) == (0, 2)
        assert figures["rows_appended"] > 0
    after = {(f["company"], f["path"]): f["sha256"] for f in listed_files(world.desk, date)}
    assert before.items() <= after.items()
    fresh = [f for f in listed_files(world.desk, date) if (f["company"], f["path"]) not in before]
    assert [(f["company"], f["kind"], f["state"]) for f in fresh] == [(BROKEN, "nacha", "checked")]
