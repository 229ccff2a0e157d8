"""Return fees: which returned drafts cost their payer a fee, and until when it may be taken. Pure.

Source: NACHA reference section 9: only after R01 or R09 and with prior notice, one per returned item, never a fee on a
fee, settled within 45 days of the return's settlement.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.payments.instructions import instructions

RETURN_FEE = "RETURN FEE"  # the rules reserve it, alone in its batch
_NAMED = ["company_id", "subject", "rule", "reason"]


def fees(items: pl.DataFrame, terms: pl.DataFrame, day: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tell the fees due on a business date.

    Args:
        items: `payments/fee_items`: drafts of an invoice that came back under R01 or R09, without a fee so far.
        terms: bank, fee_cents, fee_days, earliest (the first day on which this bank can move a fee's money).
        day: the business date.

    Returns:
        Instructions (`INSTRUCTION`), and what is not charged because it would settle too late: company_id, subject,
        rule, reason.
    """
    charged = (
        items.join(terms, on="bank", how="inner", maintain_order="left")
        .with_columns(not_after=pl.col("settlement_date") + pl.duration(days="fee_days"))
        .sort("company_id", "entry_id")
    )
    late = pl.col("earliest") > pl.col("not_after")
    words = "a fee could settle on {} at the earliest, its last day was {}: none is charged"
    told = charged.filter(late).select(
        "company_id",
        subject=pl.format("return fee of entry {}", "entry_id"),
        rule=pl.lit("fee_too_late"),
        reason=pl.format(words, "earliest", "not_after"),
    )
    due = charged.filter(~late).with_columns(
        purpose=pl.lit("return_fee"),
        subject=pl.col("entry_id").cast(pl.String),
        direction=pl.lit("debit"),
        amount_cents="fee_cents",
        # Notice authorises a consumer's fee as PPD, however the draft was authorised.
        sec=pl.when(pl.col("sec") == "CCD").then("sec").otherwise(pl.lit("PPD")),
        description=pl.lit(RETURN_FEE),
        individual_id=pl.format("FEE {}", "entry_id"),
        wanted_date=pl.lit(day),
        requested_by=pl.lit("payments.instruct"),
        reason=pl.format("{} of invoice {}", "code", "about_invoice"),
    )
    return instructions(due), told.select(_NAMED)
