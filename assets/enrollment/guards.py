"""What a vendor's file is held for until a person says why: changes too old, too many ends, people missing. Pure."""

from __future__ import annotations

import datetime as dt

import polars as pl

from assets.enrollment.changes import ADD, CHANGE, END, KEY, REINSTATE

RETRO = "enrollment.retro"


def too_old(changes: pl.DataFrame, told: pl.DataFrame, released: pl.DataFrame, earliest: dt.date) -> pl.DataFrame:
    """Changes of what a vendor holds that take effect before the earliest day it may be told of without asking.

    What was in a file before, taken or refused, was let go then; so is a vendor's first population.

    Args:
        changes: as `difference` returns them, of one company and vendor.
        told: KEY, line, plan_code, tier, begin, end of every version told so far, of that company and vendor.
        released: KEY, effective_date of what a person let go.
        earliest: the first day that needs no person.

    Returns:
        KEY, effective_date.
    """
    if told.is_empty():
        return changes.select(*KEY, effective_date="begin").clear()
    said = ["line", "plan_code", "tier", "begin", "end"]
    dated = changes.select(*KEY, *said, effective_date=_effective())
    old = dated.filter(pl.col("effective_date") < earliest)
    fresh = old.join(told.select(*KEY, *said), on=[*KEY, *said], how="anti", nulls_equal=True, maintain_order="left")
    return fresh.select(*KEY, "effective_date").join(
        released, on=[*KEY, "effective_date"], how="anti", maintain_order="left"
    )


def _effective() -> pl.Expr:
    """The first day on which the change makes a difference; null where only today's facts changed."""
    action = pl.col("action")
    return (
        pl.when(action == END)
        .then(pl.min_horizontal("end", "base_end"))
        .when(action == REINSTATE)
        .then(pl.max_horizontal("begin", "base_end"))
        .when(action == ADD)
        .then("begin")
        .when((action == CHANGE) & (pl.col("begin") != pl.col("base_begin")))
        .then(pl.min_horizontal("begin", "base_begin"))
    )


def retro_words(old: pl.DataFrame, people: pl.DataFrame, days: int) -> pl.DataFrame:
    """Changes that wait for a person, as rows of quarantine: company_id, subject, rule, reason.

    Args:
        old: as `too_old` returns them.
        people: company_id, person_id, code.
        days: the vendor's limit.
    """
    named = old.join(people.select("company_id", "person_id", "code"), on=["company_id", "person_id"], how="left")
    return named.sort(KEY).select(
        "company_id",
        subject=pl.format("{}: member {}, from {}", "partner", "code", "effective_date"),
        rule=pl.lit(RETRO),
        reason=pl.format(
            "a change that takes effect on {} is older than the {} days {} takes without asking: "
            "let it go with daybook allow-retro",
            "effective_date", pl.lit(str(days)), "partner",
        ),
    )  # fmt: skip


def questions(
    *, before: int, ended: int, still: int | None, most_ended: int, most_shrunk: int, least: int
) -> tuple[int, list[str]]:
    """What must be asked of a file: how many people it is about, and the questions in plain words.

    Args:
        before: people whom the vendor holds as covered.
        ended: of them, those whom the file ends.
        still: people covered in a full file; None for a change file.
        most_ended: percent of `before` that may end without a question.
        most_shrunk: percent of `before` by which a full file may be smaller.
        least: fewer people than that are never asked about.
    """
    asked, words = 0, []
    if ended >= least and ended * 100 > before * most_ended:
        asked = ended
        words.append(f"ends {ended} of the {before} people the vendor holds, more than {most_ended} percent")
    gone = before - still if still is not None else 0
    if gone >= least and gone * 100 > before * most_shrunk:
        asked = max(asked, gone)
        words.append(f"{still} people covered after {before} before, more than {most_shrunk} percent fewer")
    return asked, words
