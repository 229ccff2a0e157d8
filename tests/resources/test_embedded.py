"""The embedded server is durable, private, and survives what nights do to it."""

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import adbc_driver_postgresql.dbapi
import psycopg
import pytest
import sqlalchemy

from formats.errors import RecordError, SettingsError
from resources import embedded, embedded_place
from resources.embedded_process import Postmaster

ROOT = Path(__file__).parents[2]
CANARY = "987654321012"


def postmaster(home: Path) -> Postmaster:
    seen = Postmaster.of(embedded.data_dir(home) / "postmaster.pid")
    assert seen is not None
    return seen


def rows(server: embedded.Server) -> list[int]:
    with psycopg.connect(server.superuser_uri()) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM kept ORDER BY n")]


def test_starting_twice_gives_the_same_server(server_home: Path) -> None:
    first = embedded.start(server_home)
    pid = postmaster(server_home).pid
    assert embedded.start(server_home) == first
    assert postmaster(server_home).pid == pid


def test_eight_starts_at_once_make_one_server(tmp_path: Path, server_home: Path) -> None:
    embedded.stop(server_home)
    got: list[embedded.Server] = []
    threads = [threading.Thread(target=lambda: got.append(embedded.start(server_home))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len(set(got)) == 1


def test_stop_ends_it_and_a_second_stop_is_fine(server_home: Path) -> None:
    server = embedded.start(server_home)
    embedded.stop(server_home)
    embedded.stop(server_home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.superuser_uri(), connect_timeout=2)


def test_scripts_can_stop_it(server_home: Path) -> None:
    embedded.start(server_home)
    command = [sys.executable, "-P", "-m", "resources.embedded", "stop", str(server_home)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert Postmaster.of(embedded.data_dir(server_home) / "postmaster.pid") is None
    assert subprocess.run([*command, "x"], env={"PYTHONPATH": str(ROOT)}, check=False).returncode == 2


def test_after_kill_committed_rows_are_there_and_others_are_not(server_home: Path) -> None:
    with psycopg.connect(embedded.start(server_home).superuser_uri()) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (n int PRIMARY KEY)")
    for n in range(3):
        server = embedded.start(server_home)
        with psycopg.connect(server.superuser_uri()) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", [n])
        open_transaction = psycopg.connect(server.superuser_uri())
        open_transaction.execute("INSERT INTO kept VALUES (%s)", [100 + n])
        os.kill(postmaster(server_home).pid, signal.SIGKILL)
        assert rows(embedded.start(server_home)) == list(range(n + 1))
        open_transaction.close()


def test_a_pid_file_that_names_a_stranger_does_not_fool_us(server_home: Path) -> None:
    """A restarted container hands out the same numbers: here it is our own, very much alive."""
    embedded.start(server_home)
    pid_file = embedded.data_dir(server_home) / "postmaster.pid"
    killed = pid_file.read_text()
    os.kill(postmaster(server_home).pid, signal.SIGKILL)
    pid_file.write_text(killed.replace(killed.split("\n")[0], str(os.getpid()), 1))
    assert embedded.start(server_home).port == embedded.PORT
    assert postmaster(server_home).pid != os.getpid()


def test_a_zombie_that_nobody_reaps_does_not_fool_us(server_home: Path) -> None:
    embedded.start(server_home)
    embedded.stop(server_home)
    place = embedded_place.settle(server_home)
    embedded_place.socket_dir(place)
    identity: dict[str, object] = {}
    if os.geteuid() == 0:
        identity = {"user": place.account.uid, "group": place.account.gid, "extra_groups": []}
    ours = subprocess.Popen(  # our child, so it stays a zombie until we wait for it
        [place.binaries / "postgres", "-D", place.data, "-c", f"config_file={place.settings}"],
        cwd="/",
        stderr=subprocess.DEVNULL,
        **identity,  # type: ignore[call-overload]
    )
    until = time.monotonic() + 20
    while Postmaster.of(place.data / "postmaster.pid") is None:
        assert time.monotonic() < until
        time.sleep(0.02)
    embedded.start(server_home)
    assert postmaster(server_home).pid == ours.pid
    ours.kill()
    while "\nState:\tZ" not in Path(f"/proc/{ours.pid}/status").read_text():
        assert time.monotonic() < until
        time.sleep(0.02)
    embedded.start(server_home)
    assert postmaster(server_home).pid != ours.pid
    ours.wait()


def test_a_deleted_home_gives_a_fresh_database_at_once(server_home: Path) -> None:
    with psycopg.connect(embedded.start(server_home).superuser_uri()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int PRIMARY KEY)")
    former = postmaster(server_home).pid
    shutil.rmtree(server_home)
    with psycopg.connect(embedded.start(server_home).superuser_uri()) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert postmaster(server_home).pid != former


def test_all_four_drivers_take_the_uri(server_home: Path) -> None:
    server = embedded.start(server_home)
    role, password = "run time", "p@ss/wörd:%?"
    with psycopg.connect(server.superuser_uri()) as connection:
        connection.execute('DROP ROLE IF EXISTS "run time"')
        connection.execute(
            psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                psycopg.sql.Identifier(role), psycopg.sql.Literal(password)
            )
        )
    uri = server.uri("postgres", role, password)
    with psycopg.connect(uri) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)
    engine = sqlalchemy.create_engine(uri.replace("postgresql://", "postgresql+psycopg2://", 1))
    with engine.connect() as session:
        assert session.execute(sqlalchemy.text("SELECT current_user")).scalar() == role
    engine.dispose()
    with (
        adbc_driver_postgresql.dbapi.connect(uri) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT current_user::text")
        assert cursor.fetchone() == (role,)
    dbmate = Path(sys.executable).with_name("dbmate")
    if dbmate.exists():
        said = subprocess.run(
            [dbmate, "--url", uri, "--migrations-dir", "/nonexistent", "wait"],
            check=False,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("user", ["postgres", "nobody", "runtime"])
def test_nobody_enters_without_a_password(server_home: Path, user: str) -> None:
    server = embedded.start(server_home)
    with pytest.raises(psycopg.OperationalError, match=r"password|authentication"):
        psycopg.connect(host=str(server.socket_dir), port=server.port, user=user, dbname="postgres", passfile="/x")
    with pytest.raises(psycopg.OperationalError, match="authentication"):
        psycopg.connect(server.uri("postgres", user, "wrong"))


def test_secrets_and_folders_are_closed_to_others(server_home: Path) -> None:
    server = embedded.start(server_home)
    home = embedded.data_dir(server_home).parent
    for path, mode in ((home / "superuser", 0o600), (home / "data", 0o700), (server.socket_dir, 0o700)):
        assert stat.S_IMODE(path.stat().st_mode) == mode, path
        assert path.stat().st_uid != 0
    assert server.password not in repr(server)
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert server.password.encode() not in process.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue


def test_the_daemon_inherits_no_secret_of_ours(server_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.stop(server_home)
    monkeypatch.setenv("DAYBOOK_MASTER_KEY", "canary-in-the-environment")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    embedded.start(server_home)
    environment = Path(f"/proc/{postmaster(server_home).pid}/environ")
    if os.access(environment, os.R_OK):
        assert b"canary-in-the-environment" not in environment.read_bytes()


def test_it_listens_on_its_socket_only_and_keeps_durability_on(server_home: Path) -> None:
    wanted = {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
        "max_connections": "60",
        "shared_buffers": "512MB",
        "work_mem": "64MB",
    }
    with psycopg.connect(embedded.start(server_home).superuser_uri()) as connection:
        got = {name: connection.execute(f"SHOW {name}").fetchone() for name in wanted}
        with pytest.raises(psycopg.Error, match="ALTER SYSTEM"):
            connection.execute("ALTER SYSTEM SET fsync = off")
    assert got == {name: (value,) for name, value in wanted.items()}


def test_start_refuses_a_server_that_is_not_durable(server_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.stop(server_home)
    lax = embedded._SETTINGS.replace("full_page_writes = on", "full_page_writes = off")
    with monkeypatch.context() as patch:
        patch.setattr(embedded, "_SETTINGS", lax)
        with pytest.raises(RecordError, match="full_page_writes"):
            embedded.start(server_home)
    embedded.stop(server_home)


def test_no_row_value_reaches_the_server_log(server_home: Path) -> None:
    server = embedded.start(server_home)
    with psycopg.connect(server.superuser_uri(), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE person (ssn text UNIQUE CHECK (length(ssn) > 3))")
        connection.execute("INSERT INTO person VALUES (%s)", [CANARY])
        faults = [
            ("INSERT INTO person VALUES (%s)", [CANARY]),
            ("INSERT INTO person SELECT left(%s, 2)", [CANARY]),
            ("SELECT (%s || 'x')::int", [CANARY]),
            (f"SELECT '{CANARY}x'::date", None),
            (f"SELEC {CANARY}", None),
            (f"DO $$ BEGIN RAISE WARNING '{CANARY}'; RAISE EXCEPTION '{CANARY}'; END $$", None),
        ]
        for statement, values in faults:
            with pytest.raises(psycopg.Error):
                connection.execute(statement, values)
        with (
            pytest.raises(psycopg.Error),
            connection.cursor() as cursor,
            cursor.copy("COPY person FROM STDIN") as copy,
        ):
            copy.write_row([CANARY])
    text = (embedded.data_dir(server_home).parent / "log" / "server.log").read_text()
    assert "ready to accept connections" in text
    assert CANARY not in text


def test_a_folder_in_the_sockets_place_that_is_not_ours_is_refused(
    server_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.stop(server_home)
    place = embedded_place.settle(server_home)
    folder = embedded_place.socket_dir(place)
    folder.rmdir()
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(SettingsError, match="only"):
            embedded.start(server_home)
    finally:
        folder.unlink()
    folder.mkdir()
    folder.chmod(0o777)
    try:
        with pytest.raises(SettingsError, match="only"):
            embedded.start(server_home)
    finally:
        folder.rmdir()


def test_a_home_with_a_very_long_path_works(server_home: Path) -> None:
    deep = server_home.parent / ("d" * 100) / ("e" * 100)
    for folder in (deep.parent, deep):
        folder.mkdir()
        folder.chmod(0o755)
    try:
        assert embedded.start(deep).socket_dir != embedded.start(server_home).socket_dir
    finally:
        embedded.stop(deep)


def test_programs_that_do_not_run_here_are_a_plain_error(server_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="not installed"):
        embedded.start(server_home)


def test_an_unusable_home_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="can't be used"):
        embedded.start(tmp_path / "file" / "home")


def test_another_major_version_is_refused(server_home: Path) -> None:
    embedded.start(server_home)
    embedded.stop(server_home)
    version = embedded.data_dir(server_home) / "PG_VERSION"
    version.write_text("17\n")
    try:
        with pytest.raises(RecordError, match="PostgreSQL 17"):
            embedded.start(server_home)
    finally:
        version.write_text("18\n")
