"""Memos: a person's credit, debit or write-off of a charge, with a reason and a limit; taken back by its mirror.

Source: billing reference sections 6, 15 and 16. A memo is between the house and the payer: it carries no vendor cost,
and only a write-off takes its part of the commissionable amount back. What is wrong in terms or prices is corrected
there. A memo becomes an invoice of its own with one line; what it gives is used on its charge's own invoice first.
"""

from __future__ import annotations

import polars as pl

from assets.billing.world import KEY, MONEY
from assets.ledger.journal import post
from assets.steps import quarantine
from formats.errors import GuardError, RecordError
from resources.record import Tx

KINDS = ("credit", "debit", "write_off")
HIGHEST_CENTS = 9_000_000_000
_LINE = ["company_id", "line_id"]


def spread(lines: pl.DataFrame, cents: int) -> pl.DataFrame:
    """Cents laid over what is left of lines, in the order of the lines: line_id and amount_cents above zero.

    Args:
        lines: line_id and left_cents, in the stated order (oldest coverage; taxes, fees, premium; number).
        cents: at most the sum of what is left.
    """
    left = pl.col("left_cents").clip(0)
    before = left.cum_sum() - left
    amount = (pl.lit(cents, pl.Int64) - before).clip(0, left)
    return lines.select("line_id", amount_cents=amount).filter(pl.col("amount_cents") > 0)


def request(
    tx: Tx, *, line: int | None, invoice: int | None, kind: str, cents: int, actor: str, reason: str
) -> pl.DataFrame:
    """Write down a memo of a line, or of an invoice's lines in the stated order; the next night posts it.

    Args:
        tx: an exclusive transaction of one company.
        line: a charge, or a correction of it.
        invoice: instead of a line. A debit goes on its first line.
        kind: credit, debit or write_off.
        cents: above zero.
        actor: who asks.
        reason: why, in words.

    Returns:
        memo_id, line_id, kind, amount_cents, needs_approval: above the company's limit (all memos of the invoice
        together) a second person must agree.

    Raises:
        GuardError: more than is left of it, a write-off of more than is open, or without a name or a reason.
        RecordError: there is no such line or invoice.
    """
    _said(actor, reason)
    if (line is None) == (invoice is None):
        raise GuardError("a memo is of one line or of one invoice", hint="--line N or --invoice N")
    if kind not in KINDS or not 0 < cents <= HIGHEST_CENTS:
        raise GuardError("a memo is a credit, a debit or a write_off of an amount above zero")
    lines = tx.read("billing/memo_lines", line=line, invoice=invoice)
    where = f"line {line}" if line is not None else f"invoice {invoice}"
    if lines.is_empty():
        raise RecordError(f"the company has no charge on {where}")
    left = int(lines["left_cents"].clip(0).sum())
    if kind != "debit" and cents > left:
        raise GuardError(f"{cents} cents are more than is left of {where}: {left} cents", hint="earlier credits count")
    if kind == "write_off" and cents > lines.item(0, "open_cents"):
        raise GuardError(
            f"of {where} {lines.item(0, 'open_cents')} cents are open: what is paid, or on its way, is no loss",
            hint="give a credit, or wait for the bank's answer",
        )
    if kind == "debit":
        parts = lines.head(1).select("line_id", amount_cents=pl.lit(cents, pl.Int64))
    else:
        parts = spread(lines, cents)
    limit, so_far = lines.item(0, "limit_cents"), lines.item(0, "memo_cents")
    return _written(tx, parts, kind, actor, reason, needs_approval=so_far + cents > limit)


def take_back(tx: Tx, memo: int, *, actor: str, reason: str) -> pl.DataFrame:
    """Write down the mirror of a posted memo; columns as `request`.

    Raises:
        GuardError: it is not posted, is a mirror itself, was taken back already, or too little is left of a debit.
        RecordError: there is no such memo.
    """
    _said(actor, reason)
    found = tx.read("billing/memo_to_reverse", memo=memo)
    if found.is_empty():
        raise RecordError(f"the company has no memo {memo}")
    row = found.row(0, named=True)
    if row["state"] != "posted":
        raise GuardError(f"memo {memo} is {row['state']}, only a posted one is taken back")
    if row["reverses"] is not None or row["reversed"]:
        raise GuardError(f"memo {memo} takes one back, or is taken back, itself", hint="write a new memo")
    if row["kind"] == "debit" and row["amount_cents"] > row["left_cents"]:
        raise GuardError(f"{row['amount_cents']} cents are more than is left of the line: {row['left_cents']} cents")
    above = row["amount_cents"] > row["limit_cents"]
    parts = found.select("line_id", "amount_cents")
    return _written(tx, parts, row["kind"], actor, reason, needs_approval=above, reverses=memo)


def _said(actor: str, reason: str) -> None:
    if not actor.strip() or not reason.strip():
        raise GuardError("a memo needs the name of who asks and a reason in words")


def _written(
    tx: Tx,
    parts: pl.DataFrame,
    kind: str,
    actor: str,
    reason: str,
    *,
    needs_approval: bool,
    reverses: int | None = None,
) -> pl.DataFrame:
    rows = parts.select(
        pl.lit(tx.companies[0], pl.Int32).alias("company_id"),
        "line_id",
        "amount_cents",
        kind=pl.lit(kind),
        reason=pl.lit(reason.strip()),
        requested_by=pl.lit(actor.strip()),
        reverses=pl.lit(reverses, pl.Int64),
        needs_approval=pl.lit(needs_approval),
        business_date=pl.lit(tx.business_date),
    )
    made = tx.number(rows, "billing.memo", "memo_id")
    tx.append("billing.memo", made)
    return made.select("memo_id", "line_id", "kind", "amount_cents", "needs_approval")


def post_memos(tx: Tx) -> dict[str, int]:
    """Post every memo that is agreed to and not posted yet (step `billing.memos`, before the charges).

    Returns:
        memos, memo_cents (what payers owe more or less by them), written_off_cents (below zero), used_cents (of their
        credits, on the charges' own invoices), quarantined (memos of which the line has too little left by now).
    """
    ready = tx.read("billing/memos_ready")
    good, late = fitting(ready)
    quarantine(tx, late)
    lines = lined(good)
    lost = pl.col("kind") == "write_off"
    totals = {
        "memos": lines.height,
        "memo_cents": int(lines.filter(~lost)["amount_cents"].sum()),
        "written_off_cents": int(lines.filter(lost)["amount_cents"].sum()),
        "used_cents": 0,
        "quarantined": late.height,
    }
    if lines.is_empty():
        return totals
    made = tx.number(lines, "billing.invoice", "invoice_id")
    tx.append(
        "billing.invoice", made.select(_INVOICE).with_columns(bill_date=tx.business_date, due_date=tx.business_date)
    )
    numbered = tx.number(made.select(_LINES), "billing.line", "line_id")
    for event, rows in (("charged", numbered.filter(~lost)), ("written_off", numbered.filter(lost))):
        tx.append("billing.line", post(tx, event, rows))
    uses = used(made)
    tx.append("payments.credit_use", uses.with_columns(business_date=pl.lit(tx.business_date)))
    # What a mirror gave back may be due to be credited by tonight's charges.
    tx.append("billing.touched", made.select("company_id", "subscription_id").unique(maintain_order=True))
    return {**totals, "used_cents": int(uses["amount_cents"].sum())}


_INVOICE = [
    *("company_id", "invoice_id", "person_id", "group_code"),
    pl.col("invoice_kind").alias("kind"),
    pl.col("amount_cents").alias("total_cents"),
    pl.col("revision").alias("sequence"),
]
_LINES = ["invoice_id", *KEY, "coverage_end", "revision", "kind", *MONEY, "price_id", "corrects", "cause"]


def fitting(ready: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(memos of which enough is left, quarantine rows of the others), in the order of their numbers.

    Args:
        ready: of `billing/memos_ready`: signed_cents below zero take from left_cents of their line, and a write-off
            from open_cents of its invoice.
    """
    taken = pl.col("signed_cents").clip(upper_bound=0).cum_sum().over(_LINE)
    gives = pl.col("signed_cents").clip(upper_bound=0).cum_sum().over("company_id", "origin_invoice")
    open_ = (pl.col("kind") != "write_off") | (pl.col("open_cents") + gives >= 0)
    judged = ready.sort("company_id", "memo_id").with_columns(
        _fits=(pl.col("signed_cents") > 0) | ((pl.col("left_cents") + taken >= 0) & open_)
    )
    late = judged.filter(~pl.col("_fits")).select(
        "company_id",
        subject=pl.format("memo {}", "memo_id"),
        rule=pl.lit("memo_over_line"),
        reason=pl.format(
            "{} cents are more than line {} has left by now: {} cents, {} of its invoice open",
            pl.col("signed_cents").abs(),
            "line_id",
            "left_cents",
            "open_cents",
        ),
    )
    return judged.filter("_fits").drop("_fits"), late


def lined(memos: pl.DataFrame) -> pl.DataFrame:
    """Memos as lines: revision below zero, kind, amount_cents, commissionable_cents, cause, corrects.

    A write-off takes of the commissionable amount what it takes of the money, cumulatively per line, so that the last
    part is the remainder; a mirror gives back what was taken.
    """
    lost = (pl.col("kind") == "write_off") & pl.col("reverses").is_null()
    part = -pl.col("signed_cents")
    until = part.cum_sum().over(*_LINE, "kind", pl.col("reverses").is_null())

    def share(of: pl.Expr) -> pl.Expr:
        left = pl.col("left_cents")
        return ((pl.col("left_commissionable_cents").cast(pl.Int128) * of * 2 + left) // (left * 2)).cast(pl.Int64)

    words = pl.col("kind").replace({"credit": "credit memo", "debit": "debit memo", "write_off": "write-off"})
    return memos.with_columns(
        revision=(-pl.col("memo_id")).cast(pl.Int32),
        amount_cents="signed_cents",
        vendor_cents=pl.lit(0, pl.Int64),
        commissionable_cents=pl.when(lost)
        .then(share(until - part) - share(until))
        .otherwise(-pl.col("reversed_commissionable_cents")),
        kind=pl.when(pl.col("kind") == "write_off").then(pl.lit("write_off")).otherwise(pl.lit("memo")),
        cause=pl.when(pl.col("reverses").is_null())
        .then(pl.format("{} {}", words, "memo_id"))
        .otherwise(pl.format("{} {} takes memo {} back", words, "memo_id", "reverses")),
        corrects="line_id",
    ).drop("line_id")


def used(made: pl.DataFrame) -> pl.DataFrame:
    """What credits pay of the invoices they are about: company_id, from_invoice, to_invoice, amount_cents.

    Args:
        made: lines of memos with invoice_id, origin_invoice and open_cents (of that, without tonight's memos).
    """
    gives = (-pl.col("amount_cents")).clip(0)
    before = gives.cum_sum().over("company_id", "origin_invoice") - gives
    return (
        made.select(
            "company_id",
            from_invoice="invoice_id",
            to_invoice="origin_invoice",
            amount_cents=pl.min_horizontal(gives, (pl.col("open_cents") - before).clip(0)),
        )
        .filter(pl.col("amount_cents") > 0)
        .sort("company_id", "from_invoice")
    )
