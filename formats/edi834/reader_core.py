"""Members, their details and coverages out of a piece of an 834."""

import numpy as np
import polars as pl

from formats.edi834.extras import EXTRAS, Schema
from formats.edi834.layout import COVERAGE, MEMBER
from formats.edi834.placing import COVERAGE as IN_COVERAGE
from formats.edi834.placing import MEMBER as IN_MEMBER
from formats.edi834.placing import NAME
from formats.edi834.reader_body import Body, bad_values, faults, gathered, values
from formats.edi834.reader_left import elements, unread
from formats.edi834.schema import COVERAGES, MEMBERS
from formats.edi834.segments import SEPARATOR
from formats.problems import WARNING

# REF and DTP after the name are in the wrong place, but cannot be another's: loop 2100A has none.
_LOOPS = {"2000": [IN_MEMBER, NAME], "2100A": [NAME], "2300": [IN_COVERAGE]}
_READ_MEMBERS: Schema = {**EXTRAS["details"], **MEMBERS, "who": pl.String(), "whose": pl.String()}
_AS_DEPENDENT = "The member was taken as a dependent"
_PHONES = ["HP", "CP", "WP", "AP", "BN"]


def members_of(body: Body, found: list[pl.DataFrame]) -> pl.DataFrame:
    """MEMBERS without subscriber_key, and the columns of details that any member has."""
    ins = body.wide("INS")
    frame = ins.select(
        "set_no", "position", (pl.lit("seg") + pl.col("position").cast(pl.String)).alias("member_key"),
        (pl.col("e1") == "Y").fill_null(value=False).alias("is_subscriber"),
    )  # fmt: skip
    unknown = ins.filter(~pl.col("e1").is_in(["Y", "N"]) | pl.col("e1").is_null())
    words = "INS01 says neither Y (subscriber) nor N (dependent)"
    found.append(faults(unknown, "edi834.read.ins01", 1, message=words, hint=_AS_DEPENDENT, severity=WARNING))
    for segment in MEMBER.values():
        rows = body.first(body.rows(segment, _LOOPS[segment.loop]), "member")
        if rows.is_empty():
            continue
        found += bad_values(rows, segment, _READ_MEMBERS) + unread(rows, segment, _READ_MEMBERS, body.region)
        made = values(segment, _READ_MEMBERS, rows, body.region)
        if segment.name == "NM1":
            made += _who(rows)
        if segment.name == "PER":
            made = _numbers(rows)
            found += _third(rows)
        owners = np.searchsorted(body.ins, rows["member"].to_numpy())
        frame = frame.hstack(gathered(owners, rows.select(made), frame.height).get_columns())
    if "employment_status" in frame.columns:
        frame = frame.with_columns(pl.col("employment_status").str.strip_chars())
    missing = [pl.lit(None, dtype).alias(c) for c, dtype in MEMBERS.items() if c not in frame.columns]
    return (
        frame.rename({"whose": "subscriber_id"}, strict=False)
        .with_columns(m for m in missing if m.meta.output_name() != "subscriber_id" or "whose" not in frame.columns)
        .select(*MEMBERS, *[c for c in frame.columns if c not in MEMBERS and c in EXTRAS["details"]])
    )


def _who(rows: pl.DataFrame) -> list[pl.Expr]:
    made = [pl.when(pl.col("e1") == "74").then(pl.lit(value=True)).alias("corrects")]
    if "e9" in rows.columns:
        made.append(pl.when(pl.col("e8") == "34").then("e9").alias("ssn"))
        made.append(pl.when(pl.col("e8") == "ZZ").then("e9").alias("member_id"))
    return made


def _numbers(rows: pl.DataFrame) -> list[pl.Expr]:
    """Phone (TE, else another telephone) with its kind, email, and what numbers are left."""
    pairs = [(f"e{k}", f"e{k + 1}") for k in (3, 5, 7) if f"e{k + 1}" in rows.columns]
    if not pairs:
        return []

    def which(*kinds: str) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col(k).is_in(kinds)).then(i) for i, (k, _) in enumerate(pairs))

    phone, mail = pl.coalesce(which("TE"), which(*_PHONES)), which("EM")

    def at(index: pl.Expr, part: int) -> pl.Expr:
        return pl.coalesce(pl.when(index == i).then(pl.col(pair[part])) for i, pair in enumerate(pairs))

    kind = at(phone, 0)
    made = [
        at(phone, 1).alias("phone"),
        at(mail, 1).alias("email"),
        pl.when(kind != "TE").then(kind).alias("phone_kind"),
    ]
    if len(pairs) == 1 and rows["e3"].fill_null("").is_in(["TE", "EM", *_PHONES]).all():
        return made
    left = [
        pl.when((phone.fill_null(-1) != i) & (mail.fill_null(-1) != i) & _some(pair)).then(
            pl.concat_str(pl.col(pair).fill_null(""), separator=SEPARATOR)
        )
        for i, pair in enumerate(pairs)
    ]
    rest = pl.concat_str(left, separator=SEPARATOR, ignore_nulls=True).str.split_exact(SEPARATOR, 3).struct
    names = ["kind2", "number2", "kind3", "number3"]
    return made + [pl.when(rest[i] != "").then(rest[i]).alias(name) for i, name in enumerate(names)]


def _some(pair: tuple[str, str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(pair).is_not_null())


def _third(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Members with three numbers of which none is a telephone or an e-mail: there is room for two."""
    if "e8" not in rows.columns:
        return []
    known = pl.any_horizontal(pl.col("e3", "e5", "e7").is_in(["TE", "EM", *_PHONES])).fill_null(value=False)
    full = pl.all_horizontal(_some((f"e{k}", f"e{k + 1}")) for k in (3, 5, 7))
    lost = rows.filter(full & ~known)
    return [] if lost.is_empty() else [elements(lost, "PER08", 8)]


def details_of(members: pl.DataFrame) -> pl.DataFrame:
    """The members that have any of the columns of details, with these."""
    there = [
        c for c in EXTRAS["details"]
        if c != "member_key" and c in members.columns and members[c].null_count() < members.height
    ]  # fmt: skip
    if not there:
        return members.select("member_key").clear()
    return members.filter(pl.any_horizontal(pl.col(c).is_not_null() for c in there)).select("member_key", *there)


def coverages_of(body: Body, found: list[pl.DataFrame]) -> pl.DataFrame:
    """COVERAGES, of which those that no segment gave are missing."""
    hd = body.wide("HD").filter(pl.col("coverage").is_not_null())
    frame = hd.select(
        (pl.lit("seg") + pl.col("member").cast(pl.String)).alias("member_key"),
        (pl.lit("seg") + pl.col("position").cast(pl.String)).alias("coverage_key"),
        "position",
    )
    read: Schema = {**COVERAGES, "sent_tier": pl.String()}
    for segment in COVERAGE.values():
        rows = body.rows(segment, _LOOPS[segment.loop]).filter(pl.col("coverage").is_not_null())
        rows = body.first(rows, "coverage")
        if rows.is_empty():
            continue
        found += bad_values(rows, segment, read) + unread(rows, segment, read, body.region)
        owners = np.searchsorted(body.hd, rows["coverage"].to_numpy())
        made = rows.select(values(segment, read, rows, body.region))
        frame = frame.hstack(gathered(owners, made, frame.height).get_columns())
    return frame.rename({"sent_tier": "tier"}, strict=False)
