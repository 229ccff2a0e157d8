"""What a vendor answers, against a real database: what it took is not told again, what it refused is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from formats.edi834 import AckStamp, read, write_999, write_ta1
from formats.edi834 import acknowledge as answered
from resources.sealed import SSN
from resources.vault import Vault
from tests.enrollment.exchange import BACK, Vendor, World, actions, application, change
from tests.support.seed import DAY


def test_what_a_refused_file_told_comes_again_with_new_numbers(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change", resubmission=True)
    them.run()
    first = them.send()
    zip_of_the_head = pl.DataFrame(
        [{"set_control": "0001", "segment_position": 14, "segment": "N4", "segment_code": "8", "position": 1}]
    )
    assert them.answer(1, zip_of_the_head)["rejected"] == 1
    change(them.record, "UPDATE master.person SET zip = '04102'")
    them.run()
    again = them.bytes_of(2)
    assert [row[:2] for row in actions(again)] == [("ANN", "021"), ("BO", "021"), ("CY", "021")]
    assert b"BGN*15*HARBOR-EVERGREEN-20261003-1*20261003*0101**HARBOR-EVERGREEN-20261002-1**2~" in again
    assert b"*04102~" in again
    numbers = them.look("SELECT kind, value, file_id FROM exchange.control_number ORDER BY kind, value")
    assert numbers == [(kind, n, n) for kind in ("GS06", "ISA13", "ST02") for n in (1, 2)]
    assert them.look("SELECT answers_to FROM exchange.file ORDER BY file_id") == [(None,), (1,)]
    assert first != again
    them.send()
    them.answer(2)
    assert them.run().rows == {}


def test_a_set_that_is_refused_comes_again_and_the_others_do_not(vendor: Callable[..., Vendor], family: World) -> None:
    world = family()
    world["master__person"] = [*world["master__person"], {"person_id": 4, "code": "M4", "first_name": "Dee"}]
    world["master__subscription"] = [
        *world["master__subscription"],
        {"subscription_id": 2, "code": "S2", "person_id": 4},
    ]
    them = vendor(world, {"max_members_per_set": 3}, files="change")
    them.run()
    them.send()
    assert them.look("SELECT person_id, set_control FROM enrollment.member_state ORDER BY 1") == [
        (1, 1), (2, 1), (3, 1), (4, 2),
    ]  # fmt: skip
    fault = {"set_control": "0002", "segment_position": 14, "segment": "N4", "segment_code": "8", "position": 1}
    them.answer(1, pl.DataFrame([fault]))
    assert them.look("SELECT level, outcome FROM enrollment.acknowledgement ORDER BY control_number, level") == [
        ("group", "partial"), ("set", "accepted"), ("set", "refused"),
    ]  # fmt: skip
    them.run()
    assert [row[:2] for row in actions(them.bytes_of(2))] == [("DEE", "021")]


def test_a_ta1_that_refuses_kills_the_file_whatever_comes_after(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    data = them.send()
    stamp = AckStamp(7, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
    them.hear(write_ta1(answered(data, ta1_verdict="R", note="006"), BACK, stamp))
    them.answer(1)
    them.run()
    assert read(them.bytes_of(2)).members.height == 3


@pytest.mark.parametrize(
    "case",
    [
        ("OTI*TR*TN*HARBOR-EVERGREEN-20261002-1*****1*0001*834~TED*024", ["ANN", "BO", "CY"], "rejected"),
        ("OTI*TR*TN*HARBOR-EVERGREEN-20261002-1~TED*024", ["ANN", "BO", "CY"], "rejected"),
        ("OTI*TA*TN*HARBOR-EVERGREEN-20261002-1", [], "acknowledged"),
        ("OTI*IR*23*M3*****1*0001*834~TED*024", ["CY"], "sent"),
        ("OTI*IR*0F*M1*****1*0001*834~TED*024", ["ANN", "BO", "CY"], "sent"),
        ("OTI*IR*SY*517-22-3344*****1*0001*834~TED*024", ["ANN"], "sent"),
    ],
)
def test_an_824_speaks_of_a_file_a_set_or_a_member(
    vendor: Callable[..., Vendor], family: World, vault: Vault, case: tuple[str, list[str], str]
) -> None:
    item, again, state = case
    world, number = family(), pl.Series(["517223344"])
    sealed = {
        "ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(),
        "ssn_blind": vault.blind(pl.Series([1]), number, SSN).item(),
    }
    world["master__person"] = [sealed, *world["master__person"][1:]]
    them = vendor(world, files="change")
    them.run()
    them.send()
    if state == "sent":  # the set was taken, a member of it was not
        them.answer(1)
        state = "acknowledged"
    totals = them.hear(application(item))
    assert them.look("SELECT state FROM exchange.event ORDER BY event_no DESC LIMIT 1") == [(state,)]
    told = [detail for (detail,) in them.look("SELECT detail FROM exchange.exception")]
    assert totals["exceptions"] == len(told) == (1 if again else 0)
    assert not any("517" in detail for detail in told)
    assert them.run().totals["members"] == len(again)
    if again:
        assert [row[0] for row in actions(them.bytes_of(2))] == again


@pytest.mark.parametrize(("item", "member"), [("23*M3", "M3"), ("0F*M1", "M1, M2, M3"), ("SY*517223344", "M1")])
def test_an_824_on_a_full_file_names_members_of_whom_it_told_nothing_new(
    vendor: Callable[..., Vendor], family: World, vault: Vault, item: str, member: str
) -> None:
    world, number = family(), pl.Series(["517223344"])
    blind = vault.blind(pl.Series([1]), number, SSN).item()
    world["master__person"] = [
        {"ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(), "ssn_blind": blind},
        *world["master__person"][1:],
    ]
    them = vendor(world, files="full")
    them.run()
    them.send()
    them.answer(1)
    them.run()
    them.send()
    assert them.look("SELECT count(*) FROM enrollment.member_state WHERE file_id = 2") == [(0,)]
    them.hear(application(f"OTI*IR*{item}*****2*0002*834", "TED*024"))
    ((kind, detail),) = them.look("SELECT kind, detail FROM exchange.exception")
    assert (kind, detail) == ("application_ack", f"824 refuses {member}: codes 024")


def test_an_824_about_nothing_of_ours_is_named(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    them.send()
    assert them.hear(application("OTI*IR*23*STRANGER*****1*0001*834", "OTI*TR*TN*NOBODY"))["exceptions"] == 2
    assert {d for (d,) in them.look("SELECT detail FROM exchange.exception")} == {
        "824 verdict R, codes -, on nothing that was sent"
    }


def test_fewer_sets_accepted_than_received_is_a_refusal_in_part(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    said = answered(them.send())
    groups = said.groups.with_columns(verdict=pl.lit("A"), sets_accepted=pl.lit(0, pl.Int64))
    stamp = AckStamp(7, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
    them.hear(write_999(type(said)(said.ta1, groups, said.sets.clear(), said.errors, said.applications), BACK, stamp))
    assert them.look("SELECT verdict, outcome FROM enrollment.acknowledgement") == [("A", "partial")]
    assert them.run().totals["members"] == 3


@pytest.mark.parametrize(("hours", "overdue"), [(None, 3), (24, 2), (100, 5), (0, None)])
def test_a_missing_answer_is_an_alarm_after_the_hours_agreed_on(
    vendor: Callable[..., Vendor], hours: int | None, overdue: int | None
) -> None:
    them = vendor(files="change", answer_hours=hours)
    them.run(0)
    them.send()

    def alarms(days: int) -> list[str]:
        as_of = dt.datetime.combine(DAY + dt.timedelta(days), dt.time(12), dt.UTC)
        found = them.record.read("delivery/overdue", companies=(1,), business_date=as_of.date(), as_of=as_of)
        return found["key"].to_list()

    assert [n for n in range(12) if alarms(n)] == ([] if overdue is None else list(range(overdue, 12)))
    if overdue:
        assert alarms(overdue) == ["overdue_ack/HARBOR/1"]
        them.answer(1)
        assert alarms(overdue) == []


def families(family: World) -> dict[str, Any]:
    """The family and one more person, who is a family and (with one member to a set) a set of its own."""
    world = family()
    world["master__person"] = [*world["master__person"], {"person_id": 4, "code": "M4", "first_name": "Dee"}]
    other = {"subscription_id": 2, "code": "S2", "person_id": 4}
    return world | {"master__subscription": [*world["master__subscription"], other]}


def said_of(data: bytes, group: str, *sets: str) -> bytes:
    """A 999 with this AK9 (after the number of sets) and these AK2/IK5 (set, verdict)."""
    isa = "ISA*00*          *00*          *ZZ*EVERGREEN      *ZZ*DAYBOOK        *261002*0900*^*00501*000000009*0*P*:~"
    number = read(data).interchange["gs_control"][0]
    told = [part for s in sets for part in (f"AK2*834*{s.split(' ')[0]}*005010X220A1", f"IK5*{s.split(' ')[1]}")]
    body = ["ST*999*0001*005010X231A1", f"AK1*BE*{number}*005010X220A1", *told, f"AK9*{group}"]
    ends = [f"SE*{len(body) + 1}*0001", "GE*1*9", "IEA*1*000000009"]
    start = "GS*FA*EVERGREEN*DAYBOOK*20261002*0900*9*X*005010X231A1"
    return (isa + "~".join([start, *body, *ends]) + "~").encode()


EVERYBODY, FIRST, SECOND, NOBODY = ["ANN", "BO", "CY", "DEE"], ["ANN", "BO", "CY"], ["DEE"], []  # type: ignore[var-annotated]


@pytest.mark.parametrize(
    ("group", "sets", "again"),
    [
        ("A*2*2*2", ["0001 A", "0002 A"], NOBODY),
        ("E*2*2*2", ["0001 E", "0002 A"], NOBODY),
        ("P*2*2*1", ["0001 A", "0002 R"], SECOND),
        ("P*2*2*1", ["0002 A"], FIRST),  # who is not named was not accepted
        ("P*2*2*1", [], EVERYBODY),  # which one, it does not say
        ("A*2*2*1", ["0001 A"], SECOND),  # an A that counts otherwise
        ("A*2*1*1", ["0001 A"], SECOND),  # one of the two was never received
        ("A*2*2*2", ["0077 R"], NOBODY),  # a set that was never sent
        ("R*2*2*0", ["0077 R"], EVERYBODY),
        ("A*2*2*2", ["0001 A", "0001 R"], FIRST),  # both: the refusal counts
        ("M*2*2*0", [], EVERYBODY),
    ],
)
def test_what_a_999_leaves_untold_comes_again(
    vendor: Callable[..., Vendor], family: World, group: str, sets: list[str], again: list[str]
) -> None:
    them = vendor(families(family), {"max_members_per_set": 3}, files="change")
    them.run()
    data = them.send()
    assert read(data).interchange["set_control"].to_list() == ["0001", "0002"]
    them.hear(said_of(data, group, *sets))
    out = them.run()
    assert (actions(them.bytes_of(2)) if out.rows else []) == [(n, "021", "28", ["021 EG100 -"]) for n in again]
    if "0077 R" in sets:
        details = [d for (d,) in them.look("SELECT detail FROM exchange.exception")]
        assert details == ["verdict R on set 77, which this partner was not sent"]


@pytest.mark.parametrize("order", [("999", "824"), ("824", "999"), ("999", "824", "999"), ("824", "999", "824")])
def test_a_refused_family_comes_again_in_whatever_order_the_answers_come(
    vendor: Callable[..., Vendor], family: World, order: tuple[str, ...]
) -> None:
    them = vendor(families(family), files="change")
    them.run()
    them.send()
    for n, kind in enumerate(order):
        if kind == "999":
            them.answer(1)
        else:
            them.hear(application(f"OTI*IR*0F*M1**20261002*090{n}**1*0001*834", "TED*024"))
    assert [row[0] for row in (them.run(), actions(them.bytes_of(2)))[1]] == ["ANN", "BO", "CY"]
    them.send()
    them.answer(2)
    assert them.run().rows == {}


def test_an_824_that_takes_one_member_says_nothing_of_the_others(vendor: Callable[..., Vendor], family: World) -> None:
    them = vendor(families(family), files="change")
    them.run()
    them.send()
    them.hear(application("OTI*IA*23*M4*****1*0001*834"))
    them.run()
    assert [row[0] for row in actions(them.bytes_of(2))] == ["ANN", "BO", "CY"]
    assert them.look("SELECT state FROM exchange.event WHERE file_id = 1 ORDER BY event_no DESC LIMIT 1") == [("sent",)]


def test_a_late_refusal_takes_back_no_more_than_its_own_file_told(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    them.send()
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    them.run()
    them.send()  # the first is not answered: everybody again, and the move
    them.answer(2)
    fault = {"set_control": "0001", "segment_position": 14, "segment": "N4", "segment_code": "8", "position": 1}
    assert them.answer(1, pl.DataFrame([fault]))["rejected"] == 1
    assert them.run().rows == {}  # what the second told was taken


def test_what_was_told_on_the_ground_of_a_refused_file_comes_again_whole(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.person SET first_name = 'Flo' WHERE person_id = 3")
    them.run()
    them.send()
    assert actions(them.bytes_of(2)) == [("FLO", "001", "25", None)]  # her coverage seemed to be there
    them.answer(2)
    them.hear(application("OTI*IR*23*M3*****1*0001*834", "TED*024"))
    them.run()
    assert actions(them.bytes_of(3)) == [("FLO", "021", "28", ["021 EG100 -"])]
    them.send()
    them.answer(3)
    assert them.run().rows == {}
