"""People, bank accounts and subscriptions: what they may hold. Numbers are sealed before they reach the record."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

from assets.intake.catalogue import blame_state
from assets.intake.context import PERSON, SUBSCRIPTION, Load
from assets.intake.references import Known, refer
from assets.intake.sheet import Sheet
from assets.intake.writing import note
from formats.nacha import check_digits
from resources.sealed import ACCOUNT, SSN
from resources.vault import last4

_SAME_DIGITS = [str(digit) * 9 for digit in range(10)]


def people(load: Load, sheet: Sheet) -> None:
    """people.csv: subscribers first, then dependents, who name their subscriber."""
    refer(sheet, load.known("company"), {"company_code": "code"}, {"company_id": "company_id"})
    _blame_person(load, sheet)
    key = ["company_id", "member_code"]
    rows = load.accept(sheet, "person", ["member_code"]).filter(pl.col("relationship") == "self")
    state = _write_people(load, sheet, rows.with_columns(subscriber_id=pl.lit(None, pl.Int64)))
    aside = sheet.aside(*key).rename({"member_code": "code"})
    load.now_known("person", state, aside)
    subscribers = state.filter(pl.col("relationship") == "self")
    named = Known("people.csv", "subscriber of this company", subscribers, aside)
    on = {"company_id": "company_id", "subscriber_code": "code"}
    sheet.rows = sheet.rows.with_columns(
        subscriber_code=pl.when(pl.col("relationship") != "self").then("subscriber_code").otherwise(pl.lit(""))
    )
    refer(sheet, named, on, {"subscriber_id": "person_id"}, shown=False)
    state = _write_people(load, sheet, sheet.good().filter(pl.col("relationship") != "self"))
    load.now_known("person", state, sheet.aside(*key).rename({"member_code": "code"}))


def _blame_person(load: Load, sheet: Sheet) -> None:
    blame_state(sheet)
    ssn, other = pl.col("ssn"), pl.col("subscriber_code") != ""
    # Never given out: area 000, 666 and 900 to 999, group 00, serial 0000.
    wrong = ssn.str.contains(r"^(000|666|9)") | ssn.str.contains(r"^...00|0000$") | ssn.is_in(_SAME_DIGITS)
    sheet.blame(wrong, "ssn", "intake.ssn", "ssn is a number that is never given out")
    sheet.blame(pl.col("birth_date") > load.today, "birth_date", "intake.date", "birth_date is in the future")
    own = pl.col("relationship") == "self"
    sheet.blame(
        own & other & (pl.col("subscriber_code") != pl.col("member_code")),
        "subscriber_code",
        "intake.family",
        "a subscriber can't have another subscriber",
    )
    sheet.blame(~own & ~other, "subscriber_code", "intake.required", "a dependent must name its subscriber")
    for column in ("address", "city", "state", "zip"):
        sheet.blame(own & (pl.col(column) == ""), column, "intake.required", f"{column} of a subscriber is empty")


def _write_people(load: Load, sheet: Sheet, rows: pl.DataFrame) -> pl.DataFrame:
    def seal(fresh: pl.DataFrame) -> pl.DataFrame:
        sealed = load.vault.seal(fresh["company_id"], fresh["ssn"], SSN)
        return fresh.with_columns(ssn_sealed=sealed).drop("ssn")

    rows = rows.rename({"member_code": "code"}).with_columns(
        ssn_blind=load.vault.blind(rows["company_id"], rows["ssn"], SSN)
    )
    columns = [*PERSON.key, *PERSON.columns, "ssn"]
    return load.write(sheet, PERSON, rows.with_columns(pl.col("subscriber_id").cast(pl.Int64)).select(columns), seal)


def bank_accounts(load: Load, sheet: Sheet) -> None:
    """bank_accounts.csv: an account that differs from the last one the customer gave becomes a new version."""
    expected = check_digits(sheet.rows["routing"].str.slice(0, 8).fill_null(""))
    last = pl.col("routing").str.slice(8, 1)
    nothing = pl.col("routing") == "000000000"
    sheet.blame(
        (last != expected) | nothing, "routing", "intake.routing", "routing is wrong: its check digit does not fit"
    )
    refer(sheet, load.known("company"), {"company_code": "code"}, {"company_id": "company_id"})
    on = {"company_id": "company_id", "member_code": "code"}
    refer(sheet, load.known("person"), on, {"person_id": "person_id"}, shown=False)
    _refer_payee(load, sheet)
    rows = load.accept(sheet, "bank_account", ["account_code"]).rename({"account_code": "code"})
    recorded = load.known("bank_account").rows
    fresh = _versions(load, rows, recorded, sheet.absent)
    load.tx.append("master.bank_account", fresh)
    note(load.tx, "master.bank_account", fresh, ["code"], sheet.sha256)
    sheet.loaded += fresh.height
    named = ["company_id", "code", "version", "person_id", "owner"]
    known = pl.concat([recorded.select(named), fresh.select(named)], how="vertical_relaxed").sort(named[:3])
    load.now_known("bank_account", known, sheet.aside("company_id", "account_code").rename({"account_code": "code"}))


def _refer_payee(load: Load, sheet: Sheet) -> None:
    """Whose account it is: a member's or the company's own, or the one on which an agent or vendor is paid."""
    refer(sheet, load.known("agent"), {"agent_code": "code"}, {})
    refer(sheet, load.known("vendor"), {"vendor_code": "code"}, {})
    agent, vendor = pl.col("agent_code") != "", pl.col("vendor_code") != ""
    several = agent.cast(pl.Int8) + vendor.cast(pl.Int8) + (pl.col("member_code") != "").cast(pl.Int8) > 1
    sheet.blame(several, "member_code", "intake.owner", "an account is a member's, an agent's or a vendor's")
    sheet.rows = sheet.rows.with_columns(
        owner=pl.when(agent).then(pl.lit("agent")).when(vendor).then(pl.lit("vendor")).otherwise(pl.lit("payer")),
        owner_code=pl.when(agent).then("agent_code").when(vendor).then("vendor_code").otherwise(pl.lit("")),
    )


_NUMBER = ["person_id", "routing", "account_type", "account_blind", "holder_name"]
_TOLD = {  # of an account, by the columns of the file that tell it
    "owner": ("agent_code", "vendor_code"),
    "owner_code": ("agent_code", "vendor_code"),
    "authorised": ("authorised",),
    "validated_on": ("validated_on",),
    "closed_on": ("closed_on",),
}


def _versions(load: Load, rows: pl.DataFrame, recorded: pl.DataFrame, absent: tuple[str, ...]) -> pl.DataFrame:
    """The rows that need a new version, ready to be appended."""
    compared = [*_NUMBER, *_TOLD]
    rows = rows.with_columns(account_blind=load.vault.blind(rows["company_id"], rows["account_number"], ACCOUNT))
    key = ["company_id", "code"]
    recorded = recorded.cast({c: rows.schema[c] for c in (*key, *compared)}).sort(*key, "version")
    latest = recorded.group_by(key, maintain_order=True).last()
    # A bank's notice of change made the latest version: the customer's old row is then no news.
    given = recorded.filter(pl.col("source") == "intake").group_by(key, maintain_order=True).last()
    same = _silent(rows, latest, given, absent)
    for version in (latest, given):
        same = same.join(version.select(*key, *compared), on=[*key, *compared], how="anti", nulls_equal=True,
                         maintain_order="left")  # fmt: skip
    fresh = same.join(latest.select(*key, "version"), on=key, how="left", maintain_order="left").with_columns(
        version=pl.col("version").fill_null(0) + 1
    )
    fresh = load.tx.number(fresh, "master.bank_account", "account_id")
    return fresh.with_columns(
        account_sealed=load.vault.seal(fresh["company_id"], fresh["account_number"], ACCOUNT),
        account_last4=last4(fresh["account_number"]),
        given_on=pl.lit(load.today),
    ).select("company_id", "account_id", "code", "version", *compared, "account_sealed", "account_last4", "given_on")


def _silent(rows: pl.DataFrame, latest: pl.DataFrame, given: pl.DataFrame, absent: tuple[str, ...]) -> pl.DataFrame:
    """Keep what the record holds where the file came without the columns that tell it.

    That a number was proved, or that it is closed, says nothing of another number; whose account it is does.
    """
    quiet = [name for name, columns in _TOLD.items() if set(columns) <= set(absent)]
    for place, version in (("given", given), ("latest", latest)):
        digits = ["routing", "account_type", "account_blind"]
        was = version.select("company_id", "code", *(pl.col(c).alias(f"{place}_{c}") for c in [*digits, *quiet]))
        rows = rows.join(was, on=["company_id", "code"], how="left", maintain_order="left").with_columns(
            pl.all_horizontal(pl.col(c) == pl.col(f"{place}_{c}") for c in digits).alias(f"{place}_same")
        )
    kept = []
    for name in quiet:
        held = pl.when("given_same").then(f"given_{name}").when("latest_same").then(f"latest_{name}")
        of_number = name in ("validated_on", "closed_on")
        kept.append((held if of_number else pl.coalesce(held, f"latest_{name}", name)).alias(name))
    return rows.with_columns(kept).drop(cs.starts_with("given_", "latest_"))


def subscriptions(load: Load, sheet: Sheet) -> None:
    """subscriptions.csv: held by a subscriber; end_date is the first day not covered."""
    company = {"company_id": "company_id"}
    refer(sheet, load.known("company"), {"company_code": "code"}, company)
    refer(
        sheet,
        load.known("person"),
        {**company, "member_code": "code"},
        {"person_id": "person_id", "subscriber_id": "subscriber_id"},
        shown=False,
    )
    sheet.blame(
        pl.col("subscriber_id").is_not_null(), "member_code", "intake.family", "the member it names is a dependent"
    )
    sheet.blame(pl.col("end_date") < pl.col("start_date"), "end_date", "intake.period", "end_date is before start_date")
    sheet.blame(
        (pl.col("method") == "ach") & (pl.col("account_code") == ""),
        "account_code",
        "intake.required",
        "account_code is empty, but method is ach",
    )
    refer(sheet, load.known("product"), {"product_code": "code"}, {"product_id": "product_id"})
    take = {"account_owner": "owner"}
    refer(sheet, load.known("bank_account"), {**company, "account_code": "code"}, take, shown=False)
    payees = pl.col("account_owner") != "payer"
    sheet.blame(payees, "account_code", "intake.owner", "the account is an agent's or a vendor's: it is never drafted")
    refer(sheet, load.known("agent"), {"agent_code": "code"}, {})
    refer(sheet, load.known("sub_group"), {**company, "group_code": "code"}, {})
    rows = load.accept(sheet, "subscription", ["subscription_code"]).rename({"subscription_code": "code"})
    state = load.write(sheet, SUBSCRIPTION, rows.select(*SUBSCRIPTION.key, *SUBSCRIPTION.columns))
    aside = sheet.aside("company_id", "subscription_code").rename({"subscription_code": "code"})
    load.now_known("subscription", state, aside)
