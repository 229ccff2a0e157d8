"""Rules of matching: what a bank's file says came back, and which of our entries each answer is about."""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.delivery.inbound import EXCEPTIONS, an_exception
from formats import nacha
from formats.nacha import Nacha
from formats.problems import ERROR

# Of an entry's file: only what may have reached the bank can come back.
_LEFT_US = ("sending", "sent", "acknowledged", "unknown")
# Banks address what they send back to the originator's own id as often as to a routing number.
_BANKS_WAY = nacha.Profile(relaxed=frozenset({"nacha.file.destination"}))
# Answers about answers: the network's disputes, which a person carries on.
_FOR_A_PERSON = {
    "99D": ("dishonored_return", "a dishonored return"),
    "99C": ("contested_return", "a contested or corrected return"),
    "98R": ("refused_notice", "a refused change notice"),
}
_NAMES = {"99": ("unmatched_return", "return"), "98": ("unmatched_notice", "change notice")}


def answers(whole: Nacha, business_date: dt.date) -> pl.DataFrame:
    """List what a bank's file answers, one row per addenda 98 or 99, in file order.

    Returns:
        position (line of the addenda), kind (99, 98, 99D, 99C, 98R), code, trace (original), rdfi (original, null if
        blank), amount_cents, individual_id (null if blank), corrected_data, settlement_date.
    """
    batches = whole.batches.select("batch", "file", "settlement_day").join(
        whole.file.select("file", "creation_date"), on="file", how="left"
    )
    entries = whole.entries.select("entry", "amount_cents", "individual_id")
    found = (
        whole.addenda.filter(pl.col("type_code").is_in(["98", "99"]))
        .join(entries, on="entry", how="left", maintain_order="left")
        .join(batches, on="batch", how="left", maintain_order="left")
    )
    return found.select(
        position="line",
        kind="kind",
        code=pl.coalesce("return_code", "change_code").fill_null(""),
        trace=pl.col("original_trace").fill_null(""),
        rdfi=_filled("original_rdfi"),
        amount_cents=pl.col("amount_cents").fill_null(0),
        individual_id=_filled("individual_id"),
        corrected_data=pl.col("corrected_data").fill_null(""),
        settlement_date=_settlement_date(business_date),
    )


def _filled(column: str) -> pl.Expr:
    plain = pl.col(column).str.strip_chars(" ")
    return pl.when(plain != "").then(plain)


def _settlement_date(business_date: dt.date) -> pl.Expr:
    """The operator's day of the year, in the year that puts it next before the business date (a month's slack)."""
    day = pl.col("settlement_day").cast(pl.Int64, strict=False)
    this_year = pl.lit(dt.date(business_date.year, 1, 1)) + pl.duration(days=day - 1)
    last_year = pl.lit(dt.date(business_date.year - 1, 1, 1)) + pl.duration(days=day - 1)
    late = this_year > business_date + dt.timedelta(days=31)
    dated = pl.when(day.is_between(1, 366)).then(pl.when(late).then(last_year).otherwise(this_year))
    return pl.coalesce(dated, pl.col("creation_date"), pl.lit(business_date))


def traces(found: pl.DataFrame) -> list[str]:
    """The original traces worth looking up: fifteen digits."""
    wanted = found.filter(pl.col("kind").is_in(list(_NAMES)) & pl.col("trace").str.contains(r"^[0-9]{15}$"))
    return sorted(wanted["trace"].unique())


def matched(found: pl.DataFrame, entries: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match returns and notices to our entries by trace, receiving bank, amount (of returns) and individual id.

    Blank bank and id in the answer are not compared; a differing id is no match, because traces begin anew every
    night. Of several that fit, the one that was on its way is meant (`_chosen`); more than one is none.

    Args:
        found: as `answers` returns.
        entries: `returns/entries_by_trace`.

    Returns:
        The matched answers with the entry's columns, and the exceptions for all others (columns of EXCEPTIONS).
    """
    pairs = found.filter(pl.col("kind").is_in(list(_NAMES))).join(
        entries, left_on="trace", right_on="trace_number", how="inner", suffix="_entry", maintain_order="left_right"
    )
    fits = (
        (pl.col("rdfi").is_null() | (pl.col("rdfi") == pl.col("rdfi_entry")))
        & (pl.col("individual_id").is_null() | (pl.col("individual_id") == pl.col("individual_id_entry")))
        & ((pl.col("kind") == "98") | (pl.col("amount_cents") == pl.col("amount_cents_entry")))
    )
    chosen = _chosen(pairs.filter(fits))
    picked = pl.col("picked").sum().over("position")
    left_us = pl.col("sent").any().over("position")
    named = [
        _named(chosen.filter(left_us & (picked != 1)), "ambiguous", "fits more than one entry of ours"),
        _named(chosen.filter(~left_us), "answer_to_unsent", "answers an entry of a file that never left us"),
        _unmatched(found.join(chosen, on="position", how="anti")),
    ]
    return chosen.filter(pl.col("picked") & (picked == 1)).drop("picked", "sent"), pl.concat(named)


def _chosen(fitting: pl.DataFrame) -> pl.DataFrame:
    """Mark which of the entries that fit an answer it is about (`picked`), and which ever left us (`sent`).

    A draft and its retries look alike but for the day: an answer is about one that was effective when it settled, and
    a retry begins when the draft before it has come back.
    """
    sent = pl.col("state").is_in(_LEFT_US)
    in_time = sent & (pl.col("effective_date") <= pl.col("settlement_date"))
    still_out = in_time & pl.col("returned").is_null()
    marks = fitting.with_columns(sent=sent, in_time=in_time, still_out=still_out)

    def only(name: str) -> pl.Expr:
        return pl.col(name).sum().over("position") == 1

    picked = pl.when(only("sent")).then("sent").when(only("in_time")).then("in_time").otherwise("still_out")
    return marks.with_columns(picked=picked).drop("in_time", "still_out")


def _named(rows: pl.DataFrame, kind: str, words: str) -> pl.DataFrame:
    once = rows.unique("position", keep="first", maintain_order=True)
    return once.select(
        "position",
        kind=pl.lit(kind),
        detail=pl.format(f"{{}} of trace {{}}: {words}", "code", "trace"),
        amount_cents=pl.col("amount_cents").cast(pl.Int64),
    )


def _unmatched(rows: pl.DataFrame) -> pl.DataFrame:
    """Name what is about nothing of ours, and disputes, by their own kinds."""
    kinds = {key: kind for key, (kind, _) in {**_NAMES, **_FOR_A_PERSON}.items()}
    words = {key: f"a {noun} that matches no entry of ours" for key, (_, noun) in _NAMES.items()}
    words |= {key: f"{noun}: to be carried on by a person" for key, (_, noun) in _FOR_A_PERSON.items()}
    return rows.select(
        "position",
        kind=pl.col("kind").replace_strict(kinds, default="unknown_answer", return_dtype=pl.String),
        detail=pl.format(
            "{} of trace {}: {}",
            "code",
            "trace",
            pl.col("kind").replace_strict(words, default="an answer of unknown kind", return_dtype=pl.String),
        ),
        amount_cents=pl.col("amount_cents").cast(pl.Int64),
    )


def file_exceptions(whole: Nacha) -> pl.DataFrame:
    """Name what is wrong with the file as a whole, and entries in it that answer nothing (columns of EXCEPTIONS)."""
    out = [pl.DataFrame(schema=EXCEPTIONS)]
    errors = pl.concat([whole.problems, nacha.check(whole, _BANKS_WAY)]).filter(pl.col("severity") == ERROR)
    if not errors.is_empty():
        rules = ", ".join(sorted(errors["rule"].unique()))
        out.append(an_exception("file_check", f"the file breaks {errors.height} rules of the standard: {rules}"))
    answering = whole.addenda.filter(pl.col("type_code").is_in(["98", "99"])).select("entry")
    forward = whole.entries.join(answering, on="entry", how="anti")
    if not forward.is_empty():
        words = f"{forward.height} entries are neither returns nor change notices; nothing was done with them"
        row = an_exception("forward_entries", words, int(forward["line"].fill_null(0)[0]))
        out.append(row.with_columns(amount_cents=pl.lit(int(forward["amount_cents"].fill_null(0).sum()))))
    return pl.concat(out)
