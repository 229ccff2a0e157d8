"""What a second person allows or refuses: a memo above the limit, a lapse for non-payment, a reinstatement.

Always under the releaser's login: no other may add a consent, and nobody agrees to what he asked for himself.
"""

from __future__ import annotations

import datetime as dt

from assets.steps import HOUSE, open_run
from formats.errors import GuardError
from resources.record import Record

KINDS = ("memo", "lapse", "reinstatement")
NIGHT = "night"  # in whose name a lapse is asked for


def consent(
    releaser: Record,
    company_id: int,
    kind: str,
    subject: int,
    *,
    granted: bool,
    actor: str,
    reason: str,
    business_date: dt.date,
) -> None:
    """Agree to a memo (its number), or to what follows from an unpaid invoice (the invoice's number), or refuse it.

    The next night acts on it. What is decided once stays decided.

    Raises:
        GuardError: nobody or the one who asked is named, a refusal without a reason, decided already, or nothing of
            the kind asks for consent.
        RecordError: the database refuses.
    """
    name, words = actor.strip(), reason.strip()
    where = f"{kind} {subject}"
    if not name or (not granted and not words):
        raise GuardError("a consent needs a name, a refusal a reason too", where=where)
    if kind not in KINDS:
        raise GuardError(f"a consent is to {', '.join(KINDS)}", where=where)
    run = open_run(releaser, job="consent", book=HOUSE, business_date=business_date, actor=name)
    with releaser.step(
        "billing.consent",
        run_no=run.run_no,
        companies=[company_id],
        business_date=business_date,
        lock=f"{company_id}/{kind}/{subject}",
    ) as tx:
        asked = tx.read("billing/asked", company=company_id, kind=kind, subject=subject)
        if asked.is_empty():
            raise GuardError(f"no {kind} of number {subject} waits for a consent", where=f"company {company_id}")
        found = asked.row(0, named=True)
        if found["decided_by"] is not None:
            raise GuardError(f"{found['decided_by']} has decided it already", where=where)
        if found["requested_by"].strip().lower() == name.lower():
            raise GuardError("who asked for it can't agree to it", where=where)
        tx.execute(
            "billing/add_consent",
            company=company_id,
            kind=kind,
            subject=str(subject),
            granted=granted,
            requested_by=found["requested_by"],
            granted_by=name,
            reason=words,
            run=tx.run_no,
        )
        verb = "consent to" if granted else "refuse"
        tx.execute(
            "audit/add_action",
            actor=name,
            action=f"{verb} {kind}",
            object=f"{where} of company {company_id}",
            reason=words,
        )
