"""Explain and preview over a real record; and a book with every kind of bad data, all others billed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from adbc_driver_manager import dbapi as adbc

from assets.billing import steps
from assets.billing.night import bill as computed
from assets.billing.previews import preview_night, previewed
from assets.billing.steps import charge, posted, preview
from assets.billing.why import why
from assets.billing.world import Bill, World
from assets.steps import open_run, run_step
from formats.errors import DaybookError, RecordError, SettingsError
from pipelines.cli import why as cli
from resources.database import Logins, connect
from resources.desk import Desk
from resources.home import Home
from resources.record import Record
from tests.billing.test_any_order_recorded import OnRecord
from tests.support.scenario import NIGHTS, scenario
from tests.support.seed import DAY, ONE_MEMBER, night, seed

D = dt.date


def bill(record: Record, day: dt.date = DAY) -> None:
    run = open_run(record, job="night", book="north", business_date=day)
    assert not run_step(record, run, "billing.charges", charge).set_aside


def told(record: Record, code: str = "S1", day: dt.date = DAY, company: str = "") -> dict[str, Any]:
    with record.step("explain", run_no=0, companies=[1, 2], business_date=day) as tx:
        tx.read("audit/read_only")
        return why(tx, code, company)


def test_explain_tells_line_invoice_payer_and_price(record: Record) -> None:
    seed(record, **ONE_MEMBER)
    before = told(record)
    assert [(c["outcome"], c["tonight_cents"]) for c in before["charges"][:2]] == [("tonight", 37240)] * 2
    assert before["lines"] == []
    bill(record)
    found = told(record)
    assert found["state"] == {"outcome": "covered", "rule": "active", "reason": "covered since 2026-09-01"}
    october = next(c for c in found["charges"] if c["coverage_start"] == DAY)
    assert october["outcome"] == "billed"
    assert october["fraction"] == 1.0
    assert october["price"] == {"price_id": 1, "amount_cents": 37240, "because": "valid from 2026-01-01"}
    line = next(row for row in found["lines"] if row["coverage_start"] == DAY)
    assert (line["invoice_id"], line["payer"], line["kind"], line["cause"]) == (1, "M1", "charge", "due")
    assert (line["bill_date"], line["due_date"], line["ach_state"]) == (DAY, DAY, None)


def test_explain_asks_which_company_and_knows_what_is_not_there(record: Record) -> None:
    other = {"company_id": 2}
    rows = {t: [*ONE_MEMBER[t], other] for t in ("master__person", "master__subscription")}
    seed(record, **{**ONE_MEMBER, **rows, "master__company": [{}, other | {"code": "GUILD"}]})
    with pytest.raises(SettingsError, match="GUILD, HARBOR"):
        told(record)
    assert told(record, company="GUILD")["company"] == "GUILD"
    with pytest.raises(SettingsError, match="no subscription S9"):
        told(record, "S9")


def shown(record: Record, day: dt.date) -> Any:
    with record.step("billing.charges", run_no=0, companies=[1], business_date=day, lock="north") as tx:
        return previewed(tx)


@pytest.mark.parametrize("number", [0, 4])
def test_the_previews_hash_is_the_posted_nights(record: Record, logins: Logins, number: int) -> None:
    """For first charges, for a night with corrections of all kinds, for late data; and afterwards it is empty."""
    made = scenario(number)
    player = OnRecord(record, logins, made)
    corrections = 0
    for at, day in enumerate((NIGHTS[1], NIGHTS[3], NIGHTS[5])):
        if at:
            player.change(made.changes[at - 1])
        before = shown(record, day)
        assert not before.lines.is_empty()
        corrections += before.lines.filter(pl.col("revision") > 0).height
        player.night(day)
        after = shown(record, day)
        assert after.posted_hash == before.hash
        assert after.lines.is_empty()
        assert after.invoices.is_empty()
        assert after.hash != before.hash
        with record.step("look", run_no=0, companies=[1], business_date=day) as tx:
            booked = tx.select("SELECT total_cents FROM billing.invoice WHERE bill_date = {business_date}::date")
            assert posted(tx) == before.hash
        assert booked["total_cents"].sum() == before.invoices["total_cents"].sum()
    assert before.lines["subscription"].null_count() == 0
    assert corrections > 0


def test_a_preview_can_write_nothing(record: Record) -> None:
    seed(record, **ONE_MEMBER)

    def and_then_the_night() -> None:
        with record.step("billing.charges", run_no=0, companies=[1], business_date=DAY) as tx:
            assert previewed(tx).invoices.height == 1
            charge(tx)

    with pytest.raises((DaybookError, adbc.Error), match="read-only"):
        and_then_the_night()
    with record.step("billing.charges", run_no=0, companies=[1], business_date=DAY) as tx:
        assert preview(tx).invoices.height == 1


def test_a_company_that_would_be_set_aside_is_named_and_the_others_are_previewed(
    record: Record, logins: Logins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    others = {
        t: [*ONE_MEMBER[t], *({**ONE_MEMBER[t][0], "company_id": c} for c in (2, 3))]
        for t in ("master__person", "master__subscription")
    }
    companies = [{}, {"company_id": 2, "code": "GUILD"}, {"company_id": 3, "code": "OAK"}]
    seed(record, **{**ONE_MEMBER, **others, "master__company": companies})

    def fails_with_guild(world: World, day: dt.date, older: Any) -> Bill:
        if 2 in world.companies["company_id"]:
            raise RecordError("a catalogue of terms that contradict each other")
        return computed(world, day, older)

    monkeypatch.setattr(steps, "bill", fails_with_guild)
    found = preview_night(record, [1, 2, 3], DAY, "north")
    ((company, reason),) = found.set_aside.rows()
    assert (company, reason) == ("GUILD", "a catalogue of terms that contradict each other")
    assert sorted(found.invoices["company"]) == ["HARBOR", "OAK"]
    out = run_step(record, night(record), "billing.charges", charge)
    assert out.set_aside == {2: reason}
    after = preview_night(record, [1, 2, 3], DAY, "north")
    assert (after.posted_hash, after.invoices.height, after.set_aside.rows()) == (found.hash, 0, [("GUILD", reason)])
    nobody = preview_night(record, [2], DAY, "north")
    assert (nobody.invoices.height, nobody.set_aside["company"].to_list()) == (0, ["GUILD"])
    desk = Desk(Home(tmp_path), logins=logins)
    monkeypatch.setattr(cli, "open_desk", lambda: desk)
    with pytest.raises(SystemExit, match="1"):
        cli.preview.main(["--date", "2026-11-01", "--json"], standalone_mode=False)
    (told,) = json.loads(capfd.readouterr().out)["nights"]
    assert (told["invoices"], told["set_aside"]) == (2, [{"company": "GUILD", "reason": reason}])


# What no file may bring and the schema refuses comes from another program that writes to the tables.
UNGUARDED = """DO $$ DECLARE c record; BEGIN
  FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c'
      AND conrelid IN ('master.price'::regclass, 'master.subscription'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname);
  END LOOP; END $$"""
BAD: dict[str, dict[str, Any]] = {
    "no_price": {"product_id": 2},
    "overlapping_terms": {"person_id": 1},
    "ends_before_start": {"end_date": D(2026, 8, 1)},
    "price_out_of_range": {"product_id": 3},
    "tier_without_dependents": {"tier": "FAM"},
    "unknown_bill_day": {"bill_day": 45},
    "no_fee": {"product_id": 4},
    "unknown_group": {"group_code": "NOWHERE"},
}


def test_bad_data_is_named_with_a_reason_and_all_others_are_billed(record: Record, logins: Logins) -> None:
    with connect(logins.owner) as owner:
        owner.execute(UNGUARDED)
    bad = [
        {"subscription_id": n, "code": f"BAD-{rule}", "person_id": n, **row}
        for n, (rule, row) in enumerate(BAD.items(), 11)
    ]
    good = [{"subscription_id": n, "code": f"S{n}", "person_id": n} for n in range(1, 11)]
    seed(
        record,
        **{
            **ONE_MEMBER,
            "master__product": [{}, *({"product_id": n, "code": f"P{n}"} for n in (2, 3, 4))],
            "master__fee": [{}, {"fee_id": 2, "product_id": 2}, {"fee_id": 3, "product_id": 3}],
            "master__price": [
                {},
                {"price_id": 2, "fee_id": 2, "valid_from": D(2030, 1, 1)},
                {"price_id": 3, "fee_id": 3, "amount_cents": -500, "vendor_cents": 0, "commissionable_cents": 0},
            ],
            "master__person": [{"person_id": n, "code": f"M{n}"} for n in range(1, 30)],
            "master__subscription": [*good, *bad],
        },
    )
    for _ in range(2):
        bill(record)
    with record.step("look", run_no=0, companies=[1], business_date=DAY) as tx:
        named = tx.select("SELECT subject, rule, reason FROM audit.quarantine ORDER BY subject, rule")
        billed = tx.select("SELECT subscription_id, sum(amount_cents)::bigint FROM billing.line GROUP BY 1 ORDER BY 1")
    assert dict(named.select("subject", "rule").iter_rows()) == {f"subscription BAD-{rule}": rule for rule in BAD}
    assert named["reason"].str.len_chars().min() > 20  # type: ignore[operator]
    assert billed.rows() == [(n, 2 * 37240) for n in range(1, 11)]
    for row in named.iter_rows(named=True):
        found = told(record, row["subject"].removeprefix("subscription "))
        assert {"rule": row["rule"], "reason": row["reason"]} in found["quarantined"]


def test_a_repaired_one_is_billed_by_the_next_night(record: Record, logins: Logins) -> None:
    seed(record, **{**ONE_MEMBER, "master__subscription": [{"end_date": D(2026, 8, 1)}]})
    bill(record)
    with connect(logins.runtime) as session, session.transaction():
        session.execute("SELECT set_config('daybook.companies', '{1}', true)")
        session.execute("UPDATE master.subscription SET end_date = NULL")
    bill(record)
    assert night(record).companies == (1,)
    assert pl.DataFrame(told(record)["lines"])["amount_cents"].sum() == 2 * 37240
