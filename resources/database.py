"""Opens the database: the embedded server, or the one DAYBOOK_DATABASE_URL names; brings its schema up to date.

Each part of Daybook has a login of its own: `owner` makes the schema, `runtime` works at night, `releaser`
approves, `auditor` and `reader` look. No part ever works as a superuser.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from formats.errors import RecordError, SettingsError, UnreachableError
from resources import embedded
from resources.home import ROOT, Home, setting

DATABASE = "daybook"
_LOGINS = {  # login: the group role it is a member of
    "runtime": "daybook_runtime",
    "releaser": "daybook_releaser",
    "auditor": "daybook_auditor",
    "reader": "daybook_reader",
}


@dataclass(frozen=True)
class Logins:
    """Addresses per role, passwords included: never print one."""

    owner: str = field(repr=False)
    runtime: str = field(repr=False)
    releaser: str = field(repr=False)
    auditor: str = field(repr=False)
    reader: str = field(repr=False)

    @property
    def dagster(self) -> str:
        """Dagster's storage: same server, its own schema; SQLAlchemy must be told the driver."""
        scheme, rest = self.runtime.split("://", 1)
        del scheme
        return f"postgresql+psycopg2://{rest}{'&' if '?' in rest else '?'}options=-csearch_path%3Ddagster"


def open_database(home: Home, *, migrate: bool = True) -> Logins:
    """The logins of a database that answers and whose schema is current.

    Raises:
        UnreachableError: it does not answer.
        SettingsError: a login is missing or lacks the night's rights, or could bypass row-level security.
    """
    shared = setting("DATABASE_URL")
    if shared is None:
        logins = _embedded_logins(home)
        if migrate:
            run_migrations(logins.owner)
        return logins
    owner = setting("OWNER_URL") or ""
    if migrate and owner:
        run_migrations(owner)
    refuse_unfit(shared)
    return Logins(
        owner=owner,
        runtime=shared,
        releaser=setting("RELEASER_URL") or "",
        auditor=setting("AUDITOR_URL") or "",
        reader=setting("READER_URL") or "",
    )


def refuse_unfit(uri: str) -> None:
    """Refuse a login that our rules would not bind or that lacks the night's rights, and a database that is not ours.

    Raises:
        SettingsError: says which, and what makes it right.
    """
    with connect(uri) as connection:
        row = connection.execute(
            "SELECT current_user, rolsuper OR rolbypassrls, "
            # From the catalogue, which everybody may read: asking for the table itself is refused to a stranger.
            "EXISTS (SELECT FROM pg_class WHERE relname = 'run' AND relnamespace = to_regnamespace('audit')), "
            "(SELECT pg_has_role(r.oid, g.oid, 'USAGE') FROM pg_roles g WHERE g.rolname = 'daybook_runtime'), "
            "current_setting('server_encoding') "
            "FROM pg_roles r WHERE r.rolname = current_user"
        ).fetchone()
    name, powerful, made, member, encoding = row or ("?", True, False, False, "")
    if powerful:
        raise SettingsError(
            "the login of DAYBOOK_DATABASE_URL is a superuser or bypasses row-level security",
            hint="give Daybook a login that is a member of daybook_runtime and nothing more",
        )
    if encoding not in ("UTF8", b"UTF8"):  # a server without encoding gives bytes
        raise SettingsError(
            f"the database's encoding is {encoding if isinstance(encoding, str) else 'none'}, and names need UTF8",
            hint="make it with CREATE DATABASE ... ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0",
        )
    if not made:
        raise SettingsError(
            "the database has no Daybook schema",
            hint="set DAYBOOK_OWNER_URL to a login that owns the database and may create roles, then run again",
        )
    if not member:
        raise SettingsError(
            f"the login of DAYBOOK_DATABASE_URL, {name}, is not a member of daybook_runtime",
            hint=f"as the owner or a DBA: GRANT daybook_runtime TO {name}",
        )


def connect(uri: str, setting_name: str = "DAYBOOK_DATABASE_URL") -> psycopg.Connection[tuple[object, ...]]:
    """A plain connection for small, single statements; autocommit.

    Raises:
        UnreachableError: no answer, or the login is refused.
        SettingsError: that is no address.
    """
    try:
        return psycopg.connect(uri, autocommit=True, connect_timeout=10)
    except psycopg.ProgrammingError:
        raise SettingsError(  # its own words quote the address, and so the password
            "the database's address can't be read",
            hint=f"write {setting_name} as postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        ) from None
    except psycopg.OperationalError as error:
        # The first line says what failed, the others ask questions.
        said = str(error).strip().split("\n")[0].removeprefix("connection failed: ")
        raise UnreachableError(
            f"the database does not answer: {said}",
            hint=f"check that it runs and that {setting_name} is right",
        ) from None


def run_migrations(owner: str) -> None:
    """Apply what is new in sql/migrations, in order, each in a transaction.

    Raises:
        RecordError: a migration failed; the ones before it stay.
    """
    program = Path(sys.executable).parent / "dbmate"
    if not program.exists():
        raise SettingsError(
            "dbmate is not in the environment", where=str(program), hint="run ./daybook once to build it"
        )
    url = owner.replace("postgresql://", "postgres://", 1)
    with connect(owner, "DAYBOOK_OWNER_URL") as connection:
        # Where nothing is said, PostgreSQL's own library uses TLS if the server has it; dbmate's would insist on it.
        if "sslmode=" not in url and "PGSSLMODE" not in os.environ:
            mode = "require" if connection.pgconn.ssl_in_use else "disable"
            url += f"{'&' if '?' in url else '?'}sslmode={mode}"
    done = subprocess.run(  # noqa: S603 - our own program, fixed arguments
        [program, "--no-dump-schema", "--migrations-dir", ROOT / "sql" / "migrations", "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).split("\n")[-1]
        raise RecordError("the schema could not be brought up to date", where="sql/migrations", hint=said)


def _embedded_logins(home: Home) -> Logins:
    server = embedded.start(home.path / "server")
    passwords = _passwords(home.keys / "logins.json")
    uris = {role: server.uri(DATABASE, f"daybook_{role}_login", passwords[role]) for role in ["owner", *_LOGINS]}
    with connect(server.superuser_uri()) as admin:
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            _make_database(admin, passwords)
    return Logins(**uris)


def _passwords(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = {role: secrets.token_urlsafe(24) for role in ["owner", *_LOGINS]}
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(made, out)
        fresh.rename(path)
    return {str(k): str(v) for k, v in json.loads(path.read_text()).items()}


def _make_database(admin: psycopg.Connection[tuple[object, ...]], passwords: dict[str, str]) -> None:
    """Roles first, the database last: its being there says that all is made."""

    def role(name: str, options: str, password: str | None = None) -> None:
        made = admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone() is not None
        parts = [sql.SQL("ALTER ROLE" if made else "CREATE ROLE"), sql.Identifier(name), sql.SQL(options)]
        if password is not None:
            parts += [sql.SQL("PASSWORD"), sql.Literal(password)]
        admin.execute(sql.SQL(" ").join(parts))

    plain = "NOSUPERUSER NOBYPASSRLS NOCREATEDB"
    role("daybook_owner_login", f"LOGIN CREATEROLE {plain}", passwords["owner"])
    for login, group in _LOGINS.items():
        role(group, f"NOLOGIN NOCREATEROLE {plain}")
        role(f"daybook_{login}_login", f"LOGIN NOCREATEROLE {plain}", passwords[login])
        admin.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(f"daybook_{login}_login")))
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER daybook_owner_login").format(sql.Identifier(DATABASE)))
