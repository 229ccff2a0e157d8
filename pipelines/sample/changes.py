"""A later drop: what a customer sends some weeks on. Only changed rows, in the same files."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.sample.catalogue import prices, writing_agents
from pipelines.sample.draw import Draw
from pipelines.sample.members import Members, account_numbers, covered, make_members
from pipelines.sample.paying import payer_shares
from pipelines.sample.story import COMPANY, Story

# What was typed for somebody's ZIP: the form is right, and no place has it.
NO_ZIP = "00000"


def changes(
    seed: int, date: dt.date, base: Members, members: int, told: Story
) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
    """The files of the drop, and how many changes of each kind they hold.

    Each kind touches subscriptions of its own, and none that the story is about: what one change does can be told apart
    from what another does.
    """
    draw = Draw(seed, "changes")
    few = max(1, members // 100)
    others = ~pl.col("subscription_code").is_in((told.promised[0], *told.unpaid, *told.ending))
    ended, wider, sooner = _altered(draw, date, base.subscriptions.filter(others), few)
    new = make_members(seed, date, few, agents=writing_agents(members), first=members + 1, fresh=True)
    own = base.accounts.filter((pl.col("member_code") != "") & ~pl.col("account_code").is_in(told.closed))
    accounts = _take(own.with_columns(draw=pl.Series(draw.uniform(own.height))), few)
    accounts = accounts.with_columns(account_number=account_numbers(draw, accounts.height))
    newcomers = new.accounts.filter(pl.col("member_code") != "")
    columns = new.subscriptions.columns
    files = {
        "prices.csv": _prices(date),
        "people.csv": new.people,
        "bank_accounts.csv": pl.concat([accounts.select(newcomers.columns), newcomers]),
        "subscriptions.csv": pl.concat([f.select(columns) for f in (ended, wider, sooner, new.subscriptions)]),
        "covered.csv": pl.concat([covered(wider, base.people), new.covered]),
    }
    if not (shares := payer_shares(new.subscriptions)).is_empty():
        files["payer_shares.csv"] = shares
    counts = {
        "retro_terminations": ended.height,
        "tier_changes": wider.height,
        "retro_adds": sooner.height,
        "accounts_changed": accounts.height,
        "prices_changed": 1,
        "prices_added": 1,
        "people_added": new.people.height,
        "accounts_added": newcomers.height,
        "subscriptions_added": new.subscriptions.height,
    }
    return files, counts


def mistyped(base: Members, date: dt.date, told: Story, later: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """A person as he stands in people.csv of whom the first drop has `NO_ZIP`, and the later one what is right.

    He has a dental plan by himself, for some time, and nothing else changes with him or is told of him: what becomes of
    him at the vendor is due to the ZIP. No row when there is nobody like that.
    """
    others = [*later["subscriptions.csv"]["subscription_code"], told.promised[0], *told.unpaid, *told.ending]
    own = pl.col("subscription_code")
    busy = base.subscriptions.filter(own.is_in(others) | own.is_in(base.holds["subscription_code"].implode()))
    dental = base.subscriptions.filter(
        (pl.col("company_code") == COMPANY)
        & pl.col("product_code").str.starts_with("BS-")
        & (pl.col("tier") == "EMP")
        & pl.col("end_date").is_null()
        & (pl.col("start_date") <= date - dt.timedelta(days=60))
    ).join(busy, on="member_code", how="anti", maintain_order="left")
    return base.people.join(dental.head(1), on=["company_code", "member_code"], how="semi", maintain_order="left")


def _altered(
    draw: Draw, date: dt.date, subscriptions: pl.DataFrame, few: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Subscriptions that ended some time ago, that cover more of the family, and that began sooner than was said."""
    held = subscriptions.with_columns(draw=pl.Series(draw.uniform(subscriptions.height)))
    month = pl.lit(date.replace(day=1))
    running = pl.col("end_date").is_null()
    ended = _take(held.filter(running & (pl.col("start_date") <= date - dt.timedelta(days=120))), few)
    rest = held.join(ended, on="subscription_code", how="anti")
    wider = _take(rest.filter(running & (pl.col("tier") == "EMP") & (pl.col("kind") > 0)), few)
    rest = rest.join(wider, on="subscription_code", how="anti")
    sooner = _take(rest.filter(running & (pl.col("start_date") > month.dt.offset_by("-2mo"))), max(1, few // 2))
    return (
        ended.with_columns(end_date=month.dt.offset_by("-1mo")),
        wider.with_columns(tier=pl.Series(["EMP", "ESP", "ECH", "FAM"]).gather(wider["kind"])),
        sooner.with_columns(start_date=pl.col("start_date").dt.offset_by("-1mo")),
    )


def _take(frame: pl.DataFrame, count: int) -> pl.DataFrame:
    """So many rows at random, in the order of the file."""
    return frame.with_row_index("at_").sort("draw").head(count).sort("at_").drop("at_", "draw")


def _prices(date: dt.date) -> pl.DataFrame:
    """One price of this year that was wrong from the start, and one that rises with next month."""
    month = pl.lit(date.replace(day=1)).dt.offset_by("1mo").dt.to_string("%Y-%m-%d")
    now = prices(date).filter(
        (pl.col("valid_from") == f"{date.year}-01-01") & (pl.col("company_code") == "") & (pl.col("tier") == "EMP")
    )
    wrong = now.filter(pl.col("product_code") == "BS-PLUS").with_columns(amount=pl.lit("42.40"))
    rising = now.filter(pl.col("product_code") == "CV-PLUS").with_columns(amount=pl.lit("15.10"), valid_from=month)
    return pl.concat([wrong, rising])
