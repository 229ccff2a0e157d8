"""Values on their way into a query."""

from __future__ import annotations

import datetime as dt
import gc
import warnings

import psycopg

from resources.database import Logins
from resources.record import Record

DAY = dt.date(2026, 10, 1)


def test_bytes_arrive_as_they_are_alone_and_in_lists(record: Record) -> None:
    """Every byte beside a quote, a backslash and a brace: a fingerprint may hold any of them."""
    values = [bytes([n]) + b"'\"\\{},\0" for n in range(256)]
    text = (
        "SELECT encode(v, 'hex') AS one, encode({first}::bytea, 'hex') AS alone "
        "FROM unnest({values}::bytea[]) WITH ORDINALITY u (v, n) ORDER BY n"
    )
    with record.step("look", run_no=0, companies=[], business_date=DAY) as tx:
        found = tx.select(text, values=values, first=values[39])
    assert found["one"].to_list() == [v.hex() for v in values]
    assert set(found["alone"]) == {values[39].hex()}


def test_a_connection_that_the_server_ended_is_closed_and_replaced(record: Record, logins: Logins) -> None:
    def backend() -> int:
        with record.step("look", run_no=0, companies=[], business_date=DAY) as tx:
            return int(tx.select("SELECT pg_backend_pid() AS pid").item())

    first = backend()
    assert backend() == first, "it waits for the next step"
    with psycopg.connect(logins.runtime) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ResourceWarning)
        assert backend() != first
        gc.collect()
    assert [str(one.message) for one in told] == []
