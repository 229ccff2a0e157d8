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

_SSN = ("SY", "34")
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
    own number under TN); within it a member by code or SSN (SY), of which only the blind index is compared, else a
    family by the subscriber's code (0F). Of an item that names no member, or a set that is not in the file, nobody
    knows what it says: it never speaks for more than it names.

    Args:
        tx: the step's transaction; only its companies' files are spoken of.
        acks: as `read_acks` returns them.
        partner: who sent it.
        vault: makes the blind index of an SSN.
    """
    number = pl.col("set_control").cast(pl.Int64, strict=False)
    items = acks.applications.with_columns(
        set_control=pl.when(pl.col("set_control").is_null()).then(0).otherwise(number),
        refused=pl.col("verdict") == "R",
        silent=pl.col("verdict").is_null() | (pl.col("verdict") == "P"),
    )
    at = _files(tx, items, partner).filter(pl.col("company_id").is_in(list(tx.companies)))
    found = items.join(at, on="position", how="inner", maintain_order="left")
    single = pl.col("scope") == "I"
    whole = _in_the_file(tx, found.filter(~single.fill_null(value=False)), partner)
    people = _people(tx, found.filter(single), vault)
    named = [
        whole.with_columns(person_id=pl.lit(0, pl.Int32), member=pl.lit("the file")),
        people.with_columns(set_control=pl.lit(0, pl.Int64)),
    ]
    columns = [*_KEY, "refused", "silent", "verdict", "codes", "position", "member"]
    spoken = pl.concat([part.select(columns) for part in named])
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
    wanted = [
        items.select("position", name=pl.col(c).str.to_uppercase()).drop_nulls()
        for c in ("original_reference", "file_reference")
    ]
    by_name = pl.concat(wanted).join(names, on="name", how="inner", maintain_order="left").select(empty.columns)
    both = pl.concat([empty, by_number.cast(empty.schema), by_name.cast(empty.schema)])
    return both.unique("position", keep="first", maintain_order=True)


def _in_the_file(tx: Tx, whole: pl.DataFrame, partner: str) -> pl.DataFrame:
    """The items without those of a set that is not in their file."""
    named = whole["set_control"].drop_nulls().unique().sort().to_list()
    given = tx.read("enrollment/numbers_given", partner=partner, values=named).filter(pl.col("kind") == "ST02")
    there = given.select(*FILE, set_control=pl.col("value").cast(pl.Int64))
    of_all = whole.select(FILE).unique().with_columns(set_control=pl.lit(0, pl.Int64))
    sets = pl.concat([there, of_all.cast(there.schema)])
    return whole.join(sets, on=[*FILE, "set_control"], how="semi", maintain_order="left")


def _people(tx: Tx, items: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """The items with person_id and member (the person's code); one row per member of a family.

    The member an item names goes before its family, and who was told of in the file before others: a full file also
    holds people of whom it told nothing new.
    """
    files = items.select(FILE).unique(maintain_order=True)
    there = tx.read(
        "enrollment/named_in_file", company_ids=files["company_id"].to_list(), file_ids=files["file_id"].to_list()
    ).drop("set_control")
    is_ssn = pl.col("qualifier").is_in(_SSN).fill_null(value=False)
    numbers = items.select(pl.when(is_ssn).then(pl.col("value").str.replace_all(r"\D", ""))).to_series()
    asked = items.with_columns(
        pl.when(~is_ssn).then(pl.col("value").str.to_uppercase()).alias("key"),
        pl.col("subscriber").str.to_uppercase(),
        ssn_blind=vault.blind(items["company_id"], numbers, SSN),
    )
    known = tx.read(
        "enrollment/people_named",
        company_ids=asked["company_id"].unique().sort().to_list(),
        codes=pl.concat([asked["key"], asked["subscriber"]]).drop_nulls().unique().sort().to_list(),
        blinds=asked["ssn_blind"].drop_nulls().unique().sort().to_list(),
    )
    found = [pl.DataFrame(schema=_members(asked.clear(), there, FILE).schema)]
    for of in (_members, _families):
        for people, key in ((there, FILE), (known, ["company_id"])):
            found.append(of(asked, people, key))
            asked = asked.join(found[-1].select("position"), on="position", how="anti", maintain_order="left")
    return pl.concat(found)


_SAID = [*FILE, "person_id", "refused", "silent", "verdict", "codes", "position", pl.col("code").alias("member")]


def _members(asked: pl.DataFrame, people: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    """The items whose own member is among the people: FILE, person_id, what was said, member."""
    by_code = people.with_columns(key=pl.col("code").str.to_uppercase())
    return pl.concat([
        asked.drop("ssn_blind").join(by_code, on=[*of, "key"], how="inner", maintain_order="left").select(_SAID),
        asked.join(people, on=[*of, "ssn_blind"], how="inner", maintain_order="left").select(_SAID),
    ])  # fmt: skip


def _families(asked: pl.DataFrame, people: pl.DataFrame, of: list[str]) -> pl.DataFrame:
    """The items whose family is among the people, a row for each of its members; columns as of `_members`."""
    by_head = people.with_columns(subscriber=pl.col("head_code").str.to_uppercase())
    items = asked.drop("ssn_blind")
    return items.join(by_head, on=[*of, "subscriber"], how="inner", maintain_order="left").select(_SAID)


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
    """What a person must look into: refusals, errors, verdicts that decide nothing or are about nothing of ours."""
    codes, verdict = pl.col("codes").fill_null("-"), pl.col("verdict").fill_null("?")
    kind = pl.lit("application_ack").alias("kind")
    words = (
        pl.when("refused").then(pl.format("824 refuses {}: codes {}", "member", codes))
        .when("silent")
        .then(pl.format("824 says neither yes nor no of {}: verdict {}, codes {}", "member", verdict, codes))
        .when(pl.col("verdict") == "E").then(pl.format("824 takes {} with errors: codes {}", "member", codes))
    )  # fmt: skip
    told = (
        spoken.group_by("position", maintain_order=True)
        .agg(pl.col("member").unique(maintain_order=True).str.join(", "),
             pl.col("codes", "verdict", "refused", "silent").first())
        .select("position", kind, detail=words)
        .drop_nulls()
    )  # fmt: skip
    lost = items.join(spoken.select("position").unique(), on="position", how="anti", maintain_order="left")
    nothing = pl.format("824 verdict {}, codes {}, on nothing that was sent", verdict, codes)
    return pl.concat([told, lost.select("position", kind, detail=nothing)]).sort("position")
