"""What a person knows of accounts and returns, put on record; and how drafts were spread over banks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from assets.payments.cures import cure, validate
from assets.payments.distribution import compared
from pipelines.acts import acting
from pipelines.nights import house
from resources.desk import Desk


def cure_entry(
    desk: Desk,
    company: str,
    entry: int,
    cause: str,
    *,
    actor: str,
    reason: str,
    business_date: dt.date | None = None,
) -> dict[str, Any]:
    """Record that a returned draft's cause is cured; the next night drafts it anew.

    Raises:
        SettingsError: no such company.
        GuardError: it can't be cured so; says why.
        RecordError: there is no such entry.
    """
    with acting(desk, "payments.cure", actor, business_date, company) as (tx, name):
        told = cure(tx, entry, cause, actor=name, reason=reason)
        about = f"{company}: entry {entry}, returned {told['code']}"
        tx.execute("audit/add_action", actor=name, action="cure", object=about, reason=f"{cause}: {reason}")
    return {"company": company, **told, "actor": name}


def validate_account(
    desk: Desk,
    company: str,
    account: str,
    method: str,
    proof: str,
    *,
    actor: str,
    business_date: dt.date | None = None,
) -> dict[str, Any]:
    """Record a person's proof that an account is good.

    Raises:
        SettingsError: no such company.
        GuardError: the proof is not named or on record already, or the account is closed.
        RecordError: there is no such account.
    """
    with acting(desk, "payments.validate", actor, business_date, company) as (tx, name):
        told = validate(tx, account, method, proof, actor=name)
        about = f"{company}: account {account} version {told['version']}"
        tx.execute("audit/add_action", actor=name, action="validate account", object=about, reason=f"{method}: {proof}")
    return {"company": company, **told, "actor": name}


def distribution(desk: Desk, month: dt.date) -> list[dict[str, Any]]:
    """How the month's drafts of companies with several banks were spread (`payments.distribution.compared`)."""
    actual = desk.record.read(
        "payments/distribution", companies=house(desk), business_date=month, month=month, until=dt.date.max
    )
    return list(compared(actual, month).iter_rows(named=True))
