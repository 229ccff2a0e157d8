"""What billing goes by: prices, groups below a company, who pays which part, what is done when nobody pays."""

from __future__ import annotations

import polars as pl

from assets.intake.catalogue import blame_state
from assets.intake.context import PRICE, Load
from assets.intake.lists import refer_subscription, whole_or_none, write_lists
from assets.intake.references import refer
from assets.intake.sheet import Sheet

_COMPANY = {"company_id": "company_id"}


def prices(load: Load, sheet: Sheet) -> None:
    """prices.csv: an amount or a percent; what is passed on and what commission is taken of can't exceed the price."""
    # A row that gives an amount says thereby that it is no percent, whether or not the file has the column.
    sheet.absent = tuple(column for column in sheet.absent if column != "percent")
    _blame_price(sheet)
    refer(sheet, load.known("company"), {"company_code": "code"}, {"of_company": "company_id"})
    refer(sheet, load.known("product"), {"product_code": "code"}, {"product_id": "product_id"})
    refer(sheet, load.known("fee"), {"product_id": "product_id", "fee_code": "code"}, {"fee_id": "fee_id"})
    own = {"of_company": "company_id"}
    refer(sheet, load.known("person"), {**own, "member_code": "code"}, {}, shown=False)
    refer(sheet, load.known("sub_group"), {**own, "group_code": "code"}, {})
    refer(sheet, load.known("agent"), {"agent_code": "code"}, {})
    rows = load.accept(sheet, "price", list(PRICE.key)).with_columns(
        amount_cents=pl.col("amount").fill_null(0), vendor_cents="vendor_share", commissionable_cents="commissionable"
    )
    load.write(sheet, PRICE, rows.select(*PRICE.key, *PRICE.columns))


def _blame_price(sheet: Sheet) -> None:
    """What is wrong with a price by itself."""
    amount, percent = pl.col("amount"), pl.col("percent")
    ends = pl.col("valid_to") <= pl.col("valid_from")
    sheet.blame(ends, "valid_to", "intake.period", "valid_to is not after valid_from")
    both = amount.is_not_null() & percent.is_not_null()
    sheet.blame(both, "percent", "intake.part", "a price is either a percent or an amount, and not both")
    told = sheet.found.filter(pl.col("column").is_in(["amount", "percent"]))["at"]  # what is wrong is not empty
    neither = amount.is_null() & percent.is_null() & ~pl.col("at").is_in(told.implode())
    sheet.blame(neither, "amount", "intake.required", "amount is empty")
    for column in ("vendor_share", "commissionable"):
        over = pl.col(column) > pl.when(percent.is_null()).then(amount).otherwise(0)
        sheet.blame(over, column, "intake.share", f"{column} exceeds the amount")
    banded = pl.col("age_to") < pl.col("age_from")
    sheet.blame(banded, "age_to", "intake.period", "age_to is below age_from")
    alone = (pl.col("company_code") == "") & ((pl.col("member_code") != "") | (pl.col("group_code") != ""))
    says = "company_code is empty, but a member's or a group's price is one of their company"
    sheet.blame(alone, "company_code", "intake.required", says)


def dunning_steps(load: Load, sheet: Sheet) -> None:
    """dunning_steps.csv: a ladder's steps of a state as of a day, loaded whole or not at all."""
    blame_state(sheet)
    owner = ["ladder", "state", "valid_from"]
    whole_or_none(sheet, ["ladder"], "step of this ladder", "dunning_steps.csv")
    sheet.rows = sheet.rows.with_columns(least_cents="least")
    values = [
        *("after_months", "after_days", "action", "template", "least_cents", "needs_consent", "keep_months"),
        "reinstate_days",
    ]
    write_lists(load, sheet, "dunning_step", owner=owner, code="ladder", key=["step"], values=values)
    load.now_known("dunning_step", load.tx.read("intake/dunning_step"), sheet.aside("ladder"))


def sub_groups(load: Load, sheet: Sheet) -> None:
    """sub_groups.csv: a tree below each company; groups that a file does not name stay."""
    refer(sheet, load.known("company"), {"company_code": "code"}, _COMPANY)
    take = {"account_owner": "owner", "holder": "person_id"}
    refer(sheet, load.known("bank_account"), {**_COMPANY, "account_code": "code"}, take, shown=False)
    foreign = (pl.col("account_owner") != "payer") | pl.col("holder").is_not_null()
    sheet.blame(foreign, "account_code", "intake.owner", "the account is not the company's own")
    sheet.rows = sheet.rows.with_columns(code="group_code")
    recorded = load.tx.read("intake/sub_group").select("company_id", "code", "parent_code")
    # Every turn sets aside at least one more row.
    while True:
        before = sheet.found.height
        _blame_tree(sheet, recorded)
        if sheet.found.height == before:
            break
    sheet.rows = sheet.rows.with_columns(pl.col("pays_per_year").cast(pl.Int64))
    values = ["name", "parent_code", "billed", "account_code", "pays_per_year", "email"]
    write_lists(load, sheet, "sub_group", owner=["company_id", "code"], code="group_code", key=[], values=values)
    load.now_known("sub_group", load.tx.read("intake/sub_group"), sheet.aside("company_id", "code"))


def _blame_tree(sheet: Sheet, recorded: pl.DataFrame) -> None:
    """Set aside groups whose parent nobody knows; when there are none, those with no way up to the company."""
    key, up = ["company_id", "code"], ["company_id", "parent_code"]
    good = sheet.good().select(*key, "parent_code")
    stays = recorded.cast({c: good.schema[c] for c in good.columns}).join(good, on=key, how="anti")
    tree = pl.concat([stays, good])
    known = tree.select("company_id", parent_code="code", known=pl.lit(value=True))
    aside = sheet.aside(*key).rename({"code": "parent_code", "at": "cause"})
    rows, before = sheet.rows, sheet.found.height
    candidate = pl.col("at").is_in(sheet.good()["at"].implode())
    sheet.rows = rows.join(known, on=up, how="left", maintain_order="left").join(
        aside.cast({c: rows.schema[c] for c in up}), on=up, how="left", maintain_order="left"
    )
    orphan = candidate & (pl.col("parent_code") != "") & pl.col("known").is_null()
    fallen = pl.col("cause").is_not_null()
    says = pl.format("the group it names was set aside: sub_groups.csv line {}", "cause")
    sheet.blame(orphan & fallen, "parent_code", "intake.cascade", says)
    sheet.blame(orphan & ~fallen, "parent_code", "intake.unknown", "there is no such group of this company above it")
    sheet.rows = rows
    if sheet.found.height == before:
        sheet.rows = rows.join(_floating(tree), on=key, how="left", maintain_order="left")
        circle = candidate & pl.col("floating")
        sheet.blame(circle, "parent_code", "intake.tree", "the groups above it go round in a circle")
        sheet.rows = rows


def _floating(tree: pl.DataFrame) -> pl.DataFrame:
    """Groups from which no way leads up to the company: company_id, code, floating (true)."""
    key = ["company_id", "code"]
    held, floating = tree.filter(pl.col("parent_code") == ""), tree.filter(pl.col("parent_code") != "")
    while not held.is_empty():
        above = held.select("company_id", parent_code="code")
        held = floating.join(above, on=["company_id", "parent_code"], how="semi")
        floating = floating.join(held, on=key, how="anti")
    return floating.select(*key, floating=pl.lit(value=True))


def payer_shares(load: Load, sheet: Sheet) -> None:
    """payer_shares.csv: the parts of a subscription as of a day; whether they cover all of it is judged by billing."""
    percent, amount, member = pl.col("percent"), pl.col("amount"), pl.col("member_code") != ""
    sheet.blame(percent <= 0, "percent", "intake.percent", "percent is not above 0")
    sheet.blame(amount <= 0, "amount", "intake.money", "amount is not above 0")
    either = percent.is_null() == amount.is_null()
    sheet.blame(either, "percent", "intake.part", "a share is either a percent or an amount, and not both")
    person = pl.col("payer") == "person"
    sheet.blame(person & ~member, "member_code", "intake.required", "member_code is empty, but payer is person")
    sheet.blame(~person & member, "member_code", "intake.payer", "only a payer that is a person is named")
    refer_subscription(load, sheet)
    refer(sheet, load.known("person"), {**_COMPANY, "member_code": "code"}, {"person_id": "person_id"}, shown=False)
    on = {"product_id": "product_id", "fee_code": "code"}
    refer(sheet, load.known("fee"), on, {"fee_id": "fee_id"})
    whole_or_none(sheet, ["company_code", "subscription_code"], "share of this subscription", "payer_shares.csv")
    sheet.rows = sheet.rows.with_columns(amount_cents="amount")
    owner = ["company_id", "subscription_id", "valid_from"]
    values = ["payer", "person_id", "fee_id", "percent", "amount_cents"]
    write_lists(load, sheet, "payer_share", owner=owner, code="subscription_code", key=["part"], values=values)
