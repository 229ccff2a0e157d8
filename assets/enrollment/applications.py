"""What a vendor's 824 says of a file, a set or a member of ours: each item led back to whom it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.enrollment.fate import FILE
from assets.enrollment.register import reference
from formats.edi834 import Acks
from resources.record import Tx
from resources.sealed import SSN
from resources.vault import Vault

_SSN, _FAMILY, _OUR_FILE = ("SY", "34"), "0F", "TN"
_KEY = [*FILE, "set_control", "person_id"]


@dataclass(frozen=True)
class Said:
    """What 824s said.

    answers: _KEY (set_control 0: the file, person_id 0: everybody), refused, codes, as rows of
    enrollment.member_answer. states: FILE, state (acknowledged, rejected), detail, where a file or set was spoken of.
    exceptions: position, kind, detail: refusals, and what speaks of nothing of ours.
    """

    answers: pl.DataFrame
    states: pl.DataFrame
    exceptions: pl.DataFrame


def said(tx: Tx, acks: Acks, partner: str, vault: Vault) -> Said:
    """Read the 824 items of an acknowledgement file.

    An item (OTI) is matched to a file by group and set number, else by our file reference (BGN06 of the 824, or its
    own number under TN); within it a member by code, a family by the subscriber's code (0F), or by SSN (SY), of which
    only the blind index is compared.

    Args:
        tx: the step's transaction; only its companies' files are spoken of.
        acks: as `read_acks` returns them.
        partner: who sent it.
        vault: makes the blind index of an SSN.
    """
    items = acks.applications.with_columns(
        pl.col("set_control").cast(pl.Int64, strict=False).fill_null(0),
        refused=pl.col("verdict") == "R",
        silent=pl.col("verdict").is_null() | (pl.col("verdict") == "P"),
    )
    at = _files(tx, items, partner).filter(pl.col("company_id").is_in(list(tx.companies)))
    found = items.join(at, on="position", how="left", maintain_order="left")
    single = (pl.col("scope") == "I") & pl.col("value").is_not_null() & (pl.col("qualifier") != _OUR_FILE)
    whole = found.filter(pl.col("file_id").is_not_null() & ~single)
    people = _people(tx, found.filter(pl.col("file_id").is_not_null() & single), vault)
    named = [
        whole.with_columns(person_id=pl.lit(0, pl.Int32), member=pl.lit("the file")),
        people.with_columns(set_control=pl.lit(0, pl.Int64)),
    ]
    spoken = pl.concat([part.select(*_KEY, "refused", "silent", "codes", "position", "member") for part in named])
    answers = (
        spoken.filter(~pl.col("silent"))
        .group_by(_KEY, maintain_order=True)
        .agg(pl.col("refused").any(), pl.col("codes").drop_nulls().unique(maintain_order=True).str.join(" "))
    )
    return Said(answers, _states(whole), _exceptions(items, spoken))


def _files(tx: Tx, items: pl.DataFrame, partner: str) -> pl.DataFrame:
    """position, company_id, file_id of the file each item speaks of."""
    empty = pl.DataFrame(schema={"position": pl.Int64, "company_id": pl.Int32, "file_id": pl.Int64})
    if items.is_empty():
        return empty
    groups = items.select("position", pl.col("group_control").cast(pl.Int64, strict=False).alias("value")).drop_nulls()
    given = tx.read("enrollment/numbers_given", partner=partner, values=groups["value"].unique().sort().to_list())
    by_number = groups.join(given.filter(pl.col("kind") == "GS06"), on="value", how="inner").select(empty.columns)
    files = tx.read("enrollment/files_of_partner", partner=partner)
    ours = [reference(company, partner, day, n) for _, company, _, day, n in files.iter_rows()]
    names = files.select("company_id", "file_id", name=pl.Series(ours, dtype=pl.String).str.to_uppercase())
    told = pl.when(pl.col("qualifier") == _OUR_FILE).then("value")
    wanted = items.select("position", name=pl.coalesce("original_reference", told).str.to_uppercase()).drop_nulls()
    by_name = wanted.join(names, on="name", how="inner").select(empty.columns)
    both = pl.concat([empty, by_number.cast(empty.schema), by_name.cast(empty.schema)])
    return both.unique("position", keep="first", maintain_order=True)


def _people(tx: Tx, items: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """The items with person_id and member (the person's code); one row per member of a family.

    Who was told of in the file goes first; a full file also holds people of whom it told nothing new.
    """
    files = items.select(FILE).unique(maintain_order=True)
    there = tx.read(
        "enrollment/named_in_file", company_ids=files["company_id"].to_list(), file_ids=files["file_id"].to_list()
    ).drop("set_control")
    is_ssn = pl.col("qualifier").is_in(_SSN)
    numbers = items.select(pl.when(is_ssn).then(pl.col("value").str.replace_all(r"\D", ""))).to_series()
    asked = items.with_columns(
        pl.when(~is_ssn).then(pl.col("value").str.to_uppercase()).alias("key"),
        ssn_blind=vault.blind(items["company_id"], numbers, SSN),
    )
    told = _matched(asked, there, FILE)
    rest = asked.join(told.select("position").unique(), on="position", how="anti", maintain_order="left")
    known = tx.read(
        "enrollment/people_named",
        company_ids=rest["company_id"].unique().sort().to_list(),
        codes=rest["key"].drop_nulls().unique().sort().to_list(),
        blinds=rest["ssn_blind"].drop_nulls().unique().sort().to_list(),
    )
    return pl.concat([told, _matched(rest, known, ["company_id"])])


def _matched(asked: pl.DataFrame, people: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    """The items whose member or family is among the people: FILE, person_id, what was said, member."""
    family = pl.col("qualifier") == _FAMILY
    codes, heads = pl.col("code").str.to_uppercase(), pl.col("head_code").str.to_uppercase()
    parts = [
        asked.filter(family).drop("ssn_blind").join(people.with_columns(key=heads), on=[*of, "key"], how="inner"),
        asked.filter(~family).drop("ssn_blind").join(people.with_columns(key=codes), on=[*of, "key"], how="inner"),
        asked.join(people, on=[*of, "ssn_blind"], how="inner"),
    ]
    columns = [*FILE, "person_id", "refused", "silent", "codes", "position"]
    return pl.concat([part.select(*columns, member="code") for part in parts])


def _states(whole: pl.DataFrame) -> pl.DataFrame:
    word = pl.when("refused").then(pl.lit("refuses")).otherwise(pl.lit("takes"))
    part = pl.when(pl.col("set_control") > 0).then(pl.format("set {}", "set_control")).otherwise(pl.lit("the file"))
    return (
        whole.filter(~pl.col("silent"))
        .group_by(FILE, maintain_order=True)
        .agg(
            pl.when(pl.col("refused").any()).then(pl.lit("rejected")).otherwise(pl.lit("acknowledged")).alias("state"),
            pl.format("824 {} {}, codes {}", word, part, pl.col("codes").fill_null("-")).str.join("; ").alias("detail"),
        )
        .sort(FILE)
    )


def _exceptions(items: pl.DataFrame, spoken: pl.DataFrame) -> pl.DataFrame:
    codes = pl.col("codes").fill_null("-")
    kind = pl.lit("application_ack").alias("kind")
    refused = (
        spoken.filter("refused")
        .group_by("position", maintain_order=True)
        .agg(pl.col("member").unique(maintain_order=True).str.join(", "), pl.col("codes").first())
    )
    said_no = refused.select("position", kind, detail=pl.format("824 refuses {}: codes {}", "member", codes))
    lost = items.join(spoken.select("position").unique(), on="position", how="anti", maintain_order="left")
    words = pl.format("824 verdict {}, codes {}, on nothing that was sent", pl.col("verdict").fill_null("?"), codes)
    return pl.concat([said_no, lost.select("position", kind, detail=words)]).sort("position")
