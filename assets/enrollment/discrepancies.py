"""A vendor's roster against ours: missing there, missing here, different. Pure; shows codes, never values.

People are told apart by what the roster holds of them, best first: our member code, the SSN (by its blind index), the
subscriber's code with relationship and birth date. What differs only in spelling (case, accents, marks) is the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from assets.enrollment.members import RELATIONSHIPS, plain

MISSING_THERE, MISSING_HERE, DIFFERENT = "missing_there", "missing_here", "different"
PERSON = ["company_id", "person_id"]
FOUND = {"company_id": pl.Int32, "kind": pl.String, "member": pl.String, "line": pl.String, "plan_code": pl.String,
         "columns": pl.String}  # fmt: skip
_ENDED = ["002", "024"]
_TEXTS = ["first_name", "last_name", "address", "city", "state", "zip"]
_EXACT = ["birth_date", "gender"]
_THEIR_NAMES = {"address": "address1"}


def matched(theirs: pl.DataFrame, ours: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """Add company_id and person_id of ours to the members of a roster; null where nobody, or more than one, fits.

    Args:
        theirs: MEMBERS of the roster, and ssn_blind_<company_id> per company (null where it holds no SSN).
        ours: PERSON, code, head_code, relationship, birth_date, ssn_blind of everybody whom the vendor might know.
        companies: company_id, company (its code).
    """
    known = ours.with_columns(
        pl.col("code", "head_code").str.to_uppercase(),
        relationship=pl.col("relationship").replace_strict(RELATIONSHIPS, return_dtype=pl.String),
    )
    named = companies.select(pl.col("company_id").alias("of_company"), pl.col("company").str.to_uppercase().alias("of"))
    rows = theirs.with_row_index("at").with_columns(
        pl.col("member_id", "member_key", "subscriber_id").str.to_uppercase(),
        of=pl.col("policy_number").str.to_uppercase(),
    ).join(named, on="of", how="left", maintain_order="left")  # fmt: skip
    blinds = [
        rows.select("at", "of_company", ssn_blind=c, company_id=pl.lit(int(c.rpartition("_")[2]), pl.Int32))
        for c in rows.columns
        if c.startswith("ssn_blind_")
    ]
    family = ["head_code", "relationship", "birth_date"]
    tries = [
        rows.select("at", "of_company", code="member_id").drop_nulls("code").join(known, on="code"),
        rows.select("at", "of_company", code="member_key").join(known, on="code"),
        *(b.drop_nulls("ssn_blind").join(known, on=["company_id", "ssn_blind"]) for b in blinds),
        rows.select("at", "of_company", "relationship", "birth_date", head_code="subscriber_id")
        .drop_nulls(family)
        .join(known, on=family),
    ]
    found = [
        part.filter(pl.col("of_company").is_null() | (pl.col("of_company") == pl.col("company_id")))
        .filter(pl.len().over("at") == 1)
        .select("at", *PERSON)
        for part in tries
    ]
    best = pl.concat(found).unique("at", keep="first", maintain_order=True)
    return theirs.with_row_index("at").join(best, on="at", how="left", maintain_order="left").drop("at")


@dataclass(frozen=True)
class Roster:
    """A vendor's list: MEMBERS with company_id and person_id (`matched`), COVERAGES, and its day."""

    members: pl.DataFrame
    coverages: pl.DataFrame
    as_of: dt.date


def compared(roster: Roster, people: pl.DataFrame, covered: pl.DataFrame, tiers: Mapping[str, str]) -> pl.DataFrame:
    """The three lists (columns FOUND), by company, kind, member, line and plan.

    Args:
        roster: the vendor's.
        people: PERSON, code and what is compared of a person, of everybody in `covered` or matched.
        covered: PERSON, line, plan_code, tier, begin, end: who is covered as of the day, as we see it.
        tiers: our tier to the vendor's.

    A difference of a person stands in a row without line and plan.
    """
    as_of = roster.as_of
    owners = roster.members.select("member_key", *PERSON, "maintenance_type")
    theirs = roster.coverages.rename({"maintenance_type": "held_type"}).join(owners, on="member_key", how="inner")
    over = pl.col("end").is_not_null() & (pl.col("end") <= as_of)
    gone = pl.col("held_type").is_in(_ENDED) | (pl.col("maintenance_type") == "024")
    live = theirs.filter(
        ~(over | gone).fill_null(value=False) & (pl.col("begin").is_null() | (pl.col("begin") <= as_of))
    )
    # A list that names plans alone: their line is ours.
    ours = covered.select("plan_code", our_line="line").unique("plan_code", keep="first", maintain_order=True)
    live = live.join(ours, on="plan_code", how="left", maintain_order="left").with_columns(
        pl.coalesce("line", "our_line").alias("line")
    )
    key = [*PERSON, "line", "plan_code"]
    known = live.filter(pl.col("person_id").is_not_null()).unique(key, keep="first", maintain_order=True)
    codes = people.select(*PERSON, member="code")
    named = covered.join(codes, on=PERSON, how="left", maintain_order="left").with_columns(
        pl.col("tier").replace(dict(tiers))
    )
    there = named.join(known, on=key, how="anti", maintain_order="left").with_columns(kind=pl.lit(MISSING_THERE))
    here = known.join(covered, on=key, how="anti", maintain_order="left").join(codes, on=PERSON, how="left")
    strangers = live.filter(pl.col("person_id").is_null()).with_columns(
        company_id=pl.lit(None, pl.Int32), member=pl.format("position {} of the list", pl.col("position").fill_null(0))
    )
    both = named.join(known.select(*key, *(pl.col(c).alias(f"their_{c}") for c in ("tier", "begin", "end"))), on=key)
    away = both.with_columns(columns=_differing(["tier", "begin", "end"], exact=True)).filter(pl.col("columns") != "")
    lists = [
        _listed(there),
        _listed(here, MISSING_HERE),
        _listed(strangers, MISSING_HERE),
        _listed(away, DIFFERENT),
        _listed(_personal(roster.members, people, covered), DIFFERENT),
    ]
    return pl.concat(lists).sort("company_id", "kind", "member", "line", "plan_code", nulls_last=True)


def _personal(theirs: pl.DataFrame, people: pl.DataFrame, covered: pl.DataFrame) -> pl.DataFrame:
    said = theirs.filter(pl.col("person_id").is_not_null()).select(
        *PERSON, *(pl.col(_THEIR_NAMES.get(c, c)).alias(f"their_{c}") for c in (*_TEXTS, *_EXACT))
    )
    both = people.join(covered.select(PERSON).unique(), on=PERSON, how="semi", maintain_order="left").join(
        said.unique(PERSON, keep="first"), on=PERSON, how="inner", maintain_order="left"
    )
    words = pl.concat_str(_differing(_TEXTS, exact=False), _differing(_EXACT, exact=True), separator=" ")
    return both.select("company_id", member="code", line=pl.lit(""), plan_code=pl.lit(""),
                       columns=words.str.strip_chars()).filter(pl.col("columns") != "")  # fmt: skip


def _differing(columns: list[str], *, exact: bool) -> pl.Expr:
    """Names of the columns in which their value, where there is one, is not ours; joined by blanks."""

    def value(name: str) -> pl.Expr:
        return pl.col(name) if exact else plain(name)

    # An end that the vendor does not state is a difference only when we have one, and the other way round.
    differs = {c: value(c).ne_missing(value(f"their_{c}")) for c in columns}
    asked = {c: d if c == "end" else d & pl.col(f"their_{c}").is_not_null() for c, d in differs.items()}
    parts = [pl.when(wrong).then(pl.lit(c)) for c, wrong in asked.items()]
    return pl.concat_str(parts, separator=" ", ignore_nulls=True)


def _listed(rows: pl.DataFrame, kind: str = MISSING_THERE) -> pl.DataFrame:
    columns = pl.col("columns") if "columns" in rows.columns else pl.lit("")
    return rows.select(
        "company_id", pl.lit(kind).alias("kind"), "member", pl.col("line").fill_null(""),
        pl.col("plan_code").fill_null(""), columns.alias("columns"),
    ).cast(FOUND)  # type: ignore[arg-type]  # a dict of types is a schema  # fmt: skip
