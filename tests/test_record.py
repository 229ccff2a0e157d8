"""Values on their way into a query."""

from __future__ import annotations

import datetime as dt

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
