"""Refunds: what is left of a payer's credit is paid out to the account he pays from.

Source: billing reference section 6 (account credit). A refund is one more use of a credit, so it can never exceed what
other uses left: a rule here, a constraint in the record.
"""

from __future__ import annotations

import polars as pl

from assets.payments.instructions import add, instructions
from formats.errors import GuardError, RecordError
from resources.record import Tx

REFUND = "REFUND"


def refund(tx: Tx, invoice: int, amount_cents: int | None, *, actor: str, reason: str) -> pl.DataFrame:
    """Ask for the refund of a credit invoice, in full or in part. The next files carry it.

    Args:
        tx: a transaction of one company.
        invoice: the credit invoice.
        amount_cents: how much; None: all that is left.
        actor: who asks.
        reason: why it is paid out and not left for the next invoice.

    Returns:
        The instruction, one row (`INSTRUCTION` and instruction_id).

    Raises:
        GuardError: it is no credit, nothing or too little is left of it, or the payer has no account.
        RecordError: there is no such invoice.
    """
    found = tx.read("payments/refundable", invoice=invoice)
    if found.is_empty():
        raise RecordError(f"the company has no invoice {invoice}")
    credit = found.row(0, named=True)
    cents = credit["left_cents"] if amount_cents is None else amount_cents
    if credit["total_cents"] >= 0:
        raise GuardError(f"invoice {invoice} is no credit, there is nothing to refund")
    if not 0 < cents <= credit["left_cents"]:
        raise GuardError(
            f"{cents} cents can't be refunded, invoice {invoice} has {credit['left_cents']} cents of credit left",
            hint="other invoices and earlier refunds have used the rest",
        )
    if credit["account_code"] is None:
        raise GuardError(f"the payer of invoice {invoice} has no bank account to refund to", hint="load one first")
    subject = f"{invoice}/{credit['refunds'] + 1}"
    row = {
        **{name: credit[name] for name in ("company_id", "account_code", "sec")},
        "purpose": "refund",
        "subject": subject,
        "direction": "credit",
        "amount_cents": cents,
        "description": REFUND,
        "individual_id": subject,
        "wanted_date": tx.business_date,
        "invoice_id": invoice,
        "requested_by": actor,
        "reason": reason,
    }
    return add(tx, instructions(pl.DataFrame([row])))
