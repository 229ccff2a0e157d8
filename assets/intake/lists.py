"""What hangs on a subscription as a list: covered dependents, holds and splits. A file replaces whole lists."""

from __future__ import annotations

import polars as pl

from assets.intake.context import Load
from assets.intake.references import refer
from assets.intake.sheet import Sheet
from assets.intake.writing import note, replace_lists

_OWNER = ["company_id", "subscription_id"]


def covered(load: Load, sheet: Sheet) -> None:
    """covered.csv: dependents of the subscription's own subscriber."""
    _refer_owner(load, sheet)
    on = {"company_id": "company_id", "member_code": "code"}
    refer(sheet, load.known("person"), on, {"person_id": "person_id", "subscriber_id": "subscriber_id"}, shown=False)
    stranger = pl.col("person_id").is_not_null() & (pl.col("subscriber_id").ne_missing(pl.col("holder")))
    sheet.blame(
        stranger & pl.col("holder").is_not_null(),
        "member_code",
        "intake.family",
        "only dependents of the subscription's subscriber are listed",
    )
    _write(load, sheet, "covered", ["person_id"], [])


def holds(load: Load, sheet: Sheet) -> None:
    """holds.csv: days neither covered nor billed, within the subscription's term."""
    sheet.blame(pl.col("to_date") <= pl.col("from_date"), "to_date", "intake.period", "to_date is not after from_date")
    _refer_owner(load, sheet)
    before, after = pl.col("to_date") <= pl.col("start_date"), pl.col("from_date") >= pl.col("end_date")
    sheet.blame(
        before | after.fill_null(value=False),
        "from_date",
        "intake.outside",
        "the hold lies outside the subscription's term",
    )
    _write(load, sheet, "hold", ["from_date"], ["to_date", "reason"])


def splits(load: Load, sheet: Sheet) -> None:
    """splits.csv: the shares of a subscription are loaded whole or not at all, and sum to 100."""
    sheet.blame(pl.col("percent") <= 0, "percent", "intake.percent", "percent is not above 0")
    _refer_owner(load, sheet)
    refer(sheet, load.known("agent"), {"agent_code": "code"}, {})
    bad = sheet.rows.join(sheet.found.select("at").unique(), on="at", how="semi")
    codes = ["company_code", "subscription_code"]
    causes = bad.drop_nulls(codes).group_by(codes).agg(cause=pl.col("at").min())
    whole = pl.col("percent").sum().over(codes)
    sheet.rows = sheet.rows.join(causes, on=codes, how="left", maintain_order="left").with_columns(whole=whole)
    innocent = ~pl.col("at").is_in(bad["at"].implode())
    sheet.blame(
        innocent & pl.col("cause").is_not_null(),
        "subscription_code",
        "intake.cascade",
        pl.format("another share of this split was set aside: splits.csv line {}", "cause"),
    )
    sheet.blame(
        pl.col("cause").is_null() & (pl.col("whole") != 100), "percent", "intake.split", "the shares do not sum to 100"
    )
    _write(load, sheet, "split", ["agent_code"], ["percent"])


def _refer_owner(load: Load, sheet: Sheet) -> None:
    refer(sheet, load.known("company"), {"company_code": "code"}, {"company_id": "company_id"})
    refer(
        sheet,
        load.known("subscription"),
        {"company_id": "company_id", "subscription_code": "code"},
        {
            "subscription_id": "subscription_id",
            "holder": "person_id",
            "start_date": "start_date",
            "end_date": "end_date",
        },
        shown=False,
    )


def _write(load: Load, sheet: Sheet, table: str, key: list[str], values: list[str]) -> None:
    rows = load.accept(sheet, table, ["subscription_code"])
    broken = sheet.rows.join(rows.select("at"), on="at", how="anti").select(_OWNER).drop_nulls().unique()
    whole = rows.select(_OWNER).unique(maintain_order=True).join(broken, on=_OWNER, how="anti")
    touched, fresh = replace_lists(load.tx, table, rows.select(*_OWNER, *key, *values), whole, key=key, values=values)
    codes = rows.select(*_OWNER, "subscription_code").unique(maintain_order=True)
    note(
        load.tx,
        f"master.{table}",
        codes.join(touched, on=_OWNER, how="semi", maintain_order="left"),
        ["subscription_code"],
        sheet.sha256,
    )
    sheet.loaded += fresh
