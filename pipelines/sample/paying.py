"""How the sample pays and is paid: what is known of accounts, payees' accounts, who pays which part, banks."""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipelines.sample.draw import Draw
from pipelines.sample.members import account_numbers, routing_numbers

UNPROVED = 0.04  # of the accounts: they need a prenote first
_SHARED = {"MILLWORK": "30"}  # employers whose people pay this percent of their bill, out of their pay


def known(seed: int, date: dt.date, accounts: pl.DataFrame, *, proved: bool = True) -> pl.DataFrame:
    """Accounts of payers with what the customer knows of them: most were proved long ago, some were given online.

    Args:
        seed: the sample's.
        date: of the first night.
        accounts: company_code, account_code, member_code ...
        proved: False: they are new, nothing is known yet.
    """
    draw = Draw(seed, f"known {accounts.height} {proved}")
    count = accounts.height
    own = pl.col("member_code") == ""
    how = pl.Series(["written", "web", "phone"]).gather(draw.pick(count, 82, 14, 4))
    long_ago = pl.lit(date) - pl.duration(days=pl.lit(pl.Series(draw.whole(count, 200, 1500))))
    unproved = pl.lit(pl.Series(draw.chance(count, UNPROVED))) & ~own
    return accounts.with_columns(
        agent_code=pl.lit(""),
        vendor_code=pl.lit(""),
        authorised=pl.when(own).then(pl.lit("written")).otherwise(how),
        validated_on=pl.when(~unproved & pl.lit(proved)).then(long_ago),
        closed_on=pl.lit(None, pl.Date),
    )


def payees(seed: int, date: dt.date, files: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The accounts on which each company pays its agents, their uplines and its vendors (bank_accounts.csv, whole).

    Args:
        seed: the sample's.
        date: of the first night.
        files: agents, products, vendors, subscriptions and splits.
    """
    held, agents = files["subscriptions.csv"], files["agents.csv"]
    parts = [held.select("company_code", "agent_code"), files["splits.csv"].select("company_code", "agent_code")]
    selling = pl.concat(parts).filter(pl.col("agent_code") != "").unique()
    for _ in range(agents["level"].n_unique()):
        above = selling.join(agents, on="agent_code").filter(pl.col("parent_code") != "")
        selling = pl.concat([selling, above.select("company_code", agent_code="parent_code")]).unique()
    sold = held.join(files["products.csv"].select("product_code", "vendor_code"), on="product_code")
    vendors = sold.select("company_code", "vendor_code").unique()
    named = [
        selling.join(agents.select("agent_code", holder_name="name"), on="agent_code"),
        vendors.join(files["vendors.csv"].select("vendor_code", holder_name="name"), on="vendor_code"),
    ]
    owed = pl.concat(named, how="diagonal").with_columns(pl.col("agent_code", "vendor_code").fill_null(""))
    owed = owed.sort("company_code", "agent_code", "vendor_code")
    draw = Draw(seed, "payees")
    count = owed.height
    unproved = pl.lit(pl.Series(draw.chance(count, UNPROVED))) & (pl.col("agent_code") != "")
    long_ago = pl.lit(date) - pl.duration(days=pl.lit(pl.Series(draw.whole(count, 200, 1500))))
    return owed.with_columns(
        account_code=pl.concat_str("company_code", pl.concat_str("agent_code", "vendor_code"), separator="-"),
        member_code=pl.lit(""),
        routing=routing_numbers(draw, 12).gather(draw.whole(count, 0, 11)),
        account_number=account_numbers(draw, count),
        account_type=pl.lit("checking"),
        authorised=pl.lit("written"),
        validated_on=pl.when(~unproved).then(long_ago),
        closed_on=pl.lit(None, pl.Date),
    )


def divided(seed: int, accounts: pl.DataFrame, members: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A few payers with two accounts: their second accounts, and how they divide what they owe (pay_methods.csv).

    Args:
        seed: the sample's.
        accounts: of payers, as `known` gives them.
        members: how many subscribers there are.
    """
    draw = Draw(seed, "divided")
    proved = accounts.filter((pl.col("member_code") != "") & pl.col("validated_on").is_not_null())
    chosen = proved[draw.some(proved.height, max(2, members // 500))]
    second = chosen.with_columns(
        account_code=pl.col("member_code") + "-B",
        account_number=account_numbers(draw, chosen.height),
        account_type=pl.lit("savings"),
        authorised=pl.lit("written"),
    )
    payer = chosen.select("company_code", "member_code", own="account_code", turn=pl.int_range(pl.len()) % 2)
    fixed = pl.col("turn") == 1
    parts = [
        payer.select(
            "company_code", "member_code", part=pl.lit("1"), account_code="own",
            percent=pl.when(fixed).then(pl.lit("100")).otherwise(pl.lit("60")), amount=pl.lit(""),
        ),
        payer.select(
            "company_code", "member_code", part=pl.lit("2"), account_code=pl.col("member_code") + "-B",
            percent=pl.when(fixed).then(pl.lit("")).otherwise(pl.lit("40")),
            amount=pl.when(fixed).then(pl.lit("25.00")).otherwise(pl.lit("")),
        ),
    ]  # fmt: skip
    return second, pl.concat(parts).sort("company_code", "member_code", "part")


def payer_shares(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """What employees pay of their plans; the rest is the employer's (payer_shares.csv)."""
    percent = pl.col("company_code").replace_strict(_SHARED, default=None, return_dtype=pl.String)
    return subscriptions.select(
        "company_code",
        "subscription_code",
        part=pl.lit("2"),
        payer=pl.lit("member"),
        member_code=pl.lit(""),
        fee_code=pl.lit(""),
        percent=percent,
        amount=pl.lit(""),
        valid_from=pl.lit(""),
    ).drop_nulls("percent")


def company_banks() -> pl.DataFrame:
    """One company names its bank with a weight: there is but one invented bank (company_banks.csv)."""
    return pl.DataFrame({"company_code": ["HARBOR"], "bank": ["first-harbor"], "weight": ["100"], "monthly_cap": [""]})
