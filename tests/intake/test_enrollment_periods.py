"""A group's 834 against what is known already: periods of coverage, ends, and who is who. Against a real database."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from resources.record import Record
from resources.sealed import SSN
from resources.vault import Vault
from tests.intake.told import COVERED, NUMBER, SUBSCRIPTIONS, file, look, person, plan, take
from tests.support.seed import seed

JAN, JUN, SEP, DEC = (dt.date(2026, month, 1) for month in (1, 6, 9, 12))
REJECTED = "SELECT position, detail FROM exchange.exception WHERE kind = 'intake_reject'"
VISION = {"line": "VIS", "plan_code": "V1"}


@pytest.fixture
def world(record: Record) -> None:
    vision = {"product_id": 2, "code": "VIS"} | VISION
    seed(record, master__book=[{}], master__company=[{}], master__vendor=[{}], master__product=[{}, vision])


def held(record: Record) -> list[tuple[object, ...]]:
    """Code, tier, start and end of every subscription."""
    return [(code, tier, start, end) for code, _, tier, start, end, _ in look(record, SUBSCRIPTIONS)]


def begun(record: Record, vault: Vault) -> bytes:
    data = file([person("E1", "021")], [plan("E1", "021", begin=JAN)])
    take(record, vault, data)
    return data


def ended(day: dt.date = JUN) -> bytes:
    return file([person("E1", "024", eligibility_end=day)], [plan("E1", "024", begin=None, end=day)])


def undated(data: bytes, *days: bytes) -> bytes:
    """The file without dates of some kinds; where none is named, without any end."""
    away = days or (b"DTP*357", b"DTP*349")
    return b"~".join(s for s in data.replace(b"~\n", b"~").split(b"~") if not s.startswith(away))


def only(data: bytes, number: int) -> bytes:
    """The file with one of its members alone."""
    segments = data.replace(b"~\n", b"~").split(b"~")
    starts = [n for n, s in enumerate(segments) if s[:4] in (b"INS*", b"SE*1", b"SE*2", b"SE*3")]
    return b"~".join(segments[: starts[0]] + segments[starts[number] : starts[number + 1]] + segments[starts[-1] :])


def test_a_state_that_comes_again_is_taken_again_and_a_file_that_comes_again_is_not(
    record: Record, vault: Vault, world: None
) -> None:
    first = begun(record, vault)
    take(record, vault, ended())
    assert held(record) == [("E1-MED", "EMP", JAN, JUN)]
    again = file([person("E1", "025")], [plan("E1", "025", begin=JAN)])
    assert take(record, vault, again) == {"members": 1, "loaded": 1, "refused": 0}
    assert held(record) == [("E1-MED", "EMP", JAN, None)]
    # So it is with an address: to Bath, and back.
    take(record, vault, file([person("E1", "001", city="BATH")], []))
    take(record, vault, file([person("E1", "001", maintenance_reason="43")], []))
    city = "SELECT city FROM master.person"
    assert look(record, city) == [("PORTLAND",)]
    take(record, vault, file([person("E1", "024", city="BATH", eligibility_end=DEC)], []))
    # Whichever of the old files comes once more: it was taken.
    for old in (first, ended(), again):
        assert take(record, vault, old)["loaded"] == 0
    assert (look(record, city), held(record)) == ([("BATH",)], [("E1-MED", "EMP", JAN, DEC)])


def test_rows_set_aside_are_asked_again_when_the_file_comes_again(record: Record, vault: Vault) -> None:
    twice = [{"product_id": n, "code": f"DEN{n}", "line": "DEN", "plan_code": "D1"} for n in (2, 3)]
    seed(record, master__book=[{}], master__company=[{}], master__vendor=[{}], master__product=[{}, *twice])
    told = [person("E1", "021"), person("E2", "021", state=None)]
    data = file(told, [plan("E1", "021"), plan("E1", "021", plan_code="EG2"),
                       plan("E1", "021", line="DEN", plan_code="D1"), plan("E2", "021")])  # fmt: skip
    assert take(record, vault, data)["refused"] == 4
    take(record, vault, file([person("E1", "001", city="BATH")], []))
    assert take(record, vault, data) == {"members": 2, "loaded": 0, "refused": 4}
    seed(record, master__product=[{"product_id": 4, "code": "EG2", "plan_code": "EG2"}])
    assert take(record, vault, data) == {"members": 2, "loaded": 1, "refused": 3}
    assert [row[0] for row in held(record)] == ["E1-EG2", "E1-MED"]
    assert look(record, "SELECT city FROM master.person") == [("BATH",)]


def test_a_start_moves_to_an_earlier_day_only(record: Record, vault: Vault, world: None) -> None:
    begun(record, vault)
    take(record, vault, file([person("E1", "001")], [plan("E1", "001", begin=SEP)]))
    assert held(record) == [("E1-MED", "EMP", JAN, None)]
    retro = dt.date(2025, 12, 1)
    take(record, vault, file([person("E1", "001")], [plan("E1", "001", begin=retro)]))
    assert held(record) == [("E1-MED", "EMP", retro, None)]
    # A tier without a day is put right, and says nothing of days.
    take(record, vault, undated(file([person("E1", "001")], [plan("E1", "001", begin=DEC, tier="FAM")]), b"DTP*348"))
    assert held(record) == [("E1-MED", "FAM", retro, None)]


@pytest.mark.parametrize("day", [JAN, JUN])
def test_a_reinstatement_without_a_gap_goes_on(record: Record, vault: Vault, world: None, day: dt.date) -> None:
    begun(record, vault)
    take(record, vault, ended())
    take(record, vault, file([person("E1", "025")], [plan("E1", "025", begin=day)]))
    assert held(record) == [("E1-MED", "EMP", JAN, None)]


def test_a_reinstatement_after_a_gap_is_a_period_of_its_own(record: Record, vault: Vault, world: None) -> None:
    family = [person("E1", "021"), person("E1-K", "021", head="E1")]
    take(record, vault, file(family, [plan("E1", "021", begin=JAN, tier="ECH"),
                                      plan("E1-K", "021", begin=JAN, tier=None)]))  # fmt: skip
    take(record, vault, ended())
    back = file([row | {"maintenance_type": "025"} for row in family],
                [plan("E1", "025", begin=SEP, tier="ECH"), plan("E1-K", "025", begin=SEP, tier=None)])  # fmt: skip
    take(record, vault, back)
    first, second = ("E1-MED", "ECH", JAN, JUN), ("E1-MED-20260901", "ECH", SEP, None)
    assert held(record) == [first, second]
    child = "E1-19-20190304"
    assert look(record, COVERED) == [("E1-MED", child, None), ("E1-MED-20260901", child, None)]
    assert take(record, vault, back)["loaded"] == 0
    # An end speaks of the period that is in force the day before it, and so does one of the dependent.
    gone = [plan("E1", "024", begin=None, end=DEC), plan("E1-K", "024", begin=None, tier=None, end=DEC)]
    take(record, vault, file([row | {"maintenance_type": "001"} for row in family], gone))
    assert held(record) == [first, (*second[:3], DEC)]
    assert look(record, COVERED) == [("E1-MED", child, None), ("E1-MED-20260901", child, DEC)]
    sooner = dt.date(2026, 5, 1)
    take(record, vault, file([person("E1", "001")], [plan("E1", "024", begin=None, end=sooner)]))
    assert held(record) == [("E1-MED", "ECH", JAN, sooner), (*second[:3], DEC)]
    # From the first day on again: nothing is covered twice, and the last period is there again.
    take(record, vault, file([person("E1", "025")], [plan("E1", "025", begin=JAN, tier="ECH")]))
    assert held(record) == [("E1-MED", "ECH", JAN, SEP), second]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("told_end", [False, True])
def test_another_tier_from_a_day_on_ends_one_period_and_begins_the_next(
    record: Record, vault: Vault, world: None, turned: bool, told_end: bool
) -> None:
    begun(record, vault)
    new = plan("E1", "021", begin=DEC, tier="FAM")
    plans = [plan("E1", "024", begin=None, end=DEC), new] if told_end else [new]
    data = file([person("E1", "001")], plans)
    if turned and told_end:
        end, begin, rest = data.index(b"HD*024"), data.index(b"HD*021"), data.index(b"SE*")
        data = data[:end] + data[begin:rest] + data[end:begin] + data[rest:]
    assert take(record, vault, data) == {"members": 1, "loaded": 2, "refused": 0}
    both = [("E1-MED", "EMP", JAN, DEC), ("E1-MED-20261201", "FAM", DEC, None)]
    assert held(record) == both
    assert take(record, vault, data)["loaded"] == 0
    # Told once more in another file, from its first day on and of the day before: each is the period it was.
    take(record, vault, file([person("E1", "001", city="BATH")], plans))
    assert held(record) == both


def test_dependents_go_on_in_another_tier_unless_they_end(record: Record, vault: Vault, world: None) -> None:
    born = dt.date(1991, 5, 6)
    family = [person("E1", "021"), person("E1-K", "021", head="E1"),
              person("E1-W", "021", head="E1", relationship="01", birth_date=born)]  # fmt: skip
    plans = [plan(row["member_key"], "021", begin=JAN, tier=None if n else "FAM") for n, row in enumerate(family)]
    take(record, vault, file(family, plans))
    child, wife = "E1-19-20190304", "E1-01-19910506"
    left = [person("E1", "001"), family[2] | {"maintenance_type": "024", "eligibility_end": DEC}]
    take(record, vault, file(left, [plan("E1", "021", begin=DEC, tier="ECH"),
                                    plan("E1-W", "024", begin=None, tier=None, end=DEC)]))  # fmt: skip
    assert look(record, COVERED) == [("E1-MED", wife, DEC), ("E1-MED", child, None), ("E1-MED-20261201", child, None)]
    # The child ends on that day, too, as is told later: of what follows it is taken off.
    late = [person("E1", "001"), family[1] | {"maintenance_type": "024", "eligibility_end": DEC}]
    take(record, vault, file(late, [plan("E1-K", "024", begin=None, tier=None, end=DEC)]))
    assert look(record, COVERED) == [("E1-MED", wife, DEC), ("E1-MED", child, DEC)]
    # A child who was there all the time is so in both periods.
    take(record, vault, file([person("E1", "001"), family[1] | {"maintenance_type": "025"}],
                             [plan("E1-K", "025", begin=JAN, tier=None)]))  # fmt: skip
    assert look(record, COVERED) == [("E1-MED", wife, DEC), ("E1-MED", child, None), ("E1-MED-20261201", child, None)]


def test_a_member_s_end_leaves_alone_what_was_over(record: Record, vault: Vault, world: None) -> None:
    family = [person("E1", "021"), person("E1-K", "021", head="E1")]
    plans = [plan("E1", "021", begin=JAN, tier="ECH"), plan("E1", "021", begin=JAN, tier="ECH", **VISION)]
    plans += [plan("E1-K", "021", begin=JAN, tier=None), plan("E1-K", "021", begin=JAN, tier=None, **VISION)]
    take(record, vault, file(family, plans))
    same = [row | {"maintenance_type": "001"} for row in family]
    take(record, vault, file(same, [plan("E1", "024", begin=None, end=JUN, **VISION),
                                    plan("E1-K", "024", begin=None, tier=None, end=SEP)]))  # fmt: skip
    gone = [row | {"maintenance_type": "024", "eligibility_end": DEC} for row in family]
    take(record, vault, file(gone, []))
    assert held(record) == [("E1-MED", "ECH", JAN, DEC), ("E1-VIS", "ECH", JAN, JUN)]
    child = "E1-19-20190304"
    assert look(record, COVERED) == [("E1-MED", child, SEP), ("E1-VIS", child, None)]


def test_a_member_s_end_before_another_tier_begins_ends_that_too(record: Record, vault: Vault, world: None) -> None:
    family = [person("E1", "021"), person("E1-K", "021", head="E1")]
    take(record, vault, file(family, [plan("E1", "021", begin=JAN, tier="FAM"),
                                      plan("E1-K", "021", begin=JAN, tier=None)]))  # fmt: skip
    take(record, vault, file([person("E1", "001")], [plan("E1", "021", begin=DEC, tier="ECH")]))
    gone = [row | {"maintenance_type": "024", "eligibility_end": SEP} for row in family]
    take(record, vault, file(gone, []))
    assert held(record) == [("E1-MED", "FAM", JAN, SEP), ("E1-MED-20261201", "ECH", DEC, DEC)]
    assert look(record, COVERED) == [("E1-MED", "E1-19-20190304", SEP)]


def test_a_dependent_without_a_day_is_taken_off_once_and_of_the_last_period(
    record: Record, vault: Vault, world: None
) -> None:
    family = [person("E1", "021"), person("E1-K", "021", head="E1")]
    take(record, vault, file(family, [plan("E1", "021", begin=JAN, tier="FAM"),
                                      plan("E1-K", "021", begin=JAN, tier=None)]))  # fmt: skip
    take(record, vault, file([person("E1", "001")], [plan("E1", "021", begin=DEC, tier="ECH")]))
    gone = file([person("E1", "001"), family[1] | {"maintenance_type": "024"}], [])
    take(record, vault, gone)
    was = ("E1-MED", "E1-19-20190304", None)
    assert look(record, COVERED) == [was]
    take(record, vault, file([person("E1", "001"), family[1]], [plan("E1-K", "021", begin=DEC, tier=None)]))
    both = [was, ("E1-MED-20261201", *was[1:])]
    assert look(record, COVERED) == both
    take(record, vault, gone)
    assert look(record, COVERED) == both


def test_a_begin_between_two_periods_fills_the_days_up_to_the_next(record: Record, vault: Vault, world: None) -> None:
    begun(record, vault)
    take(record, vault, ended())
    aug = dt.date(2026, 8, 1)
    for day in (SEP, aug):
        take(record, vault, file([person("E1", "001")], [plan("E1", "001", begin=day)]))
    found = [(code, start, end) for code, _, start, end in held(record)]
    assert found == [("E1-MED", JAN, JUN), ("E1-MED-20260801", aug, SEP), ("E1-MED-20260901", SEP, None)]


def test_a_period_that_moved_to_an_earlier_day_keeps_its_code(record: Record, vault: Vault, world: None) -> None:
    aug = dt.date(2026, 8, 1)
    for more in ({"begin": SEP}, {"begin": JUN, "end": aug}, {"begin": JAN}, {"begin": JUN, "tier": "FAM"}):
        take(record, vault, file([person("E1", "001")], [plan("E1", "001", **more)]))
    assert held(record) == [
        ("E1-MED", "EMP", SEP, None),
        ("E1-MED-20260601", "EMP", JAN, JUN),
        ("E1-MED-20260601-FAM", "FAM", JUN, SEP),
    ]


@pytest.mark.parametrize("data", [
    undated(ended()),
    undated(file([person("E1", "024", eligibility_end=JUN)], [])),
    undated(file([person("E1", "024", eligibility_end=JUN)], [plan("E1", "024", begin=dt.date(2026, 2, 1), tier="FAM",
                                                                   end=JUN)])),
    file([person("E1", "001")], [plan("E1", "002", begin=dt.date(2026, 2, 1), tier="FAM")]),
], ids=["coverage", "member", "with a begin", "deleted"])  # fmt: skip
def test_an_end_without_a_day_is_refused_in_words(record: Record, vault: Vault, world: None, data: bytes) -> None:
    begun(record, vault)
    assert take(record, vault, data)["refused"] == 1
    assert held(record) == [("E1-MED", "EMP", JAN, None)]
    ((position, detail),) = look(record, REJECTED)
    assert position > 0
    assert detail.startswith("subscriptions (end_date): the coverage ends, but no day says when: nothing was changed")


def test_an_end_of_what_is_not_there_is_refused_in_words(record: Record, vault: Vault, world: None) -> None:
    plans = [plan("E1", "024", begin=None, end=JUN), plan("E1", "021", begin=JUN, tier="FAM")]
    assert take(record, vault, file([person("E1", "001")], plans))["refused"] == 1
    assert held(record) == [("E1-MED", "FAM", JUN, None)]
    ((detail,),) = look(record, "SELECT detail FROM exchange.exception")
    assert "coverage ends that we don't have" in detail


def test_dependents_alone_are_known_by_their_subscriber_s_ssn(record: Record, vault: Vault, world: None) -> None:
    family = [person("E1", "021", ssn=NUMBER), person("E1-K", "021", head="E1")]
    take(record, vault, file(family, [plan("E1", "021", tier="ECH"), plan("E1-K", "021", tier=None)]))
    told = [row | {"subscriber_id": NUMBER, "maintenance_type": "024", "eligibility_end": DEC} for row in family]
    data = only(file(told, [plan("E1-K", "024", tier=None, end=DEC)]), 1)
    assert take(record, vault, data) == {"members": 1, "loaded": 1, "refused": 0}
    assert look(record, COVERED) == [("E1-MED", "E1-19-20190304", DEC)]


def test_twins_are_two(record: Record, vault: Vault, world: None) -> None:
    twins = [person(f"E1-{n}", "021", head="E1", first_name=name) for n, name in enumerate(["Ann", "Mary Lou"])]
    plans = [plan("E1", "021", tier="ECH"), *(plan(f"E1-{n}", "021", tier=None) for n in (0, 1))]
    data = file([person("E1", "021"), *twins], plans)
    assert take(record, vault, data)["refused"] == 0
    ann, mary = "E1-19-20190304-ANN", "E1-19-20190304-MARYLOU"
    assert look(record, COVERED) == [("E1-MED", ann, None), ("E1-MED", mary, None)]
    both = [person("E1", "001", city="BATH"), *twins[::-1]]
    take(record, vault, file(both, plans))
    assert len(look(record, "SELECT code FROM master.person")) == 3
    # One alone is still the one it was.
    gone = twins[1] | {"maintenance_type": "024", "eligibility_end": DEC}
    take(record, vault, file([person("E1", "001"), gone], [plan("E1-1", "024", tier=None, end=DEC)]))
    assert look(record, COVERED) == [("E1-MED", ann, None), ("E1-MED", mary, DEC)]


def test_a_child_who_came_before_its_twin_stays_who_it_is(record: Record, vault: Vault, world: None) -> None:
    head, plans = person("E1", "021"), [plan("E1", "021", tier="ECH"), plan("E1-0", "021", tier=None)]
    ann, mary = (person(f"E1-{n}", "021", head="E1", first_name=name) for n, name in enumerate(["ANN", "MARY"]))
    take(record, vault, file([head, ann], plans))
    take(record, vault, file([head, mary, ann], [*plans, plan("E1-1", "021", tier=None)]))
    names = look(record, "SELECT code, first_name FROM master.person WHERE relationship = 'child' ORDER BY code")
    assert names == [("E1-19-20190304", "ANN"), ("E1-19-20190304-MARY", "MARY")]


def test_an_ssn_put_right_makes_no_second_person(record: Record, vault: Vault, world: None) -> None:
    old, new = NUMBER, "517223345"
    take(record, vault, file([person("E1", "021", ssn=old, subscriber_id=old)], [plan("E1", "021", begin=JAN)]))
    data = file([person("E1", "001", ssn=new, subscriber_id=new, maintenance_reason="25")],
                [plan("E1", "001", begin=JAN)])  # fmt: skip
    wrong = b"~NM1*70*1*NEWMAN*NE1****34*%s~" % old.encode()
    data = data.replace(b"NM1*IL", b"NM1*74").replace(b"~\n", b"~").replace(b"~HD*", wrong + b"HD*")
    take(record, vault, data)
    ((code, sealed),) = look(record, "SELECT code, ssn_sealed FROM master.person")
    assert vault.open(pl.Series([1]), pl.Series([sealed]), SSN).to_list() == [new]
    assert not {old, new} & {code}
    assert len(held(record)) == 1
