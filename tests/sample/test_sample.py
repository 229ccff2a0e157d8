"""The sample book: the same bytes from the same seed, and a story that holds together."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest

from formats.errors import SettingsError
from formats.nacha import check_digits
from pipelines.sample import make_sample
from resources.home import ROOT

DATE = dt.date(2026, 10, 1)
SMALL = ROOT / "tests" / "fixtures" / "sample-small"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean sample, without bad rows."""
    folder = tmp_path_factory.mktemp("book")
    make_sample(2_000, 11, folder, DATE, bad_share=0)
    return folder


def read(folder: Path, name: str) -> pl.DataFrame:
    frame = pl.read_csv(folder / f"{name}.csv", infer_schema=False)
    return frame.with_columns(pl.col(c).str.to_date() for c in frame.columns if c.endswith("_date"))


def test_the_committed_sample_is_what_its_seed_makes(tmp_path: Path) -> None:
    make_sample(120, 7, tmp_path, DATE)
    committed = contents(SMALL)
    del committed["README.md"]
    assert contents(tmp_path) == committed


def test_another_seed_makes_another_book(tmp_path: Path) -> None:
    make_sample(40, 1, tmp_path / "a", DATE)
    make_sample(40, 2, tmp_path / "b", DATE)
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert a["products.csv"] == b["products.csv"]
    assert all(a[f"{n}.csv"] != b[f"{n}.csv"] for n in ("people", "bank_accounts", "subscriptions"))


def test_numbers_have_their_shape_and_are_nobodys(book: Path) -> None:
    accounts, people = read(book, "bank_accounts"), read(book, "people")
    assert (accounts["routing"].str.slice(8, 1) == check_digits(accounts["routing"].str.slice(0, 8))).all()
    ssn = people["ssn"].drop_nulls()
    assert ssn.n_unique() == len(ssn) > 0.9 * people.height
    assert ssn.str.contains(r"^[1-6]\d\d-(0[1-9]|[1-9]\d)-\d{4}$").all()
    assert not ssn.str.contains(r"^666|0000$").any()
    assert people["phone"].str.contains(r"^\d{3}-555-01\d\d$").all()
    assert people["email"].str.ends_with("@example.com").all()
    assert people["last_name"].str.contains(r"[^\x00-\x7f]").any()


def test_shares_of_the_story(book: Path) -> None:
    people, held = read(book, "people"), read(book, "subscriptions")
    own = people.filter(pl.col("relationship") == "self")
    assert dict(own.group_by("company_code").len().iter_rows()) == {
        "HARBOR": 900,
        "GUILD": 500,
        "MILLWORK": 400,
        "TERRACE": 200,
    }
    assert 0.7 < people.height / own.height - 1 < 0.95
    assert 1.3 < held.height / own.height < 1.55
    assert set(held["member_code"]) == set(own["member_code"])
    assert held["product_code"].n_unique() == 20
    listed = held.filter(pl.col("method") == "list_bill")
    assert set(listed["company_code"]) == {"MILLWORK", "TERRACE"}
    assert set(listed["bill_day"]) == {"1"}
    ended = held.filter(pl.col("end_date") < DATE).height / held.height
    ending = held.filter(pl.col("end_date") >= DATE).height / held.height
    coming = held.filter(pl.col("start_date") > DATE).height / held.height
    assert 0.03 < ended < 0.08
    assert 0.005 < ending < 0.04
    assert 0.005 < coming < 0.04
    assert (held["end_date"].drop_nulls() >= held.filter(pl.col("end_date").is_not_null())["start_date"]).all()


def test_most_subscriptions_owe_one_month_on_the_first_night(book: Path) -> None:
    go_live = read(book, "companies")["go_live"].unique().to_list()
    assert go_live == ["2026-09-02"]
    running = read(book, "subscriptions").filter(pl.col("start_date") < dt.date(2026, 9, 1))
    # One bill day of each subscription lies between go-live and the first night.
    day = pl.col("bill_day").cast(pl.Int64)
    due = pl.when(day == 1).then(pl.date(2026, 10, 1)).otherwise(pl.date(2026, 9, pl.min_horizontal(day, 30)))
    assert running.select(due.is_between(dt.date(2026, 9, 2), DATE).all()).item()
    assert running.height > 0.8 * read(book, "subscriptions").height


def test_families_fit_their_tiers_except_the_named_few(book: Path) -> None:
    people, held, covered = read(book, "people"), read(book, "subscriptions"), read(book, "covered")
    kinds = covered.join(
        people.select("company_code", "member_code", "relationship"), on=["company_code", "member_code"]
    )
    has = kinds.group_by("subscription_code").agg(
        spouse=(pl.col("relationship") == "spouse").any(), child=(pl.col("relationship") == "child").any()
    )
    seen = held.join(has, on="subscription_code", how="left").with_columns(
        pl.col("spouse", "child").fill_null(value=False)
    )
    fits = pl.col("tier") == pl.when(pl.col("spouse") & pl.col("child")).then(pl.lit("FAM")).when("spouse").then(
        pl.lit("ESP")
    ).when("child").then(pl.lit("ECH")).otherwise(pl.lit("EMP"))
    named = json.loads((book / "EXPECTED.json").read_text(encoding="utf-8"))["misfit_families"]
    assert seen.filter(~fits)["subscription_code"].to_list() == named
    assert len(named) == 1


def test_every_price_leaves_room_for_vendor_and_commission(book: Path) -> None:
    prices = read(book, "prices").cast({c: pl.Decimal(10, 2) for c in ("amount", "vendor_share", "commissionable")})
    premium = prices.filter(pl.col("fee_code") == "PREMIUM")
    assert (premium["vendor_share"] < premium["amount"]).all()
    assert (premium["commissionable"] <= premium["amount"]).all()
    care = prices.filter((pl.col("product_code") == "LG-CARE") & (pl.col("valid_from") == "2026-01-01"))
    assert set(care["step_from"]) == {"1", "4", "13"}
    assert read(book, "products").filter(pl.col("trial_days") == "30")["product_code"].to_list() == ["LG-TALK"]


def test_the_agent_tree_has_four_levels_and_splits_sum_to_100(book: Path) -> None:
    agents = read(book, "agents")
    up = agents.join(agents, left_on="parent_code", right_on="agent_code", suffix="_up")
    assert (up["level_up"].cast(pl.Int64) == up["level"].cast(pl.Int64) + 1).all()
    assert up.height == agents.filter(pl.col("level") != "4").height
    assert agents.filter(pl.col("level") == "1").height == 33
    shares = (
        read(book, "splits").cast({"percent": pl.Float64}).group_by("subscription_code").agg(pl.col("percent").sum())
    )
    assert shares.height > 20
    assert set(shares["percent"]) == {100.0}


def test_accounts_tell_what_is_known_of_them(book: Path) -> None:
    accounts = read(book, "bank_accounts").with_columns(
        pl.col("agent_code", "vendor_code", "member_code").fill_null("")
    )
    payers = accounts.filter((pl.col("agent_code") == "") & (pl.col("vendor_code") == ""))
    members = payers.filter(pl.col("member_code") != "")
    assert 0.02 < members["validated_on"].null_count() / members.height < 0.06
    assert payers.filter(pl.col("member_code") == "")["validated_on"].null_count() == 0
    known = members["validated_on"].drop_nulls().str.to_date()
    assert (known < dt.date(2026, 4, 1)).all()
    shares = dict(members.group_by("authorised").agg(pl.len() / members.height).iter_rows())
    assert shares["written"] > 0.75
    assert shares["web"] > 0.1
    assert shares["phone"] > 0.02
    told = json.loads((book / "EXPECTED.json").read_text(encoding="utf-8"))["story"]
    closed = accounts.filter(pl.col("closed_on").is_not_null())
    assert (set(closed["account_code"]), set(closed["closed_on"])) == (set(told["closed"]), {told["closed_on"]})


def test_the_story_has_a_promise_and_those_who_do_not_pay(book: Path) -> None:
    told = json.loads((book / "EXPECTED.json").read_text(encoding="utf-8"))["story"]
    subscription, member, product, tier = told["promised"]
    prices = read(book, "prices").with_columns(pl.col("amount").cast(pl.Float64))
    own = prices.filter(pl.col("member_code").is_not_null())
    assert own.select("member_code", "product_code", "tier").rows() == [(member, product, tier)]
    all_pay = prices.filter(product_code=product, tier=tier, valid_from="2026-01-01").filter(
        pl.col("company_code").is_null()
    )
    assert own["amount"].item() == pytest.approx(0.9 * all_pay["amount"].item(), abs=0.01)
    held = read(book, "subscriptions")
    of = {row["subscription_code"]: row for row in held.iter_rows(named=True)}
    assert {of[c]["product_code"][:2] for c in (*told["unpaid"], subscription)} == {"EG"}
    assert {of[c]["product_code"][:2] for c in told["ending"]} == {"LG"}
    assert {of[c]["account_code"] for c in (*told["unpaid"], *told["ending"])} == set(told["closed"])
    later = read(book / "changes", "subscriptions")["subscription_code"]
    assert not set(later) & {subscription, *told["unpaid"], *told["ending"]}


def test_a_product_by_age_a_fee_by_quarter_a_paid_trial_and_ladders(book: Path) -> None:
    prices, fees, products = read(book, "prices"), read(book, "fees"), read(book, "products")
    bands = prices.filter(product_code="LG-INCOME", valid_from="2026-01-01").select("age_from", "age_to", "amount")
    assert bands.rows() == [("0", "34", "19.80"), ("35", "49", "31.50"), ("50", "150", "54.60")]
    recurrences = fees.filter(product_code="LG-CARE").select("fee_code", "recurrence").rows()
    assert recurrences == [("PREMIUM", "monthly"), ("SUPPLIES", "quarterly")]
    assert fees.filter(kind="trial")["product_code"].to_list() == ["LG-SAVER"]
    assert products.filter(product_code="LG-SAVER")["trial_days"].item() == "14"
    assert set(products["dunning"]) == set(read(book, "dunning_steps")["ladder"]) == {"grace", "services"}


def test_an_employer_is_a_tree_of_groups_whose_people_pay_a_share(book: Path) -> None:
    groups, held, shares = read(book, "sub_groups"), read(book, "subscriptions"), read(book, "payer_shares")
    tree = dict(
        groups.with_columns(pl.col("parent_code").fill_null("")).select("group_code", "parent_code").iter_rows()
    )
    assert tree == {"PLANT": "", "PLANT-LATHE": "PLANT", "PLANT-FINISH": "PLANT", "OFFICE": ""}
    millwork = held.filter(company_code="MILLWORK")
    assert set(millwork["group_code"]) == set(tree)
    assert held.filter(pl.col("company_code") != "MILLWORK")["group_code"].null_count() > 0
    assert shares["subscription_code"].to_list() == millwork["subscription_code"].to_list()
    assert set(shares.select("payer", "percent").rows()) == {("member", "30")}


def test_every_company_can_pay_its_vendors_agents_and_their_uplines(book: Path) -> None:
    accounts, agents = read(book, "bank_accounts"), read(book, "agents")
    paid = accounts.select("company_code", "agent_code").drop_nulls()
    held = read(book, "subscriptions")
    owed = pl.concat([held, read(book, "splits")], how="diagonal").select("company_code", "agent_code").drop_nulls()
    assert owed.join(paid, on=paid.columns, how="anti").is_empty()
    up = paid.join(agents, on="agent_code").select("company_code", agent_code="parent_code").drop_nulls()
    assert up.join(paid, on=paid.columns, how="anti").is_empty()
    sold = held.join(read(book, "products"), on="product_code").select("company_code", "vendor_code").unique()
    assert sold.join(accounts, on=sold.columns, how="anti").is_empty()
    assert accounts.select("company_code", "account_code").is_duplicated().sum() == 0


def test_a_few_payers_divide_what_they_owe(book: Path) -> None:
    parts = read(book, "pay_methods")
    assert parts["member_code"].n_unique() == 4
    accounts = read(book, "bank_accounts").select("company_code", "account_code", "member_code")
    assert parts.join(accounts, on=accounts.columns, how="anti").is_empty()
    percents = parts.group_by("member_code").agg(pl.col("percent").cast(pl.Float64).sum())
    assert set(percents["percent"]) == {100.0}


def test_bad_rows_are_counted_by_kind(tmp_path: Path) -> None:
    made = make_sample(1_000, 3, tmp_path, DATE, bad_share=0.012)
    assert made.bad_rows == {
        "routing": 2, "product": 2, "duplicate": 2, "period": 2, "ssn": 2, "cascade": 4, "company": 2
    }  # fmt: skip


def test_a_book_too_small_for_its_story_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 20 members"):
        make_sample(19, 1, tmp_path, DATE)
    make_sample(20, 1, tmp_path, dt.date(2028, 3, 31))
