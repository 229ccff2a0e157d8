"""What a person says of an account or a return: it is proved, it is cured. The next night acts on it."""

from __future__ import annotations

from typing import Any

import polars as pl

from assets.payments.again import cure_refusal
from formats.errors import GuardError, RecordError
from resources.record import Tx


def cure(tx: Tx, entry: int, cause: str, *, actor: str, reason: str) -> dict[str, Any]:
    """Record that what made a draft come back is cured, so that it is drafted anew: a new series of attempts.

    Args:
        tx: a transaction of one company.
        entry: the returned entry.
        cause: new_approval (the payer approved it afresh), corrected (our own mistake is mended).
        actor: who says so.
        reason: in his words; kept.

    Returns:
        entry, code (of the return), cause.

    Raises:
        RecordError: there is no such entry.
        GuardError: it did not come back, is no draft of an invoice, was cured or tried again, or can't be cured so.
    """
    found = tx.read("payments/entry_to_cure", entry=entry)
    if found.is_empty():
        raise RecordError(f"the company has no ACH entry {entry}")
    row = found.row(0, named=True)
    if refusal := _refusal(row, cause, tx):
        raise GuardError(f"entry {entry}: {refusal}")
    if not reason.strip():
        raise GuardError("a cure needs a reason", hint="say what the payer approved or what was corrected: --reason")
    told = {"cause": cause, "actor": actor, "reason": reason, "business_date": tx.business_date}
    tx.append("payments.cure", pl.DataFrame([{"company_id": tx.companies[0], "entry_id": entry, **told}]))
    return {"entry": entry, "code": row["code"], "cause": cause}


def _refusal(row: dict[str, Any], cause: str, tx: Tx) -> str:
    if row["code"] is None:
        return "it did not come back: there is nothing to cure"
    if row["purpose"] != "premium":
        return f"only drafts of invoices are drafted anew, and this is a {row['purpose'].replace('_', ' ')}"
    if row["cured_by"] is not None:
        return f"{row['cured_by']} has said already that it is cured"
    if row["answered"]:
        return "it has been tried again since: the last try is the one to cure"
    return cure_refusal(row["code"], cause, row["returned_on"], tx.business_date)


def validate(tx: Tx, account_code: str, method: str, proof: str, *, actor: str) -> dict[str, Any]:
    """Record a person's proof that the newest version of an account is good.

    Args:
        tx: a transaction of one company.
        account_code: whose newest version was proved.
        method: micro_entry, service, bank_letter.
        proof: the reference of what is kept; it counts once.
        actor: who has seen it.

    Returns:
        account (code), version, method.

    Raises:
        RecordError: there is no such account.
        GuardError: it is closed, the proof is not named, or was recorded before.
    """
    found = tx.read("payments/account_to_validate", code=account_code, proof=proof.strip())
    if found.is_empty():
        raise RecordError(f"the company has no account {account_code}")
    row = found.row(0, named=True)
    if not proof.strip():
        raise GuardError("a proof needs a reference", hint="name the letter, the report or the entries: --proof")
    if row["closed_on"] is not None and row["closed_on"] <= tx.business_date:
        raise GuardError(f"account {account_code} is closed since {row['closed_on']}")
    if row["known"]:
        raise GuardError(f"this proof of version {row['version']} of account {account_code} is on record already")
    told = {"method": method, "proof": proof.strip(), "actor": actor, "business_date": tx.business_date}
    key = {name: row[name] for name in ("company_id", "account_id")}
    tx.append("payments.validation", pl.DataFrame([{**key, **told}]))
    return {"account": account_code, "version": row["version"], "method": method}
