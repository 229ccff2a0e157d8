"""Who is who in a group's 834: by what code each member is known, without an SSN becoming one. Pure."""

from __future__ import annotations

import polars as pl

_SSN = r"^\d{3}-?\d{2}-?\d{4}$"


def with_codes(members: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Add member_code, head_code and subscriber_code (empty for a subscriber).

    Args:
        members: MEMBERS as read, with company_code, birth_sequence, and the hex of blind indexes: blind (of the SSN;
            null without one), old_blind (of the SSN that it corrects) and head_blind (of a subscriber id that is one).
        people: company_code, member_code, subscriber_code, first_name, birth_date, ssn_blind of those whom the record
            knows.
    """
    by_ssn = (
        people.filter(pl.col("ssn_blind").is_not_null())
        .select("company_code", blind=pl.col("ssn_blind").bin.encode("hex"), known_code="member_code")
        .unique(["company_code", "blind"], keep="first", maintain_order=True)
    )
    members = _known_by(members, by_ssn, "blind", "new_code")
    members = _known_by(members, by_ssn, "old_blind", "old_code")
    members = _known_by(members, by_ssn, "head_blind", "known_head")
    members = members.with_columns(known_code=pl.coalesce("new_code", "old_code"))
    own_id = pl.when(~pl.col("subscriber_id").str.contains(_SSN)).then("subscriber_id")
    made = pl.lit("S") + pl.coalesce("blind", "head_blind").str.slice(0, 12).str.to_uppercase()
    heads = members.filter("is_subscriber").with_columns(
        head_code=pl.coalesce("known_code", "member_id", own_id, "known_head", made)
    )
    code_of = heads.select("subscriber_key", "company_code", "head_code").unique(["subscriber_key", "company_code"])
    absent = pl.coalesce(own_id, "known_head", pl.lit("S") + pl.col("head_blind").str.slice(0, 12).str.to_uppercase())
    rows = members.join(code_of, on=["subscriber_key", "company_code"], how="left", maintain_order="left").with_columns(
        pl.coalesce("head_code", absent, pl.lit("")).alias("head_code")
    )
    computed = _computed(rows, people)
    code = pl.when("is_subscriber").then("head_code").otherwise(pl.coalesce("known_code", "member_id", computed))
    head = pl.when("is_subscriber").then(pl.lit("")).otherwise("head_code")
    return rows.with_columns(member_code=code, subscriber_code=head).drop(
        "known_code", "new_code", "old_code", "known_head"
    )


def _known_by(members: pl.DataFrame, by_ssn: pl.DataFrame, column: str, code: str) -> pl.DataFrame:
    found = by_ssn.rename({"blind": column, "known_code": code})
    return members.join(found, on=["company_code", column], how="left", maintain_order="left")


def _computed(rows: pl.DataFrame, people: pl.DataFrame) -> pl.Series:
    """The code of a dependent whom nothing else names: of the subscriber, the relationship and the birth date.

    Twins have these in common: there the birth sequence or else the first name is added. Who is known under such a
    code and this name keeps it, whether or not the twin is in the file.
    """
    birth = pl.col("birth_date").dt.strftime("%Y%m%d").fill_null("?")
    letters = pl.col("first_name").fill_null("").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    asked = rows.with_row_index("row").with_columns(
        plain=pl.format("{}-{}-{}", "head_code", pl.col("relationship").fill_null("?"), birth),
        name=letters,
        lone=~pl.col("is_subscriber") & pl.all_horizontal(pl.col("known_code", "member_id").is_null()),
    )
    one = pl.coalesce(pl.col("birth_sequence").cast(pl.String), pl.when(pl.col("name") != "").then("name"))
    family = ["company_code", "plain", "lone"]
    # The same child twice is no twin.
    asked = asked.with_columns(one=one).with_columns(twins=pl.col("one").n_unique().over(family) > 1)
    known = people.select("company_code", "birth_date", head_code="subscriber_code", known="member_code", name=letters)
    found = (
        asked.join(known, on=["company_code", "birth_date", "head_code", "name"], how="inner")
        .filter(pl.col("known").str.starts_with(pl.col("plain")))
        .sort("row", "known")
        .unique("row", keep="first")
        .select("row", "known")
    )
    twin = pl.when("twins", "lone").then(pl.format("{}-{}", "plain", pl.col("one").fill_null("?")).str.slice(0, 40))
    return asked.join(found, on="row", how="left", maintain_order="left").select(
        pl.coalesce("known", twin, "plain").alias("code")
    )["code"]
