"""Invented data for every template: to look at a kit, and to tell a wrong template from data it can't take."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from assets.documents.kits import Kit
from formats.errors import FormatError, SettingsError
from resources.press import Job, Press

SAMPLES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("samples.json").read_text(encoding="utf-8"))


def sample(kit: Kit, template: str) -> Job:
    """The job that sets a template with invented data."""
    name = template if template in SAMPLES else "reminder"
    facts = {"company": SAMPLES["company"], "payer": SAMPLES["payer"], **SAMPLES[name], "document_no": 1204}
    return Job(kit.root, kit.paper(template), json.dumps(facts), dt.date.fromisoformat(facts["date"]))


def proof(setting: Press, kit: Kit, template: str) -> None:
    """Set a template with invented data.

    Raises:
        SettingsError: it can't be set; in the template's own words, which can quote nobody.
    """
    try:
        setting.pdf(sample(kit, template))
    except FormatError as error:
        raise SettingsError(
            f"the template can't be set: {error.what}",
            where=kit.paper(template),
            hint="correct the company's templates",
        ) from None
