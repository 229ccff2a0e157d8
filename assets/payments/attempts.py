"""What each payer owes now and how it is asked for: credits first, then first drafts, retries and new series. Pure.

Source: billing reference sections 6 (account credit) and 8 (re-billing); design, the row "payments" of the one idea.
Money has not moved here: nothing of this is journalled.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from assets.payments import again
from assets.payments.credits import credit_uses
from assets.payments.splits import split

Schema = dict[str, type[pl.DataType]]

_INVOICE = ["company_id", "invoice_id"]

# Invoices never attempted that are not paid by credit; payer 0 is the company itself.
OPEN: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "payer": pl.Int32,
    "group_code": pl.String,
    "kind": pl.String,
    "due_date": pl.Date,
    "open_cents": pl.Int64,
}
# The subscriptions on open invoices of individuals; the account is null when the subscription is another person's.
PAYS_FOR: Schema = {
    "company_id": pl.Int32,
    "invoice_id": pl.Int64,
    "code": pl.String,
    "account_code": pl.String,
}
# Invoices of which every subscription is on payment hold: charged, not drafted.
HELD: Schema = {"company_id": pl.Int32, "invoice_id": pl.Int64}
# Sub-groups that are drafted from an account of their own.
GROUPS: Schema = {"company_id": pl.Int32, "group_code": pl.String, "account_code": pl.String}
ATTEMPT = [
    *(*_INVOICE, "payer_part", "series", "attempt_no", "account_code", "amount_cents", "sec", "wanted_date"),
    *("cures", "same_day"),
]
_NAMED = ["company_id", "subject", "rule", "reason"]


@dataclass(frozen=True)
class Plan:
    """What a night asks for.

    uses: company_id, from_invoice, to_invoice, amount_cents; attempts: `ATTEMPT`; both in their natural order.
    quarantined: company_id, subject, rule, reason; held: `HELD`, what would be asked for but for a payment hold.
    """

    uses: pl.DataFrame
    attempts: pl.DataFrame
    quarantined: pl.DataFrame
    held: pl.DataFrame


@dataclass(frozen=True)
class Sources:
    """What tells whom an invoice is drafted from.

    pays_for: `PAYS_FOR`, of all invoices that may be asked for; methods: `splits.METHODS`; groups: `GROUPS`;
    book: every account version with its state (`accounts.STATE`).
    """

    pays_for: pl.DataFrame
    methods: pl.DataFrame
    groups: pl.DataFrame
    book: pl.DataFrame


def plan(
    day: dt.date,
    *,
    opened: pl.DataFrame,
    returned: pl.DataFrame,
    credit: pl.DataFrame,
    held: pl.DataFrame,
    sources: Sources,
) -> Plan:
    """Everything to append on a business date.

    A payment hold stops drafts and nothing else: credit pays what is held, and what would have been asked for is found
    again by the first night after it.

    Args:
        day: the business date.
        opened: `OPEN`.
        returned: `again.RETURNED`.
        credit: `credits.CREDITS`.
        held: `HELD`.
        sources: of the accounts.
    """
    came_back = again.judged(returned, sources.book, _present(returned, sources), day)
    owing = pl.concat([opened.select(*_INVOICE, "payer", "group_code", "open_cents"), again.owed(came_back)])
    uses = credit_uses(owing.filter(pl.col("open_cents") > 0), credit)
    used = uses.group_by("company_id", invoice_id="to_invoice").agg(used=pl.col("amount_cents").sum())
    due = (
        opened.join(used, on=_INVOICE, how="left", maintain_order="left")
        .with_columns(amount_cents=pl.col("open_cents") - pl.col("used").fill_null(0))
        .filter(pl.col("amount_cents") > 0)
    )
    first, missing = _first(_not_of(due, held), sources, day)
    anew = [again.retries(came_back, day), again.new_series(came_back, used, day).with_columns(sec=_sec())]
    parts = [rows.with_columns(same_day=pl.lit(value=False)).select(ATTEMPT) for rows in (first, *anew)]
    attempts = pl.concat([_not_of(rows, held) for rows in parts], how="vertical_relaxed")
    waits = pl.concat([rows.select(_INVOICE) for rows in (due, *anew)]).join(held, on=_INVOICE, how="semi")
    return Plan(
        uses,
        attempts.sort(*_INVOICE, "payer_part", "series", "attempt_no"),
        pl.concat([missing, _quarantined(_stuck(_not_of(came_back, held), day))]),
        waits.unique().sort(_INVOICE),
    )


def _not_of(rows: pl.DataFrame, invoices: pl.DataFrame) -> pl.DataFrame:
    return rows.join(invoices, on=_INVOICE, how="anti", maintain_order="left")


def _sec() -> pl.Expr:
    """The SEC code by how the payer authorised his account; a company's own account is drafted as CCD."""
    by_consent = pl.col("authorised").replace_strict({"web": "WEB", "phone": "TEL"}, default="PPD")
    return pl.when(pl.col("kind") == "list_bill").then(pl.lit("CCD")).otherwise(by_consent)


def _accounts_of(due: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """Whom each invoice is drafted from today, part by part: `due` with payer_part, account_code, its amount_cents.

    The parts the payer divides by; else, of a list bill, the group's account or the company's own; of a person, the
    account of his lowest subscription code that names one; of who pays for another person, the first of his own.
    """
    pays_for = sources.pays_for.join(due, on=_INVOICE, how="semi")
    named = _lowest(pays_for.filter(pl.col("account_code") != ""))
    others = pays_for.filter(pl.col("account_code").is_null()).select(_INVOICE).unique()
    divided = split(due, sources.methods)
    asks = due.join(others, on=_INVOICE, how="semi") if not others.is_empty() else due.head(0)
    asks = pl.concat([asks, due.filter(kind="list_bill")]).select("company_id", "payer").unique()
    whole = (
        _not_of(due, divided)
        .join(named.select(*_INVOICE, "account_code"), on=_INVOICE, how="left", maintain_order="left")
        .join(others.with_columns(others=True), on=_INVOICE, how="left", maintain_order="left")
        .join(
            sources.groups.rename({"account_code": "of_group"}),
            on=["company_id", "group_code"],
            how="left",
            maintain_order="left",
        )
        .join(_own(sources, asks), on=["company_id", "payer"], how="left", maintain_order="left")
    )
    personal = pl.coalesce("account_code", pl.when("others").then("own_code"))
    of_list_bill = pl.coalesce("of_group", "own_code")
    asked = whole.select(
        *due.columns,
        payer_part=pl.lit(1, pl.Int16),
        account_code=pl.when(pl.col("kind") == "list_bill").then(of_list_bill).otherwise(personal),
    )
    return pl.concat([asked, divided]).sort(*_INVOICE, "payer_part")


def _lowest(named: pl.DataFrame) -> pl.DataFrame:
    """Of each invoice's accounts that of the lowest subscription code. Most have one: only the others are sorted."""
    several = named.select(_INVOICE).is_duplicated()
    first = named.filter(several).sort(*_INVOICE, "code").unique(_INVOICE, keep="first", maintain_order=True)
    return pl.concat([named.filter(~several), first])


def _own(sources: Sources, payers: pl.DataFrame) -> pl.DataFrame:
    """The payers' own accounts of the lowest code: company_id, payer (0: the company itself), own_code.

    An account that a group names is the group's and pays no bill of the company.
    """
    accounts = sources.book.filter("newest", owner="payer").select(
        "company_id", payer=pl.col("person_id").fill_null(0), own_code="account_code"
    )
    of_groups = sources.groups.select("company_id", own_code="account_code", payer=pl.lit(0, pl.Int32))
    asked = accounts.join(payers, on=["company_id", "payer"], how="semi")
    free = asked.join(of_groups, on=["company_id", "payer", "own_code"], how="anti")
    return free.group_by("company_id", "payer").agg(pl.col("own_code").min())


def _present(returned: pl.DataFrame, sources: Sources) -> pl.DataFrame:
    """The account each part that came back would be drafted from today; a part that is no more has none."""
    invoices = returned.select(*_INVOICE, "payer", "group_code", "kind").unique(maintain_order=True)
    asked = invoices.with_columns(amount_cents=pl.lit(1_000_000_000, pl.Int64))  # enough that every part pays some
    return _accounts_of(asked, sources).select(*_INVOICE, "payer_part", present="account_code")


def _first(due: pl.DataFrame, sources: Sources, day: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """First drafts of all parts of an invoice, or of none: what one can't pay must not be lost behind the others."""
    newest = sources.book.filter("newest").select(
        "company_id", "account_code", "account_id", "authorised", "state", "owner"
    )
    known = _accounts_of(due, sources).join(
        newest, on=["company_id", "account_code"], how="left", maintain_order="left"
    )
    fault = (
        pl.when(pl.col("account_id").is_null() | (pl.col("owner") != "payer"))
        .then(pl.lit("no_account"))
        .when(pl.col("state").is_in(["blocked", "closed"]))
        .then(pl.lit("account_stopped"))
        .otherwise(pl.lit(""))
    )
    known = known.with_columns(
        fault=fault,
        series=pl.lit(1, pl.Int16),
        attempt_no=pl.lit(1, pl.Int16),
        sec=_sec(),
        wanted_date=pl.max_horizontal("due_date", pl.lit(day)),
        cures=pl.lit(None, pl.Int64),
    )
    bad = known.filter(pl.col("fault") != "")
    return known.join(bad, on=_INVOICE, how="anti", maintain_order="left"), _quarantined(bad)


def _stuck(came_back: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """What should be drafted again today and can't be. That the rules allow no retry is the return's own story."""
    due = (pl.col("way") == "series") | (pl.col("retry_on") <= day)
    return came_back.filter((pl.col("fault") != "") & due)


_REASONS = {
    "no_account": "no bank account is on record to draft it from",
    "account_stopped": "the account it would be drafted from is closed, or stopped by the bank's answer",
    "account_changed": "the account changed since the return: that needs a new authorisation, not a retry",
    "name_changed": "the company's name or id changed since the return: a retry must keep them",
    "amount_changed": "what is open changed since the return: a retry must keep its amount",
    "retry_too_late": "more than 180 days have passed since the first draft settled",
    "correction_too_late": "more than 60 days have passed since the return settled",
    "series_spent": "it was drafted anew eight times already",
}


def _quarantined(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(_INVOICE).select(
        "company_id",
        subject=pl.format("invoice {}", "invoice_id"),
        rule="fault",
        reason=pl.col("fault").replace_strict(_REASONS, default="it can't be drafted"),
    ).unique(["company_id", "subject", "rule"], keep="first", maintain_order=True).select(_NAMED)  # fmt: skip
