"""Doubles: the same file, the same entry, and what looks like one, over 90 days.

An entry that came back, was reversed, or went down with a void file is no double of anything: asking again is its cure.
Reversals are left out, since the entry they undo is asked about already; so is what moves no money.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import polars as pl

from formats.errors import GuardError
from resources.record import Tx

WINDOW = dt.timedelta(days=90)
# `payments/recent_entries`
EARLIER: dict[str, type[pl.DataType]] = {
    "company_id": pl.Int32,
    "entry_id": pl.Int64,
    "file_id": pl.Int64,
    "file": pl.String,
    "purpose": pl.String,
    "direction": pl.String,
    "routing": pl.String,
    "account_blind": pl.Binary,
    "amount_cents": pl.Int64,
    "individual_id": pl.String,
    "effective_date": pl.Date,
    "business_date": pl.Date,
}
_ACCOUNT = ["company_id", "routing", "account_blind"]
_SAME = [*_ACCOUNT, "direction", "amount_cents", "individual_id"]
_ALIKE = [*_ACCOUNT, "direction", "amount_cents", "purpose", "effective_date"]
_FILE = ["company_id", "file_id"]
_PRINTED = ["sec", "transaction_code", "routing", "account_blind", "amount_cents", "individual_id"]
_BAD = ["company_id", "purpose", "source_id", "attempt_no", "subject", "rule", "reason"]
_TOLD = 20  # possible doubles of one file in words; more are counted


def earlier_entries(tx: Tx, rows: pl.DataFrame) -> pl.DataFrame:
    """What stands of the entries that these rows could double (columns of `EARLIER`).

    Counted back from the day each row was wanted, not from tonight: what waits as a double must not become free merely
    because time passes.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=EARLIER)
    oldest = rows["wanted_date"].min()
    assert isinstance(oldest, dt.date)  # noqa: S101 - the column is never null
    since = min(oldest, tx.business_date) - WINDOW
    found = tx.read("payments/recent_entries", since=since).select(pl.col(c).cast(t) for c, t in EARLIER.items())
    if found.is_empty():
        return found
    undone = tx.read("payments/recently_undone", since=since).select(
        pl.col(c).cast(EARLIER[c]) for c in ("company_id", "entry_id")
    )
    return found.join(undone, on=["company_id", "entry_id"], how="anti")


def doubles(rows: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Name the rows that ask the same account for the same, under the same id, as an entry that stands or another row.

    Args:
        rows: what is to be sent: company_id, purpose, source_id, attempt_no, subject, direction, routing,
            account_blind, amount_cents, individual_id, wanted_date.
        earlier: columns of `EARLIER`.

    Returns:
        company_id, purpose, source_id, attempt_no, subject, rule, reason. Of two rows the later source is named.
    """
    money = rows.filter((pl.col("amount_cents") > 0) & (pl.col("purpose") != "reversal"))
    asked = money.select(*_BAD[:5], *_SAME[1:], "wanted_date")
    first = earlier.sort("entry_id").select(*_SAME, "entry_id", "file", since="business_date")
    before = (
        asked.join(first, on=_SAME, how="inner", maintain_order="left_right")
        .filter(pl.col("since") >= pl.col("wanted_date") - WINDOW)
        .unique(_BAD[:4], keep="first", maintain_order=True)
        .with_columns(
            rule=pl.lit("double_entry"),
            reason=pl.format(
                "the same account is asked for the same amount under the same id by entry {} in {} of {}; if both are "
                "right, give one another id or amount, else void or reverse the first",
                "entry_id", "file", "since",
            ),
        )
    )  # fmt: skip
    ordered = asked.sort("company_id", "purpose", "source_id", "attempt_no")
    beside = (
        ordered.with_columns(other=pl.col("subject").first().over(_SAME), place=pl.int_range(pl.len()).over(_SAME))
        .filter(pl.col("place") > 0)
        .join(before, on=_BAD[:4], how="anti", maintain_order="left")
        .with_columns(
            rule=pl.lit("double_entry"),
            reason=pl.format("the same account is asked for the same amount under the same id by {} tonight", "other"),
        )
    )
    return pl.concat([before.select(_BAD), beside.select(_BAD)]).sort(_BAD[:4])


def questions(entries: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Tell which files hold entries that look like doubles: an account asked twice for one amount, purpose and day.

    Args:
        entries: of new files: company_id, entry_id, file_id, file (name), purpose, direction, routing, account_blind,
            amount_cents, individual_id, effective_date.
        earlier: columns of `EARLIER`; may hold the new entries too.

    Returns:
        company_id, file_id, questions (entries), words (a line each).
    """
    columns = [*_ALIKE, "entry_id", "file_id", "file", "individual_id"]
    moving = pl.col("amount_cents").is_not_null() & (pl.col("amount_cents") > 0) & (pl.col("purpose") != "reversal")
    new = entries.filter(moving).select(pl.col(c).cast(EARLIER[c]) for c in columns)
    others = earlier.join(new, on=["company_id", "entry_id"], how="anti").join(new, on=_ALIKE, how="semi")
    known = pl.concat([others.select(columns), new]).sort("company_id", "entry_id")
    # Most accounts are asked once: only the others are looked at closely.
    first = (
        known.group_by(_ALIKE)
        .agg(
            pl.len().alias("asked"),
            other=pl.col("individual_id").first(),
            other_entry=pl.col("entry_id").first(),
            other_file=pl.col("file").first(),
        )
        .filter(pl.col("asked") > 1)
    )
    asked = known.join(first, on=_ALIKE, how="inner", maintain_order="left").filter(
        (pl.col("entry_id") != pl.col("other_entry")) & (pl.col("individual_id") != pl.col("other"))
    )
    cents = pl.col("amount_cents")
    told = pl.format(
        "{} {} and {} (entry {} in {}) both ask one account for {}.{} on {}",
        "purpose", "individual_id", "other", "other_entry", "other_file",
        cents // 100, (cents % 100).cast(pl.String).str.zfill(2), "effective_date",
    )  # fmt: skip
    mine = asked.join(
        new.select("company_id", "entry_id"), on=["company_id", "entry_id"], how="semi", maintain_order="left"
    )
    more = pl.when(pl.len() > _TOLD).then(pl.format("\nand {} more", pl.len() - _TOLD)).otherwise(pl.lit(""))
    return (
        mine.with_columns(told=told)
        .group_by(_FILE, maintain_order=True)
        .agg(questions=pl.len().cast(pl.Int64), words=pl.col("told").head(_TOLD).str.join("\n") + more)
    )


def fingerprints(entries: pl.DataFrame) -> pl.DataFrame:
    """Say who is paid what by each file, whatever dates, numbers and order stand around it.

    Args:
        entries: company_id, file_id, sec, transaction_code, routing, account_blind, amount_cents, individual_id.

    Returns:
        company_id, file_id, fingerprint (32 bytes).
    """
    line = pl.concat_str(
        [pl.col(c) if c != "account_blind" else pl.col(c).bin.encode("hex") for c in _PRINTED], separator="|"
    )
    lines = (
        entries.select(*_FILE, line=line).group_by(_FILE, maintain_order=True).agg(pl.col("line").sort().str.join("\n"))
    )
    prints = [hashlib.sha256(text.encode()).digest() for text in lines["line"]]
    return lines.select(_FILE).with_columns(fingerprint=pl.Series(prints, dtype=pl.Binary))


def marked(tx: Tx, files: pl.DataFrame, entries: pl.DataFrame, earlier: pl.DataFrame) -> pl.DataFrame:
    """Add to new files what the registry and an approver must know of them.

    Args:
        tx: the step's transaction; the files are not registered yet.
        files: company_id, file_id, name.
        entries: of these files, as for `questions` and `fingerprints`.
        earlier: columns of `EARLIER`.

    Returns:
        The files with fingerprint, questions (0: none) and words (of the questions).

    Raises:
        GuardError: a file is a double of an earlier one.
    """
    found = files.join(fingerprints(entries), on=_FILE, how="left", maintain_order="left")
    refuse_same_file(tx, found)
    named = entries.drop("file", strict=False).join(files.select(*_FILE, file="name"), on=_FILE, how="left")
    asked = questions(named, earlier).with_columns(pl.col(c).cast(files.schema[c]) for c in _FILE)
    return found.join(asked, on=_FILE, how="left", maintain_order="left").with_columns(
        pl.col("questions").fill_null(0), pl.col("words").fill_null("")
    )


def refuse_same_file(tx: Tx, files: pl.DataFrame) -> None:
    """Refuse a file that pays the same people the same as one of the last 90 days of which an entry stands.

    Args:
        tx: the step's transaction; the new files are not registered yet.
        files: company_id, fingerprint, name.

    Raises:
        GuardError: names the earlier file.
    """
    wanted = files["fingerprint"].to_list()
    earlier = tx.read("payments/same_fingerprint", fingerprints=wanted) if wanted else pl.DataFrame()
    if earlier.is_empty():
        return
    same = files.join(
        earlier.select(
            pl.col("company_id").cast(files.schema["company_id"]), "fingerprint", "business_date", other="name"
        ),
        on=["company_id", "fingerprint"],
        how="inner",
    )
    if not same.is_empty():
        raise GuardError(
            "the file pays the same people the same amounts as "
            f"{same.item(0, 'other')} of {same.item(0, 'business_date')}",
            where=str(same.item(0, "name")),
            hint="if that one is wrong and has not left, make it void; else mend what asks for the money twice",
        )
