"""What becomes of one received file: each kind goes to its room's step."""

from __future__ import annotations

import polars as pl

from assets.banking.steps import statement
from assets.delivery.inbound import EXCEPTIONS, an_exception, answers_too, conclude, inbound
from assets.enrollment.acknowledge import acknowledge
from assets.enrollment.roster import compare
from assets.intake import take_enrollment
from assets.returns.steps import post_returns
from assets.steps import Outcome, Run, run_step
from formats.errors import RecordError
from resources.partners import Partner
from resources.record import Record, Tx
from resources.vault import Vault

STEPS = {
    "nacha": "returns.post",
    "bai2": "banking.statement",
    "x12_ack": "enrollment.acknowledge",
    "edi834": "enrollment.roster",
    "roster": "enrollment.roster",
}


def process(record: Record, run: Run, sha256: str, partners: dict[str, Partner], vault: Vault) -> Outcome:
    """Work one received file through its room, once; the same file again changes nothing.

    Args:
        record: under the runtime login.
        run: of the house: it sees every company.
        sha256: of the received file, 64 hex digits.
        partners: by code.
        vault: opens the file.

    Raises:
        RecordError: it was never received, or nobody can read it.
        DaybookError: no company at all could do it.
    """
    rows = record.read("delivery/inbound_file", sha256=bytes.fromhex(sha256))
    kind = "unknown" if rows.is_empty() else str(rows.item(0, "kind"))
    if kind not in STEPS:
        raise RecordError(f"the received file {sha256[:16]}... is {kind}: there is nothing to work through")

    def work(tx: Tx) -> dict[str, int]:
        if kind == "nacha":
            return post_returns(tx, sha256, partners, vault)
        if kind == "bai2":
            return statement(tx, sha256, vault)
        file = inbound(tx, sha256, vault)
        if kind == "edi834" and partners[file.partner].kind == "group":
            totals, refused = take_enrollment(tx, file.sha256, file.data, partners[file.partner].group, vault)
            conclude(tx, file, refused)
            return totals
        if kind in {"edi834", "roster"}:
            totals, damaged = compare(tx, file.sha256, file.data, partners[file.partner], vault)
            if kind == "edi834" and answers_too(file.data):
                acknowledge(tx, file.sha256, file.data, vault)
            conclude(tx, file, an_exception("unreadable", damaged) if damaged else _discrepancy(totals))
            return totals
        totals = acknowledge(tx, file.sha256, file.data, vault)
        conclude(tx, file, pl.DataFrame(schema=EXCEPTIONS))  # the room names its own
        return totals

    group = kind == "edi834" and partners[str(rows.item(0, "partner"))].kind == "group"
    return run_step(record, run, "intake.enrollment" if group else STEPS[kind], work)


def _discrepancy(totals: dict[str, int]) -> pl.DataFrame:
    """What a roster says against ours, as the exception that a person looks into; none when both agree."""
    lists = {name: totals[name] for name in ("missing_there", "missing_here", "different")}
    if not any(lists.values()):
        return pl.DataFrame(schema=EXCEPTIONS)
    told = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in lists.items())
    return an_exception("discrepancy", f"of {totals['compared']} members: {told}; daybook discrepancy lists them")
