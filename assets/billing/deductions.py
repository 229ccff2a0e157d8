"""Payroll deductions: what an employer takes from each pay for a list bill, and how it compares with what was billed.

Source: billing reference section 9. Deducted is the member's own part (payer share `member`) of coverage on list bill.
A year of it is divided over the pays of a year to the cent; a part of a period, a one-time fee and a correction are
deducted once. A group pays as billed: a shortage is the employer's to collect with the next pays. Pure.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.billing.world import Schema

LAYOUT = "payroll deductions, CSV, 1"  # of deduction_file: another number when its bytes are made otherwise
PAYS = (12, 24, 26, 52)
PERIODS = {"weekly": 52, "biweekly": 26, "semimonthly": 24, "monthly": 12, "quarterly": 4, "halfyearly": 2, "yearly": 1}
DEDUCTIONS: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "member_code": pl.String,
    "coverage_month": pl.Date,
    "recurrence": pl.String,
    "regular": pl.Boolean,
    "pays_per_year": pl.Int64,
    "amount_cents": pl.Int64,
}
_ROW = ["company_id", "invoice_id", "member_code", "coverage_month"]


def planned(parts: pl.DataFrame) -> pl.DataFrame:
    """How each employee's part of a coverage month is taken from his pays.

    Args:
        parts: `DEDUCTIONS`, one row per line of the bill that the employee owes; regular: a whole period's charge,
            which comes again.

    Returns:
        company_id, invoice_id, member_code, coverage_month (its first day), pays_per_year, amount_cents (on this bill),
        once_cents (of it, taken once), year_cents (a year of the rest), more_pays, more_cents (so many pays of that
        amount come first), fewer_pays, fewer_cents (the other pays of the year); sorted.
    """
    a_year = pl.col("recurrence").replace_strict(PERIODS, default=0, return_dtype=pl.Int64)
    again = pl.col("regular") & (a_year > 0)
    sums = (
        parts.with_columns(
            _year=pl.when(again).then(pl.col("amount_cents") * a_year).otherwise(0),
            _once=pl.when(again).then(0).otherwise("amount_cents"),
        )
        .group_by(*_ROW, "pays_per_year")
        .agg(pl.col("amount_cents").sum(), once_cents=pl.col("_once").sum(), year_cents=pl.col("_year").sum())
        .sort(_ROW)
    )
    year, pays = pl.col("year_cents"), pl.col("pays_per_year")
    return sums.with_columns(
        more_pays=year % pays,
        more_cents=pl.when(year % pays > 0).then(year // pays + 1).otherwise(0),
        fewer_pays=pl.when(year > 0).then(pays - year % pays).otherwise(0),
        fewer_cents=year // pays,
    )


def deduction_file(plan: pl.DataFrame, *, company: str, group: str, invoice: int, bill_date: dt.date) -> bytes:
    """The payroll file of one list bill: CSV, a record type first, amounts in dollars.

    H,company,group,invoice,bill date,pays per year; D per employee and coverage month; T,records,billed,once,year: the
    totals of the D records, which the reader checks against them.
    """
    pays = plan["pays_per_year"].max()
    head = pl.DataFrame([["H"], [company], [group], [str(invoice)], [str(bill_date)], [str(pays or "")]])
    detail = plan.select(
        record=pl.lit("D"),
        employee="member_code",
        month=pl.col("coverage_month").dt.strftime("%Y-%m"),
        **{c: _dollars(pl.col(c)) for c in ("amount_cents", "once_cents", "year_cents")},
        more_pays="more_pays",
        more=_dollars(pl.col("more_cents")),
        fewer_pays="fewer_pays",
        fewer=_dollars(pl.col("fewer_cents")),
    )
    summed = ("amount_cents", "once_cents", "year_cents")
    totals = plan.select(_dollars(pl.col(c).sum()).alias(c) for c in summed).row(0)
    return f"{_csv(head)}{_csv(detail)}T,{plan.height},{','.join(totals)}\n".encode()


def totals(content: bytes) -> dict[str, int]:
    """What the T record of a deduction file says: records, billed_cents, once_cents, year_cents."""
    _, records, *dollars = content.decode().rstrip("\n").rpartition("\n")[2].split(",")
    billed, once, year = (int(amount.replace(".", "")) for amount in dollars)
    return {"records": int(records), "billed_cents": billed, "once_cents": once, "year_cents": year}


def _csv(rows: pl.DataFrame) -> str:
    return rows.write_csv(include_header=False, line_terminator="\n")


def _dollars(cents: pl.Expr) -> pl.Expr:
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    rest = (cents.abs() % 100).cast(pl.String).str.zfill(2)
    return sign + (cents.abs() // 100).cast(pl.String) + pl.lit(".") + rest


def compared(billed: pl.DataFrame, deducted: pl.DataFrame, employees: pl.DataFrame) -> pl.DataFrame:
    """Where deductions differ from the bill, per employee and coverage month, each with exactly one reason.

    The first that holds: UNKNOWN_EMPLOYEE (deducted of somebody we don't know), NEW_NOT_DEDUCTED (nothing deducted in
    the first month of his coverage), MISSING_EMPLOYEE (billed, in no month of the payroll list), TERMED_STILL_DEDUCTED
    (deducted, but his coverage is over), ROUNDING (at most a cent for every pay of the month), PAY_FREQUENCY (the right
    deduction per pay for another number of pays a month, or a year), AMOUNT_DIFFERS.

    Args:
        billed: company_id, member_code, coverage_month, billed_cents, pays_per_year.
        deducted: company_id, member_code, coverage_month, deducted_cents.
        employees: company_id, member_code, first_month, and end_month (the first not covered, null: covered).

    Returns:
        company_id, member_code, coverage_month, billed_cents, deducted_cents, difference_cents (billed less deducted: a
        shortage is positive), reason; sorted.
    """
    key = ["company_id", "member_code", "coverage_month"]
    who = key[:2]
    listed = deducted.select(who).unique().with_columns(_listed=pl.lit(value=True))
    both = (
        billed.join(deducted, on=key, how="full", coalesce=True)
        .join(employees, on=who, how="left")
        .join(listed, on=who, how="left")
        .with_columns(pl.col("billed_cents", "deducted_cents").fill_null(0), _known=pl.col("first_month").is_not_null())
        .with_columns(difference_cents=pl.col("billed_cents") - pl.col("deducted_cents"))
        .filter(pl.col("difference_cents") != 0)
    )
    return (
        both.with_columns(reason=_reason())
        .select(*key, "billed_cents", "deducted_cents", "difference_cents", "reason")
        .sort(key)
    )


def _reason() -> pl.Expr:
    owed, taken, pays = pl.col("billed_cents"), pl.col("deducted_cents"), pl.col("pays_per_year").fill_null(12)
    month = pl.col("coverage_month")
    most = (pays + 11) // 12  # pays that can fall in one month
    return (
        pl.when(~pl.col("_known"))
        .then(pl.lit("UNKNOWN_EMPLOYEE"))
        .when((taken == 0) & (month == pl.col("first_month")))
        .then(pl.lit("NEW_NOT_DEDUCTED"))
        .when(pl.col("_listed").is_null())
        .then(pl.lit("MISSING_EMPLOYEE"))
        .when((owed == 0) & (month >= pl.col("end_month")).fill_null(value=False))
        .then(pl.lit("TERMED_STILL_DEDUCTED"))
        .when((owed - taken).abs() <= most)
        .then(pl.lit("ROUNDING"))
        .when(_other_frequency(owed, taken))
        .then(pl.lit("PAY_FREQUENCY"))
        .otherwise(pl.lit("AMOUNT_DIFFERS"))
    )


def _other_frequency(owed: pl.Expr, taken: pl.Expr) -> pl.Expr:
    """Some number of pays, each the deduction per pay of one of the payroll years, to a cent per pay."""
    fits = [(taken * a_year - owed * 12 * n).abs() <= a_year * n for n in range(1, 6) for a_year in PAYS]
    return (owed > 0) & (taken > 0) & pl.any_horizontal(fits)
