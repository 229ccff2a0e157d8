"""Intake's step for a received 834 of a group: people, coverage and terminations, by the rules of its CSV files."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from assets.intake.enrollment import Known, company_codes, drop_of
from assets.intake.identity import with_codes
from assets.intake.loading import take
from assets.intake.origin import Origin
from assets.intake.writing import note
from formats.edi834 import Enrollment, read
from formats.edi834.extras import no_extras
from formats.problems import ERROR
from resources.group_terms import GroupTerms
from resources.record import Tx
from resources.sealed import SSN
from resources.vault import Vault

_BLINDS = {"blind": "ssn", "old_blind": "old_ssn", "head_blind": "subscriber_id"}
_FOUND = {"position": pl.Int64, "kind": pl.String, "detail": pl.String, "amount_cents": pl.Int64}
_SSN = r"^\d{3}-?\d{2}-?\d{4}$"


def take_enrollment(
    tx: Tx, sha256: bytes, data: bytes, terms: GroupTerms, vault: Vault
) -> tuple[dict[str, int], pl.DataFrame]:
    """Take a group's 834 into the record. The same file again changes nothing.

    Appends and updates what intake does for people.csv, subscriptions.csv and covered.csv; dependents who end
    without a day are taken off their subscription.

    Args:
        tx: the step's exclusive transaction, over all companies.
        sha256: of the content.
        data: the clear bytes.
        terms: what the group means by its codes.
        vault: seals SSNs, and makes the blind index by which members are known.

    Returns:
        members, loaded (rows that were new or different), refused; and what was refused as exceptions: position (the
        834's segment), kind (intake_reject, unreadable), detail (plain words, no value).
    """
    file = read(data, end_date=terms.end_date)
    known, ids = _known(tx)
    told = company_codes(_with_extras(file), terms)
    members = with_codes(_with_blinds(told, ids, vault), known.people)
    drop = drop_of(file.coverages, members, _with_ssn(tx, known, members, vault), terms)
    origin = Origin(sha256, drop.places, drop.refused)
    taken = tx.read("intake/files", marks=[origin.mark(name).hex() for name in drop.contents])
    result = take(tx, vault, dict(drop.contents), origin=origin)
    # Who was taken off once may have come back since.
    ended = _take_off(tx, drop.ended, sha256) if taken.is_empty() else 0
    unread = file.problems.filter(pl.col("severity") == ERROR).select(
        position=pl.col("line").fill_null(0), kind=pl.lit("unreadable"), detail="message"
    )
    refused = _refused(result.problems)
    found = (
        pl.concat([refused, unread])
        .group_by("position", "kind", maintain_order=True)
        .agg(pl.col("detail").unique(maintain_order=True).str.join("; "))
    )
    totals = {"members": file.members.height, "loaded": sum(f.loaded for f in result.files) + ended,
              "refused": refused.height}  # fmt: skip
    return totals, found.with_columns(amount_cents=pl.lit(None, pl.Int64)).select(list(_FOUND))


def _known(tx: Tx) -> tuple[Known, pl.DataFrame]:
    """What the record holds, by code; and company_id, company_code."""
    ids = tx.read("intake/company").select("company_id", company_code="code")
    people = tx.read("intake/person").join(ids, on="company_id")
    heads = people.select("company_id", subscriber_id="person_id", subscriber_code="code")
    named = people.join(heads, on=["company_id", "subscriber_id"], how="left", maintain_order="left")
    products = tx.read("intake/product").filter(pl.col("line") != "")
    subscriptions = (
        tx.read("intake/subscription")
        .join(ids, on="company_id")
        .join(people.select("company_id", "person_id", member_code="code"), on=["company_id", "person_id"])
        .join(products.select("product_id", product_code="code"), on="product_id")
        .rename({"code": "subscription_code"})
    )
    covered = (
        tx.read("intake/covered")
        .join(subscriptions.select("company_id", "subscription_id", "company_code", "subscription_code"),
              on=["company_id", "subscription_id"])
        .join(people.select("company_id", "person_id", member_code="code"), on=["company_id", "person_id"])
    )  # fmt: skip
    plan, several = ["line", "plan_code"], pl.len().over("line", "plan_code") > 1
    shared = products.filter(several).group_by(plan).agg(pl.col("code").sort().str.join(", ").alias("product_codes"))
    known = Known(
        named.rename({"code": "member_code"}), subscriptions,
        covered.select("company_code", "subscription_code", "member_code", "end_date"),
        products.filter(~several).select(*plan, product_code="code"), shared,
    )  # fmt: skip
    return known, ids


def _with_extras(file: Enrollment) -> pl.DataFrame:
    """Members with birth_sequence (INS17) and old_ssn: the one that was wrong, where a correction names it."""
    none = no_extras()
    details, names = (file.extras.get(name, none[name]) for name in ("details", "names"))
    wrong = names.filter(pl.col("role") == "70", pl.col("id_qualifier") == "34").unique("member_key", keep="first")
    return file.members.join(
        details.select("member_key", "birth_sequence"), on="member_key", how="left", maintain_order="left"
    ).join(wrong.select("member_key", old_ssn="id"), on="member_key", how="left", maintain_order="left")


def _with_blinds(members: pl.DataFrame, ids: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """Add blind, old_blind and head_blind: of the SSN, of the one it corrects, and of a subscriber id that is one.

    They are the hex of the blind index.
    """
    rows = members.join(ids, on="company_code", how="left", maintain_order="left")
    house = pl.col("company_id").fill_null(0)
    asked = rows.select(
        house.alias("company_id"),
        pl.col("ssn").str.replace_all(r"\D", ""),
        pl.col("old_ssn").str.replace_all(r"\D", ""),
        pl.when(pl.col("subscriber_id").str.contains(_SSN)).then(pl.col("subscriber_id").str.replace_all(r"\D", "")),
    )
    blinds = {
        name: vault.blind(asked["company_id"], asked[column], SSN).bin.encode("hex") for name, column in _BLINDS.items()
    }
    return rows.with_columns(series.alias(name) for name, series in blinds.items()).drop("company_id", "old_ssn")


def _with_ssn(tx: Tx, known: Known, members: pl.DataFrame, vault: Vault) -> Known:
    """Open the SSNs of people whom the file names without: an empty field would take them away. Never kept."""
    silent = members.filter(pl.col("ssn").is_null()).select("company_code", "member_code")
    sealed = tx.read("intake/ssn_sealed")
    asked = (
        known.people.filter(pl.col("ssn_blind").is_not_null())
        .join(silent, on=["company_code", "member_code"], how="semi")
        .join(sealed, on=["company_id", "person_id"])
    )
    opened = asked.select("company_id", "person_id").with_columns(
        vault.open(asked["company_id"], asked["ssn_sealed"], SSN).alias("ssn")
    )
    people = known.people.join(opened, on=["company_id", "person_id"], how="left", maintain_order="left")
    return replace(known, people=people)


def _take_off(tx: Tx, ended: pl.DataFrame, sha256: bytes) -> int:
    """Take dependents off subscriptions of which the file ended their coverage."""
    if ended.is_empty():
        return 0
    ids = tx.read("intake/company").select("company_id", company_code="code")
    people = tx.read("intake/person").select("company_id", "person_id", member_code="code")
    subscriptions = tx.read("intake/subscription").select("company_id", "subscription_id", subscription_code="code")
    rows = (
        ended.join(ids, on="company_code")
        .join(people, on=["company_id", "member_code"])
        .join(subscriptions, on=["company_id", "subscription_code"])
        .join(tx.read("intake/covered"), on=["company_id", "subscription_id", "person_id"], how="semi")
        .sort("company_id", "subscription_id", "person_id")
    )
    if rows.is_empty():
        return 0
    tx.apply("intake/remove_covered", rows.select("company_id", "subscription_id", "person_id"))
    note(tx, "master.covered", rows, ["subscription_code", "member_code"], sha256)
    return rows.height


def _refused(problems: pl.DataFrame) -> pl.DataFrame:
    """Intake's findings, which lie at the segments of the 834: position, kind, detail."""
    where = pl.when(pl.col("column") != "").then(pl.format(" ({})", "column")).otherwise(pl.lit(""))
    return problems.select(
        position=pl.col("line").fill_null(0),
        kind=pl.lit("intake_reject"),
        detail=pl.format("{}{}: {}", pl.col("file").str.strip_suffix(".csv"), where, "reason"),
    )
