"""What the demo shows of enrollment: who was told what, what was refused and told again, a vendor's list against ours.

All of it is read from the record by what the night itself stands on; only a vendor's lists are left to look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipelines.demo.billing import papers_of
from pipelines.demo.script import Script
from resources.desk import Desk

_FILE = ["company_id", "file_id"]


def told_vendors(desk: Desk, script: Script) -> dict[str, Any]:
    """How the vendors stand at the end of the demo.

    Returns:
        files (a row per vendor, kind and purpose: files, members, and how many were refused as a whole or in part),
        refused (a row per file of which something was refused: company, partner, name, interchange, sets, members, why;
        again: the later files that told it again, each with name, interchange and members), discrepancies (a row per
        vendor that sent a list: as_of, the counts of the three lists, their rows, and csv, where they were written).
    """
    files, told = _standing(desk, script)
    gone = told.filter(pl.col("fate") == "refused").join(files.select(_FILE), on=_FILE, how="semi")
    refused = [_refused(row, gone, told, files) for row in _with_faults(files, gone)]
    names = {(r["company"], r["name"]) for r in refused}
    kinds = files.with_columns(
        refused=pl.struct("company", "name").map_elements(lambda f: tuple(f.values()) in names, return_dtype=pl.Boolean)
    )
    return {
        "files": kinds.group_by("partner", "kind", "purpose", maintain_order=True)
        .agg(pl.len().alias("files"), pl.col("members").sum(), pl.col("refused").sum())
        .to_dicts(),
        "refused": refused,
        "discrepancies": _discrepancies(desk),
    }


def _standing(desk: Desk, script: Script) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The files that left, and every version of what they told with what became of it."""
    from assets.enrollment.standing import standing  # noqa: PLC0415 - the rules of a room, which the options do not need
    from pipelines.nights import house  # noqa: PLC0415

    companies, day = house(desk), script.overdue_on
    with desk.record.step("reports.enrollment", run_no=0, companies=companies, business_date=day) as tx:
        tx.read("audit/read_only")
        known = tx.read("enrollment/vendor_files")
        told = standing(tx, known, known.clear()).told
        files = tx.read("enrollment/told_to_vendors").filter(pl.col("state") != "void")
    return files, told


def _with_faults(files: pl.DataFrame, gone: pl.DataFrame) -> list[dict[str, Any]]:
    return files.join(gone, on=_FILE, how="semi", maintain_order="left").to_dicts()


def _refused(row: dict[str, Any], gone: pl.DataFrame, told: pl.DataFrame, files: pl.DataFrame) -> dict[str, Any]:
    """One file of which something was refused, and where each of it was told again first."""
    from assets.enrollment.changes import KEY  # noqa: PLC0415

    own = gone.filter((pl.col("company_id") == row["company_id"]) & (pl.col("file_id") == row["file_id"]))
    later = (
        told.join(own.select(*KEY, before="version"), on=KEY, how="inner")
        .filter(pl.col("version") > pl.col("before"))
        .sort(*KEY, "version")
        .unique(KEY, keep="first", maintain_order=True)
    )
    again = later.group_by(_FILE).agg(pl.col("person_id").n_unique().alias("told"))
    named = files.join(again, on=_FILE, how="inner", maintain_order="left")
    return {
        **{key: row[key] for key in ("company", "partner", "purpose", "business_date", "name", "interchange", "why")},
        "sets": sorted(own["set_control"].unique().to_list()),
        "members": own["person_id"].n_unique(),
        "again": [
            {"name": r["name"], "interchange": r["interchange"], "members": r["told"]}
            for r in named.iter_rows(named=True)
        ],
    }


def keep_lists(desk: Desk) -> None:
    """Leave the discrepancies of each vendor that sent a list as CSV beside the papers."""
    for one in _discrepancies(desk):
        _compared(desk, one["partner"], out=Path(one["csv"]))


def _discrepancies(desk: Desk) -> list[dict[str, Any]]:
    vendors = sorted(code for code, partner in desk.partners.items() if partner.kind == "vendor")
    found = [_compared(desk, code) for code in vendors]
    return [one | {"csv": str(papers_of(desk) / f"{one['partner']}-discrepancies.csv")} for one in found if one["rows"]]


def _compared(desk: Desk, vendor: str, out: Path | None = None) -> dict[str, Any]:
    from pipelines.vendors import discrepancy  # noqa: PLC0415

    return discrepancy(desk, vendor, out=out)
