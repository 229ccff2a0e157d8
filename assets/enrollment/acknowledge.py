"""The enrollment room's step for an answer of a vendor: verdicts on record, the file's state moved, errors traced."""

from __future__ import annotations

import polars as pl

from assets.enrollment.answers import FILE, heard, matched, narrowed, new_events, severest, verdicts
from assets.enrollment.applications import Said, said
from assets.enrollment.tracing import explained, written_at
from formats.edi834 import Acks, read_acks
from formats.errors import RecordError
from formats.problems import ERROR
from resources.record import Tx
from resources.sealed import FILE_OUT, SSN
from resources.vault import Vault

_KEY = [*FILE, "level", "control_number"]
_SSN_SHAPE = r"^\d{3}-?\d{2}-?\d{4}$"
_TRACED = 5  # errors spelled out in an event's detail; all of them are exceptions


def acknowledge(tx: Tx, sha256: bytes, data: bytes, vault: Vault) -> dict[str, int]:
    """Record what a received TA1, 999 or 824 says of our files. The same content twice changes nothing.

    An answer can speak only of files that have left, or were about to. Appends enrollment.acknowledgement per level,
    member_answer per set and member an 824 speaks of, exchange.event (acknowledged, rejected) where the state gets
    more severe, exchange.exception: unmatched_ack, set_error per IK3/IK4, accepted_with_errors where none says which,
    application_ack for what an 824 refuses or can't mean, unreadable.

    Args:
        tx: the step's transaction, over all companies.
        sha256: of the content; exchange.inbound says which partner sent it.
        data: the clear bytes.
        vault: opens our own file when an error is to be traced to its member.

    Returns:
        acknowledged, rejected (files whose state moved), exceptions.

    Raises:
        RecordError: exchange.inbound does not know the content.
    """
    inbound = tx.read("enrollment/partner_of_inbound", sha256=sha256)
    if inbound.is_empty():
        raise RecordError("an acknowledgement was handed over that was not received", hint="receive it first")
    partner = str(inbound["partner"].item())
    acks = read_acks(data)
    rows = heard(acks)
    values = pl.concat([rows["control_number"], rows["group_number"]]).drop_nulls().unique().sort().to_list()
    found = matched(rows, tx.read("enrollment/numbers_given", partner=partner, values=values))
    found = narrowed(found, _made(tx, found))
    ours = found.filter(pl.col("company_id").is_in(list(tx.companies)) & ~pl.col("unclear"))
    traced = _trace(tx, acks, ours, vault)
    applied = said(tx, acks, partner, vault)
    _append_verdicts(tx, ours, sha256)
    _append_answers(tx, applied.answers, sha256)
    moved = _append_events(tx, _found(ours, traced, applied), partner)
    named = pl.concat([_set_errors(traced), _with_errors(ours), applied.exceptions])
    exceptions = _append_exceptions(tx, acks, found, named, sha256)
    counts = dict(moved.group_by("state").len().iter_rows())
    return {name: int(counts.get(name, 0)) for name in ("acknowledged", "rejected")} | {"exceptions": exceptions}


def _append_verdicts(tx: Tx, ours: pl.DataFrame, sha256: bytes) -> None:
    before = tx.read("enrollment/heard_before", sha256=sha256)
    rows = severest(ours, _KEY).join(before, on=_KEY, how="anti", maintain_order="left")
    tx.append(
        "enrollment.acknowledgement",
        rows.select(*_KEY, "verdict", "errors", "short").with_columns(
            sha256=pl.lit(sha256), business_date=pl.lit(tx.business_date)
        ),
    )


def _append_answers(tx: Tx, answers: pl.DataFrame, sha256: bytes) -> None:
    before = tx.read("enrollment/applied_before", sha256=sha256)
    fresh = answers.join(before, on=[*FILE, "set_control", "person_id"], how="anti", maintain_order="left")
    about = {"sha256": pl.lit(sha256), "business_date": pl.lit(tx.business_date)}
    tx.append("enrollment.member_answer", fresh.with_columns(pl.col("codes").fill_null(""), **about))


def _found(ours: pl.DataFrame, traced: pl.DataFrame, applied: Said) -> pl.DataFrame:
    """What the answer makes of each file, in words: FILE, state, detail; the more severe where it speaks twice."""
    verdict = verdicts(ours)
    first = traced.group_by(FILE, maintain_order=True).agg(
        pl.col("words").head(_TRACED).str.join("; ").alias("words"), pl.len().alias("all")
    )
    more = pl.when(pl.col("all") > _TRACED).then(pl.format("; {} errors in all", "all")).otherwise(pl.lit(""))
    detail = pl.concat_str("said", (pl.lit("; ") + pl.col("words") + more).fill_null(""))
    told = verdict.join(first, on=FILE, how="left", maintain_order="left").select(*FILE, "state", detail=detail)
    both = pl.concat([told, applied.states.select(told.columns).cast(told.schema)])
    return both.sort(*FILE, pl.col("state") != "rejected").unique(FILE, keep="first", maintain_order=True)


def _append_events(tx: Tx, found: pl.DataFrame, partner: str) -> pl.DataFrame:
    states = tx.read(
        "enrollment/states", company_ids=found["company_id"].to_list(), file_ids=found["file_id"].to_list()
    )
    events = new_events(found, states).with_columns(actor=pl.lit(partner), business_date=pl.lit(tx.business_date))
    tx.append("exchange.event", events)
    return events


def _made(tx: Tx, found: pl.DataFrame) -> pl.DataFrame:
    files = found.select(FILE).drop_nulls().unique(maintain_order=True)
    return tx.read(
        "enrollment/sets_made", company_ids=files["company_id"].to_list(), file_ids=files["file_id"].to_list()
    ).cast({"company_id": found.schema["company_id"], "file_id": found.schema["file_id"]})


def _with_errors(ours: pl.DataFrame) -> pl.DataFrame:
    """Acceptances with errors (E) of which no IK3 says what they are: somebody must ask."""
    codes = pl.col("codes").fill_null("none given")
    return ours.filter((pl.col("verdict") == "E") & (pl.col("errors") == 0)).select(
        "position",
        kind=pl.lit("accepted_with_errors"),
        detail=pl.format("{} {} was taken with errors: codes {}", "level", "control_number", codes),
    )


def _set_errors(traced: pl.DataFrame) -> pl.DataFrame:
    return traced.select("position", kind=pl.lit("set_error"), detail="words")


def _trace(tx: Tx, acks: Acks, ours: pl.DataFrame, vault: Vault) -> pl.DataFrame:
    """The errors of our sets with member and words: company_id, file_id, position, words."""
    sets = ours.filter(pl.col("level") == "set").select(*FILE, number="control_number").unique(maintain_order=True)
    errors = acks.errors.with_columns(number=pl.col("set_control").cast(pl.Int64, strict=False)).join(
        sets, on="number", how="inner", maintain_order="left"
    )
    # As our files spell it: some vendors leave out leading zeros.
    errors = errors.with_columns(set_control=pl.col("number").cast(pl.String).str.zfill(4))
    named = errors.select(FILE).unique(maintain_order=True)
    contents = tx.read(
        "enrollment/contents", company_ids=named["company_id"].to_list(), file_ids=named["file_id"].to_list()
    )
    parts = [pl.DataFrame(schema={**{c: sets.schema[c] for c in FILE}, "position": pl.Int64, "words": pl.String})]
    for company, file_id, sealed in contents.sort(FILE).iter_rows():
        mine = errors.filter((pl.col("company_id") == company) & (pl.col("file_id") == file_id))
        places = written_at(mine, vault.open_bytes(company, FILE_OUT, sealed))
        owner = {c: pl.lit(n, sets.schema[c]) for c, n in zip(FILE, (company, file_id), strict=True)}
        told = _explained(tx, places, company, vault)
        parts.append(told.select("position", "words").with_columns(**owner).select(*FILE, "position", "words"))
    return pl.concat(parts)


def _explained(tx: Tx, places: pl.DataFrame, company: int, vault: Vault) -> pl.DataFrame:
    """The places with member and words; a family that is tied by an SSN is known by its blind index."""
    heads = places.select("subscriber_id").drop_nulls().unique().sort("subscriber_id")
    numbers = heads.select(pl.when(pl.col("subscriber_id").str.contains(_SSN_SHAPE)).then("subscriber_id")).to_series()
    whose = pl.repeat(company, heads.height, dtype=pl.Int32, eager=True)
    heads = heads.with_columns(head_blind=vault.blind(whose, numbers, SSN))
    families = tx.read(
        "enrollment/families",
        company=company,
        codes=heads["subscriber_id"].to_list(),
        blinds=heads["head_blind"].drop_nulls().to_list(),
    )
    return explained(places.join(heads, on="subscriber_id", how="left", maintain_order="left"), families)


def _append_exceptions(tx: Tx, acks: Acks, found: pl.DataFrame, named: pl.DataFrame, sha256: bytes) -> int:
    """Everything that is not an answer to a file of ours, and every error a vendor found in one (`named`)."""
    about = pl.format(
        "verdict {} on {} {}",
        "verdict", "level", pl.col("control_number").cast(pl.String).fill_null("without a number"),
    )  # fmt: skip
    counts = pl.format("{} counts {} of the {} sets that were sent, and names none", about, "counted", "made")
    unmatched = found.filter(pl.col("company_id").is_null() | pl.col("unclear")).select(
        "position",
        kind=pl.lit("unmatched_ack"),
        detail=pl.when("unclear").then(counts).otherwise(pl.format("{}, which this partner was not sent", about)),
    )
    unread = acks.problems.filter(pl.col("severity") == ERROR).select(
        position=pl.col("line").fill_null(0), kind=pl.lit("unreadable"), detail="message"
    )
    rows = pl.concat([unmatched, unread, named]).unique(["position", "kind"], keep="first", maintain_order=True)
    fresh = rows.join(
        tx.read("enrollment/exceptions_of", sha256=sha256), on=["position", "kind"], how="anti", maintain_order="left"
    )
    return tx.append(
        "exchange.exception", fresh.with_columns(sha256=pl.lit(sha256), business_date=pl.lit(tx.business_date))
    )
