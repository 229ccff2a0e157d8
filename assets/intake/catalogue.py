"""Books, companies, vendors, products, fees, agents and commission rates: what they may hold."""

from __future__ import annotations

import polars as pl

from assets.intake.context import AGENT, BOOK, COMPANY, FEE, PRODUCT, RATE, VENDOR, Load
from assets.intake.references import refer
from assets.intake.sheet import Sheet
from assets.steps import HOUSE
from formats.edi834.codes import LINES, STATES


def books(load: Load, sheet: Sheet) -> None:
    """books.csv: the time zone decides when a book's night begins, so it must be one that is known."""
    sheet.blame(pl.col("book_code") == HOUSE, "book_code", "intake.reserved", f"{HOUSE} is not free as a book's code")
    unknown = [zone for zone in sheet.rows["time_zone"].unique().drop_nulls() if not _is_zone(zone)]
    sheet.blame(
        pl.col("time_zone").is_in(unknown), "time_zone", "intake.zone", "time_zone is no zone like America/New_York"
    )
    rows = load.accept(sheet, "book", ["book_code"]).rename({"book_code": "code"})
    state = load.write(sheet, BOOK, rows.select("code", "name", "time_zone"))
    load.now_known("book", state, _renamed(sheet.aside("book_code"), "book_code"))


def _is_zone(name: str) -> bool:
    """Whether Polars' own table of zones has it: the machine's may differ from one to the next."""
    try:
        pl.Series([0]).cast(pl.Datetime).dt.replace_time_zone(name)
    except pl.exceptions.PolarsError:
        return False
    return True


def companies(load: Load, sheet: Sheet) -> None:
    """companies.csv; from here on the load sees the rows of the new companies too."""
    blame_state(sheet)
    refer(sheet, load.known("book"), {"book_code": "code"}, {"book_id": "book_id"})
    rows = load.accept(sheet, "company", ["company_code"])
    rows = rows.rename({"company_code": "code", "memo_limit": "memo_limit_cents"})
    state = load.write(sheet, COMPANY, rows.select("code", *COMPANY.columns))
    load.now_known("company", state, _renamed(sheet.aside("company_code"), "company_code"))
    see(load, state["company_id"].to_list())


def see(load: Load, companies: list[int]) -> None:
    """Let row-level security show these companies for the rest of the transaction."""
    load.tx.companies = sorted(companies)
    load.tx.read("intake/see_companies")


def blame_state(sheet: Sheet) -> None:
    """A state must be one that an 834 address may hold."""
    unknown = (pl.col("state") != "") & ~pl.col("state").is_in(list(STATES))
    sheet.blame(unknown, "state", "intake.choice", "state is not a state's two letters")


def vendors(load: Load, sheet: Sheet) -> None:
    """vendors.csv."""
    rows = load.accept(sheet, "vendor", ["vendor_code"]).rename({"vendor_code": "code"})
    state = load.write(sheet, VENDOR, rows.select("code", "name", "tax_id"))
    load.now_known("vendor", state, _renamed(sheet.aside("vendor_code"), "vendor_code"))


def products(load: Load, sheet: Sheet) -> None:
    """products.csv; the line is an 834 insurance line, empty for what is not insured."""
    sheet.blame(
        (pl.col("line") != "") & ~pl.col("line").is_in(list(LINES)),
        "line",
        "intake.choice",
        f"line is neither empty nor one of {', '.join(LINES)}",
    )
    refer(sheet, load.known("vendor"), {"vendor_code": "code"}, {"vendor_id": "vendor_id"})
    refer(sheet, load.known("dunning_step"), {"dunning": "ladder"}, {})
    rows = load.accept(sheet, "product", ["product_code"]).rename({"product_code": "code"})
    state = load.write(sheet, PRODUCT, rows.select("code", *PRODUCT.columns))
    load.now_known("product", state, _renamed(sheet.aside("product_code"), "product_code"))


def fees(load: Load, sheet: Sheet) -> None:
    """fees.csv."""
    refer(sheet, load.known("product"), {"product_code": "code"}, {"product_id": "product_id"})
    rows = load.accept(sheet, "fee", ["product_id", "fee_code"]).rename({"fee_code": "code"})
    state = load.write(sheet, FEE, rows.select(*FEE.key, *FEE.columns))
    load.now_known("fee", state, sheet.aside("product_id", "fee_code").rename({"fee_code": "code"}))


def agents(load: Load, sheet: Sheet) -> None:
    """agents.csv: an upline has a higher level than its downline, which also keeps the tree free of circles."""
    recorded = load.known("agent").rows
    # Every turn sets aside at least one more row; a path has at most nine levels.
    while True:
        before = sheet.found.height
        good = sheet.good()
        stays = recorded.select("code", "parent_code", pl.col("level").cast(pl.Int64)).join(
            good, left_on="code", right_on="agent_code", how="anti"
        )
        tree = pl.concat([stays, good.select("agent_code", "parent_code", "level").rename({"agent_code": "code"})])
        _blame_tree(sheet, good["at"], tree, stays)
        if sheet.found.height == before:
            break
    rows = load.accept(sheet, "agent", ["agent_code"]).rename({"agent_code": "code"})
    state = load.write(sheet, AGENT, rows.select("code", *AGENT.columns))
    load.now_known("agent", state, _renamed(sheet.aside("agent_code"), "agent_code"))


def _blame_tree(sheet: Sheet, candidates: pl.Series, tree: pl.DataFrame, stays: pl.DataFrame) -> None:
    """Set aside candidates without their upline, not below it, or not above the recorded downline that stays."""
    levels = tree.select(parent_code="code", above="level")
    below = stays.filter(pl.col("parent_code") != "").group_by("parent_code").agg(below=pl.col("level").max())
    aside = sheet.aside("agent_code").select(parent_code="agent_code", cause="at")
    rows = sheet.rows
    sheet.rows = (
        rows.join(levels, on="parent_code", how="left", maintain_order="left")
        .join(below.rename({"parent_code": "agent_code"}), on="agent_code", how="left", maintain_order="left")
        .join(aside, on="parent_code", how="left", maintain_order="left")
        .with_columns(candidate=pl.col("at").is_in(candidates.implode()))
    )
    named = pl.col("candidate") & (pl.col("parent_code") != "")
    orphan = named & pl.col("above").is_null()
    sheet.blame(
        orphan & pl.col("cause").is_not_null(),
        "parent_code",
        "intake.cascade",
        pl.format("the upline it names was set aside: agents.csv line {}", "cause"),
    )
    sheet.blame(orphan & pl.col("cause").is_null(), "parent_code", "intake.unknown", "there is no such upline agent")
    too_low = named & (pl.col("above") <= pl.col("level"))
    sheet.blame(too_low, "parent_code", "intake.tree", "its upline does not have a higher level")
    over = pl.col("candidate") & (pl.col("below") >= pl.col("level"))
    sheet.blame(over, "level", "intake.tree", "agents below it in the record have this level or a higher one")
    sheet.rows = rows


def commission_rates(load: Load, sheet: Sheet) -> None:
    """commission_rates.csv."""
    refer(sheet, load.known("product"), {"product_code": "code"}, {})
    rows = load.accept(sheet, "commission_rate", list(RATE.key))
    load.write(sheet, RATE, rows.select(*RATE.key, "percent"))


def _renamed(aside: pl.DataFrame, column: str) -> pl.DataFrame:
    return aside.rename({column: "code"})
