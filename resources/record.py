"""The record: PostgreSQL, read as frames and only ever added to.

One `step` is one transaction: a lock (one writer per book and step), the companies it may see, reads, appends,
commit. Reads and bulk writes go through ADBC, so that rows travel as Arrow in both directions; values come into a
query as quoted literals because PostgreSQL's COPY, which ADBC reads through, takes no parameters.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
from adbc_driver_manager import dbapi as adbc_errors
from psycopg import sql

from formats.errors import RecordError, UnreachableError

QUERIES = Path(__file__).resolve().parent.parent / "sql"
_WORTH_COUNTING = 100  # rows of one append
_LOST = ("08", "57P", "53")  # connection trouble, server shutting down, out of resources


@lru_cache
def query_text(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def render(text: str, values: dict[str, Any]) -> str:
    """Put values into a query's `{name}` places as quoted literals; lists become arrays."""
    return sql.SQL(text).format(**{k: sql.Literal(_plain(v)) for k, v in values.items()}).as_string(None)


def _plain(value: Any) -> Any:
    """Bytes as hex text: without a connection the driver writes them in a form that an array's quoting spoils."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return [_plain(v) for v in value] if isinstance(value, list) else value


@contextmanager
def _plain_errors(doing: str) -> Iterator[None]:
    """Turn a driver error into ours, without its DETAIL: that quotes row values."""
    try:
        yield
    except adbc_errors.Error as error:
        state = (error.sqlstate or "").strip("\0")
        # The driver quotes the whole statement before the server's own words.
        first = str(error).rpartition("ERROR:")[2].split("DETAIL:")[0].strip().split("\n")[0]
        if state.startswith(_LOST) or "onnect" in first[:60] or isinstance(error, adbc_errors.OperationalError):
            raise UnreachableError(
                "the database does not answer",
                where=doing,
                hint="check that the server runs and DAYBOOK_DATABASE_URL is right",
            ) from None
        raise RecordError(f"the database refused: {first}", where=doing) from None


@dataclass
class Tx:
    """One open transaction of a step, for some companies, at a business date."""

    connection: Any
    run_no: int
    step: str
    companies: Sequence[int]
    business_date: dt.date
    appended: dict[str, int] = field(default_factory=dict)
    per_company: dict[int, int] = field(default_factory=dict)
    preview: pl.DataFrame | None = None  # a few masked rows for whoever watches the run
    _temporary: int = 0

    def read(self, name: str, **values: Any) -> pl.DataFrame:
        """The rows of the named query as a frame; `{business_date}` and `{companies}` are always filled in."""
        return self.select(query_text(name), where=name, **values)

    def select(self, text: str, *, where: str = "", **values: Any) -> pl.DataFrame:
        """The rows of a query given as text: for bench and tests, rooms use `read`."""
        known = {"business_date": self.business_date, "companies": list(self.companies), **values}
        with _plain_errors(where or self.step), self.connection.cursor() as cursor:
            cursor.execute(render(text, known))
            table = cursor.fetch_arrow_table()
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is always a frame
        return frame

    def execute(self, name: str, **values: Any) -> None:
        """Run a named statement that returns nothing."""
        known = {"business_date": self.business_date, "companies": list(self.companies), **values}
        with _plain_errors(name), self.connection.cursor() as cursor:
            cursor.execute(render(query_text(name), known))

    def apply(self, name: str, rows: pl.DataFrame) -> None:
        """Run a named statement over rows, which it finds under the name `{staged}`.

        For master rows that intake keeps current; money is only ever appended.
        """
        with self.staged(rows) as (staged, cursor), _plain_errors(name):
            cursor.execute(sql.SQL(query_text(name)).format(staged=sql.Identifier(staged)).as_string(None))

    def append(self, table: str, rows: pl.DataFrame) -> int:
        """Add rows to a table (columns by name; `run_no` is filled in). Returns how many.

        COPY into a temporary table, then one INSERT ... SELECT: COPY can't write under row-level security.

        Raises:
            RecordError: a constraint refuses a row; nothing of the step is kept.
        """
        if rows.is_empty():
            return 0
        with self.staged(rows) as (name, cursor):
            types = self._types(table)
            columns = [c for c in rows.columns if c in types]
            if missing := [c for c in rows.columns if c not in types]:
                raise RecordError(f"{table} has no column {', '.join(missing)}", where=self.step)
            picked = ", ".join(f'"{c}"::{types[c]}' for c in columns)
            names = ", ".join(f'"{c}"' for c in columns)
            if "run_no" in types and "run_no" not in columns:
                names, picked = f"{names}, run_no", f"{picked}, {self.run_no}"
            with _plain_errors(f"{self.step}: {table}"):
                cursor.execute(f"INSERT INTO {table} ({names}) SELECT {picked} FROM {name}")  # noqa: S608 - names from the catalogue
        self.appended[table] = self.appended.get(table, 0) + rows.height
        if "company_id" in rows.columns:
            for company, count in rows.group_by("company_id").len().iter_rows():
                self.per_company[company] = self.per_company.get(company, 0) + count
        return rows.height

    @contextmanager
    def staged(self, rows: pl.DataFrame) -> Iterator[tuple[str, Any]]:
        """COPY rows into a temporary table for the length of a block; gives its name and a cursor."""
        self._temporary += 1
        name = f"staged_{self._temporary}"
        with self.connection.cursor() as cursor:
            with _plain_errors(self.step):
                cursor.adbc_ingest(
                    name, rows.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="create", temporary=True
                )
            yield name, cursor
            with _plain_errors(self.step):
                cursor.execute(f"DROP TABLE {name}")

    def number(self, rows: pl.DataFrame, table: str, key: str) -> pl.DataFrame:
        """Give each row the next dense number of its company in `table.key`, in the order of the rows.

        Dense and taken from the record itself: a step that died gave no number away, so a rerun makes the same ones.
        """
        return number_from(rows, self.highest(table, key), key)

    def highest(self, table: str, key: str) -> pl.DataFrame:
        """The highest number used so far per company: company_id, highest."""
        return self.select(
            f"SELECT c AS company_id, coalesce((SELECT max({key}) FROM {table} "  # noqa: S608 - our own names
            "WHERE company_id = c), 0)::bigint AS highest FROM unnest({companies}::int[]) c",
            where=f"{table}.{key}",
        )

    def _types(self, table: str) -> dict[str, str]:
        frame = self.select(
            "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute "
            "WHERE attrelid = {table}::regclass AND attnum > 0 AND NOT attisdropped",
            where=table,
            table=table,
        )
        return dict(zip(frame["name"], frame["type"], strict=True))


def number_from(rows: pl.DataFrame, highest: pl.DataFrame, key: str) -> pl.DataFrame:
    """Number rows per company from `highest` (company_id, highest) on, in row order, as column `key`."""
    return (
        rows.join(
            highest.with_columns(pl.col("company_id").cast(rows.schema["company_id"])),
            on="company_id",
            how="left",
            maintain_order="left",
        )
        .with_columns(
            (pl.col("highest").fill_null(0) + pl.int_range(1, pl.len() + 1).over("company_id"))
            .cast(pl.Int64)
            .alias(key)
        )
        .drop("highest")
    )


class _Idle(list[tuple[int, Any]]):
    """Connections that wait for the next step, with the process that opened them; closed when nobody can use them."""

    def __del__(self) -> None:
        for owner, connection in self:
            if owner == os.getpid():
                with suppress(adbc_errors.Error):
                    connection.close()


@dataclass(frozen=True)
class Record:
    """The database under one login. Never printed: the address holds a password."""

    uri: str = field(repr=False)
    _idle: _Idle = field(default_factory=_Idle, repr=False, compare=False)

    @contextmanager
    def step(
        self,
        step: str,
        *,
        run_no: int,
        companies: Sequence[int],
        business_date: dt.date,
        lock: str = "",
        exclusive: bool = False,
    ) -> Iterator[Tx]:
        """One transaction: committed when the block ends, rolled back on any error.

        Args:
            step: room and verb, `billing.charges`; written to audit.step when something was appended.
            run_no: audit.run row that everything here is written under.
            companies: what row-level security lets through.
            business_date: what `{business_date}` means in queries.
            lock: the book; one writer per (book, step) at a time. Empty: no lock.
            exclusive: wait until no other exclusive step works on any of these companies: dense numbers are taken
                from the record, so the night and an inbound file must not write to one company at once.
        """
        with self._connect(step) as connection:
            tx = Tx(connection, run_no, step, list(companies), business_date)
            with _plain_errors(step), connection.cursor() as cursor:
                cursor.execute(
                    render(
                        "SELECT set_config('daybook.companies', {c}::int[]::text, true)",
                        {"c": list(companies)},
                    )
                )
                cursor.fetchall()
                if lock:
                    cursor.execute(
                        render("SELECT pg_advisory_xact_lock(hashtextextended({k}, 0))", {"k": f"{step}@{lock}"})
                    )
                    cursor.fetchall()
                if exclusive and companies:
                    # In ascending order, after the step's own lock: two steps can never wait for each other.
                    known = {"c": sorted(companies)}
                    cursor.execute(render("SELECT pg_advisory_xact_lock(1, c) FROM unnest({c}::int[]) c", known))
                    cursor.fetchall()
            yield tx
            self._write_step(tx)
            with _plain_errors(step):
                connection.commit()
            self._refresh_statistics(connection, tx)

    def _refresh_statistics(self, connection: Any, tx: Tx) -> None:
        """Tell the planner what was just written: a table that was empty a minute ago would be joined row by row.

        After the commit and table by table, so that no lock of it is held while another is waited for. A table that
        grew by less than a tenth is left to the server's own round.
        """
        grown = {table: rows for table, rows in tx.appended.items() if rows >= _WORTH_COUNTING}
        if not grown:
            return
        with _plain_errors(tx.step):
            known = tx.select(
                "SELECT t AS name, c.reltuples::bigint AS rows FROM unnest({t}::text[]) t "
                "JOIN pg_class c ON c.oid = t::regclass",
                t=list(grown),
            )
        for table, counted in known.iter_rows():
            if grown[table] * 10 >= counted:
                with _plain_errors(table), connection.cursor() as cursor:
                    cursor.execute(f"ANALYZE {table}")
                    connection.commit()

    def _write_step(self, tx: Tx) -> None:
        if tx.per_company:
            counts = dict(tx.per_company)
            tx.append(
                "audit.step",
                pl.DataFrame({"company_id": list(counts), "rows_appended": list(counts.values())}).with_columns(
                    step=pl.lit(tx.step), business_date=pl.lit(tx.business_date)
                ),
            )

    @contextmanager
    def _connect(self, doing: str) -> Iterator[Any]:
        """A connection with a transaction just begun: an idle one when there is one that still answers."""
        with _plain_errors(doing):
            connection = self._from_idle() or adbc.connect(self.uri)
        try:
            yield connection
        except BaseException:
            with suppress(adbc_errors.Error):  # it may be the connection that failed
                connection.close()
            raise
        # Outside a transaction while it waits: the next one's time is when it begins, not when this one ended.
        connection.adbc_connection.set_autocommit(True)
        self._idle.append((os.getpid(), connection))

    def _from_idle(self) -> Any:
        """A kept connection: opening one costs 50 ms, the driver reads all types. A parent process's is not ours."""
        while self._idle:
            owner, connection = self._idle.pop()
            if owner != os.getpid():
                continue
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1")
                    cursor.fetchall()
                connection.adbc_connection.set_autocommit(False)
            except adbc_errors.Error:
                # The server went away and came back: what is left of this one is ours to close.
                with suppress(adbc_errors.Error):
                    connection.close()
                continue
            return connection
        return None

    def read(
        self, name: str, *, companies: Sequence[int] = (), business_date: dt.date = dt.date.min, **values: Any
    ) -> pl.DataFrame:
        """The rows of a named query in a transaction of its own."""
        with self.step(name, run_no=0, companies=companies, business_date=business_date) as tx:
            return tx.read(name, **values)
