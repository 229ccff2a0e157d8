"""What only a person may say of a file: approved, sent by hand, not arrived, void.

Always under the releaser's login: no other may add an approval.
"""

from __future__ import annotations

from typing import Any

from assets.steps import HOUSE, open_run
from formats.errors import GuardError, RecordError
from resources.record import Record, Tx

# What a person may decide about a file in which state.
_DECISIONS = {
    "sent": ("approved", "sending", "failed", "unknown"),
    "failed": ("unknown",),
    "void": ("built", "checked", "approved", "failed", "unknown"),
}


def approve(releaser: Record, company_id: int, file_id: int, sha256: bytes, approver: str, *, reason: str = "") -> None:
    """Approve these very bytes for release.

    Args:
        releaser: the record under the releaser's login.
        company_id: whose file.
        file_id: which.
        sha256: of the bytes that the approver was shown.
        approver: who; never the maker of the file.
        reason: kept with the approval.

    Raises:
        GuardError: not checked yet or already decided, other bytes than shown, or the maker itself.
        RecordError: no such file, or the database refuses.
    """
    file = _file(releaser, company_id, file_id)
    if file["sha256"] != sha256:
        raise GuardError("the file's bytes are not the ones shown for approval", where=file["name"])
    if file["state"] != "checked":
        raise GuardError(f"the file is {file['state']}, only a checked one can be approved", where=file["name"])
    if not approver or approver == file["created_by"]:
        raise GuardError("a file is approved by somebody else than its maker", where=file["name"])
    with _desk(releaser, company_id, file, "approve", approver) as tx:
        own = {"company": company_id, "file_id": file_id}
        tx.execute(
            "delivery/add_approval",
            **own,
            sha256=sha256,
            created_by=file["created_by"],
            approver=approver,
            reason=reason,
        )
        _tell(tx, own, file, "approved", actor=approver)
        tx.execute(
            "audit/add_action",
            actor=approver,
            action="approve",
            object=f"file {file_id} of company {company_id}, sha256 {sha256.hex()}",
            reason=reason,
        )


def decide(releaser: Record, company_id: int, file_id: int, state: str, *, actor: str, reason: str) -> None:
    """Record what a person found out about a file: `sent` (also by hand), `failed` (send it again), `void`.

    The way out of `unknown`. A failed file is sent again by the next release.

    Raises:
        GuardError: without a reason, or this can't be said of a file in its state.
        RecordError: no such file, or the database refuses.
    """
    file = _file(releaser, company_id, file_id)
    if not actor or not reason:
        raise GuardError("a decision by hand needs a name and a reason", where=file["name"])
    if file["state"] not in _DECISIONS.get(state, ()):
        raise GuardError(f"a file that is {file['state']} can't be declared {state}", where=file["name"])
    with _desk(releaser, company_id, file, state, actor) as tx:
        own = {"company": company_id, "file_id": file_id}
        _tell(tx, own, file, state, actor=actor, detail=f"by hand: {reason}")
        tx.execute(
            "audit/add_action",
            actor=actor,
            action=f"declare {state}",
            object=f"file {file_id} of company {company_id}, was {file['state']}",
            reason=reason,
        )


def _file(releaser: Record, company_id: int, file_id: int) -> dict[str, Any]:
    rows = releaser.read("delivery/file_to_approve", companies=[company_id], company=company_id, file_id=file_id)
    if rows.is_empty():
        raise RecordError(
            f"the company has no file {file_id}", hint="daybook files --date D --json shows their numbers"
        )
    return rows.row(0, named=True)


def _desk(releaser: Record, company_id: int, file: dict[str, Any], job: str, actor: str) -> Any:
    """One transaction for what a person does, under a run in that person's name."""
    date = file["business_date"]
    run = open_run(releaser, job=job, book=HOUSE, business_date=date, actor=actor)
    return releaser.step("delivery.decision", run_no=run.run_no, companies=[company_id], business_date=date)


def _tell(tx: Tx, own: dict[str, int], file: dict[str, Any], state: str, *, actor: str, detail: str = "") -> None:
    # The next number follows what was looked at: if anything happened in between, the key refuses this event.
    number = file["event_no"] + 1
    tx.execute("delivery/add_event", **own, event_no=number, state=state, detail=detail, actor=actor, run=tx.run_no)
