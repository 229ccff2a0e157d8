"""What a list bill says beside its lines: previous bill, money received, balance forward, amount due. Pure.

Source: billing reference section 9. The balance forward is shown, never booked: it is what the group's earlier invoices
and its money come to. A group pays as billed, so changes come on the next bill as retro lines.
"""

from __future__ import annotations

import polars as pl

_GROUP = ["company_id", "group_code"]


def list_bill_statement(invoices: pl.DataFrame, lines: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """The figures of every list bill, in cents.

    Args:
        invoices: every list bill of the groups shown: company_id, group_code, invoice_id, bill_date, due_date.
        lines: company_id, invoice_id, kind, amount_cents.
        receipts: company_id, group_code, received_on, amount_cents; money that came back is negative. What comes on a
            bill date is on the bill of that day, as money is booked before the night bills.

    Returns:
        The invoices in the order of their numbers with previous_cents (due by the bill before, 0 on the first),
        received_cents (since then), forward_cents (previous less received), current_cents (premium now due),
        retro_cents (corrections and late charges) and due_cents (forward + current + retro).
    """
    current = pl.col("kind") == "charge"
    sums = lines.group_by("company_id", "invoice_id").agg(
        current_cents=pl.col("amount_cents").filter(current).sum(),
        retro_cents=pl.col("amount_cents").filter(~current).sum(),
    )
    money = (
        receipts.sort("received_on")
        .with_columns(_until=pl.col("amount_cents").cum_sum().over(_GROUP))
        .select(*_GROUP, "received_on", "_until")
    )
    bills = (
        invoices.join(sums, on=["company_id", "invoice_id"], how="left")
        .with_columns(pl.col("current_cents", "retro_cents").fill_null(0))
        .sort("bill_date")
        .join_asof(
            money,
            left_on="bill_date",
            right_on="received_on",
            by=_GROUP,
            strategy="backward",
            check_sortedness=False,  # both are sorted, which can't be seen across the groups of `by`
        )
        .sort(*_GROUP, "invoice_id")
    )
    until = pl.col("_until").fill_null(0)
    billed = (pl.col("current_cents") + pl.col("retro_cents")).cum_sum().over(_GROUP)
    due = billed - until
    received = until - until.shift(1, fill_value=0).over(_GROUP)
    previous = due.shift(1, fill_value=0).over(_GROUP)
    return bills.with_columns(
        previous_cents=previous, received_cents=received, forward_cents=previous - received, due_cents=due
    ).select(
        *_GROUP,
        "invoice_id",
        "bill_date",
        "due_date",
        "previous_cents",
        "received_cents",
        "forward_cents",
        "current_cents",
        "retro_cents",
        "due_cents",
    )
