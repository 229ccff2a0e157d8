"""Answers as partners really write them: what they name they decide, and never more than that."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from assets.delivery.inbound import kind_of
from assets.delivery.process import process
from assets.steps import open_run
from formats.edi834 import AckStamp, write_ta1
from formats.edi834 import acknowledge as answered
from resources.sealed import FILE_IN
from resources.vault import HOUSE
from tests.enrollment.exchange import BACK, Vendor, World, actions, application
from tests.enrollment.test_answers import EVERYBODY, NOBODY, SECOND, families, said_of
from tests.support.seed import DAY

OURS = "HARBOR-EVERGREEN-20261002-1"
REST = ["ANN", "BO", "CY"]


@pytest.fixture
def them(vendor: Callable[..., Vendor], family: World) -> Vendor:
    """A vendor that was sent two families in two sets."""
    made = vendor(families(family), {"max_members_per_set": 3}, files="change")
    made.run()
    return made


def exceptions(them: Vendor) -> list[tuple[Any, ...]]:
    return them.look("SELECT kind, detail FROM exchange.exception ORDER BY position, kind")


def told_again(them: Vendor) -> list[str]:
    """Who is told in the next file."""
    out = them.run()
    return [row[0] for row in actions(them.bytes_of(2))] if out.rows else []


@pytest.mark.parametrize(
    ("items", "refused", "named"),
    [
        ([f"OTI*IR*TN*{OURS}", "REF*0F*M4", "TED*024"], SECOND, ["824 refuses M4: codes 024"]),
        ([f"OTI*IR*TN*{OURS}*****1*0002*834", "REF*23*M4"], SECOND, ["824 refuses M4: codes -"]),
        ([f"OTI*IR*TN*{OURS}", "NM1*IL*1*DOE*DEE****ZZ*M4"], SECOND, ["824 refuses M4: codes -"]),
        (["OTI*IR*NA*NA*****1*0002*834", "REF*1L*HARBOR", "REF*0F*M4"], SECOND, ["824 refuses M4: codes -"]),
        (["OTI*IR*0F*M1*****1*0001*834", "REF*23*M3"], ["CY"], ["824 refuses M3: codes -"]),
        ([f"OTI*IR*TN*{OURS}"], NOBODY, ["824 verdict R, codes -, on nothing that was sent"]),
        ([f"OTI*IR*TN*{OURS}", "REF*0F*NOBODY"], NOBODY, ["824 verdict R, codes -, on nothing that was sent"]),
        ([f"OTI*TR*TN*{OURS}*****1*0077*834"], NOBODY, ["824 verdict R, codes -, on nothing that was sent"]),
        ([f"OTI*TR*TN*{OURS}*****1*A077*834"], NOBODY, ["824 verdict R, codes -, on nothing that was sent"]),
        ([f"OTI*TP*TN*{OURS}", "TED*024"], NOBODY, ["824 says neither yes nor no of the file: verdict P, codes 024"]),
        ([f"OTI*TE*TN*{OURS}", "TED*024"], NOBODY, ["824 takes the file with errors: codes 024"]),
    ],
)
def test_an_item_of_an_824_decides_what_it_names(
    them: Vendor, items: list[str], refused: list[str], named: list[str]
) -> None:
    data = them.send()
    them.hear(said_of(data, "A*2*2*2", "0001 A", "0002 A"))
    them.hear(application(*items))
    assert [detail for _, detail in exceptions(them)] == named
    assert told_again(them) == refused


def test_an_item_that_takes_a_member_says_nothing_of_the_others(them: Vendor) -> None:
    them.send()
    them.hear(application(f"OTI*IA*TN*{OURS}", "REF*0F*M4"))
    assert told_again(them) == REST


def test_nothing_is_answered_that_was_not_sent(them: Vendor) -> None:
    data = them.bytes_of(1)
    them.hear(said_of(data, "A*2*2*2", "0001 A"))
    them.hear(application(f"OTI*TA*TN*{OURS}"))
    assert sorted(kind for kind, _ in exceptions(them)) == ["application_ack", "unmatched_ack", "unmatched_ack"]
    assert them.look("SELECT count(*) FROM enrollment.acknowledgement") == [(0,)]
    them.send(1)  # it still can be approved and sent
    assert told_again(them) == EVERYBODY


@pytest.mark.parametrize(
    ("group", "sets", "again"),
    [
        ("A*1*1*1", ["0001 A"], SECOND),  # of the other set nobody spoke
        ("R*1*1*0", ["0002 R"], EVERYBODY),  # nor here
        ("A*1*1*1", [], EVERYBODY),  # which one, it does not say
        ("R*1*1*0", [], EVERYBODY),
        ("A", ["0001 A"], NOBODY),  # it does not count: it speaks for all
    ],
)
def test_a_group_speaks_for_as_many_sets_as_it_counts(
    them: Vendor, group: str, sets: list[str], again: list[str]
) -> None:
    them.hear(said_of(them.send(), group, *sets))
    assert told_again(them) == again
    unclear = [("unmatched_ack", "verdict A on group 1 counts 1 of the 2 sets that were sent, and names none")]
    assert exceptions(them) == (unclear if group == "A*1*1*1" and not sets else [])


def test_each_set_may_be_answered_by_itself(them: Vendor) -> None:
    data = them.send()
    them.hear(said_of(data, "A*1*1*1", "0001 A"))
    them.hear(said_of(data, "A*1*1*1", "0002 A"))
    assert told_again(them) == NOBODY


def test_codes_are_kept_and_an_acceptance_with_errors_is_looked_into(them: Vendor) -> None:
    data = them.send()
    stamp = AckStamp(7, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
    them.hear(write_ta1(answered(data, ta1_verdict="E", note="018"), BACK, stamp))
    assert exceptions(them) == [("accepted_with_errors", "interchange 1 was taken with errors: codes 018")]
    them.hear(said_of(data, "R*2*2*0*1*2"))
    (detail,) = them.look("SELECT detail FROM exchange.event WHERE state = 'rejected'")[0]
    assert detail == "group 1: R, codes 1 2"


def test_characters_that_no_record_holds_stop_nobody(them: Vendor) -> None:
    data = them.send()
    them.hear(said_of(data, "R*2*2*0", "0001 R\x005", "0002 R"))
    assert told_again(them) == EVERYBODY


def test_answers_beside_a_list_of_members_are_heard_too(them: Vendor) -> None:
    answer = said_of(them.send(), "R*2*2*0", "0001 R", "0002 R")
    data = answer + b"\n" + them.bytes_of(1)
    assert kind_of(data) == "edi834"
    sha256, day = hashlib.sha256(data).digest(), DAY + dt.timedelta(days=1)
    run = open_run(them.record, job="inbound", book="house", business_date=day)
    sealed = them.vault.seal_bytes(HOUSE, FILE_IN, data)
    row = {"sha256": sha256, "partner": "evergreen", "name": "both", "size": len(data), "kind": "edi834"}
    with them.record.step("received", run_no=run.run_no, companies=run.companies, business_date=day) as tx:
        tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": sealed, "received_on": day}]))
    process(them.record, run, sha256.hex(), them.partners, them.vault)
    assert them.look("SELECT DISTINCT outcome FROM enrollment.acknowledgement") == [("refused",)]
    assert [kind for kind, _ in exceptions(them)] == []  # the list agrees with ours
    assert told_again(them) == EVERYBODY
