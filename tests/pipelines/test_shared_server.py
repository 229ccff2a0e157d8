"""A PostgreSQL of the house's own, over TCP: set up as the operator's guide says, then worked at as ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from formats.errors import SettingsError, UnreachableError
from pipelines.loading import load_folder
from pipelines.nights import books_of, house, summary
from pipelines.simulate.setup import setup_partners
from pipelines.workplace import open_runner
from resources.database import connect, open_database
from resources.desk import Desk
from resources.home import ROOT, Home
from tests.support.stock_server import login, run_as, stock_server

DATE = dt.date(2026, 11, 2)
SAMPLE = ROOT / "tests" / "fixtures" / "sample-small"
# As docs/operators.md has it.
DBA = """
CREATE ROLE daybook_owner LOGIN CREATEROLE PASSWORD 'owner';
CREATE ROLE daybook_night LOGIN PASSWORD 'night';
CREATE ROLE daybook_release LOGIN PASSWORD 'release';
CREATE DATABASE daybook OWNER daybook_owner ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0
"""
OWNER = "GRANT daybook_runtime TO daybook_night; GRANT daybook_releaser TO daybook_release"


@dataclass(frozen=True)
class Server:
    """A server of the house, and the addresses an operator would export."""

    dba: str

    def at(self, name: str) -> str:
        return login(self.dba, f"daybook_{name}", name, "daybook")

    def settings(self, monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
        given = {"DATABASE": self.at("night"), "OWNER": self.at("owner"), "RELEASER": self.at("release"), **others}
        for name, address in given.items():
            monkeypatch.setenv(f"DAYBOOK_{name}_URL", address)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with the logins of the guide and nothing else."""
    with stock_server() as dba:
        run_as(dba, DBA)
        yield Server(dba)


@pytest.fixture(scope="module")
def desk(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The guide followed to its end, the sample loaded, one book's night run."""
    with pytest.MonkeyPatch.context() as patch:
        server.settings(patch)
        home = Home(tmp_path_factory.mktemp("shared") / "var").make()
        # The first start makes the schema; it can't work yet, for the owner has granted nothing.
        with pytest.raises(SettingsError, match="is not a member of daybook_runtime"):
            open_database(home)
        run_as(server.at("owner"), OWNER)
        setup_partners(home)
        desk = Desk(home)
        load_folder(desk, SAMPLE, DATE)
        with open_runner(desk, DATE) as runner:
            assert runner.night(DATE, "north").success
        yield desk


def test_a_night_runs_on_a_shared_server(desk: Desk) -> None:
    night = summary(desk, DATE, "north")
    assert night["ledger_balanced"]
    assert night["set_aside"] == 0
    assert night["billed_cents"] > 0
    assert night["ach_files"] == 2
    assert night["vendor_files"] > 0
    assert books_of(desk) == ["north", "south"]


def test_dagster_keeps_its_tables_in_its_own_schema(desk: Desk) -> None:
    with connect(desk.logins.runtime) as session:
        found = session.execute("SELECT schemaname, count(*) FROM pg_tables WHERE tablename = 'runs' GROUP BY 1")
        assert found.fetchall() == [("dagster", 1)]


def test_a_session_sees_the_companies_it_names_and_no_other(desk: Desk) -> None:
    count: LiteralString = "SELECT count(*), count(DISTINCT company_id) FROM billing.line"
    with connect(desk.logins.runtime) as session:
        with pytest.raises(psycopg.errors.UndefinedObject):
            session.execute(count)  # no companies named: no rows and no answer
        seen = []
        for companies in ([], house(desk)[:1], house(desk)):
            session.execute("SELECT set_config('daybook.companies', %s::int[]::text, false)", [companies])
            seen.append(session.execute(count).fetchone())
    assert seen[0] == (0, 0)
    assert seen[1] is not None
    assert seen[2] is not None
    assert 0 < seen[1][0] < seen[2][0]  # type: ignore[operator]
    assert (seen[1][1], seen[2][1]) == (1, 2)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing.line SET amount_cents = 1",
        "DELETE FROM ledger.posting",
        "TRUNCATE payments.ach_entry",
        "INSERT INTO exchange.approval (company_id, file_id, sha256, created_by, approved_by) "
        "SELECT company_id, file_id, sha256, created_by, 'ruth' FROM exchange.file",
        "ALTER TABLE billing.line DISABLE TRIGGER USER",
        "CREATE TABLE public.mine (a int)",
        "SET ROLE daybook_owner",
    ],
)
def test_the_nights_login_neither_changes_money_nor_approves(desk: Desk, statement: LiteralString) -> None:
    with connect(desk.logins.runtime) as session:
        session.execute("SELECT set_config('daybook.companies', %s::int[]::text, false)", [house(desk)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)


def test_the_releaser_approves_and_sees_no_member(desk: Desk) -> None:
    from pipelines.approvals import approve_checked

    assert approve_checked(desk, DATE, "ruth", company="HARBOR")
    with (
        connect(desk.logins.releaser) as session,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        session.execute("SELECT ssn_sealed FROM master.person")


def test_a_powerful_login_is_refused(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.settings(monkeypatch, DATABASE=f"{server.dba.removesuffix('postgres')}daybook")
    with pytest.raises(SettingsError, match="superuser"):
        open_database(Home(tmp_path))
    run_as(server.dba, "CREATE ROLE daybook_bypass LOGIN BYPASSRLS PASSWORD 'bypass'")
    server.settings(monkeypatch, DATABASE=server.at("bypass"))
    with pytest.raises(SettingsError, match="bypasses row-level security"):
        open_database(Home(tmp_path))


@pytest.mark.parametrize("address", ["{night}", "postgresql://daybook_night:wrong@127.0.0.1:1/daybook"])
def test_a_server_that_refuses_or_is_away_is_named(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    wrong = address.format(night=server.at("night").replace(":night@", ":wrong@"))
    for name in ("DATABASE", "OWNER"):
        server.settings(monkeypatch, **{name: wrong})
        with pytest.raises(UnreachableError) as found:
            open_database(Home(tmp_path))
        assert "wrong" not in str(found.value)


def test_a_database_that_could_not_hold_a_name_is_refused(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_as(server.dba, "CREATE DATABASE plain OWNER daybook_owner ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    server.settings(monkeypatch, DATABASE=login(server.dba, "daybook_night", "night", "plain"))
    with pytest.raises(SettingsError, match="encoding is none, and names need UTF8"):
        open_database(Home(tmp_path))
