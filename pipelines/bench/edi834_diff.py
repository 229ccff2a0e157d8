"""The step `diff` of the 834 bench: what a vendor must be told after a day, against everything it has taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl

from assets.enrollment.changes import KEY
from assets.enrollment.drafts import View, change_draft
from assets.enrollment.fate import ACCEPTED
from assets.enrollment.members import with_member_print
from assets.enrollment.plan import Task
from assets.enrollment.standing import Standing
from formats.errors import GuardError
from resources.vendor_terms import VendorTerms

DAY = dt.date(2026, 11, 2)
_CHANGED, _ENDED, _NEW = 100, 200, 200  # every so manieth member moved, left, or is new
_FILES = {"company_id": pl.Int32, "partner": pl.String, "file_id": pl.Int64, "business_date": pl.Date,
          "sequence": pl.Int32, "purpose": pl.String, "void": pl.Boolean, "fate": pl.String}  # fmt: skip


def diff(members: int) -> Callable[[], int]:
    """Make the two sides, two coverages a member; the call draws up the change file and returns its members."""
    people = _people(members)
    before = with_member_print(_rows(members), people)
    told = before.filter(pl.col("person_id") % _NEW != 1).with_columns(
        version=pl.lit(1, pl.Int32), fate=pl.lit(ACCEPTED), sound=pl.lit(value=True), file_id=pl.lit(1, pl.Int64),
        set_control=pl.lit(1, pl.Int64),
    )  # fmt: skip
    moved = pl.when(pl.col("person_id") % _CHANGED == 2).then(pl.lit("9 NEW ST")).otherwise("address")
    left = pl.col("person_id") % _ENDED == 3
    rows = _rows(members).with_columns(end=pl.when(left).then(pl.lit(DAY)), ended=left)
    released = pl.DataFrame(schema={c: rows.schema[c] for c in KEY} | {"effective_date": pl.Date})
    known = Standing(told, pl.DataFrame(schema=_FILES))
    view = View(rows, known, people.with_columns(address=moved), released, DAY)
    task = Task({"company_id": 1, "company": "BENCH", "partner": "bench"}, "change", VendorTerms(files="change"))
    meant = sum(1 for n in range(members) if n % _NEW == 1 or n % _CHANGED == 2 or n % _ENDED == 3)

    def work() -> int:
        found = change_draft(task, view, None).meant.members.height
        if found != meant:
            raise GuardError(f"the benchmark's change file tells of {found} members instead of {meant}")
        return found

    return work


def _people(members: int) -> pl.DataFrame:
    number = pl.int_range(members, dtype=pl.Int32)
    text = {
        "relationship": "self", "first_name": "ANN", "last_name": "SAMPLE", "gender": "F", "address": "2 HILL RD",
        "city": "PORTLAND", "state": "ME", "zip": "04101", "phone": "", "email": "",
    }  # fmt: skip
    return pl.select(
        company_id=pl.lit(1, pl.Int32), person_id=number, subscriber_id=pl.lit(None, pl.Int32),
        code=pl.lit("M") + number.cast(pl.String).str.zfill(8), birth_date=pl.lit(dt.date(1980, 5, 17)),
        ssn_blind=pl.lit(None, pl.Binary), ssn=pl.lit(None, pl.String),
    ).with_columns(pl.lit(value).alias(name) for name, value in text.items())  # fmt: skip


def _rows(members: int) -> pl.DataFrame:
    number = pl.int_range(2 * members, dtype=pl.Int32)
    dental = number % 2 == 1
    return pl.select(
        company_id=pl.lit(1, pl.Int32), partner=pl.lit("bench"), person_id=number // 2, subscription_id=number,
        head_id=number // 2, line=pl.when(dental).then(pl.lit("DEN")).otherwise(pl.lit("HLT")),
        plan_code=pl.when(dental).then(pl.lit("BS200")).otherwise(pl.lit("EG100")), tier=pl.lit("EMP"),
        begin=pl.lit(dt.date(2026, 1, 1)), end=pl.lit(None, pl.Date), ended=pl.lit(value=False),
        ssn_asked=pl.lit(value=False),
    )  # fmt: skip
