"""What wakes the night: given this at the partners' and in the record, expect these runs and alerts, once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dagster as dg
import polars as pl
import pytest

from assets.delivery.approval import approve
from assets.delivery.keys import keys_of
from assets.partitions import INBOUND
from pipelines.definitions import build
from resources.desk import Desk
from resources.record import Record
from sensors.alerts import approvals_before_cut_off, overdue_acknowledgements, partner_keys, raise_alerts, run_failed
from sensors.inbound import inbound_files
from tests.support.bank import look
from tests.support.counterparties import Counterparties
from tests.support.seed import seed

STATEMENT = b"01,011000992,DAYBOOK,261002,0600,1,80,,2/\n"
RETURN = b"1011123456789 0110009922610020600A094101" + b" " * 53 + b"\n"
LONG_AGO = dt.date(2020, 1, 2)  # older than any clock that runs this


def tick(sensor: Any, desk: Desk, instance: dg.DagsterInstance) -> Any:
    with dg.build_sensor_context(instance=instance, resources={"desk": desk}) as context:
        return sensor(context)


def alerts(record: Record) -> list[tuple[str, str]]:
    rows = look(record, "SELECT key, detail FROM audit.alert ORDER BY key")
    return [(key, detail) for key, detail in rows.iter_rows()]


@pytest.fixture
def at_partners(desk: Desk, counterparties: Counterparties) -> Desk:
    """The desk of the home whose partners answer on this machine, over an empty record."""
    seed(desk.record, master__book=[{}], master__company=[{}])
    return Desk(counterparties.home, logins=desk.logins)


def test_a_new_file_is_one_run_and_never_a_second_one(
    at_partners: Desk, instance: dg.DagsterInstance, counterparties: Counterparties
) -> None:
    counterparties.leave("monday.pgp", STATEMENT)
    first = tick(inbound_files, at_partners, instance)
    [request] = first.run_requests
    keys = instance.get_dynamic_partitions(str(INBOUND.name))
    assert keys == [request.partition_key] == [request.run_key]
    # The run was asked for and did not start (the daemon died): asked for again, under the same key.
    assert [r.run_key for r in tick(inbound_files, at_partners, instance).run_requests] == keys
    done = (
        build({"desk": at_partners})
        .resolve_job_def("inbound")
        .execute_in_process(instance=instance, partition_key=request.partition_key)
    )
    assert done.success
    assert look(at_partners.record, "SELECT 1 FROM exchange.processed").height == 1
    counterparties.leave("monday-again.pgp", STATEMENT)  # the same content in another envelope
    assert tick(inbound_files, at_partners, instance) == dg.SkipReason("nothing new")
    assert instance.get_dynamic_partitions(str(INBOUND.name)) == keys


def test_answers_are_asked_for_before_what_needs_them(
    at_partners: Desk, instance: dg.DagsterInstance, counterparties: Counterparties
) -> None:
    counterparties.leave("a.pgp", STATEMENT)
    counterparties.leave("b.pgp", RETURN)
    found = tick(inbound_files, at_partners, instance)
    kinds = dict(look(at_partners.record, "SELECT encode(sha256, 'hex') AS k, kind FROM exchange.inbound").iter_rows())
    assert [kinds[r.run_key] for r in found.run_requests] == ["nacha", "bai2"]


def test_a_day_of_polls_is_one_run_of_the_record(at_partners: Desk, instance: dg.DagsterInstance) -> None:
    for _ in range(3):
        assert tick(inbound_files, at_partners, instance) == dg.SkipReason("nothing new")
    runs = look(at_partners.record, "SELECT business_date FROM audit.run WHERE job = 'receive'")["business_date"]
    assert len(runs) == runs.n_unique() <= 2  # midnight may pass


def test_a_house_without_partners_skips(desk: Desk, instance: dg.DagsterInstance) -> None:
    assert tick(inbound_files, desk, instance) == dg.SkipReason("no partner profiles yet")


def put_file(desk: Desk, file_id: int, kind: str, states: list[str], day: dt.date = LONG_AGO) -> None:
    """A registered outbound file of company 1 that went through these states on that day."""
    about = {"company_id": 1, "file_id": file_id, "business_date": day}
    sha256 = bytes([file_id]) * 32
    file = {"kind": kind, "partner": "evergreen", "sequence": file_id, "name": f"f{file_id}.txt", "sha256": sha256}
    with desk.record.step("test.file", run_no=1, companies=[1], business_date=day) as tx:
        row = {**about, **file, "size": 1, "records": 1, "created_by": "night"}
        tx.append("exchange.file", pl.DataFrame([row]))
    for number, state in enumerate(states, 1):
        if state == "approved":
            approve(Record(desk.logins.releaser), 1, file_id, sha256, "ruth")
            continue
        with desk.record.step("test.event", run_no=1, companies=[1], business_date=day) as tx:
            row = {**about, "event_no": number, "state": state, "actor": "test"}
            tx.append("exchange.event", pl.DataFrame([row]))


@pytest.fixture
def delivered(desk: Desk) -> Desk:
    """Files in every state that a person must, or need not, look at."""
    seed(desk.record, master__book=[{}], master__company=[{}])
    today = dt.datetime.now(dt.UTC).date()
    put_file(desk, 1, "nacha", ["built", "checked"])
    put_file(desk, 2, "nacha", ["built", "checked"], day=today)  # there is time yet
    put_file(desk, 3, "nacha", ["built", "checked", "approved", "sending", "sent"])  # banks need not answer
    put_file(desk, 4, "nacha", ["built", "checked", "approved", "sending", "unknown"])
    put_file(desk, 5, "edi834", ["built", "checked", "approved", "sending", "sent"])
    put_file(desk, 6, "edi834", ["built", "checked", "approved", "sending", "sent", "acknowledged"])
    put_file(desk, 7, "edi834", ["built", "checked"])
    put_file(desk, 8, "edi834", ["built", "checked", "approved", "failed"])
    put_file(desk, 9, "nacha", ["built", "checked", "approved", "sending"])  # begun this minute
    return desk


def test_alerts_are_raised_once_per_key(delivered: Desk, instance: dg.DagsterInstance) -> None:
    late = {
        "overdue_ack/HARBOR/5": "evergreen has not acknowledged f5.txt, sent on 2020-01-02",
        "unknown_file/HARBOR/4": "it is not known whether evergreen has f4.txt: ask them, then record the answer",
    }
    waiting = {
        "not_sent/HARBOR/8": "f8.txt of HARBOR has not left for evergreen",
        "unapproved/HARBOR/1": "f1.txt of HARBOR waits for approval",
        "unapproved/HARBOR/7": "f7.txt of HARBOR waits for approval",
    }
    assert tick(overdue_acknowledgements, delivered, instance) == dg.SkipReason("2 new alerts, 2 open")
    assert dict(alerts(delivered.record)) == late
    assert tick(approvals_before_cut_off, delivered, instance) == dg.SkipReason("3 new alerts, 3 open")
    assert dict(alerts(delivered.record)) == {**late, **waiting}
    assert tick(overdue_acknowledgements, delivered, instance) == dg.SkipReason("0 new alerts, 2 open")
    assert tick(approvals_before_cut_off, delivered, instance) == dg.SkipReason("0 new alerts, 3 open")
    assert dict(alerts(delivered.record)) == {**late, **waiting}


def test_a_sending_without_an_end_is_raised_after_an_hour(delivered: Desk) -> None:
    def told(hours: float) -> dict[str, str]:
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
        found = delivered.record.read("delivery/overdue", companies=[1], business_date=moment.date(), as_of=moment)
        return dict(found.filter(kind="unfinished_file").select("key", "detail").iter_rows())

    assert told(0.9) == {}
    words = "the sending of f9.txt to evergreen was begun and has no end: release again, it looks there first"
    assert told(1.1) == {"unfinished_file/HARBOR/9": words}


def test_only_what_is_new_is_told(desk: Desk) -> None:
    one = {"key": "a", "kind": "k", "detail": "first"}
    assert raise_alerts(desk, pl.DataFrame([one]), LONG_AGO) == ["first"]
    both = pl.DataFrame([one, {**one, "key": "b", "detail": "second"}])
    assert raise_alerts(desk, both, LONG_AGO) == ["second"]


@dg.op
def _breaks() -> None:
    raise ValueError("as planned")


@dg.job(name="night")
def _broken_night() -> None:
    _breaks()


def test_a_failed_run_is_named_once(desk: Desk, instance: dg.DagsterInstance) -> None:
    failed = _broken_night.execute_in_process(
        instance=instance, raise_on_error=False, tags={"dagster/partition": "north|2026-11-02"}
    )
    event = failed.get_run_failure_event()
    for _ in range(2):
        with dg.build_run_status_sensor_context(
            "run_failed", event, instance, failed.dagster_run, resources={"desk": desk}
        ) as context:
            run_failed(context.for_run_failure())
    [(key, detail)] = alerts(desk.record)
    assert key == f"run_failed/{failed.run_id}"
    assert detail == f"run {failed.run_id} of night (north|2026-11-02) failed"


def test_keys_at_their_end_and_a_changed_allow_list_are_raised_once(
    at_partners: Desk, instance: dg.DagsterInstance
) -> None:
    listed = at_partners.home.allow_list
    ends = keys_of(at_partners.partners.values())["expires"].max()
    assert isinstance(ends, dt.date)
    assert tick(partner_keys, at_partners, instance) == dg.SkipReason("1 new alerts, 1 open")  # the list, first seen
    assert tick(partner_keys, at_partners, instance) == dg.SkipReason("0 new alerts, 1 open")
    at_partners.as_of = dt.datetime.combine(ends - dt.timedelta(days=7), dt.time(), dt.UTC)
    keys = 2 * len(at_partners.partners)
    assert tick(partner_keys, at_partners, instance) == dg.SkipReason(f"{keys} new alerts, {keys + 1} open")
    assert tick(partner_keys, at_partners, instance) == dg.SkipReason(f"0 new alerts, {keys + 1} open")
    text = listed.read_text(encoding="utf-8")
    try:
        listed.write_text(text.replace('countries = ["US"]', 'countries = ["US", "CA"]'), encoding="utf-8")
        tick(partner_keys, at_partners, instance)
    finally:
        listed.write_text(text, encoding="utf-8")
    details = [detail for key, detail in alerts(at_partners.record) if key.startswith("allow_list/")]
    assert sorted("in US, CA;" in detail for detail in details) == [False, True]
