"""What only a person may say of a file: approved, sent by hand, not arrived, void.

Always under the releaser's login: no other may add an approval.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assets.delivery.release import LOCK
from assets.steps import HOUSE, open_run
from formats.errors import GuardError, RecordError
from resources.record import Record, Tx

# What a person may decide about a file in which state.
_DECISIONS = {
    "sent": ("approved", "sending", "failed", "unknown"),
    "failed": ("sending", "unknown"),  # sending: left so by a crash, and the partner can't be reached to look
    "void": ("built", "checked", "approved", "failed", "unknown"),
}


def approve(releaser: Record, company_id: int, file_id: int, sha256: bytes, approver: str, *, reason: str = "") -> str:
    """Approve these very bytes for release; with the last approval it needs the file is `approved`.

    Args:
        releaser: the record under the releaser's login.
        company_id: whose file.
        file_id: which.
        sha256: of the bytes that the approver was shown.
        approver: who; never the maker of the file, and each person once.
        reason: kept with the approval; a file that is held with questions can't do without.

    Returns:
        The file's state: `checked` while further people must approve, else `approved`.

    Raises:
        GuardError: not checked yet or already decided, other bytes than shown, the maker itself, the same person
            again, or a file held with questions without a reason.
        RecordError: no such file, or the database refuses.
    """
    with _desk(releaser, company_id, file_id, "approve", approver) as (tx, file):
        _may_approve(file, sha256, approver.strip(), reason.strip())
        own = {"company": company_id, "file_id": file_id}
        tx.execute(
            "delivery/add_approval",
            **own,
            sha256=sha256,
            created_by=file["created_by"],
            approver=approver.strip(),
            reason=reason.strip(),
        )
        given = file["approvals"] + 1
        tx.execute(
            "audit/add_action",
            actor=approver.strip(),
            action="approve",
            object=f"file {file_id} of company {company_id}, sha256 {sha256.hex()}",
            reason=reason.strip(),
        )
        if given < file["approvals_needed"]:
            return "checked"
        _tell(tx, own, file, "approved", actor=approver.strip())
        return "approved"


def _may_approve(file: dict[str, Any], sha256: bytes, approver: str, reason: str) -> None:
    where = str(file["name"])
    if file["sha256"] != sha256:
        raise GuardError("the file's bytes are not the ones shown for approval", where=where)
    if file["state"] != "checked":
        raise GuardError(f"the file is {file['state']}, only a checked one can be approved", where=where)
    if not approver or approver.lower() == file["created_by"].strip().lower():
        raise GuardError("a file is approved by somebody else than its maker", where=where)
    if approver.lower() in [name.lower() for name in file["approvers"]]:
        missing = file["approvals_needed"] - file["approvals"]
        raise GuardError(f"{approver} has approved it already, it needs {missing} more by somebody else", where=where)
    if file["questions"] and not reason:
        money = file["kind"] == "nacha"
        raise GuardError(
            f"{file['questions']} of its {'entries may be doubles' if money else 'members must be asked about'}",
            where=where,
            hint="look at them with daybook files, then approve with a --reason that says why "
            f"{'they are none' if money else 'it is right'}, or declare the file void",
        )


def decide(releaser: Record, company_id: int, file_id: int, state: str, *, actor: str, reason: str) -> None:
    """Record what a person found out about a file: `sent` (also by hand), `failed` (send it again), `void`.

    The way out of `unknown`, and of a `sending` that nothing finishes. Nobody decides about a file that a release is
    sending just now: this waits until it has told what became of it. A failed file is sent again by the next release; a
    void one never is, and the next `payments.originate` takes its entries out of the books and cuts them anew.

    Raises:
        GuardError: without a reason, or this can't be said of a file in its state.
        RecordError: no such file, or the database refuses.
    """
    with _desk(releaser, company_id, file_id, state, actor) as (tx, file):
        if not actor.strip() or not reason.strip():
            raise GuardError("a decision by hand needs a name and a reason", where=file["name"])
        if file["state"] not in _DECISIONS.get(state, ()):
            raise GuardError(f"a file that is {file['state']} can't be declared {state}", where=file["name"])
        own = {"company": company_id, "file_id": file_id}
        _tell(tx, own, file, state, actor=actor, detail=f"by hand: {reason.strip()}")
        tx.execute(
            "audit/add_action",
            actor=actor,
            action=f"declare {state}",
            object=f"file {file_id} of company {company_id}, was {file['state']}",
            reason=reason.strip(),
        )


@contextmanager
def _desk(releaser: Record, company_id: int, file_id: int, job: str, actor: str) -> Iterator[tuple[Tx, dict[str, Any]]]:
    """One transaction for what a person does, under a run in that person's name, and the file as it then stands.

    One at a time per file, under the lock of its release: of two who approve at once, the second must see what the
    first did, and a file that is underway is not at the same time declared sent by hand.
    """
    looked = releaser.read("delivery/file_to_approve", companies=[company_id], company=company_id, file_id=file_id)
    if looked.is_empty():
        raise RecordError(
            f"the company has no file {file_id}", hint="daybook files --date D --json shows their numbers"
        )
    date = looked.item(0, "business_date")
    run = open_run(releaser, job=job, book=HOUSE, business_date=date, actor=actor)
    with releaser.step(
        LOCK,
        run_no=run.run_no,
        companies=[company_id],
        business_date=date,
        lock=f"{company_id}/{file_id}",
    ) as tx:
        yield tx, tx.read("delivery/file_to_approve", company=company_id, file_id=file_id).row(0, named=True)


def _tell(tx: Tx, own: dict[str, int], file: dict[str, Any], state: str, *, actor: str, detail: str = "") -> None:
    # The next number follows what was looked at: if anything happened in between, the key refuses this event.
    number = file["event_no"] + 1
    tx.execute("delivery/add_event", **own, event_no=number, state=state, detail=detail, actor=actor, run=tx.run_no)
