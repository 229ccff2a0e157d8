"""What hangs on a subscription as a list: covered dependents, holds and splits. A file replaces whole lists."""

from __future__ import annotations

import polars as pl

from assets.intake.context import Load
from assets.intake.references import refer
from assets.intake.sheet import Sheet
from assets.intake.writing import note, replace_lists

_OWNER = ["company_id", "subscription_id"]


def covered(load: Load, sheet: Sheet) -> None:
    """covered.csv: dependents of the subscription's own subscriber, and until when, if not as long as it lasts."""
    refer_subscription(load, sheet)
    on = {"company_id": "company_id", "member_code": "code"}
    refer(sheet, load.known("person"), on, {"person_id": "person_id", "subscriber_id": "subscriber_id"}, shown=False)
    stranger = pl.col("person_id").is_not_null() & (pl.col("subscriber_id").ne_missing(pl.col("holder")))
    sheet.blame(
        stranger & pl.col("holder").is_not_null(),
        "member_code",
        "intake.family",
        "only dependents of the subscription's subscriber are listed",
    )
    if "end_date" in sheet.absent:  # the file says nothing of ends: those on record stay
        key = ["company_id", "subscription_id", "person_id"]
        known = load.tx.read("intake/covered").cast({c: sheet.rows.schema[c] for c in key})
        sheet.rows = sheet.rows.drop("end_date").join(known, on=key, how="left", maintain_order="left")
    _write(load, sheet, "covered", ["person_id"], ["end_date"])


def holds(load: Load, sheet: Sheet) -> None:
    """holds.csv: days neither covered nor billed, within the subscription's term."""
    sheet.blame(pl.col("to_date") <= pl.col("from_date"), "to_date", "intake.period", "to_date is not after from_date")
    refer_subscription(load, sheet)
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
    refer_subscription(load, sheet)
    refer(sheet, load.known("agent"), {"agent_code": "code"}, {})
    whole_or_none(sheet, ["company_code", "subscription_code"], "share of this split", "splits.csv")
    whole = pl.col("percent").sum().over("company_code", "subscription_code")
    sheet.blame(pl.col("cause").is_null() & (whole != 100), "percent", "intake.split", "the shares do not sum to 100")
    _write(load, sheet, "split", ["agent_code"], ["percent"])


def whole_or_none(sheet: Sheet, codes: list[str], noun: str, file: str) -> None:
    """Set aside the other rows of a list of which one is bad; `cause` is the first bad line of a row's list."""
    bad = sheet.rows.join(sheet.found.select("at").unique(), on="at", how="semi")
    causes = bad.drop_nulls(codes).group_by(codes).agg(cause=pl.col("at").min())
    sheet.rows = sheet.rows.join(causes, on=codes, how="left", maintain_order="left")
    innocent = ~pl.col("at").is_in(bad["at"].implode())
    sheet.blame(
        innocent & pl.col("cause").is_not_null(),
        codes[-1],
        "intake.cascade",
        pl.format(f"another {noun} was set aside: {file} line {{}}", "cause"),
    )


def refer_subscription(load: Load, sheet: Sheet) -> None:
    """Look up the subscription that rows are of: company_id, subscription_id, holder, product_id, its term."""
    refer(sheet, load.known("company"), {"company_code": "code"}, {"company_id": "company_id"})
    refer(
        sheet,
        load.known("subscription"),
        {"company_id": "company_id", "subscription_code": "code"},
        {
            "subscription_id": "subscription_id",
            "holder": "person_id",
            "product_id": "product_id",
            "start_date": "start_date",
            "end_date": "end_date",
        },
        shown=False,
    )


def _write(load: Load, sheet: Sheet, table: str, key: list[str], values: list[str]) -> None:
    write_lists(load, sheet, table, owner=_OWNER, code="subscription_code", key=key, values=values)


def write_lists(
    load: Load, sheet: Sheet, table: str, *, owner: list[str], code: str, key: list[str], values: list[str]
) -> None:
    """Bring the lists that a file names up to date; a list of which a row was set aside only grows.

    Args:
        load: the load under way.
        sheet: with the owner's ids looked up.
        table: of master.
        owner: columns that say whose list it is.
        code: the column that names the owner, for the note of the change.
        key: what tells rows of one list apart.
        values: what is compared.
    """
    rows = load.accept(sheet, table, [code])
    broken = sheet.rows.join(rows.select("at"), on="at", how="anti").select(owner).drop_nulls().unique()
    whole = rows.select(owner).unique(maintain_order=True).join(broken, on=owner, how="anti")
    wanted = rows.select(*owner, *key, *values)
    touched, fresh = replace_lists(load.tx, table, wanted, whole, owner=owner, key=key, values=values)
    codes = rows.select(*dict.fromkeys([*owner, code])).unique(maintain_order=True)
    changed = codes.join(touched, on=owner, how="semi", maintain_order="left")
    note(load.tx, f"master.{table}", changed, [code], sheet.sha256)
    sheet.loaded += fresh
