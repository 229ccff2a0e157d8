"""The night's invoices before the night, for people: what the step computes, with codes instead of numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from assets.billing.night import fingerprint
from assets.billing.steps import posted, preview
from assets.steps import reason_of
from formats.errors import DaybookError, UnreachableError
from resources.record import Record, Tx

_ASIDE = {"company_id": pl.Int32, "reason": pl.String}


@dataclass(frozen=True)
class Preview:
    """What a night would book now, and the fingerprint of what it has booked already.

    invoices: company, payer (member's code, '' the company), group_code, kind, bill_date, due_date, sequence, lines,
    total_cents. lines: company, subscription, fee, part, debtor, coverage_start, coverage_end, revision, kind,
    amount_cents, price_id, cause, payer, due_date. quarantined: company, subject, rule, reason. set_aside: company,
    reason; of these companies nothing else is told, both hashes are without them.
    """

    invoices: pl.DataFrame
    lines: pl.DataFrame
    quarantined: pl.DataFrame
    hash: str
    posted_hash: str
    set_aside: pl.DataFrame


def preview_night(record: Record, companies: Sequence[int], day: dt.date, book: str) -> Preview:
    """The preview of a book's night, under its lock: a night that runs is waited for and not seen half done.

    As in the night, a company that can't be computed is set aside with its reason and the others go on.

    Raises:
        UnreachableError: the database does not answer.
    """

    def of(chosen: Sequence[int]) -> Preview:
        with record.step("billing.charges", run_no=0, companies=chosen, business_date=day, lock=book) as tx:
            return previewed(tx)

    aside: dict[int, str] = {}
    try:
        return of(companies)
    except UnreachableError:
        raise
    except (DaybookError, pl.exceptions.PolarsError):
        for company in companies:
            try:
                of([company])
            except UnreachableError:
                raise
            except (DaybookError, pl.exceptions.PolarsError) as error:
                aside[company] = reason_of(error)
    codes = record.read("audit/companies", companies=list(aside)).select("company_id", company="code")
    reasons = pl.DataFrame({"company_id": list(aside), "reason": list(aside.values())}, schema_overrides=_ASIDE)
    named = reasons.join(codes.cast({"company_id": pl.Int32}), on="company_id", how="left", maintain_order="left")
    return replace(of([c for c in companies if c not in aside]), set_aside=named.select("company", "reason"))


def previewed(tx: Tx) -> Preview:
    """The preview of the transaction's business date and companies. The transaction is made read-only."""
    tx.read("audit/read_only")
    made = preview(tx)
    companies = tx.read("billing/companies").select(pl.col("company_id").cast(pl.Int32), company="company_code")
    payers = made.invoices.filter(pl.col("person_id").is_not_null())
    known = tx.read(
        "billing/payers", of_companies=payers["company_id"].to_list(), people=payers["person_id"].to_list()
    ).with_columns(pl.col("company_id", "person_id").cast(pl.Int32))
    people = known.unique(["company_id", "person_id"])
    invoices = (
        made.invoices.join(companies, on="company_id", how="left", maintain_order="left")
        .join(people, on=["company_id", "person_id"], how="left", maintain_order="left")
        .join(made.lines.group_by("invoice").agg(lines=pl.len()), on="invoice", how="left", maintain_order="left")
        .with_columns(payer=pl.col("member").fill_null(""))
    )
    lines = (
        made.lines.join(invoices.select("invoice", "company", "payer", "due_date"), on="invoice", how="left")
        .join(_codes(tx, made.lines), on=["company_id", "subscription_id"], how="left")
        .join(tx.read("billing/fees").select(pl.col("fee_id").cast(pl.Int32), fee="fee_code"), on="fee_id", how="left")
        .sort("invoice", "subscription_id", "fee_id", "coverage_start", "part", "debtor", "revision")
    )
    return Preview(
        invoices.select(
            "company",
            "payer",
            "group_code",
            "kind",
            "bill_date",
            "due_date",
            "sequence",
            "lines",
            "total_cents",
        ),
        lines.select(
            "company",
            "payer",
            "due_date",
            "subscription",
            "fee",
            "part",
            "debtor",
            "coverage_start",
            "coverage_end",
            "revision",
            "kind",
            "amount_cents",
            "price_id",
            "cause",
        ),
        made.quarantined.join(companies, on="company_id", how="left", maintain_order="left").select(
            "company", "subject", "rule", "reason"
        ),
        fingerprint(made.invoices, made.lines),
        posted(tx),
        pl.DataFrame(schema={"company": pl.String, "reason": pl.String}),
    )


def _codes(tx: Tx, lines: pl.DataFrame) -> pl.DataFrame:
    who = lines.select("company_id", "subscription_id").unique(maintain_order=True)
    found = tx.read(
        "billing/subscription_codes",
        of_companies=who["company_id"].to_list(),
        subscriptions=who["subscription_id"].to_list(),
    )
    return found.with_columns(pl.col("company_id", "subscription_id").cast(pl.Int32))
