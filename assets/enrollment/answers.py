"""What a vendor's TA1 and 999 say of our files: verdicts, states, and where an error stands. Pure.

A accepts, E accepts with errors, everything else refuses; P (or fewer sets accepted than there were) is a refusal in
part. A TA1 that accepts says nothing of the content. "Accepted" never means that the members were loaded.
"""

from __future__ import annotations

import polars as pl

from formats.edi834 import REFUSED, Acks

ACCEPTED = ("A", "E")
SEVERITY = {"acknowledged": 1, "rejected": 2, "void": 3}  # any other state knows no verdict
FILE = ["company_id", "file_id"]
_HEARD = {
    "level": pl.String(),  # interchange, group, set
    "control_number": pl.Int64(),
    "verdict": pl.String(),  # as received; empty when the partner left it out
    "refused": pl.Boolean(),
    "errors": pl.Int64(),
    "codes": pl.String(),  # TA105, AK905.., IK502.., raw
    "counted": pl.Int64(),  # of a group: the sets it says there were
    "short": pl.Boolean(),  # of a group: fewer sets accepted than there were
    "position": pl.Int64(),  # segment of the acknowledgement
    "group_number": pl.Int64(),  # of a set: the GS06 it was in
}


def heard(acks: Acks) -> pl.DataFrame:
    """Every verdict of an acknowledgement file, with the columns level to group_number of `_HEARD`.

    A number that is no number is null, and then matches nothing.
    """

    def number(column: str) -> pl.Expr:
        return pl.col(column).str.strip_chars().cast(pl.Int64, strict=False)

    bad = pl.col("verdict").is_in(REFUSED)
    there = pl.max_horizontal("sets_included", "sets_received")
    short = (pl.col("sets_accepted") < there).fill_null(value=False)
    wrong = acks.errors.group_by("group_control", "set_control").agg(pl.len().cast(pl.Int64).alias("errors"))
    sets = acks.sets.join(wrong, on=["group_control", "set_control"], how="left", maintain_order="left")
    in_group = acks.errors.group_by("group_control").agg(pl.len().cast(pl.Int64).alias("errors"))
    groups = acks.groups.join(in_group, on="group_control", how="left", maintain_order="left")
    parts = [
        acks.ta1.select(
            level=pl.lit("interchange"), control_number=number("interchange_control"), verdict="verdict", refused=bad,
            errors=pl.lit(0, pl.Int64), codes=pl.col("note").replace("000", None), counted=pl.lit(None, pl.Int64),
            short=pl.lit(value=False), position="position", group_number=pl.lit(None, pl.Int64),
        ),
        groups.select(
            level=pl.lit("group"), control_number=number("group_control"), verdict="verdict",
            refused=bad | (pl.col("verdict") == "P") | short,
            errors="errors", codes="codes", counted=there, short=short, position="position",
            group_number=pl.lit(None, pl.Int64),
        ),
        sets.select(
            level=pl.lit("set"), control_number=number("set_control"), verdict="verdict", refused=bad,
            errors="errors", codes="codes", counted=pl.lit(None, pl.Int64), short=pl.lit(value=False),
            position="position",
            group_number=number("group_control"),
        ),
    ]  # fmt: skip
    rows = pl.concat([p.cast(_HEARD) for p in parts])  # type: ignore[arg-type]  # a dict of types is a schema
    return rows.with_columns(
        pl.col("verdict").fill_null(""), pl.col("errors").fill_null(0), pl.col("refused").fill_null(value=False)
    )


def matched(rows: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Add company_id and file_id of the file each verdict speaks of; null where nothing of ours has that number.

    Args:
        rows: as `heard` returns them.
        given: kind (ISA13, GS06, ST02), value, company_id, file_id of one partner. A set must be in the file its
            group is.
    """
    kinds = {"interchange": "ISA13", "group": "GS06", "set": "ST02"}
    keyed = rows.with_columns(kind=pl.col("level").replace_strict(kinds, return_dtype=pl.String))
    numbers = given.select("kind", pl.col("value").cast(pl.Int64), *FILE)
    groups = numbers.filter(pl.col("kind") == "GS06").select(
        pl.col("value").alias("group_number"), pl.col("file_id").alias("of_group"), pl.col("company_id").alias("at")
    )
    found = keyed.join(
        numbers, left_on=["kind", "control_number"], right_on=["kind", "value"], how="left", maintain_order="left"
    ).join(groups, on="group_number", how="left", maintain_order="left")
    astray = (pl.col("level") == "set") & (
        ~pl.col("of_group").eq_missing(pl.col("file_id")) | ~pl.col("at").eq_missing(pl.col("company_id"))
    )
    return found.with_columns(pl.when(~astray).then(c).alias(c) for c in FILE).drop("kind", "of_group", "at")


def narrowed(found: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
    """The verdicts without those of groups that count fewer sets than were sent: they speak for the sets they name.

    Some partners answer each set by itself, under a group verdict about that one set. One that names none decides
    nothing unless it refuses: it comes back with `unclear`.

    Args:
        found: as `matched` returns them.
        made: FILE, made (sets the file has).
    """
    named = found.filter(pl.col("level") == "set").select(control_number="group_number").drop_nulls().unique()
    fewer = (pl.col("level") == "group") & (pl.col("counted") < pl.col("made")).fill_null(value=False)
    known = found.join(made, on=FILE, how="left", maintain_order="left").join(
        named.with_columns(names=pl.lit(value=True)), on="control_number", how="left", maintain_order="left"
    )
    names = pl.col("names").fill_null(value=False)
    kept = known.with_columns(unclear=fewer & ~names & ~pl.col("verdict").is_in(REFUSED)).filter(~(fewer & names))
    return kept.drop("names")


def severest(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Of several verdicts on the same thing in one file the one that refuses most.

    Args:
        rows: as `matched` returns them.
        key: what tells things apart.
    """
    rank = (
        pl.when(pl.col("verdict").is_in(REFUSED)).then(0)
        .when("refused").then(1)
        .when(pl.col("verdict").is_in(ACCEPTED)).then(2)
        .otherwise(3)
    )  # fmt: skip
    return rows.sort(rank, maintain_order=True).unique(key, keep="first", maintain_order=True)


def verdicts(rows: pl.DataFrame) -> pl.DataFrame:
    """What the answer makes of each file: company_id, file_id, state (acknowledged, rejected), said (plain words).

    Args:
        rows: as `matched` returns them, matched ones only. A file of which only an accepting TA1 speaks has no row.
    """
    speaks = pl.col("level").is_in(["group", "set"])
    accepts = (speaks & pl.col("verdict").is_in(ACCEPTED)).any()
    codes = (pl.lit(", codes ") + pl.col("codes")).fill_null("")
    words = pl.format("{} {}: {}{}", "level", "control_number", pl.col("verdict").replace("", "no verdict"), codes)
    return (
        rows.group_by(FILE, maintain_order=True)
        .agg(
            pl.when(pl.col("refused").any())
            .then(pl.lit("rejected"))
            .when(accepts)
            .then(pl.lit("acknowledged"))
            .alias("state"),
            words.filter(pl.col("refused") | (pl.col("level") != "set")).str.join(", ").alias("said"),
        )
        .filter(pl.col("state").is_not_null())
        .sort(FILE)
    )


def new_events(found: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """The verdicts that change a file's state, as event_no, state, detail. Severity only ever goes up.

    Args:
        found: company_id, file_id, state, detail.
        states: company_id, file_id, event_no and state of now.
    """
    now = states.select(*FILE, "event_no", pl.col("state").alias("now"))
    rank = {c: pl.col(c).replace_strict(SEVERITY, default=0, return_dtype=pl.Int64) for c in ("state", "now")}
    return (
        found.join(now, on=FILE, how="inner", maintain_order="left")
        .filter(rank["state"] > rank["now"])
        .with_columns(event_no=pl.col("event_no") + 1)
        .drop("now")
    )
