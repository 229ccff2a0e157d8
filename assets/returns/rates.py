"""Return rates: which share of a company's drafts came back, against the network's thresholds. Pure.

Source: NACHA reference section 9: debits only, the last 60 days by origination date, RCK left out (it is not drafted
here). Thresholds: unauthorized 0.5 %, administrative 3 %, overall 15 %.
"""

from __future__ import annotations

import polars as pl

from formats.nacha import RETURN_CODES

# In ten-thousandths, as the rates.
THRESHOLDS = {"unauthorized": 50, "administrative": 300, "overall": 1500}


def return_rates(counts: pl.DataFrame) -> pl.DataFrame:
    """Rate each company and bank by class of return code.

    Args:
        counts: `returns/rate_counts`.

    Returns:
        company, bank, kind (unauthorized, administrative, overall), drafts, returned, rate_e4 (ten-thousandths,
        rounded down), threshold_e4, over (the exact rate is above the threshold); a row per kind, in that order.
    """
    classes = RETURN_CODES.filter(kind="return").select(code="return_code", kind="class").unique("code")
    known = counts.join(classes, on="code", how="left", maintain_order="left")
    back = pl.col("code").is_not_null()
    per = known.group_by("company", "bank", maintain_order=True).agg(
        drafts=pl.col("entries").sum(),
        overall=pl.col("entries").filter(back).sum(),
        **{
            kind: pl.col("entries").filter(back & (pl.col("kind") == kind)).sum()
            for kind in ("unauthorized", "administrative")
        },
    )
    long = per.unpivot(
        list(THRESHOLDS), index=["company", "bank", "drafts"], variable_name="kind", value_name="returned"
    )
    threshold = pl.col("kind").replace_strict(THRESHOLDS, return_dtype=pl.Int64)
    order = pl.col("kind").replace_strict({kind: at for at, kind in enumerate(THRESHOLDS)}, return_dtype=pl.Int64)
    return (
        long.with_columns(threshold_e4=threshold, rate_e4=pl.col("returned") * 10_000 // pl.col("drafts"))
        .with_columns(over=pl.col("returned") * 10_000 > pl.col("threshold_e4") * pl.col("drafts"))
        .sort("company", "bank", order)
        .select("company", "bank", "kind", "drafts", "returned", "rate_e4", "threshold_e4", "over")
    )
