"""What the enrollment room shows in Dagster."""

from __future__ import annotations

import dagster as dg

from assets.enrollment.guard import SecondOpinion
from assets.enrollment.steps import build_files
from assets.nightly import night_asset, night_check
from resources.desk import Desk
from resources.record import Tx


def _build(tx: Tx, desk: Desk) -> dict[str, int]:
    limits = desk.limits
    opinion = SecondOpinion(limits.referee_whole_up_to, limits.referee_seconds, limits.referee_processes)
    return build_files(tx, desk.partners, desk.vault, opinion=opinion)


def enrollment_assets() -> list[dg.AssetsDefinition]:
    """Vendor files, and the check that a vendor sees each of them once."""
    return [
        night_asset(
            "enrollment",
            "vendor_files",
            step="enrollment.files",
            work=_build,
            deps=["billing/invoices"],
            kinds=("postgres", "polars", "x12"),
            description="What each vendor is due: a full file, or the difference from what it has taken, as an 834 or "
            "in its own layout. Families that would be refused are left out and named; mass changes are held.",
        ),
        night_check(
            "enrollment/vendor_files",
            "control_numbers_without_gaps",
            query="enrollment/check_controls",
            description="Each vendor's interchange numbers run from 1 without a gap or a repeat.",
        ),
    ]
