"""Whatever is wrong, a person reads one clear sentence: what, where, what to do. Never a stack, and nothing is lost."""

from __future__ import annotations

import base64
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources import embedded
from resources.home import ROOT
from tests.support.cli import Said, daybook

SAMPLE = ROOT / "tests" / "fixtures" / "sample-small"
DATE = "2026-11-02"
ROUTING, ACCOUNT = "123456789", "77310009942"
CATALOGUE = ["books", "companies", "vendors", "products", "fees", "prices", "agents", "commission_rates"]


@pytest.fixture(scope="module")
def loaded(home: Path) -> Path:
    """A home into which the small sample was loaded."""
    said = daybook(home, "load", str(SAMPLE))
    assert said.code == 0, said.err
    return home


def rows_of(home: Path) -> str:
    """Everything intake keeps, as the load itself counts it: the same files again must change nothing."""
    files = daybook(home, "load", str(SAMPLE), "--json").json["files"]
    assert sum(f["loaded"] for f in files) == 0, "something was lost or changed"
    return str(files)


def refused(said: Said, *words: str) -> str:
    """The command failed with one plain sentence that holds these words, and printed no result."""
    assert said.code == 1, (said.code, said.out, said.err)
    assert said.out == ""
    told = said.plain()
    assert told.count("daybook:") == 1, told
    for word in words:
        assert word in told, told
    return told


# --- customers' files -----------------------------------------------------------------------------------------------


def drop(folder: Path, name: str, data: bytes) -> Path:
    """The catalogue of the sample, and one file of these bytes."""
    folder.mkdir()
    for each in CATALOGUE:
        shutil.copy(SAMPLE / f"{each}.csv", folder)
    (folder / name).write_bytes(data)
    return folder


def bad_row(file: str, **changes: str) -> bytes:
    """The first row of a sample file with these columns changed, under its header."""
    header, row = (SAMPLE / file).read_text(encoding="utf-8").splitlines()[:2]
    cells = dict(zip(header.split(","), row.split(","), strict=True)) | changes
    return f"{header}\n{','.join(cells.values())}\n".encode()


def test_a_bad_file_is_refused_whole_and_bad_rows_alone(loaded: Path, tmp_path: Path) -> None:
    folder = drop(tmp_path / "drop", "people.csv", bytes(range(256)) * 9)
    (folder / "bank_accounts.csv").write_bytes(
        bad_row("bank_accounts.csv", account_code="NEW", routing=ROUTING, account_number=ACCOUNT)
    )
    good = bad_row("subscriptions.csv")
    worse = [
        bad_row("subscriptions.csv", subscription_code="NEW-1", product_code="NO-SUCH"),
        good,
        bad_row("subscriptions.csv", subscription_code="NEW-2", start_date="31.02.2026"),
    ]
    (folder / "subscriptions.csv").write_bytes(good + b"".join(row.split(b"\n", 1)[1] for row in worse))
    said = daybook(loaded, "load", str(folder), "--json")
    assert said.code == 0, said.err
    said.plain()
    found = {(p["file"], p["line"]): (p["column"], p["reason"]) for p in said.json["problems"]}
    expected = {
        ("people.csv", 2): ("", "the file is not UTF-8: save it as CSV UTF-8"),
        ("bank_accounts.csv", 2): ("routing", "its check digit does not fit"),
        ("subscriptions.csv", 3): ("product_code", "there is no product NO-SUCH"),
        ("subscriptions.csv", 4): (
            "subscription_code",
            "line 2 holds the same company_code and subscription_code already",
        ),
        ("subscriptions.csv", 5): ("start_date", "date"),
    }
    assert found.keys() == expected.keys()
    for place, (column, words) in expected.items():
        assert found[place][0] == column
        assert words in found[place][1]
    others = {f["name"]: f for f in said.json["files"]}
    assert all(others[f"{name}.csv"]["quarantined"] == 0 for name in CATALOGUE)
    assert (others["subscriptions.csv"]["rows"], others["subscriptions.csv"]["quarantined"]) == (4, 3)
    assert ROUTING not in said.out + said.err
    assert ACCOUNT not in said.out + said.err


def test_a_wrong_header_and_an_unknown_name_say_what_is_expected(loaded: Path, tmp_path: Path) -> None:
    people = (SAMPLE / "people.csv").read_bytes()
    folder = drop(tmp_path / "drop", "people.csv", people.replace(b"member_code", b"member_no", 1))
    (folder / "peeple.csv").write_bytes(people)
    said = daybook(loaded, "load", str(folder))
    assert said.code == 0
    shown = " ".join(said.out.split())
    assert "the header lacks member_code" in shown
    assert "this is none of the files we know" in shown
    assert "splits.csv" in shown, "the last of the names is not cut off"


def test_nothing_but_unreadable_files_is_a_failure(loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"\xff\xfe\x00\x01" * 50)
    said = daybook(loaded, "load", str(tmp_path), "--json")
    assert said.code == 1
    assert len(said.json["problems"]) == 1


def test_a_folder_that_can_not_be_loaded(loaded: Path, tmp_path: Path) -> None:
    refused(daybook(loaded, "load", str(tmp_path / "nowhere")), "there is no such folder", "nowhere")
    (tmp_path / "people.csv").mkdir()
    refused(daybook(loaded, "load", str(SAMPLE / "people.csv")), "this is a file", "name the folder")
    (tmp_path / "people.csv").rmdir()
    refused(daybook(loaded, "load", str(tmp_path)), "none of the files we know", "people.csv")


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine on which nobody listens, for as long as the test goes on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("words", [["night", "--date", DATE], ["load", str(SAMPLE)]])
def test_an_unreachable_database(loaded: Path, closed_port: int, words: list[str]) -> None:
    env = {"DAYBOOK_DATABASE_URL": f"postgresql://somebody:canary-secret@127.0.0.1:{closed_port}/daybook"}
    told = refused(
        daybook(loaded, *words, env=env), "the database does not answer", f"port {closed_port}", "Connection refused",
        "DAYBOOK_DATABASE_URL",
    )  # fmt: skip
    assert "canary-secret" not in told


def test_an_address_that_is_none(loaded: Path) -> None:
    told = refused(
        daybook(loaded, "files", "--date", DATE, env={"DAYBOOK_DATABASE_URL": "canary-secret"}), "postgresql://"
    )
    assert "canary-secret" not in told


def test_a_superuser_is_refused(loaded: Path) -> None:
    server = embedded.start(loaded / "server")
    env = {"DAYBOOK_DATABASE_URL": server.superuser_uri("daybook")}
    told = refused(daybook(loaded, "night", "--date", DATE, env=env), "superuser", "daybook_runtime")
    assert server.password not in told
    wrong = server.uri("daybook", "daybook_runtime_login", "not-its-password")
    told = refused(
        daybook(loaded, "files", "--date", DATE, env={"DAYBOOK_DATABASE_URL": wrong}), "authentication failed"
    )
    assert "not-its-password" not in told


def test_doctor_names_each_thing_that_is_missing(loaded: Path, closed_port: int) -> None:
    env = {"DAYBOOK_DATABASE_URL": f"postgresql://u:p@127.0.0.1:{closed_port}/x", "DAYBOOK_MASTER_KEY": "hello"}
    said = daybook(loaded, "doctor", "--json", env=env)
    assert said.code == 1
    found = {c["name"]: c for c in said.json["checks"]}
    assert [n for n, c in found.items() if not c["ok"]] == ["database", "keys"]
    assert "Connection refused" in found["database"]["detail"]
    assert "openssl rand -base64 32" in found["keys"]["detail"]


# --- the master key -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["night", "--date", DATE], ["load", str(SAMPLE)]])
def test_another_master_key(loaded: Path, words: list[str]) -> None:
    other = base64.b64encode(bytes(range(32))).decode()
    told = refused(
        daybook(loaded, *words, env={"DAYBOOK_MASTER_KEY": other}), "the master key", "sealed with",
        "DAYBOOK_MASTER_KEY", "nothing was opened",
    )  # fmt: skip
    assert other not in told
    # Before the first step: nothing was billed under a key that could not have drafted it.
    assert daybook(loaded, "files", "--date", DATE, "--json").json == {"files": []}


def test_a_master_key_that_is_none_and_a_replaced_or_open_file(loaded: Path) -> None:
    told = refused(daybook(loaded, "load", str(SAMPLE), env={"DAYBOOK_MASTER_KEY": "hello"}), "DAYBOOK_MASTER_KEY")
    assert "hello" not in told
    path = loaded / "keys" / "master.key"
    kept = path.read_bytes()
    try:
        path.write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
        refused(daybook(loaded, "load", str(SAMPLE)), str(path), "restore the key file")
        path.write_bytes(kept)
        path.chmod(0o644)
        refused(daybook(loaded, "load", str(SAMPLE)), f"chmod 600 {path}")
    finally:
        path.write_bytes(kept)
        path.chmod(0o600)
    rows_of(loaded)


# --- what is asked for ----------------------------------------------------------------------------------------------


def test_an_unknown_book_company_or_night(loaded: Path) -> None:
    refused(daybook(loaded, "night", "--date", DATE, "--book", "west"), "no book is called west", "north, south")
    refused(
        daybook(loaded, "approve", "--date", DATE, "--as", "x", "--company", "NOPE"),
        "no company is called NOPE",
        "HARBOR",
    )
    refused(daybook(loaded, "night", "--date", "2024-01-01", "--book", "north"), "no night of 2024-01-01", "2026-01-01")


def test_a_home_without_a_book_says_how_to_get_one(tmp_path_factory: pytest.TempPathFactory, loaded: Path) -> None:
    refused(daybook(loaded, "resolve", "HARBOR", "7", "sent", "--as", "x", "--reason", "y"), "has no file 7")
    refused(daybook(loaded, "simulate", "bank"), "no invented bank was set up", "./daybook demo")
    refused(daybook(loaded, "demo", "--members", "40"), "already holds a book of business", "DAYBOOK_HOME=")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["night", "--date", "02.11.2026"], "write it as 2026-11-02"),
        (["nihgt"], "No such command 'nihgt'"),
        (["simulate", "lawyer"], "'bank', 'vendor'"),
        (["demo", "--members", "3"], "20"),
    ],
)
def test_wrong_usage_is_status_2(tmp_path: Path, words: list[str], told: str) -> None:
    said = daybook(tmp_path / "var", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.plain()
    assert not (tmp_path / "var").exists()


def test_inspect_says_what_it_can_not_read(tmp_path: Path) -> None:
    refused(daybook(tmp_path, "inspect", str(tmp_path / "nowhere")), "there is no such file", "nowhere")
    refused(daybook(tmp_path, "inspect", str(tmp_path)), "Is a directory")
    (tmp_path / "empty").touch()
    (tmp_path / "garbage").write_bytes(bytes(range(256)) * 20)
    for name, words in (("empty", "the file is empty"), ("garbage", "none of the files Daybook knows")):
        said = daybook(tmp_path, "inspect", str(tmp_path / name), "--json")
        assert (said.code, said.json["kind"], said.json["valid"]) == (1, "unknown", False)
        (problem,) = said.json["problems"]
        assert words in problem["message"]
        assert problem["hint"]


# --- the machine ----------------------------------------------------------------------------------------------------


def test_without_gnupg_the_demo_says_how_to_get_it_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    env = {"PATH": str(tmp_path / "bin")}
    refused(daybook(tmp_path / "var", "demo", "--members", "40", env=env), "GnuPG is not installed", "apt-get install")
    assert not (tmp_path / "var").exists()


def test_a_home_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(
        daybook(tmp_path / "file" / "var", "night", "--date", DATE), "the home folder can't be made", "set DAYBOOK_HOME"
    )
