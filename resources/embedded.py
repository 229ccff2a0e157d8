"""The embedded PostgreSQL: one cluster per home, a daemon on a private Unix socket, scram logins only.

It is the same server as a large one, with durability on; only its place and its size differ. Tables,
roles and migrations are the record's business, not this module's.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from formats.errors import DaybookError, RecordError, SettingsError
from resources.embedded_place import Place, base_of, private_file, private_folder, settle, socket_dir
from resources.embedded_process import PATIENCE_S, Postmaster, clear_away_the_dead, end_one_without_data
from resources.embedded_programs import run

SUPERUSER = "postgres"
PORT = 5432  # names the socket file only; nothing listens on TCP

# Sized for 2 cores and 4 GB, of which the workers' frames need the larger part.
_SETTINGS = """\
listen_addresses = ''
port = {port}
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
allow_alter_system = off
max_connections = 60

# A committed row survives kill -9 and a power cut. Start-up refuses to work without these.
fsync = on
synchronous_commit = on
full_page_writes = on

shared_buffers = 512MB
work_mem = 64MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
max_wal_size = 4GB
# A large append fills the log faster than the usual 8 MB of buffers are written, and new files of it cost twice.
wal_buffers = 64MB
min_wal_size = 1GB
# Only pglz is built in: it saves a third of the log and doubles the time of a large append.
wal_compression = off
checkpoint_timeout = 15min
random_page_cost = 1.1
# Containers give /dev/shm 64 MB by default, which parallel queries overflow.
dynamic_shared_memory_type = sysv

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'

# No row value may reach the log. An error's own text can quote one ("invalid input syntax: ..."), and so
# can its detail and its statement: errors go to the client only, the log keeps the server's own life.
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = 'none'
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_lock_waits = off
log_checkpoints = off
log_line_prefix = '%m [%p] '
"""
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")


@dataclass(frozen=True)
class Server:
    """A running server. Its password is not shown by repr; the URIs hold passwords: never log one."""

    socket_dir: Path
    port: int
    superuser: str
    password: str = field(repr=False)

    def uri(self, database: str, user: str, password: str) -> str:
        """Return a libpq URI over the socket, with the folder as a parameter.

        psycopg, ADBC and dbmate take it as it is; for SQLAlchemy replace `postgresql` with
        `postgresql+psycopg2`.
        """
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        host = quote(str(self.socket_dir), safe="")
        return f"postgresql://{login}@/{quote(database, safe='')}?host={host}&port={self.port}"

    def superuser_uri(self, database: str = "postgres") -> str:
        """Return the superuser's URI: for migrations and role set-up only."""
        return self.uri(database, self.superuser, self.password)


def data_dir(home: Path) -> Path:
    """Return the folder of the database files: `home/data`, or as root what that links to."""
    return base_of(home) / "data"


def start(home: Path) -> Server:
    """Start the home's server, making the cluster at first; return it. Running already: just return it.

    The server is a daemon and outlives this process. After a crash or kill -9 it recovers by itself.

    Raises:
        SettingsError: it can't run here (programs, accounts, folders); nothing was started.
        RecordError: it does not start or answer, was made by another major version, or is not durable.
    """
    with _locked(home):
        place = settle(home.resolve())
        if not place.data.exists():
            _initialise(place)
        password = _password(place)
        _same_major(place)
        server = _running(place, password)
        if server is None:
            clear_away_the_dead(place.data)
            server = _launch(place, password)
        _assert_durable(server)
        return server


def stop(home: Path) -> None:
    """Stop the home's server (open transactions are rolled back); a server not running is fine.

    Raises:
        RecordError: it did not stop in time.
    """
    if not (data_dir(home) / "PG_VERSION").exists():
        return
    with _locked(home):
        place = settle(home.resolve())
        seen = Postmaster.of(place.data / "postmaster.pid")
        if seen is None or not seen.alive(place.data):
            return
        said = _control(place, "stop", "-m", "fast")
        if said:
            raise RecordError("The database did not stop", where=str(place.log), hint=said)
        with contextlib.suppress(OSError):
            seen.socket_dir.rmdir()


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Let one process at a time start or stop this home's server; turn file errors into ours."""
    try:
        # As root the account must pass through; a home that is there already stays as it is.
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        lock = os.open(home / ".server.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
    except OSError as error:
        raise SettingsError(
            f"The database's folder can't be used: {error.strerror}", where=str(error.filename or home)
        ) from error


def _initialise(place: Place) -> None:
    """Make the cluster beside its final name and rename it: a killed start leaves no half-made one."""
    fresh = place.base / "data.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    private_folder(fresh, place.account)
    private_file(place.secret, secrets.token_urlsafe(24) + "\n", place.account)
    said = run(
        place.account,
        place.binaries / "initdb",
        *("-D", str(fresh), "-U", SUPERUSER, f"--pwfile={place.secret}"),
        *("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--data-checksums"),
        # Order and case by code point on every system, without its locales.
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    )
    if said.returncode != 0:
        raise SettingsError("The database could not be made: " + _last_line(said.stderr), where=str(place.base))
    fresh.rename(place.data)


def _password(place: Place) -> str:
    try:
        return place.secret.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise SettingsError(
            "The database's superuser password is gone", where=str(place.secret), hint="restore this file"
        ) from None


def _same_major(place: Place) -> None:
    made_by = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = run(place.account, place.binaries / "postgres", "--version").stdout.split()[-1]
    if ours.split(".")[0] != made_by:
        raise RecordError(
            f"The database was made by PostgreSQL {made_by}, the programs are {ours}",
            where=str(place.data),
            hint="dump it with the former release of Daybook and load it into a new home",
        )


def _running(place: Place, password: str) -> Server | None:
    """Return the server when it runs and answers; wait while it starts or recovers; None when dead."""
    until = time.monotonic() + PATIENCE_S
    while (seen := Postmaster.of(place.data / "postmaster.pid")) is not None and seen.alive(place.data):
        server = Server(seen.socket_dir, seen.port, SUPERUSER, password)
        if _answers(server):
            return server
        if time.monotonic() > until:
            raise RecordError("The database runs but does not answer", where=str(place.log))
        time.sleep(0.05)
    return None


def _answers(server: Server) -> bool:
    try:
        with psycopg.connect(server.superuser_uri(), connect_timeout=5) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise RecordError("The database refuses its superuser's password") from None
        return False
    return True


def _launch(place: Place, password: str) -> Server:
    folder = socket_dir(place)
    end_one_without_data(place.data, folder / f".s.PGSQL.{PORT}.lock")
    private_file(place.settings, _SETTINGS.format(port=PORT, socket_dir=folder), place.account)
    said = _control(place, "start", "-l", str(place.log), "-o", f"-c config_file='{place.settings}'")
    server = Server(folder, PORT, SUPERUSER, password)
    if said or not _answers(server):
        raise RecordError("The database did not start", where=str(place.log), hint=said)
    return server


def _control(place: Place, verb: str, *arguments: str) -> str:
    """Run pg_ctl and wait for its outcome; return nothing, or the last thing it complained of."""
    said = run(
        place.account,
        place.binaries / "pg_ctl",
        *(verb, "-D", str(place.data), "-w", "-t", f"{PATIENCE_S:.0f}", *arguments),
        timeout=PATIENCE_S + 30,
    )
    return _last_line(said.stderr or said.stdout) or "pg_ctl failed" if said.returncode else ""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _assert_durable(server: Server) -> None:
    try:
        with psycopg.connect(server.superuser_uri()) as connection:
            found = {name: connection.execute(f"SHOW {name}").fetchone() for name in _DURABLE}
    except psycopg.Error as error:
        raise RecordError("The database went away while it was looked at") from error
    for name, row in found.items():
        if row != ("on",):
            raise RecordError(f"The database's setting {name} is {row and row[0]}; it must be on")


def _main(arguments: list[str]) -> int:
    """Serve scripts: `python -m resources.embedded stop HOME`."""
    if len(arguments) != 2 or arguments[0] != "stop":
        sys.stderr.write("usage: python -m resources.embedded stop HOME\n")
        return 2
    try:
        stop(Path(arguments[1]))
    except DaybookError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
