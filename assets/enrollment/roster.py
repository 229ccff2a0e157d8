"""The enrollment room's step for a vendor's roster: held against ours as of its date, every discrepancy on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from assets.enrollment.coverage import pieces
from assets.enrollment.discrepancies import DIFFERENT, MISSING_HERE, MISSING_THERE, Roster, compared, matched
from assets.enrollment.members import dependents
from formats.edi834 import Enrollment, read
from formats.edi834.codes import TIERS
from formats.problems import ERROR
from formats.tabular import Layout, load_layout
from formats.tabular import read as read_layout
from resources.partners import Partner
from resources.record import Tx
from resources.sealed import SSN
from resources.vault import Vault

_LISTS = (MISSING_THERE, MISSING_HERE, DIFFERENT)
# Errors after which the list as a whole cannot be trusted: whoever is not in what was read may stand in what was not.
_WHOLE = (
    r"^x12\.(not_x12|no_isa)$|^edi834\.envelope\.missing_(se|ge|iea)$"
    r"|^tabular\.(file|header|trailer)\.|^tabular\.record\.unknown$"
)


def compare(tx: Tx, sha256: bytes, data: bytes, partner: Partner, vault: Vault) -> tuple[dict[str, int], str]:
    """Hold a vendor's roster against who is covered as of its date, and keep the three lists.

    Appends enrollment.discrepancy. The same list again changes nothing. Its date is what an 834 says of itself, else
    the business date. A list that names companies (REF*1L) is held against those alone. A list that is damaged as a
    whole (no list at all, cut, lines of no known record) is held against nobody: all whom it lost would be missing.

    Args:
        tx: the step's transaction, over all companies.
        sha256: of the content.
        data: the clear bytes: an 834, or in the layout that the vendor's terms name as `roster`.
        partner: whose list it is.
        vault: makes the blind index of SSNs in the list.

    Returns:
        missing_there, missing_here, different, and compared: rows of the list; and why it was not compared, in plain
        words without a value of the list, or "".
    """
    totals = dict.fromkeys((*_LISTS, "compared"), 0)
    roster, damaged = _read(data, partner)
    if damaged:
        return totals, damaged
    totals["compared"] = roster.members.height
    if not tx.read("enrollment/compared_before", sha256=sha256).is_empty():
        return totals, ""
    found = _found(tx, roster, partner, vault)
    home = found["company_id"].drop_nulls().min() or (tx.companies[0] if tx.companies else None)
    if found.is_empty() or home is None:
        return totals, ""
    rows = found.with_columns(pl.col("company_id").fill_null(home)).with_columns(
        row_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("company_id"),
        sha256=pl.lit(sha256),
        partner=pl.lit(partner.code),
        as_of=pl.lit(_as_of(roster, tx.business_date)),
    )
    tx.append("enrollment.discrepancy", rows)
    return totals | {str(kind): int(n) for kind, n in found.group_by("kind").len().iter_rows()}, ""


def _read(data: bytes, partner: Partner) -> tuple[Enrollment, str]:
    """The list, and what is wrong with it as a whole."""
    terms = partner.enrollment.beside(partner.enrollment.roster)
    if terms is not None and not data.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"ISA"):
        layout = load_layout(terms)
        roster = read_layout(data, layout)
        return roster, _damage(roster, layout)
    means = str((partner.edi834 or {}).get("end_date", "last_day_covered"))
    roster = read(data, end_date="first_day_not_covered" if means == "first_day_not_covered" else "last_day_covered")
    return roster, _damage(roster)


def _damage(roster: Enrollment, layout: Layout | None = None) -> str:
    """The first error that concerns the list as a whole, in words; a line or member with an error is not one."""
    found = roster.problems.filter((pl.col("severity") == ERROR) & pl.col("rule").str.contains(_WHOLE))
    if not found.is_empty():
        more = f", and {found.height - 1} more" if found.height > 1 else ""
        return f"list not readable: {found.item(0, 'message')}{more}; nothing was compared, ask for the whole list"
    if layout is not None and roster.members.is_empty() and not layout.trailers:
        return "list not readable: it is empty; nothing was compared, ask for the whole list"
    return ""


def _as_of(roster: Enrollment, business_date: dt.date) -> dt.date:
    said = (
        roster.interchange["created_date"].drop_nulls().max() if "created_date" in roster.interchange.columns else None
    )
    return min(said, business_date) if isinstance(said, dt.date) else business_date


def _found(tx: Tx, roster: Enrollment, partner: Partner, vault: Vault) -> pl.DataFrame:
    as_of = _as_of(roster, tx.business_date)
    due = tx.read("enrollment/due").filter(pl.col("partner") == partner.code)
    companies = _spoken_of(due.select("company_id", "vendor_id", "company"), roster)
    covered = _covered(tx, companies, as_of)
    people = tx.read("enrollment/people", with_ssn=False)
    heads = people.select("company_id", subscriber_id="person_id", head_code="code")
    known = people.join(heads, on=["company_id", "subscriber_id"], how="left").with_columns(
        pl.coalesce("head_code", "code").alias("head_code")
    )
    members = _with_blinds(roster.members, companies["company_id"], vault)
    told = matched(members, known.join(companies, on="company_id", how="semi"), companies)
    return compared(Roster(told, roster.coverages, as_of), people, covered, _tiers(partner))


def _spoken_of(companies: pl.DataFrame, roster: Enrollment) -> pl.DataFrame:
    """The companies that a list names; all of them when it names none."""
    named = roster.members["policy_number"].drop_nulls().str.to_uppercase().unique()
    mine = companies.filter(pl.col("company").str.to_uppercase().is_in(named.implode()))
    return companies if mine.is_empty() else mine


def _covered(tx: Tx, companies: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """Who is covered on the day at this vendor: company_id, person_id, line, plan_code, tier, begin, end."""
    found = tx.read("enrollment/subscriptions", ahead=0, behind=(tx.business_date - as_of).days + 1)
    mine = found.join(companies, on=["company_id", "vendor_id"], how="semi")
    periods = pieces(mine, tx.read("enrollment/holds"))
    live = periods.filter((pl.col("begin") <= as_of) & (pl.col("end").is_null() | (pl.col("end") > as_of)))
    held = live.join(mine, on=["company_id", "subscription_id"], how="inner")
    others = dependents(held, tx.read("enrollment/covered")).filter(pl.col("end").is_null() | (pl.col("end") > as_of))
    columns = ["company_id", "person_id", "line", "plan_code", "tier", "begin", "end"]
    both = pl.concat([held.with_columns(person_id="head_id").select(columns), others.select(columns)])
    return both.unique(["company_id", "person_id", "line", "plan_code"], keep="first", maintain_order=True)


def _with_blinds(members: pl.DataFrame, companies: pl.Series, vault: Vault) -> pl.DataFrame:
    """Add ssn_blind_<company_id>: each company has an index of its own, so that one SSN has several."""
    if members["ssn"].null_count() == members.height:
        return members
    ids = companies.unique().sort()
    blinds = [
        vault.blind(pl.repeat(company, members.height, dtype=pl.Int32, eager=True), members["ssn"], SSN).alias(
            f"ssn_blind_{company}"
        )
        for company in ids
    ]
    return members.with_columns(blinds)


def _tiers(partner: Partner) -> Mapping[str, str]:
    """Our tier to the vendor's, for those that it calls otherwise."""
    said = (partner.edi834 or {}).get("tiers", {})
    return {t: str(said.get(t, t)) for t in TIERS}
