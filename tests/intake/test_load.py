"""A folder into the record: once only by content, changes as changes, retries, lists, versions, refused files."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from assets.intake import load
from assets.steps import HOUSE, open_run
from formats.errors import SettingsError
from resources import sealed as sealed_as
from resources.home import ROOT
from resources.record import Record
from resources.vault import Vault
from tests.intake.drops import ACCOUNT, GOOD, OTHER_ROUTING, ROUTING, SSN, counts, findings, good, look, take, write
from tests.support.digest import digest, tables
from tests.support.seed import DAY

SAMPLE = ROOT / "tests" / "fixtures" / "sample-small"
ALL = range(1, 10)
TABLE = dict(
    zip(
        GOOD,
        (
            *("master.book", "master.company", "master.vendor", "master.dunning_step", "master.product", "master.fee"),
            *("master.agent", "master.commission_rate", "master.person", "master.bank_account"),
            *("master.sub_group", "master.price", "master.subscription", "master.covered", "master.hold"),
            *("master.split", "master.payer_share", "master.pay_method", "master.company_bank"),
        ),
        strict=True,
    )
)


def rows_of(record: Record) -> dict[str, int]:
    """How many rows each table holds."""
    return {t: int(text.split()[0]) for t, text in digest(record, ALL).items()}


def test_the_sample_gives_exactly_the_planted_problems(record: Record, vault: Vault) -> None:
    expected = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))
    result = take(record, vault, SAMPLE)
    planted = {(p["file"], p["line"], p["column"], p["rule"]) for p in expected["problems"]}
    assert len(planted) == 9
    assert set(findings(result)) == planted
    assert {f.name: f.rows for f in result.files} == expected["rows"]
    assert sum(f.quarantined for f in result.files) == sum(expected["bad_rows"].values())
    assert all(f.unchanged == 0 for f in result.files)
    held = rows_of(record)
    assert {f.name: held[TABLE[f.name]] for f in result.files} == {f.name: f.loaded for f in result.files}


def test_loading_again_appends_nothing_and_says_the_same(record: Record, vault: Vault) -> None:
    first = take(record, vault, SAMPLE)
    before = digest(record, ALL)
    second = take(record, vault, SAMPLE)
    assert digest(record, ALL) == before
    assert second.problems.equals(first.problems)
    for a, b in zip(first.files, second.files, strict=True):
        assert (b.rows, b.loaded, b.unchanged, b.quarantined) == (a.rows, 0, a.loaded, a.quarantined)


def test_the_later_drop_changes_what_it_says_and_no_more(record: Record, vault: Vault) -> None:
    take(record, vault, SAMPLE)
    said = json.loads((SAMPLE / "EXPECTED.json").read_text(encoding="utf-8"))["changes"]
    before, subscriptions = rows_of(record), look(record, "SELECT * FROM master.subscription")
    result = take(record, vault, SAMPLE / "changes")
    assert result.problems.is_empty()
    assert all(f.loaded == f.rows for f in result.files)
    after = rows_of(record)
    grown = {t: after[t] - before[t] for t in after if after[t] != before[t] and t.startswith("master.")}
    covered = counts(result)["covered.csv"][0]
    assert grown == {
        "master.price": said["prices_added"],
        "master.person": said["people_added"],
        "master.bank_account": said["accounts_added"] + said["accounts_changed"],
        "master.subscription": said["subscriptions_added"],
        "master.covered": covered,
    }
    key = ["company_id", "subscription_id"]
    now = look(record, "SELECT * FROM master.subscription").join(subscriptions, on=key, how="semi")
    both = now.join(subscriptions, on=key, suffix="_was")
    moved = {c: both.filter(pl.col(c).ne_missing(pl.col(f"{c}_was"))).height for c in now.columns if c not in key}
    assert {c: n for c, n in moved.items() if n} == {
        "end_date": said["retro_terminations"],
        "tier": said["tier_changes"],
        "start_date": said["retro_adds"],
    }


def test_loading_the_first_drop_after_the_later_one_undoes_nothing(record: Record, vault: Vault) -> None:
    take(record, vault, SAMPLE)
    take(record, vault, SAMPLE / "changes")
    before = digest(record, ALL)
    take(record, vault, SAMPLE)
    assert digest(record, ALL) == before


def test_numbers_are_the_same_in_every_database(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path))
    assert look(record, "SELECT person_id, code, subscriber_id FROM master.person ORDER BY 1").rows() == [
        (1, "M1", None),
        (2, "M1-1", 1),
        (3, "M1-2", 1),
    ]
    prices = look(record, "SELECT price_id, fee_id, tier, amount_cents, vendor_cents FROM master.price ORDER BY 1")
    assert prices.rows() == [(1, 1, "EMP", 37240, 26840), (2, 2, "", 1200, 0)]


def test_every_row_made_or_changed_is_noted_with_its_file(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    moved = write(tmp_path / "b", agents=["A2,Ula Upline,,3", "A1,Will Writing,A2,1"])
    assert counts(take(record, vault, moved)) == {"agents.csv": (2, 1, 1, 0)}
    noted = look(record, "SELECT table_name, company_id, key, run_no FROM intake.change ORDER BY run_no, 1, 3")
    assert noted.filter(pl.col("run_no") == noted["run_no"].max()).select("table_name", "company_id", "key").rows() == [
        ("master.agent", 0, "A2")
    ]
    first = noted.filter(pl.col("run_no") == noted["run_no"].min())
    assert first.height == sum(len(rows) for rows in GOOD.values()) - 4  # four lists of two rows are noted once each
    assert ("master.covered", 1, "S1") in first.select("table_name", "company_id", "key").rows()


def test_a_row_is_tried_again_when_its_cause_is_fixed(record: Record, vault: Vault, tmp_path: Path) -> None:
    late = "HARBOR,S2,M1,GOLD,EMP,2026-09-01,,1,ach,B1,A1"
    folder = good(tmp_path / "a", subscriptions=[late], covered=["HARBOR,S2,M1-2"])
    assert len(findings(take(record, vault, folder))) == 2
    take(record, vault, write(tmp_path / "b", products=["GOLD,evergreen,Gold,HLT,EG3,actual,"]))
    again = take(record, vault, folder)
    assert again.problems.is_empty()
    assert counts(again)["subscriptions.csv"] == (2, 1, 1, 0)
    assert counts(again)["covered.csv"] == (3, 1, 2, 0)
    before = digest(record, ALL)
    assert counts(take(record, vault, folder))["subscriptions.csv"] == (2, 0, 2, 0)
    assert digest(record, ALL) == before


def test_a_retry_does_not_undo_what_another_file_said_since(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    bad = write(tmp_path / "b", subscriptions=["HARBOR,S1,M1,GOLD,ESP,2026-09-01,,1,ach,B1,A1"])
    assert len(findings(take(record, vault, bad))) == 1
    take(record, vault, write(tmp_path / "c", subscriptions=["HARBOR,S1,M1,MED,ECH,2026-09-01,,1,ach,B1,A1"]))
    take(record, vault, write(tmp_path / "d", products=["GOLD,evergreen,Gold,HLT,EG3,actual,"]))
    again = take(record, vault, bad)
    assert (again.problems.height, counts(again)) == (0, {"subscriptions.csv": (1, 0, 1, 0)})
    assert look(record, "SELECT tier FROM master.subscription").item() == "ECH"


def test_a_list_replaces_the_list_of_its_subscription_only(record: Record, vault: Vault, tmp_path: Path) -> None:
    more = good(
        tmp_path / "a", subscriptions=["HARBOR,S2,M1,CARD,FAM,2026-09-01,,1,ach,B1,"], covered=["HARBOR,S2,M1-2"]
    )
    take(record, vault, more)
    later = write(
        tmp_path / "b",
        covered=["HARBOR,S1,M1-2"],
        holds=["HARBOR,S1,2026-10-05,2026-10-20,longer"],
        splits=["HARBOR,S1,A1,50", "HARBOR,S1,A2,50"],
    )
    assert {n: c[1:3] for n, c in counts(take(record, vault, later)).items()} == {
        "covered.csv": (0, 1),
        "holds.csv": (1, 0),
        "splits.csv": (2, 0),
    }
    assert look(record, "SELECT subscription_id, person_id FROM master.covered ORDER BY 1, 2").rows() == [
        (1, 3),
        (2, 3),
    ]
    assert look(record, "SELECT to_date::text, reason FROM master.hold").rows() == [("2026-10-20", "longer")]
    assert look(record, "SELECT percent::text FROM master.split").rows() == [("50.0000",), ("50.0000",)]


def test_a_typing_error_in_a_list_ends_nobodys_coverage(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    later = write(tmp_path / "b", covered=["HARBOR,S1,M1-1", "HARBOR,S1,M1-Z"])
    assert len(findings(take(record, vault, later))) == 1
    assert look(record, "SELECT person_id FROM master.covered ORDER BY 1").rows() == [(2,), (3,)]


def test_subscriptions_may_name_an_account_that_changed_before(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "1"))
    changed = GOOD["bank_accounts.csv"][0].replace(ROUTING, OTHER_ROUTING)
    take(record, vault, write(tmp_path / "2", bank_accounts=[changed]))
    more = "HARBOR,S2,M1,CARD,EMP,2026-10-01,,1,ach,B1,A1"
    result = take(record, vault, write(tmp_path / "3", subscriptions=[*GOOD["subscriptions.csv"], more]))
    assert result.problems.is_empty()
    assert [(f.rows, f.loaded, f.unchanged) for f in result.files] == [(2, 1, 1)]


def test_a_changed_account_is_a_new_version_and_a_notice_of_change_is_not_undone(
    record: Record, vault: Vault, tmp_path: Path
) -> None:
    take(record, vault, good(tmp_path / "a"))
    run = open_run(record, job="inbound", book=HOUSE, business_date=DAY)
    with record.step("returns.post", run_no=run.run_no, companies=[1], business_date=DAY) as tx:
        old = tx.select("SELECT * FROM master.bank_account").drop("booked_at", "run_no")
        change = old.with_columns(
            pl.lit(2, pl.Int32).alias("account_id"),
            pl.lit(2, pl.Int32).alias("version"),
            routing=pl.lit(OTHER_ROUTING),
            source=pl.lit("C02"),
        )
        tx.append("master.bank_account", change)
    more = f"HARBOR,B2,M1,{ROUTING},77001,savings,Ann Sample"
    same = write(tmp_path / "b", bank_accounts=[*GOOD["bank_accounts.csv"], more])
    assert counts(take(record, vault, same)) == {"bank_accounts.csv": (2, 1, 1, 0)}
    new = write(tmp_path / "c", bank_accounts=[f"HARBOR,B1,M1,{ROUTING},99887766,checking,Ann Sample"])
    assert counts(take(record, vault, new)) == {"bank_accounts.csv": (1, 1, 0, 0)}
    versions = look(
        record, "SELECT account_id, code, version, routing, account_last4, source FROM master.bank_account ORDER BY 1"
    )
    assert versions.rows() == [
        (1, "B1", 1, ROUTING, "2286", "intake"),
        (2, "B1", 2, OTHER_ROUTING, "2286", "C02"),
        (3, "B2", 1, ROUTING, "01", "intake"),
        (4, "B1", 3, ROUTING, "7766", "intake"),
    ]
    sealed = look(record, "SELECT company_id, account_sealed FROM master.bank_account WHERE account_id = 4")
    opened = vault.open(sealed["company_id"], sealed["account_sealed"], sealed_as.ACCOUNT)
    assert opened.to_list() == ["99887766"]


def test_a_person_who_moves_or_gets_another_ssn_is_updated(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    moved = GOOD["people.csv"][0].replace("2 Hill Rd", "3 Dale Rd").replace(SSN, "412-55-0198")
    assert counts(take(record, vault, write(tmp_path / "b", people=[moved]))) == {"people.csv": (1, 1, 0, 0)}
    people = look(record, "SELECT company_id, address, ssn_sealed FROM master.person WHERE code = 'M1'")
    assert people["address"].to_list() == ["3 Dale Rd"]
    assert vault.open(people["company_id"], people["ssn_sealed"], sealed_as.SSN).to_list() == ["412550198"]


def test_a_later_drop_may_bring_a_new_company_with_its_people(record: Record, vault: Vault, tmp_path: Path) -> None:
    take(record, vault, good(tmp_path / "a"))
    later = write(
        tmp_path / "b",
        companies=["GUILD,north,Guild,association,010554322,1 A,B,ME,04101,bank,1010554322,GUILD,3,2026-09-02"],
        people=["GUILD,M1,,self,Ann,Sample,,1980-05-17,F,2 Hill Rd,Portland,ME,04101,,"],
    )
    assert take(record, vault, later).problems.is_empty()
    assert look(record, "SELECT company_id, person_id FROM master.person WHERE company_id = 2").rows() == [(2, 1)]


def test_a_refused_file_takes_down_only_what_names_it(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(tmp_path)
    (folder / "agents.csv").write_bytes(b"agent,name\nA1,Will\n")
    (folder / "holds.csv").unlink()
    (folder / "covered.csv").unlink()
    (folder / "covered.csv").mkdir()
    (folder / "Peoples.csv").write_text("member_code\n", encoding="utf-8")
    result = take(record, vault, folder)
    assert findings(result) == [
        ("agents.csv", 1, "", "intake.header"),
        ("subscriptions.csv", 2, "agent_code", "intake.cascade"),
        ("covered.csv", None, "", "intake.unreadable"),
        ("splits.csv", 2, "subscription_code", "intake.cascade"),
        ("splits.csv", 2, "agent_code", "intake.cascade"),
        ("splits.csv", 3, "subscription_code", "intake.cascade"),
        ("splits.csv", 3, "agent_code", "intake.cascade"),
        ("payer_shares.csv", 2, "subscription_code", "intake.cascade"),
        ("payer_shares.csv", 3, "subscription_code", "intake.cascade"),
        ("Peoples.csv", None, "", "intake.name"),
    ]
    assert "agents.csv was refused as a whole" in result.problems["reason"][1]
    assert counts(result)["people.csv"] == (3, 3, 0, 0)
    before = digest(record, ALL)
    assert findings(take(record, vault, folder)) == findings(result)
    assert digest(record, ALL) == before


def test_files_of_headers_alone_say_nothing(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = write(tmp_path, **{name.removesuffix(".csv"): [] for name in GOOD})
    result = take(record, vault, folder)
    assert result.problems.is_empty()
    assert set(counts(result).values()) == {(0, 0, 0, 0)}


def test_two_empty_files_are_two_refusals(record: Record, vault: Vault, tmp_path: Path) -> None:
    folder = good(tmp_path)
    for name in ("holds.csv", "splits.csv"):
        (folder / name).write_bytes(b"")
    assert [f[0] for f in findings(take(record, vault, folder))] == ["holds.csv", "splits.csv"]


def test_a_folder_without_any_known_file_starts_nothing(record: Record, vault: Vault, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("x\n", encoding="utf-8")
    run = open_run(record, job="load", book=HOUSE, business_date=DAY)
    with pytest.raises(SettingsError, match="none of the files"):
        load(record, vault, run, tmp_path)
    with pytest.raises(SettingsError, match="no such folder"):
        load(record, vault, run, tmp_path / "nowhere")
    assert {rows for table, rows in rows_of(record).items() if table.startswith(("master.", "intake."))} == {0}


def test_what_breaks_midway_leaves_nothing_behind(
    record: Record, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.intake import loading

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    before = digest(record, ALL)
    monkeypatch.setitem(loading._HANDLERS, "splits.csv", fail)
    with pytest.raises(RuntimeError):
        take(record, vault, good(tmp_path))
    assert digest(record, ALL) == before
    monkeypatch.undo()
    assert take(record, vault, good(tmp_path)).problems.is_empty()


def test_progress_is_told_before_each_file(record: Record, vault: Vault, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    run = open_run(record, job="load", book=HOUSE, business_date=DAY)
    load(record, vault, run, good(tmp_path), lambda name, done, total: seen.append((name, done, total)))
    assert [name for name, _, _ in seen] == list(GOOD)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert {total for _, _, total in seen} == {sum(p.stat().st_size for p in tmp_path.glob("*.csv"))}


def test_no_number_rests_in_the_clear(record: Record, vault: Vault, tmp_path: Path) -> None:
    bad = f"HARBOR,X1,,self,Ann,Sample,{SSN},1980-13-17,F,2 Hill Rd,Portland,ME,04101,,"
    take(record, vault, good(tmp_path, people=[bad]))
    assert look(record, "SELECT ssn_sealed FROM master.person WHERE code = 'M1'").item() is not None
    secrets = [s.encode() for s in (SSN, SSN.replace("-", ""), ACCOUNT)]
    for table in tables(record):
        shown = look(record, f"SELECT coalesce(string_agg(t::text, '|'), '') AS rows FROM {table} t").item()
        # bytea is shown in hex: look for the digits' hex too
        assert not any(s.decode() in shown or s.hex() in shown for s in secrets), table
