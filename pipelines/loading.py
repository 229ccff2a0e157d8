"""Loads a folder of customer files and reports it: what `load` and `demo` share."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from assets.intake import load
from assets.steps import HOUSE, open_run
from pipelines.cli.output import doing
from resources.desk import Desk


def load_folder(desk: Desk, folder: Path, business_date: dt.date, what: str = "") -> dict[str, Any]:
    """Load a folder; the JSON shape of `daybook load`."""
    run = open_run(desk.record, job="load", book=HOUSE, business_date=business_date, actor="load")
    with doing(f"load {what or folder}"):
        result = load(desk.record, desk.vault, run, folder)
    return {
        "files": [
            {
                "name": f.name,
                "rows": f.rows,
                "loaded": f.loaded,
                "unchanged": f.unchanged,
                "quarantined": f.quarantined,
            }
            for f in result.files
        ],
        "problems": result.problems.select("file", "line", "column", "reason").to_dicts(),
    }
