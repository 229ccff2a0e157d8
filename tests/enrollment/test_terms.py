"""What a vendor agreed on, against a real database: change files, audits, guards, refusals corrected, own layouts."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import psycopg
import pytest
from pydantic import ValidationError

from assets.delivery.approval import approve
from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.steps import build_files
from assets.steps import Outcome, open_run, run_step
from formats.edi834 import AckStamp, Route, read, write_999, write_ta1
from formats.edi834 import acknowledge as answered
from formats.errors import GuardError, SettingsError
from pipelines.vendors import allow_retro
from resources.database import Logins
from resources.partners import Partner
from resources.record import Record
from resources.sealed import FILE_OUT, SSN
from resources.vault import Vault
from resources.vendor_terms import VendorTerms
from tests.enrollment.conftest import vendor_partner
from tests.support.seed import DAY, night, seed

World = Callable[..., dict[str, list[dict[str, Any]]]]
BACK = Route("EVERGREEN", "DAYBOOK")


@dataclass
class Vendor:
    """One vendor and our side of the exchange with it."""

    record: Record
    releaser: Record
    vault: Vault
    terms: VendorTerms
    more: dict[str, Any]
    day: int = 0
    answers: int = 0

    @property
    def partners(self) -> dict[str, Partner]:
        return {"evergreen": vendor_partner(**self.more).model_copy(update={"enrollment": self.terms})}

    def run(self, later: int = 1) -> Outcome:
        """The next night's files."""
        self.day += later
        return self.again()

    def again(self) -> Outcome:
        run = night(self.record, business_date=DAY + dt.timedelta(days=self.day))
        out = run_step(self.record, run, "enrollment.files", lambda tx: build_files(tx, self.partners, self.vault))
        assert not out.set_aside
        return out

    def look(self, text: str) -> list[tuple[Any, ...]]:
        with self.record.step("look", run_no=0, companies=(1,), business_date=DAY) as tx:
            return tx.select(text).rows()

    def bytes_of(self, file_id: int) -> bytes:
        sealed = self.look(f"SELECT sealed FROM exchange.content WHERE file_id = {file_id}")[0][0]
        return self.vault.open_bytes(1, FILE_OUT, sealed)

    @property
    def last(self) -> int:
        return int(self.look("SELECT max(file_id) FROM exchange.file")[0][0])

    def send(self, file_id: int | None = None, reason: str = "") -> bytes:
        """Approve and send a file, the last one unless another is named."""
        number = file_id or self.last
        data = self.bytes_of(number)
        approve(self.releaser, 1, number, hashlib.sha256(data).digest(), "ruth", reason=reason)
        self.tell(number, "sending", "sent")
        return data

    def tell(self, file_id: int, *states: str) -> None:
        day = DAY + dt.timedelta(days=self.day)
        with self.record.step("test.tell", run_no=1, companies=[1], business_date=day) as tx:
            for state in states:
                last = tx.select(f"SELECT max(event_no) FROM exchange.event WHERE file_id = {file_id}").item()
                row = {"company_id": 1, "file_id": file_id, "event_no": last + 1, "state": state, "actor": "test"}
                tx.append("exchange.event", pl.DataFrame([row | {"business_date": day}]))

    def hear(self, data: bytes, kind: str = "x12_ack") -> dict[str, int]:
        sha256, day = hashlib.sha256(data).digest(), DAY + dt.timedelta(days=self.day)
        run = open_run(self.record, job="inbound", book="house", business_date=day)
        with self.record.step("received", run_no=run.run_no, companies=run.companies, business_date=day) as tx:
            row = {"sha256": sha256, "partner": "evergreen", "name": "ack", "size": len(data), "kind": kind}
            tx.append("exchange.inbound", pl.DataFrame([row | {"sealed": b"x", "received_on": day}]))
        out = run_step(self.record, run, "enrollment.acknowledge", lambda tx: acknowledge(tx, sha256, data, self.vault))
        assert not out.set_aside
        return out.totals

    def answer(self, file_id: int, faults: pl.DataFrame | None = None) -> dict[str, int]:
        """The vendor's 999 on a file; with faults it refuses the sets they are in."""
        self.answers += 1
        stamp = AckStamp(self.answers, dt.datetime(2026, 10, 1, 9))  # noqa: DTZ001 - a vendor's own wall time
        return self.hear(write_999(answered(self.bytes_of(file_id), faults), BACK, stamp))


@pytest.fixture
def vendor(record: Record, logins: Logins, vault: Vault, family: World) -> Callable[..., Vendor]:
    def make(world: dict[str, Any] | None = None, edi834: dict[str, Any] | None = None, **terms: Any) -> Vendor:
        seed(record, **(world or family()))
        return Vendor(record, Record(logins.releaser), vault, VendorTerms(**terms), edi834 or {})

    return make


def change(record: Record, statement: str) -> None:
    with psycopg.connect(record.uri) as connection:
        connection.execute("SELECT set_config('daybook.companies', '{1}', true)")
        connection.execute(statement)


def actions(data: bytes) -> list[tuple[Any, ...]]:
    """Name, INS03 and INS04 of each member, and HD01, plan and end of its coverages."""
    found = read(data)
    held = found.coverages.group_by("member_key", maintain_order=True).agg(
        pl.concat_str("maintenance_type", "plan_code", pl.col("end").cast(pl.String).fill_null("-"), separator=" ")
    )
    members = found.members.select("member_key", "first_name", "maintenance_type", "maintenance_reason")
    rows = members.join(held.rename({"maintenance_type": "held"}), on="member_key", how="left", maintain_order="left")
    return rows.drop("member_key").rows()


def test_a_change_file_tells_the_difference_and_nothing_else(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    assert them.run().totals["files"] == 1
    assert read(them.bytes_of(1)).interchange["action"].to_list() == ["2"]
    assert actions(them.send()) == [(name, "021", "28", ["021 EG100 -"]) for name in ("ANN", "BO", "CY")]
    them.answer(1)
    assert them.run().rows == {}  # nothing changed, no file
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    change(them.record, "DELETE FROM master.covered WHERE person_id = 3")
    them.run()
    assert actions(them.send()) == [
        ("BO", "001", "25", None),
        ("CY", "024", "07", [f"024 EG100 {DAY + dt.timedelta(3)}"]),
    ]
    them.answer(2)
    change(them.record, "INSERT INTO master.covered VALUES (1, 1, 3)")
    change(them.record, "UPDATE master.subscription SET tier = 'ECH'")
    them.run()
    assert actions(them.send()) == [
        ("ANN", "001", "29", ["001 EG100 -"]),
        ("BO", "001", "29", ["001 EG100 -"]),
        ("CY", "025", "41", ["025 EG100 -"]),
    ]
    assert them.again().rows == {}


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


def test_a_dependent_is_told_with_the_subscriber_where_the_subscribers_ssn_ties_the_family(
    vendor: Callable[..., Vendor], family: World, vault: Vault
) -> None:
    world, number = family(), pl.Series(["517223344"])
    sealed = {
        "ssn_sealed": vault.seal(pl.Series([1]), number, SSN).item(),
        "ssn_blind": vault.blind(pl.Series([1]), number, SSN).item(),
    }
    world["master__person"] = [sealed, *world["master__person"][1:]]
    them = vendor(world, {"subscriber_reference": "ssn"}, files="change")
    them.run()
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.person SET city = 'Bath' WHERE person_id = 2")
    them.run()
    assert actions(them.send()) == [("ANN", "001", "25", None), ("BO", "001", "25", None)]
    assert them.look("SELECT person_id FROM enrollment.member_state WHERE file_id = 2") == [(2,)]


def application(*items: str) -> bytes:
    """An 824 with these OTI segments."""
    isa = "ISA*00*          *00*          *ZZ*EVERGREEN      *ZZ*DAYBOOK        *261002*0900*^*00501*000000099*0*P*:~"
    body = ["ST*824*0001", "BGN*11*X1*20261002*0900", *items]
    ends = [f"SE*{len(body) + 1}*0001", "GE*1*99", "IEA*1*000000099"]
    return (isa + "~".join(["GS*AG*EVERGREEN*DAYBOOK*20261002*0900*99*X*005010X186A1", *body, *ends]) + "~").encode()


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


@pytest.mark.parametrize(("unanswered", "files"), [("repeat", 1), ("wait", 0)])
def test_before_the_answer_a_file_repeats_or_waits(vendor: Callable[..., Vendor], unanswered: str, files: int) -> None:
    them = vendor(files="change", unanswered=unanswered)
    them.run()
    them.send()
    out = them.run()
    assert (out.totals["files"], out.totals["vendors_waited_for"]) == (files, 1 - files)
    them.answer(1)
    them.run()
    assert [row[1] for row in them.look("SELECT file_id, purpose FROM exchange.file")] == ["change"] * (1 + files)


def test_a_vendor_that_never_answers_has_heard_what_was_sent(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change", answer_hours=0)
    them.run()
    them.send()
    assert them.run().rows == {}
    assert them.look("SELECT answer_hours FROM exchange.file") == [(None,)]


def test_a_change_file_nobody_approved_is_overtaken_by_the_next(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change")
    them.run()
    assert them.run().totals == them.run(0).totals | {"files": 1, "members": 3, "coverage_changes": 3}
    states = them.look(
        "SELECT file_id, state FROM exchange.event WHERE state IN ('void', 'checked') ORDER BY 1, event_no"
    )
    assert states == [(1, "checked"), (1, "void"), (2, "checked")]


def test_audits_come_on_their_days_and_move_nothing(vendor: Callable[..., Vendor]) -> None:
    them = vendor(files="change_and_audit", audit_weekdays=("monday",), audit_days=(31,))
    days = [DAY + dt.timedelta(n) for n in range(32)]
    audited = [d for d in days if "audit" in them.terms.purposes(d)]
    assert audited == [d for d in days if d.weekday() == 0 or d.day == 31]
    them.run(4)  # Monday, 5 October
    assert them.look("SELECT purpose, sequence, name FROM exchange.file ORDER BY file_id") == [
        ("change", 1, "HARBOR_edi834_20261005_01.txt"), ("audit", 19, "HARBOR_edi834_20261005_19.txt"),
    ]  # fmt: skip
    audit = read(them.bytes_of(2))
    assert audit.interchange["action"].to_list() == ["4"]
    assert audit.members["maintenance_type"].unique().to_list() == ["030"]
    assert them.look("SELECT DISTINCT file_id FROM enrollment.member_state") == [(1,)]
    assert them.again().rows == {}


def many(count: int) -> dict[str, Any]:
    people = [{"person_id": n, "code": f"M{n}", "last_name": f"Sample{n}"} for n in range(1, count + 1)]
    held = [{"subscription_id": n, "code": f"S{n}", "person_id": n} for n in range(1, count + 1)]
    base = {f"master__{t}": [{}] for t in ("book", "company", "vendor", "product")}
    return {**base, "master__person": people, "master__subscription": held}


@pytest.mark.parametrize(
    ("files", "ended", "asked"),
    [("change", 3, 3), ("change", 2, 0), ("full", 3, 3), ("full", 2, 0)],
)
def test_too_many_ends_need_a_reason(vendor: Callable[..., Vendor], files: str, ended: int, asked: int) -> None:
    them = vendor(many(20), files=files, most_terminations_percent=10, most_shrinkage_percent=10, guard_from=2)
    them.run()
    them.send()
    them.answer(1)
    change(them.record, f"UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id <= {ended}")
    assert them.run().totals["files_held"] == (1 if asked else 0)
    assert them.look("SELECT questions FROM exchange.file WHERE file_id = 2") == [(asked,)]
    if asked:
        words = them.look("SELECT detail FROM exchange.event WHERE file_id = 2 AND state = 'checked'")[0][0]
        assert words.startswith("ends 3 of the 20 people the vendor holds, more than 10 percent")
        with pytest.raises(GuardError, match=r"3 .* be asked about"):
            them.send()
    them.send(reason="the group moved to another vendor" if asked else "")


def test_a_full_file_that_ends_by_omission_leaves_the_ended_out(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="full", termination="omission")
    them.run()
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 2
    assert them.look("SELECT person_id, covered FROM enrollment.member_state WHERE version = 2") == [(1, False)]


def test_an_end_told_once_is_left_out_when_it_was_taken(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="full", termination="once")
    them.run()
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 1")
    assert them.run().totals["members"] == 3
    assert them.run().totals["members"] == 3  # not answered yet
    for file_id in (1, 2):
        them.send(file_id)
        them.answer(file_id)
    assert them.run().totals["members"] == 2


def test_a_change_too_old_waits_for_a_person(vendor: Callable[..., Vendor]) -> None:
    them = vendor(many(3), files="change", retro_days=30)
    them.run()
    assert them.look("SELECT 1 FROM audit.quarantine") == []  # a first population is not asked about
    them.send()
    them.answer(1)
    change(them.record, "UPDATE master.subscription SET start_date = '2026-07-01' WHERE subscription_id = 1")
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-02' WHERE subscription_id = 2")
    out = them.run()
    assert (out.totals["members"], out.totals["changes_waiting"]) == (1, 1)
    ((subject, rule),) = them.look("SELECT subject, rule FROM audit.quarantine")
    assert (subject, rule) == ("evergreen: member M1, from 2026-07-01", "enrollment.retro")
    them.send()
    them.answer(2)
    desk: Any = SimpleNamespace(record=them.record, vault=them.vault, partners=them.partners)
    asked = {"company": "HARBOR", "member": "M1", "effective": dt.date(2026, 7, 1), "actor": "rita"}
    with pytest.raises(GuardError, match="needs a reason"):
        allow_retro(desk, "evergreen", **asked, reason=" ")
    with pytest.raises(GuardError, match="nothing of member M2 waits"):
        allow_retro(desk, "evergreen", **asked | {"member": "M2"}, reason="agreed on the phone")
    allow_retro(desk, "evergreen", **asked, reason="agreed on the phone", business_date=DAY + dt.timedelta(them.day))
    assert them.look("SELECT actor, action FROM audit.action ORDER BY 2")[0] == ("rita", "allow retro")
    them.run()
    assert [r[:2] for r in actions(them.bytes_of(3))] == [("ANN", "001")]


@pytest.mark.parametrize(("usage", "test"), [("T", False), ("P", True)])
def test_real_members_never_go_to_a_partner_in_test_nor_invented_ones_to_production(
    vendor: Callable[..., Vendor], family: World, usage: str, test: bool
) -> None:
    them = vendor(family(master__company=[{"test": test}]), {"usage": usage}, files="full")
    assert them.run().totals["files"] == 0
    ((subject, rule),) = them.look("SELECT subject, rule FROM audit.quarantine")
    assert (subject, rule) == ("evergreen: company HARBOR", "enrollment.test_partner")
    them.more["usage"] = "T" if test else "P"
    assert them.again().totals["files"] == 1
    assert f"*{them.more['usage']}*:~".encode() in them.bytes_of(1)


def test_terms_that_contradict_each_other_are_refused() -> None:
    for wrong in (
        {"files": "change", "termination": "omission"},
        {"files": "change_and_audit", "audit_weekdays": ()},
        {"unanswered": "wait", "answer_hours": 0},
        {"fils": "full"},
    ):
        with pytest.raises(ValidationError):
            VendorTerms(**wrong)


def test_what_is_agreed_on_stands_in_one_place(vendor: Callable[..., Vendor]) -> None:
    them = vendor(None, {"retro": {"days": 60}})
    with pytest.raises((SettingsError, Exception), match="failed for every company") as told:
        them.run()
    assert "retro" in str(told.value)


def test_a_vendor_may_take_a_layout_of_its_own(vendor: Callable[..., Vendor]) -> None:
    layout = Path(__file__).parent / "layouts" / "evergreen.toml"
    them = vendor(files="change", format=str(layout))
    out = them.run()
    assert (out.totals["files"], out.totals["members"]) == (1, 3)
    data = them.send()
    assert data == (layout.parent / "evergreen_first.csv").read_bytes()
    kind, name, hours = them.look("SELECT kind, name, answer_hours FROM exchange.file")[0]
    assert (kind, name, hours) == ("tabular", "HARBOR_tabular_20261002_01.txt", None)
    assert them.look("SELECT count(*) FROM exchange.control_number") == [(0,)]
    change(them.record, "UPDATE master.subscription SET end_date = '2026-10-04'")
    them.run()
    assert them.send() == (layout.parent / "evergreen_ends.csv").read_bytes()
    assert them.run().rows == {}


def test_a_full_file_in_a_layout_without_dates_goes_each_night_though_its_bytes_are_the_same(
    vendor: Callable[..., Vendor],
) -> None:
    them = vendor(format=str(Path(__file__).parent / "layouts" / "evergreen.toml"))
    them.run()
    first = them.send()
    assert them.run().totals["files"] == 1
    assert them.send() == first
    assert them.again().rows == {}
    names = [name for (name,) in them.look("SELECT name FROM exchange.file ORDER BY file_id")]
    assert names == ["HARBOR_tabular_20261002_01.txt", "HARBOR_tabular_20261003_01.txt"]


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
