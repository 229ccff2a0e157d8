"""A vendor's list held against ours, and changes that a person lets go, from the command line."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from assets.enrollment.roster import compare
from assets.steps import HOUSE, open_run, run_step
from formats.errors import GuardError, SettingsError
from pipelines.acts import acting, latest_day
from pipelines.nights import house
from resources.desk import Desk
from resources.partners import Partner
from resources.record import Tx

LISTS = ("missing_there", "missing_here", "different")
COLUMNS = ("company", "kind", "member", "line", "plan_code", "columns", "as_of")


def discrepancy(
    desk: Desk, partner: str, *, file: Path | None = None, date: dt.date | None = None, out: Path | None = None
) -> dict[str, Any]:
    """The three lists of a vendor's roster against ours: of this file, or of the last one that came.

    Args:
        desk: of this installation.
        partner: the vendor's code.
        file: a roster to compare now; kept like one that was received.
        date: the day it is held against when the file does not say; None: the latest on record.
        out: where to write them as CSV: codes and column names, no name and no number.

    Returns:
        partner, sha256, as_of, the three counts, rows (`COLUMNS`), and csv when it was written.

    Raises:
        SettingsError: no such vendor, or the file can't be read or is no whole list.
    """
    known = _vendor(desk, partner)
    sha256 = None
    if file is not None:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise SettingsError("the list can't be read", where=str(file), hint=str(error.strerror)) from error
        sha256 = hashlib.sha256(data).digest()
        day = date or latest_day(desk)
        run = open_run(desk.record, job="discrepancy", book=HOUSE, business_date=day, actor="discrepancy")
        damaged = ""

        def work(tx: Tx) -> dict[str, int]:
            nonlocal damaged
            totals, damaged = compare(tx, sha256, data, known, desk.vault)
            return totals

        run_step(desk.record, run, "enrollment.roster", work)
        if damaged:
            raise SettingsError(damaged, where=str(file), hint="nothing was compared")
    found = desk.record.read("enrollment/discrepancies", companies=house(desk), partner=partner, sha256=sha256)
    rows = found.select(COLUMNS).to_dicts()
    result: dict[str, Any] = {
        "partner": partner,
        "sha256": sha256.hex() if sha256 else (found["sha256"][0] if rows else None),
        "as_of": found["as_of"][0] if rows else None,
        **{name: sum(row["kind"] == name for row in rows) for name in LISTS},
        "rows": rows,
    }
    if out is not None:
        _write(out, rows)
        result["csv"] = str(out)
    return result


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise SettingsError("the report can't be written", where=str(out), hint=str(error.strerror)) from error


def allow_retro(
    desk: Desk,
    partner: str,
    *,
    company: str,
    member: str,
    effective: dt.date,
    actor: str,
    reason: str,
    business_date: dt.date | None = None,
) -> dict[str, Any]:
    """Let a member's change go that takes effect before the vendor's retroactive limit; the next night tells it.

    Raises:
        SettingsError: no such company or vendor.
        GuardError: without name or reason, or nothing of this member waits from that day.
    """
    _vendor(desk, partner)
    with acting(desk, "enrollment.allow_retro", actor, business_date, company) as (tx, name):
        if not reason.strip():
            raise GuardError("letting a change go needs a reason", where=f"{company} {member}", hint="--reason WHY")
        own = int(tx.companies[0])
        rows = tx.read("enrollment/retro_waiting", company=own, partner=partner, member=member, effective=effective)
        if rows.is_empty():
            raise GuardError(
                f"nothing of member {member} waits for {partner} from {effective}",
                where=company,
                hint="the quarantine of the night's report names member and day",
            )
        said = {"actor": pl.lit(name), "reason": pl.lit(reason.strip()), "business_date": pl.lit(tx.business_date)}
        count = tx.append("enrollment.retro_release", rows.with_columns(**said))
        told = f"change of member {member} of {company} at {partner} from {effective}"
        tx.execute("audit/add_action", actor=name, action="allow retro", object=told, reason=reason.strip())
    return {"company": company, "partner": partner, "member": member, "from": effective.isoformat(), "coverages": count}


def _vendor(desk: Desk, code: str) -> Partner:
    partner = desk.partners.get(code)
    if partner is None or partner.kind != "vendor":
        vendors = sorted(c for c, p in desk.partners.items() if p.kind == "vendor")
        raise SettingsError(f"there is no vendor profile {code!r}", hint=f"vendors: {', '.join(vendors) or 'none yet'}")
    return partner
